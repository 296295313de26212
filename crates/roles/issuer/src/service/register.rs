//! Loading the resident register: one transaction a file, repeatable.

use std::io::Read;

use calendar::Date;
use codes::{Custody, Direction, ExchangeId, KeyName, ResidentCode};
use csv::StringRecord;
use my_number::MyNumber;
use protocol::eligibility::{Person, Sex};
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::{
    model::Resident,
    problems,
    store::{self as sql, SealedResident},
};

/// The columns of the register's file that the issuer reads (docs/formats/issuer-residents.md).
const COLUMNS: [&str; 9] =
    ["resident_code", "my_number", "name", "kana", "birth", "sex", "postal_code", "address", "removed_on"];

/// Rows sealed and written at a time.
const BATCH: usize = 4096;

/// What a load did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LoadReport {
    /// Rows of the file, all applied.
    pub residents: u64,
}

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

impl Service {
    /// Loads the register's file: all of it or nothing. Loading it again changes nothing.
    ///
    /// `open` is called once a try, so that the store may run the transaction again.
    ///
    /// # Errors
    /// See [`RegisterError`].
    pub async fn load_residents<R: Read>(
        &self,
        open: impl Fn() -> std::io::Result<R> + Send + 'static,
    ) -> Result<LoadReport, RegisterError> {
        let custody = self.custody.clone();
        let residents = self
            .db
            .write(move |tx| {
                let input = open().map_err(|e| RegisterError::Csv { line: 0, what: e.to_string() })?;
                load(tx, &*custody, input)
            })
            .await?;
        let exchange = ExchangeId::new(self.clock.now().as_millis());
        self.log("issuer.load-register", None, exchange, json!({ "residents": residents }))
            .await
            .map_err(|p| RegisterError::Internal(p.code().to_owned()))?;
        Ok(LoadReport { residents })
    }
}

fn load(tx: &mut store::Tx<'_>, custody: &dyn Custody, input: impl Read) -> Result<u64, RegisterError> {
    let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let headers = csv.headers().map_err(|e| unreadable(&e))?.clone();
    let mut at = [0; COLUMNS.len()];
    for (slot, column) in at.iter_mut().zip(COLUMNS) {
        *slot = headers.iter().position(|h| h == column).ok_or(RegisterError::Column(column))?;
    }
    let (mut record, mut batch, mut rows) = (StringRecord::new(), Vec::with_capacity(BATCH), 0);
    while csv.read_record(&mut record).map_err(|e| unreadable(&e))? {
        batch.push(resident(&record, &at)?);
        rows += 1;
        if batch.len() == BATCH {
            put(tx, custody, &mut batch)?;
        }
    }
    put(tx, custody, &mut batch)?;
    Ok(rows)
}

fn unreadable(error: &csv::Error) -> RegisterError {
    RegisterError::Csv { line: error.position().map_or(0, csv::Position::line), what: error.to_string() }
}

fn put(
    tx: &mut store::Tx<'_>,
    custody: &dyn Custody,
    batch: &mut Vec<Resident>,
) -> Result<(), RegisterError> {
    let mut rows = seal(custody, batch).map_err(|e| RegisterError::Internal(e.to_string()))?;
    rows.sort_unstable_by(|a, b| a.my_number.as_bytes().cmp(b.my_number.as_bytes()));
    sql::put_residents(tx, &rows)?;
    batch.clear();
    Ok(())
}

fn seal(custody: &dyn Custody, batch: &[Resident]) -> Result<Vec<SealedResident>, codes::CustodyError> {
    let numbers: Vec<MyNumber> = batch.iter().map(|r| r.my_number.clone()).collect();
    let numbers = MyNumber::seal_all(&numbers, custody)?;
    let mut residents: Vec<[u8; 16]> = batch.iter().map(|r| resident_block(r.resident)).collect();
    custody.permute(&KeyName::MY_NUMBER, None, Direction::Encrypt, &mut residents)?;
    let rows = batch.iter().zip(numbers).zip(residents);
    rows.map(|((row, my_number), resident)| {
        let person = serde_json::to_vec(&row.person).unwrap_or_default();
        let person = custody.seal_row(&KeyName::ROW_SEAL, my_number.as_bytes(), &person)?;
        Ok(SealedResident { my_number, resident, person, died_on: row.died_on.map(|d| d.to_string()) })
    })
    .collect()
}

/// First byte of a resident code's block: a My Number's block begins with zero, so under the one permutation
/// key the two can never be taken for one another.
const RESIDENT_TAG: u128 = 0x52 << 120;

fn resident_block(resident: ResidentCode) -> [u8; 16] {
    (RESIDENT_TAG | u128::from(resident.value())).to_be_bytes()
}

/// Opens sealed resident codes in a batch.
pub(super) fn open_residents(
    custody: &dyn Custody,
    mut blocks: Vec<[u8; 16]>,
) -> Result<Vec<ResidentCode>, Problem> {
    custody
        .permute(&KeyName::MY_NUMBER, None, Direction::Decrypt, &mut blocks)
        .map_err(problems::internal)?;
    blocks
        .into_iter()
        .map(|block| {
            let value = u128::from_be_bytes(block) ^ RESIDENT_TAG;
            let value = u64::try_from(value).map_err(problems::internal)?;
            ResidentCode::from_value(value).map_err(problems::internal)
        })
        .collect()
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
