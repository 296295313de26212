//! The second verdict of Japanese law: whether a dose is part of the routine programme (定期接種).
use crate::{model::SeriesDose, period::DayNumber, run::Case};

/// A legal window.
#[derive(Debug, Clone)]
pub(crate) struct LegalWindow {}

impl Case<'_> {
    pub(crate) fn legal_end(&self, dose: &SeriesDose, _on: DayNumber) -> Option<DayNumber> {
        let _ = &dose.legal;
        None
    }
}
