//! The constructed histories of the exchange demonstrations (`data/exchange-events.tsv`), and what they should show
//! (`data/exchange-stories.tsv`).

use std::sync::LazyLock;

use super::catalogue::{find_allergen, find_disease, find_drug, find_test, lines, parts};
use super::chart::{Fact, Letter, Visit, VisitKind};
use super::places::by_slug;
use super::{Life, care, events, values};
use crate::day::Day;

/// One line of what a demonstration should see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeStory {
    /// Short name of the demonstration.
    pub story: &'static str,
    /// Household index.
    pub household: u64,
    /// Slot in the household.
    pub slot: u8,
    /// 使い分け: 0, or the number of the record kept apart.
    pub facet: u8,
    /// `subject`, `asker`, `holder`, `withheld`, `apart`, `proxy`, `care-team`.
    pub role: &'static str,
    /// Index into [`crate::organisations::INSTITUTIONS`]; none for the subject and a proxy.
    pub institution: Option<usize>,
    /// What to see, in Japanese and English.
    pub text: [&'static str; 2],
}

/// What the demonstrations should see, in their order.
pub fn exchange_stories() -> impl Iterator<Item = ExchangeStory> {
    lines(STORIES).filter_map(|cells| {
        let [story, household, slot, facet, role, institution, ja, en] = cells.try_into().ok()?;
        let (household, slot, facet) = (household.parse().ok()?, slot.parse().ok()?, facet.parse().ok()?);
        let institution = by_slug(institution);
        Some(ExchangeStory { story, household, slot, facet, role, institution, text: [ja, en] })
    })
}

/// The alias under which a record kept apart is registered: surname, given name and their readings.
pub const ALIAS: [(&str, &str); 2] = [("匿名", "トクメイ"), ("希望", "キボウ")];

/// Something that happened once or again and again.
struct Happening {
    household: u64,
    slot: u8,
    facet: u8,
    institution: usize,
    ago: i32,
    every: i32,
    times: i32,
    kind: &'static str,
    department: &'static str,
    reason: &'static str,
    facts: &'static str,
}

static HAPPENINGS: LazyLock<Vec<Happening>> = LazyLock::new(|| lines(EVENTS).filter_map(happening).collect());

/// Lets a person's constructed history happen; false when there is none.
pub fn play(life: &mut Life<'_>) -> bool {
    let own = |h: &&Happening| h.household == life.family.index && h.slot == life.person.slot;
    let happenings: Vec<&'static Happening> = HAPPENINGS.iter().filter(own).collect();
    for happening in &happenings {
        let first = life.maker.plan.today.plus(-happening.ago);
        for turn in 0..happening.times {
            happen(life, happening, first, turn);
        }
    }
    !happenings.is_empty()
}

fn happen(life: &mut Life<'_>, happening: &'static Happening, first: Day, turn: i32) {
    let day = first.plus(turn * happening.every);
    let share = f64::from(turn) / f64::from((happening.times - 1).max(1));
    let mut facts: Vec<Fact> = Vec::new();
    for part in parts(happening.facts, ';') {
        // A diagnosis is written down once, unless it ends here.
        if turn == 0 || !part.starts_with("dx:") {
            facts.extend(fact(life, part, first, day, share, turn));
        }
    }
    let (kind, letter) = happening.kind.split_once('+').unwrap_or((happening.kind, ""));
    let kind = match kind.split_once(':') {
        Some((_, days)) => VisitKind::Inpatient { until: day.plus(days.parse().unwrap_or(1)) },
        None => match kind {
            "check" => VisitKind::Checkup,
            "care" => VisitKind::Care,
            "disp" => VisitKind::Dispensing,
            _ => VisitKind::Outpatient,
        },
    };
    let letter = match letter.split_once(':') {
        Some((_, slug)) => by_slug(slug).map(|to| Letter::Referral { to }),
        None => match letter {
            "discharge" => Some(Letter::Discharge),
            "checkup" => Some(Letter::Checkup),
            "summary" => Some(Letter::CareSummary),
            _ => None,
        },
    };
    if day < life.from || day >= life.until || facts.is_empty() {
        return;
    }
    let patient = life.record(happening.institution, happening.facet, day);
    let (slot, department, reason) = (life.person.slot, happening.department, happening.reason);
    life.visits.push(Visit { slot, patient, day, kind, department, reason, facts, letter });
}

