//! Both sides' records of exchange, and how far each ledger was read.

use calendar::{Date, Timestamp};
use codes::{ExchangeId, OrgId};
use store::{Reader, Row, StoreError, Tx, params};

use super::witness::int;
use crate::model::{Kept, Progress};

/// Keeps records of one role and how far its ledger was read; a record that is there already stays as it is.
pub fn put(
    tx: &mut Tx<'_>,
    organisation: &OrgId,
    records: &[(protocol::oversight::SideRecord, String)],
    next: u64,
    at: i64,
) -> Result<(), StoreError> {
    let organisation = organisation.to_string();
    for (record, body) in records {
        let flags: Vec<&str> = record.flags.iter().map(|flag| flag.as_str()).collect();
        let staff = record.staff.as_ref().map(ToString::to_string);
        tx.execute(
            "INSERT INTO side (exchange, organisation, place, at, day, side, asker, staff, person, purpose, flags,
                 refused, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             ON CONFLICT (exchange, organisation, place) DO NOTHING",
            params![
                &record.exchange.to_string(),
                &organisation,
                int(record.index),
                record.at.as_millis(),
                &record.at.date().to_string(),
                record.side.as_str(),
                &record.asker.to_string(),
                staff.as_deref(),
                record.person.as_deref(),
                record.purpose.map(access::Purpose::as_str),
                &flags.join(" "),
                record.refused.as_deref(),
                body
            ],
        )?;
    }
    tx.execute(
        "INSERT INTO progress (organisation, next, at) VALUES ($1, $2, $3)
         ON CONFLICT (organisation) DO UPDATE SET next = excluded.next, at = excluded.at, trouble = NULL",
        params![&organisation, int(next), at],
    )?;
    Ok(())
}

/// Keeps why a role's ledger could not be read.
pub fn trouble(tx: &mut Tx<'_>, organisation: &OrgId, why: &str, at: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO progress (organisation, next, at, trouble) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organisation) DO UPDATE SET trouble = excluded.trouble",
        params![&organisation.to_string(), 0_i64, at, why],
    )?;
    Ok(())
}

/// How far every ledger was read.
pub fn progress(c: &mut Reader<'_>) -> Result<Vec<Progress>, StoreError> {
    c.query("SELECT organisation, next, at, trouble FROM progress ORDER BY organisation", params![], |row| {
        Ok(Progress {
            organisation: row.parse(0)?,
            next: row.int(1)?.try_into().unwrap_or_default(),
            at: Timestamp::from_millis(row.int(2)?),
            trouble: row.opt_text(3)?.map(ToOwned::to_owned),
        })
    })
}

/// All sides of one exchange, in the order of time.
pub fn of_exchange(c: &mut Reader<'_>, exchange: &ExchangeId) -> Result<Vec<Kept>, StoreError> {
    c.query(
        "SELECT organisation, body FROM side WHERE exchange = $1 ORDER BY at, organisation, place",
        params![&exchange.to_string()],
        kept,
    )
}

/// All records of a time, in the order of exchanges.
pub fn between(c: &mut Reader<'_>, from: i64, until: i64, most: i64) -> Result<Vec<Kept>, StoreError> {
    c.query(
        "SELECT organisation, body FROM side WHERE at >= $1 AND at < $2 ORDER BY exchange, at LIMIT $3",
        params![from, until, most],
        kept,
    )
}

/// Days on which anything was recorded, newest first.
pub fn days(c: &mut Reader<'_>, most: i64) -> Result<Vec<Date>, StoreError> {
    c.query("SELECT DISTINCT day FROM side ORDER BY day DESC LIMIT $1", params![most], |row| row.parse(0))
}

/// How many records are kept.
pub fn count(c: &mut Reader<'_>) -> Result<i64, StoreError> {
    Ok(c.query_one("SELECT count(*) FROM side", params![], |row| row.int(0))?.unwrap_or(0))
}

fn kept(row: &Row<'_>) -> Result<Kept, StoreError> {
    let record = serde_json::from_str(row.text(1)?)
        .map_err(|error| StoreError::decode(1, "a record of exchange", error))?;
    Ok(Kept { organisation: row.parse(0)?, record })
}
