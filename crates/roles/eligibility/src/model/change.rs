//! Whether a batch of reports changed a person's insurer.

use calendar::Date;

use super::Membership;

/// The memberships with an insurer that is new to the person: they hold on `today` or later, and another insurer had the person
/// before. A membership that was over when it was reported changes nothing that the person has.
pub fn joined<'a, 'b>(
    before: &'b [Membership<'a>],
    after: &'b [Membership<'a>],
    today: Date,
) -> impl Iterator<Item = &'b Membership<'a>> {
    let is_new = |membership: &Membership<'_>| {
        !before.iter().any(|known| {
            known.insurer() == membership.insurer() && known.qualified_on() == membership.qualified_on()
        })
    };
    let holds = move |membership: &Membership<'_>| membership.disqualified_on.is_none_or(|end| end > today);
    let follows = |membership: &Membership<'_>| {
        let mut earlier = after.iter().filter(|other| other.qualified_on() <= membership.qualified_on());
        earlier.any(|other| other.insurer() != membership.insurer())
    };
    after.iter().filter(move |membership| is_new(membership) && holds(membership) && follows(membership))
}
