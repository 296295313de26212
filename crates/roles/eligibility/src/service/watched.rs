//! What the overseer reads of our ledger (監督): who checked, when, under which rule; no person and no membership.

use access::{Action, Asking, Purpose};
use codes::OrgId;
use ledger::OpenedEntry;
use protocol::oversight::{Side, SideRecord, SideRecordsAnswer, SideRecordsRequest, side_records};
use wire::Problem;

use super::Inner;
use super::journal::{CHECK, CheckRecord};

impl Inner {
    /// Answers the overseer from the ledger; the reading itself is written down first.
    ///
    /// # Errors
    /// One who is no overseer; the ledger's.
    pub(crate) async fn side_records(
        &self,
        peer: &OrgId,
        request: SideRecordsRequest,
    ) -> Result<SideRecordsAnswer, Problem> {
        let asking = Asking {
            asker: peer,
            action: Action::EligibilityAudit,
            purpose: Purpose::Supervision,
            on: self.clock.today(),
        };
        let permit = self.policy.decide_in_name_of(&asking, &request.overseer).into_result();
        let permit = permit.map_err(protocol::refusal::denied)?;
        let shown = |entry: OpenedEntry| std::future::ready(Ok(shown(&entry)));
        side_records(&self.ledger, &request, permit.rule_id(), self.clock.now(), shown).await
    }
}

fn shown(entry: &OpenedEntry) -> Option<SideRecord> {
    if entry.kind != CHECK {
        return None;
    }
    let record: CheckRecord<'_> = serde_json::from_slice(&entry.body).ok()?;
    Some(SideRecord {
        purpose: record.purpose.parse().ok(),
        rule: Some(record.rule.into_owned()),
        ..SideRecord::of(entry, Side::Checked, record.institution)
    })
}
