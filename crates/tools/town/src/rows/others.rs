//! Rows of the issuer's files, of institutions' registers, and of the truth.

use crate::clinical::ALIAS;
use crate::day::Day;
use crate::dice::Dice;
use crate::formats::{
    CardRow, ErrorKind, PatientRow, RemovalReason, ResidentEventKind, ResidentEventRow, ResidentRow,
    StoryRow, TruthErrorRow, TruthMembershipRow, TruthPersonRow,
};
use crate::knowledge;
use crate::model::{Card, Family, Membership, Patient, Person};
use crate::organisations::{INSTITUTIONS, INSURERS, MUNICIPALITIES};
use crate::reporting::LAWFUL_DAYS;
use crate::stories::Story;

/// The resident register's row of a person; `None` for one who never lived in the town within the history.
pub fn resident_row(family: &Family, person: &Person, history: Day, today: Day) -> Option<ResidentRow> {
    let end = person.death.into_iter().chain(person.left).min();
    let home = family.home_of(person, end.unwrap_or(today).plus(-1).max(person.birth))?;
    Some(ResidentRow {
        resident_code: format!("{:011}", person.resident_code),
        my_number: format!("{:012}", person.my_number),
        name: person.name_on(today),
        kana: person.kana_on(today),
        birth: person.birth,
        sex: person.sex,
        postal_code: home.postal_code.clone(),
        municipality_code: MUNICIPALITIES
            .get(home.municipality)
            .map(|m| m.code.to_owned())
            .unwrap_or_default(),
        address: home.address.clone(),
        household: family.index,
        relation: person.relation.word().to_owned(),
        resident_since: person.arrived.unwrap_or(home_before(family, history)).max(person.birth),
        removed_on: end,
        removal_reason: end.map(|day| match person.death {
            Some(death) if death == day => RemovalReason::Death,
            _ => RemovalReason::MovedOut,
        }),
    })
}

/// Since when the household lived where the history found it.
fn home_before(family: &Family, history: Day) -> Day {
    family.homes.first().map_or(history, |home| home.from)
}

/// What happened to a person in the resident register, by day.
pub fn resident_events(
    family: &Family,
    person: &Person,
    dice: &mut Dice,
    history: Day,
    today: Day,
) -> Vec<ResidentEventRow> {
    use ResidentEventKind as Kind;
    let address = |day: Day| family.home_of(person, day).map(|h| h.address.clone()).unwrap_or_default();
    let here = |day: &Day| person.is_resident(*day) && *day > person.birth && person.arrived != Some(*day);
    let mut events = Vec::new();
    if person.arrived.is_none() {
        events.push((person.birth, Kind::Birth, String::new(), address(person.birth)));
    }
    events.extend(person.arrived.map(|day| (day, Kind::MoveIn, String::new(), address(day))));
    let moves =
        family.homes.iter().skip(1).map(|h| h.from).chain(person.single_home.iter().map(|(_, day)| *day));
    events.extend(
        moves
            .filter(here)
            .map(|day| (day, Kind::MoveWithin, address(day.plus(-1)), address(day)))
            .filter(|(_, _, before, after)| before != after),
    );
    let married = person.married.filter(|day| person.is_resident(*day));
    events.extend(married.map(|day| (day, Kind::Marriage, String::new(), String::new())));
    if let Some((_, day)) = person.maiden.filter(|(_, day)| person.is_resident(*day)) {
        events.push((day, Kind::NameChange, person.name_on(day.plus(-1)), person.name_on(day)));
    }
    let left = person.left.filter(|left| person.death.is_none_or(|death| *left < death));
    events.extend(left.map(|day| (day, Kind::MoveOut, String::new(), String::new())));
    events.extend(
        person.death.filter(|_| left.is_none()).map(|day| (day, Kind::Death, String::new(), String::new())),
    );
    events.retain(|(day, ..)| history <= *day && *day <= today);
    events.sort_by_key(|event| event.0);
    events
        .into_iter()
        .map(|(happened_on, event, before, after)| ResidentEventRow {
            resident_code: format!("{:011}", person.resident_code),
            event,
            happened_on,
            reported_on: happened_on.plus(delay(dice, event)).min(today),
            before,
            after,
        })
        .collect()
}

