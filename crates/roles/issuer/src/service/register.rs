//! Loading the resident register: one transaction a file, repeatable.

use std::io::Read;

use codes::{Custody, Direction, ExchangeId, KeyName, ResidentCode};
use my_number::MyNumber;
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::{
    file::{RegisterError, Rows},
    model::Resident,
    problems,
    store::{self as sql, SealedResident},
};

/// Rows sealed and written at a time.
const BATCH: usize = 4096;

/// What a load did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LoadReport {
    /// Rows of the file, all applied.
    pub residents: u64,
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
    let mut input = Rows::new(input)?;
    let (mut batch, mut rows) = (Vec::with_capacity(BATCH), 0);
    while let Some(resident) = input.next_row()? {
        batch.push(resident);
        rows += 1;
        if batch.len() == BATCH {
            put(tx, custody, &mut batch)?;
        }
    }
    put(tx, custody, &mut batch)?;
    Ok(rows)
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
