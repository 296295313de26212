//! How complete and how sure a registry is (精度指標): DCN, DCI, DCO, MI, MV.

use serde::Serialize;

use crate::icdo::{Histology, Topography};

/// What a registry knows of a case, as far as indicators need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// How it was first heard of.
    pub known_first: FirstKnown,
    /// Reports that institutions made of themselves.
    pub reports: u32,
    /// Reports that were asked for because of a death certificate (遡り調査).
    pub follow_back: u32,
    /// 診断根拠, as the report has it: 1 to 6, 9.
    pub basis: u8,
    /// Where.
    pub topography: Option<Topography>,
    /// What it looks like.
    pub histology: Option<Histology>,
}

/// How a case was first heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstKnown {
    /// By a report of an institution.
    Report,
    /// By a death certificate.
    Death,
}

/// The indicators of a group of cases; shares are in percent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Indicators {
    /// Cases.
    pub cases: u64,
    /// Deaths of the same cancer in the same time.
    pub deaths: u64,
    /// Death certificate notification: first heard of by a death certificate.
    pub dcn: Share,
    /// Death certificate initiated: registered because of the certificate; nobody reported them unasked.
    pub dci: Share,
    /// Death certificate only: nothing but the certificate is known.
    pub dco: Share,
    /// Microscopically verified: histology or cytology (診断根拠 1 to 3).
    pub mv: Share,
    /// Histologically verified (1 and 2).
    pub hv: Share,
    /// Primary site unknown: C76 and C80.
    pub psu: Share,
    /// Unspecified histology: 8000 to 8005.
    pub unspecified_histology: Share,
    /// Deaths for each case (MI); none without cases.
    pub mi: Option<f64>,
}

/// Some of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    /// How many.
    pub count: u64,
    /// In percent of the cases.
    pub percent: f64,
}

impl Case {
    fn is_dcn(&self) -> bool {
        self.known_first == FirstKnown::Death
    }

    fn is_dci(&self) -> bool {
        self.is_dcn() && self.reports == 0
    }

    fn is_dco(&self) -> bool {
        self.is_dci() && self.follow_back == 0
    }
}

/// The indicators of cases and of the deaths of the same cancers in the same time.
pub fn indicators(cases: &[Case], deaths: u64) -> Indicators {
    let share = |of: &dyn Fn(&Case) -> bool| {
        let count = cases.iter().filter(|case| of(case)).count() as u64;
        let percent = if cases.is_empty() { 0.0 } else { 100.0 * count as f64 / cases.len() as f64 };
        Share { count, percent }
    };
    Indicators {
        cases: cases.len() as u64,
        deaths,
        dcn: share(&Case::is_dcn),
        dci: share(&Case::is_dci),
        dco: share(&Case::is_dco),
        mv: share(&|case| matches!(case.basis, 1..=3)),
        hv: share(&|case| matches!(case.basis, 1 | 2)),
        psu: share(&|case| case.topography.is_none_or(|site| matches!(site.category(), 76 | 80))),
        unspecified_histology: share(&|case| case.histology.is_none_or(|code| code.number() <= 8005)),
        mi: (!cases.is_empty()).then(|| deaths as f64 / cases.len() as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(known_first: FirstKnown, reports: u32, follow_back: u32, basis: u8) -> Case {
        let (topography, histology) = ("C16.9".parse().ok(), "8140".parse().ok());
        Case { known_first, reports, follow_back, basis, topography, histology }
    }

    #[test]
    fn each_is_within_the_one_before() {
        let cases = [
            case(FirstKnown::Report, 2, 0, 1),
            case(FirstKnown::Death, 1, 0, 1),
            case(FirstKnown::Death, 0, 1, 3),
            Case { topography: "C80.9".parse().ok(), histology: None, ..case(FirstKnown::Death, 0, 0, 9) },
        ];
        let found = indicators(&cases, 2);
        assert_eq!([found.dcn.count, found.dci.count, found.dco.count], [3, 2, 1]);
        assert_eq!(
            [found.mv.count, found.hv.count, found.psu.count, found.unspecified_histology.count],
            [3, 2, 1, 1]
        );
        assert_eq!((found.mi, found.dco.percent), (Some(0.5), 25.0));
    }

    #[test]
    fn no_cases_have_no_ratio() {
        assert_eq!(indicators(&[], 5).mi, None);
    }
}
