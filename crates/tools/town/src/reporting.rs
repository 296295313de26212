//! What the insurers learn of the memberships, when, and what they get wrong.

use crate::day::Day;
use crate::dice::Dice;
use crate::formats::ErrorKind;
use crate::maker::{Maker, purpose};
use crate::model::{Family, InjectedError, Membership, Person, Typo};
use crate::organisations::{INSURERS, InsurerKind};

/// Days within which a report is lawful (届出期間).
pub const LAWFUL_DAYS: i32 = 14;

/// Fills in the report days, changes and typos of every membership, with the delays and errors of real life.
pub fn report(maker: &Maker, family: &mut Family) {
    let mut dice = maker.dice(purpose::REPORTING, family.index);
    each_membership(maker, family, |maker, family, membership| {
        let today = maker.plan.today;
        let system = system_made(family, membership);
        let delay = if system { Some(0) } else { delay(&mut dice) };
        membership.from_reported = reported(maker, membership.from, delay);
        membership.until_reported = membership.until.and_then(|until| {
            let delay = if system { Some(dice.between(0, 3)) } else { delay_of_loss(&mut dice) };
            let day = reported(maker, until, delay)?.max(membership.from_reported?);
            (day <= today).then_some(day)
        });
        membership.typo = typo(&mut dice, family, membership, today);
        let person = family.person(membership.slot);
        membership.changes =
            person.map_or_else(Vec::new, |p| changes(family, p, membership, today, || dice.between(0, 20)));
    });
    never_insured(maker, family);
}

/// The same without delays beyond five days and without errors: for the constructed households.
pub fn report_promptly(maker: &Maker, family: &mut Family) {
    let mut dice = maker.dice(purpose::REPORTING, family.index);
    each_membership(maker, family, |maker, family, membership| {
        membership.from_reported = reported(maker, membership.from, Some(dice.between(0, 4)));
        membership.until_reported = membership
            .until
            .and_then(|until| reported(maker, until, Some(dice.between(0, 4))).max(membership.from_reported));
        let person = family.person(membership.slot);
        membership.changes = person.map_or_else(Vec::new, |p| {
            changes(family, p, membership, maker.plan.today, || dice.between(0, 4))
        });
    });
    never_insured(maker, family);
}

/// The day of the first load on which a person ceases to be a preschool child: 1 April after the sixth birthday.
pub fn school_from(birth: Day) -> Day {
    birth.plus_years(6).next_april()
}

/// The first day of 高齢受給者証: the month after the 70th birthday, or that day when it is the first of a month.
pub fn elderly_from(birth: Day) -> Day {
    let birthday = birth.plus_years(70);
    if birthday.ymd().2 == 1 { birthday } else { birthday.first_of_next_month() }
}

fn each_membership(
    maker: &Maker,
    family: &mut Family,
    mut fill: impl FnMut(&Maker, &Family, &mut Membership),
) {
    let mut memberships = std::mem::take(&mut family.memberships);
    for membership in &mut memberships {
        fill(maker, family, membership);
    }
    family.memberships = memberships;
}

/// Birthdays make late elderly, not reports.
fn system_made(family: &Family, membership: &Membership) -> bool {
    let kind = INSURERS.get(membership.insurer).map(|i| i.kind);
    let birthday = family.person(membership.slot).map(Person::late_elderly_from);
    kind == Some(InsurerKind::Koki) && birthday == Some(membership.from)
}

/// Days to the report: 80 of 100 within 5, 96 within the lawful 14, few after months; `None` never.
fn delay(dice: &mut Dice) -> Option<i32> {
    match dice.unit() {
        u if u < 0.80 => Some(dice.between(0, 5)),
        u if u < 0.955 => Some(dice.between(6, LAWFUL_DAYS)),
        u if u < 0.985 => Some(dice.between(LAWFUL_DAYS + 1, 45)),
        u if u < 0.997 => Some(dice.between(46, 200)),
        _ => None,
    }
}

/// A loss is reported somewhat worse: the person who should report it has left.
fn delay_of_loss(dice: &mut Dice) -> Option<i32> {
    if dice.chance(0.03) { Some(dice.between(LAWFUL_DAYS + 1, 150)) } else { delay(dice) }
}

/// The day of a report, unless it is still to come. What happened before the history was known when it began.
fn reported(maker: &Maker, happened: Day, delay: Option<i32>) -> Option<Day> {
    if happened < maker.history {
        return Some(happened.plus(delay.unwrap_or(0)).min(maker.history));
    }
    delay.map(|days| happened.plus(days)).filter(|day| *day <= maker.plan.today)
}

fn typo(dice: &mut Dice, family: &Family, membership: &Membership, today: Day) -> Option<Typo> {
    let recorded = membership.from_reported?;
    let name = family.person(membership.slot)?.family_on(membership.from);
    let variant = name.plain != name.written;
    let kind = match dice.unit() {
        u if u < 0.004 => ErrorKind::KanaTypo,
        u if u < 0.006 => ErrorKind::BirthTypo,
        u if variant && u < 0.12 => ErrorKind::NameVariant,
        _ => return None,
    };
    let corrected = dice.chance(0.7).then(|| recorded.plus(dice.between(1, 300)));
    let end = membership.until_reported.unwrap_or(today);
    Some(Typo { kind, corrected: corrected.filter(|day| *day <= end) })
}

/// Name, address, ratio and certificate changes while the membership ran and was known, by the day of their report.
fn changes(
    family: &Family,
    person: &Person,
    membership: &Membership,
    today: Day,
    mut late: impl FnMut() -> i32,
) -> Vec<(Day, Day)> {
    let Some(known) = membership.from_reported else { return Vec::new() };
    let mut changes = Vec::new();
    let homes = family.homes.iter().map(|h| h.from);
    let marriage =
        person.maiden.iter().map(|(_, day)| *day).chain(person.single_home.iter().map(|(_, day)| *day));
    changes.extend(homes.chain(marriage).map(|day| (day, day.plus(late()))));
    // These the insurer makes itself.
    let own = [school_from(person.birth), elderly_from(person.birth)];
    changes.extend(own.into_iter().chain(person.limit.map(|l| l.from)).map(|day| (day, day)));
    let end = membership.until.unwrap_or(today.plus(1));
    let last_report = membership.until_reported.map_or(today, |day| day.plus(-1));
    changes.retain(|(happened, _)| membership.from < *happened && *happened < end);
    for change in &mut changes {
        change.1 = change.1.max(known);
    }
    changes.retain(|(_, reported)| *reported <= last_report);
    changes.sort_unstable_by_key(|&(happened, reported)| (reported, happened));
    changes.dedup_by_key(|c| c.0);
    changes
}

fn never_insured(maker: &Maker, family: &mut Family) {
    let never = family.persons.iter().filter(|p| p.never_insured).map(|p| InjectedError {
        slot: p.slot,
        kind: ErrorKind::NeverInsured,
        from: p.birth.max(maker.history),
        detail: "no insurer was ever told of this person".to_owned(),
    });
    family.errors = never.collect();
}
