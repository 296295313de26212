//! The person's own view: what happened about them here, by whom, why, and on what evidence.

use access::{Action, Purpose};
use calendar::Timestamp;
use codes::OrgId;
use ledger::OpenedEntry;
use protocol::exchange::{OwnExchange, OwnExchangesAnswer, OwnExchangesRequest, Practitioner};
use serde::Deserialize;
use serde_json::{Value, json};
use wire::Problem;

use super::Service;
use super::emergencies::{EMERGENCY, EmergencyRecord};
use super::exchange::{EXCHANGE, ExchangeRecord, REFUSED};
use crate::{problems, store as sql};

/// Kind of the entry that a reading leaves.
pub(super) const OWN: &str = "relay.own-exchanges";

/// The newest events that one reading shows.
pub(super) const SHOWN_MAX: i64 = 1_000;

/// Entries that the index reads at once.
const INDEX_BATCH: usize = 4_096;

impl Service {
    /// What happened about the person, newest first. The reading itself is logged first, and shown.
    ///
    /// # Errors
    /// When the asker is not one through whom people read. A person without a working medical ID still reads: what
    /// happened before stays theirs to see.
    pub async fn own_exchanges(
        &self,
        peer: &OrgId,
        request: OwnExchangesRequest,
    ) -> Result<OwnExchangesAnswer, Problem> {
        Self::own_name(peer, &request.institution)?;
        let permit = self.decide(peer, Action::RelayOwnExchanges, Purpose::OwnAccess)?;
        let (_, person) = self.person_of(peer, &request.code)?.ok_or_else(problems::no_such_person)?;
        let body = json!({ "by": peer, "rule": permit.rule_id() });
        let receipt = self.log(OWN, Some(&person), request.exchange, &body).await?;
        self.catch_up(receipt.index + 1).await?;
        let digest = self.ledger.person_digest(person.as_bytes()).0;
        let places = self.read(move |c| sql::exchanges::events(c, &digest, SHOWN_MAX)).await?;
        let mut entries = Vec::with_capacity(places.len());
        for place in places {
            let entry = self.ledger.read_entry(place).map_err(problems::ledger)?;
            entries.extend(shown(&entry, self.ledger.origin()));
        }
        let first = self.ledger.read_entry(0).map_err(problems::ledger)?;
        let covered_since = Some(Timestamp::from_millis(first.at));
        Ok(OwnExchangesAnswer { exchange: request.exchange, entries, covered_since, receipt })
    }

    /// Reads new ledger entries into the index of events until `entries` are read.
    pub(super) async fn catch_up(&self, entries: u64) -> Result<(), Problem> {
        let mut next = self.read(sql::exchanges::progress).await?;
        while next < entries {
            let mut events = Vec::new();
            let mut tail = self.ledger.tail(next);
            for _ in 0..INDEX_BATCH {
                let Some(entry) = tail.try_next().map_err(problems::ledger)? else { break };
                events.extend(entry.person.map(|person| (person.0, entry.index)));
            }
            next = tail.position();
            let read = next;
            self.write(move |tx| sql::exchanges::put_events(tx, &events, read)).await?;
        }
        Ok(())
    }
}

/// An entry as its person reads it; nothing for a kind that is no act of another.
fn shown(entry: &OpenedEntry, origin: &str) -> Option<OwnExchange> {
    let body: Value = serde_json::from_slice(&entry.body).ok()?;
    let by = |body: &Value| body.get("by").and_then(Value::as_str).and_then(|by| by.parse().ok());
    let blank = |what: &str, organisation: OrgId| OwnExchange {
        at: Timestamp::from_millis(entry.at),
        what: what.to_owned(),
        organisation,
        practitioner: None,
        reason: None,
        looking_for: consent::Categories::NONE,
        holders: Vec::new(),
        rules: Vec::new(),
        evidence: String::new(),
        exchange: entry.exchange,
        receipt: ledger::Receipt { origin: origin.to_owned(), index: entry.index, at: entry.at },
    };
    match entry.kind.as_str() {
        EXCHANGE | REFUSED => {
            let record = ExchangeRecord::deserialize(body).ok()?;
            let what = if record.refused.is_some() { "exchange-refused" } else { "exchange" };
            Some(OwnExchange {
                practitioner: Some(record.practitioner),
                reason: Some(record.reason),
                looking_for: record.looking_for,
                holders: record.holders,
                rules: record.rules,
                evidence: record.refused.unwrap_or_else(|| words_of(&record.evidence)),
                ..blank(what, record.by)
            })
        }
        EMERGENCY => {
            let record = EmergencyRecord::deserialize(body.get("emergency")?.clone()).ok()?;
            let words = record.reason.words().0;
            Some(OwnExchange {
                practitioner: Some(record.practitioner),
                evidence: format!("{words}: {}", record.text),
                ..blank(if record.widened { "emergency-widened" } else { "emergency" }, record.by)
            })
        }
        other => {
            let practitioner = body
                .get("practitioner")
                .cloned()
                .and_then(|p| serde_json::from_value::<Practitioner>(p).ok());
            let what = other.strip_prefix("relay.").unwrap_or(other);
            Some(OwnExchange { practitioner, ..blank(what, by(&body)?) })
        }
    }
}

fn words_of(evidence: &Value) -> String {
    ["presence", "team", "emergency"]
        .into_iter()
        .find(|kind| evidence.get(*kind).is_some())
        .unwrap_or_default()
        .to_owned()
}
