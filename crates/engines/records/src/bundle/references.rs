//! References between entries (R4 §2.36.4.1, §3.1.0.11.2).

use std::collections::HashMap;

use super::{
    error::{BundleError, Problem, shown},
    split::{Act, Entry},
};
use crate::{
    search::Query,
    tree::{Node, Object},
};

/// A reference by a query, which exactly one resource of the store must match (条件付き参照).
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// The reference as it is written, `Patient?identifier=…`.
    pub reference: String,
    /// The query.
    pub query: Query,
    /// The first entry that refers so.
    pub entry: usize,
}

/// Where each address of the bundle leads.
#[derive(Default)]
pub(super) struct Addresses {
    /// `fullUrl` to `Type/id`.
    by_url: HashMap<String, String>,
    /// The sender's own `Type/id` to ours.
    by_name: HashMap<String, String>,
    /// A business identifier, type, system and value, to `Type/id`; none where two entries have it.
    by_identifier: HashMap<[String; 3], Option<String>>,
}

impl Addresses {
    pub(super) fn add(
        &mut self,
        entry: &Entry,
        full_url: Option<String>,
        old_id: Option<String>,
    ) -> Result<(), BundleError> {
        let place = |rest: &str| format!("Bundle.entry[{}]{rest}", entry.number);
        let Some(id) = &entry.id else { return Ok(()) };
        let kind = &entry.resource_type;
        let name = format!("{kind}/{id}");
        // A conditional creation may find another resource: whoever refers to it learns that from the store.
        if let Some(url) = full_url
            && self.by_url.insert(url.clone(), name.clone()).is_some()
        {
            return Err(BundleError::new(place(".fullUrl"), Problem::Twice(shown(&url))));
        }
        let old = old_id.filter(|_| !matches!(entry.act, Act::Delete(_))).map(|old| format!("{kind}/{old}"));
        if let Some(old) = old
            && self.by_name.insert(old.clone(), name.clone()).is_some()
        {
            return Err(BundleError::new(place(".resource.id"), Problem::Twice(shown(&old))));
        }
        let node = entry.resource.as_ref().map(|resource| resource.node());
        for identifier in node.map(|node| node.all("identifier")).unwrap_or_default() {
            let part = |key| identifier.text_at(key).unwrap_or_default().to_owned();
            let key = [kind.clone(), part("system"), part("value")];
            self.by_identifier
                .entry(key)
                .and_modify(|name| *name = None)
                .or_insert_with(|| Some(name.clone()));
        }
        Ok(())
    }

    /// Leads every reference of an entry to where its target goes.
    pub(super) fn rewrite(&self, entry: &mut Entry, lookups: &mut Vec<Lookup>) -> Result<(), BundleError> {
        let Some(resource) = &mut entry.resource else { return Ok(()) };
        if resource.resource_type() == "Bundle" {
            // A document keeps its own addresses: what its entries refer to lies inside it.
            return Ok(());
        }
        let mut walk = Walk { addresses: self, entry: entry.number, lookups, path: Vec::new() };
        walk.node(resource.node_mut())
    }

    fn target(&self, reference: &str) -> Option<&String> {
        let plain = reference.split_once("/_history/").map_or(reference, |(plain, _)| plain);
        self.by_url.get(reference).or_else(|| self.by_url.get(plain)).or_else(|| self.by_name.get(plain))
    }
}

struct Walk<'a> {
    addresses: &'a Addresses,
    entry: usize,
    lookups: &'a mut Vec<Lookup>,
    path: Vec<String>,
}

impl Walk<'_> {
    fn node(&mut self, node: &mut Node) -> Result<(), BundleError> {
        match node {
            Node::Array(items) => {
                for (n, item) in items.iter_mut().enumerate() {
                    self.step(format!("[{n}]"), item)?;
                }
            }
            Node::Object(object) => {
                if let Some(name) = self.logical(object) {
                    object.insert("reference", name);
                }
                for (key, value) in object.iter_mut() {
                    if !matches!(key, "identifier" | "fullUrl" | "system" | "div") {
                        self.step(format!(".{key}"), value)?;
                    }
                }
            }
            Node::String(text) => {
                let is_reference = self.path.last().is_some_and(|key| key == ".reference");
                if let Some(new) = self.text(text.as_str(), is_reference)? {
                    *text = new.into();
                }
            }
            Node::Null | Node::Bool(_) | Node::Number(_) => {}
        }
        Ok(())
    }

    /// Where a reference that gives only an identifier leads (JP-CLINS names the patient by the insured person's).
    fn logical(&self, object: &Object) -> Option<String> {
        let identifier = object.get("identifier").filter(|identifier| identifier.as_object().is_some())?;
        let is_reference = |key| matches!(key, "identifier" | "type" | "display" | "id" | "extension");
        if !object.iter().all(|(key, _)| is_reference(key)) {
            return None;
        }
        let kind = match (object.get("type").and_then(Node::as_str), self.path.last().map(String::as_str)) {
            (Some(kind), _) => kind,
            (None, Some(".subject" | ".patient" | ".beneficiary")) => "Patient",
            (None, _) => return None,
        };
        let part = |key| identifier.text_at(key).unwrap_or_default().to_owned();
        self.addresses.by_identifier.get(&[kind.to_owned(), part("system"), part("value")])?.clone()
    }

    fn step(&mut self, name: String, node: &mut Node) -> Result<(), BundleError> {
        self.path.push(name);
        self.node(node)?;
        self.path.pop();
        Ok(())
    }

    /// The new text of a reference, or of any other text that is an entry's `urn:` address (an attachment's url).
    fn text(&mut self, text: &str, is_reference: bool) -> Result<Option<String>, BundleError> {
        let is_urn = text.starts_with("urn:uuid:") || text.starts_with("urn:oid:");
        if !is_reference {
            return Ok(if is_urn { self.addresses.by_url.get(text).cloned() } else { None });
        }
        if text.starts_with('#') {
            return Ok(None);
        }
        if let Some(name) = self.addresses.target(text) {
            return Ok(Some(name.clone()));
        }
        if let Some((kind, query)) = text.split_once('?').filter(|(kind, _)| !kind.contains(':')) {
            let query = Query::parse(kind, query).map_err(|error| self.wrong(Problem::Query(error)))?;
            if self.lookups.iter().all(|lookup| lookup.reference != text) {
                self.lookups.push(Lookup { reference: text.to_owned(), query, entry: self.entry });
            }
            return Ok(None);
        }
        if is_urn { Err(self.wrong(Problem::Unresolved(shown(text)))) } else { Ok(None) }
    }

    fn wrong(&self, problem: Problem) -> BundleError {
        BundleError::new(format!("Bundle.entry[{}].resource{}", self.entry, self.path.concat()), problem)
    }
}

/// Replaces a reference everywhere below a node.
pub(super) fn replace(node: &mut Node, old: &str, new: &str) {
    match node {
        Node::Array(items) => items.iter_mut().for_each(|item| replace(item, old, new)),
        Node::Object(object) => {
            for (key, value) in object.iter_mut() {
                if key == "reference" && value.as_str() == Some(old) {
                    *value = new.into();
                } else {
                    replace(value, old, new);
                }
            }
        }
        _ => {}
    }
}
