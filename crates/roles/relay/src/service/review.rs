//! The reviewers' queue: what nothing corroborated, with what was said when it was declared.

use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use protocol::exchange::{EmergencyReason, Practitioner};
use serde::Deserialize;
use serde_json::Value;
use wire::Problem;

use super::Service;
use super::emergencies::{EMERGENCY, EmergencyRecord};
use crate::model::Emergency;
use crate::{problems, store as sql};

/// The newest events of a person among which a declaration is looked for.
const EVENTS_MAX: i64 = 10_000;

/// An emergency that waits for a reviewer, as far as the relay knows it: nothing here says about whom.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The declaration.
    pub declaration: ExchangeId,
    /// By whom.
    pub organisation: OrgId,
    /// When.
    pub at: Timestamp,
    /// Whether it was the second act.
    pub widened: bool,
    /// Who of the staff declared it, and with whom.
    pub staff: Vec<Practitioner>,
    /// Why; nothing where the ledger's entry cannot be found.
    pub reason: Option<EmergencyReason>,
    /// Why, in the declarer's words.
    pub text: String,
}

impl Service {
    /// The emergencies that nothing corroborated within 72 hours, oldest first, as a reviewer reads them.
    ///
    /// # Errors
    /// When store or ledger cannot be read.
    pub async fn waiting_for_review(&self) -> Result<Vec<Waiting>, Problem> {
        let queue = self.review_queue().await?;
        self.catch_up(self.ledger.size()).await?;
        let mut waiting = Vec::with_capacity(queue.len());
        for emergency in &queue {
            waiting.push(self.waiting(emergency).await?);
        }
        Ok(waiting)
    }

    async fn waiting(&self, emergency: &Emergency) -> Result<Waiting, Problem> {
        let record = self.declared(emergency).await?;
        let (staff, reason, text) = record.map_or_else(Default::default, |record| {
            (
                std::iter::once(record.practitioner).chain(record.with).collect(),
                Some(record.reason),
                record.text,
            )
        });
        Ok(Waiting {
            declaration: emergency.declaration,
            organisation: emergency.organisation,
            at: emergency.at,
            widened: emergency.widened,
            staff,
            reason,
            text,
        })
    }

    /// What the ledger keeps of a declaration.
    async fn declared(&self, emergency: &Emergency) -> Result<Option<EmergencyRecord>, Problem> {
        let digest = self.ledger.person_digest(emergency.person.as_bytes()).0;
        let places = self.read(move |c| sql::exchanges::events(c, &digest, 0..u64::MAX, EVENTS_MAX)).await?;
        for place in places {
            let entry = self.ledger.read_entry(place).map_err(problems::ledger)?;
            if entry.kind == EMERGENCY && entry.exchange == emergency.declaration {
                let body: Value = serde_json::from_slice(&entry.body).map_err(problems::json)?;
                return Ok(body.get("emergency").and_then(|found| EmergencyRecord::deserialize(found).ok()));
            }
        }
        Ok(None)
    }
}
