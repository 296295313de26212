//! What people bring elsewhere: the cards they applied for, and the records that institutions hold of them.

use crate::day::Day;
use crate::dice::Dice;
use crate::formats::{CardState, MedicalIdState};
use crate::maker::{Maker, purpose};
use crate::model::{Card, Family, Patient, Person};
use crate::organisations::{INSTITUTIONS, MUNICIPALITIES};

/// Gives cards to 77 of 100 residents and to some of the dead; 40 of 100 holders opted in.
pub fn cards(maker: &Maker, family: &mut Family) {
    let mut dice = maker.dice(purpose::CARDS, family.index);
    let holders = family.persons.iter().filter(|p| p.left.is_none());
    family.cards = holders.filter_map(|person| draw(maker, &mut dice, person)).collect();
}

/// A good card of someone, issued on `issued`, certificate not renewed.
pub fn card(person: &Person, issued: Day) -> Card {
    let years = if person.birth.age_on(issued) < 18 { 5 } else { 10 };
    Card {
        slot: person.slot,
        serial: format!("MSB{:012}", person.number),
        applied: issued.plus(-30).max(person.birth),
        issued,
        card_until: birthday_after(person.birth, issued, years),
        certificate_until: birthday_after(person.birth, issued, 5),
        renewed: None,
        state: CardState::Valid,
        revoked: None,
        medical_id: MedicalIdState::None,
        medical_id_on: None,
        generation: 0,
    }
}

/// Gives local records: by the reach of each institution, less from other municipalities of its prefecture.
pub fn patients(maker: &Maker, family: &mut Family) {
    let mut dice = maker.dice(purpose::PATIENTS, family.index);
    let mut records = Vec::new();
    for person in &family.persons {
        for (index, institution) in INSTITUTIONS.iter().enumerate() {
            let last_day = person.death.or(person.left).unwrap_or(maker.plan.today).plus(-1);
            let Some(home) = family.home_of(person, last_day) else { continue };
            let same = home.municipality == institution.municipality;
            let near = MUNICIPALITIES.get(home.municipality).map(|m| m.koki)
                == MUNICIPALITIES.get(institution.municipality).map(|m| m.koki);
            let reach = if same { institution.reach } else { institution.reach * 0.2 };
            if !near || !dice.chance(reach) {
                continue;
            }
            let last_visit = last_day.plus(-dice.wait(420.0));
            let here = person.arrived.unwrap_or(person.birth).max(person.birth);
            if last_visit >= here.max(maker.history) {
                records.push(patient(maker, &mut dice, person, index, last_visit));
            }
        }
    }
    family.patients = records;
}

/// A record at an institution, with the habits of its clerk.
pub fn patient(
    maker: &Maker,
    dice: &mut Dice,
    person: &Person,
    institution: usize,
    last_visit: Day,
) -> Patient {
    Patient {
        slot: person.slot,
        institution,
        local_number: maker.local_number(institution, person.number),
        last_visit,
        plain_name: dice.chance(0.6),
        birth_typo: dice.chance(0.004),
        full_width: dice.chance(0.35),
        facet: 0,
    }
}

fn draw(maker: &Maker, dice: &mut Dice, person: &Person) -> Option<Card> {
    let today = maker.plan.today;
    let age = person.birth.age_on(today);
    let rate = match age {
        0..=4 => 0.55,
        5..=19 => 0.75,
        20..=79 => 0.81,
        _ => 0.70,
    };
    if !dice.chance(if person.death.is_some() { 0.5 } else { rate }) {
        return None;
    }
    // Most cards are of 2020 to 2023, in the years before the day few, since then the steady rest.
    let (oldest, newest) =
        [(10, 7), (6, 3), (3, 0)].get(dice.weighted(&[12, 68, 20])).copied().unwrap_or((6, 3));
    let issued = today.plus(-dice.between(newest * 365 + 14, oldest * 365 - 30));
    let first = person.arrived.unwrap_or(person.birth).max(person.birth).plus(40);
    let last = person.death.unwrap_or(today).plus(-1);
    let issued = issued.max(first);
    if issued > last {
        return None;
    }
    let mut card = card(person, issued);
    age_card(dice, person, &mut card, today);
    opt_in(dice, &mut card, last);
    Some(card)
}

/// Lets the years since its issue pass over a card.
fn age_card(dice: &mut Dice, person: &Person, card: &mut Card, today: Day) {
    let due = card.certificate_until;
    let alive_when_due = person.death.is_none_or(|death| death > due);
    if due < today && card.card_until >= today && alive_when_due && dice.chance(0.86) {
        let renewed = due.plus(-dice.between(1, 80)).max(card.issued.plus(1));
        card.renewed = Some(renewed);
        card.certificate_until = birthday_after(person.birth, due, 5).min(card.card_until);
    }
    if let Some(death) = person.death {
        let learned = death.plus(dice.between(1, 12));
        if learned <= today {
            card.revoked = Some((learned, "death"));
        }
    } else if dice.chance(0.012) {
        let lost = card.issued.plus(dice.between(1, (today.0 - card.issued.0).max(1)));
        card.revoked = Some((lost.min(today), "lost"));
    }
    card.state = if card.revoked.is_some() {
        CardState::Revoked
    } else if card.card_until < today {
        CardState::CardExpired
    } else if card.certificate_until < today {
        CardState::CertificateExpired
    } else {
        CardState::Valid
    };
}

fn opt_in(dice: &mut Dice, card: &mut Card, last: Day) {
    if !dice.chance(0.42) {
        return;
    }
    card.medical_id = if dice.chance(0.04) { MedicalIdState::Revoked } else { MedicalIdState::Active };
    card.medical_id_on = Some(card.issued.plus(dice.between(0, (last.0 - card.issued.0).max(0))));
    card.generation = u16::from(dice.chance(0.01));
}

/// The `count`th birthday after a day.
fn birthday_after(birth: Day, day: Day, count: i32) -> Day {
    birth.plus_years(birth.age_on(day) + count)
}
