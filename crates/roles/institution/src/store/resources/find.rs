//! Search: names of the resources that match, page by page, and how many there are.

use ::store::{Reader, StoreError, Tx};
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
        Ok(names(tx, &find)? == self.names)
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
                let asked = Find { count: find.count.saturating_add(1), ..find.clone() };
                let mut sql = Sql::default();
                let (matches, more) = page(&mut sql, &asked).read(reader, &sql, find.count)?;
                let names: Vec<&str> = matches.iter().map(|version| version.name.as_str()).collect();
                let along = super::include::along(reader, &find, &names)?;
                let included: Vec<&str> = along.names.iter().map(String::as_str).collect();
                let included = bodies(reader, &included)?;
                Ok(FoundPage { matches, more, included, more_included: along.more })
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
                let count = reader.query_one(&text, &sql.values(), |row| row.int(0))?;
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
                let names = names(reader, &find)?;
                Ok(Found { query: find.query, names })
            })
            .await
    }

    /// Names of the matches on a page, and `named` where that is a current resource.
    ///
    /// # Errors
    /// The store's.
    pub async fn names_of(&self, find: Find, named: Option<String>) -> Result<Vec<String>, StoreError> {
        self.0
            .read(move |reader| {
                let mut found = names(reader, &find)?;
                if let Some(named) = named.filter(|named| !found.contains(named))
                    && super::read::newest(reader, &named)?.is_some_and(|version| !version.deleted)
                {
                    found.push(named);
                }
                Ok(found)
            })
            .await
    }
}

/// A page.
#[derive(Clone, Debug, Default)]
pub struct FoundPage {
    /// The matches, in their order.
    pub matches: Vec<Version>,
    /// There are more after them.
    pub more: bool,
    /// What comes along.
    pub included: Vec<Version>,
    /// More would come along than a page takes.
    pub more_included: bool,
}

fn names(reader: &mut Reader<'_>, find: &Find) -> Result<Vec<String>, StoreError> {
    let mut sql = Sql::default();
    let page = page(&mut sql, find);
    reader.query(&page.text, &sql.values(), |row| Ok(row.text(0)?.to_owned()))
}

/// The statement of a page: the name, version and time of each match, and what it is ordered by.
pub(super) struct Page {
    text: String,
    /// The order of its rows, of whatever alias they get.
    order: String,
}

impl Page {
    /// What a page's statement selects of a match.
    const COLUMNS: &str = "r.name AS name, r.version AS version, r.updated_at AS updated_at";

    /// A page in the order of time and name, which `rows` (`FROM … WHERE … ORDER BY … LIMIT …`) says, too.
    pub fn by_time(rows: &str) -> Self {
        Self { text: format!("SELECT {} {rows}", Self::COLUMNS), order: "p.updated_at, p.name".to_owned() }
    }

    /// The first `count` matches, and whether there are more: the statement asks for one more than the page holds.
    pub fn read(
        &self,
        reader: &mut Reader<'_>,
        sql: &Sql,
        count: u32,
    ) -> Result<(Vec<Version>, bool), StoreError> {
        let columns: Vec<String> = Version::COLUMNS.split(", ").map(|column| format!("v.{column}")).collect();
        let text = format!(
            "SELECT {} FROM ({}) p CROSS JOIN resource_version v WHERE v.name = p.name AND v.version = p.version \
             ORDER BY {}",
            columns.join(", "),
            self.text,
            self.order
        );
        let mut matches = reader.query(&text, &sql.values(), Version::read)?;
        let more = matches.len() > count as usize;
        matches.truncate(count as usize);
        Ok((matches, more))
    }
}

fn page(sql: &mut Sql, find: &Find) -> Page {
    let from = source(sql, &find.query, &find.scope);
    let count = sql.bind(Bound::Int(find.count.into()));
    // Of a patient's few resources all are put in order; an index of the type in its order is not to be walked for them.
    let time = if is_about(&find.query, &find.scope) { "r.updated_at + 0" } else { "r.updated_at" };
    if find.query.sort.is_empty() {
        let rows = match &find.place {
            Place::After(at, name) => {
                let (at, name) = (sql.bind(Bound::Int(*at)), sql.text(name));
                format!(
                    "{from} AND (r.updated_at, r.name) > ({at}, {name}) ORDER BY {time}, r.name LIMIT {count}"
                )
            }
            Place::Skip(skip) => {
                let skip = sql.bind(Bound::Int((*skip).into()));
                format!("{from} ORDER BY {time}, r.name LIMIT {count} OFFSET {skip}")
            }
        };
        return Page::by_time(&rows);
    }
    let keys: Vec<String> =
        find.query.sort.iter().map(|step| sort_key(sql, &find.query.resource_type, step)).collect();
    let keys: Vec<String> = keys.iter().enumerate().map(|(n, key)| format!("{key} AS s{n}")).collect();
    // What has no value comes last, whichever way, in either database.
    let order = find.query.sort.iter().enumerate().map(|(n, step)| {
        let way = if step.descending { " DESC" } else { "" };
        format!("CASE WHEN p.s{n} IS NULL THEN 1 ELSE 0 END, p.s{n}{way}")
    });
    let order: Vec<String> = order.collect();
    let order = format!("{}, p.updated_at, p.name", order.join(", "));
    let skip = match find.place {
        Place::Skip(skip) => skip,
        Place::After(..) => 0,
    };
    let skip = sql.bind(Bound::Int(skip.into()));
    let rows = format!("SELECT {}, {} {from}", Page::COLUMNS, keys.join(", "));
    Page { text: format!("SELECT p.* FROM ({rows}) p ORDER BY {order} LIMIT {count} OFFSET {skip}"), order }
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
