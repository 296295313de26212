//! What the overseer reads of our ledger (監督): who asked whom, why and under which rule; no person, no record.

use access::{Action, Purpose};
use codes::{ExchangeId, OrgId};
use ledger::OpenedEntry;
use protocol::exchange::WaitingReview;
use protocol::oversight::{Side, SideRecord, SideRecordsAnswer, SideRecordsRequest, side_records};
use serde::Deserialize;
use serde_json::{Value, json};
use wire::Problem;

use super::emergencies::{EMERGENCY, EmergencyRecord};
use super::exchange::{EXCHANGE, ExchangeRecord, REFUSED};
use super::{Service, Waiting};

/// Kind of the entry that a reading of the reviewers' queue leaves.
const REVIEWS_READ: &str = "relay.reviews-read";

impl Service {
    /// Answers the overseer from the ledger; the reading itself is written down first.
    ///
    /// # Errors
    /// One who is no overseer; the ledger's.
    pub async fn side_records(
        &self,
        peer: &OrgId,
        request: SideRecordsRequest,
    ) -> Result<SideRecordsAnswer, Problem> {
        Self::own_name(peer, &request.overseer)?;
        let permit = self.decide(peer, Action::RelayAudit, Purpose::Supervision)?;
        let shown = |entry: OpenedEntry| std::future::ready(Ok(shown(&entry)));
        side_records(&self.ledger, &request, permit.rule_id(), self.now(), shown).await
    }

    /// The reviewers' queue, for the overseer. What is read here is about institutions: nothing says about whom it was.
    ///
    /// # Errors
    /// One who may not review; store or ledger.
    pub async fn reviews(&self, peer: &OrgId) -> Result<Vec<WaitingReview>, Problem> {
        let permit = self.decide(peer, Action::RelayEmergency, Purpose::ConsentKeeping)?;
        let waiting = self.waiting_for_review().await?;
        if !waiting.is_empty() {
            // What the declarers wrote leaves with it.
            let declarations: Vec<_> = waiting.iter().map(|waiting| waiting.declaration).collect();
            let body = json!({ "by": peer, "rule": permit.rule_id(), "declarations": declarations });
            let exchange = ExchangeId::new(self.now().as_millis());
            self.log(REVIEWS_READ, None, exchange, &body).await?;
        }
        let review = |Waiting { declaration, organisation, at, widened, staff, reason, text }| {
            WaitingReview { declaration, organisation, at, widened, staff, reason, text }
        };
        Ok(waiting.into_iter().map(review).collect())
    }
}

fn shown(entry: &OpenedEntry) -> Option<SideRecord> {
    let body: Value = serde_json::from_slice(&entry.body).ok()?;
    match entry.kind.as_str() {
        EXCHANGE | REFUSED => {
            let record = ExchangeRecord::deserialize(body).ok()?;
            Some(SideRecord {
                holders: record.holders,
                purpose: Purpose::of(record.reason),
                reason: Some(record.reason),
                rule: Some(record.rule),
                staff: Some(record.practitioner.id),
                refused: record.refused,
                ..SideRecord::of(entry, Side::Decided, record.by)
            })
        }
        EMERGENCY => {
            let rule = body.get("rule").and_then(Value::as_str).map(ToOwned::to_owned);
            let record = EmergencyRecord::deserialize(body.get("emergency")?).ok()?;
            Some(SideRecord {
                purpose: Some(Purpose::EmergencyExchange),
                rule,
                staff: Some(record.practitioner.id),
                ..SideRecord::of(entry, Side::Emergency, record.by)
            })
        }
        _ => None,
    }
}
