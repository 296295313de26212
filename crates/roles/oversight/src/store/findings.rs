//! What the rules found, and what officers looked into.

use calendar::Timestamp;
use codes::ExchangeId;
use store::{Reader, Row, StoreError, Tx, params};

use super::witness::int;
use crate::model::Finding;

/// Writes down what a rule found. What is open is counted anew; what an officer closed stays closed.
pub fn put(tx: &mut Tx<'_>, finding: &Finding) -> Result<(), StoreError> {
    let pair = |(ja, en): &(String, String)| format!("{ja}\n{en}");
    tx.execute(
        "INSERT INTO finding (rule, subject, day, organisation, staff, value, base, found_at, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (rule, subject, day) DO UPDATE SET value = excluded.value, base = excluded.base
         WHERE finding.state = 'open'",
        params![
            &finding.rule,
            &finding.subject,
            &finding.day.to_string(),
            &finding.organisation.to_string(),
            finding.staff.as_deref(),
            &pair(&finding.value),
            &pair(&finding.base),
            finding.found_at.as_millis(),
            "open"
        ],
    )?;
    Ok(())
}

/// Findings, open ones first, then newest first.
pub fn list(c: &mut Reader<'_>, most: i64) -> Result<Vec<Finding>, StoreError> {
    c.query(
        "SELECT rule, subject, day, organisation, staff, value, base, found_at, state, officer, words FROM finding
         ORDER BY CASE WHEN state = 'open' THEN 0 ELSE 1 END, day DESC, rule, subject LIMIT $1",
        params![most],
        finding,
    )
}

/// How many are open.
pub fn open(c: &mut Reader<'_>) -> Result<i64, StoreError> {
    let one =
        c.query_one("SELECT count(*) FROM finding WHERE state = 'open'", params![], |row| row.int(0))?;
    Ok(one.unwrap_or(0))
}

/// An officer closes a finding; false when there is no such open one.
pub fn close(
    tx: &mut Tx<'_>,
    key: &(String, String, String),
    officer: &str,
    words: &str,
) -> Result<bool, StoreError> {
    let (rule, subject, day) = key;
    let closed = tx.execute(
        "UPDATE finding SET state = 'closed', officer = $1, words = $2
         WHERE rule = $3 AND subject = $4 AND day = $5 AND state = 'open'",
        params![officer, words, rule, subject, day],
    )?;
    Ok(closed == 1)
}

/// Writes down that an officer looked into an exchange or objection.
pub fn looked(
    tx: &mut Tx<'_>,
    exchange: &ExchangeId,
    at: i64,
    officer: &str,
    place: u64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO look (exchange, at, officer, place) VALUES ($1, $2, $3, $4)
         ON CONFLICT (exchange, at, place) DO NOTHING",
        params![&exchange.to_string(), at, officer, int(place)],
    )?;
    Ok(())
}

/// The looks into one exchange, newest first: time, officer, place in the ledger.
pub fn looks(c: &mut Reader<'_>, exchange: &ExchangeId) -> Result<Vec<(Timestamp, String, u64)>, StoreError> {
    c.query(
        "SELECT at, officer, place FROM look WHERE exchange = $1 ORDER BY at DESC",
        params![&exchange.to_string()],
        |row| {
            let place = row.int(2)?.try_into().unwrap_or_default();
            Ok((Timestamp::from_millis(row.int(0)?), row.text(1)?.to_owned(), place))
        },
    )
}

fn finding(row: &Row<'_>) -> Result<Finding, StoreError> {
    let pair = |text: &str| {
        let (ja, en) = text.split_once('\n').unwrap_or((text, text));
        (ja.to_owned(), en.to_owned())
    };
    let closed = (row.text(8)? != "open").then(|| {
        let text = |column| row.opt_text(column).map(|text| text.unwrap_or_default().to_owned());
        Ok::<_, StoreError>((text(9)?, text(10)?))
    });
    Ok(Finding {
        rule: row.text(0)?.to_owned(),
        subject: row.text(1)?.to_owned(),
        day: row.parse(2)?,
        organisation: row.parse(3)?,
        staff: row.opt_text(4)?.map(ToOwned::to_owned),
        value: pair(row.text(5)?),
        base: pair(row.text(6)?),
        found_at: Timestamp::from_millis(row.int(7)?),
        closed: closed.transpose()?,
    })
}
