//! Schedules in the form they are computed in: names are numbers, ages are shared, sets are bits.

use std::collections::HashMap;

use crate::{
    adverse::AdverseCriterion,
    legal::LegalWindow,
    period::{DayNumber, Period},
};

/// The most vaccine types that one body of knowledge can tell apart.
pub const MOST_VACCINES: usize = 512;
/// The most doses that one series can have, and the most target doses that recurring doses can make of it.
pub const MOST_DOSES: usize = 64;

/// A body of knowledge: every schedule of one authority at one time, compiled.
///
/// Built by the loaders ([`crate::cdsi`], [`crate::japan`]); read by [`crate::Workspace`].
#[derive(Debug, Default)]
pub struct Knowledge {
    /// Whose, such as `cdsi` or `jp`.
    pub name: String,
    /// Which version, such as `4.64` or `2026-10-01`.
    pub version: String,
    /// True where a grace period does not exist and the law has a verdict of its own.
    pub has_law: bool,
    pub(crate) anchors: Vec<Anchor>,
    pub(crate) antigens: Vec<Antigen>,
    pub(crate) groups: Vec<Group>,
    pub(crate) vaccines: Vec<Vaccine>,
    pub(crate) vaccine_index: HashMap<String, VaccineId>,
    pub(crate) observations: Vec<ObservationKind>,
    pub(crate) observation_index: HashMap<String, ObservationId>,
    /// What conflicts with a vaccine, by the vaccine that comes later.
    pub(crate) conflicts: Vec<Vec<Conflict>>,
    pub(crate) adverse: Vec<AdverseCriterion>,
    pub(crate) sources: Vec<Source>,
}

/// Number of a vaccine type.
pub type VaccineId = u16;
/// Number of an antigen.
pub type AntigenId = u16;
/// Number of a vaccine group.
pub type GroupId = u16;
/// Number of a kind of observation.
pub type ObservationId = u16;
/// Number of a shared day that hangs on the person (an age, a fiscal year …).
pub type AnchorId = u16;

/// Where a value was read, and when it was checked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The key by which values name this source.
    pub key: String,
    /// The document: a law, a notice, a municipality's page.
    pub title: String,
    /// Where it is published.
    #[serde(default)]
    pub url: String,
    /// The day on which it was last read.
    pub checked: calendar::Date,
    /// `original` when the text itself was read, `transcript` when somebody's transcription of it,
    /// `secondary` when pages about it, `unverified` otherwise.
    pub reading: String,
}

/// A day that depends on the person: what ages, fiscal years and pregnancies become.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Anchor {
    /// Birth and a span.
    Age(Period),
    /// 1 April of the fiscal year in which the person attains an age, years later.
    FiscalYear { age: u16, years: i32 },
    /// 1 April of the year of entering primary school (就学の始期), years later.
    School { years: i32 },
    /// The most recent date of an observation, and a span.
    Observation(ObservationId, Period),
    /// A day of the calendar.
    Day(DayNumber),
}

/// Which vaccine types belong to a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct VaccineSet([u64; MOST_VACCINES / 64]);

impl VaccineSet {
    pub(crate) fn insert(&mut self, vaccine: VaccineId) {
        if let Some(word) = self.0.get_mut(usize::from(vaccine) / 64) {
            *word |= 1 << (vaccine % 64);
        }
    }

