//! FHIR resources as plain lines that people can read.
//!
//! [`show`] takes a resource of any kind: the kinds that [`kinds`] and [`document`] know have a title, a value and named
//! facts; of everything else, and of every field that they do not know, the fields are shown as they stand. Nothing is dropped.

mod chart;
mod document;
mod kinds;
mod plain;
mod series;
mod words;

use crate::Node;
use crate::labels::Facts;
use calendar::Date;
use consent::Category;

pub use chart::chart;
pub use series::{Flag, Point, Series, series};
pub use words::{any, both, concept, day, quantity};

/// A resource as it is shown (表示する記録).
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// `Observation/1`: tells it from others of the same holder.
    pub name: String,
    /// Kind of information.
    pub kind: Category,
    /// What it is: the test, the drug, the disease, the document.
    pub title: String,
    /// What it says, in one line; may be empty.
    pub value: String,
    /// How the value stands to what is usual.
    pub flag: Option<Flag>,
    /// Whether it holds no more: resolved, stopped, refuted.
    pub over: bool,
    /// More, by name.
    pub facts: Vec<Fact>,
    /// Chapters of a document.
    pub chapters: Vec<Chapter>,
    /// Day of care.
    pub day: Option<Date>,
}

/// One more thing about a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name, Japanese and English.
    pub name: (String, String),
    /// What it is.
    pub value: Value,
}

/// A value for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// As the record says it.
    Text(String),
    /// A day, shown in both calendars.
    Day(Date),
    /// A word of ours, Japanese and English.
    Words(&'static str, &'static str),
}

/// A chapter of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// Heading.
    pub title: String,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
    /// How deep it lies: 0 for a chapter of the document itself.
    pub depth: usize,
}

impl Shown {
    /// Nothing but what every resource has.
    fn bare(resource: &Node) -> Self {
        let facts = Facts::of(resource);
        let text = |key: &str| resource.text_at(key).unwrap_or_default();
        Self {
            name: format!("{}/{}", text("resourceType"), text("id")),
            kind: facts.category,
            title: String::new(),
            value: String::new(),
            flag: None,
            over: false,
            facts: Vec::new(),
            chapters: Vec::new(),
            day: facts.date,
        }
    }

    fn fact(&mut self, ja: &str, en: &str, value: Option<Value>) {
        let value = value.filter(|value| !matches!(value, Value::Text(text) if text.trim().is_empty()));
        self.facts.extend(value.map(|value| Fact { name: (ja.to_owned(), en.to_owned()), value }));
    }

    fn text_fact(&mut self, ja: &str, en: &str, text: Option<String>) {
        self.fact(ja, en, text.map(Value::Text));
    }
}

/// A resource as it is shown.
pub fn show(resource: &Node) -> Shown {
    let mut shown = Shown::bare(resource);
    let known = match resource.text_at("resourceType").unwrap_or_default() {
        "Bundle" => document::bundle(resource, &mut shown),
        "Composition" => document::composition(resource, &mut shown),
        "DocumentReference" => document::reference(resource, &mut shown),
        kind => kinds::fill(kind, resource, &mut shown),
    };
    plain::rest(resource, known, &mut shown);
    if shown.title.is_empty() {
        shown.title = plain::title(resource);
    }
    shown
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
