//! From a history of reports to memberships.

use calendar::Timestamp;
use codes::InsurerNumber;
use protocol_admin::report::ReportAct;

use super::{Date, Membership, Version};

/// The memberships that follow from `history` (in order of arrival), ordered by first day. Cancelled ones are gone.
///
/// Total: a report about a membership that the history does not know has no effect (admission refuses it, but a look
/// at an early time may see a change whose beginning became known later).
pub fn memberships<'a>(history: impl IntoIterator<Item = &'a Version>) -> Vec<Membership<'a>> {
    let mut found: Vec<Membership<'a>> = Vec::new();
    for version in history {
        apply(&mut found, version);
    }
    found.sort_by_key(|m| (m.qualified_on(), m.insurer()));
    found
}

/// The memberships as they were known at `known_at`.
pub fn memberships_known<'a>(
    history: impl IntoIterator<Item = &'a Version>,
    known_at: Option<Timestamp>,
) -> Vec<Membership<'a>> {
    memberships(history.into_iter().filter(|v| known_at.is_none_or(|at| v.known_from <= at)))
}

/// Where the membership `(insurer, qualified_on)` stands in `found`.
pub(super) fn position(
    found: &[Membership<'_>],
    insurer: InsurerNumber,
    qualified_on: Date,
) -> Option<usize> {
    found.iter().position(|m| m.insurer() == insurer && m.qualified_on() == qualified_on)
}

fn apply<'a>(found: &mut Vec<Membership<'a>>, version: &'a Version) {
    let report = &version.report;
    let at = position(found, report.insurer(), report.qualified_on);
    let Some(index) = at else {
        if report.act == ReportAct::Acquisition {
            found.push(begin(version));
        }
        return;
    };
    if report.act == ReportAct::Cancellation {
        found.remove(index);
        return;
    }
    let Some(membership) = found.get_mut(index) else { return };
    match report.act {
        ReportAct::Loss => {
            membership.disqualified_on = report.disqualified_on;
            membership.loss_reason = report.loss_reason;
        }
        ReportAct::Change => {
            let place = membership.changes.partition_point(|c| c.report.effective_on <= report.effective_on);
            membership.changes.insert(place, version);
        }
        ReportAct::Correction => *membership = Membership { first: membership.first, ..begin(version) },
        ReportAct::Acquisition | ReportAct::Cancellation => {}
    }
}

fn begin(version: &Version) -> Membership<'_> {
    Membership {
        base: version,
        changes: Vec::new(),
        first: version,
        disqualified_on: version.report.disqualified_on,
        loss_reason: version.report.loss_reason,
    }
}
