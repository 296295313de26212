//! Search: names of the resources that match, page by page, and how many there are.

use ::store::{Reader, StoreError, Tx, Value};
use records::search::{Clause, Kind, Query, Sort};

use super::drive::leader;
use super::restrict::Scope;
use super::rows::{Bound, Version, param_key};
use super::sql::{Sql, Subject, patients};
use crate::store::Store;

/// A search, with the page of it that is wanted.
#[derive(Clone, Debug)]
pub struct Find {
    /// What is searched for.
    pub query: Query,
    /// What may be seen.
    pub scope: Scope,
    /// Where the page begins.
    pub place: Place,
    /// Matches on the page.
    pub count: u32,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// After so many matches; for searches with an order of their own.
    Skip(u32),
    /// After a match, in the order of time and name.
    After(i64, String),
}

/// A match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// `Observation/123`.
    pub name: String,
    /// When its current version was stored, milliseconds since 1970.
    pub updated_at: i64,
}

/// A search with what it found: to see whether it still finds that.
#[derive(Clone, Debug)]
pub struct Found {
    /// The search.
    pub query: Query,
    /// Names of the matches, at most two.
    pub names: Vec<String>,
}

impl Found {
    /// How many matches are enough to know that there is more than one.
    const ENOUGH: u32 = 2;

    pub(super) fn is_still_so(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let find = Find {
            query: self.query.clone(),
            scope: Scope::Everything,
            place: Place::Skip(0),
            count: Self::ENOUGH,
        };
        let hits = hits(tx, &find)?;
        Ok(hits.iter().map(|hit| &hit.name).eq(&self.names))
    }
}

impl Store {
    /// A page of matches with their current versions, and those that come along.
    ///
    /// # Errors
    /// The store's.
    pub async fn find_resources(&self, find: Find) -> Result<FoundPage, StoreError> {
        self.0
            .read(move |reader| {
                // One more than the page holds tells whether there is another page.
                let mut hits = hits(reader, &Find { count: find.count.saturating_add(1), ..find.clone() })?;
                let more = hits.len() > find.count as usize;
                hits.truncate(find.count as usize);
                let names: Vec<&str> = hits.iter().map(|hit| hit.name.as_str()).collect();
                let matches = bodies(reader, &names)?;
                let along = super::include::along(reader, &find, &names)?;
                let included: Vec<&str> = along.names.iter().map(String::as_str).collect();
                let included = bodies(reader, &included)?;
                Ok(FoundPage { hits, more, matches, included, more_included: along.more })
            })
            .await
    }

    /// How many resources match.
    ///
    /// # Errors
    /// The store's.
    pub async fn count_resources(&self, query: Query, scope: Scope) -> Result<u64, StoreError> {
        self.0
            .read(move |reader| {
                let mut sql = Sql::default();
                let from = source(&mut sql, &query, &scope);
                let text = format!("SELECT COUNT(*) {from}");
                let params: Vec<Value<'_>> = sql.params.iter().map(Bound::value).collect();
                let count = reader.query_one(&text, &params, |row| row.int(0))?;
                Ok(u64::try_from(count.unwrap_or_default()).unwrap_or_default())
            })
            .await
    }

    /// What a conditional interaction's search finds: at most two matches.
    ///
    /// # Errors
    /// The store's.
    pub async fn match_resources(&self, query: Query) -> Result<Found, StoreError> {
        self.0
            .read(move |reader| {
                let find =
                    Find { query, scope: Scope::Everything, place: Place::Skip(0), count: Found::ENOUGH };
                let names = hits(reader, &find)?.into_iter().map(|hit| hit.name).collect();
                Ok(Found { query: find.query, names })
            })
            .await
    }
}

/// A page.
#[derive(Clone, Debug, Default)]
pub struct FoundPage {
    /// The matches, in their order.
    pub hits: Vec<Hit>,
    /// There are more after them.
    pub more: bool,
    /// Their current versions, in the same order.
    pub matches: Vec<Version>,
    /// What comes along.
    pub included: Vec<Version>,
    /// More would come along than a page takes.
    pub more_included: bool,
}

fn hits(reader: &mut Reader<'_>, find: &Find) -> Result<Vec<Hit>, StoreError> {
    let mut sql = Sql::default();
    let text = page(&mut sql, find);
    let params: Vec<Value<'_>> = sql.params.iter().map(Bound::value).collect();
    reader.query(&text, &params, |row| Ok(Hit { name: row.text(0)?.to_owned(), updated_at: row.int(1)? }))
}

