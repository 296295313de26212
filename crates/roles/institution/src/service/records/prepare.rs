//! From a resource as it comes to one ready to be stored: looked at, validated, labelled, indexed.

use std::sync::Arc;

use calendar::Date;
use records::labels::{Facts as Read, Lists, Subject, links};
use records::search::{self, Value};
use records::validate::{Issue, Severity};
use records::{Node, Object, Resource};

use super::error::{RecordError, issue};
use super::profiles::Profiles;
use super::scan::scan_resource;
use crate::refuse::Field;
use crate::store::{Draft, Facts, IndexRows, bits};

/// What it takes to prepare a resource (受入の道具); one serves all threads.
#[derive(Clone)]
pub struct Preparer {
    lists: Arc<Lists>,
    profiles: Profiles,
    local_number: Field,
    /// The institution itself: it made what does not say otherwise.
    own: String,
}

/// A resource on its way to the store.
pub struct Raw {
    /// `Observation`.
    pub resource_type: String,
    /// Its id.
    pub id: String,
    /// The document.
    pub resource: Resource,
    /// The patient, where the resource itself leads to none.
    pub patient: Option<String>,
    /// By which interaction.
    pub method: &'static str,
    /// Whether it was validated already, with the whole that it came in.
    pub checked: bool,
}

impl Preparer {
    /// With the lists that are built in; `own` is the institution's name among organisations.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn new(profiles: Profiles, on: Date, local_number: Field, own: String) -> Result<Self, RecordError> {
        let lists = Lists::builtin(on).map_err(|error| RecordError::Unreadable {
            ja: "機微情報の一覧を読めません".to_owned(),
            en: format!("the built-in label list cannot be read: {error}"),
        })?;
        Ok(Self { lists: Arc::new(lists), profiles, local_number, own })
    }

    /// Reads a body: JSON, one resource, no My Number in it.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`], [`RecordError::MyNumber`].
    pub fn read(&self, body: &[u8]) -> Result<Resource, RecordError> {
        let node = match records::tree::parse(body) {
            Ok(node) => node,
            Err(error) => {
                // What cannot be read is looked at as a text, so that nothing of it is repeated or kept.
                crate::refuse::scan(Field::Text, &String::from_utf8_lossy(body), || "body".to_owned())?;
                return Err(RecordError::Unreadable { ja: error.ja(), en: error.to_string() });
            }
        };
        scan_resource(&node, self.local_number)?;
        Resource::new(node)
            .map_err(|error| RecordError::Unreadable { ja: error.ja().to_owned(), en: error.to_string() })
    }

    /// What is wrong with a resource, by its type, the profiles that it names and those named here.
    pub fn check(&self, resource: &Node, profiles: &[&str]) -> Vec<Issue> {
        self.profiles.check(resource, profiles)
    }

    /// Refuses a resource that is not what its type and the profiles that it names say.
    ///
    /// # Errors
    /// [`RecordError::Invalid`] with everything that was found, when an error is among it.
    pub fn validate(&self, resource: &Node) -> Result<(), RecordError> {
        let mut issues = self.check(resource, &[]);
        // Why it is refused comes first: a report tells one reason.
        issues.sort_by_key(|issue| std::cmp::Reverse(issue.severity));
        if issues.iter().any(|issue| issue.severity == Severity::Error) {
            return Err(RecordError::Invalid(issues));
        }
        Ok(())
    }

    /// Validates a resource, labels it, and makes it ready to be stored.
    ///
    /// # Errors
    /// [`RecordError::Invalid`] for one that does not pass, and when its id is none.
    pub fn draft(&self, raw: Raw) -> Result<Box<Draft>, RecordError> {
        let Raw { resource_type, id, resource, patient, method, checked } = raw;
        if !checked {
            self.validate(resource.node())?;
        }
        if !is_id(&id) {
            let (ja, en) = (
                "idは英数字・ハイフン・ピリオドで1〜64文字です",
                "an id has 1 to 64 letters, digits, hyphens or dots",
            );
            let path = format!("{resource_type}.id");
            return Err(RecordError::Invalid(vec![issue("value", &path, ja.to_owned(), en.to_owned())]));
        }
        let entries = search::index(resource.node());
        let mut facts = self.facts(&resource_type, &id, &resource, &entries);
        if let (true, Some(patient)) = (facts.patient.is_empty(), patient) {
            facts.patient = patient;
        }
        let rows = IndexRows::new(&resource_type, &entries, &links(resource.node()));
        let name = format!("{resource_type}/{id}");
        let unchecked = self.profiles.unchecked(resource.node());
        Ok(Box::new(Draft { name, facts, rows, rest: rest(resource), method, unchecked }))
    }

    fn facts(&self, resource_type: &str, id: &str, resource: &Resource, entries: &[search::Entry]) -> Facts {
        let read = Read::of(resource.node());
        let patient = if resource_type == "Patient" { id.to_owned() } else { patient(&read, entries) };
        Facts {
            patient,
            category: i64::from(read.category as u8),
            labels: bits(self.lists.labels(resource.node())),
            said: bits(Lists::said(resource.node())),
            author: Some(read.institution.map_or_else(|| self.own.clone(), organisation)),
            author_person: read.author.map(str::to_owned),
            day: read.date.map(|day| day.to_days().into()),
            encounter: read.encounter.map(str::to_owned),
        }
    }
}

/// The patient by the search parameters `patient` and `subject`, so that what is found by them and whom it is about
/// are one.
fn patient(read: &Read<'_>, entries: &[search::Entry]) -> String {
    let by = |name: &str| {
        entries.iter().filter(move |entry| entry.parameter == name).find_map(|entry| match &entry.value {
            Value::Reference { resource_type, id } => {
                let kind = resource_type.as_deref();
                let is_patient = kind == Some("Patient") || kind.is_none() && is_id(id);
                is_patient.then(|| id.to_string())
            }
            _ => None,
        })
    };
    let by_subject = || match read.subject {
        Some(Subject::Reference(reference)) => reference.strip_prefix("Patient/").filter(|id| is_id(id)),
        _ => None,
    };
    by("patient").or_else(|| by("subject")).or_else(|| by_subject().map(str::to_owned)).unwrap_or_default()
}

/// The organisation of a ten-digit institution number; what is none stays as it is written, and is nobody's.
fn organisation(number: &str) -> String {
    number
        .parse::<codes::InstitutionCode>()
        .map_or_else(|_| number.to_owned(), |code| codes::OrgId::institution(&code).to_string())
}

/// The document from behind `lastUpdated` on: the rest of `meta`, then everything else in its order.
fn rest(resource: Resource) -> Vec<u8> {
    let Node::Object(mut document) = resource.into_node() else { return b"}}".to_vec() };
    document.remove("resourceType");
    document.remove("id");
    let meta = match document.remove("meta") {
        Some(Node::Object(mut meta)) => {
            meta.remove("versionId");
            meta.remove("lastUpdated");
            meta
        }
        _ => Object::new(),
    };
    let mut out = Vec::with_capacity(1024);
    members(meta, &mut out);
    members(document, &mut out);
    out
}

/// The members of an object that follow others, and its end.
fn members(object: Object, out: &mut Vec<u8>) {
    let bytes = Node::Object(object).to_vec();
    let inner = bytes.strip_prefix(b"{").unwrap_or(&bytes);
    if inner != b"}" {
        out.push(b',');
    }
    out.extend_from_slice(inner);
}

/// Whether a text is a FHIR id.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}
