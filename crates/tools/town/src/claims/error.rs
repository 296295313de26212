//! Errors of real life in claims, at the rates that the report of 2014 gives.
//!
//! In fiscal 2010 the 支払基金 counted 4.14 million claims wrong about eligibility, 1.72 million of them after the loss of the
//! membership and 93,000 with an old certificate; the rest are mistakes of checking and typing. Of about 880 million claims
//! (general knowledge, not in the report) these are 0.47, 0.20 and 0.011 of a hundred. A wrong card needs a person who has
//! changed insurers lately, so its throw is made only there, and larger.

use crate::day::Day;
use crate::dice::Dice;
use crate::formats::{ClaimError, TruthClaimRow};
use crate::knowledge;
use crate::maker::purpose;
use crate::model::{Family, Membership};
use crate::organisations::INSURERS;
use crate::plan::TownPlan;

use super::bill::{Addressee, Bill, membership_on};

/// Of a hundred claims of those who changed insurers lately, how many go to the old one.
const AFTER_LOSS: f64 = 0.06;
/// The same of those whom nobody insures any more.
const UNINSURED: f64 = 0.06;
/// Of a hundred claims of those whose number changed lately, how many have the old one.
const OLD_CARD: f64 = 0.02;
/// Mistyped claims of all.
const MISTYPED: f64 = 0.0026;
/// How long an old card is still shown, in days.
const LATELY: i32 = 92;

/// The claims as they are sent, each with its truth where it is wrong or not known rightly.
pub fn with_errors(
    plan: &TownPlan,
    family: &Family,
    mut right: Vec<Bill>,
) -> Vec<(Bill, Option<TruthClaimRow>)> {
    let mut all = Vec::with_capacity(right.len());
    right.reverse();
    while let Some(bill) = right.pop() {
        let number = family.person(bill.slot).map_or(0, |person| person.number);
        let (year, month, _) = bill.month.ymd();
        let which =
            (number * 200 + bill.institution as u64) * 4096 + (year as u64 % 100) * 12 + u64::from(month);
        let mut dice = Dice::of(plan.seed, purpose::CLAIMS, which);
        if let Some((bill, error)) = sent(&mut dice, family, bill, &mut right) {
            let truth = truth(plan, family, &bill, error);
            all.push((bill, truth));
        }
    }
    all
}

/// A claim as it is sent; `None` when none is made, because nobody insures the person.
fn sent(
    dice: &mut Dice,
    family: &Family,
    mut bill: Bill,
    others: &mut Vec<Bill>,
) -> Option<(Bill, Option<ClaimError>)> {
    if !bill.covered {
        return dice.chance(UNINSURED).then_some((bill, Some(ClaimError::AfterLoss)));
    }
    let current = bill.days.first().and_then(|day| membership_on(family, bill.slot, *day))?.clone();
    // The later claim of a month is thrown for first: the old card covers both.
    let next = others.iter().position(|other| other.covered && together(&bill, other));
    let other_insurer =
        next.and_then(|at| others.get(at)).is_some_and(|other| other.to.insurer != bill.to.insurer);
    if let (Some(at), true) = (next, other_insurer)
        && dice.chance(AFTER_LOSS)
    {
        bill.absorb(others.remove(at));
        return Some((bill, Some(ClaimError::AfterLoss)));
    }
    if let Some(old) = before(family, &current, *bill.days.first()?) {
        let same = old.insurer == current.insurer;
        let alone = !others.iter().any(|other| together(&bill, other));
        if alone && dice.chance(if same { OLD_CARD } else { AFTER_LOSS }) {
            bill.to = Addressee::of(old, family.person(bill.slot)?, bill.month)?;
            let error = if same { ClaimError::OldCard } else { ClaimError::AfterLoss };
            return Some((bill, Some(error)));
        }
    }
    if !dice.chance(MISTYPED) {
        return Some((bill, None));
    }
    let error = match dice.below(20) {
        0..12 => ClaimError::WrongNumber,
        12..17 => ClaimError::WrongInsurer,
        _ => ClaimError::WrongBirth,
    };
    match error {
        ClaimError::WrongNumber => bill.to.number = mistyped(dice, &bill.to.number),
        ClaimError::WrongInsurer => bill.to.insurer = mistyped(dice, &bill.to.insurer),
        _ => bill.patient.birth = bill.patient.birth.plus(-dice.between(1, 9)),
    }
    Some((bill, Some(error)))
}

