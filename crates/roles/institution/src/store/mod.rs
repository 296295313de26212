//! Every SQL statement of the institution, one file a concern.

mod corrections;
mod exchanges;
mod folder;
mod networks;
mod objections;
mod patients;
mod registrations;
mod resources;
mod unlogged;
mod visits;
mod words;

use std::fmt::Display;
use std::str::FromStr;

use ::store::{Db, Migration, Row, StoreError};
use serde::{Serialize, de::DeserializeOwned};

pub use corrections::CorrectionCase;
pub use exchanges::{Asked, DeclaredEmergency, Given, GivenState, ReceivedRow};
pub use folder::{FolderFile, FolderRequest, OutFolder};
pub use patients::{LinkChange, LinkConflict, LinkError};
pub use registrations::Registration;
pub use resources::*;
pub use visits::{NewVisit, Settled, VisitQuery};

/// The institution's store.
#[derive(Clone)]
pub struct Store(Db);

impl Store {
    /// Opens the store at `url` and brings its schema up to date.
    ///
    /// # Errors
    /// See [`Db::open`].
    pub fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self(Db::open(url, MIGRATIONS)?))
    }
}

/// A value as JSON text, for columns that are read back whole.
fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::decode(0, "a value that JSON can hold", error))
}

/// A JSON column.
fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, StoreError> {
    serde_json::from_str(row.text(column)?)
        .map_err(|error| StoreError::decode(column, std::any::type_name::<T>(), error))
}

/// A JSON column that may be null.
fn opt_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Option<T>, StoreError> {
    row.opt_text(column)?.map(|_| json(row, column)).transpose()
}

/// A text column that may be null, parsed.
fn opt_parse<T>(row: &Row<'_>, column: usize) -> Result<Option<T>, StoreError>
where
    T: FromStr,
    T::Err: Display,
{
    row.opt_text(column)?.map(|_| row.parse(column)).transpose()
}

/// `%text%` for `LIKE … ESCAPE '\'`, with the pattern's own signs taken literally.
fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// The institution's tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "desk", sql: include_str!("../../migrations/0001_desk.sql") },
    Migration { version: 2, name: "records", sql: include_str!("../../migrations/0002_records.sql") },
    Migration { version: 3, name: "exchange", sql: include_str!("../../migrations/0003_exchange.sql") },
    Migration { version: 4, name: "networks", sql: include_str!("../../migrations/0004_networks.sql") },
    Migration { version: 5, name: "labels", sql: include_str!("../../migrations/0005_labels.sql") },
    Migration { version: 6, name: "corrections", sql: include_str!("../../migrations/0006_corrections.sql") },
    Migration { version: 7, name: "objections", sql: include_str!("../../migrations/0007_objections.sql") },
    Migration { version: 8, name: "unlogged", sql: include_str!("../../migrations/0008_unlogged.sql") },
    Migration { version: 9, name: "registered", sql: include_str!("../../migrations/0009_registered.sql") },
];
