//! Every SQL statement of the portal.

pub mod apps;
pub mod looked;
pub mod notices;
pub mod people;
pub mod record;

use calendar::Timestamp;
use store::{Migration, Reader, StoreError, Tx, params};

use crate::model::{VisitKey, VisitLine};

/// The portal's tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "sessions", sql: include_str!("../migrations/0001_sessions.sql") },
    Migration { version: 2, name: "people", sql: include_str!("../migrations/0002_people.sql") },
    Migration { version: 3, name: "record", sql: include_str!("../migrations/0003_record.sql") },
];

/// A visit's row.
pub struct VisitRow {
    /// Under which the portal's tables know the person.
    pub person: [u8; 32],
    /// Begin, last look, end: Unix milliseconds.
    pub times: (i64, i64, i64),
    /// The bearer, sealed.
    pub sealed: Vec<u8>,
    /// The mandate by which they act for another.
    pub acting: Option<[u8; 16]>,
}

/// Begins a visit.
pub fn begin(tx: &mut Tx<'_>, key: &VisitKey, row: &VisitRow, device: &str) -> Result<(), StoreError> {
    let (begun, seen, until) = row.times;
    tx.execute(
        "INSERT INTO visit (token, person, begun_at, seen_at, until, device, sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![&key.0, &row.person, begun, seen, until, device, &row.sealed],
    )?;
    Ok(())
}

/// A visit that has not ended at `now`.
pub fn visit(c: &mut Reader<'_>, key: &VisitKey, now: i64) -> Result<Option<VisitRow>, StoreError> {
    c.query_one(
        "SELECT person, begun_at, seen_at, until, sealed, acting FROM visit WHERE token = $1 AND until > $2",
        params![&key.0, now],
        |row| {
            Ok(VisitRow {
                person: row.array(0)?,
                times: (row.int(1)?, row.int(2)?, row.int(3)?),
                sealed: row.bytes(4)?.to_vec(),
                acting: row.opt_bytes(5)?.and_then(|bytes| bytes.try_into().ok()),
            })
        },
    )
}

/// A page was opened: the visit goes on until `until`.
pub fn touch(tx: &mut Tx<'_>, key: &VisitKey, now: i64, until: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE visit SET seen_at = $1, until = $2 WHERE token = $3", params![now, until, &key.0])?;
    Ok(())
}

/// The visits of a person that have not ended, newest first.
pub fn visits(c: &mut Reader<'_>, person: &[u8; 32], now: i64) -> Result<Vec<VisitLine>, StoreError> {
    c.query(
        "SELECT token, begun_at, seen_at, until, device FROM visit WHERE person = $1 AND until > $2
         ORDER BY begun_at DESC",
        params![person, now],
        |row| {
            Ok(VisitLine {
                key: VisitKey(row.array(0)?),
                begun_at: Timestamp::from_millis(row.int(1)?),
                seen_at: Timestamp::from_millis(row.int(2)?),
                until: Timestamp::from_millis(row.int(3)?),
                device: row.text(4)?.to_owned(),
            })
        },
    )
}

/// Ends a visit of a person; false when it is none of theirs.
pub fn end(tx: &mut Tx<'_>, key: &VisitKey, person: &[u8; 32]) -> Result<bool, StoreError> {
    tx.execute("DELETE FROM visit WHERE token = $1 AND person = $2", params![&key.0, person])
        .map(|ended| ended > 0)
}

/// Ends every visit of a person but this one.
pub fn end_others(tx: &mut Tx<'_>, key: &VisitKey, person: &[u8; 32]) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM visit WHERE person = $1 AND token <> $2", params![person, &key.0])
}

/// Forgets the visits that ended by themselves.
pub fn sweep(tx: &mut Tx<'_>, now: i64) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM visit WHERE until <= $1", params![now])
}

/// Keeps how a person calls a team or a proxy, sealed.
pub fn keep_name(tx: &mut Tx<'_>, person: &[u8; 32], thing: &str, sealed: &[u8]) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO kept_name (person, thing, sealed) VALUES ($1, $2, $3)
         ON CONFLICT (person, thing) DO UPDATE SET sealed = excluded.sealed",
        params![person, thing, sealed],
    )?;
    Ok(())
}

/// The names that a person keeps here, sealed, by what they name.
pub fn names(c: &mut Reader<'_>, person: &[u8; 32]) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    c.query("SELECT thing, sealed FROM kept_name WHERE person = $1", params![person], |row| {
        Ok((row.text(0)?.to_owned(), row.bytes(1)?.to_vec()))
    })
}
