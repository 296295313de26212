//! The person's standing on a day (資格有効性): the one decision of this role, pure.

use calendar::{Date, Timestamp};
use codes::InsuredPersonId;
use codes::InsurerNumber;
use protocol::eligibility::{LossReason, Reason, Validity};

use super::{LAWFUL_DELAY_DAYS, Membership, Version, fold};

/// How the person was found.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'q> {
    /// By card: the question is about the person.
    Person,
    /// By the printed number: the question is about that membership.
    Number(&'q InsuredPersonId),
}

/// What the history says of a day.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// The answer's code.
    pub validity: Validity,
    /// The rule that decided.
    pub reason: Reason,
    /// What the answer shows: one if valid, the ended one first when there is a newer, all that claim the day.
    pub shown: Vec<Membership<'a>>,
    /// Whose report the answer rests on or is awaited.
    pub insurer: Option<InsurerNumber>,
}

/// Decides the standing on `on`, as known at `known_at` (now, when absent).
pub fn standing<'a>(
    history: &'a [Version],
    on: Date,
    known_at: Option<Timestamp>,
    asked: Asked<'_>,
) -> Standing<'a> {
    let known = fold::memberships_known(history, known_at);
    if known.is_empty() {
        let later = !fold::memberships(history).is_empty();
        return nothing(if later { Reason::NotKnownThen } else { Reason::NeverReported });
    }
    match asked {
        Asked::Person => of_person(known, on),
        Asked::Number(number) => of_number(known, on, number),
    }
}

/// The answer of a number whose holder was born on another day.
pub fn birthdate_differs(insurer: InsurerNumber) -> Standing<'static> {
    Standing { insurer: Some(insurer), ..nothing(Reason::BirthdateDiffers) }
}

/// The answer of a number that nobody reported, or not by then.
pub fn unknown_number(insurer: InsurerNumber, known_later: bool) -> Standing<'static> {
    let reason = if known_later { Reason::NotKnownThen } else { Reason::NeverReported };
    Standing { insurer: Some(insurer), ..nothing(reason) }
}

/// True when `membership` ever carried `number`; a number without branch stands for every branch.
pub fn carries(membership: &Membership<'_>, number: &InsuredPersonId) -> bool {
    let asked = number.normalized();
    membership.numbers().any(|own| {
        let own = own.normalized();
        let same_branch = number.branch.is_none() || own == asked || own.as_str().ends_with(':');
        own.without_branch() == asked.without_branch() && same_branch
    })
}

fn nothing(reason: Reason) -> Standing<'static> {
    Standing { validity: Validity::None, reason, shown: Vec::new(), insurer: None }
}

fn of_person(known: Vec<Membership<'_>>, on: Date) -> Standing<'_> {
    if let Some(death) = died(&known, on) {
        return one(Validity::Invalid, Reason::Died, death);
    }
    let covering = covering(&known, on);
    match several(&covering) {
        true => several_claim(covering),
        false => match newest(covering) {
            Some(current) => valid(current, on),
            None => uncovered(known, on, None),
        },
    }
}

fn of_number<'a>(known: Vec<Membership<'a>>, on: Date, number: &InsuredPersonId) -> Standing<'a> {
    if let Some(death) = died(&known, on) {
        return one(Validity::Invalid, Reason::Died, death);
    }
    let covering = covering(&known, on);
    if several(&covering) && covering.iter().any(|m| carries(m, number)) {
        return several_claim(covering);
    }
    if let Some(current) = covering.iter().find(|m| carries(m, number)) {
        return valid(current.clone(), on);
    }
    let presented = known.iter().filter(|m| carries(m, number)).max_by_key(|m| m.qualified_on()).cloned();
    match (presented, newest(covering)) {
        (Some(presented), Some(newer)) => Standing {
            validity: Validity::InvalidNewer,
            reason: Reason::EndedNewerKnown,
            insurer: Some(newer.insurer()),
            shown: vec![presented, newer],
        },
        (presented, _) => uncovered(known, on, presented),
    }
}

/// The membership whose end tells of a death before the day, unless a later one began after it.
fn died<'a>(known: &[Membership<'a>], on: Date) -> Option<Membership<'a>> {
    let death = known
        .iter()
        .filter(|m| m.loss_reason == Some(LossReason::Death))
        .filter(|m| m.disqualified_on.is_some_and(|end| end <= on))
        .max_by_key(|m| m.disqualified_on)?;
    let contradicted = known
        .iter()
        .any(|m| m.span().contains(on) && death.disqualified_on.is_some_and(|d| m.qualified_on() >= d));
    (!contradicted).then(|| death.clone())
}

fn covering<'a>(known: &[Membership<'a>], on: Date) -> Vec<Membership<'a>> {
    let mut found: Vec<_> = known.iter().filter(|m| m.span().contains(on)).cloned().collect();
    found.sort_by_key(|m| (std::cmp::Reverse(m.qualified_on()), m.insurer()));
    found
}

fn several(covering: &[Membership<'_>]) -> bool {
    covering.iter().any(|m| covering.iter().any(|other| other.insurer() != m.insurer()))
}

/// The first of a list that [`covering`] sorted.
fn newest(covering: Vec<Membership<'_>>) -> Option<Membership<'_>> {
    covering.into_iter().next()
}

fn several_claim(covering: Vec<Membership<'_>>) -> Standing<'_> {
    Standing {
        validity: Validity::Several,
        reason: Reason::SeveralClaim,
        insurer: covering.first().map(Membership::insurer),
        shown: covering,
    }
}

fn valid(current: Membership<'_>, on: Date) -> Standing<'_> {
    let late = current.first_report().is_late() || current.known_from().date() > on;
    let reason = if late { Reason::CoveredReportedLate } else { Reason::Covered };
    one(Validity::Valid, reason, current)
}

fn one(validity: Validity, reason: Reason, membership: Membership<'_>) -> Standing<'_> {
    Standing { validity, reason, insurer: Some(membership.insurer()), shown: vec![membership] }
}

/// No membership covers the day.
fn uncovered<'a>(known: Vec<Membership<'a>>, on: Date, presented: Option<Membership<'a>>) -> Standing<'a> {
    let next = known.iter().filter(|m| m.qualified_on() > on).min_by_key(|m| m.qualified_on()).cloned();
    let ended = presented.filter(|m| m.qualified_on() <= on).or_else(|| last_ended(&known, on));
    match (ended, next) {
        (_, Some(next)) if next_is_near(&next, on) => one(Validity::Invalid, Reason::NotYetBegun, next),
        (Some(ended), _) => {
            let since = ended.disqualified_on.map_or(0, |end| end.days_until(on));
            let reason = if since <= LAWFUL_DELAY_DAYS {
                Reason::EndedNewMayBeOnItsWay
            } else {
                Reason::EndedNothingNew
            };
            one(Validity::Invalid, reason, ended)
        }
        (None, Some(next)) => one(Validity::Invalid, Reason::NotYetBegun, next),
        (None, None) => nothing(Reason::NeverReported),
    }
}

/// A membership that begins within the lawful delay explains a gap better than one that ended.
fn next_is_near(next: &Membership<'_>, on: Date) -> bool {
    on.days_until(next.qualified_on()) <= LAWFUL_DELAY_DAYS
}

fn last_ended<'a>(known: &[Membership<'a>], on: Date) -> Option<Membership<'a>> {
    let ended = known.iter().filter(|m| m.disqualified_on.is_some_and(|end| end <= on));
    ended.max_by_key(|m| (m.disqualified_on, m.qualified_on())).cloned()
}