/// Claims of the same person, institution and month, in or out of hospital.
fn together(bill: &Bill, other: &Bill) -> bool {
    let whose = |b: &Bill| (b.slot, b.institution, b.month, b.inpatient);
    whose(bill) == whose(other)
}

/// The membership that ended lately, when another number or insurer took its place.
fn before<'a>(family: &'a Family, current: &Membership, day: Day) -> Option<&'a Membership> {
    let mine = family.memberships.iter().filter(|m| m.slot == current.slot && m.from < current.from);
    let ended = mine.filter(|m| m.until.is_some_and(|until| until <= day && day <= until.plus(LATELY)));
    let last = ended.max_by_key(|m| m.until)?;
    (last.insurer != current.insurer || last.number != current.number).then_some(last)
}

/// One digit, but not the first, as another.
fn mistyped(dice: &mut Dice, number: &str) -> String {
    let digits: Vec<usize> =
        number.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
    let later = digits.get(1..).filter(|later| !later.is_empty()).unwrap_or(&digits);
    let Some(&at) = dice.pick(later) else { return format!("{number}1") };
    let by = dice.between(1, 9) as u8;
    let change = |(place, c): (usize, char)| {
        let digit = c.to_digit(10).filter(|_| place == at).and_then(|d| u8::try_from(d).ok());
        digit.map_or(c, |digit| char::from(b'0' + (digit + by) % 10))
    };
    number.char_indices().map(change).collect()
}

/// The truth about a claim; `None` for one that is right and known to be.
fn truth(plan: &TownPlan, family: &Family, bill: &Bill, error: Option<ClaimError>) -> Option<TruthClaimRow> {
    let truly: Vec<Option<&Membership>> =
        bill.days.iter().map(|day| membership_on(family, bill.slot, *day)).collect();
    let known = bill.days.iter().zip(&truly).all(|(day, truly)| {
        let known: Vec<&Membership> = knowledge::claims(family, bill.slot, *day, plan.today).collect();
        match (known.as_slice(), truly) {
            ([], None) => true,
            ([one], Some(truly)) => one.insurer == truly.insurer && one.from == truly.from,
            _ => false,
        }
    });
    let ever = family
        .memberships
        .iter()
        .any(|m| m.slot == bill.slot && m.from_reported.is_some_and(|d| d <= plan.today));
    let decidable = known && ever;
    if error.is_none() && decidable {
        return None;
    }
    let mut insurers: Vec<Option<usize>> = truly.iter().map(|m| m.map(|m| m.insurer)).collect();
    insurers.dedup();
    let expected = match (error, insurers.as_slice()) {
        (None, _) => "right",
        (Some(ClaimError::AfterLoss), [None]) => "not-insured",
        (Some(ClaimError::AfterLoss), [Some(_)]) | (Some(ClaimError::WrongInsurer), [_]) => "other-insurer",
        (Some(ClaimError::AfterLoss), [Some(_), Some(_)]) => "split",
        (Some(ClaimError::AfterLoss | ClaimError::WrongInsurer), _) => "undecidable",
        (Some(ClaimError::OldCard | ClaimError::WrongNumber | ClaimError::WrongBirth), _) => "changed-data",
    };
    let names = insurers.iter().flatten().filter_map(|at| INSURERS.get(*at)).map(|insurer| insurer.number);
    Some(TruthClaimRow {
        file: String::new(),
        number: 0,
        person: family.person(bill.slot)?.number,
        error,
        expected: expected.to_owned(),
        decidable,
        insurers: names.collect::<Vec<_>>().join("+"),
    })
}
