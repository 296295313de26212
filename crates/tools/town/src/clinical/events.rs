//! What passes: colds, teeth, health checks, fractures; and the turning points of lasting illnesses, with stays in hospital.

use super::Life;
use super::care;
use super::catalogue::{Illness, find_disease, find_drug, find_test};
use super::chart::{Fact, Letter, Measure, VisitKind};
use super::course::{pressure, screening};
use super::values;
use crate::day::Day;

/// Everything that comes and goes.
pub fn passing(life: &mut Life<'_>) {
    let mut year = life.from;
    while year < life.until {
        let age = life.age(year);
        colds(life, year, age);
        teeth(life, year);
        checkup(life, year, age);
        falls(life, year, age);
        year = year.plus_years(1);
    }
}

/// An acute illness with a drug or two.
struct Acute {
    disease: &'static str,
    weight: u32,
    days: i32,
    drugs: &'static [&'static str],
}

const ACUTE: [Acute; 5] = [
    Acute { disease: "cold", weight: 55, days: 7, drugs: &["carbocisteine", "acetaminophen"] },
    Acute { disease: "influenza", weight: 14, days: 6, drugs: &["oseltamivir", "acetaminophen"] },
    Acute { disease: "gastroenteritis", weight: 15, days: 5, drugs: &["acetaminophen"] },
    Acute { disease: "covid", weight: 8, days: 9, drugs: &["acetaminophen"] },
    Acute { disease: "pneumonia", weight: 3, days: 14, drugs: &["amoxicillin", "carbocisteine"] },
];

fn colds(life: &mut Life<'_>, year: Day, age: f64) {
    let rate = if age < 6.0 {
        1.1
    } else if age < 15.0 {
        0.55
    } else {
        0.2
    };
    let role = if age < 15.0 { "children" } else { "clinic" };
    for _ in 0..2 {
        let (comes, day) = (life.dice.chance(rate / 2.0), year.plus(life.dice.between(0, 364)));
        let kind = life.dice.weighted(&ACUTE.each_ref().map(|a| a.weight));
        let Some(acute) = ACUTE.get(kind).filter(|_| comes) else { continue };
        // The virus is known from 2020 on.
        let unknown = acute.disease == "covid" && day < Day::new(2020, 2, 1);
        let Some(disease) = find_disease(if unknown { "cold" } else { acute.disease }) else { continue };
        let mut facts = vec![Fact::Diagnosis { disease, since: day, until: Some(day.plus(acute.days)) }];
        facts.extend(drugs(life, acute.drugs, 5));
        let here = life.place(role, day);
        let prescribed = facts.clone();
        life.visit(here, day, VisitKind::Outpatient, facts);
        life.dispense(day, &prescribed);
    }
}

/// Prescriptions, but of what the person is known not to tolerate.
fn drugs(life: &Life<'_>, keys: &[&str], days: u16) -> Vec<Fact> {
    let forbidden: Vec<&str> = life
        .visits
        .iter()
        .flat_map(|v| &v.facts)
        .filter_map(|fact| match fact {
            Fact::Allergy { allergen, .. } => Some(allergen.forbids),
            _ => None,
        })
        .collect();
    let allowed = keys.iter().filter(|key| !forbidden.contains(key));
    allowed.filter_map(|key| Some(Fact::Prescription { drug: find_drug(key)?, days })).collect()
}

fn teeth(life: &mut Life<'_>, year: Day) {
    let here = life.place("dental", year);
    let (slot, chance, offset) = (life.person.slot, life.dice.chance(0.4), life.dice.between(0, 364));
    let known = life.family.patients.iter().any(|p| p.slot == slot && p.institution == here);
    if !known || !chance || life.age(year) < 3.0 {
        return;
    }
    let key = if life.age(year) < 40.0 { "caries" } else { "periodontitis" };
    let day = year.plus(offset);
    let Some(disease) = find_disease(key) else { return };
    let over = Some(day.plus(life.dice.between(20, 60)));
    life.visit(here, day, VisitKind::Outpatient, vec![Fact::Diagnosis { disease, since: day, until: over }]);
}

/// 特定健診 of those between 40 and 74, as far as the town's institutions make it.
fn checkup(life: &mut Life<'_>, year: Day, age: f64) {
    let day = year.plus(life.dice.between(0, 364));
    if !life.dice.chance(0.14) || !(40.0..75.0).contains(&age) {
        return;
    }
    let here = life.place("clinic", day);
    let facts = checkup_facts(life, day);
    life.letter(here, day, VisitKind::Checkup, facts, Letter::Checkup);
}

