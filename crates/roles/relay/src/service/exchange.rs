//! A question about a person's records: policy, evidence, consent, holders, ledger, grants; in this order.

use access::{Action, GRANT_LIFE_MILLIS, Grant, Permit, Purpose, SignedGrant};
use codes::{ExchangeId, Medical, OrgId, OrgKind, RootCode};
use consent::{Asker, Consents, Restriction, RuleId};
use protocol::exchange::{Evidence, ExchangeAnswer, ExchangeRequest, HolderGrant};
use protocol::refusal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::Problem;

use super::evidence::Question;
use super::{Service, digest};
use crate::model::{PersonKey, Seen};
use crate::{problems, store as sql};

/// Kind of the entry of a question about records.
pub(super) const EXCHANGE: &str = "relay.exchange";

/// Kind of the entry of a question that was refused: the person sees it too.
pub(super) const REFUSED: &str = "relay.exchange-refused";

/// The most holders that one question reaches.
const HOLDERS_MAX: usize = 200;

/// What the ledger keeps of a question.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ExchangeRecord {
    pub(super) by: OrgId,
    pub(super) practitioner: protocol::exchange::Practitioner,
    pub(super) reason: consent::ActReason,
    #[serde(default)]
    pub(super) looking_for: consent::Categories,
    pub(super) evidence: Value,
    pub(super) rule: String,
    /// The person's own rules that remain for the holders to apply.
    pub(super) rules: Vec<RuleId>,
    pub(super) holders: Vec<OrgId>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refused: Option<String>,
}

impl Service {
    /// Decides a question and signs a grant for each holder. Nothing to be had answers alike, whatever the cause.
    ///
    /// # Errors
    /// When the asker may not ask at all, asks in another's name, has no evidence or asked too much today: each says
    /// something of the asker alone.
    pub async fn exchange(&self, peer: &OrgId, request: ExchangeRequest) -> Result<ExchangeAnswer, Problem> {
        Self::own_name(peer, &request.institution)?;
        problems::practitioner(&request.asked_by)?;
        let purpose = Purpose::of(request.reason).ok_or_else(|| refusal::reason(request.reason))?;
        let permit = self.decide(peer, Action::RelayExchange, purpose)?;
        let asker = self.asker(peer, Some(&request.asked_by))?;
        let known = self.person_of(peer, &request.code)?;
        let person = known.as_ref().map_or_else(PersonKey::nobody, |(_, person)| *person);
        let question = self.question(peer, &request.evidence, &permit)?;
        let asked = question.clone();
        let ground = self.read(move |c| asked.ground(c, &person)).await?;
        let will = self.will(&person, ground.will.as_deref())?;
        let evident = self
            .evident(&question, &ground, &person, &asker, &will, request.reason)
            .and_then(|evidence| Self::within_quota(&ground, request.reason).map(|()| evidence));
        let evidence = match evident {
            Ok(evidence) => evidence,
            Err(problem) => return self.refuse(peer, &request, &permit, &person, problem).await,
        };
        let restriction = self
            .seen_by(&question, &will, will.restriction(&asker, request.reason, question.now))?
            .looking_for(request.looking_for, request.care);
        let open = ground.active & ground.registered;
        let holders = reached(&ground.holders, &request.holders, &restriction, open);
        let order =
            Order { relay: self, request: &request, permit: &permit, asker, restriction, at: question.now };
        let grants = match &known {
            Some((root, _)) => order.grants(root, &holders)?,
            None => Vec::new(),
        };
        self.settle(peer, &order, person, evidence, grants).await
    }

    /// What the one who looks may see of what the person may: a proxy less.
    fn seen_by(
        &self,
        question: &Question,
        will: &Consents,
        restriction: Restriction,
    ) -> Result<Restriction, Problem> {
        let Evidence::Proxy { acting } = &question.evidence else { return Ok(restriction) };
        let proxy = will.proxy(&acting.proxy, question.now).ok_or_else(problems::no_mandate)?;
        let hidden = RuleId::new("hidden-from-proxies").map_err(|_| Problem::internal())?;
        Ok(restriction.for_proxy(proxy, hidden))
    }