/// The issuer's row of a card.
pub fn card_row(person: &Person, card: &Card) -> CardRow {
    CardRow {
        resident_code: format!("{:011}", person.resident_code),
        card_serial: card.serial.clone(),
        applied_on: card.applied,
        issued_on: card.issued,
        card_until: card.card_until,
        certificate_until: card.certificate_until,
        renewed_on: card.renewed,
        state: card.state,
        revoked_on: card.revoked.map(|(day, _)| day),
        revocation_reason: card.revoked.map(|(_, why)| why.to_owned()).unwrap_or_default(),
        medical_id: card.medical_id,
        medical_id_on: card.medical_id_on,
        generation: card.generation,
    }
}

/// The institution's row of a patient, as its clerk keyed it at the last visit.
pub fn patient_row(family: &Family, patient: &Patient) -> Option<PatientRow> {
    let person = family.person(patient.slot)?;
    let day = patient.last_visit;
    if patient.facet > 0 {
        return Some(apart_row(person, patient));
    }
    let name = person.family_on(day);
    let surname = if patient.plain_name { name.plain } else { name.written };
    let membership = knowledge::claims(family, patient.slot, day, day).next();
    let insurer = membership.and_then(|m| INSURERS.get(m.insurer));
    let symbol = membership.map(|m| m.symbol.as_str()).unwrap_or_default();
    let branches = Day::new(2021, 10, 1);
    Some(PatientRow {
        local_number: patient.local_number.clone(),
        name: [surname, "\u{3000}", person.given.written].concat(),
        kana: kotoba::to_half_kana(&person.kana_on(day)).replace('\u{3000}', " "),
        birth: if patient.birth_typo { person.birth.plus(-1) } else { person.birth },
        sex: person.sex,
        phone: if person.number % 7 == 0 {
            String::new()
        } else {
            format!("0900000{:04}", person.number % 10_000)
        },
        insurer_number: insurer.map(|i| format!("{:>8}", i.number)).unwrap_or_default(),
        symbol: if patient.full_width { kotoba::to_full_width(symbol) } else { symbol.to_owned() },
        number: membership.map(|m| m.number.clone()).unwrap_or_default(),
        branch: membership.filter(|_| day >= branches).map(|m| m.branch.clone()).unwrap_or_default(),
        last_visit_on: day,
    })
}

/// A record kept apart: under an alias, paid in cash, with no more than the year of birth.
fn apart_row(person: &Person, patient: &Patient) -> PatientRow {
    let [family, given] = ALIAS;
    PatientRow {
        local_number: patient.local_number.clone(),
        name: [family.0, "\u{3000}", given.0].concat(),
        kana: kotoba::to_half_kana(&[family.1, " ", given.1].concat()),
        birth: Day::new(person.birth.year(), 1, 1),
        sex: person.sex,
        phone: String::new(),
        insurer_number: String::new(),
        symbol: String::new(),
        number: String::new(),
        branch: String::new(),
        last_visit_on: patient.last_visit,
    }
}

/// The truth about a person.
pub fn truth_person(family: &Family, person: &Person) -> TruthPersonRow {
    TruthPersonRow {
        person: person.number,
        resident_code: format!("{:011}", person.resident_code),
        my_number: format!("{:012}", person.my_number),
        household: family.index,
        birth: person.birth,
        death: person.death,
        arrived: person.arrived,
        left: person.left,
        welfare_since: family.welfare_since,
    }
}

/// The truth about a membership.
pub fn truth_membership(family: &Family, membership: &Membership) -> Option<TruthMembershipRow> {
    Some(TruthMembershipRow {
        person: family.person(membership.slot)?.number,
        insurer_number: INSURERS.get(membership.insurer)?.number.to_owned(),
        symbol: membership.symbol.clone(),
        number: membership.number.clone(),
        branch: membership.branch.clone(),
        relation: membership.relation,
        acquired_on: membership.from,
        lost_on: membership.until,
        acquisition_reported_on: membership.from_reported,
        loss_reported_on: membership.until_reported,
    })
}

