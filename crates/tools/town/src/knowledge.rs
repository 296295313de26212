//! What the insurers' reports said on a day about a day: the town's own reckoning, for stories and tests.

use crate::day::Day;
use crate::model::{Family, Membership};

/// The memberships that, by what was reported until `on`, cover that person on `about`.
pub fn claims(family: &Family, slot: u8, about: Day, on: Day) -> impl Iterator<Item = &Membership> {
    reported(family, slot, on).filter(move |m| {
        let ended = m.until.filter(|_| m.until_reported.is_some_and(|day| day <= on));
        m.from <= about && ended.is_none_or(|until| about < until)
    })
}

/// QualificationValidity of a check by card: 1 valid, 2 invalid, 4 none, 5 several.
pub fn validity(family: &Family, slot: u8, about: Day, on: Day) -> u8 {
    match claims(family, slot, about, on).count() {
        1 => 1,
        0 if reported(family, slot, on).next().is_none() => 4,
        0 => 2,
        _ => 5,
    }
}

/// The insurers an answer names: those that claim the person, else the one known last.
pub fn insurers(family: &Family, slot: u8, about: Day, on: Day) -> Vec<usize> {
    let claiming: Vec<usize> = claims(family, slot, about, on).map(|m| m.insurer).collect();
    if claiming.is_empty() {
        return reported(family, slot, on).max_by_key(|m| m.from).map(|m| m.insurer).into_iter().collect();
    }
    claiming
}

fn reported(family: &Family, slot: u8, on: Day) -> impl Iterator<Item = &Membership> {
    family.memberships.iter().filter(move |m| m.slot == slot && m.from_reported.is_some_and(|day| day <= on))
}