/// What a health check measures.
pub fn checkup_facts(life: &mut Life<'_>, day: Day) -> Vec<Fact> {
    let ill = |key: &str, life: &Life<'_>| {
        life.visits.iter().flat_map(|v| &v.facts).any(|fact| {
            matches!(fact, Fact::Diagnosis { disease, since, .. } if disease.key == key && *since <= day)
        })
    };
    let (tall, build) = if life.person.sex == 1 { (169.0, 23.8) } else { (156.0, 22.6) };
    let mut own =
        crate::dice::Dice::of(life.maker.plan.seed, crate::maker::purpose::VALUES, life.person.number);
    let height = values::rounded(tall + values::bell(&mut own) * 5.8, 1);
    let mass = build + values::bell(&mut own) * 3.0 + values::bell(&mut life.dice) * 0.4;
    let weight = values::rounded(mass * (height / 100.0).powi(2), 1);
    let mut facts = vec![
        Fact::Measurement { what: Measure::Height, value: height },
        Fact::Measurement { what: Measure::Weight, value: weight },
        Fact::Measurement { what: Measure::Waist, value: values::rounded(mass * 3.5, 1) },
    ];
    let around = if ill("hypertension", life) { 136.0 } else { 124.0 };
    facts.push(pressure(life, around));
    for key in ["TG", "HDL", "LDL", "AST", "ALT", "GGT", "HbA1c"] {
        let Some(test) = find_test(key) else { continue };
        let mut value = values::value(life.maker.plan.seed, life.person, test, None, day);
        if key == "HbA1c" && ill("diabetes", life) {
            value = values::rounded(value + 1.6, 1);
        }
        facts.push(Fact::Laboratory { test, value });
    }
    facts
}

fn falls(life: &mut Life<'_>, year: Day, age: f64) {
    let rate = if age < 50.0 {
        0.002
    } else if age < 75.0 {
        0.005
    } else {
        0.018
    };
    let (falls, day) = (life.dice.chance(rate), year.plus(life.dice.between(0, 364)));
    if !falls {
        return;
    }
    let here = life.place("hospital", day);
    if age < 75.0 {
        let Some(disease) = find_disease("wrist-fracture") else { return };
        let mut facts = vec![Fact::Diagnosis { disease, since: day, until: Some(day.plus(80)) }];
        facts.extend(drugs(life, &["loxoprofen"], 7));
        life.visit(here, day, VisitKind::Outpatient, facts);
        return;
    }
    let stay = life.dice.between(21, 45);
    admission(life, here, "hip-fracture", day, stay, &["acetaminophen"]);
    if life.dice.chance(0.6) {
        care::begin(life, day.plus(stay + 10));
    }
}

/// What an illness brings when it begins: a letter, a stay in hospital, tests that found it.
pub fn turning_points(life: &mut Life<'_>, illness: &'static Illness, since: Day) {
    if since < life.from {
        return;
    }
    match illness.key {
        "gastric-cancer" | "colon-cancer" | "lung-cancer" | "breast-cancer" | "prostate-cancer" => {
            let (clinic, specialist) = (life.place("clinic", since), life.place("specialist", since));
            let found = vec![Fact::Diagnosis { disease: illness.disease, since, until: None }];
            let sent = Letter::Referral { to: specialist };
            life.letter(clinic, since.plus(2), VisitKind::Outpatient, found, sent);
            let stay = life.dice.between(8, 18);
            admission(life, specialist, illness.disease.key, since.plus(24), stay, &["acetaminophen"]);
        }
        "stroke" => {
            let here = life.place("hospital", since);
            let stay = life.dice.between(14, 40);
            admission(life, here, "stroke", since, stay, &["clopidogrel"]);
            if life.age(since) > 68.0 && life.dice.chance(0.5) {
                care::begin(life, since.plus(stay + 7));
            }
        }
        "angina" | "heart-failure" => {
            let here = life.place("hospital", since);
            let stay = life.dice.between(3, 16);
            admission(life, here, illness.disease.key, since.plus(1), stay, &["aspirin"]);
        }
        "schizophrenia" | "bipolar" | "alcohol" if life.dice.chance(0.5) => {
            let here = life.place("psychiatric", since);
            let stay = life.dice.between(30, 90);
            admission(life, here, illness.disease.key, since.plus(3), stay, &["risperidone"]);
        }
        "hiv" => proof(life, illness, since, &["HIVAb", "HIVRNA"]),
        "syphilis" => proof(life, illness, since, &["TPHA", "STS"]),
        "hepatitis-b" => proof(life, illness, since, &["HBsAg"]),
        "hepatitis-c" => proof(life, illness, since, &["HCVAb"]),
        "dementia" if life.dice.chance(0.5) => care::begin(life, since.plus(200)),
        _ => {}
    }
}

/// The tests by which an infection was found.
fn proof(life: &mut Life<'_>, illness: &'static Illness, since: Day, tests: &[&str]) {
    let mut facts = vec![Fact::Diagnosis { disease: illness.disease, since, until: None }];
    for test in tests.iter().filter_map(|key| find_test(key)) {
        let value = if test.is_qualitative() { 1.0 } else { 48_000.0 };
        facts.push(Fact::Laboratory { test, value });
    }
    let here = life.place(illness.place, since);
    life.visit(here, since.plus(1), VisitKind::Outpatient, facts);
}

/// A stay in hospital with its summary.
pub fn admission(life: &mut Life<'_>, here: usize, disease: &str, day: Day, stay: i32, given: &[&str]) {
    let Some(disease) = find_disease(disease) else { return };
    let mut facts = vec![Fact::Diagnosis { disease, since: day, until: None }];
    for key in ["WBC", "Hb", "CRP", "CRE", "ALB"] {
        let Some(test) = find_test(key) else { continue };
        let mut value = values::value(life.maker.plan.seed, life.person, test, None, day);
        if key == "CRP" {
            value = values::rounded(value + life.dice.unit() * 6.0, 2);
        }
        facts.push(Fact::Laboratory { test, value });
    }
    facts.extend(screening(life, day));
    facts.extend(drugs(life, given, 14));
    life.letter(here, day, VisitKind::Inpatient { until: day.plus(stay) }, facts, Letter::Discharge);
}
