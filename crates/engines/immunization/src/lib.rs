//! Vaccination (予防接種): every past dose judged, the next one forecast.

pub mod adverse;
mod builder;
pub mod cdsi;
pub mod chart;
pub mod conformance;
mod error;
mod evaluate;
pub mod fhir;
mod forecast;
mod group;
mod intake;
pub mod japan;
pub mod legal;
mod model;
pub mod page;
pub mod period;
mod person;
pub mod plan;
mod report;
mod run;
mod select;
mod skip;
mod status;
mod trace;
mod workspace;
mod xml;

pub use error::LoadError;
pub use japan::Library;
pub use legal::{LegalClass, LegalVerdict};
pub use model::{Knowledge, SeriesKind, Source, VaccineKind};
pub use person::{Dose, Finding, Gender, Observation, Person};
pub use report::{DoseReport, GroupForecast, Judgement, Report};
pub use status::{EvaluationStatus, Reasons, SeriesStatus, TargetStatus};
pub use trace::Step;
pub use workspace::{MOST_SHOTS, Workspace};
