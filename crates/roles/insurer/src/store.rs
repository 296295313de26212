//! Every SQL statement of the insurer.

use calendar::Date;
use my_number::SealedMyNumber;
use store::{Migration, Reader, Row, StoreError, Tx, params};

use crate::model::{Member, Record, ReportState};

/// The insurer's tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "members", sql: include_str!("../migrations/0001_members.sql") },
    Migration { version: 2, name: "front page", sql: include_str!("../migrations/0002_front_page.sql") },
];

/// Puts a membership; the one of the same member and first day is replaced.
pub fn put_member(tx: &mut Tx<'_>, member: &Member, at: i64) -> Result<(), StoreError> {
    let record = &member.record;
    tx.execute(
        "INSERT INTO member (my_number, qualified_on, insured_key, kana_key, name_key, is_open, record, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (my_number, qualified_on) DO UPDATE
         SET insured_key = excluded.insured_key, kana_key = excluded.kana_key, name_key = excluded.name_key,
             is_open = excluded.is_open, record = excluded.record, changed_at = excluded.changed_at",
        params![
            member.my_number.as_bytes(),
            &record.qualified_on.to_string(),
            record.insured.normalized().as_str(),
            &kotoba::fold_kana(&record.person.kana),
            &kotoba::fold_name(&record.person.name),
            record.disqualified_on.is_none(),
            &json(record)?,
            at
        ],
    )?;
    Ok(())
}

/// Removes a membership that never was.
pub fn remove_member(tx: &mut Tx<'_>, number: &SealedMyNumber, qualified_on: Date) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM member WHERE my_number = $1 AND qualified_on = $2",
        params![number.as_bytes(), &qualified_on.to_string()],
    )?;
    Ok(())
}

/// Keeps what a membership was made to be.
pub fn put_change(
    tx: &mut Tx<'_>,
    member: &Member,
    at: i64,
    report_id: &str,
    act: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO change (my_number, qualified_on, at, report_id, act, record) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (my_number, qualified_on, at, report_id) DO NOTHING",
        params![
            member.my_number.as_bytes(),
            &member.record.qualified_on.to_string(),
            at,
            report_id,
            act,
            &json(&member.record)?
        ],
    )?;
    Ok(())
}

/// Queues a report; `false` when one of the same name is known already.
pub fn put_report(
    tx: &mut Tx<'_>,
    report_id: &str,
    member: &Member,
    message: &[u8],
    at: i64,
) -> Result<bool, StoreError> {
    let fresh = tx.execute(
        "INSERT INTO report (report_id, my_number, qualified_on, state, message, outcome, queued_at)
         VALUES ($1, $2, $3, $4, $5, NULL, $6) ON CONFLICT (report_id) DO NOTHING",
        params![
            report_id,
            member.my_number.as_bytes(),
            &member.record.qualified_on.to_string(),
            ReportState::Waiting.as_str(),
            message,
            at
        ],
    )?;
    Ok(fresh == 1)
}

/// Records what the service said of a report.
pub fn answer_report(
    tx: &mut Tx<'_>,
    report_id: &str,
    state: ReportState,
    outcome: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE report SET state = $2, outcome = $3 WHERE report_id = $1",
        params![report_id, state.as_str(), outcome],
    )?;
    Ok(())
}

/// Names and sealed messages of reports that wait, oldest first.
pub fn waiting(c: &mut Reader<'_>, limit: i64) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    c.query(
        "SELECT report_id, message FROM report WHERE state = $1 ORDER BY queued_at, report_id LIMIT $2",
        params![ReportState::Waiting.as_str(), limit],
        |row| Ok((row.text(0)?.to_owned(), row.bytes(1)?.to_vec())),
    )
}

/// A report as the desk lists it.
pub struct Listed {
    /// Its name.
    pub report_id: String,
    /// The member it is about.
    pub my_number: SealedMyNumber,
    /// First day of the membership it is about.
    pub qualified_on: Date,
    /// Its state.
    pub state: ReportState,
    /// What the service said, JSON.
    pub outcome: Option<String>,
    /// When it was queued, Unix milliseconds.
    pub queued_at: i64,
}

/// Reports in one state, newest first.
pub fn reports(c: &mut Reader<'_>, state: ReportState, limit: i64) -> Result<Vec<Listed>, StoreError> {
    c.query(
        "SELECT report_id, my_number, qualified_on, state, outcome, queued_at FROM report
         WHERE state = $1 ORDER BY queued_at DESC, report_id DESC LIMIT $2",
        params![state.as_str(), limit],
        listed,
    )
}

/// Reports about one membership, newest first.
pub fn reports_of(
    c: &mut Reader<'_>,
    changes: &[(String, i64, String, Record)],
) -> Result<Vec<Listed>, StoreError> {
    let mut found = Vec::new();
    for (report_id, ..) in changes {
        found.extend(c.query_one(
            "SELECT report_id, my_number, qualified_on, state, outcome, queued_at FROM report WHERE report_id = $1",
            params![report_id],
            listed,
        )?);
    }
    Ok(found)
}

fn listed(row: &Row<'_>) -> Result<Listed, StoreError> {
    Ok(Listed {
        report_id: row.text(0)?.to_owned(),
        my_number: SealedMyNumber::from_bytes(row.array(1)?),
        qualified_on: row.parse(2)?,
        state: ReportState::from_word(row.text(3)?),
        outcome: row.opt_text(4)?.map(str::to_owned),
        queued_at: row.int(5)?,
    })
}

