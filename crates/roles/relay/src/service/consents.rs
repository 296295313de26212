//! What people decide: written down with its history, in effect when it is acknowledged.

use access::{Action, Purpose};
use calendar::Timestamp;
use codes::{KeyName, OrgId, OrgKind};
use consent::{CareTeam, Consents, ConsentsError, GivenBy, ProxyId, Rule, Who};
use protocol::consents::{ConsentAct, ConsentAnswer, ConsentStatus, ConsentStatusRequest, ConsentUpdate};
use protocol::exchange::Evidence;
use serde_json::json;
use wire::Problem;

use super::{Service, digest, withdrawal};
use crate::model::{PersonKey, Seen};
use crate::{problems, store as sql};

/// Kind of the entry of a decision.
pub(super) const CONSENT: &str = "relay.consent";

/// Kind of the entry of a reading of what was decided.
pub(super) const CONSENT_READ: &str = "relay.consent-read";

impl Service {
    /// Writes down what a person decided. Grants that are out end with it; who may still see asks again.
    ///
    /// # Errors
    /// When the desk has not read the person's card today, passes on what only the person or another may decide, or the
    /// decision does not fit what stands. One answer for a person without a working medical ID, whatever the cause.
    pub async fn consent(&self, peer: &OrgId, update: ConsentUpdate) -> Result<ConsentAnswer, Problem> {
        self.consent_all(peer, update, Vec::new()).await
    }

    /// As [`Self::consent`], with more that was decided in the same declaration: all of it is written down, or nothing.
    pub(crate) async fn consent_all(
        &self,
        peer: &OrgId,
        update: ConsentUpdate,
        more: Vec<ConsentAct>,
    ) -> Result<ConsentAnswer, Problem> {
        Self::own_name(peer, &update.institution)?;
        let permit = self.decide(peer, Action::RelayConsent, Purpose::ConsentKeeping)?;
        update.received_by.as_ref().map_or(Ok(()), problems::practitioner)?;
        let asker = self.asker(peer, update.received_by.as_ref())?;
        let (_, person) = self.person_of(peer, &update.code)?.ok_or_else(problems::no_such_person)?;
        let question = self.question(peer, &update.evidence, &permit)?;
        let asked = question.clone();
        let ground = self.read(move |c| asked.ground(c, &person)).await?;
        if !(ground.active & ground.registered) {
            return Err(problems::no_such_person());
        }
        if ground.presence.is_none() {
            return Err(problems::no_presence(permit.rule.presence_days));
        }
        let proxy = match &update.evidence {
            Evidence::Proxy { acting } => Some(acting.proxy.clone()),
            _ => None,
        };
        let now = question.now;
        let question = digest(&(&update, &more))?;
        let mut acts = vec![update.act];
        acts.extend(more);
        let acts: Vec<_> = acts.into_iter().map(|act| stamped(act, now)).collect();
        if proxy.as_ref().is_some_and(|proxy| !acts.iter().all(|act| is_of(act, proxy))) {
            return Err(problems::no_mandate());
        }
        // Tried before it is logged, so that nothing is logged that does not come to pass.
        apply_all(&mut self.will(&person, ground.will.as_deref())?, &acts, now)?;
        let body = json!({
            "by": peer, "practitioner": update.received_by, "kind": asker.kind, "acts": acts, "rule": permit.rule_id(),
            "proxy": proxy,
        });
        let receipt = self.log(CONSENT, Some(&person), update.exchange, &body).await?;
        let exchange = update.exchange;
        let written = self.clone().keep(*peer, question, person, exchange, acts, now);
        if written.await? == Seen::Other {
            return Err(protocol::refusal::exchange_used());
        }
        self.deliver_notices().await;
        Ok(ConsentAnswer { exchange, at: now, receipt })
    }

    /// What stands: all of it for the person's portal; for an institution what concerns it by name.
    ///
    /// # Errors
    /// When the asker may not ask. A person without a working medical ID decided nothing, whatever the cause.
    pub async fn consent_status(
        &self,
        peer: &OrgId,
        request: ConsentStatusRequest,
    ) -> Result<ConsentStatus, Problem> {
        Self::own_name(peer, &request.institution)?;
        let permit = self.decide(peer, Action::RelayConsent, Purpose::ConsentKeeping)?;
        let known = self.person_of(peer, &request.code)?;
        let person = known.map_or_else(PersonKey::nobody, |(_, person)| person);
        let org = *peer;
        let (open, sealed) = self
            .read(move |c| {
                let open = sql::is_active(c, &person)? & sql::is_registered(c, &person, &org)?;
                Ok((open, sql::wills::sealed(c, &person)?))
            })
            .await?;
        if let Some(acting) = &request.acting {
            self.may_look(peer, acting, &person, &permit).await?;
        }
        let will = self.will(&person, sealed.as_deref().filter(|_| open))?;
        let consents = if peer.kind() == OrgKind::Portal { will } else { concerning(&will, peer) };
        let proxy = request.acting.map(|acting| acting.proxy);
        let body = json!({ "by": peer, "rule": permit.rule_id(), "proxy": proxy });
        let receipt = self.log(CONSENT_READ, Some(&person), request.exchange, &body).await?;
        Ok(ConsentStatus { exchange: request.exchange, consents, receipt })
    }

