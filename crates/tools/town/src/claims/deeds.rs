//! What was done at a visit, as lines of a claim.

use crate::clinical::chart::{Fact, Visit, VisitKind};
use crate::day::Day;
use crate::organisations::Institution;

/// By which fee table an institution bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// 医科.
    Medical,
    /// 歯科.
    Dental,
    /// 調剤.
    Dispensing,
}

impl Scheme {
    /// The scheme of an institution; `None` for those that bill in other systems.
    pub fn of(institution: &Institution) -> Option<Self> {
        match institution.kind {
            "hospital" | "clinic" => Some(Self::Medical),
            "dental" => Some(Self::Dental),
            "pharmacy" => Some(Self::Dispensing),
            _ => None,
        }
    }
}

/// A service on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub day: Day,
    /// 診療識別.
    pub class: &'static str,
    /// Nine-digit code.
    pub code: String,
    /// Points for once.
    pub points: u32,
}

/// Medicines handed out on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// When.
    pub day: Day,
    /// 医薬品コード, units a day.
    pub medicine: (String, u32),
    /// For how many days.
    pub days: u32,
}

/// A disease as claims code it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// 傷病名コード.
    pub code: String,
    /// First day of treatment.
    pub since: Day,
}

/// The day of a visit and the days of a stay, the day of discharge included.
pub fn days(visit: &Visit) -> impl Iterator<Item = Day> {
    let last = if let VisitKind::Inpatient { until } = visit.kind { until } else { visit.day };
    (visit.day.0..=last.0).map(Day)
}

/// True when a visit is billed to an insurer.
pub fn is_billed(visit: &Visit) -> bool {
    !matches!(visit.kind, VisitKind::Checkup | VisitKind::Care)
}

/// What a visit to a hospital, clinic or dentist comes to; `first` when the person was not there for half a year.
pub fn deeds(scheme: Scheme, visit: &Visit, first: bool) -> Vec<Deed> {
    let deed = |day, class, code: &str, points| Deed { day, class, code: code.to_owned(), points };
    let day = visit.day;
    if scheme == Scheme::Dental {
        let seen = if first { deed(day, "11", "301000110", 264) } else { deed(day, "12", "301001610", 56) };
        return vec![seen, deed(day, "41", "309000110", 18)];
    }
    let mut all = Vec::new();
    if matches!(visit.kind, VisitKind::Inpatient { .. }) {
        all.extend(days(visit).map(|day| deed(day, "90", "190117710", 1688)));
    } else if first {
        all.push(deed(day, "11", "111000110", 291));
    } else {
        all.push(deed(day, "12", "112007410", 75));
    }
    let tests = visit.facts.iter().filter(|fact| matches!(fact, Fact::Laboratory { .. })).count();
    if tests > 0 {
        all.push(deed(day, "60", "160095710", 40));
        all.push(deed(day, "60", "160022510", 11 * u32::try_from(tests).unwrap_or(1)));
    }
    if visit.facts.iter().any(|fact| matches!(fact, Fact::Prescription { .. })) {
        all.push(deed(day, "80", "120002910", 60));
    }
    all
}

/// What a pharmacy handed out.
pub fn handed(visit: &Visit) -> Vec<Handed> {
    let all = visit.facts.iter().filter_map(|fact| match fact {
        Fact::Dispense { drug, days } => {
            let medicine = (medicine_code(drug.code), u32::from(drug.dose) * u32::from(drug.times));
            Some(Handed { day: visit.day, medicine, days: u32::from(*days) })
        }
        _ => None,
    });
    all.collect()
}

/// The diseases that a visit names.
pub fn diseases(visit: &Visit) -> impl Iterator<Item = Named> {
    visit.facts.iter().filter_map(|fact| match fact {
        Fact::Diagnosis { disease, since, .. } => {
            // The invented 病名管理番号 has eight digits, a code of claims seven.
            let code = disease.medis.get(1..).unwrap_or(disease.medis).to_owned();
            Some(Named { code, since: *since })
        }
        _ => None,
    })
}

/// An invented nine-digit code of a medicine, always the same for the same one.
fn medicine_code(code: &str) -> String {
    let sum = code.bytes().fold(7u64, |sum, byte| (sum * 31 + u64::from(byte)) % 10_000_000);
    format!("62{sum:07}")
}
