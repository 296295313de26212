//! The rows of a resource, and the statements that write them.

use ::store::Value;

use super::write::{Draft, Written, type_of};

/// The primary key of a current version.
pub(super) fn head_key<'v>(patient: &'v str, name: &'v str) -> [Value<'v>; 3] {
    [Value::from(patient), Value::from(type_of(name)), Value::from(name)]
}

/// The tables of [`IndexRows`].
pub(super) const INDEX_TABLES: [&str; 5] =
    ["resource_token", "resource_string", "resource_date", "resource_reference", "resource_quantity"];

pub(super) const INSERT_VERSION: &str = "INSERT INTO resource_version (name, version, type, updated_at, patient, category, labels, \
    author, author_person, day, encounter, method, deleted, body) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13)";
pub(super) const INSERT_DELETION: &str = "INSERT INTO resource_version (name, version, type, updated_at, patient, category, labels, \
    method, deleted, body) VALUES ($1, $2, $3, $4, $5, 0, 0, 'DELETE', 1, $6)";
pub(super) const INSERT_HEAD: &str = "INSERT INTO resource (patient, type, name, version, updated_at, category, labels, author, \
    author_person, day, encounter, own, said) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
pub(super) const INSERT_TOKEN: &str =
    "INSERT INTO resource_token (patient, name, param, code, system, shown) VALUES ($1, $2, $3, $4, $5, $6)";
pub(super) const INSERT_STRING: &str = "INSERT INTO resource_string (patient, name, param, folded, loose, exact) VALUES ($1, $2, $3, $4, $5, $6)";
pub(super) const INSERT_DATE: &str =
    "INSERT INTO resource_date (patient, name, param, low, high) VALUES ($1, $2, $3, $4, $5)";
pub(super) const INSERT_REFERENCE: &str =
    "INSERT INTO resource_reference (patient, name, param, target) VALUES ($1, $2, $3, $4)";
pub(super) const INSERT_QUANTITY: &str = "INSERT INTO resource_quantity (patient, name, param, value, system, code, unit) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(super) fn version<'a>(written: &'a Written, draft: &'a Draft, labels: i64) -> [Value<'a>; 13] {
    let facts = &draft.facts;
    [
        Value::from(&draft.name),
        Value::from(written.version),
        Value::from(draft.resource_type()),
        Value::from(written.updated_at),
        Value::from(&facts.patient),
        Value::from(facts.category),
        Value::from(labels),
        Value::from(facts.author.as_ref()),
        Value::from(facts.author_person.as_ref()),
        Value::from(facts.day),
        Value::from(facts.encounter.as_ref()),
        Value::from(draft.method),
        Value::from(&written.body),
    ]
}

pub(super) fn deletion(written: &Written) -> [Value<'_>; 6] {
    [
        Value::from(&written.name),
        Value::from(written.version),
        Value::from(type_of(&written.name)),
        Value::from(written.updated_at),
        Value::from(&written.patient),
        Value::from(&written.body),
    ]
}

pub(super) fn head<'a>(written: &'a Written, draft: &'a Draft, labels: i64) -> [Value<'a>; 13] {
    let facts = &draft.facts;
    [
        Value::from(&facts.patient),
        Value::from(draft.resource_type()),
        Value::from(&draft.name),
        Value::from(written.version),
        Value::from(written.updated_at),
        Value::from(facts.category),
        Value::from(labels),
        Value::from(facts.author.as_ref()),
        Value::from(facts.author_person.as_ref()),
        Value::from(facts.day),
        Value::from(facts.encounter.as_ref()),
        Value::from(facts.labels),
        Value::from(facts.said),
    ]
}

pub(super) fn tokens(draft: &Draft) -> impl Iterator<Item = [Value<'_>; 6]> {
    draft.rows.tokens.iter().map(|row| {
        let [patient, name] = key(draft);
        [patient, name, row.param.into(), Value::from(&row.code), row.system.into(), Value::from(&row.shown)]
    })
}

pub(super) fn strings(draft: &Draft) -> impl Iterator<Item = [Value<'_>; 6]> {
    draft.rows.strings.iter().map(|row| {
        let [patient, name] = key(draft);
        let bytes = Value::Bytes(row.folded.as_bytes());
        [patient, name, row.param.into(), bytes, Value::from(&row.folded), Value::from(&row.exact)]
    })
}

pub(super) fn dates(draft: &Draft) -> impl Iterator<Item = [Value<'_>; 5]> {
    draft.rows.dates.iter().map(|(param, low, high)| {
        let [patient, name] = key(draft);
        [patient, name, (*param).into(), (*low).into(), (*high).into()]
    })
}

pub(super) fn references(draft: &Draft) -> impl Iterator<Item = [Value<'_>; 4]> {
    draft.rows.references.iter().map(|(param, target)| {
        let [patient, name] = key(draft);
        [patient, name, (*param).into(), Value::from(target)]
    })
}

pub(super) fn quantities(draft: &Draft) -> impl Iterator<Item = [Value<'_>; 7]> {
    draft.rows.quantities.iter().map(|row| {
        let [patient, name] = key(draft);
        let (code, unit) = (Value::from(&row.code), Value::from(&row.unit));
        [patient, name, row.param.into(), row.value.into(), row.system.into(), code, unit]
    })
}

fn key(draft: &Draft) -> [Value<'_>; 2] {
    [Value::from(&draft.facts.patient), Value::from(&draft.name)]
}
