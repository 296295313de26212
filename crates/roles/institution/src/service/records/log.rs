//! What the institution's own systems read and wrote, in its ledger before they are answered.

use std::collections::BTreeMap;

use codes::ExchangeId;
use ledger::{Entry, Ledger, LedgerError};
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
/// Kind of the entries of reads.
const READ: &str = "records.read";
/// Kind of the entries of changes.
pub(super) const WRITE: &str = "records.write";

/// What the entries of one act have in common.
pub(super) struct Telling {
    ledger: Ledger,
    caller: Caller,
    kind: &'static str,
    did: &'static str,
    at: i64,
    /// The act.
    pub exchange: ExchangeId,
}

impl Telling {
    /// One entry a patient: each person can be told what was done to theirs. `resources` are patient and name.
    pub fn entries<'n>(&self, resources: impl Iterator<Item = (&'n str, &'n str)>) -> Vec<Entry> {
        let mut by_patient: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (patient, name) in resources {
            by_patient.entry(patient).or_default().push(name);
        }
        let mut entries = Vec::with_capacity(by_patient.len());
        for (patient, names) in &by_patient {
            let person = (!patient.is_empty())
                .then(|| self.ledger.person_digest(format!("Patient/{patient}").as_bytes()));
            for what in names.chunks(NAMES) {
                let (user, staff) = (self.caller.user.as_deref(), self.caller.staff.as_ref());
                let body = Body { user, staff, did: self.did, what };
                let body = serde_json::to_vec(&body).unwrap_or_default();
                entries.push(Entry { kind: self.kind, person, exchange: self.exchange, at: self.at, body });
            }
        }
        entries
    }
}

/// Writes entries down; durable when it returns.
pub(super) async fn append(ledger: &Ledger, entries: Vec<Entry>) -> Result<(), LedgerError> {
    match <[Entry; 1]>::try_from(entries) {
        Ok([entry]) => ledger.append(entry).await.map(drop),
        Err(entries) if entries.is_empty() => Ok(()),
        Err(entries) => ledger.append_all(entries).await.map(drop),
    }
}

impl Service {
    /// Writes down that resources are read; durable when it returns.
    pub(super) async fn log_read<'n>(
        &self,
        caller: &Caller,
        did: &'static str,
        resources: impl Iterator<Item = (&'n str, &'n str)>,
    ) -> Result<(), RecordError> {
        let entries = self.telling(READ, caller, did).entries(resources);
        Ok(append(&self.ledger, entries).await?)
    }

    /// The entries of an act that begins now.
    pub(super) fn telling(&self, kind: &'static str, caller: &Caller, did: &'static str) -> Telling {
        let at = self.now().as_millis();
        let (ledger, caller) = (self.ledger.clone(), caller.clone());
        Telling { ledger, caller, kind, did, at, exchange: ExchangeId::new(at) }
    }
}
