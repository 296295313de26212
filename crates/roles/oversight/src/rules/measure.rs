//! What a rule counts, and how it reads beside the days before.

use std::collections::{BTreeMap, BTreeSet};

use calendar::{Date, Timestamp};
use codes::OrgId;

use super::{Counts, Measure, Rule, binomial_tail, poisson_tail};
use crate::model::{Finding, Kept};

/// A member of an organisation's staff.
type Staff<'a> = (OrgId, &'a str);

/// The day in question and the first day of its base rate.
pub struct Days {
    pub day: Date,
    pub first: Date,
}

impl Days {
    fn is_before(&self, kept: &Kept) -> bool {
        (self.first..self.day).contains(&kept.record.at.date())
    }

    fn is_on(&self, kept: &Kept) -> bool {
        kept.record.at.date() == self.day
    }

    fn number(&self) -> u64 {
        self.first.days_until(self.day).try_into().unwrap_or(1)
    }
}

/// What the rule finds among the records of its side.
pub fn measure(rule: &Rule, records: &[&Kept], days: &Days, now: Timestamp) -> Vec<Finding> {
    match rule.measure {
        Measure::PersonsPerStaff => persons_per_staff(rule, records, days, now),
        Measure::Flag => flagged(rule, records, days, now),
        Measure::Night => night(rule, records, days, now),
        Measure::Volume => volume(rule, records, days, now),
    }
}

