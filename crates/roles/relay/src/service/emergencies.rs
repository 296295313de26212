//! Emergencies: declared with a reason before anything is opened, told to the person, corroborated or reviewed afterwards.

use access::{Action, Purpose};
use calendar::Timestamp;
use codes::OrgId;
use protocol::exchange::{
    Corroboration, CorroborationRequest, EmergencyAnswer, EmergencyRequest, Practitioner,
};
use protocol::notices::NoticeKind;
use protocol::relay::Acknowledged;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::Problem;

use super::person_notices::{self, Said};
use super::{Service, digest, evidence::DAY_MILLIS};
use crate::model::{CORROBORATION_MILLIS, EMERGENCY_MILLIS, Emergency, PersonKey, SECOND_PERSON, Seen};
use crate::{problems, store as sql};

/// Kind of the entry of a declaration.
pub(super) const EMERGENCY: &str = "relay.emergency";

/// Kind of the entry of what settles one.
pub(super) const SETTLED: &str = "relay.emergency-settled";

/// What the ledger keeps of a declaration.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EmergencyRecord {
    pub(super) by: OrgId,
    pub(super) practitioner: Practitioner,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) with: Option<Practitioner>,
    pub(super) reason: protocol::exchange::EmergencyReason,
    pub(super) text: String,
    pub(super) widened: bool,
    pub(super) until: Timestamp,
}

impl Service {
    /// Declares an emergency. It opens nothing by itself: the person's will still says what an emergency may see.
    ///
    /// # Errors
    /// When the asker may declare none, gives no reason, needs a second member of staff, or widens what it did not
    /// declare. A code that is nobody's is accepted like any other.
    pub async fn emergency(
        &self,
        peer: &OrgId,
        request: EmergencyRequest,
    ) -> Result<EmergencyAnswer, Problem> {
        Self::own_name(peer, &request.institution)?;
        let permit = self.decide(peer, Action::RelayEmergency, Purpose::EmergencyExchange)?;
        let asker = self.asker(peer, Some(&request.declared_by))?;
        problems::emergency(&request, &asker)?;
        let now = self.now();
        let known = self.person_of(peer, &request.code)?;
        let person = known.as_ref().map_or_else(PersonKey::nobody, |(_, person)| *person);
        self.expect_second(peer, &request, now).await?;
        let before = self.widened(peer, &request, &person, now).await?;
        let until = before.as_ref().map_or(now.add_millis(EMERGENCY_MILLIS), |earlier| earlier.until);
        let record = EmergencyRecord {
            by: *peer,
            practitioner: request.declared_by.clone(),
            with: request.with.clone(),
            reason: request.reason,
            text: request.text.clone(),
            widened: before.is_some(),
            until,
        };
        let body = json!({ "rule": permit.rule_id(), "emergency": record });
        let receipt = self.log(EMERGENCY, Some(&person), request.exchange, &body).await?;
        let emergency = Emergency {
            declaration: request.exchange,
            person,
            organisation: *peer,
            at: now,
            until,
            widened: before.is_some(),
            settled: None,
        };
        let said = Said {
            exchange: request.exchange,
            sender: *peer,
            kind: NoticeKind::EmergencyAccess,
            due: None,
            about: Some(request.widens.unwrap_or(request.exchange)),
        };
        let notices =
            known.map(|(root, _)| self.addressed(&root, &said, now)).transpose()?.unwrap_or_default();
        let (exchange, org, question) = (request.exchange, *peer, digest(&request)?);
        let seen = self
            .write(move |tx| {
                let seen = sql::record_exchange(tx, &exchange, &org, &question, now.as_millis())?;
                if seen == Seen::New {
                    sql::emergencies::put(tx, &emergency)?;
                    // Told the same day, by the same transaction: no emergency without its notice.
                    person_notices::put_all(tx, &notices, now)?;
                }
                Ok(seen)
            })
            .await?;
        if seen == Seen::Other {
            return Err(protocol::refusal::exchange_used());
        }
        self.bring_soon();
        Ok(EmergencyAnswer { exchange: request.exchange, until, receipt })
    }

    /// Takes what corroborates an emergency: from the institution that declared it, or a finding from who may review.
    ///
    /// # Errors
    /// An unknown declaration, another's, or a finding from one who is no reviewer.
    pub async fn corroborate(
        &self,
        peer: &OrgId,
        request: CorroborationRequest,
    ) -> Result<Acknowledged, Problem> {
        let review = matches!(request.by, Corroboration::Reviewed | Corroboration::Refuted);
        let purpose = if review { Purpose::ConsentKeeping } else { Purpose::EmergencyExchange };
        self.decide(peer, Action::RelayEmergency, purpose)?;
        problems::reference(&request.reference)?;
        let declaration = request.declaration;
        let found = self.read(move |c| sql::emergencies::get(c, &declaration)).await?;
        // Who may review is the table's to say; a card read is seen here, and never told.
        let may = |found: &Emergency| {
            review || found.organisation == *peer && request.by != Corroboration::CardRead
        };
        let found = found.filter(may).ok_or_else(problems::no_emergency)?;
        let body = json!({
            "by": peer, "declaration": declaration, "settled": request.by, "reference": request.reference,
        });
        let receipt = self.log(SETTLED, Some(&found.person), request.exchange, &body).await?;
        let (by, reference, at) = (request.by, request.reference, self.now().as_millis());
        self.write(move |tx| sql::emergencies::settle(tx, &declaration, by, &reference, at)).await?;
        Ok(Acknowledged { exchange: request.exchange, receipt })
    }

    /// The emergencies that nothing corroborated within 72 hours: the reviewers' queue, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn review_queue(&self) -> Result<Vec<Emergency>, Problem> {
        let before = self.now().as_millis() - CORROBORATION_MILLIS;
        self.read(move |c| sql::emergencies::unsettled(c, before, 1_000)).await
    }

    /// Where too many of an institution's emergencies stay unsettled, one member of staff is not enough.
    async fn expect_second(
        &self,
        peer: &OrgId,
        request: &EmergencyRequest,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let (org, since) = (*peer, now.as_millis() - 30 * DAY_MILLIS);
        let overdue = now.as_millis() - CORROBORATION_MILLIS;
        let (all, open) = self.read(move |c| sql::emergencies::record_of(c, &org, since, overdue)).await?;
        let (least, percent) = SECOND_PERSON;
        let second = request.with.as_ref().filter(|other| other.id != request.declared_by.id);
        if all >= least && open * 100 > all * percent && second.is_none() {
            return Err(problems::second_person(open, all));
        }
        Ok(())
    }

    /// The earlier declaration that the second act widens.
    async fn widened(
        &self,
        peer: &OrgId,
        request: &EmergencyRequest,
        person: &PersonKey,
        now: Timestamp,
    ) -> Result<Option<Emergency>, Problem> {
        let Some(earlier) = request.widens else { return Ok(None) };
        let found = self.read(move |c| sql::emergencies::get(c, &earlier)).await?;
        let stands = |e: &Emergency| e.organisation == *peer && e.person == *person && now < e.until;
        found.filter(stands).map(Some).ok_or_else(problems::no_emergency)
    }
}
