//! The person's own view: what happened about them here, by whom, why, and on what evidence.

use access::{Action, Purpose};
use calendar::{Date, Timestamp};
use codes::OrgId;
use data_encoding::BASE64;
use ledger::{Leaf, OpenedEntry};
use protocol::exchange::{OwnExchange, OwnExchangesAnswer, OwnExchangesRequest, Practitioner};
use protocol::inclusion::{Inclusion, Prover};
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

/// How far entries of writers that append at once may stand out of the order of their times, in milliseconds.
const OUT_OF_ORDER_MILLIS: i64 = 60_000;

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
        if let Some(acting) = &request.acting {
            self.may_look(peer, acting, &person, &permit).await?;
        }
        let proxy = request.acting.as_ref().map(|acting| &acting.proxy);
        let body = json!({ "by": peer, "rule": permit.rule_id(), "proxy": proxy });
        let receipt = self.log(OWN, Some(&person), request.exchange, &body).await?;
        let size = receipt.index + 1;
        self.catch_up(size).await?;
        let digest = self.ledger.person_digest(person.as_bytes()).0;
        let all = self.read(move |c| sql::exchanges::events(c, &digest, 0..size, i64::MAX)).await?;
        let prover = Prover::new(&self.ledger, size).await.map_err(problems::ledger)?;
        let (entries, cut) = self.chosen(&request, &all, &prover)?;
        let months = self.months(&all)?;
        let first = self.ledger.read_entry(0).map_err(problems::ledger)?;
        let covered_since = Some(Timestamp::from_millis(first.at));
        let heads = prover.into_heads();
        let exchange = request.exchange;
        Ok(OwnExchangesAnswer { exchange, entries, cut, months, heads, covered_since, receipt })
    }

    /// The entries that were asked for, newest first, and whether there are more of them.
    fn chosen(
        &self,
        request: &OwnExchangesRequest,
        all: &[u64],
        prover: &Prover<'_>,
    ) -> Result<(Vec<OwnExchange>, bool), Problem> {
        let (from, until) = request
            .period
            .map_or((i64::MIN, i64::MAX), |(from, until)| (from.as_millis(), until.as_millis()));
        // Writers that append at once stand a little out of order: a minute more on either side, then each by its time.
        let start = self.count_since(all, until.saturating_add(OUT_OF_ORDER_MILLIS))?;
        let end = self.count_since(all, from.saturating_sub(OUT_OF_ORDER_MILLIS))?;
        let mut entries = Vec::new();
        for place in all.get(start..end).unwrap_or_default().iter().copied() {
            let at = self.time_of(place)?;
            if !(from..until).contains(&at) {
                continue;
            }
            let entry = self.own_entry(place, prover)?;
            if let Some(entry) =
                entry.filter(|entry| request.organisation.is_none_or(|org| org == entry.organisation))
            {
                if entries.len() as i64 >= SHOWN_MAX {
                    return Ok((entries, true));
                }
                entries.push(entry);
            }
        }
        Ok((entries, false))
    }

    fn time_of(&self, place: u64) -> Result<i64, Problem> {
        let leaf = self.ledger.leaf_bytes(place).map_err(problems::ledger)?;
        Ok(Leaf::decode(&leaf).map_err(problems::internal)?.at)
    }

    /// An entry with its proof; nothing for a kind that is no act of another.
    fn own_entry(&self, place: u64, prover: &Prover<'_>) -> Result<Option<OwnExchange>, Problem> {
        let entry = self.ledger.read_entry(place).map_err(problems::ledger)?;
        let leaf = self.ledger.leaf_bytes(place).map_err(problems::ledger)?;
        let proof = prover.prove(place).map_err(problems::ledger)?;
        Ok(shown(&entry, self.ledger.origin(), BASE64.encode(&leaf), proof))
    }

    /// The first days of the months in which one of these places was written, newest first.
    fn months(&self, newest_first: &[u64]) -> Result<Vec<Date>, Problem> {
        let mut months = Vec::new();
        let mut rest = newest_first;
        while let Some(newest) = rest.first() {
            let day = Timestamp::from_millis(self.time_of(*newest)?).date();
            let month = day.add_days(1 - i32::from(day.day()));
            months.push(month);
            let start = Timestamp::start_of(month).as_millis();
            // Halving, by the times themselves: places of one person are in the order of the ledger.
            let within = self.count_since(rest, start)?;
            rest = rest.get(within.max(1)..).unwrap_or_default();
        }
        months.dedup();
        Ok(months)
    }

    /// How many of these places, newest first, were written at `start` or later.
    fn count_since(&self, newest_first: &[u64], start: i64) -> Result<usize, Problem> {
        let (mut low, mut high) = (0, newest_first.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let at = newest_first.get(middle).map_or(Ok(i64::MIN), |place| self.time_of(*place))?;
            if at >= start { low = middle + 1 } else { high = middle }
        }
        Ok(low)
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
fn shown(entry: &OpenedEntry, origin: &str, leaf: String, proof: Inclusion) -> Option<OwnExchange> {
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
        proxy: body
            .get("proxy")
            .or_else(|| body.get("evidence")?.get("proxy"))
            .and_then(Value::as_str)
            .and_then(|proxy| proxy.parse().ok()),
        exchange: entry.exchange,
        receipt: ledger::Receipt { origin: origin.to_owned(), index: entry.index, at: entry.at },
        leaf: leaf.clone(),
        proof: proof.clone(),
    };
    match entry.kind.as_str() {
        EXCHANGE | REFUSED => {
            let record = ExchangeRecord::deserialize(&body).ok()?;
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
    ["presence", "team", "emergency", "proxy"]
        .into_iter()
        .find(|kind| evidence.get(*kind).is_some())
        .unwrap_or_default()
        .to_owned()
}
