//! What the overseer reads of our ledger (監督): what we asked for and gave, with marks that we set ourselves; no person's
//! name, no record.

use access::{Action, Asking, Purpose};
use codes::OrgId;
use consent::ActReason;
use ledger::OpenedEntry;
use protocol::exchange::Practitioner;
use protocol::oversight::{Flag, Side, SideRecord, SideRecordsAnswer, SideRecordsRequest, side_records};
use serde::Deserialize;
use serde_json::Value;
use wire::Problem;

use super::Service;
use super::exchange::{ASKED, GIVEN};
use crate::model::LocalNumber;
use crate::watch_list::{Looked, WatchList};

/// What the entry of a question says.
#[derive(Deserialize)]
struct Question {
    staff: Practitioner,
    patient: LocalNumber,
    reason: ActReason,
}

/// What the entry of a chunk that left says.
#[derive(Deserialize)]
struct Gave {
    asker: OrgId,
    reason: ActReason,
    rule: String,
    what: Vec<Value>,
}

impl Service {
    /// Answers the overseer from the ledger; the reading itself is written down first.
    ///
    /// # Errors
    /// One who is no overseer; a watch list that cannot be read; store or ledger.
    pub async fn side_records(
        &self,
        peer: &OrgId,
        request: SideRecordsRequest,
    ) -> Result<SideRecordsAnswer, Problem> {
        let asking = Asking {
            asker: peer,
            action: Action::InstitutionAudit,
            purpose: Purpose::Supervision,
            on: self.today(),
        };
        let permit = self.policy.decide_in_name_of(&asking, &request.overseer).into_result();
        let permit = permit.map_err(protocol::refusal::denied)?;
        let list = WatchList::read(&self.watch_list, self.local_numbers).map_err(failed)?;
        let shown = |entry: OpenedEntry| self.shown_to_overseer(entry, &list);
        side_records(&self.ledger, &request, permit.rule_id(), self.now(), shown).await
    }

    async fn shown_to_overseer(
        &self,
        entry: OpenedEntry,
        list: &WatchList,
    ) -> Result<Option<SideRecord>, Problem> {
        Ok(match entry.kind.as_str() {
            ASKED => {
                let Ok(question) = serde_json::from_slice::<Question>(&entry.body) else { return Ok(None) };
                Some(SideRecord {
                    purpose: Purpose::of(question.reason),
                    reason: Some(question.reason),
                    flags: self.flags(&question, list).await?,
                    staff: Some(question.staff.id),
                    ..SideRecord::of(&entry, Side::Asked, self.org)
                })
            }
            GIVEN => {
                let Ok(gave) = serde_json::from_slice::<Gave>(&entry.body) else { return Ok(None) };
                Some(SideRecord {
                    holders: vec![self.org],
                    purpose: Purpose::of(gave.reason),
                    reason: Some(gave.reason),
                    rule: Some(gave.rule),
                    count: Some(gave.what.len() as u64),
                    ..SideRecord::of(&entry, Side::Gave, gave.asker)
                })
            }
            _ => None,
        })
    }

    /// What we ourselves find remarkable about who asked and about whom: only the words leave.
    async fn flags(&self, question: &Question, list: &WatchList) -> Result<Vec<Flag>, Problem> {
        let known = self.store.patient(question.patient.clone()).await.map_err(failed)?;
        let Some(patient) = known else { return Ok(Vec::new()) };
        let name = format!("Patient/{}", question.patient);
        let record = self.store.resource(name).await.map_err(failed)?;
        let body = record.and_then(|version| serde_json::from_slice::<Value>(&version.body).ok());
        let postal = body.as_ref().and_then(|body| body.pointer("/address/0/postalCode")?.as_str());
        let looked = Looked {
            number: patient.local_number.to_string(),
            name: patient.name,
            postal_code: postal.map(ToOwned::to_owned),
        };
        Ok(list.flags(&question.staff, &looked))
    }
}

fn failed(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "the overseer could not be answered");
    Problem::internal()
}