    /// Writes the exchange into the ledger, then what must be remembered of it; then it may be answered.
    async fn settle(
        &self,
        peer: &OrgId,
        order: &Order<'_>,
        person: PersonKey,
        evidence: Value,
        grants: Vec<(Grant, SignedGrant)>,
    ) -> Result<ExchangeAnswer, Problem> {
        let request = order.request;
        let record = ExchangeRecord {
            by: *peer,
            practitioner: request.asked_by.clone(),
            reason: request.reason,
            looking_for: request.looking_for,
            evidence,
            rule: order.permit.rule_id().to_owned(),
            rules: order.restriction.rules().cloned().collect(),
            holders: grants.iter().map(|(grant, _)| grant.holder).collect(),
            refused: None,
        };
        let (org, exchange, now, question) = (*peer, request.exchange, order.at, digest(request)?);
        let out: Vec<(ExchangeId, OrgId, i64)> =
            grants.iter().map(|(g, _)| (g.id, g.holder, g.expires_at.as_millis())).collect();
        let remembered = self.write(move |tx| {
            let seen = sql::record_exchange(tx, &exchange, &org, &question, now.as_millis())?;
            if seen == Seen::New {
                sql::exchanges::count_asked(tx, &org, &now.date().to_string())?;
            }
            for (id, holder, until) in &out {
                sql::wills::grant(tx, &person, id, holder, *until)?;
            }
            Ok(seen)
        });
        // Both are durable before the answer exists; neither waits for the other.
        let logged = self.log(EXCHANGE, Some(&person), request.exchange, &record);
        let (receipt, seen) = tokio::try_join!(logged, remembered)?;
        if seen == Seen::Other {
            return Err(protocol::refusal::exchange_used());
        }
        let keep_until = if grants.is_empty() { None } else { order.restriction.keep_until() };
        let shown =
            |(grant, signed): (Grant, SignedGrant)| HolderGrant { holder: grant.holder, grant: signed };
        Ok(ExchangeAnswer {
            exchange: request.exchange,
            grants: grants.into_iter().map(shown).collect(),
            keep_until,
            receipt,
        })
    }

    async fn refuse(
        &self,
        peer: &OrgId,
        request: &ExchangeRequest,
        permit: &Permit,
        person: &PersonKey,
        problem: Problem,
    ) -> Result<ExchangeAnswer, Problem> {
        let record = ExchangeRecord {
            by: *peer,
            practitioner: request.asked_by.clone(),
            reason: request.reason,
            looking_for: request.looking_for,
            evidence: Value::Null,
            rule: permit.rule_id().to_owned(),
            rules: Vec::new(),
            holders: Vec::new(),
            refused: Some(problem.parts().code.to_string()),
        };
        self.log(REFUSED, Some(person), request.exchange, &record).await?;
        Err(problem)
    }
}

/// Who may be asked: the institutions that registered the person and of whose records something may be permitted.
fn reached(known: &[OrgId], wanted: &[OrgId], restriction: &Restriction, open: bool) -> Vec<OrgId> {
    let wanted = |holder: &&OrgId| {
        holder.kind() == OrgKind::Institution && (wanted.is_empty() || wanted.contains(holder))
    };
    let reached = known.iter().filter(wanted).filter(|holder| !restriction.permits_nothing_of(holder));
    reached.copied().filter(|_| open).take(HOLDERS_MAX).collect()
}

/// What all grants of one question have in common.
struct Order<'a> {
    relay: &'a Service,
    request: &'a ExchangeRequest,
    permit: &'a Permit,
    asker: Asker,
    restriction: Restriction,
    at: calendar::Timestamp,
}

impl Order<'_> {
    fn grants(
        &self,
        root: &RootCode<Medical>,
        holders: &[OrgId],
    ) -> Result<Vec<(Grant, SignedGrant)>, Problem> {
        holders.iter().filter_map(|holder| self.grant(root, holder).transpose()).collect()
    }

    /// A grant for one holder; none for a holder that the directory gives no key, or that may not take part.
    fn grant(
        &self,
        root: &RootCode<Medical>,
        holder: &OrgId,
    ) -> Result<Option<(Grant, SignedGrant)>, Problem> {
        let (directory, request) = (self.relay.policy.directory(), self.request);
        let (Some(to), Some(asker)) = (directory.get(holder), directory.get(&request.institution)) else {
            return Ok(None);
        };
        let (Some(holder_key), Some(asker_key)) = (to.envelope_key, asker.envelope_key) else {
            return Ok(None);
        };
        let id = ExchangeId::new(self.at.as_millis());
        let expires_at = self.at.add_millis(GRANT_LIFE_MILLIS);
        let context = Grant::sealing(*holder, expires_at, request.exchange, id);
        let code = self.relay.org_code(holder, root)?.to_bytes();
        let person = codes::seal(&holder_key, &context, &code).map_err(problems::sealing)?;
        let grant = Grant {
            id,
            exchange: request.exchange,
            relay: self.relay.org,
            holder: *holder,
            asker: self.asker.clone(),
            staff_name: Some(request.asked_by.name.clone()),
            person,
            reason: request.reason,
            rule: self.permit.rule_id().to_owned(),
            looking_for: request.looking_for,
            care: request.care,
            restriction: self.restriction.clone(),
            asker_key,
            issued_at: self.at,
            expires_at,
        };
        let signed = grant.sign(&*self.relay.custody).map_err(problems::custody)?;
        Ok(Some((grant, signed)))
    }
}
