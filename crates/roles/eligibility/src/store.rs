//! Every SQL statement of this role.

mod cards;
mod changes;
mod history;
mod intake;
mod own;
mod work;

use std::collections::HashMap;

use calendar::Timestamp;
use codes::{InsuranceCode, InsurerNumber};
use store::{Db, Migration, Reader, StoreError, Tx, params};

pub use cards::{Card, Stopped};
pub use changes::Change;
pub use history::{Candidate, Found};
pub use intake::{Fate, Incoming, Intake, Taking, take_in};
pub use work::late_item_id;

use crate::model::codec::CodecError;

/// The schema, step by step.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "memberships", sql: include_str!("../migrations/0001_memberships.sql") },
    Migration { version: 2, name: "cards", sql: include_str!("../migrations/0002_cards.sql") },
    Migration {
        version: 3,
        name: "insurer changes",
        sql: include_str!("../migrations/0003_insurer_changes.sql"),
    },
    Migration {
        version: 4,
        name: "reports by number",
        sql: include_str!("../migrations/0004_reports_by_number.sql"),
    },
];

/// This role's rows.
#[derive(Clone)]
pub struct Store(Db);

/// What a file of reports left behind.
#[derive(Clone, Debug)]
pub struct FileTaken {
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// The outcome, as JSON.
    pub outcome: String,
}

impl Store {
    /// The rows in an open database.
    pub fn new(db: Db) -> Self {
        Self(db)
    }

    /// The database, for transactions of this crate's services.
    pub fn db(&self) -> &Db {
        &self.0
    }

    /// When each insurer last reported.
    ///
    /// # Errors
    /// The store's. So for all methods here.
    pub async fn insurers(&self) -> Result<HashMap<InsurerNumber, Timestamp>, StoreError> {
        const SQL: &str = "SELECT number, last_reported_at FROM insurer";
        self.0
            .read(|c| {
                let rows = c.query(SQL, &[], |row| {
                    Ok((row.parse::<InsurerNumber>(0)?, Timestamp::from_millis(row.int(1)?)))
                })?;
                Ok(rows.into_iter().collect())
            })
            .await
    }

    /// A counter; 0 when it never counted.
    pub async fn tally(&self, name: &'static str) -> Result<i64, StoreError> {
        self.0.read(move |c| tally(c, name)).await
    }

    /// Sets a counter unless it is set; answers its value.
    pub async fn set_once(&self, name: &'static str, value: i64) -> Result<i64, StoreError> {
        const SQL: &str = "INSERT INTO tally (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        self.0
            .write(move |tx| {
                tx.execute(SQL, params![name, value])?;
                tally(tx, name)
            })
            .await
    }

    /// What became of a file that was sent before.
    pub async fn file(
        &self,
        insurer: InsurerNumber,
        file_id: String,
    ) -> Result<Option<FileTaken>, StoreError> {
        const SQL: &str = "SELECT digest, outcome FROM report_file WHERE insurer = $1 AND file_id = $2";
        self.0
            .read(move |c| {
                c.query_one(SQL, params![&insurer.to_string(), &file_id], |row| {
                    Ok(FileTaken { digest: row.array(0)?, outcome: row.text(1)?.to_owned() })
                })
            })
            .await
    }

    /// The envelope for the relay, set or dropped.
    pub async fn set_medical_link(
        &self,
        person: InsuranceCode,
        link: Option<String>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const SET: &str = "INSERT INTO medical_link (person, link, updated_at) VALUES ($1, $2, $3) \
            ON CONFLICT (person) DO UPDATE SET link = excluded.link, updated_at = excluded.updated_at";
        const DROP: &str = "DELETE FROM medical_link WHERE person = $1";
        self.0
            .write(move |tx| match &link {
                Some(link) => tx.execute(SET, params![person.as_bytes(), link, at.as_millis()]).map(|_| ()),
                None => tx.execute(DROP, params![person.as_bytes()]).map(|_| ()),
            })
            .await
    }

    /// Files by their time of arrival, newest first: insurer, when it last reported, how many reports in all.
    pub async fn latest_reporters(
        &self,
        limit: i64,
    ) -> Result<Vec<(InsurerNumber, Timestamp, i64)>, StoreError> {
        const SQL: &str = "SELECT number, last_reported_at, reports FROM insurer \
            ORDER BY last_reported_at DESC, number LIMIT $1";
        self.0
            .read(move |c| {
                c.query(SQL, params![limit], |row| {
                    Ok((row.parse(0)?, Timestamp::from_millis(row.int(1)?), row.int(2)?))
                })
            })
            .await
    }
}

/// Remembers a file inside the transaction that took it.
///
/// # Errors
/// The store's.
pub fn remember_file(
    tx: &mut Tx<'_>,
    insurer: InsurerNumber,
    file_id: &str,
    taken: &FileTaken,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO report_file (insurer, file_id, digest, outcome) VALUES ($1, $2, $3, $4)";
    tx.execute(SQL, params![&insurer.to_string(), file_id, &taken.digest, &taken.outcome]).map(|_| ())
}

/// Notes that an insurer reported `reports` things at `at`.
///
/// # Errors
/// The store's.
pub fn note_insurer(
    tx: &mut Tx<'_>,
    insurer: InsurerNumber,
    at: Timestamp,
    reports: i64,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO insurer (number, last_reported_at, reports) VALUES ($1, $2, $3) \
        ON CONFLICT (number) DO UPDATE SET last_reported_at = excluded.last_reported_at, \
        reports = insurer.reports + excluded.reports";
    tx.execute(SQL, params![&insurer.to_string(), at.as_millis(), reports]).map(|_| ())
}

fn tally(c: &mut Reader<'_>, name: &str) -> Result<i64, StoreError> {
    let found = c.query_one("SELECT value FROM tally WHERE name = $1", params![name], |row| row.int(0))?;
    Ok(found.unwrap_or_default())
}

/// Adds to a counter and answers its new value.
fn count(tx: &mut Tx<'_>, name: &str, more: i64) -> Result<i64, StoreError> {
    const SQL: &str = "INSERT INTO tally (name, value) VALUES ($1, $2) \
        ON CONFLICT (name) DO UPDATE SET value = tally.value + excluded.value RETURNING value";
    let value = tx.query_one(SQL, params![name, more], |row| row.int(0))?;
    Ok(value.unwrap_or(more))
}

fn damaged(error: CodecError) -> StoreError {
    StoreError::decode(1, "a stored report", error)
}
