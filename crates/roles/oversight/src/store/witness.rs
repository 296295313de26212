//! Heads of ledgers and alarms.

use calendar::Timestamp;
use ledger::{Hash, WitnessedHead};
use store::{Reader, Row, StoreError, Tx, params};

use crate::model::{Alarm, AlarmKind, Witnessed};

/// The head of a ledger that was cosigned last.
pub fn head(c: &mut Reader<'_>, origin: &str) -> Result<Option<WitnessedHead>, StoreError> {
    c.query_one("SELECT size, root FROM witnessed WHERE origin = $1", params![origin], |row| {
        Ok(WitnessedHead { size: row.int(0)?.try_into().unwrap_or_default(), root: Hash(row.array(1)?) })
    })
}

/// Remembers a head about to be cosigned.
pub fn put_head(tx: &mut Tx<'_>, origin: &str, head: &WitnessedHead, at: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO witnessed (origin, size, root, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, at = excluded.at",
        params![origin, int(head.size), &head.root.0, at],
    )?;
    Ok(())
}

/// Every ledger's newest cosigned head.
pub fn heads(c: &mut Reader<'_>) -> Result<Vec<Witnessed>, StoreError> {
    c.query("SELECT origin, size, root, at FROM witnessed ORDER BY origin", params![], |row| {
        Ok(Witnessed {
            origin: row.text(0)?.to_owned(),
            size: row.int(1)?.try_into().unwrap_or_default(),
            root: Hash(row.array(2)?),
            at: Timestamp::from_millis(row.int(3)?),
        })
    })
}

/// Raises an alarm, or counts it again; true when it is new or was closed.
pub fn raise(tx: &mut Tx<'_>, alarm: &Alarm) -> Result<bool, StoreError> {
    let known =
        tx.query_one("SELECT closed_at FROM alarm WHERE digest = $1", params![&alarm.digest], |row| {
            row.opt_int(0)
        })?;
    let at = alarm.at.as_millis();
    tx.execute(
        "INSERT INTO alarm (digest, at, origin, kind, what_ja, what_en, evidence, last_at, times)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (digest) DO UPDATE SET last_at = excluded.last_at, times = alarm.times + 1,
             closed_at = NULL, closed_by = NULL, words = NULL",
        params![
            &alarm.digest,
            at,
            &alarm.origin,
            alarm.kind.as_str(),
            &alarm.what.0,
            &alarm.what.1,
            &alarm.evidence,
            at,
            1_i64
        ],
    )?;
    Ok(known.is_none_or(|closed| closed.is_some()))
}

/// Alarms, open ones first, then newest first.
pub fn alarms(c: &mut Reader<'_>, most: i64) -> Result<Vec<Alarm>, StoreError> {
    c.query(
        "SELECT digest, at, origin, kind, what_ja, what_en, evidence, last_at, times, closed_at, closed_by, words
         FROM alarm ORDER BY CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END, last_at DESC LIMIT $1",
        params![most],
        alarm,
    )
}

/// An officer closes an alarm; false when there is no such open one.
pub fn close(
    tx: &mut Tx<'_>,
    digest: &[u8; 32],
    officer: &str,
    words: &str,
    at: i64,
) -> Result<bool, StoreError> {
    let closed = tx.execute(
        "UPDATE alarm SET closed_at = $1, closed_by = $2, words = $3 WHERE digest = $4 AND closed_at IS NULL",
        params![at, officer, words, digest],
    )?;
    Ok(closed == 1)
}

fn alarm(row: &Row<'_>) -> Result<Alarm, StoreError> {
    let text = |column| Ok::<_, StoreError>(row.opt_text(column)?.unwrap_or_default().to_owned());
    let closed = match row.opt_int(9)? {
        Some(at) => Some((Timestamp::from_millis(at), text(10)?, text(11)?)),
        None => None,
    };
    Ok(Alarm {
        digest: row.array(0)?,
        at: Timestamp::from_millis(row.int(1)?),
        origin: text(2)?,
        kind: AlarmKind::parse(row.text(3)?),
        what: (text(4)?, text(5)?),
        evidence: text(6)?,
        last: (Timestamp::from_millis(row.int(7)?), row.int(8)?.try_into().unwrap_or_default()),
        closed,
    })
}

pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
