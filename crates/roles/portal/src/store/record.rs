//! What a person gathered, kept and said about the record.

use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use store::{Reader, StoreError, Tx, params};

use crate::model::VisitKey;

/// A kept copy as its list shows it.
#[derive(Clone, Debug)]
pub struct CopyLine {
    /// Its key.
    pub id: ExchangeId,
    /// When it was kept.
    pub at: Timestamp,
    /// How many resources.
    pub resources: i64,
}

/// A request for correction as the table has it.
#[derive(Clone, Debug)]
pub struct CorrectionRow {
    /// Its key.
    pub id: ExchangeId,
    /// When it was sent.
    pub at: Timestamp,
    /// To whom.
    pub holder: OrgId,
    /// The newest state that is known.
    pub state: String,
    /// Words and item, sealed.
    pub sealed: Vec<u8>,
}

/// Puts what was gathered in the place of what the visit had.
pub fn put_gathered(tx: &mut Tx<'_>, visit: &VisitKey, at: i64, sealed: &[u8]) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO gathered (visit, at, sealed) VALUES ($1, $2, $3)
         ON CONFLICT (visit) DO UPDATE SET at = excluded.at, sealed = excluded.sealed",
        params![&visit.0, at, sealed],
    )?;
    Ok(())
}

/// What the visit gathered.
pub fn gathered(c: &mut Reader<'_>, visit: &VisitKey) -> Result<Option<Vec<u8>>, StoreError> {
    c.query_one("SELECT sealed FROM gathered WHERE visit = $1", params![&visit.0], |row| {
        Ok(row.bytes(0)?.to_vec())
    })
}

/// Forgets what belongs to visits that have ended.
pub fn forget_gathered(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM gathered WHERE visit NOT IN (SELECT token FROM visit)", params![])
}

/// Keeps a copy.
pub fn keep(tx: &mut Tx<'_>, person: &[u8; 32], line: &CopyLine, sealed: &[u8]) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO kept_copy (person, id, at, resources, sealed) VALUES ($1, $2, $3, $4, $5)",
        params![person, line.id.as_bytes(), line.at.as_millis(), line.resources, sealed],
    )?;
    Ok(())
}

/// The copies of a person, newest first.
pub fn copies(c: &mut Reader<'_>, person: &[u8; 32]) -> Result<Vec<CopyLine>, StoreError> {
    c.query(
        "SELECT id, at, resources FROM kept_copy WHERE person = $1 ORDER BY at DESC",
        params![person],
        |row| {
            let id = ExchangeId::from_bytes(row.array(0)?);
            Ok(CopyLine { id, at: Timestamp::from_millis(row.int(1)?), resources: row.int(2)? })
        },
    )
}

/// One copy, sealed.
pub fn copy(c: &mut Reader<'_>, person: &[u8; 32], id: &ExchangeId) -> Result<Option<Vec<u8>>, StoreError> {
    c.query_one(
        "SELECT sealed FROM kept_copy WHERE person = $1 AND id = $2",
        params![person, id.as_bytes()],
        |row| Ok(row.bytes(0)?.to_vec()),
    )
}

/// Deletes a copy; false when there was none.
pub fn delete_copy(tx: &mut Tx<'_>, person: &[u8; 32], id: &ExchangeId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM kept_copy WHERE person = $1 AND id = $2";
    tx.execute(sql, params![person, id.as_bytes()]).map(|gone| gone > 0)
}

/// Writes down a request before it is sent; the same key again changes nothing. True for a new one.
pub fn put_correction(tx: &mut Tx<'_>, person: &[u8; 32], row: &CorrectionRow) -> Result<bool, StoreError> {
    let new = tx.execute(
        "INSERT INTO correction (person, id, at, holder, state, sealed) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (person, id) DO NOTHING",
        params![
            person,
            row.id.as_bytes(),
            row.at.as_millis(),
            &row.holder.to_string(),
            &row.state,
            &row.sealed
        ],
    )?;
    Ok(new == 1)
}

/// The newest state of a request, with what the institution said.
pub fn set_correction(
    tx: &mut Tx<'_>,
    person: &[u8; 32],
    id: &ExchangeId,
    state: &str,
    sealed: &[u8],
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE correction SET state = $3, sealed = $4 WHERE person = $1 AND id = $2",
        params![person, id.as_bytes(), state, sealed],
    )?;
    Ok(())
}

/// The requests of a person, newest first.
pub fn corrections(c: &mut Reader<'_>, person: &[u8; 32]) -> Result<Vec<CorrectionRow>, StoreError> {
    c.query(
        "SELECT id, at, holder, state, sealed FROM correction WHERE person = $1 ORDER BY at DESC LIMIT 200",
        params![person],
        |row| {
            Ok(CorrectionRow {
                id: ExchangeId::from_bytes(row.array(0)?),
                at: Timestamp::from_millis(row.int(1)?),
                holder: row.parse(2)?,
                state: row.text(3)?.to_owned(),
                sealed: row.bytes(4)?.to_vec(),
            })
        },
    )
}
