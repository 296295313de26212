//! What comes along with the matches of a search: what they refer to, and what refers to them.

use std::collections::HashSet;

use ::store::{Reader, StoreError};
use records::search::{Include, Kind, parameters};

use super::find::Find;
use super::rows::{Bound, param_key};
use super::sql::Sql;

/// What comes along.
#[derive(Clone, Debug, Default)]
pub(super) struct Along {
    /// Names, none of them a match.
    pub names: Vec<String>,
    /// There would be more.
    pub more: bool,
}

/// Resources that come along with one page at most.
const MOST: usize = 2_000;
/// Rounds of `:iterate`.
const ROUNDS: usize = 8;
/// Names in one statement.
const WIDTH: usize = 64;

/// Finds what comes along with matches.
pub(super) fn along(reader: &mut Reader<'_>, find: &Find, matches: &[&str]) -> Result<Along, StoreError> {
    let mut along = Along::default();
    if find.query.include.is_empty() && find.query.revinclude.is_empty() {
        return Ok(along);
    }
    let mut known: HashSet<String> = matches.iter().map(|name| (*name).to_owned()).collect();
    let mut fresh: Vec<String> = known.iter().cloned().collect();
    for round in 0..ROUNDS {
        let mut next = Vec::new();
        for chunk in fresh.chunks(WIDTH) {
            let asked = |include: &&Include| round == 0 || include.iterate;
            for include in find.query.include.iter().filter(asked) {
                next.extend(referred(reader, find, include, chunk)?);
            }
            for include in find.query.revinclude.iter().filter(asked) {
                next.extend(referring(reader, find, include, chunk)?);
            }
        }
        next.retain(|name| known.insert(name.clone()));
        if next.is_empty() {
            break;
        }
        along.names.extend(next.iter().cloned());
        if along.names.len() > MOST {
            along.names.truncate(MOST);
            along.more = true;
            break;
        }
        fresh = next;
    }
    Ok(along)
}

/// What resources refer to by any parameter that is about no patient: practitioners, organisations, medications.
pub(super) fn shared(reader: &mut Reader<'_>, names: &[&str]) -> Result<Vec<String>, StoreError> {
    let mut found = std::collections::BTreeSet::new();
    for chunk in names.chunks(WIDTH) {
        let mut sql = Sql::default();
        let sources = list(&mut sql, chunk.iter().copied());
        let text = format!(
            "SELECT DISTINCT t.name FROM resource s CROSS JOIN resource_reference v CROSS JOIN resource t \
             WHERE s.name IN ({sources}) AND v.patient = s.patient AND v.name = s.name AND t.name = v.target \
             AND t.patient = ''"
        );
        found.extend(names_of(reader, &sql, &text)?);
    }
    Ok(found.into_iter().collect())
}

/// What resources refer to by an include's parameter.
fn referred(
    reader: &mut Reader<'_>,
    find: &Find,
    include: &Include,
    names: &[String],
) -> Result<Vec<String>, StoreError> {
    let mut sql = Sql::default();
    let Some(sources) = of_type(&mut sql, &include.source, names) else { return Ok(Vec::new()) };
    let params = params(&mut sql, include);
    let seen = find.scope.sees_target(&mut sql, "t");
    let target = include.target.as_ref().map(|target| format!("AND t.type = {} ", sql.text(target)));
    let text = format!(
        "SELECT DISTINCT t.name FROM resource s CROSS JOIN resource_reference v CROSS JOIN resource t \
         WHERE s.name IN ({sources}) AND v.patient = s.patient AND v.name = s.name AND v.param IN ({params}) \
         AND t.name = v.target {}AND {seen} ORDER BY t.name",
        target.unwrap_or_default()
    );
    names_of(reader, &sql, &text)
}

/// What refers to resources by an include's parameter.
fn referring(
    reader: &mut Reader<'_>,
    find: &Find,
    include: &Include,
    names: &[String],
) -> Result<Vec<String>, StoreError> {
    let mut sql = Sql::default();
    let targets = match &include.target {
        Some(target) => of_type(&mut sql, target, names),
        None => Some(list(&mut sql, names.iter().map(String::as_str))),
    };
    let Some(targets) = targets else { return Ok(Vec::new()) };
    let params = params(&mut sql, include);
    let source = sql.text(&include.source);
    let seen = find.scope.sees(&mut sql, "s");
    let text = format!(
        "SELECT DISTINCT s.name FROM resource_reference v CROSS JOIN resource s WHERE v.target IN ({targets}) \
         AND v.param IN ({params}) AND s.patient = v.patient AND s.type = {source} AND s.name = v.name \
         AND {seen} ORDER BY s.name"
    );
    names_of(reader, &sql, &text)
}

/// The names of a type, or none if there are none.
fn of_type(sql: &mut Sql, resource_type: &str, names: &[String]) -> Option<String> {
    let fits = |name: &&String| name.split_once('/').is_some_and(|(found, _)| found == resource_type);
    let names: Vec<&str> = names.iter().filter(fits).map(String::as_str).collect();
    (!names.is_empty()).then(|| list(sql, names.into_iter()))
}

fn list<'n>(sql: &mut Sql, names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| sql.text(name)).collect::<Vec<_>>().join(", ")
}

fn params(sql: &mut Sql, include: &Include) -> String {
    let all = parameters(&include.source).filter(|parameter| parameter.kind == Kind::Reference);
    let asked = all.filter(|parameter| include.parameter.is_none_or(|asked| asked.name == parameter.name));
    let keys = asked.map(|parameter| sql.bind(Bound::Int(param_key(&include.source, parameter.name))));
    let keys: Vec<String> = keys.collect();
    if keys.is_empty() { "NULL".to_owned() } else { keys.join(", ") }
}

fn names_of(reader: &mut Reader<'_>, sql: &Sql, text: &str) -> Result<Vec<String>, StoreError> {
    let params = sql.values();
    reader.query(text, &params, |row| Ok(row.text(0)?.to_owned()))
}
