//! What to do next: what may go together today, what is planned too near, and the visits that are still to come.

use calendar::Date;
use serde::Serialize;

use crate::{Dose, GroupForecast, Knowledge, Person, Report, SeriesStatus, Workspace};

/// The most visits that one plan holds.
const MOST_VISITS: usize = 100;

/// What may be given on a day, and what of the rest has to wait because of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Together {
    /// The day.
    pub day: Date,
    /// What may be given on it, all together.
    pub now: Vec<Choice>,
    /// What could be given otherwise, and has to wait when another is given alone today.
    pub waits: Vec<Wait>,
}

/// A dose that may be given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// The vaccine group.
    pub group: String,
    /// The group in Japanese.
    pub group_ja: String,
    /// The dose's label in its series.
    pub label: String,
    /// The vaccines that may be used: code and name.
    pub vaccines: Vec<(String, String)>,
    /// True when its recommended day has come.
    pub due: bool,
}

/// If one is given today and the other is not, the other waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// Given today.
    pub given: String,
    /// Waits.
    pub waits: String,
    /// The first day on which it may be given then.
    pub until: Date,
}

/// Two vaccines that are, or would be, too near each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clash {
    /// Number of the earlier dose in the history.
    pub earlier: usize,
    /// Number of the planned dose.
    pub planned: usize,
    /// The first day on which the planned dose may be given.
    pub not_before: Date,
}

/// A visit of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Visit {
    /// The day.
    pub date: Date,
    /// What is given.
    pub doses: Vec<PlannedDose>,
}

/// A dose of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedDose {
    /// The vaccine group.
    pub group: String,
    /// The group in Japanese.
    pub group_ja: String,
    /// The dose's label.
    pub label: String,
    /// The vaccine's code.
    pub vaccine: String,
    /// The vaccine's name.
    pub vaccine_name: String,
    /// True when its recommended period is over by then: it is caught up.
    pub late: bool,
    /// The last day on which it can be given.
    pub latest: Option<Date>,
}

/// What may be given on the day of a report, all together, and what else then has to wait.
pub fn together(knowledge: &Knowledge, report: &Report) -> Together {
    let day = report.assessment;
    let open: Vec<&GroupForecast> = report.forecasts.iter().filter(|f| f.may_be_given(day)).collect();
    let mut waits = Vec::new();
    for given in &open {
        for other in open.iter().filter(|other| other.group != given.group) {
            let until = given
                .vaccines
                .iter()
                .flat_map(|(given, _)| other.vaccines.iter().map(move |(other, _)| (given, other)))
                .filter_map(|(given, other)| not_before(knowledge, given, day, other, day.add_days(1)))
                .max();
            if let Some(until) = until {
                waits.push(Wait { given: given.group.clone(), waits: other.group.clone(), until });
            }
        }
    }
    let now = open
        .into_iter()
        .map(|forecast| Choice {
            group: forecast.group.clone(),
            group_ja: forecast.group_ja.clone(),
            label: forecast.label.clone(),
            vaccines: forecast.vaccines.clone(),
            due: forecast.is_due(day),
        })
        .collect();
    Together { day, now, waits }
}

/// Planned doses that are too near a dose given or planned before them.
pub fn clashes(knowledge: &Knowledge, person: &Person) -> Vec<Clash> {
    let mut found = Vec::new();
    for (planned, dose) in person.doses.iter().enumerate().filter(|(_, dose)| dose.planned) {
        for (earlier, before) in person.doses.iter().enumerate() {
            if earlier != planned
                && before.date < dose.date
                && let Some(day) =
                    not_before(knowledge, &before.vaccine, before.date, &dose.vaccine, dose.date)
            {
                found.push(Clash { earlier, planned, not_before: day });
            }
        }
    }
    found
}

/// The first day on which a vaccine may follow another, if a wished day is too near.
fn not_before(knowledge: &Knowledge, first: &str, given: Date, then: &str, wished: Date) -> Option<Date> {
    let (first, then) = (knowledge.vaccine(first)?, knowledge.vaccine(then)?);
    let (given, wished) = (given.to_days(), wished.to_days());
    let conflicts = knowledge.conflicts.get(usize::from(then))?;
    let ends = conflicts
        .iter()
        .filter(|c| c.effective <= wished && wished <= c.cessation && c.previous.contains(first))
        .filter(|c| c.begin.after(given) <= wished)
        .map(|c| c.end.after(given));
    ends.max().filter(|end| wished < *end).map(crate::period::date)
}

/// The visits that are still to come until a day, when at each everything is given whose time has come: on its
/// recommended day, or as soon as possible where that has passed (catch-up).
pub fn visits(knowledge: &Knowledge, person: &Person, from: Date, until: Date) -> Vec<Visit> {
    let mut person = person.clone();
    let mut workspace = Workspace::new();
    let mut visits = Vec::new();
    let mut day = from;
    while visits.len() < MOST_VISITS {
        workspace.assess(knowledge, &person, day);
        let report = workspace.report(knowledge, &person);
        let open = || report.forecasts.iter().filter(|f| f.status == SeriesStatus::NotComplete);
        let wished = |forecast: &GroupForecast| {
            let late = forecast.past_due.is_some_and(|past| past < day);
            let wish = if late { forecast.earliest } else { forecast.recommended };
            wish.map(|wish| wish.max(day)).filter(|wish| forecast.latest.is_none_or(|latest| *wish <= latest))
        };
        let Some(next) = open().filter_map(wished).min().filter(|next| *next <= until) else { break };
        if next > day {
            // Judged again on the day itself: what is skipped or over by then is another matter.
            day = next;
            continue;
        }
        let mut doses = Vec::new();
        for forecast in open().filter(|forecast| wished(forecast) == Some(day)) {
            let Some((code, name)) = forecast.vaccines.first() else { continue };
            let already = |dose: &PlannedDose| dose.vaccine == *code;
            if doses.iter().any(already) {
                continue;
            }
            doses.push(PlannedDose {
                group: forecast.group.clone(),
                group_ja: forecast.group_ja.clone(),
                label: forecast.label.clone(),
                vaccine: code.clone(),
                vaccine_name: name.clone(),
                late: forecast.past_due.is_some_and(|past| past < day),
                latest: forecast.latest,
            });
        }
        if doses.is_empty() {
            // Nothing that can be named is due: go on with the next day on which something else is.
            let Some(later) = open().filter_map(wished).filter(|wish| *wish > day).min() else { break };
            day = later;
            continue;
        }
        person.doses.extend(doses.iter().map(|dose| Dose::new(day, &dose.vaccine)));
        visits.push(Visit { date: day, doses });
        day = day.add_days(1);
    }
    visits
}
