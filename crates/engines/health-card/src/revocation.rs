//! Revocation lists of the cards (`.well-known/crl/{kid}.json`), from files.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    keys::Key,
    problem::{Code, Problem},
};

/// The longest identifier of a revocable card.
const LONGEST_RID: usize = 24;

/// The revocation lists that are known, by kid.
#[derive(Debug, Clone, Default)]
pub struct Revocations {
    lists: BTreeMap<String, List>,
}

#[derive(Debug, Clone)]
struct List {
    counter: u64,
    /// Identifier, and the time before which cards are revoked where one is given.
    entries: BTreeMap<String, Option<f64>>,
}

impl Revocations {
    /// Takes a list; what is wrong with it is told, and a list with an error is not used.
    pub fn add(&mut self, text: &str) -> Vec<Problem> {
        let wrong = |text: String| Problem::error(Code::RevocationList, text);
        let parsed: Value = match serde_json::from_str(text) {
            Ok(parsed) => parsed,
            Err(error) => return vec![wrong(format!("not JSON: {error}"))],
        };
        let mut problems = Vec::new();
        let kid = parsed.get("kid").and_then(Value::as_str).unwrap_or("");
        if kid.is_empty() {
            problems.push(wrong("kid is expected".to_owned()));
        }
        if parsed.get("method").and_then(Value::as_str) != Some("rid") {
            problems.push(wrong("method rid is expected".to_owned()));
        }
        let Some(counter) = parsed.get("ctr").and_then(Value::as_u64) else {
            problems.push(wrong("ctr, a number, is expected".to_owned()));
            return problems;
        };
        let mut entries = BTreeMap::new();
        for entry in parsed.get("rids").and_then(Value::as_array).into_iter().flatten() {
            let Some(text) = entry.as_str() else {
                problems.push(wrong("rids are texts".to_owned()));
                continue;
            };
            let (rid, until) = match text.split_once('.') {
                Some((rid, until)) => (rid, Some(until)),
                None => (text, None),
            };
            let is_base64url = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            let until_number = until.and_then(|until| until.parse::<f64>().ok());
            if rid.is_empty() || !rid.chars().all(is_base64url) || until.is_some() != until_number.is_some() {
                problems.push(wrong(format!("{text:?} is not a rid in base64url, with a time or without")));
            } else if rid.len() > LONGEST_RID {
                problems.push(wrong(format!("{text:?} is longer than {LONGEST_RID} characters")));
            } else if entries.insert(rid.to_owned(), until_number).is_some() {
                problems.push(wrong(format!("{rid:?} comes twice")));
            }
        }
        if problems.is_empty() {
            self.lists.insert(kid.to_owned(), List { counter, entries });
        }
        problems
    }

    /// Whether the key's list is the version that the key names, and whether the card is on it.
    pub(crate) fn check(&self, key: &Key, payload: &Value, problems: &mut Vec<Problem>) {
        let Some(list) = self.lists.get(key.kid()) else { return };
        if key.revocation_version().is_some_and(|version| version != list.counter) {
            problems.push(Problem::warning(
                Code::RevocationList,
                format!("ctr {} is not the key's crlVersion", list.counter),
            ));
        }
        let rid = payload.get("vc").and_then(|vc| vc.get("rid")).and_then(Value::as_str);
        let issued = payload.get("nbf").and_then(Value::as_f64).unwrap_or(0.0);
        if let Some(until) = rid.and_then(|rid| list.entries.get(rid))
            && until.is_none_or(|until| issued < until)
        {
            problems.push(Problem::error(Code::Revoked, "the card is on the issuer's revocation list"));
        }
    }
}
