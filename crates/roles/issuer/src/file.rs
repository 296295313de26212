//! The resident register's file, as the issuer reads it (docs/formats/issuer-residents.md).

use std::io::Read;

use calendar::Date;
use csv::StringRecord;
use protocol::eligibility::{Person, Sex};

use crate::model::Resident;

/// The columns of the register's file that the issuer reads (docs/formats/issuer-residents.md).
const COLUMNS: [&str; 9] =
    ["resident_code", "my_number", "name", "kana", "birth", "sex", "postal_code", "address", "removed_on"];

/// Why the register's file was not taken. Nothing of it was applied.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RegisterError {
    /// Not CSV, not UTF-8, or unreadable.
    #[error("line {line}: {what}")]
    Csv {
        /// Line, from 1.
        line: u64,
        /// What the reader said.
        what: String,
    },
    /// A column is missing from the first line.
    #[error("line 1: the column `{0}` is missing")]
    Column(&'static str),
    /// A field is wrong.
    #[error("line {line}, column `{column}`: {what}")]
    Field {
        /// Line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What was expected.
        what: String,
    },
    /// Two rows claim one resident code.
    #[error("two rows of the file or the register claim one resident code")]
    Duplicate,
    /// The house's own fault.
    #[error("{0}")]
    Internal(String),
}

impl RegisterError {
    /// The same in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::Csv { line, what } => format!("{line}行目: UTF-8のCSVとして読めません（{what}）。"),
            Self::Column(column) => format!("1行目: 列「{column}」がありません。"),
            Self::Field { line, column, what } => {
                format!("{line}行目の「{column}」が正しくありません（{what}）。")
            }
            Self::Duplicate => "同じ住民票コードの行が二つあります。".into(),
            Self::Internal(_) => "読み込めませんでした。もう一度実行してください。".into(),
        }
    }
}

impl From<store::StoreError> for RegisterError {
    fn from(error: store::StoreError) -> Self {
        match error {
            store::StoreError::Constraint { kind: store::Constraint::Unique, .. } => Self::Duplicate,
            other => Self::Internal(other.to_string()),
        }
    }
}

/// Streams the rows of a file.
pub struct Rows<R: Read> {
    csv: csv::Reader<R>,
    /// Where each of [`COLUMNS`] stands.
    at: [usize; COLUMNS.len()],
    record: StringRecord,
}

impl<R: Read> Rows<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// When a column is missing, or the bytes are not UTF-8 CSV.
    pub fn new(input: R) -> Result<Self, RegisterError> {
        let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(input);
        let headers = csv.headers().map_err(|e| unreadable(&e))?.clone();
        let mut at = [0; COLUMNS.len()];
        for (slot, column) in at.iter_mut().zip(COLUMNS) {
            *slot = headers.iter().position(|h| h == column).ok_or(RegisterError::Column(column))?;
        }
        Ok(Self { csv, at, record: StringRecord::new() })
    }

    /// The next row.
    ///
    /// # Errors
    /// See [`RegisterError`]; the file is then not to be taken in.
    pub fn next_row(&mut self) -> Result<Option<Resident>, RegisterError> {
        if !self.csv.read_record(&mut self.record).map_err(|e| unreadable(&e))? {
            return Ok(None);
        }
        resident(&self.record, &self.at).map(Some)
    }
}

fn unreadable(error: &csv::Error) -> RegisterError {
    RegisterError::Csv { line: error.position().map_or(0, csv::Position::line), what: error.to_string() }
}

fn resident(record: &StringRecord, at: &[usize; COLUMNS.len()]) -> Result<Resident, RegisterError> {
    let line = record.position().map_or(0, csv::Position::line);
    let text = |column: usize| at.get(column).and_then(|i| record.get(*i)).unwrap_or_default();
    let wrong = |column: usize, what: String| RegisterError::Field {
        line,
        column: COLUMNS.get(column).copied().unwrap_or_default(),
        what,
    };
    let date = |column: usize| text(column).parse::<Date>().map_err(|e| wrong(column, e.to_string()));
    let sex = match text(5) {
        "1" => Sex::Male,
        "2" => Sex::Female,
        "3" | "" => Sex::Unset,
        _ => return Err(wrong(5, "1, 2 or 3 expected".into())),
    };
    Ok(Resident {
        resident: text(0).parse().map_err(|e: codes::NumberError| wrong(0, e.to_string()))?,
        my_number: text(1).parse().map_err(|e: codes::NumberError| wrong(1, e.to_string()))?,
        person: Person {
            name: text(2).to_owned(),
            kana: text(3).to_owned(),
            sex,
            birthdate: date(4)?,
            postal_code: kotoba::PostalCode::canonical(text(6)),
            address: text(7).to_owned(),
        },
        died_on: if text(8).is_empty() { None } else { Some(date(8)?) },
    })
}