/// What a membership was made to be, newest first: report, time, act, record.
pub fn changes(
    c: &mut Reader<'_>,
    number: &SealedMyNumber,
    qualified_on: Date,
) -> Result<Vec<(String, i64, String, Record)>, StoreError> {
    c.query(
        "SELECT report_id, at, act, record FROM change WHERE my_number = $1 AND qualified_on = $2
         ORDER BY at DESC, report_id DESC",
        params![number.as_bytes(), &qualified_on.to_string()],
        |row| Ok((row.text(0)?.to_owned(), row.int(1)?, row.text(2)?.to_owned(), record(row, 3)?)),
    )
}

/// One membership.
pub fn member(
    c: &mut Reader<'_>,
    number: &SealedMyNumber,
    qualified_on: Date,
) -> Result<Option<Member>, StoreError> {
    c.query_one(
        "SELECT my_number, record FROM member WHERE my_number = $1 AND qualified_on = $2",
        params![number.as_bytes(), &qualified_on.to_string()],
        row_member,
    )
}

/// Memberships by a number printed on a certificate, prefix of the normalised form.
pub fn by_insured(c: &mut Reader<'_>, prefix: &str, limit: i64) -> Result<Vec<Member>, StoreError> {
    by_prefix(c, "insured_key", prefix, limit)
}

/// Memberships by reading, prefix of the folded form.
pub fn by_kana(c: &mut Reader<'_>, prefix: &str, limit: i64) -> Result<Vec<Member>, StoreError> {
    by_prefix(c, "kana_key", prefix, limit)
}

/// Memberships by name, prefix of the folded form.
pub fn by_name(c: &mut Reader<'_>, prefix: &str, limit: i64) -> Result<Vec<Member>, StoreError> {
    by_prefix(c, "name_key", prefix, limit)
}

/// The members whose record changed last.
pub fn latest(c: &mut Reader<'_>, limit: i64) -> Result<Vec<Member>, StoreError> {
    c.query(
        "SELECT my_number, record FROM member ORDER BY changed_at DESC, my_number LIMIT $1",
        params![limit],
        row_member,
    )
}

fn by_prefix(c: &mut Reader<'_>, column: &str, prefix: &str, limit: i64) -> Result<Vec<Member>, StoreError> {
    // The greatest code point closes the range: a prefix search that both stores answer from the index.
    let end = format!("{prefix}\u{10FFFF}");
    c.query(
        &format!(
            "SELECT my_number, record FROM member WHERE {column} >= $1 AND {column} < $2 ORDER BY {column} LIMIT $3"
        ),
        params![prefix, &end, limit],
        row_member,
    )
}

fn row_member(row: &Row<'_>) -> Result<Member, StoreError> {
    Ok(Member { my_number: SealedMyNumber::from_bytes(row.array(0)?), record: record(row, 1)? })
}

fn record(row: &Row<'_>, column: usize) -> Result<Record, StoreError> {
    serde_json::from_str(row.text(column)?).map_err(|e| StoreError::decode(column, "a member record", e))
}

fn json(record: &Record) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(|e| StoreError::decode(0, "a member record", e))
}

/// Remembers a file taken in; `false` when it was taken in before.
pub fn put_import(
    tx: &mut Tx<'_>,
    digest: &[u8; 32],
    name: &str,
    lines: u64,
    at: i64,
) -> Result<bool, StoreError> {
    let lines = i64::try_from(lines).unwrap_or(i64::MAX);
    let fresh = tx.execute(
        "INSERT INTO import (digest, name, line_count, at) VALUES ($1, $2, $3, $4) ON CONFLICT (digest) DO NOTHING",
        params![digest, name, lines, at],
    )?;
    Ok(fresh == 1)
}

/// Files taken in, newest first: name, lines, time.
pub fn imports(c: &mut Reader<'_>) -> Result<Vec<(String, i64, i64)>, StoreError> {
    c.query("SELECT name, line_count, at FROM import ORDER BY at DESC LIMIT 20", params![], |row| {
        Ok((row.text(0)?.to_owned(), row.int(1)?, row.int(2)?))
    })
}

/// The numbers on the desk's first page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Memberships that are open.
    pub open: i64,
    /// Memberships in all.
    pub all: i64,
    /// Reports that wait for the service.
    pub waiting: i64,
    /// Reports that were refused.
    pub refused: i64,
}

/// The numbers on the desk's first page.
pub fn counts(c: &mut Reader<'_>) -> Result<Counts, StoreError> {
    let mut count = |sql: &str, params: &[store::Value<'_>]| {
        c.query_one(sql, params, |row| row.int(0)).map(Option::unwrap_or_default)
    };
    let of_state = "SELECT count(*) FROM report WHERE state = $1";
    Ok(Counts {
        open: count("SELECT count(*) FROM member WHERE is_open = 1", params![])?,
        all: count("SELECT count(*) FROM member", params![])?,
        waiting: count(of_state, params![ReportState::Waiting.as_str()])?,
        refused: count(of_state, params![ReportState::Refused.as_str()])?,
    })
}
