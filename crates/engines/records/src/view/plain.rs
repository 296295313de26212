//! What has no form of its own: fields as they stand.

use crate::Node;

use super::words::any;
use super::{Fact, Shown, Value};

/// What every resource has and people do not need: how it is filed, and what the page says elsewhere.
const FILING: &[&str] = &[
    "resourceType",
    "id",
    "meta",
    "language",
    "text",
    "identifier",
    "extension",
    "implicitRules",
    "subject",
    "patient",
    "encounter",
    "context",
    "contained",
];

/// Adds the fields that are neither filing nor `known`.
pub fn rest(resource: &Node, known: &[&str], shown: &mut Shown) {
    let Some(object) = resource.as_object() else { return };
    for (key, value) in object.iter() {
        if FILING.contains(&key) || known.contains(&key) || key.starts_with('_') {
            continue;
        }
        put(key.to_owned(), value, shown, 0);
    }
}

/// A title where there is none: a code, a name, or the type.
pub fn title(resource: &Node) -> String {
    let by = ["code", "title", "name", "description"]
        .iter()
        .find_map(|key| any(resource.get(key)?.items().first()?));
    by.unwrap_or_else(|| resource.text_at("resourceType").unwrap_or("記録").to_owned())
}

/// A field in one line where it is one of FHIR's data types, or its members one by one.
fn put(path: String, value: &Node, shown: &mut Shown, depth: usize) {
    if let Some(text) = any(value) {
        shown.facts.push(Fact { name: (path.clone(), path), value: Value::Text(text) });
        return;
    }
    if depth >= DEPTH {
        let text = String::from_utf8_lossy(&value.to_vec()).into_owned();
        shown.facts.push(Fact { name: (path.clone(), path), value: Value::Text(text) });
        return;
    }
    match value {
        Node::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                put(format!("{path} {}", place + 1), item, shown, depth + 1);
            }
        }
        Node::Object(object) => {
            for (key, member) in object.iter().filter(|(key, _)| *key != "id") {
                put(format!("{path}.{key}"), member, shown, depth + 1);
            }
        }
        _ => {}
    }
}

/// Deeper than this a field is shown as JSON.
const DEPTH: usize = 8;
