//! Whom the engine judges: a birth, a history, what is known about them.

use calendar::Date;
use serde::{Deserialize, Serialize};

/// Sex as the schedules ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gender {
    /// 女
    Female,
    /// 男
    Male,
    /// 不明
    #[default]
    Unknown,
}

/// A person and what was injected into them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// A name for the page or the answer; the engine does not read it.
    #[serde(default)]
    pub name: String,
    /// Day of birth.
    pub birth: Date,
    /// Sex.
    #[serde(default)]
    pub gender: Gender,
    /// Country of birth, as the schedule names it (`U.S.`), where it matters for immunity by birth.
    #[serde(default)]
    pub country: Option<String>,
    /// The vaccination history, in any order.
    #[serde(default)]
    pub doses: Vec<Dose>,
    /// Illnesses, pregnancies, laboratory results, reasons.
    #[serde(default)]
    pub observations: Vec<Observation>,
}

/// A dose given, or planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dose {
    /// The day.
    pub date: Date,
    /// What was given: a CVX code (`03`), or a product of the knowledge in force.
    pub vaccine: String,
    /// The manufacturer's MVX code, where known.
    #[serde(default)]
    pub manufacturer: Option<String>,
    /// The last day on which the lot might be used.
    #[serde(default)]
    pub lot_expires: Option<Date>,
    /// True when the dose has a condition for which it must be repeated (recall, broken cold chain …).
    #[serde(default)]
    pub substandard: bool,
    /// Volume in millilitres.
    #[serde(default)]
    pub volume_ml: Option<f32>,
    /// True for an appointment: not judged, but looked at for conflicts.
    #[serde(default)]
    pub planned: bool,
    /// What the caller calls this dose.
    #[serde(default)]
    pub id: Option<String>,
}

impl Dose {
    /// A dose of a vaccine on a day; everything else unknown.
    pub fn new(date: Date, vaccine: &str) -> Self {
        Self {
            date,
            vaccine: vaccine.to_owned(),
            manufacturer: None,
            lot_expires: None,
            substandard: false,
            volume_ml: None,
            planned: false,
            id: None,
        }
    }
}

/// Something known about a person that a schedule may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The code of the knowledge in force (`007`), or `SNOMED|77386006` of one of its coded values.
    pub code: String,
    /// When it was, or began.
    #[serde(default)]
    pub date: Option<Date>,
    /// When it ended; active when absent.
    #[serde(default)]
    pub until: Option<Date>,
}

/// What is doubtful in a history: reported, never a panic, never silently used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "finding")]
#[non_exhaustive]
pub enum Finding {
    /// The knowledge in force has no such vaccine: the dose was not judged.
    UnknownVaccine {
        /// Number of the dose in the history, from 0.
        dose: usize,
        /// The code.
        code: String,
    },
    /// The dose lies before birth: it was not judged.
    BeforeBirth {
        /// Number of the dose in the history, from 0.
        dose: usize,
        /// Its day.
        date: Date,
    },
    /// The dose lies after the assessment and is not marked as planned: it was not judged.
    InTheFuture {
        /// Number of the dose in the history, from 0.
        dose: usize,
        /// Its day.
        date: Date,
    },
    /// The same vaccine twice on one day: only the first was judged.
    Duplicate {
        /// Number of the dose that was left out.
        dose: usize,
        /// Number of the one that was judged.
        of: usize,
        /// True when the two differ in what else is known of them.
        contradictory: bool,
    },
    /// The knowledge in force has no such observation.
    UnknownObservation {
        /// The code.
        code: String,
    },
    /// The assessment lies before birth: nothing can be forecast.
    AssessedBeforeBirth,
    /// More doses than are judged; the later ones were left out.
    TooManyDoses {
        /// How many were given.
        found: usize,
        /// How many are judged.
        most: usize,
    },
}

impl Finding {
    /// One sentence, in English.
    pub fn en(&self) -> String {
        match self {
            Self::UnknownVaccine { dose, code } => {
                format!("dose {}: vaccine {code:?} is not in the knowledge in force; not judged", dose + 1)
            }
            Self::BeforeBirth { dose, date } => {
                format!("dose {}: {date} is before birth; not judged", dose + 1)
            }
            Self::InTheFuture { dose, date } => {
                format!("dose {}: {date} is after the assessment; not judged", dose + 1)
            }
            Self::Duplicate { dose, of, contradictory } => format!(
                "dose {}: the same vaccine on the same day as dose {}{}; not judged",
                dose + 1,
                of + 1,
                if *contradictory { ", with other particulars" } else { "" }
            ),
            Self::UnknownObservation { code } => {
                format!("observation {code:?} is not in the knowledge in force")
            }
            Self::AssessedBeforeBirth => "the assessment lies before birth".to_owned(),
            Self::TooManyDoses { found, most } => format!("{found} doses; {most} are judged"),
        }
    }

    /// The same in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::UnknownVaccine { dose, code } => {
                format!("{}件目: ワクチン「{code}」は知識にありません(判定していません)", dose + 1)
            }
            Self::BeforeBirth { dose, date } => {
                format!("{}件目: {date} は生年月日より前です(判定していません)", dose + 1)
            }
            Self::InTheFuture { dose, date } => {
                format!("{}件目: {date} は判定日より後です(判定していません)", dose + 1)
            }
            Self::Duplicate { dose, of, contradictory } => format!(
                "{}件目: {}件目と同じ日の同じワクチンです{}(判定していません)",
                dose + 1,
                of + 1,
                if *contradictory { "。内容が食い違っています" } else { "" }
            ),
            Self::UnknownObservation { code } => format!("「{code}」という所見は知識にありません"),
            Self::AssessedBeforeBirth => "判定日が生年月日より前です".to_owned(),
            Self::TooManyDoses { found, most } => format!("接種が{found}件あります(判定は{most}件まで)"),
        }
    }
}
