//! FHIR resources: every version, the current heads, and the rows that they are found by.

mod about;
mod drive;
mod export;
mod find;
mod include;
#[cfg(test)]
mod leak_tests;
#[cfg(test)]
mod postgres_tests;
mod read;
mod relabel;
#[cfg(test)]
mod relabel_tests;
mod restrict;
#[cfg(test)]
mod restrict_tests;
mod rows;
#[cfg(test)]
mod search_tests;
mod sql;
mod statements;
mod terms;
mod write;

pub use about::AboutPatient;
pub use export::ExportPage;
pub use find::{Find, Found, FoundPage, Place};
pub use read::{HistoryOf, HistoryPage};
pub use restrict::{Scope, bits, labels};
pub use rows::{Facts, IndexRows, Version};
pub use write::{Change, Changes, Draft, Outcome, When, WriteError, Written};
