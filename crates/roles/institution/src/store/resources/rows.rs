//! What the tables of resources hold, as values.

use std::collections::HashMap;
use std::sync::{LazyLock, RwLock};

use ::store::{Row, StoreError, Value};
use records::search;
use sha2::{Digest, Sha256};

/// What is decided about a resource, beside its bytes: what a restriction looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Id of the Patient resource that it is about; empty if it is about nobody.
    pub patient: String,
    /// Kind of information, as the word's number.
    pub category: i64,
    /// Labels by the resource itself, as a set of bits; what it inherits comes to them when it is stored.
    pub labels: i64,
    /// Those that somebody gave it as a whole, likewise.
    pub said: i64,
    /// The organisation that made it.
    pub author: Option<String>,
    /// The person of that organisation who made it.
    pub author_person: Option<String>,
    /// Day of care, in days since 1970.
    pub day: Option<i64>,
    /// The visit or stay it belongs to: `Encounter/1`.
    pub encounter: Option<String>,
}

/// A version as it is stored and answered (版).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `Observation/123`.
    pub name: String,
    /// From 1.
    pub version: i64,
    /// When it was stored, milliseconds since 1970.
    pub updated_at: i64,
    /// Id of the patient; empty if it is about nobody.
    pub patient: String,
    /// By which interaction: `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// Whether it is a deletion.
    pub deleted: bool,
    /// Its labels, those that it inherits among them, as a set of bits.
    pub labels: i64,
    /// The resource as it is answered; empty for a deletion.
    pub body: Vec<u8>,
}

impl Version {
    /// The columns that [`Version::read`] takes, in its order.
    pub const COLUMNS: &'static str = "name, version, updated_at, patient, method, deleted, labels, body";

    /// Reads a row of [`Version::COLUMNS`].
    pub fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            name: row.text(0)?.to_owned(),
            version: row.int(1)?,
            updated_at: row.int(2)?,
            patient: row.text(3)?.to_owned(),
            method: row.text(4)?.to_owned(),
            deleted: row.int(5)? != 0,
            labels: row.int(6)?,
            body: row.bytes(7)?.to_vec(),
        })
    }
}

