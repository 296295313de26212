//! The knowledge files as they are written (TOML); see docs/formats/immunization-knowledge.md.

use calendar::Date;
use serde::Deserialize;

use crate::{Source, legal::LegalClass, model::VaccineKind};

/// One knowledge file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub file: Meta,
    #[serde(default)]
    pub source: Vec<Source>,
    #[serde(default)]
    pub observation: Vec<Observation>,
    #[serde(default)]
    pub group: Vec<Group>,
    #[serde(default)]
    pub vaccine: Vec<Vaccine>,
    #[serde(default)]
    pub contraindication: Vec<Contraindication>,
    #[serde(default)]
    pub conflict: Vec<Conflict>,
    #[serde(default)]
    pub adverse: Vec<Adverse>,
    #[serde(default)]
    pub series: Vec<Series>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meta {
    /// What the file is about; messages name it.
    pub id: String,
    /// The first day on which this is the knowledge in force.
    pub valid_from: Date,
    /// The last such day.
    pub valid_until: Option<Date>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Observation {
    pub code: String,
    pub title: String,
    #[serde(default)]
    pub looks_ahead: bool,
    /// `SYSTEM|code` of other code systems.
    #[serde(default)]
    pub coded: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub name: String,
    pub name_ja: String,
    pub antigens: Vec<String>,
    #[serde(default)]
    pub full: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vaccine {
    pub code: String,
    pub name: String,
    pub name_ja: String,
    pub antigens: Vec<String>,
    #[serde(default)]
    pub kind: VaccineKind,
    /// CVX codes that are taken for it; the first one is written.
    #[serde(default)]
    pub cvx: Vec<String>,
    /// Other codes that are taken for it, such as `YJ|6311400A1010`.
    #[serde(default)]
    pub codes: Vec<String>,
    /// Carries its antigens only from this day of the person on.
    pub counts_from: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contraindication {
    pub antigens: Vec<String>,
    pub observation: String,
    pub text: String,
    /// Only these vaccines, where given.
    #[serde(default)]
    pub vaccines: Vec<String>,
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Conflict {
    pub previous: Vec<VaccineKind>,
    pub current: Vec<VaccineKind>,
    pub gap: String,
    pub valid_from: Option<Date>,
    pub valid_until: Option<Date>,
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Adverse {
    pub vaccines: Vec<String>,
    pub symptom: String,
    pub symptom_ja: String,
    /// The time limit; none where the criteria have none.
    pub hours: Option<u32>,
    /// The time limit where it is shorter than an hour.
    pub minutes: Option<u32>,
    pub article: String,
    pub source: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Standard,
    Risk,
    EvaluationOnly,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Sex {
    Female,
    Male,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Series {
    pub name: String,
    pub antigens: Vec<String>,
    pub group: String,
    pub kind: Option<Kind>,
    pub sex: Option<Sex>,
    #[serde(default)]
    pub default: bool,
    #[serde(default)]
    pub product_path: bool,
    pub series_group: Option<u8>,
    #[serde(default)]
    pub equivalent: Vec<u8>,
    pub preference: Option<u8>,
    /// The last day on which the series may begin.
    pub start_until: Option<String>,
    pub born_from: Option<Date>,
    pub born_until: Option<Date>,
    #[serde(default)]
    pub indications: Vec<String>,
    pub exception: Option<Exception>,
    #[serde(default)]
    pub guidance: String,
    pub dose: Vec<Dose>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exception {
    pub observation: String,
    pub years: i32,
    /// The last day whatever the illness.
    pub cap: Option<String>,
    pub article: String,
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dose {
    pub label: String,
    pub min: Option<String>,
    pub max: Option<String>,
    /// The standard period: first and last day.
    pub standard: Option<[String; 2]>,
    #[serde(default)]
    pub interval: Vec<Interval>,
    /// Codes, each with its days where it has some: `jp-pcv15 2024-04-01..`.
    pub vaccines: Vec<String>,
    #[serde(default)]
    pub skip: Vec<Skip>,
    #[serde(default)]
    pub legal: Vec<Legal>,
    #[serde(default)]
    pub recurring: bool,
    /// First and last day of a season.
    pub season: Option<[Date; 2]>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Interval {
    /// `previous`, `dose 1`, or `observation CODE`.
    pub from: String,
    pub min: Option<String>,
    /// The standard interval: shortest and longest.
    pub standard: Option<[String; 2]>,
    pub max: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum When {
    Evaluation,
    Forecast,
    Both,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Skip {
    pub when: When,
    /// From this day of the person on.
    pub from: Option<String>,
    /// Until and including this one.
    pub until: Option<String>,
    /// At least so many valid doses given in that time, instead of today being in it.
    pub doses: Option<u32>,
    /// At most so many doses given at all.
    pub no_doses: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Legal {
    pub class: LegalClass,
    #[serde(default)]
    pub special: bool,
    pub from: String,
    pub until: String,
    pub article: String,
    pub source: String,
    pub sex: Option<Sex>,
    pub born_from: Option<Date>,
    pub born_until: Option<Date>,
    pub valid_from: Option<Date>,
    pub valid_until: Option<Date>,
    #[serde(default)]
    pub vaccines: Vec<String>,
}
