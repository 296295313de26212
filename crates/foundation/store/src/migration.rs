//! Schema migrations: one SQL text for both stores, applied once, never changed afterwards.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::{StoreError, Tx, params};

/// One step of a role's schema. Write `BYTES` for binary columns, `BIGINT` for numbers, times and booleans,
/// `TEXT` for texts; `/*sqlite:WITHOUT ROWID*/` is expanded for SQLite only and is a comment elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Position, from 1, strictly rising.
    pub version: u32,
    /// What it does, in a few words.
    pub name: &'static str,
    /// The statements: `include_str!("../migrations/0001_x.sql")`.
    pub sql: &'static str,
}

/// Which words the expansion chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Migration {
    /// The text for one store.
    pub(crate) fn expanded(&self, dialect: Dialect) -> String {
        let sql = match dialect {
            Dialect::Sqlite => expand_sqlite_comments(self.sql),
            Dialect::Postgres => self.sql.to_owned(),
        };
        let binary = if dialect == Dialect::Sqlite { "BLOB" } else { "BYTEA" };
        replace_word(&sql, "BYTES", binary)
    }

    fn checksum(&self) -> String {
        Sha256::digest(self.sql.as_bytes()).iter().fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Applies what is missing of `migrations` inside `tx`; `run` executes a text of several statements.
pub(crate) fn apply(
    tx: &mut Tx<'_>,
    migrations: &[Migration],
    mut run: impl FnMut(&mut Tx<'_>, &Migration) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    check_order(migrations)?;
    tx.execute(CREATE, &[])?;
    let applied =
        tx.query("SELECT version, checksum FROM musubi_migrations ORDER BY version", &[], |row| {
            Ok((row.int(0)?, row.text(1)?.to_owned()))
        })?;
    let known = migrations.last().map_or(0, |last| last.version);
    if let Some((version, _)) = applied.iter().find(|(version, _)| *version > i64::from(known)) {
        return Err(refusal(
            known,
            format!("the store is newer than this program: it holds version {version}"),
        ));
    }
    for migration in migrations {
        match applied.iter().find(|(version, _)| *version == i64::from(migration.version)) {
            Some((_, checksum)) if *checksum == migration.checksum() => {}
            Some(_) => {
                return Err(refusal(migration.version, "its text changed after it was applied".to_owned()));
            }
            None => {
                if let Some((later, _)) = applied.iter().find(|(v, _)| *v > i64::from(migration.version)) {
                    return Err(refusal(migration.version, format!("version {later} was applied before it")));
                }
                run(tx, migration).map_err(|error| refusal(migration.version, error.to_string()))?;
                tx.execute(RECORD, params![migration.version, migration.name, &migration.checksum()])?;
            }
        }
    }
    Ok(())
}

fn check_order(migrations: &[Migration]) -> Result<(), StoreError> {
    let mut last = 0;
    for migration in migrations {
        if migration.version <= last {
            return Err(refusal(migration.version, format!("versions must rise, it follows {last}")));
        }
        last = migration.version;
    }
    Ok(())
}

fn refusal(version: u32, problem: String) -> StoreError {
    StoreError::Migration { version, problem }
}

fn expand_sqlite_comments(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once("/*sqlite:") {
        let (words, tail) = after.split_once("*/").unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(words);
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn replace_word(text: &str, word: &str, by: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(word) {
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        let whole = !before.ends_with(inside) && !after.starts_with(inside);
        out.push_str(before);
        out.push_str(if whole { by } else { word });
        rest = after;
    }
    out.push_str(rest);
    out
}

const CREATE: &str = "CREATE TABLE IF NOT EXISTS musubi_migrations \
     (version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)";
const RECORD: &str = "INSERT INTO musubi_migrations (version, name, checksum) VALUES ($1, $2, $3)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_serves_both() {
        let sql =
            "CREATE TABLE t (BYTES_LEFT BIGINT, b BYTES NOT NULL, PRIMARY KEY (b)) /*sqlite:WITHOUT ROWID*/;";
        let migration = Migration { version: 1, name: "t", sql };
        assert_eq!(
            migration.expanded(Dialect::Sqlite),
            "CREATE TABLE t (BYTES_LEFT BIGINT, b BLOB NOT NULL, PRIMARY KEY (b)) WITHOUT ROWID;"
        );
        assert_eq!(
            migration.expanded(Dialect::Postgres),
            "CREATE TABLE t (BYTES_LEFT BIGINT, b BYTEA NOT NULL, PRIMARY KEY (b)) /*sqlite:WITHOUT ROWID*/;"
        );
    }
}
