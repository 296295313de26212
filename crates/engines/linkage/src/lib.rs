//! Record linkage (名寄せ・突合): deciding which records are of the same person, without a number.
//!
//! The road: a [`Config`] says fields, comparison levels and decisions ([`suggest`] proposes one from column names); a
//! [`Table`] holds the records as ids; blocking makes candidate pairs, `estimate` learns weights (Fellegi and Sunter 1969) in
//! which relatives (twins, households, parents and children of one name) are classes of their own, [`Linkage::run`] scores and
//! decides.

mod blocking;
mod choose;
pub mod clk;
mod cluster;
mod compare;
mod config;
mod dict;
pub mod entities;
mod error;
mod estimate;
pub mod evaluate;
pub mod explain;
mod expr;
mod field;
mod fuzzy;
mod headings;
mod index;
mod intake;
mod link;
mod mark;
mod measure;
mod model;
mod register;
pub mod registry;
pub mod report;
mod rows;
mod sample;
mod snapshot;
pub mod splink;
mod suggest;
mod table;
mod text;

pub use blocking::{Rule, RuleOutcome};
pub use cluster::{EXACT_LIMIT, SLACK};
pub use compare::{Comparer, Comparisons, Pattern};
pub use config::{ComparisonConfig, Config, Decision, FieldConfig, Kind, LevelConfig, Relatives};
pub use error::LinkError;
pub use fuzzy::{FuzzyIndex, Question};
pub use index::{Found, Index, Searcher};
pub use link::{Bands, KEEP_FROM, Linkage, Progress, Scored, Stage, table_for};
pub use model::{ClassModel, ComparisonModel, LevelModel, Model, Parts, Scorer, probability};
pub use register::{Batch, Decided, Near, Opened, Register};
pub use rows::{Rows, header};
pub use snapshot::Rule as ArrivalRule;
pub use suggest::{Suggestion, suggest};
pub use table::{Probe, Table};
pub use text::Scratch;
