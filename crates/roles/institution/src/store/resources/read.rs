//! Reading resources by their names, and their history.

use ::store::{Reader, StoreError, Value, params};

use super::rows::Version;
use crate::store::Store;

/// Whose history is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryOf {
    /// One resource: `Observation/123`.
    Resource(String),
    /// All of a type.
    Type(String),
    /// Everything.
    Everything,
}

/// A page of a history, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// Only versions stored at or after this, milliseconds since 1970.
    pub since: i64,
    /// Only versions stored at or before this.
    pub at: i64,
    /// Versions to pass over.
    pub skip: u32,
    /// Versions on the page.
    pub count: u32,
}

impl Store {
    /// The newest version of a resource; a deletion as well.
    ///
    /// # Errors
    /// The store's.
    pub async fn resource(&self, name: String) -> Result<Option<Version>, StoreError> {
        self.0.read(move |reader| newest(reader, &name)).await
    }

    /// One version of a resource.
    ///
    /// # Errors
    /// The store's.
    pub async fn resource_version(&self, name: String, version: i64) -> Result<Option<Version>, StoreError> {
        let sql =
            format!("SELECT {} FROM resource_version WHERE name = $1 AND version = $2", Version::COLUMNS);
        self.0.read(move |reader| reader.query_one(&sql, params![&name, version], Version::read)).await
    }

    /// A page of a history with the number of all its versions.
    ///
    /// # Errors
    /// The store's.
    pub async fn resource_history(
        &self,
        of: HistoryOf,
        page: HistoryPage,
    ) -> Result<(u64, Vec<Version>), StoreError> {
        self.0.read(move |reader| history(reader, &of, &page)).await
    }
}

/// The newest version of a resource.
pub(super) fn newest(reader: &mut Reader<'_>, name: &str) -> Result<Option<Version>, StoreError> {
    reader.query_one(NEWEST, params![name], Version::read)
}

const NEWEST: &str = "SELECT name, version, updated_at, patient, method, deleted, labels, body FROM resource_version \
    WHERE name = $1 ORDER BY version DESC LIMIT 1";

fn history(
    reader: &mut Reader<'_>,
    of: &HistoryOf,
    page: &HistoryPage,
) -> Result<(u64, Vec<Version>), StoreError> {
    let condition = match of {
        HistoryOf::Resource(_) => "name = $3 AND",
        HistoryOf::Type(_) => "type = $3 AND",
        HistoryOf::Everything => "",
    };
    let condition = format!("FROM resource_version WHERE {condition} updated_at >= $1 AND updated_at <= $2");
    let mut params = vec![Value::Int(page.since), Value::Int(page.at)];
    if let HistoryOf::Resource(text) | HistoryOf::Type(text) = of {
        params.push(Value::Text(text));
    }
    let total = reader.query_one(&format!("SELECT COUNT(*) {condition}"), &params, |row| row.int(0))?;
    let next = params.len() + 1;
    let sql = format!(
        "SELECT {} {condition} ORDER BY updated_at DESC, name DESC, version DESC LIMIT ${next} OFFSET ${}",
        Version::COLUMNS,
        next + 1
    );
    params.extend([Value::from(page.count), Value::from(page.skip)]);
    let versions = reader.query(&sql, &params, Version::read)?;
    Ok((u64::try_from(total.unwrap_or_default()).unwrap_or_default(), versions))
}
