//! The published figures of a day, counted from the ledger: who asked how much, on what grounds, and who gave.

use std::collections::{BTreeMap, HashSet};

use calendar::{Date, Timestamp};
use codes::OrgId;
use ledger::OpenedEntry;
use protocol::exchange::Corroboration;
use protocol::networks::{DailyFigures, Figures};
use serde::Deserialize;
use serde_json::Value;
use wire::Problem;

use super::emergencies::EMERGENCY;
use super::evidence::DAY_MILLIS;
use super::exchange::{EXCHANGE, ExchangeRecord, REFUSED};
use super::Service;
use crate::model::{CORROBORATION_MILLIS, Emergency};
use crate::{problems, store as sql};

/// From how many questions a day on an institution is looked at for being out of line.
const OUTLIER_LEAST: u64 = 20;

/// Exchanges asked for each card read from which on it is out of line.
const ASKED_PER_PRESENCE: u64 = 10;

/// Emergencies a day from which on, and share of the questions (percent), it is out of line.
const EMERGENCIES: (u64, u64) = (3, 20);

/// How many days after its declaration an emergency should be settled.
const SETTLED_DAYS: i64 = 7;

#[derive(Default)]
struct Row {
    figures: DailyFigures,
    persons: HashSet<[u8; 32]>,
}

impl Service {
    /// The figures of a day, from its first to its last entry in the ledger.
    ///
    /// # Errors
    /// When ledger or store cannot be read.
    pub async fn figures(&self, day: Date) -> Result<Figures, Problem> {
        let (from, until) = (Timestamp::start_of(day).as_millis(), Timestamp::start_of(day.add_days(1)).as_millis());
        let ledger = self.ledger.clone();
        let counted = tokio::task::spawn_blocking(move || count(&ledger, from, until));
        let mut rows = counted.await.map_err(problems::task)?.map_err(problems::ledger)?;
        let month = self.read(move |c| sql::emergencies::between(c, until - 30 * DAY_MILLIS, until)).await?;
        let now = self.now().as_millis();
        for (emergency, _) in month.iter().filter(|(e, _)| e.at.as_millis() >= from) {
            let row = &mut rows.entry(emergency.organisation).or_default().figures;
            row.corroborated += u64::from(is_settled(emergency));
            row.overdue += u64::from(is_overdue(emergency, now));
        }
        let institutions = rows.into_iter().map(|(org, row)| finished(org, row)).collect();
        Ok(Figures { day, institutions, emergencies_settled_percent: settled_percent(&month, now) })
    }
}

fn count(ledger: &ledger::Ledger, from: i64, until: i64) -> Result<BTreeMap<OrgId, Row>, ledger::LedgerError> {
    let mut rows: BTreeMap<OrgId, Row> = BTreeMap::new();
    let mut tail = ledger.tail(first_at(ledger, from)?);
    while let Some(entry) = tail.try_next()? {
        if entry.at >= until {
            // Entries of several writers may stand a little out of order: a minute behind the end, nothing follows.
            if entry.at >= until + 60_000 {
                break;
            }
        } else if entry.at >= from {
            add(&mut rows, &entry);
        }
    }
    Ok(rows)
}

/// The first entry that may belong to the day, by halving; entries are in order but for what happens at once.
fn first_at(ledger: &ledger::Ledger, from: i64) -> Result<u64, ledger::LedgerError> {
    let (mut low, mut high) = (0, ledger.size());
    while low < high {
        let middle = low + (high - low) / 2;
        if ledger.read_entry(middle)?.at < from - 60_000 {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

fn add(rows: &mut BTreeMap<OrgId, Row>, entry: &OpenedEntry) {
    let Ok(body) = serde_json::from_slice::<Value>(&entry.body) else { return };
    match entry.kind.as_str() {
        EXCHANGE | REFUSED => {
            let Ok(record) = ExchangeRecord::deserialize(body) else { return };
            let row = rows.entry(record.by).or_default();
            row.persons.extend(entry.person.map(|person| person.0));
            row.figures.asked += 1;
            row.figures.refused += u64::from(record.refused.is_some());
            for holder in record.holders {
                rows.entry(holder).or_default().figures.served += 1;
            }
        }
        EMERGENCY => {
            let by = body.get("emergency").and_then(|e| e.get("by")).and_then(Value::as_str);
            if let Some(org) = by.and_then(|by| by.parse().ok()) {
                rows.entry(org).or_default().figures.emergencies += 1;
            }
        }
        "relay.register" => {
            if let Some(org) = body.get("by").and_then(Value::as_str).and_then(|by| by.parse().ok()) {
                rows.entry(org).or_default().figures.presences += 1;
            }
        }
        _ => {}
    }
}

fn finished(org: OrgId, row: Row) -> DailyFigures {
    let mut figures =
        DailyFigures { organisation: org.to_string(), persons: row.persons.len() as u64, ..row.figures };
    let looked_at = figures.asked >= OUTLIER_LEAST;
    let (least, percent) = EMERGENCIES;
    let found = [
        (looked_at && figures.served == 0, "asks-without-giving"),
        (looked_at && figures.asked > ASKED_PER_PRESENCE * figures.presences.max(1), "many-for-few-visits"),
        (figures.emergencies >= least && figures.emergencies * 100 > figures.asked * percent, "emergencies"),
    ];
    figures.outlier = found.into_iter().filter(|(out, _)| *out).map(|(_, word)| word.to_owned()).collect();
    figures
}

fn is_settled(emergency: &Emergency) -> bool {
    emergency.settled.is_some_and(|by| by != Corroboration::Refuted)
}

fn is_overdue(emergency: &Emergency, now: i64) -> bool {
    emergency.settled.is_none() && now - emergency.at.as_millis() > CORROBORATION_MILLIS
}

/// Of the emergencies that had their seven days, how many were settled within them.
fn settled_percent(month: &[(Emergency, Option<i64>)], now: i64) -> Option<f64> {
    let limit = SETTLED_DAYS * DAY_MILLIS;
    let due: Vec<_> = month.iter().filter(|(e, _)| now - e.at.as_millis() > limit).collect();
    let in_time = due.iter().filter(|(e, at)| at.is_some_and(|at| at - e.at.as_millis() <= limit)).count();
    (!due.is_empty()).then(|| in_time as f64 * 100.0 / due.len() as f64)
}
