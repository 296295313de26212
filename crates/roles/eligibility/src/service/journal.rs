//! What goes into the ledger, and back out of it at start. No My Number and no name ever enters it.

use std::borrow::Cow;

use calendar::{Date, Timestamp};
use codes::{ExchangeId, InsuranceCode, InsurerNumber, OrgId};
use ledger::{Entry, LedgerError, Receipt};
use protocol::eligibility::{Reason, Validity};
use protocol::reader::ReaderMode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::Problem;

use super::Inner;
use super::recent::{Done, SPAN_MS, Short, exchange_key};
use crate::problems;

/// Kind of the entry that a check leaves.
pub(super) const CHECK: &str = "eligibility.check";

/// What the ledger keeps of a check.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CheckRecord<'a> {
    /// Who asked.
    pub(super) institution: OrgId,
    /// At which terminal.
    pub(super) terminal: Cow<'a, str>,
    /// About which day.
    pub(super) on: Date,
    /// As known when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) known_at: Option<Timestamp>,
    /// How the bearer of the card was verified; absent when a number was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mode: Option<ReaderMode>,
    /// Digest of the reader's statement, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) statement: Option<Cow<'a, str>>,
    /// Which road.
    pub(super) by: Cow<'a, str>,
    /// What was answered.
    pub(super) validity: Validity,
    /// By what rule.
    pub(super) reason: Reason,
    /// Whose memberships were shown.
    pub(super) insurers: Vec<InsurerNumber>,
    /// Whether a ticket to the medical code went along.
    pub(super) ticket: bool,
    /// For what purpose (the access table's word).
    pub(super) purpose: Cow<'a, str>,
    /// Under which row of the access table.
    pub(super) rule: Cow<'a, str>,
    /// On what legal bases.
    pub(super) basis: Vec<Cow<'a, str>>,
    /// Digest of the access table, hexadecimal.
    pub(super) table: Cow<'a, str>,
    /// Digest of the question, hexadecimal: recognises a retry after a restart.
    pub(super) question: String,
    /// Digests of what may be used once, hexadecimal.
    pub(super) marks: Vec<String>,
    /// The newest report that the answer rested on.
    pub(super) seen: i64,
}

/// What only recognises a repetition.
pub(super) struct Trace {
    pub(super) question: Short,
    pub(super) marks: Vec<Short>,
    pub(super) seen: i64,
}

impl Inner {
    /// Writes an entry; it is durable when this returns.
    pub(super) async fn log(
        &self,
        kind: &'static str,
        person: Option<&InsuranceCode>,
        exchange: ExchangeId,
        at: Timestamp,
        body: &impl Serialize,
    ) -> Result<Receipt, Problem> {
        let person = person.map(|code| self.ledger.person_digest(code.as_bytes()));
        // Room for a check, which would otherwise move as it grows.
        let mut text = Vec::with_capacity(1_024);
        serde_json::to_writer(&mut text, body).map_err(problems::internal)?;
        let entry = Entry { kind, person, exchange, at: at.as_millis(), body: text };
        self.ledger.append(entry).await.map_err(problems::internal)
    }

    /// Writes down under which table of purposes the service works from now on, before it answers anything (law 9).
    ///
    /// # Errors
    /// The ledger's.
    pub(crate) async fn log_table(&self) -> Result<(), Problem> {
        let now = self.clock.now();
        let body = json!({ "version": self.policy.table().version(), "table": self.table });
        self.log("access.table", None, ExchangeId::new(now.as_millis()), now, &body).await.map(|_| ())
    }

    /// Remembers the checks of the last minute, so that a restart opens no door to a replay.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(crate) fn restore_recent(&self) -> Result<(), LedgerError> {
        let since = self.clock.now().as_millis().saturating_sub(2 * SPAN_MS);
        let mut index = self.ledger.size();
        while index > 0 {
            index -= 1;
            let entry = self.ledger.read_entry(index)?;
            if entry.at < since {
                break;
            }
            if entry.kind != CHECK {
                continue;
            }
            if let Ok(record) = serde_json::from_slice::<CheckRecord<'_>>(&entry.body) {
                self.restore_check(&record, entry.exchange, entry.index, entry.at);
            }
        }
        Ok(())
    }

    fn restore_check(&self, record: &CheckRecord<'_>, exchange: ExchangeId, index: u64, at: i64) {
        let (Some(question), Some(marks)) = (unhex(&record.question), marks(record)) else { return };
        let done = Done { at: Timestamp::from_millis(at), index, seen: record.seen, person: None };
        self.recent.restore(exchange_key(&record.institution, &exchange), question, &marks, done);
    }
}

fn marks(record: &CheckRecord<'_>) -> Option<Vec<Short>> {
    record.marks.iter().map(|mark| unhex(mark)).collect()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn unhex(text: &str) -> Option<Short> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}
