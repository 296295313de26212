//! Orders, signed-off tables and versions of the assessment.

use calendar::Timestamp;
use store::{Reader, Row, StoreError, Tx, params};

use super::witness::int;
use crate::model::{Act, Ordered, SignedOff};

/// The next serial: orders and sign-offs are counted together.
pub fn next_serial(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    let of = |row: &Row<'_>| row.opt_int(0);
    let ordered = tx.query_one("SELECT max(serial) FROM ordered", params![], of)?.flatten();
    let signed = tx.query_one("SELECT max(serial) FROM signed_off", params![], of)?.flatten();
    Ok(ordered.max(signed).and_then(|last| u64::try_from(last).ok()).unwrap_or(0) + 1)
}

/// Keeps an order.
pub fn order(tx: &mut Tx<'_>, ordered: &Ordered) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO ordered (serial, at, organisation, act, reason, officer, place)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            int(ordered.serial),
            ordered.at.as_millis(),
            &ordered.organisation.to_string(),
            ordered.act.as_str(),
            &ordered.reason,
            &ordered.officer,
            int(ordered.place)
        ],
    )?;
    Ok(())
}

/// All orders, oldest first.
pub fn orders(c: &mut Reader<'_>) -> Result<Vec<Ordered>, StoreError> {
    c.query(
        "SELECT serial, at, organisation, act, reason, officer, place FROM ordered ORDER BY serial",
        params![],
        |row| {
            let act = Act::parse(row.text(3)?).ok_or_else(|| StoreError::decode(3, "an act", "unknown"))?;
            Ok(Ordered {
                serial: number(row, 0)?,
                at: Timestamp::from_millis(row.int(1)?),
                organisation: row.parse(2)?,
                act,
                reason: row.text(4)?.to_owned(),
                officer: row.text(5)?.to_owned(),
                place: number(row, 6)?,
            })
        },
    )
}

/// Keeps that a table was signed off.
pub fn sign_off(tx: &mut Tx<'_>, signed: &SignedOff) -> Result<(), StoreError> {
    let rules = serde_json::to_string(&signed.rules);
    let rules = rules.map_err(|error| StoreError::decode(4, "digests of rules", error))?;
    tx.execute(
        "INSERT INTO signed_off (serial, at, version, digest, rules, officer, place)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            int(signed.serial),
            signed.at.as_millis(),
            &signed.version,
            &signed.digest,
            &rules,
            &signed.officer,
            int(signed.place)
        ],
    )?;
    Ok(())
}

/// All sign-offs, newest first.
pub fn signed_off(c: &mut Reader<'_>) -> Result<Vec<SignedOff>, StoreError> {
    c.query(
        "SELECT serial, at, version, digest, rules, officer, place FROM signed_off ORDER BY serial DESC",
        params![],
        |row| {
            let rules = serde_json::from_str(row.text(4)?);
            Ok(SignedOff {
                serial: number(row, 0)?,
                at: Timestamp::from_millis(row.int(1)?),
                version: row.text(2)?.to_owned(),
                digest: row.text(3)?.to_owned(),
                rules: rules.map_err(|error| StoreError::decode(4, "digests of rules", error))?,
                officer: row.text(5)?.to_owned(),
                place: number(row, 6)?,
            })
        },
    )
}

/// A version of the assessment: number, time, digest, body, place in the ledger.
pub type AssessmentRow = (u64, Timestamp, String, String, u64);

/// Keeps a version of the assessment.
pub fn put_assessment(tx: &mut Tx<'_>, row: &AssessmentRow) -> Result<(), StoreError> {
    let (version, at, digest, body, place) = row;
    tx.execute(
        "INSERT INTO assessment (version, at, digest, body, place) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (version) DO NOTHING",
        params![int(*version), at.as_millis(), digest, body, int(*place)],
    )?;
    Ok(())
}

/// The versions of the assessment, newest first.
pub fn assessments(c: &mut Reader<'_>, most: i64) -> Result<Vec<AssessmentRow>, StoreError> {
    c.query(
        "SELECT version, at, digest, body, place FROM assessment ORDER BY version DESC LIMIT $1",
        params![most],
        |row| {
            let at = Timestamp::from_millis(row.int(1)?);
            Ok((number(row, 0)?, at, row.text(2)?.to_owned(), row.text(3)?.to_owned(), number(row, 4)?))
        },
    )
}

fn number(row: &Row<'_>, column: usize) -> Result<u64, StoreError> {
    Ok(row.int(column)?.try_into().unwrap_or_default())
}
