//! A synthetic population with ground truth, in the real file formats.
//!
//! [`generate`] writes a town of any size in one pass; [`Families`] gives the same households one by one, for
//! programs that need no files. Everything follows from the [`TownPlan`]: equal plans give byte-identical
//! files. The layouts are in [`formats`] and, for readers, in `docs/formats/town-files.md`.
//!
//! How a household is made: `household` throws who lives together and what happens to them, `career` who works
//! for whom, `coverage` derives from it by the law who insures whom, `reporting` what the insurers learn of it
//! and when, `counter` cards and local records, [`clinical`] illnesses and visits; `rows` turns it into lines. `stories` constructs the scenario
//! persons of the front page instead of throwing them.

mod cancer;
mod career;
mod checkups;
pub mod claims;
pub mod clinical;
mod clinical_files;
mod counter;
mod coverage;
mod day;
mod dice;
mod families;
mod fhir;
pub mod formats;
mod household;
mod insurer_files;
pub mod knowledge;
mod maker;
pub mod model;
pub mod networks;
pub mod organisations;
mod plan;
mod registry_lists;
mod registry_slips;
mod reporting;
mod rows;
mod sheet;
mod ssmix2;
mod stories;
mod vocabulary;
mod watch;
mod writer;

pub use cancer::{CancerSummary, cancer_registry};
pub use day::Day;
pub use families::Families;
pub use plan::{TownError, TownPlan};
pub use registry_lists::registry_lists;
pub use stories::{Story, stories};
pub use vocabulary::{FamilyName, GivenName};
pub use writer::{Summary, finished, generate};