/// What a part of a line says.
fn fact(life: &mut Life<'_>, part: &'static str, first: Day, day: Day, share: f64, turn: i32) -> Vec<Fact> {
    let (word, rest) = part.split_once(':').unwrap_or((part, ""));
    match word {
        "dx" => diagnosis(rest, first).into_iter().collect(),
        "rx" => drug(rest).map(|(drug, days)| Fact::Prescription { drug, days }).into_iter().collect(),
        "disp" => drug(rest).map(|(drug, days)| Fact::Dispense { drug, days }).into_iter().collect(),
        "lab" => laboratory(rest, share).into_iter().collect(),
        "alg" => {
            find_allergen(rest).map(|allergen| Fact::Allergy { allergen, since: first }).into_iter().collect()
        }
        "bp" => pressure(rest, turn).into_iter().collect(),
        "find" => {
            let found = rest.split_once('=');
            found.map(|(title, text)| Fact::Finding { title, text: text.to_owned() }).into_iter().collect()
        }
        "plan" => care::plan(life, rest.parse::<usize>().unwrap_or_default() + turn.unsigned_abs() as usize),
        "nurse" => care::nursing(life),
        "check" => events::checkup_facts(life, day),
        _ => Vec::new(),
    }
}

fn diagnosis(text: &str, first: Day) -> Option<Fact> {
    let (text, over) = text.split_once('!').map_or((text, None), |(t, days)| (t, days.parse().ok()));
    let (key, before) = text.split_once('@').unwrap_or((text, "0"));
    let since = first.plus(-before.parse::<i32>().ok()?);
    Some(Fact::Diagnosis { disease: find_disease(key)?, since, until: over.map(|days| first.plus(days)) })
}

fn drug(text: &str) -> Option<(&'static super::catalogue::Drug, u16)> {
    let (key, days) = text.split_once('*')?;
    Some((find_drug(key)?, days.parse().ok()?))
}

/// A value, or one that moves from the first to the last turn.
fn laboratory(text: &str, share: f64) -> Option<Fact> {
    let (key, value) = text.split_once('=')?;
    let (from, to) = value.split_once('>').unwrap_or((value, value));
    let (from, to): (f64, f64) = (from.parse().ok()?, to.parse().ok()?);
    let test = find_test(key)?;
    let value = values::rounded(from + (to - from) * share, test.decimals);
    Some(Fact::Laboratory { test, value })
}

fn pressure(text: &str, turn: i32) -> Option<Fact> {
    let (high, low) = text.split_once('/')?;
    let sway = f64::from(turn * 7 % 11 - 5);
    Some(Fact::Pressure { high: high.parse::<f64>().ok()? + sway, low: low.parse::<f64>().ok()? + sway })
}

fn happening(cells: Vec<&'static str>) -> Option<Happening> {
    let [household, slot, facet, institution, ago, every, times, kind, department, reason, facts] =
        cells.try_into().ok()?;
    Some(Happening {
        household: household.parse().ok()?,
        slot: slot.parse().ok()?,
        facet: facet.parse().ok()?,
        institution: by_slug(institution)?,
        ago: ago.parse().ok()?,
        every: every.parse().ok()?,
        times: times.parse().ok()?,
        kind,
        department,
        reason,
        facts,
    })
}

const EVENTS: &str = include_str!("../../data/exchange-events.tsv");
const STORIES: &str = include_str!("../../data/exchange-stories.tsv");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood() {
        assert_eq!(HAPPENINGS.len(), lines(EVENTS).count());
        assert_eq!(exchange_stories().count(), lines(STORIES).count());
        for story in exchange_stories() {
            let alone = matches!(story.role, "subject" | "proxy");
            assert_eq!(story.institution.is_none(), alone, "{story:?}");
        }
        for happening in HAPPENINGS.iter() {
            for part in parts(happening.facts, ';') {
                let (word, rest) = part.split_once(':').unwrap_or((part, ""));
                let understood = match word {
                    "dx" => diagnosis(rest, Day::new(2020, 1, 1)).is_some(),
                    "rx" | "disp" => drug(rest).is_some(),
                    "lab" => laboratory(rest, 0.5).is_some(),
                    "alg" => find_allergen(rest).is_some(),
                    "bp" => pressure(rest, 1).is_some(),
                    "find" => rest.contains('='),
                    "plan" | "nurse" | "check" => true,
                    _ => false,
                };
                assert!(understood, "{part}");
            }
        }
    }
}
