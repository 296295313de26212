//! Which events after a vaccination must be reported (副反応疑い報告基準).
/// A criterion.
#[derive(Debug, Clone)]
pub(crate) struct AdverseCriterion {}
