//! A bundle, entry by entry.

use super::{
    error::{BundleError, Problem, shown},
    references::{Addresses, Lookup},
};
use crate::{
    ids::id_of,
    search::Query,
    tree::{Node, Resource},
};

/// What a bundle may have at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Entries.
    pub entries: usize,
}

impl Default for Limits {
    /// 10,000 entries: the largest of the field, a hospital's first delivery of one patient, has some hundreds.
    fn default() -> Self {
        Self { entries: 10_000 }
    }
}

/// What a bundle is for (種類).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// All entries are done, or none.
    Transaction,
    /// Each entry is done by itself.
    Batch,
    /// A document: a Composition and what it is made of.
    Document,
    /// A message: a MessageHeader and what it is about.
    Message,
    /// Some resources, as the CLINS bundles.
    Collection,
}

/// A bundle, split (バンドル).
#[derive(Debug)]
pub struct Bundle {
    /// What it is for.
    pub kind: Kind,
    /// Its identifier as system and value, if it has one.
    pub identifier: Option<(String, String)>,
    /// Its entries in their order, references rewritten.
    pub entries: Vec<Entry>,
    /// References by a query (`Patient?identifier=…`) that a store must look up; see [`Bundle::set_reference`].
    pub lookups: Vec<Lookup>,
}

/// One entry (エントリ).
#[derive(Debug)]
pub struct Entry {
    /// Its place in the bundle, from 0.
    pub number: usize,
    /// What is to be done.
    pub act: Act,
    /// The type it is about.
    pub resource_type: String,
    /// The id that its resource has or gets; none for a search, a conditional update or deletion, and wherever the
    /// store decides.
    pub id: Option<String>,
    /// The resource, its id set and its references rewritten.
    pub resource: Option<Resource>,
}

/// What an entry asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Keep it under its id, whether or not there is one (documents, collections, messages).
    Keep,
    /// Create it; with a query, unless something matches (`ifNoneExist`).
    Create(Option<Query>),
    /// Put it under its id, or in the place of what the query matches.
    Update {
        /// The conditional part.
        matching: Option<Query>,
        /// The version that it must replace (`ifMatch`, `W/"3"`).
        if_match: Option<String>,
    },
    /// Delete by id, or what the query matches.
    Delete(Option<Query>),
    /// Read: the URL relative to the server.
    Get(String),
}

impl Bundle {
    /// Splits a bundle. `sender` names who sends it: the same resource of the same sender gets the same id.
    ///
    /// # Errors
    /// [`BundleError`] with the place; nothing of the bundle is used then.
    pub fn split(
        bundle: Node,
        sender: &str,
        new_id: &mut dyn FnMut() -> String,
    ) -> Result<Self, BundleError> {
        Self::split_within(bundle, sender, new_id, &Limits::default())
    }

    /// Splits a bundle within limits; `new_id` gives the ids of what a transaction creates.
    ///
    /// # Errors
    /// As [`Bundle::split`].
    pub fn split_within(
        bundle: Node,
        sender: &str,
        new_id: &mut dyn FnMut() -> String,
        limits: &Limits,
    ) -> Result<Self, BundleError> {
        if bundle.text_at("resourceType") != Some("Bundle") {
            let found = shown(bundle.text_at("resourceType").unwrap_or_default());
            return Err(BundleError::new(
                "Bundle.resourceType",
                Problem::Value { found, expected: "Bundle" },
            ));
        }
        let kind = kind(&bundle)?;
        let identifier = bundle.get("identifier").and_then(|identifier| {
            let part = |key| identifier.text_at(key).unwrap_or_default().to_owned();
            Some((part("system"), part("value"))).filter(|(_, value)| !value.is_empty())
        });
        let raw = match bundle {
            Node::Object(mut object) => object.remove("entry").map(into_items).unwrap_or_default(),
            _ => Vec::new(),
        };
        if raw.len() > limits.entries {
            return Err(BundleError::new("Bundle.entry", Problem::TooMany(limits.entries)));
        }
        let mut addresses = Addresses::default();
        let mut entries = Vec::with_capacity(raw.len());
        for (number, raw) in raw.into_iter().enumerate() {
            let (full_url, old_id, entry) = read(kind, raw, number, sender, identifier.as_ref(), new_id)?;
            addresses.add(&entry, full_url, old_id)?;
            entries.push(entry);
        }
        check_first(kind, &entries)?;
        let mut lookups = Vec::new();
        for entry in &mut entries {
            addresses.rewrite(entry, &mut lookups)?;
        }
        Ok(Self { kind, identifier, entries, lookups })
    }

