//! The published figures of a day, counted from the ledger: who asked how much, on what grounds, and who gave.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use calendar::{Date, Timestamp};
use codes::{OrgId, OrgKind};
use ledger::OpenedEntry;
use protocol::exchange::Corroboration;
use protocol::networks::{DailyFigures, Figures};
use serde::Deserialize;
use serde_json::Value;
use wire::Problem;

use super::Service;
use super::emergencies::EMERGENCY;
use super::evidence::DAY_MILLIS;
use super::exchange::{EXCHANGE, ExchangeRecord, REFUSED};
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

/// How many counted days are kept: a year and a month.
const DAYS_KEPT: usize = 400;

/// How far entries of several writers may stand out of order, in milliseconds.
const DISORDER_MILLIS: i64 = 60_000;

/// What was counted of each day. A day that is over is counted once, the present one goes on from where it was.
#[derive(Clone, Default)]
pub(crate) struct Counted(Arc<Mutex<BTreeMap<Date, Arc<Mutex<Day>>>>>);

/// What was counted of one day.
#[derive(Default)]
struct Day {
    rows: BTreeMap<OrgId, Row>,
    /// The next entry to look at; nothing before the first look.
    next: Option<u64>,
    over: bool,
}

#[derive(Clone, Default)]
struct Row {
    figures: DailyFigures,
    /// About whom, until the day is over.
    persons: HashSet<[u8; 32]>,
}

impl Service {
    /// The figures of a day, from its first to its last entry in the ledger. What was counted stays; what became of the
    /// day's emergencies is looked up anew.
    ///
    /// # Errors
    /// When ledger or store cannot be read.
    pub async fn figures(&self, day: Date) -> Result<Figures, Problem> {
        let (from, until) =
            (Timestamp::start_of(day).as_millis(), Timestamp::start_of(day.add_days(1)).as_millis());
        let (ledger, of_day) = (self.ledger.clone(), self.counted.day(day));
        let counted = tokio::task::spawn_blocking(move || lock(&of_day).count(&ledger, from, until));
        let mut rows = counted.await.map_err(problems::task)?.map_err(problems::ledger)?;
        let month = self.read(move |c| sql::emergencies::between(c, until - 30 * DAY_MILLIS, until)).await?;
        let now = self.now().as_millis();
        for (emergency, _) in month.iter().filter(|(e, _)| e.at.as_millis() >= from) {
            let row = rows.entry(emergency.organisation).or_default();
            row.corroborated += u64::from(is_settled(emergency));
            row.overdue += u64::from(is_overdue(emergency, now));
        }
        let institutions = rows.into_iter().map(|(org, figures)| finished(org, figures)).collect();
        Ok(Figures { day, institutions, emergencies_settled_percent: settled_percent(&month, now) })
    }
}

impl Counted {
    fn day(&self, day: Date) -> Arc<Mutex<Day>> {
        let mut days = lock(&self.0);
        let found = days.entry(day).or_default().clone();
        while days.len() > DAYS_KEPT {
            days.pop_first();
        }
        found
    }
}

impl Day {
    fn count(
        &mut self,
        ledger: &ledger::Ledger,
        from: i64,
        until: i64,
    ) -> Result<BTreeMap<OrgId, DailyFigures>, ledger::LedgerError> {
        let next = match self.next {
            Some(next) => next,
            None => ledger.first_since(from)?,
        };
        let mut tail = ledger.tail(next);
        while !self.over {
            self.next = Some(tail.position());
            let Some(entry) = tail.try_next()? else { break };
            self.over = entry.at >= until + DISORDER_MILLIS;
            if (from..until).contains(&entry.at) {
                add(&mut self.rows, &entry);
            }
        }
        for row in self.rows.values_mut() {
            row.figures.persons = row.figures.persons.max(row.persons.len() as u64);
            if self.over {
                row.persons = HashSet::new();
            }
        }
        Ok(self.rows.iter().map(|(org, row)| (*org, row.figures.clone())).collect())
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
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

fn finished(org: OrgId, counted: DailyFigures) -> DailyFigures {
    let mut figures = DailyFigures { organisation: org.to_string(), ..counted };
    // Only institutions hold records and have visits: who asks for the person's own sake gives nothing back.
    let looked_at = org.kind() == OrgKind::Institution && figures.asked >= OUTLIER_LEAST;
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