    async fn keep(
        self,
        peer: OrgId,
        question: [u8; 32],
        person: PersonKey,
        exchange: codes::ExchangeId,
        acts: Vec<ConsentAct>,
        now: Timestamp,
    ) -> Result<Seen, Problem> {
        let db = self.db.clone();
        let done = db.write(move |tx| {
            let seen = sql::record_exchange(tx, &exchange, &peer, &question, now.as_millis())?;
            if seen == Seen::New {
                let mut will = self.will(&person, sql::wills::sealed(tx, &person)?.as_deref())?;
                apply_all(&mut will, &acts, now)?;
                let bytes = serde_json::to_vec(&will).map_err(problems::json)?;
                let sealed = self
                    .custody
                    .seal_row(&KeyName::ROW_SEAL, person.as_bytes(), &bytes)
                    .map_err(problems::custody)?;
                sql::wills::keep(tx, &person, &sealed, now.as_millis())?;
                withdrawal::end_grants(tx, &person, exchange, now)?;
            }
            Ok::<_, problems::Refusal>(seen)
        });
        done.await.map_err(|refusal| refusal.0)
    }
}

/// The act with the relay's own time: nobody writes into the past.
fn stamped(mut act: ConsentAct, now: Timestamp) -> ConsentAct {
    match &mut act {
        ConsentAct::Record(rule) => {
            rule.recorded_at = now;
            rule.withdrawn_at = None;
            rule.from = rule.from.max(now);
        }
        ConsentAct::Team(team) => (team.recorded_at, team.withdrawn_at) = (now, None),
        ConsentAct::Proxy(proxy) => (proxy.recorded_at, proxy.withdrawn_at) = (now, None),
        ConsentAct::Incapacity(time) => (time.recorded_at, time.withdrawn_at) = (now, None),
        _ => {}
    }
    act
}

fn apply_all(will: &mut Consents, acts: &[ConsentAct], now: Timestamp) -> Result<(), Problem> {
    acts.iter().try_for_each(|act| apply(will, act, now))
}

fn apply(will: &mut Consents, act: &ConsentAct, now: Timestamp) -> Result<(), Problem> {
    let done = match act {
        ConsentAct::Record(rule) => will.record(Rule::clone(rule)),
        ConsentAct::Withdraw(rule) => will.withdraw(rule, now),
        ConsentAct::WithdrawByProxy { proxy, rule } => will.withdraw_by_proxy(proxy, rule, now),
        ConsentAct::OptOut { emergencies_too } => will.opt_out(*emergencies_too, now),
        ConsentAct::Return => will.opt_in(now),
        ConsentAct::Team(team) => will.form_team(CareTeam::clone(team)),
        ConsentAct::EndTeam(team) => will.dissolve_team(team, now),
        ConsentAct::Proxy(proxy) => will.appoint(consent::Proxy::clone(proxy)),
        ConsentAct::EndProxy(proxy) => will.dismiss(proxy, now),
        ConsentAct::Incapacity(time) => will.declare_incapacity(time.clone()),
        ConsentAct::EndIncapacity => will.lift_incapacity(now),
    };
    done.map_err(|error: ConsentsError| problems::consents(&error))
}

/// Whether an act is one that this proxy may do at all; whether the mandate reaches so far, the will says.
fn is_of(act: &ConsentAct, proxy: &ProxyId) -> bool {
    match act {
        ConsentAct::Record(rule) => rule.given_by == GivenBy::Proxy(proxy.clone()),
        ConsentAct::WithdrawByProxy { proxy: by, .. } => by == proxy,
        _ => false,
    }
}

/// The rules of the person and of proxies that name the organisation, and no more: another's are no business of a desk.
fn concerning(will: &Consents, organisation: &OrgId) -> Consents {
    let names = |who: &Who| who.organisation.as_ref() == Some(organisation);
    let rules = will.rules.iter().filter(|rule| {
        matches!(rule.given_by, GivenBy::Person | GivenBy::Proxy(_)) && rule.who.iter().any(names)
    });
    Consents { rules: rules.cloned().collect(), ..Consents::default() }
}
