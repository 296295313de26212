//! Lasting illnesses: who has which since when, and the visits that come of them.

use super::Life;
use super::catalogue::{ALLERGENS, Allergen, ILLNESSES, Illness, Test, find_disease, find_test};
use super::chart::{Fact, Letter, VisitKind};
use super::values;
use crate::day::Day;

/// An illness someone has.
struct Ill {
    illness: &'static Illness,
    since: Day,
    until: Option<Day>,
}

/// Gives a person the lasting illnesses of their age and sex, with everything that follows.
pub fn lasting(life: &mut Life<'_>) {
    let ills = illnesses(life);
    allergies(life, &ills);
    let mut places: Vec<&'static str> = ills.iter().map(|ill| ill.illness.place).collect();
    places.sort_unstable();
    places.dedup();
    for role in places {
        let treated: Vec<&Ill> = ills.iter().filter(|ill| ill.illness.place == role).collect();
        regular_visits(life, role, &treated);
    }
    for ill in &ills {
        super::events::turning_points(life, ill.illness, ill.since);
    }
}

/// One throw an illness: the age at which that many of a thousand have had it.
fn illnesses(life: &mut Life<'_>) -> Vec<Ill> {
    let mut ills = Vec::new();
    for illness in ILLNESSES.iter() {
        let rank = life.dice.unit() * 1000.0;
        let length = life.dice.wait(illness.years.max(0.01) * 365.0);
        let suits = illness.sex == 0 || illness.sex == life.person.sex;
        if !suits || illness.by(life.age(life.until)) <= rank {
            continue;
        }
        let Some(since) = onset(life, illness, rank) else { continue };
        let until = (illness.years > 0.0).then(|| since.plus(length));
        if until.is_none_or(|end| end > life.from) {
            ills.push(Ill { illness, since, until: until.filter(|end| *end < life.until) });
        }
    }
    ills
}

/// The first month of life in which so many have had it.
fn onset(life: &Life<'_>, illness: &Illness, rank: f64) -> Option<Day> {
    let months = (life.age(life.until) * 12.0) as i32;
    let (mut low, mut high) = (0, months.max(1));
    while low < high {
        let middle = (low + high) / 2;
        if illness.by(f64::from(middle) / 12.0) > rank { high = middle } else { low = middle + 1 }
    }
    let since = life.person.birth.plus(low * 30 + life.person.number.rem_euclid(29) as i32);
    (since < life.until).then_some(since)
}

/// Visits to whoever treats these illnesses, as often as the most demanding of them asks.
fn regular_visits(life: &mut Life<'_>, role: &'static str, ills: &[&Ill]) {
    let mut day = ills.iter().map(|ill| ill.since).min().unwrap_or(life.from).max(life.from);
    day = day.plus(life.dice.between(0, 40));
    let (mut count, mut before) = (0, None);
    while day < life.until {
        let active: Vec<&Ill> = ills
            .iter()
            .copied()
            .filter(|ill| ill.since <= day && ill.until.is_none_or(|end| day < end))
            .collect();
        let Some(next) = active.iter().map(|ill| ill.illness.interval).min() else {
            // A pause until the next of them begins.
            match ills.iter().map(|ill| ill.since).filter(|since| *since > day).min() {
                Some(since) => day = since,
                None => return,
            }
            continue;
        };
        let here = life.place(role, day);
        let new = before != Some(here);
        if let Some(old) = before.filter(|_| new) {
            moved(life, old, here, day.plus(-3), &active);
        }
        let mut facts = findings(life, &active, day, count, new);
        if role == "hospital" && new {
            facts.extend(screening(life, day));
        }
        let prescribed = facts.clone();
        life.visit(here, day, VisitKind::Outpatient, facts);
        life.dispense(day, &prescribed);
        ended(life, here, ills, day, day.plus(next));
        (before, count) = (Some(here), count + 1);
        day = day.plus(next + life.dice.between(-12, 14));
    }
}

/// What a regular visit finds and prescribes.
fn findings(life: &mut Life<'_>, ills: &[&Ill], day: Day, count: i32, first: bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    for ill in ills {
        if first || ill.since.plus(ill.illness.interval) > day {
            facts.push(Fact::Diagnosis { disease: ill.illness.disease, since: ill.since, until: None });
        }
    }
    let mut tests: Vec<&'static Test> = Vec::new();
    for ill in ills.iter().filter(|_| count % 2 == 0) {
        for (test, trend) in &ill.illness.tests {
            if tests.iter().any(|seen| seen.key == test.key) {
                continue;
            }
            tests.push(test);
            let trend = trend.map(|trend| (trend, ill.since));
            let value = values::value(life.maker.plan.seed, life.person, test, trend, day);
            facts.push(Fact::Laboratory { test, value });
        }
    }
    let hypertensive = ills.iter().any(|ill| ill.illness.key == "hypertension");
    if hypertensive && count % 2 == 1 {
        facts.push(pressure(life, 136.0));
    }
    for ill in ills {
        let years = (day.0 - ill.since.0) / 365;
        let days = ill.illness.interval.clamp(14, 90) as u16;
        // Of several stages the last two are taken together.
        let stages: Vec<_> = ill.illness.drugs.iter().filter(|(_, from)| *from <= years).collect();
        facts.extend(stages.iter().rev().take(2).map(|(drug, _)| Fact::Prescription { drug, days }));
    }
    facts
}