/// Every way in which the files differ from the truth.
pub fn truth_errors(family: &Family) -> Vec<TruthErrorRow> {
    let mut errors = Vec::new();
    let mut note = |slot: u8, error, organisation: &str, from, until, detail: String| {
        let person = family.person(slot).map_or(0, |p| p.number);
        errors.push(TruthErrorRow {
            person,
            error,
            organisation: organisation.to_owned(),
            from,
            until,
            detail,
        });
    };
    for error in &family.errors {
        note(error.slot, error.kind, "", error.from, None, error.detail.clone());
    }
    for (place, m) in family.memberships.iter().enumerate() {
        let insurer = INSURERS.get(m.insurer).map_or("", |i| i.number);
        let next = family.memberships.get(place + 1).filter(|next| next.slot == m.slot);
        match m.from_reported {
            None => note(m.slot, ErrorKind::UnreportedAcquisition, insurer, m.from, m.until, String::new()),
            Some(day) if day.0 - m.from.0 > LAWFUL_DAYS => {
                note(m.slot, ErrorKind::LateAcquisition, insurer, m.from, Some(day), String::new());
            }
            Some(_) => {}
        }
        if m.from_reported.is_none() && m.until.is_none() {
            note(m.slot, ErrorKind::Gap, insurer, m.from, None, String::new());
        }
        if let Some(until) = m.until.filter(|_| m.from_reported.is_some()) {
            match m.until_reported {
                None => note(m.slot, ErrorKind::UnreportedLoss, insurer, until, None, String::new()),
                Some(day) if day.0 - until.0 > LAWFUL_DAYS => {
                    note(m.slot, ErrorKind::LateLoss, insurer, until, Some(day), String::new());
                }
                Some(_) => {}
            }
            let claimed = next.filter(|next| next.from == until).and_then(|next| next.from_reported);
            // Within the lawful days both are always named for a while.
            let both = |day: &Day| m.until_reported.is_none_or(|end| end.0 - day.0 > LAWFUL_DAYS);
            if let Some(claimed) = claimed.filter(both) {
                note(m.slot, ErrorKind::Overlap, insurer, claimed, m.until_reported, String::new());
            }
        }
        if let Some((typo, recorded)) = m.typo.zip(m.from_reported) {
            let right = family.person(m.slot).map(|p| right_value(p, typo.kind, m.from)).unwrap_or_default();
            note(m.slot, typo.kind, insurer, recorded, typo.corrected, right);
        }
    }
    for patient in family.patients.iter().filter(|p| p.birth_typo) {
        let code = INSTITUTIONS.get(patient.institution).map_or("", |i| i.code);
        let right = family.person(patient.slot).map(|p| p.birth.to_string()).unwrap_or_default();
        note(patient.slot, ErrorKind::BirthTypo, code, patient.last_visit, None, right);
    }
    errors
}

/// The front page's row of a scenario person.
pub fn story_row(family: &Family, story: &Story, today: Day) -> Option<StoryRow> {
    let person = family.person(story.slot)?;
    let insurers = knowledge::insurers(family, story.slot, today, today);
    let numbers: Vec<&str> = insurers.iter().filter_map(|&i| INSURERS.get(i)).map(|i| i.number).collect();
    Some(StoryRow {
        story: story.story.to_owned(),
        resident_code: format!("{:011}", person.resident_code),
        person: person.number,
        name: person.name_on(today),
        kana: person.kana_on(today),
        birth: person.birth,
        sex: person.sex,
        title_ja: story.ja[0].to_owned(),
        title_en: story.en[0].to_owned(),
        text_ja: story.ja[1].to_owned(),
        text_en: story.en[1].to_owned(),
        expect_validity: story.validity,
        expect_insurer: numbers.join("+"),
        expect_card: story.card.to_owned(),
        expect_medical_id: story.medical_id.to_owned(),
        look_back_on: story.look_back.map(|(days, _)| today.plus(-days)),
        look_back_validity: story.look_back.map(|(_, validity)| validity),
    })
}

fn right_value(person: &Person, kind: ErrorKind, day: Day) -> String {
    match kind {
        ErrorKind::KanaTypo => person.kana_on(day),
        ErrorKind::NameVariant => person.name_on(day),
        _ => person.birth.to_string(),
    }
}

/// Days until the register is told: a death within 7, the rest within 14, few later.
fn delay(dice: &mut Dice, event: ResidentEventKind) -> i32 {
    match event {
        ResidentEventKind::Death => dice.between(0, 6),
        ResidentEventKind::Marriage | ResidentEventKind::NameChange => 0,
        _ if dice.chance(0.97) => dice.between(0, 14),
        _ => dice.between(15, 90),
    }
}
