//! What the institution's own systems read and wrote, in its ledger before they are answered.

use std::collections::BTreeMap;

use codes::ExchangeId;
use ledger::Entry;
use protocol::exchange::Practitioner;
use serde::Serialize;

use super::error::RecordError;
use crate::service::Service;

/// Who asks: a system of the institution, and for whom, as it says (照会者).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The member of staff, from the header `X-Musubi-User`.
    pub user: Option<String>,
    /// The member of staff who acts on a page.
    pub staff: Option<Practitioner>,
}

/// What was done to resources of one patient.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    staff: Option<&'a Practitioner>,
    did: &'a str,
    what: &'a [&'a str],
}

/// Names in one entry; more are told in several.
const NAMES: usize = 500;

impl Service {
    /// Writes down that resources are read; durable when it returns.
    pub(super) async fn log_read<'n>(
        &self,
        caller: &Caller,
        did: &str,
        resources: impl Iterator<Item = (&'n str, &'n str)>,
    ) -> Result<(), RecordError> {
        self.log("records.read", caller, did, resources).await
    }

    /// Writes down that resources were written; durable when it returns.
    pub(super) async fn log_written<'n>(
        &self,
        caller: &Caller,
        did: &str,
        resources: impl Iterator<Item = (&'n str, &'n str)>,
    ) -> Result<(), RecordError> {
        self.log("records.write", caller, did, resources).await
    }

    /// One entry a patient: each person can be told what was done to theirs. `resources` are patient and name.
    async fn log<'n>(
        &self,
        kind: &'static str,
        caller: &Caller,
        did: &str,
        resources: impl Iterator<Item = (&'n str, &'n str)>,
    ) -> Result<(), RecordError> {
        let mut by_patient: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (patient, name) in resources {
            by_patient.entry(patient).or_default().push(name);
        }
        let at = self.now().as_millis();
        let exchange = ExchangeId::new(at);
        let mut entries = Vec::with_capacity(by_patient.len());
        for (patient, names) in &by_patient {
            let person = (!patient.is_empty())
                .then(|| self.ledger.person_digest(format!("Patient/{patient}").as_bytes()));
            for what in names.chunks(NAMES) {
                let body = Body { user: caller.user.as_deref(), staff: caller.staff.as_ref(), did, what };
                let body = serde_json::to_vec(&body).unwrap_or_default();
                entries.push(Entry { kind, person, exchange, at, body });
            }
        }
        match entries.len() {
            0 => {}
            1 => {
                for entry in entries {
                    self.ledger.append(entry).await?;
                }
            }
            _ => {
                self.ledger.append_all(entries).await?;
            }
        }
        Ok(())
    }
}