/// Blood pressure around a value.
pub fn pressure(life: &mut Life<'_>, around: f64) -> Fact {
    let high = around + values::bell(&mut life.dice) * 9.0;
    let low = high * 0.6 + values::bell(&mut life.dice) * 5.0;
    Fact::Pressure { high: high.round(), low: low.round() }
}

/// Infections that a hospital looks for before it treats.
pub fn screening(life: &mut Life<'_>, day: Day) -> Vec<Fact> {
    let has = |key: &str, life: &Life<'_>| {
        life.visits.iter().flat_map(|v| &v.facts).any(|fact| {
            matches!(fact, Fact::Diagnosis { disease, since, .. } if disease.key == key && *since <= day)
        })
    };
    [("HBsAg", "hepatitis-b"), ("HCVAb", "hepatitis-c"), ("TPHA", "syphilis")]
        .iter()
        .filter_map(|(test, disease)| {
            let test = find_test(test)?;
            Some(Fact::Laboratory { test, value: f64::from(u8::from(has(disease, life))) })
        })
        .collect()
}

/// Closes the diagnoses that end before the next visit.
fn ended(life: &mut Life<'_>, here: usize, ills: &[&Ill], day: Day, next: Day) {
    let over = ills.iter().filter_map(|ill| Some((ill, ill.until.filter(|end| day < *end && *end <= next)?)));
    for (ill, end) in over {
        let fact = Fact::Diagnosis { disease: ill.illness.disease, since: ill.since, until: Some(end) };
        life.visit(here, end, VisitKind::Outpatient, vec![fact]);
    }
}

/// Someone goes elsewhere from now on: the old place writes to the new one.
fn moved(life: &mut Life<'_>, old: usize, new: usize, day: Day, ills: &[&Ill]) {
    let facts: Vec<Fact> = ills
        .iter()
        .map(|ill| Fact::Diagnosis { disease: ill.illness.disease, since: ill.since, until: None })
        .chain(ills.iter().filter_map(|ill| {
            let (drug, _) = ill.illness.drugs.first()?;
            Some(Fact::Prescription { drug, days: 28 })
        }))
        .collect();
    life.letter(old, day, VisitKind::Outpatient, facts, Letter::Referral { to: new });
}

/// Allergies by themselves, and drugs that an illness forbids.
fn allergies(life: &mut Life<'_>, ills: &[Ill]) {
    let rates = |allergen: &Allergen| match allergen.key {
        "egg" | "milk" => 0.02,
        "peanut" => 0.006,
        "mackerel" | "kiwi" => 0.008,
        "penicillin" => 0.011,
        "nsaid" | "contrast" => 0.006,
        "cedar" => 0.05,
        "latex" => 0.003,
        _ => 0.0,
    };
    let has = |key: &str| ills.iter().any(|ill| ill.illness.key == key);
    let forbidden = |allergen: &Allergen| match allergen.key {
        "no-nsaid" | "no-metformin" => has("ckd"),
        "no-beta" => has("asthma") && (has("af") || has("heart-failure")),
        _ => false,
    };
    let mut found = Vec::new();
    for allergen in ALLERGENS.iter() {
        let thrown = life.dice.chance(rates(allergen));
        let since = life.person.birth.plus(life.dice.between(400, 14_000)).min(life.until.plus(-40));
        if (thrown || forbidden(allergen)) && since > life.person.birth {
            found.push((allergen, since));
        }
    }
    for (allergen, since) in found {
        let day = since.max(life.from).plus(life.dice.between(2, 30));
        let role = if life.age(day) < 15.0 { "children" } else { "clinic" };
        let here = life.place(role, day);
        let mut facts = vec![Fact::Allergy { allergen, since }];
        let key = if allergen.category == "food" { "food-allergy" } else { "drug-allergy" };
        if let Some(disease) = find_disease(key).filter(|_| allergen.category != "environment") {
            facts.push(Fact::Diagnosis { disease, since, until: None });
        }
        life.visit(here, day, VisitKind::Outpatient, facts);
    }
}
