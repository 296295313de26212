//! The official test cases: read from their spreadsheet, run, compared expectation by expectation.

mod judge;
#[cfg(feature = "workbook")]
mod workbook;

pub use judge::{CaseResult, Expectation, Report, Tally, run};
#[cfg(feature = "workbook")]
pub use workbook::read;

use calendar::Date;

use crate::Person;

/// One test case: a person, a day, and what the Centers for Disease Control and Prevention expect.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCase {
    /// Its identifier, such as `2013-0001`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The vaccine group it asks about, as written.
    pub group: String,
    /// Whom it is about, doses in the order of the columns.
    pub person: Person,
    /// The expected evaluation of each dose: status and reason, empty where the row is silent.
    pub evaluations: Vec<(String, String)>,
    /// The day of the assessment.
    pub assessment: Date,
    /// The expected status of the series.
    pub status: String,
    /// The expected number of the next dose; `None` when nothing is to be forecast.
    pub number: Option<u8>,
    /// The expected earliest date.
    pub earliest: Option<Date>,
    /// The expected recommended date.
    pub recommended: Option<Date>,
    /// The expected past due date.
    pub past_due: Option<Date>,
}

/// A row that is not a test case that can be run, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The row of the sheet, from 1.
    pub row: usize,
    /// Its identifier, where it has one.
    pub id: String,
    /// What is wrong: field, value, expectation.
    pub problem: String,
}

/// The test cases of a workbook.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cases {
    /// The sheet that they were read from.
    pub sheet: String,
    /// The cases.
    pub cases: Vec<TestCase>,
    /// Rows that could not be read.
    pub unread: Vec<Unread>,
    /// Rows with nothing in them, inside the used range.
    pub blank: usize,
}
