//! Ten years of illness and care: who falls ill, who is seen where, what is found, prescribed and written.
//!
//! Everything of a person follows from the seed and the person's number. [`charts`] fills
//! [`Family::visits`](crate::model::Family::visits) and adds the records that the visits need to `patients`;
//! `fhir` and `ssmix2` turn visits into what institutions take in.

mod care;
pub mod catalogue;
pub mod chart;
mod course;
mod events;
mod places;
mod pregnancy;
mod stories;
mod values;

pub use stories::{ALIAS, ExchangeStory, exchange_stories};

use crate::counter;
use crate::day::Day;
use crate::dice::Dice;
use crate::maker::{Maker, purpose};
use crate::model::{Family, Person};
use crate::stories::HOUSEHOLDS;
use chart::{Fact, Letter, Visit, VisitKind};

/// Gives a household its illnesses and visits, when it is one of those that have them in this plan.
pub fn charts(maker: &Maker, family: &mut Family) {
    if !has_charts(maker, family.index) {
        return;
    }
    let mut visits = Vec::new();
    for slot in 0..family.persons.len() {
        let Some(person) = family.persons.get(slot).cloned() else { continue };
        let mut life = Life::of(maker, family, &person);
        if !stories::play(&mut life) {
            course::lasting(&mut life);
            events::passing(&mut life);
        }
        pregnancy::births(&mut life);
        visits.append(&mut life.visits);
    }
    visits.sort_by_key(|visit| (visit.slot, visit.day));
    family.visits = visits;
}

/// True when the household's clinical records are in the files: always of the constructed ones, else by the plan's share.
fn has_charts(maker: &Maker, index: u64) -> bool {
    let share = u64::from(maker.plan.clinical);
    share > 0 && (index < HOUSEHOLDS || maker.dice(purpose::CLINICAL, index).below(1000) < share)
}

/// One person's ten years being lived.
struct Life<'a> {
    maker: &'a Maker,
    family: &'a mut Family,
    person: &'a Person,
    dice: Dice,
    /// First day of which anything is told.
    from: Day,
    /// The day after the last.
    until: Day,
    visits: Vec<Visit>,
}

impl<'a> Life<'a> {
    fn of(maker: &'a Maker, family: &'a mut Family, person: &'a Person) -> Self {
        let from = person.arrived.unwrap_or(person.birth).max(person.birth).max(maker.history);
        let until = person.death.into_iter().chain(person.left).min().unwrap_or(maker.plan.today);
        let dice = Dice::of(maker.plan.seed, purpose::ILLNESS, person.number);
        Self { maker, family, person, dice, from, until, visits: Vec::new() }
    }

    /// Age in years on a day, with fractions.
    fn age(&self, day: Day) -> f64 {
        f64::from(day.0 - self.person.birth.0) / 365.25
    }

    /// Where the person goes for that role.
    fn place(&self, role: &str, day: Day) -> usize {
        places::place(self.family, self.person, role, day)
    }

    /// The record at an institution, made when there is none.
    fn record(&mut self, institution: usize, facet: u8, day: Day) -> usize {
        let slot = self.person.slot;
        let known =
            |p: &crate::model::Patient| p.slot == slot && p.institution == institution && p.facet == facet;
        if let Some(place) = self.family.patients.iter().position(known) {
            if let Some(patient) = self.family.patients.get_mut(place) {
                patient.last_visit = patient.last_visit.max(day);
            }
            return place;
        }
        let mut patient = counter::patient(self.maker, &mut self.dice, self.person, institution, day);
        patient.facet = facet;
        if facet > 0 {
            patient.local_number = self.maker.local_number(institution, APART + self.person.number);
        }
        self.family.patients.push(patient);
        self.family.patients.len() - 1
    }

    /// A visit; nothing happens before the first day or after the last.
    fn visit(
        &mut self,
        institution: usize,
        day: Day,
        kind: VisitKind,
        facts: Vec<Fact>,
    ) -> Option<&mut Visit> {
        let last = if let VisitKind::Inpatient { until } = kind { until } else { day };
        if day < self.from || last >= self.until || facts.is_empty() {
            return None;
        }
        let patient = self.record(institution, 0, day);
        let department = facts.iter().find_map(department_of).unwrap_or("01");
        let slot = self.person.slot;
        self.visits.push(Visit { slot, patient, day, kind, department, reason: "", facts, letter: None });
        self.visits.last_mut()
    }

    /// Some visits write a letter.
    fn letter(&mut self, institution: usize, day: Day, kind: VisitKind, facts: Vec<Fact>, letter: Letter) {
        if let Some(visit) = self.visit(institution, day, kind, facts) {
            visit.letter = Some(letter);
        }
    }

    /// The pharmacy hands out what was prescribed: at one in three the town's own.
    fn dispense(&mut self, day: Day, prescribed: &[Fact]) {
        if !self.dice.chance(0.34) {
            return;
        }
        let facts: Vec<Fact> = prescribed
            .iter()
            .filter_map(|fact| match fact {
                Fact::Prescription { drug, days } => Some(Fact::Dispense { drug, days: *days }),
                _ => None,
            })
            .collect();
        let pharmacy = self.place("pharmacy", day);
        self.visit(pharmacy, day, VisitKind::Dispensing, facts);
    }
}

fn department_of(fact: &Fact) -> Option<&'static str> {
    match fact {
        Fact::Diagnosis { disease, .. } => Some(disease.department),
        _ => None,
    }
}

/// Numbers of records kept apart are drawn from beyond those of the people.
const APART: u64 = 99_000_000;
