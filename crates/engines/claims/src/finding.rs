//! What is wrong with a file: where, what stands there, what was expected.

use std::fmt;

use serde::{Serialize, Serializer};

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Which rule it breaks.
    pub rule: Rule,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What stands there, cut to 60 characters.
    pub value: String,
    /// What was expected.
    pub expected: String,
    /// What was expected, in Japanese.
    pub expected_ja: String,
}

impl Finding {
    pub(crate) fn new(severity: Severity, rule: Rule, place: Place) -> Self {
        let empty = String::new;
        Self { severity, rule, place, value: empty(), expected: empty(), expected_ja: empty() }
    }

    pub(crate) fn found(mut self, value: impl Into<String>) -> Self {
        let value = value.into();
        self.value = match value.char_indices().nth(SHOWN) {
            Some((cut, _)) => format!("{}…", value.get(..cut).unwrap_or_default()),
            None => value,
        };
        self
    }

    pub(crate) fn expected(mut self, en: impl Into<String>, ja: impl Into<String>) -> Self {
        self.expected = en.into();
        self.expected_ja = ja.into();
        self
    }

    /// The finding in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        format!("{}: 「{}」 {}", self.place.ja(), self.value, self.expected_ja)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found \"{}\", expected {}", self.place, self.value, self.expected)
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Unusual or against the letter of the specification; such files are met and paid.
    Warning,
    /// Wrong whatever the edition of the specification.
    Error,
}

/// The rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A line that is no record, or is too long to be one.
    Line,
    /// Records in an order that no claim has.
    Order,
    /// A record or field that must be there is not.
    Missing,
    /// A value that is not of its field's form.
    Form,
    /// A value longer than its field, or a record with more fields than its kind.
    Length,
    /// A day or month that does not exist or cannot be.
    Date,
    /// A check digit that does not fit its number.
    CheckDigit,
    /// A sum that the lines do not give.
    Sum,
    /// A count that does not agree.
    Count,
    /// A code that is not in its table.
    Code,
    /// The same claim, or the same file, again.
    Duplicate,
    /// Bytes that are not of the file's character set.
    Charset,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 12] = [
        Self::Line,
        Self::Order,
        Self::Missing,
        Self::Form,
        Self::Length,
        Self::Date,
        Self::CheckDigit,
        Self::Sum,
        Self::Count,
        Self::Code,
        Self::Duplicate,
        Self::Charset,
    ];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Order => "order",
            Self::Missing => "missing",
            Self::Form => "form",
            Self::Length => "length",
            Self::Date => "date",
            Self::CheckDigit => "check-digit",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Code => "code",
            Self::Duplicate => "duplicate",
            Self::Charset => "charset",
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Where something is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line, from 1.
    pub line: u64,
    /// レセプト番号 of the claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<u64>,
    /// The kind of record.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub record: String,
    /// Position of the field, from 0, the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<usize>,
    /// Name of the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
}

impl Place {
    fn ja(&self) -> String {
        let mut text = format!("{}行目", self.line);
        if let Some(receipt) = self.receipt {
            text.push_str(&format!(" レセプト{receipt}"));
        }
        if !self.record.is_empty() {
            text.push_str(&format!(" {}", self.record));
        }
        if let (Some(at), Some(name)) = (self.field, self.name) {
            text.push_str(&format!(" {name}（項目{at}）"));
        }
        text
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(receipt) = self.receipt {
            write!(f, ", claim {receipt}")?;
        }
        if !self.record.is_empty() {
            write!(f, ", {}", self.record)?;
        }
        if let (Some(at), Some(name)) = (self.field, self.name) {
            write!(f, " field {at} ({name})")?;
        }
        Ok(())
    }
}

/// How many characters of a value are shown.
const SHOWN: usize = 60;
