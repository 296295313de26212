//! Which events after a vaccination must be reported (副反応疑い報告基準, 予防接種法施行規則5条): data of the knowledge
//! files, applied here.

use calendar::Date;
use serde::{Deserialize, Serialize};

use crate::{Knowledge, Person, model::VaccineSet};

/// A criterion: a symptom within a time after a vaccine.
#[derive(Debug, Clone)]
pub(crate) struct AdverseCriterion {
    pub vaccines: VaccineSet,
    pub symptom: String,
    pub symptom_ja: String,
    /// The time limit in minutes; none where the criteria have none.
    pub minutes: Option<u32>,
    pub article: String,
    pub source: String,
}

/// Something that happened after a vaccination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The symptom, by the word of the criteria in English (`anaphylaxis`) or Japanese.
    pub symptom: String,
    /// The day on which it began.
    pub date: Date,
    /// Hours after the vaccination, where they are known; 0.5 is half an hour.
    #[serde(default)]
    pub hours: Option<f64>,
}

/// An event that the criteria ask to be reported.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reportable {
    /// Number of the dose in the history, from 0.
    pub dose: usize,
    /// The symptom in English.
    pub symptom: String,
    /// The symptom in Japanese.
    pub symptom_ja: String,
    /// The time limit in hours; none where the criteria have none.
    pub limit_hours: Option<f64>,
    /// True when only the day is known and the limit is shorter than a day: a doctor must say.
    pub uncertain: bool,
    /// The article.
    pub article: String,
    /// Key of the source in which the value was read.
    pub source: String,
}

/// The doses after which an event must be reported.
pub fn reportable(knowledge: &Knowledge, person: &Person, event: &Event) -> Vec<Reportable> {
    let mut found = Vec::new();
    for (number, dose) in person.doses.iter().enumerate().filter(|(_, dose)| !dose.planned) {
        let days = dose.date.days_until(event.date);
        let Some(vaccine) = knowledge.vaccine(&dose.vaccine).filter(|_| days >= 0) else { continue };
        for criterion in knowledge.adverse.iter().filter(|c| c.vaccines.contains(vaccine)) {
            let same = event.symptom.eq_ignore_ascii_case(&criterion.symptom)
                || event.symptom == criterion.symptom_ja;
            if !same {
                continue;
            }
            // With the day alone, a limit of days counts whole days, one of hours the day itself.
            let days = u32::try_from(days).unwrap_or(u32::MAX);
            let (within, uncertain) = match (criterion.minutes, event.hours) {
                (None, _) => (true, false),
                (Some(limit), Some(hours)) => (hours * 60.0 <= f64::from(limit), false),
                (Some(limit), None) if limit < DAY => (days <= 1, true),
                (Some(limit), None) => (days <= limit / DAY, false),
            };
            if within {
                found.push(Reportable {
                    dose: number,
                    symptom: criterion.symptom.clone(),
                    symptom_ja: criterion.symptom_ja.clone(),
                    limit_hours: criterion.minutes.map(|minutes| f64::from(minutes) / 60.0),
                    uncertain,
                    article: criterion.article.clone(),
                    source: criterion.source.clone(),
                });
            }
        }
    }
    found
}

/// Minutes.
const DAY: u32 = 24 * 60;
