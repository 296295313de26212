//! What is wrong with a document, where, and how grave it is.

use serde::Serialize;

use crate::xml::{Id, Place, ReadError, Tree};

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; the document can be used.
    Warning,
    /// A receiver would send the document back.
    Error,
}

/// The rule that a finding breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The file could not be read at all.
    File,
    /// The bytes are no XML of this field: charset, syntax, entities, limits.
    Xml,
    /// Elements, attributes and their types, as the schemas have them.
    Structure,
    /// Header: who, by whom, when.
    Header,
    /// A code that its code system does not have, or an item that phase 4 does not know.
    Code,
    /// The kind of value: a quantity where an answer belongs, …
    Type,
    /// The unit of a quantity.
    Unit,
    /// A measurement outside of what can be measured.
    Range,
    /// A check digit.
    CheckDigit,
    /// An item that every check has.
    Required,
    /// Items that contradict each other.
    Consistency,
    /// The archive: names, layout, index, sums.
    Archive,
    /// A table of plain text: columns, fields.
    Table,
    /// A FHIR bundle.
    Fhir,
}

/// Something wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How grave.
    pub severity: Severity,
    /// The rule.
    pub rule: Rule,
    /// Where in the file.
    pub place: Place,
    /// Where in the document: names of elements, a column, a path of keys.
    pub path: String,
    /// What is wrong and what was expected.
    pub en: String,
    /// The same in Japanese.
    pub ja: String,
}

impl Finding {
    /// An error at no place in particular.
    pub fn error(rule: Rule, path: impl Into<String>, en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            rule,
            place: Place::default(),
            path: path.into(),
            en: en.into(),
            ja: ja.into(),
        }
    }

    /// The same as a warning.
    pub fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }
}

impl From<ReadError> for Finding {
    fn from(error: ReadError) -> Self {
        let (en, ja) = (error.to_string(), error.ja());
        let ReadError { place, path, .. } = error;
        Self { severity: Severity::Error, rule: Rule::Xml, place, path, en, ja }
    }
}

/// Findings about one document, at most a few hundred of them.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    list: &'a mut Vec<Finding>,
    /// What is found is a warning only, because the table was not verified for such a document.
    lenient: bool,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(list: &'a mut Vec<Finding>) -> Self {
        Self { list, lenient: false }
    }

    pub(crate) fn lenient(list: &'a mut Vec<Finding>) -> Self {
        Self { list, lenient: true }
    }

    /// Adds what is wrong with an element.
    pub(crate) fn add(&mut self, tree: &Tree<'_>, id: Id, rule: Rule, en: String, ja: String) {
        if self.full() {
            return;
        }
        let severity = if self.lenient { Severity::Warning } else { Severity::Error };
        self.list.push(Finding { severity, rule, place: tree.place(id), path: tree.path(id), en, ja });
    }

    /// Whether nothing more is noted.
    pub(crate) fn full(&self) -> bool {
        self.list.len() >= MOST
    }
}

/// More than this says nothing that this does not.
pub(crate) const MOST: usize = 300;
