//! Card reads, quotas, and what happened about a person by place in the ledger.

use std::ops::Range;

use calendar::Timestamp;
use codes::OrgId;
use store::{Reader, StoreError, Tx, params};

use crate::model::PersonKey;

/// Remembers that the person's card was read there.
pub fn put_presence(
    tx: &mut Tx<'_>,
    person: &PersonKey,
    organisation: &OrgId,
    receipt: &[u8; 32],
    at: Timestamp,
) -> Result<(), StoreError> {
    let organisation = organisation.to_string();
    let fresh = tx.execute(
        "INSERT INTO presence (person, organisation, receipt, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person, organisation, receipt) DO NOTHING",
        params![person.as_bytes(), &organisation, receipt, at.as_millis()],
    )?;
    if fresh == 1 {
        count(tx, &organisation, &at.date().to_string(), 1, 0)?;
    }
    Ok(())
}

/// The newest card read of the person there since `since`; with the digest of a receipt, the one of that receipt.
pub fn presence(
    c: &mut Reader<'_>,
    person: &PersonKey,
    organisation: &OrgId,
    receipt: Option<&[u8; 32]>,
    since: i64,
) -> Result<Option<i64>, StoreError> {
    let organisation = organisation.to_string();
    let newest = |row: &store::Row<'_>| row.int(0);
    match receipt {
        None => c.query_one(
            "SELECT at FROM presence WHERE person = $1 AND organisation = $2 AND at >= $3
             ORDER BY at DESC LIMIT 1",
            params![person.as_bytes(), &organisation, since],
            newest,
        ),
        Some(receipt) => c.query_one(
            "SELECT at FROM presence WHERE person = $1 AND organisation = $2 AND receipt = $3 AND at >= $4",
            params![person.as_bytes(), &organisation, receipt, since],
            newest,
        ),
    }
}

/// Counts an exchange asked.
pub fn count_asked(tx: &mut Tx<'_>, organisation: &OrgId, day: &str) -> Result<(), StoreError> {
    count(tx, &organisation.to_string(), day, 0, 1)
}

/// How much an organisation asked on `day`, and how many card reads it registered from `since` on.
pub fn usage(
    c: &mut Reader<'_>,
    organisation: &OrgId,
    day: &str,
    since: &str,
) -> Result<(i64, i64), StoreError> {
    let (mut asked, mut presences) = (0, 0);
    c.for_each(
        "SELECT day, asked, presences FROM usage WHERE organisation = $1 AND day >= $2",
        params![&organisation.to_string(), since],
        |row| {
            if row.text(0)? == day {
                asked = row.int(1)?;
            }
            presences += row.int(2)?;
            Ok(true)
        },
    )?;
    Ok((asked, presences))
}

/// How far the ledger was read into the events.
pub fn progress(c: &mut Reader<'_>) -> Result<u64, StoreError> {
    let next = c.query_one("SELECT next FROM event_progress WHERE one = 1", params![], |row| row.int(0))?;
    Ok(next.and_then(|next| u64::try_from(next).ok()).unwrap_or(0))
}

/// Events read from the ledger: digest of the person and place, up to `next`.
pub fn put_events(tx: &mut Tx<'_>, events: &[([u8; 32], u64)], next: u64) -> Result<(), StoreError> {
    for (person, entry) in events {
        tx.execute(
            "INSERT INTO event (person, entry) VALUES ($1, $2) ON CONFLICT (person, entry) DO NOTHING",
            params![person, i64::try_from(*entry).unwrap_or(i64::MAX)],
        )?;
    }
    tx.execute(
        "INSERT INTO event_progress (one, next) VALUES (1, $1)
         ON CONFLICT (one) DO UPDATE SET next = excluded.next WHERE event_progress.next < excluded.next",
        params![i64::try_from(next).unwrap_or(i64::MAX)],
    )?;
    Ok(())
}

/// Places in the ledger of what happened about a person, newest first, from `places.start` on and before `places.end`.
pub fn events(
    c: &mut Reader<'_>,
    person: &[u8; 32],
    places: Range<u64>,
    limit: i64,
) -> Result<Vec<u64>, StoreError> {
    let bound = |place: u64| i64::try_from(place).unwrap_or(i64::MAX);
    c.query(
        "SELECT entry FROM event WHERE person = $1 AND entry >= $2 AND entry < $3 ORDER BY entry DESC LIMIT $4",
        params![person, bound(places.start), bound(places.end), limit],
        |row| u64::try_from(row.int(0)?).map_err(|_| StoreError::decode(0, "a place", "a negative number")),
    )
}

fn count(
    tx: &mut Tx<'_>,
    organisation: &str,
    day: &str,
    presences: i64,
    asked: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO usage (organisation, day, presences, asked) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organisation, day) DO UPDATE SET
         presences = usage.presences + excluded.presences, asked = usage.asked + excluded.asked",
        params![organisation, day, presences, asked],
    )?;
    Ok(())
}