/// The rows by which one resource is found, table by table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexRows {
    pub(super) tokens: Vec<TokenRow>,
    pub(super) strings: Vec<StringRow>,
    pub(super) dates: Vec<(i64, i64, i64)>,
    pub(super) references: Vec<(i64, String)>,
    pub(super) quantities: Vec<QuantityRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TokenRow {
    pub param: i64,
    pub code: String,
    pub system: i64,
    pub shown: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StringRow {
    pub param: i64,
    pub folded: String,
    pub exact: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct QuantityRow {
    pub param: i64,
    pub value: i64,
    pub system: i64,
    pub code: String,
    pub unit: String,
}

impl IndexRows {
    /// The rows of a resource of a type from its search values, and of `links`: names of what it refers to and inherits labels
    /// from, which is more than what it is found by.
    pub fn new(resource_type: &str, entries: &[search::Entry], links: &[&str]) -> Self {
        let mut rows = Self::default();
        for entry in entries.iter().filter(|entry| !is_column(entry.parameter)) {
            rows.put(param_key(resource_type, entry.parameter), resource_type, entry);
        }
        rows.tokens.sort_unstable();
        rows.tokens.dedup();
        rows.strings.sort_unstable();
        rows.strings.dedup();
        rows.dates.sort_unstable();
        rows.dates.dedup();
        let missing = links.iter().filter(|link| !rows.references.iter().any(|(_, target)| target == *link));
        let missing: Vec<_> = missing.map(|link| (link_key(), (*link).to_owned())).collect();
        rows.references.extend(missing);
        rows.references.sort_unstable();
        rows.references.dedup();
        rows.quantities.sort_unstable();
        rows.quantities.dedup();
        rows
    }

    fn put(&mut self, param: i64, resource_type: &str, entry: &search::Entry) {
        let text = |text: &Option<records::Text>| text.as_deref().unwrap_or_default().to_owned();
        match &entry.value {
            search::Value::Token { system, code, display } => self.tokens.push(TokenRow {
                param,
                code: text(code),
                system: system_key(system.as_deref()),
                shown: text(display),
            }),
            search::Value::Uri(uri) => {
                self.tokens.push(TokenRow { param, code: uri.to_string(), system: 0, shown: String::new() })
            }
            search::Value::ReferenceIdentifier { system, value } => self.tokens.push(TokenRow {
                param: identifier_key(resource_type, entry.parameter),
                code: value.to_string(),
                system: system_key(system.as_deref()),
                shown: String::new(),
            }),
            search::Value::Text { exact, folded } => {
                self.strings.push(StringRow { param, folded: folded.to_string(), exact: exact.to_string() });
            }
            search::Value::Date(span) => self.dates.push((param, span.from, span.until)),
            search::Value::Reference { resource_type, id } => {
                self.references.push((param, reference_target(resource_type.as_deref(), id)));
            }
            search::Value::Quantity { value, system, code, unit } => self.quantities.push(QuantityRow {
                param,
                value: ordered(*value),
                system: system_key(system.as_deref()),
                code: text(code),
                unit: text(unit),
            }),
        }
    }
}

/// Parameters that are columns of their own.
pub(super) fn is_column(parameter: &str) -> bool {
    matches!(parameter, "_id" | "_lastUpdated")
}

/// A reference as it is stored: `Patient/1`, or what it is if it does not say its type.
pub(super) fn reference_target(resource_type: Option<&str>, id: &str) -> String {
    resource_type.map_or_else(|| id.to_owned(), |resource_type| format!("{resource_type}/{id}"))
}

/// The key of a parameter of a type.
pub(super) fn param_key(resource_type: &str, parameter: &str) -> i64 {
    cached(&[resource_type, "?", parameter])
}

/// The key of references that no parameter finds.
fn link_key() -> i64 {
    cached(&["", "?", "link"])
}

/// The key of the identifiers that a reference parameter has instead of references.
pub(super) fn identifier_key(resource_type: &str, parameter: &str) -> i64 {
    cached(&[resource_type, "?", parameter, ":identifier"])
}

/// The key of a system; 0 for none.
pub(super) fn system_key(system: Option<&str>) -> i64 {
    system.map_or(0, |system| key(&[system]))
}

/// A double as an integer of the same order.
pub(super) fn ordered(value: f64) -> i64 {
    // Both zeros are one.
    let bits = (value + 0.0).to_bits().cast_signed();
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

/// Parameters are some hundred: their keys are computed once.
fn cached(parts: &[&str]) -> i64 {
    static KEYS: LazyLock<RwLock<HashMap<String, i64>>> = LazyLock::new(RwLock::default);
    let name = parts.concat();
    if let Some(known) = KEYS.read().ok().and_then(|keys| keys.get(&name).copied()) {
        return known;
    }
    let key = key(parts);
    if let Ok(mut keys) = KEYS.write() {
        keys.insert(name, key);
    }
    key
}

fn key(parts: &[&str]) -> i64 {
    let digest = parts.iter().fold(Sha256::new(), |digest, part| digest.chain_update(part)).finalize();
    let mut first = [0; 8];
    first.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    // 0 is kept for "none".
    i64::from_be_bytes(first).max(i64::MIN + 1) | 1
}

/// A parameter that owns its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Bound {
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Int(value) => Value::Int(*value),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_keep_their_order_as_integers() {
        let numbers = [f64::MIN, -1e9, -1.5, -1.4999, -1e-300, 0.0, 1e-300, 0.5, 5.4, 5.45, 1e17, f64::MAX];
        assert!(numbers.windows(2).all(|pair| ordered(pair[0]) < ordered(pair[1])));
        assert_eq!(ordered(0.0), ordered(-0.0));
    }

    #[test]
    fn no_two_parameters_share_a_key() {
        let mut keys = HashMap::new();
        for resource_type in search::served_types() {
            for parameter in search::parameters(resource_type) {
                for key in
                    [param_key(resource_type, parameter.name), identifier_key(resource_type, parameter.name)]
                {
                    assert_ne!(key, 0);
                    let name = format!("{resource_type}.{}", parameter.name);
                    assert!(keys.insert(key, name.clone()).is_none(), "{name}");
                }
            }
        }
    }
}