    /// The entries' places in the order in which a transaction is done: deletions, creations, updates, reads
    /// (R4 §3.1.0.11.2).
    pub fn order(&self) -> Vec<usize> {
        let rank = |n: &usize| match self.entries.get(*n).map(|entry| &entry.act) {
            Some(Act::Delete(_)) => 0,
            Some(Act::Create(_) | Act::Keep) => 1,
            Some(Act::Update { .. }) => 2,
            Some(Act::Get(_)) | None => 3,
        };
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(rank);
        order
    }

    /// Puts the resource that a lookup found into every reference that asked for it.
    pub fn set_reference(&mut self, lookup: &str, reference: &str) {
        for entry in &mut self.entries {
            if let Some(resource) = &mut entry.resource {
                super::references::replace(resource.node_mut(), lookup, reference);
            }
        }
    }
}

fn kind(bundle: &Node) -> Result<Kind, BundleError> {
    match bundle.text_at("type") {
        Some("transaction") => Ok(Kind::Transaction),
        Some("batch") => Ok(Kind::Batch),
        Some("document") => Ok(Kind::Document),
        Some("message") => Ok(Kind::Message),
        Some("collection") => Ok(Kind::Collection),
        found => {
            let expected = "transaction, batch, document, message or collection";
            let found = shown(found.unwrap_or_default());
            Err(BundleError::new("Bundle.type", Problem::Value { found, expected }))
        }
    }
}

/// A document begins with its Composition, a message with its header (R4 invariants bdl-11 and bdl-12).
fn check_first(kind: Kind, entries: &[Entry]) -> Result<(), BundleError> {
    let expected = match kind {
        Kind::Document => "Composition",
        Kind::Message => "MessageHeader",
        Kind::Transaction | Kind::Batch | Kind::Collection => return Ok(()),
    };
    match entries.first() {
        Some(first) if first.resource_type == expected => Ok(()),
        first => {
            let found = first.map(|entry| shown(&entry.resource_type)).unwrap_or_default();
            Err(BundleError::new("Bundle.entry[0].resource", Problem::Value { found, expected }))
        }
    }
}

type Read = (Option<String>, Option<String>, Entry);

fn read(
    kind: Kind,
    raw: Node,
    number: usize,
    sender: &str,
    bundle: Option<&(String, String)>,
    new_id: &mut dyn FnMut() -> String,
) -> Result<Read, BundleError> {
    let place = |rest: &str| format!("Bundle.entry[{number}]{rest}");
    let full_url = raw.text_at("fullUrl").map(str::to_owned);
    let request =
        matches!(kind, Kind::Transaction | Kind::Batch).then(|| Request::of(&raw, number)).transpose()?;
    let node = match raw {
        Node::Object(mut object) => object.remove("resource"),
        _ => None,
    };
    let resource = node
        .map(|node| {
            Resource::new(node)
                .map_err(|_| BundleError::new(place(".resource"), Problem::Missing("a resourceType")))
        })
        .transpose()?;
    let old_id = resource.as_ref().and_then(Resource::id).map(str::to_owned);
    let entry = match request {
        Some(request) => request.entry(number, resource, new_id)?,
        None => {
            let resource =
                resource.ok_or_else(|| BundleError::new(place(""), Problem::Missing("a resource")))?;
            let id = kept_id(&resource, number, sender, bundle, full_url.as_deref());
            let resource_type = resource.resource_type().to_owned();
            Entry { number, act: Act::Keep, resource_type, id: Some(id), resource: Some(resource) }
        }
    };
    Ok((full_url, old_id, with_id(entry)))
}

/// A resource that says who it is (JP-CLINS: リソース一意識別子) is the same one in whatever bundle it comes; another is
/// told apart by the bundle and its address there.
fn kept_id(
    resource: &Resource,
    number: usize,
    sender: &str,
    bundle: Option<&(String, String)>,
    full_url: Option<&str>,
) -> String {
    let kind = resource.resource_type();
    let own = resource.node().all("identifier").into_iter().find_map(|identifier| {
        (identifier.text_at("system") == Some(INSTANCE)).then(|| identifier.text_at("value")).flatten()
    });
    let number = number.to_string();
    match (own, bundle) {
        (Some(own), _) => id_of(&["instance", sender, kind, own]),
        (None, Some((system, value))) => {
            id_of(&["entry", sender, system, value, kind, full_url.or(resource.id()).unwrap_or(&number)])
        }
        (None, None) => match full_url.or(resource.id()) {
            Some(address) => id_of(&["address", sender, kind, address]),
            None => id_of(&["content", sender, &String::from_utf8_lossy(&resource.node().canonical())]),
        },
    }
}

/// An entry's request (R4 §2.36.5).
struct Request {
    place: String,
    method: String,
    resource_type: String,
    id: Option<String>,
    matching: Option<Query>,
    url: String,
    if_match: Option<String>,
    if_none_exist: Option<String>,
}

