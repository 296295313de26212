//! What stood in the store at an instant, type by type.

use ::store::StoreError;

use super::rows::{Bound, Version};
use super::sql::Sql;
use crate::store::Store;

/// A page of an export.
#[derive(Clone, Debug, Default)]
pub struct ExportPage {
    /// The instant, milliseconds since 1970.
    pub at: i64,
    /// Only what was stored at or after this.
    pub since: i64,
    /// Only these types; empty for all.
    pub types: Vec<String>,
    /// Only what is about somebody.
    pub of_patients: bool,
    /// Only what is about these patients.
    pub patients: Option<Vec<String>>,
    /// After this time and name.
    pub after: Option<(i64, String)>,
    /// Versions on the page.
    pub count: u32,
}

impl Store {
    /// The types of what stood there, each with how many.
    ///
    /// # Errors
    /// The store's.
    pub async fn export_types(&self, page: ExportPage) -> Result<Vec<(String, u64)>, StoreError> {
        self.0
            .read(move |reader| {
                let mut sql = Sql::default();
                let conditions = conditions(&mut sql, &page);
                let text = format!(
                    "SELECT v.type, COUNT(*) FROM resource_version v WHERE {conditions} GROUP BY v.type ORDER BY v.type"
                );
                let params = sql.values();
                reader.query(&text, &params, |row| {
                    Ok((row.text(0)?.to_owned(), u64::try_from(row.int(1)?).unwrap_or_default()))
                })
            })
            .await
    }

    /// What stood there, in the order of time and name.
    ///
    /// # Errors
    /// The store's.
    pub async fn export_page(&self, page: ExportPage) -> Result<Vec<Version>, StoreError> {
        self.0
            .read(move |reader| {
                let mut sql = Sql::default();
                let mut conditions = conditions(&mut sql, &page);
                if let Some((at, name)) = &page.after {
                    let (at, name) = (sql.bind(Bound::Int(*at)), sql.text(name));
                    conditions.push_str(&format!(" AND (v.updated_at, v.name) > ({at}, {name})"));
                }
                let count = sql.bind(Bound::Int(page.count.into()));
                let text = format!(
                    "SELECT {} FROM resource_version v WHERE {conditions} ORDER BY v.updated_at, v.name LIMIT {count}",
                    Version::COLUMNS
                );
                let params = sql.values();
                reader.query(&text, &params, Version::read)
            })
            .await
    }
}

fn conditions(sql: &mut Sql, page: &ExportPage) -> String {
    let at = sql.bind(Bound::Int(page.at));
    let since = sql.bind(Bound::Int(page.since));
    let mut conditions = vec![
        format!("v.updated_at >= {since} AND v.updated_at <= {at} AND v.deleted = 0"),
        format!(
            "v.version = (SELECT MAX(w.version) FROM resource_version w WHERE w.name = v.name AND w.updated_at <= {at})"
        ),
    ];
    if page.of_patients {
        conditions.push("v.patient <> ''".to_owned());
    }
    for (column, values) in
        [("type", Some(&page.types).filter(|types| !types.is_empty())), ("patient", page.patients.as_ref())]
    {
        let Some(values) = values else { continue };
        let list: Vec<String> = values.iter().map(|value| sql.text(value)).collect();
        let list = if list.is_empty() { "NULL".to_owned() } else { list.join(", ") };
        conditions.push(format!("v.{column} IN ({list})"));
    }
    conditions.join(" AND ")
}