    pub(crate) fn contains(&self, vaccine: VaccineId) -> bool {
        self.0.get(usize::from(vaccine) / 64).is_some_and(|word| word >> (vaccine % 64) & 1 == 1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
}

/// A vaccine type: a CVX code, or a product of the Japanese tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vaccine {
    pub code: String,
    pub name: String,
    pub name_ja: String,
    /// Live or not, given how: what Japanese intervals between vaccines depend on.
    pub kind: VaccineKind,
    /// Its code as CVX, where it has one.
    pub cvx: Option<String>,
    /// The antigens it carries, each from one age until another.
    pub antigens: Vec<Association>,
}

/// Live or not, and how it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VaccineKind {
    /// 注射生ワクチン
    LiveInjected,
    /// 経口生ワクチン
    LiveOral,
    /// 不活化ワクチンなど
    #[default]
    Inactivated,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Association {
    pub antigen: AntigenId,
    pub begin: Option<AnchorId>,
    pub end: Option<AnchorId>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub name: String,
    pub name_ja: String,
    pub antigens: Vec<AntigenId>,
    pub full: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct ObservationKind {
    pub title: String,
    /// True for a day that lies ahead, such as a due date: it holds until it has come.
    pub looks_ahead: bool,
    /// Codes of other systems that mean this: (system, code).
    pub coded: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Conflict {
    pub previous: VaccineSet,
    pub begin: Period,
    pub min_end: Period,
    pub end: Period,
    pub effective: DayNumber,
    pub cessation: DayNumber,
}

#[derive(Debug, Default)]
pub(crate) struct Antigen {
    pub name: String,
    /// Observations that prove immunity.
    pub immune_by: Vec<ObservationId>,
    pub immune_born: Vec<ImmuneBirth>,
    pub contraindications: Vec<Contraindication>,
    pub vaccine_contraindications: Vec<VaccineContraindication>,
    pub series: Vec<Series>,
}

#[derive(Debug)]
pub(crate) struct ImmuneBirth {
    pub before: DayNumber,
    pub country: String,
    pub exclusions: Vec<ObservationId>,
}

#[derive(Debug, Clone)]
pub(crate) struct Contraindication {
    pub observation: ObservationId,
    pub begin: Option<AnchorId>,
    pub end: Option<AnchorId>,
    pub text: String,
}

#[derive(Debug)]
pub(crate) struct VaccineContraindication {
    pub base: Contraindication,
    pub vaccines: Vec<(VaccineId, Option<AnchorId>, Option<AnchorId>)>,
}

/// What a series is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeriesKind {
    /// Everybody of the age.
    #[default]
    Standard,
    /// Whom an indication applies to.
    Risk,
    /// Proves completeness, is never recommended.
    EvaluationOnly,
}

#[derive(Debug, Default)]
pub(crate) struct Series {
    pub name: String,
    pub group: GroupId,
    pub kind: SeriesKind,
    pub guidance: String,
    pub equivalent: Vec<u8>,
    /// Bit 0 female, 1 male, 2 unknown; 7 is everybody.
    pub genders: u8,
    pub is_default: bool,
    pub product_path: bool,
    pub series_group: u8,
    pub priority: u8,
    pub preference: u8,
    pub max_age_to_start: Option<AnchorId>,
    pub indications: Vec<Indication>,
    pub born_from: DayNumber,
    pub born_until: DayNumber,
    pub doses: Vec<SeriesDose>,
    pub uses_completed_series: bool,
}

#[derive(Debug)]
pub(crate) struct Indication {
    pub observation: ObservationId,
    pub begin: Option<AnchorId>,
    pub end: Option<AnchorId>,
    pub guidance: String,
}

#[derive(Debug, Default)]
pub(crate) struct SeriesDose {
    pub label: String,
    pub ages: Vec<AgeRule>,
    pub intervals: Vec<IntervalRule>,
    pub allowable_intervals: Vec<IntervalRule>,
    pub preferable: Vec<VaccineRule>,
    pub preferable_set: VaccineSet,
    pub allowable: Vec<VaccineRule>,
    pub allowable_set: VaccineSet,
    pub inadvertent: VaccineSet,
    pub skips: Vec<Skip>,
    pub recurring: bool,
    pub season: Option<(DayNumber, DayNumber)>,
    pub legal: Vec<LegalWindow>,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct AgeRule {
    pub absolute_min: Option<AnchorId>,
    pub min: Option<AnchorId>,
    pub earliest: Option<AnchorId>,
    pub latest: Option<AnchorId>,
    pub max: Option<AnchorId>,
    pub effective: DayNumber,
    pub cessation: DayNumber,
}

#[derive(Debug, Clone)]
pub(crate) struct IntervalRule {
    pub from: From,
    pub absolute_min: Option<Period>,
    pub min: Option<Period>,
    pub earliest: Option<Period>,
    pub latest: Option<Period>,
    /// Not in CDSi: the dose is too late from this span on.
    pub max: Option<Period>,
    pub priority: bool,
    pub effective: DayNumber,
    pub cessation: DayNumber,
}

/// What an interval is counted from.
#[derive(Debug, Clone)]
pub(crate) enum From {
    Previous,
    Target(u8),
    MostRecent(Box<VaccineSet>),
    Observation(Vec<ObservationId>),
}

#[derive(Debug, Clone)]
pub(crate) struct VaccineRule {
    pub vaccine: VaccineId,
    pub begin: Option<AnchorId>,
    pub end: Option<AnchorId>,
    pub manufacturer: Option<String>,
    pub volume: Option<u32>,
    pub forecast: bool,
    pub effective: DayNumber,
    pub cessation: DayNumber,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    Evaluation,
    Forecast,
    Both,
}

#[derive(Debug)]
pub(crate) struct Skip {
    pub context: Context,
    pub all_sets: bool,
    pub sets: Vec<SkipSet>,
}

#[derive(Debug)]
pub(crate) struct SkipSet {
    pub description: String,
    pub effective: DayNumber,
    pub cessation: DayNumber,
    pub all_conditions: bool,
    pub conditions: Vec<Condition>,
}

#[derive(Debug)]
pub(crate) enum Condition {
    Age { begin: Option<AnchorId>, end: Option<AnchorId> },
    Completed { groups: Vec<u8> },
    Interval(Period),
    Count(Box<Count>),
}

#[derive(Debug)]
pub(crate) struct Count {
    pub vaccines: Option<VaccineSet>,
    pub begin: Option<AnchorId>,
    pub end: Option<AnchorId>,
    pub from: DayNumber,
    pub until: DayNumber,
    pub only_valid: bool,
    pub than: std::cmp::Ordering,
    pub number: u32,
}