impl Request {
    fn of(raw: &Node, number: usize) -> Result<Self, BundleError> {
        let place = format!("Bundle.entry[{number}].request");
        let request =
            raw.get("request").ok_or_else(|| BundleError::new(&*place, Problem::Missing("a request")))?;
        let text = |key| request.text_at(key).map(str::to_owned);
        let method = text("method")
            .ok_or_else(|| BundleError::new(format!("{place}.method"), Problem::Missing("a method")))?;
        let url =
            text("url").ok_or_else(|| BundleError::new(format!("{place}.url"), Problem::Missing("a url")))?;
        let (path, query) =
            url.split_once('?').map_or((url.as_str(), None), |(path, query)| (path, Some(query)));
        let mut parts = path.trim_start_matches('/').split('/');
        let resource_type = parts.next().unwrap_or_default().to_owned();
        let id = parts.next().filter(|id| !id.is_empty()).map(str::to_owned);
        let wrong = |expected| Problem::Value { found: shown(&url), expected };
        if method != "GET"
            && (parts.next().is_some() || !is_type(&resource_type) || !id.as_deref().is_none_or(is_id))
        {
            return Err(BundleError::new(format!("{place}.url"), wrong("Type, Type/id or Type?query")));
        }
        let matching = match (method.as_str(), query) {
            ("PUT" | "DELETE", Some(query)) => Some(
                Query::parse(&resource_type, query)
                    .map_err(|error| BundleError::new(format!("{place}.url"), Problem::Query(error)))?,
            ),
            _ => None,
        };
        let (if_match, if_none_exist) = (text("ifMatch"), text("ifNoneExist"));
        Ok(Self { place, method, resource_type, id, matching, url, if_match, if_none_exist })
    }

    fn entry(
        self,
        number: usize,
        resource: Option<Resource>,
        new_id: &mut dyn FnMut() -> String,
    ) -> Result<Entry, BundleError> {
        let place = |rest: &str| format!("{}{rest}", self.place);
        let needs_resource = matches!(self.method.as_str(), "POST" | "PUT");
        match &resource {
            None if needs_resource => {
                return Err(BundleError::new(
                    format!("Bundle.entry[{number}]"),
                    Problem::Missing("a resource"),
                ));
            }
            Some(resource) if needs_resource && resource.resource_type() != self.resource_type => {
                let found = shown(resource.resource_type());
                let problem = Problem::Value { found, expected: "a resource of the type in request.url" };
                return Err(BundleError::new(format!("Bundle.entry[{number}].resource"), problem));
            }
            _ => {}
        }
        let is_target_said = self.id.is_some() != self.matching.is_some();
        let (act, id) = match self.method.as_str() {
            "POST" if self.id.is_none() => {
                let query =
                    self.if_none_exist.as_deref().map(|query| Query::parse(&self.resource_type, query));
                let query = query
                    .transpose()
                    .map_err(|error| BundleError::new(place(".ifNoneExist"), Problem::Query(error)))?;
                (Act::Create(query), Some(new_id()))
            }
            "PUT" if is_target_said => {
                (Act::Update { matching: self.matching, if_match: self.if_match }, self.id)
            }
            "DELETE" if is_target_said => (Act::Delete(self.matching), self.id),
            "GET" => (Act::Get(self.url), None),
            "POST" | "PUT" | "DELETE" => {
                let expected = if self.method == "POST" { "Type" } else { "Type/id or Type?query" };
                return Err(BundleError::new(
                    place(".url"),
                    Problem::Value { found: shown(&self.url), expected },
                ));
            }
            "PATCH" | "HEAD" => {
                return Err(BundleError::new(place(".method"), Problem::Unserved(self.method.clone())));
            }
            other => {
                let problem = Problem::Value { found: shown(other), expected: "GET, POST, PUT or DELETE" };
                return Err(BundleError::new(place(".method"), problem));
            }
        };
        let resource = resource.filter(|_| needs_resource);
        Ok(Entry { number, act, resource_type: self.resource_type, id, resource })
    }
}

/// The id stands in the resource too, where R4 has it: after the type.
fn with_id(mut entry: Entry) -> Entry {
    if let (Some(id), Some(resource)) = (&entry.id, &mut entry.resource)
        && let Some(object) = resource.node_mut().as_object_mut()
    {
        object.insert("id", id.as_str());
    }
    entry
}

fn into_items(node: Node) -> Vec<Node> {
    match node {
        Node::Array(items) => items,
        other => vec![other],
    }
}

fn is_type(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(|b| b.is_ascii_alphabetic())
}

pub(super) fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}

/// リソース一意識別子 (JP-CLINS).
const INSTANCE: &str = "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier";
