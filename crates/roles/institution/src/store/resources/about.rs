//! All resources of one patient, and what they refer to that is about nobody.

use ::store::StoreError;

use super::find::{FoundPage, Page, Place, bodies};
use super::rows::Bound;
use super::sql::Sql;
use crate::store::Store;

/// A page of what is about a patient.
#[derive(Clone, Debug)]
pub struct AboutPatient {
    /// Id of the patient.
    pub patient: String,
    /// Only of these types; empty for all.
    pub types: Vec<String>,
    /// Only stored at or after this, milliseconds since 1970.
    pub since: i64,
    /// Only of care on or after this day, days since 1970.
    pub from: Option<i64>,
    /// Only of care before this day.
    pub until: Option<i64>,
    /// Where the page begins.
    pub place: Place,
    /// Resources on it.
    pub count: u32,
}

impl Store {
    /// A page of what is about a patient, in the order of time and name.
    ///
    /// # Errors
    /// The store's.
    pub async fn about_patient(&self, about: AboutPatient) -> Result<FoundPage, StoreError> {
        self.0
            .read(move |reader| {
                let mut sql = Sql::default();
                let (matches, more) = statement(&mut sql, &about).read(reader, &sql, about.count)?;
                let names: Vec<&str> = matches.iter().map(|version| version.name.as_str()).collect();
                let shared = super::include::shared(reader, &names)?;
                let wanted = |name: &&String| {
                    let kind = name.split_once('/').map_or("", |(kind, _)| kind);
                    about.types.is_empty() || about.types.iter().any(|wanted| wanted == kind)
                };
                let shared: Vec<&str> = shared.iter().filter(wanted).map(String::as_str).collect();
                let included = bodies(reader, &shared)?;
                Ok(FoundPage { matches, more, included, more_included: false })
            })
            .await
    }
}

fn statement(sql: &mut Sql, about: &AboutPatient) -> Page {
    let mut conditions = vec![format!("r.patient = {}", sql.text(&about.patient))];
    if !about.types.is_empty() {
        let types: Vec<String> = about.types.iter().map(|kind| sql.text(kind)).collect();
        conditions.push(format!("r.type IN ({})", types.join(", ")));
    }
    if about.since > 0 {
        conditions.push(format!("r.updated_at >= {}", sql.bind(Bound::Int(about.since))));
    }
    if let Some(from) = about.from {
        conditions.push(format!("(r.day IS NULL OR r.day >= {})", sql.bind(Bound::Int(from))));
    }
    if let Some(until) = about.until {
        conditions.push(format!("(r.day IS NULL OR r.day < {})", sql.bind(Bound::Int(until))));
    }
    if let Place::After(at, name) = &about.place {
        let (at, name) = (sql.bind(Bound::Int(*at)), sql.text(name));
        conditions.push(format!("(r.updated_at, r.name) > ({at}, {name})"));
    }
    let count = sql.bind(Bound::Int(i64::from(about.count) + 1));
    let conditions = conditions.join(" AND ");
    Page::by_time(&format!("FROM resource r WHERE {conditions} ORDER BY r.updated_at, r.name LIMIT {count}"))
}
