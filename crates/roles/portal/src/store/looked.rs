//! What is remembered of the logs, and whose objections are whose.

use codes::ExchangeId;
use store::{Reader, StoreError, Tx, params};

/// Remembers a head if it is the largest seen; answers the largest seen before, or this one.
pub fn head(
    tx: &mut Tx<'_>,
    origin: &str,
    size: u64,
    root: &[u8; 32],
) -> Result<(u64, [u8; 32]), StoreError> {
    let size_row = i64::try_from(size).unwrap_or(i64::MAX);
    let known =
        tx.query_one("SELECT size, root FROM head_seen WHERE origin = $1", params![origin], |row| {
            Ok((row.int(0)?, row.array(1)?))
        })?;
    tx.execute(
        "INSERT INTO head_seen (origin, size, root) VALUES ($1, $2, $3)
         ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root
         WHERE head_seen.size < excluded.size",
        params![origin, size_row, root],
    )?;
    Ok(known.map_or((size, *root), |(size, root)| (u64::try_from(size).unwrap_or(0), root)))
}

/// Remembers the digest of a month that was not shown before; answers the one that is remembered.
pub fn month(
    tx: &mut Tx<'_>,
    person: &[u8; 32],
    month: &str,
    digest: &[u8; 32],
) -> Result<[u8; 32], StoreError> {
    tx.execute(
        "INSERT INTO month_seen (person, month, digest) VALUES ($1, $2, $3) ON CONFLICT (person, month) DO NOTHING",
        params![person, month, digest],
    )?;
    let known = tx.query_one(
        "SELECT digest FROM month_seen WHERE person = $1 AND month = $2",
        params![person, month],
        |row| row.array(0),
    )?;
    Ok(known.unwrap_or(*digest))
}

/// Remembers whose an objection is.
pub fn put_objection(
    tx: &mut Tx<'_>,
    person: &[u8; 32],
    objection: &ExchangeId,
    at: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO objection (person, objection, filed_at) VALUES ($1, $2, $3)
         ON CONFLICT (person, objection) DO NOTHING",
        params![person, objection.as_bytes(), at],
    )?;
    Ok(())
}

/// A person's objections, newest first.
pub fn objections(
    c: &mut Reader<'_>,
    person: &[u8; 32],
    limit: usize,
) -> Result<Vec<ExchangeId>, StoreError> {
    c.query(
        "SELECT objection FROM objection WHERE person = $1 ORDER BY filed_at DESC LIMIT $2",
        params![person, i64::try_from(limit).unwrap_or(i64::MAX)],
        |row| Ok(ExchangeId::from_bytes(row.array(0)?)),
    )
}
