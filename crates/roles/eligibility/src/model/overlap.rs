//! What two insurers must settle between them, and what came too late.

use calendar::{Date, Interval};
use codes::InsurerNumber;
use protocol_admin::report::ReportAct;

use super::{Membership, Report};

/// A membership by name. Of one insurer, the later membership is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its insurer.
    pub insurer: InsurerNumber,
    /// Its first day.
    pub qualified_on: Date,
}

/// Two memberships claim the same days: of two insurers, or of one that has not yet reported the end of the earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// One membership, the smaller key.
    pub one: Key,
    /// The other.
    pub other: Key,
    /// The days both claim.
    pub days: Interval,
}

/// All overlaps between memberships.
pub fn overlaps(memberships: &[Membership<'_>]) -> Vec<Overlap> {
    let mut found = Vec::new();
    for (i, a) in memberships.iter().enumerate() {
        for b in memberships.iter().skip(i + 1) {
            let Some(days) = a.span().intersection(&b.span()) else { continue };
            let (one, other) = (key(a).min(key(b)), key(a).max(key(b)));
            found.push(Overlap { one, other, days });
        }
    }
    found
}

/// The name of a membership.
pub fn key(membership: &Membership<'_>) -> Key {
    Key { insurer: membership.insurer(), qualified_on: membership.qualified_on() }
}

/// Whether `report`, once accepted, settles the late reports of its membership.
pub fn settles_lateness(report: &Report) -> bool {
    matches!(report.act, ReportAct::Correction | ReportAct::Cancellation)
}