fn persons_per_staff(rule: &Rule, records: &[&Kept], days: &Days, now: Timestamp) -> Vec<Finding> {
    let mut persons: BTreeMap<(Date, Staff<'_>), BTreeSet<&str>> = BTreeMap::new();
    for kept in records {
        if let (Some(staff), Some(person)) = (staff_of(kept), kept.record.person.as_deref()) {
            persons.entry((kept.record.at.date(), staff)).or_default().insert(person);
        }
    }
    let count = |persons: &BTreeSet<&str>| persons.len() as u64;
    let mut before: Vec<u64> =
        persons.iter().filter(|((day, _), _)| *day < days.day).map(|(_, persons)| count(persons)).collect();
    before.sort_unstable();
    let reached = before.iter().filter(|number| **number >= rule.threshold).count();
    let base = match (quantile(&before, 50), quantile(&before, 95)) {
        (Some(median), Some(high)) => (
            format!(
                "職員・日ごとの中央値{median}人、95%点{high}人。{}職員日のうち{reached}が基準以上",
                before.len()
            ),
            format!(
                "median {median}, 95th percentile {high} persons; {reached} of {} staff-days reach it",
                before.len()
            ),
        ),
        _ => no_base(),
    };
    let today = persons.iter().filter(|((day, _), _)| *day == days.day);
    let found = today.filter(|(_, persons)| count(persons) >= rule.threshold);
    found
        .map(|((_, staff), persons)| {
            let number = count(persons);
            let value = (format!("一日に{number}人"), format!("{number} persons in a day"));
            finding(rule, *staff, days, value, base.clone(), now)
        })
        .collect()
}

fn flagged(rule: &Rule, records: &[&Kept], days: &Days, now: Timestamp) -> Vec<Finding> {
    let has = |kept: &Kept| rule.flag.is_some_and(|flag| kept.record.flags.contains(&flag));
    let before: Vec<_> = records.iter().filter(|kept| days.is_before(kept)).collect();
    let flagged = before.iter().filter(|kept| has(kept)).count();
    let base = if before.is_empty() { no_base() } else { share(flagged as u64, before.len() as u64) };
    let mut counts: Counts<Staff<'_>> = BTreeMap::new();
    for kept in records.iter().filter(|kept| days.is_on(kept) && has(kept)) {
        if let Some(staff) = staff_of(kept) {
            *counts.entry(staff).or_default() += 1;
        }
    }
    let found = counts.into_iter().filter(|(_, number)| *number >= rule.threshold);
    found
        .map(|(staff, number)| {
            let value = (format!("一日に{number}件"), format!("{number} in a day"));
            finding(rule, staff, days, value, base.clone(), now)
        })
        .collect()
}

fn night(rule: &Rule, records: &[&Kept], days: &Days, now: Timestamp) -> Vec<Finding> {
    let [from, until] = rule.hours.unwrap_or([0, 0]);
    let is_night = |kept: &Kept| {
        let hour = hour_of(kept.record.at);
        if from <= until { (from..until).contains(&hour) } else { hour >= from || hour < until }
    };
    let mut base: BTreeMap<OrgId, (u64, u64)> = BTreeMap::new();
    for kept in records.iter().filter(|kept| days.is_before(kept)) {
        let (nights, all) = base.entry(kept.record.asker).or_default();
        *nights += u64::from(is_night(kept));
        *all += 1;
    }
    let mut counts: BTreeMap<Staff<'_>, (u64, u64)> = BTreeMap::new();
    for kept in records.iter().filter(|kept| days.is_on(kept)) {
        if let Some(staff) = staff_of(kept) {
            let (nights, all) = counts.entry(staff).or_default();
            *nights += u64::from(is_night(kept));
            *all += 1;
        }
    }
    let found = counts.into_iter().filter_map(|(staff, (nights, all))| {
        let (before, of) = base.get(&staff.0).copied().unwrap_or_default();
        // One more of each: an organisation that never worked at night is not thereby certain never to.
        let chance = (before + 1) as f64 / (of + 2) as f64;
        let rare = binomial_tail(all, chance, nights) < rule.alpha.unwrap_or(0.0);
        let value = (format!("{all}件のうち夜間{nights}件"), format!("{nights} of {all} at night"));
        let shown = if of == 0 { no_base() } else { share(before, of) };
        (nights >= rule.threshold && rare).then(|| finding(rule, staff, days, value, shown, now))
    });
    found.collect()
}

fn volume(rule: &Rule, records: &[&Kept], days: &Days, now: Timestamp) -> Vec<Finding> {
    let mut counts: BTreeMap<OrgId, (u64, u64)> = BTreeMap::new();
    for kept in records {
        let (before, today) = counts.entry(kept.record.asker).or_default();
        *before += u64::from(days.is_before(kept));
        *today += u64::from(days.is_on(kept));
    }
    let found = counts.into_iter().filter_map(|(org, (before, today))| {
        let mean = before as f64 / days.number() as f64;
        let rare = poisson_tail(mean.max(1.0), today) < rule.alpha.unwrap_or(0.0);
        let value = (format!("一日に{today}件"), format!("{today} in a day"));
        let base = (
            format!("過去{}日の平均は一日{mean:.1}件", days.number()),
            format!("mean of the {} days before: {mean:.1} a day", days.number()),
        );
        (today >= rule.threshold && rare).then(|| finding(rule, (org, ""), days, value, base, now))
    });
    found.collect()
}

fn finding(
    rule: &Rule,
    staff: Staff<'_>,
    days: &Days,
    value: (String, String),
    base: (String, String),
    now: Timestamp,
) -> Finding {
    let (organisation, id) = staff;
    Finding {
        rule: rule.id.clone(),
        subject: format!("{organisation} {id}").trim_end().to_owned(),
        day: days.day,
        organisation,
        staff: (!id.is_empty()).then(|| id.to_owned()),
        value,
        base,
        found_at: now,
        closed: None,
    }
}

fn staff_of(kept: &Kept) -> Option<Staff<'_>> {
    kept.record.staff.as_ref().map(|staff| (kept.record.asker, staff.as_str()))
}

fn share(part: u64, all: u64) -> (String, String) {
    let percent = part as f64 * 100.0 / all.max(1) as f64;
    (
        format!("過去の照会{all}件のうち{part}件（{percent:.1}%）"),
        format!("{part} of {all} look-ups before ({percent:.1} %)"),
    )
}

fn no_base() -> (String, String) {
    ("まだ過去の記録がありません".to_owned(), "no days before yet".to_owned())
}

fn quantile(sorted: &[u64], percent: usize) -> Option<u64> {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied()
}

/// The hour of the Japanese day.
fn hour_of(at: Timestamp) -> u8 {
    at.time().0
}
