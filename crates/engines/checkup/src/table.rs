//! The tables of this crate: CSV with lines of remarks.

use serde::de::DeserializeOwned;

/// The rows of a table that is part of this crate.
#[expect(clippy::expect_used, reason = "the tables are part of this crate; its tests read each of them")]
pub(crate) fn rows<T: DeserializeOwned>(text: &'static str) -> Vec<T> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().expect("a table of this crate is malformed")
}