/// The statement of a page.
fn page(sql: &mut Sql, find: &Find) -> String {
    let from = source(sql, &find.query, &find.scope);
    let count = sql.bind(Bound::Int(find.count.into()));
    // Of a patient's few resources all are put in order; an index of the type in its order is not to be walked for them.
    let time = if is_about(&find.query, &find.scope) { "r.updated_at + 0" } else { "r.updated_at" };
    if find.query.sort.is_empty() {
        return match &find.place {
            Place::After(at, name) => {
                let (at, name) = (sql.bind(Bound::Int(*at)), sql.text(name));
                format!(
                    "SELECT r.name, r.updated_at {from} AND (r.updated_at, r.name) > ({at}, {name}) \
                     ORDER BY {time}, r.name LIMIT {count}"
                )
            }
            Place::Skip(skip) => {
                let skip = sql.bind(Bound::Int((*skip).into()));
                format!(
                    "SELECT r.name, r.updated_at {from} ORDER BY {time}, r.name LIMIT {count} OFFSET {skip}"
                )
            }
        };
    }
    let keys: Vec<String> =
        find.query.sort.iter().map(|step| sort_key(sql, &find.query.resource_type, step)).collect();
    let columns: Vec<String> = keys.iter().enumerate().map(|(n, key)| format!("{key} AS s{n}")).collect();
    // What has no value comes last, whichever way, in either database.
    let order = find.query.sort.iter().enumerate().map(|(n, step)| {
        let way = if step.descending { " DESC" } else { "" };
        format!("CASE WHEN s{n} IS NULL THEN 1 ELSE 0 END, s{n}{way}")
    });
    let order: Vec<String> = order.collect();
    let skip = match find.place {
        Place::Skip(skip) => skip,
        Place::After(..) => 0,
    };
    let skip = sql.bind(Bound::Int(skip.into()));
    format!(
        "SELECT q.name, q.updated_at FROM (SELECT r.name AS name, r.updated_at AS updated_at, {} {from}) q \
         ORDER BY {}, q.updated_at, q.name LIMIT {count} OFFSET {skip}",
        columns.join(", "),
        order.join(", ")
    )
}

/// `FROM … WHERE …` of the matches, their head being `r`.
fn source(sql: &mut Sql, query: &Query, scope: &Scope) -> String {
    let subject = Subject { alias: "r", resource_type: &query.resource_type };
    let leader = if is_about(query, scope) { None } else { leader(&query.clauses) };
    let lead = leader.and_then(|place| {
        let clause = query.clauses.get(place)?;
        Some((place, sql.candidates(&query.resource_type, clause)?))
    });
    let kind = sql.text(&query.resource_type);
    let seen = scope.sees(sql, "r");
    let mut conditions = vec![format!("r.type = {kind}"), seen];
    for (place, clause) in query.clauses.iter().enumerate() {
        if lead.as_ref().is_none_or(|(leading, _)| *leading != place) {
            conditions.push(sql.holds(subject, clause, scope));
        }
    }
    let from = match lead {
        Some((_, candidates)) => {
            conditions.insert(0, "r.patient = d.patient AND r.name = d.name".to_owned());
            format!("FROM ({candidates}) d CROSS JOIN resource r")
        }
        None => "FROM resource r".to_owned(),
    };
    conditions.retain(|condition| condition != "1 = 1");
    format!("{from} WHERE {}", conditions.join(" AND "))
}

/// Whether a search is about particular patients.
fn is_about(query: &Query, scope: &Scope) -> bool {
    scope.patients().is_some() || query.clauses.iter().any(|clause| is_about_patients(query, clause))
}

fn is_about_patients(query: &Query, clause: &Clause) -> bool {
    match clause {
        Clause::Match { parameter, modifier, terms } => {
            patients(&query.resource_type, parameter, modifier, terms).is_some()
        }
        _ => false,
    }
}

/// The value that a resource is ordered by: of several the lowest going up, the highest going down.
fn sort_key(sql: &mut Sql, resource_type: &str, step: &Sort) -> String {
    let way = if step.descending { "DESC" } else { "ASC" };
    let (table, column) = match (step.parameter.name, step.parameter.kind) {
        ("_id", _) => return "r.name".to_owned(),
        ("_lastUpdated", _) => return "r.updated_at".to_owned(),
        (_, Kind::Token | Kind::Uri) => ("resource_token", "code"),
        (_, Kind::String) => ("resource_string", "folded"),
        (_, Kind::Date) => ("resource_date", if step.descending { "high" } else { "low" }),
        (_, Kind::Reference) => ("resource_reference", "target"),
        (_, Kind::Quantity) => ("resource_quantity", "value"),
    };
    let v = sql.alias();
    let subject = Subject { alias: "r", resource_type };
    let own = sql.own_rows(subject, &v, param_key(resource_type, step.parameter.name));
    format!("(SELECT {v}.{column} FROM {table} {v} WHERE {own} ORDER BY {v}.{column} {way} LIMIT 1)")
}

/// Current versions by name, in the order of the names.
pub(super) fn bodies(reader: &mut Reader<'_>, names: &[&str]) -> Result<Vec<Version>, StoreError> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        found.extend(super::read::newest(reader, name)?.filter(|version| !version.deleted));
    }
    Ok(found)
}
