//! Why a bundle is refused, and where.

use std::fmt;

use crate::search::QueryError;

/// A bundle that cannot be taken: where, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct BundleError {
    /// The place as FHIRPath, such as `Bundle.entry[3].request.method`.
    pub place: String,
    pub(super) problem: Problem,
}

impl BundleError {
    pub(super) fn new(place: impl Into<String>, problem: Problem) -> Self {
        Self { place: place.into(), problem }
    }

    /// The message in Japanese.
    pub fn ja(&self) -> String {
        format!("{}：{}", self.place, self.problem.ja())
    }

    /// The code of an OperationOutcome's issue (FHIR issue-type).
    pub fn issue_type(&self) -> &'static str {
        match self.problem {
            Problem::Missing(_) => "required",
            Problem::Value { .. } | Problem::Query(_) => "value",
            Problem::Twice(_) => "duplicate",
            Problem::Unresolved(_) => "not-found",
            Problem::TooMany(_) => "too-costly",
            Problem::Unserved(_) => "not-supported",
        }
    }
}

/// What may be wrong with a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// Something that must be there is not.
    Missing(&'static str),
    /// A value is not what it must be.
    Value { found: String, expected: &'static str },
    /// Two entries have the same address, or are the same resource.
    Twice(String),
    /// A reference by `urn:` has no entry.
    Unresolved(String),
    /// A conditional part is no query that is served.
    Query(QueryError),
    /// More entries than the limit.
    TooMany(usize),
    /// Something of R4 that is not served.
    Unserved(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(what) => write!(f, "expected {what}"),
            Self::Value { found, expected } => write!(f, "expected {expected}, found {found:?}"),
            Self::Twice(what) => write!(f, "{what:?} is there twice"),
            Self::Unresolved(reference) => write!(f, "no entry has the address {reference:?}"),
            Self::Query(error) => error.fmt(f),
            Self::TooMany(most) => write!(f, "more than {most} entries"),
            Self::Unserved(what) => write!(f, "{what} is not served"),
        }
    }
}

impl Problem {
    fn ja(&self) -> String {
        match self {
            Self::Missing(what) => format!("{what} が必要です"),
            Self::Value { found, expected } => format!("「{found}」ではなく {expected} が必要です"),
            Self::Twice(what) => format!("「{what}」が二度あります"),
            Self::Unresolved(reference) => format!("参照先「{reference}」のentryがありません"),
            Self::Query(error) => error.ja(),
            Self::TooMany(most) => format!("entryが{most}個を超えています"),
            Self::Unserved(what) => format!("{what} には対応していません"),
        }
    }
}

/// A found value, cut so that a message stays one.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
