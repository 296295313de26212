//! Why a FHIR interaction is refused: a status, and issues in Japanese and English.

use ::store::StoreError;
use ledger::LedgerError;
use records::bundle::BundleError;
use records::search::QueryError;
use records::validate::{Issue, Severity};

use crate::refuse::MyNumberFound;
use crate::store::WriteError;

/// A FHIR interaction that was not done (FHIRの処理の失敗).
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The body holds a My Number.
    #[error(transparent)]
    MyNumber(#[from] MyNumberFound),
    /// The body is not JSON, or not a resource.
    #[error("the body cannot be read as a resource: {en}")]
    Unreadable {
        /// What is wrong and where, Japanese.
        ja: String,
        /// The same in English.
        en: String,
    },
    /// The resource is not what its definitions say.
    #[error("the resource has {} issues", .0.len())]
    Invalid(Vec<Issue>),
    /// A query that is not served.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A bundle that cannot be taken.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The request contradicts itself or asks for what does not exist.
    #[error("{en}")]
    Request {
        /// HTTP status, 400 to 499.
        status: u16,
        /// FHIR issue-type.
        code: &'static str,
        /// What is wrong, Japanese.
        ja: String,
        /// The same in English.
        en: String,
        /// Where, if it is about a place in what was sent.
        place: String,
    },
    /// There is no such resource or version.
    #[error("there is no {0}")]
    NotFound(String),
    /// The resource was deleted.
    #[error("{name} was deleted")]
    Gone {
        /// `Observation/123`.
        name: String,
        /// The version that is the deletion.
        version: i64,
    },
    /// A condition of the request does not hold.
    #[error("{name} has version {found}, the request is for another")]
    Condition {
        /// `Observation/123`.
        name: String,
        /// The current version; 0 if there is none.
        found: i64,
    },
    /// A condition that must find one resource finds several.
    #[error("{0} finds more than one resource")]
    Several(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger failed: without its entry nothing is disclosed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl RecordError {
    /// A request that cannot be served as it is.
    pub fn request(status: u16, code: &'static str, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Request { status, code, ja: ja.into(), en: en.into(), place: String::new() }
    }

    /// The same, with the place that it is about.
    #[must_use]
    pub fn at(self, new: impl Into<String>) -> Self {
        match self {
            Self::Request { status, code, ja, en, .. } => {
                Self::Request { status, code, ja, en, place: new.into() }
            }
            other => other,
        }
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::MyNumber(_) | Self::Invalid(_) => 422,
            Self::Unreadable { .. } | Self::Query(_) | Self::Bundle(_) => 400,
            Self::Request { status, .. } => *status,
            Self::NotFound(_) => 404,
            Self::Gone { .. } => 410,
            Self::Condition { .. } | Self::Several(_) => 412,
            Self::Store(error) if error.is_conflict() => 409,
            Self::Store(_) | Self::Ledger(_) => 500,
        }
    }

    /// What an OperationOutcome says of it.
    pub fn issues(&self) -> Vec<Issue> {
        let en = self.to_string();
        let one = |code: &'static str, ja: String| vec![issue(code, "", ja, en.clone())];
        match self {
            Self::MyNumber(found) => {
                let ja = format!("{}{}", found.ja(), MyNumberFound::NEXT_JA);
                vec![issue("business-rule", &found.place, ja, format!("{en}. {}", MyNumberFound::NEXT_EN))]
            }
            Self::Unreadable { ja, .. } => one("structure", ja.clone()),
            Self::Invalid(issues) => issues.clone(),
            Self::Query(error) => one(error.issue_type(), error.ja()),
            Self::Bundle(error) => vec![issue(error.issue_type(), &error.place, error.ja(), en)],
            Self::Request { code, ja, place, .. } => vec![issue(code, place, ja.clone(), en)],
            Self::NotFound(name) => one("not-found", format!("{name} はありません")),
            Self::Gone { name, .. } => one("deleted", format!("{name} は削除されています")),
            Self::Condition { name, found } => {
                one("conflict", format!("{name} の現在の版は{found}で、指定された条件に合いません"))
            }
            Self::Several(query) => {
                one("multiple-matches", format!("「{query}」に該当するものが複数あります"))
            }
            Self::Store(_) | Self::Ledger(_) => {
                tracing::error!(error = %en, "a FHIR interaction failed");
                let (ja, en) = (
                    "処理を最後まで終えられませんでした。もう一度送ってください",
                    "The interaction did not come to its end: send it again",
                );
                vec![issue("exception", "", ja.to_owned(), en.to_owned())]
            }
        }
    }
}

impl From<WriteError> for RecordError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Condition { name, found } => Self::Condition { name, found },
            WriteError::Twice(name) => Self::request(
                400,
                "duplicate",
                format!("1つのトランザクションに{name}が二度あります"),
                format!("{name} occurs twice in one transaction"),
            ),
            WriteError::Moved => Self::request(
                409,
                "conflict",
                "条件に該当するものが処理中に変わりました。送り直してください",
                "What the conditions find changed meanwhile: send it again",
            ),
            WriteError::Store(error) => Self::Store(error),
        }
    }
}

/// One issue of grade error.
pub fn issue(code: &'static str, path: &str, ja: String, en: String) -> Issue {
    Issue { severity: Severity::Error, code, path: path.to_owned(), ja, en, profile: None, rule: None }
}
