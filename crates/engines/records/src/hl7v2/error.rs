//! Why a message cannot be read, and where.

use std::fmt;

/// A message that cannot be read: where, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct Hl7Error {
    /// Where.
    pub place: Place,
    /// What is wrong there.
    pub problem: Problem,
}

impl Hl7Error {
    /// The message in Japanese.
    pub fn ja(&self) -> String {
        format!("{}：{}", self.place.ja(), self.problem.ja())
    }
}

/// A place in a message, as HL7 counts: `segment 3, PID-5`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The segment, from 1; 0 for the message as a whole.
    pub segment: usize,
    /// The segment's name, empty where there is none.
    pub name: String,
    /// The field, from 1; 0 for the segment as a whole.
    pub field: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.segment, self.field) {
            (0, _) => f.write_str("message"),
            (segment, 0) => write!(f, "segment {segment} ({})", self.name),
            (segment, field) => write!(f, "segment {segment}, {}-{field}", self.name),
        }
    }
}

impl Place {
    /// The place in Japanese.
    pub fn ja(&self) -> String {
        match (self.segment, self.field) {
            (0, _) => "メッセージ全体".to_owned(),
            (segment, 0) => format!("{segment}番目のセグメント（{}）", self.name),
            (segment, field) => format!("{segment}番目のセグメント、{}-{field}", self.name),
        }
    }
}

/// What may be wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// More bytes than the limit.
    TooLong(usize),
    /// More segments than the limit.
    TooManySegments(usize),
    /// The first segment is not `MSH`.
    NoHeader,
    /// MSH-1 and MSH-2 do not name five different ASCII punctuation marks.
    Delimiters,
    /// A line does not begin with a segment's name.
    SegmentName(String),
    /// MSH-18 names a character set that is not read here.
    Charset(String),
    /// A byte that the character set does not have at this place.
    Byte {
        /// The byte.
        byte: u8,
        /// The character set that was being read.
        charset: &'static str,
    },
    /// A value that must be there is not; holds what was expected.
    Missing(&'static str),
    /// A value is not what it must be.
    Value {
        /// What was found, cut to 40 characters.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
}

impl Problem {
    /// A value that is not what it must be.
    pub(crate) fn value(found: &str, expected: &'static str) -> Self {
        Problem::Value { found: found.chars().take(SHOWN).collect(), expected }
    }

    fn ja(&self) -> String {
        match self {
            Problem::TooLong(most) => format!("{most}バイトを超えています"),
            Problem::TooManySegments(most) => format!("セグメントが{most}個を超えています"),
            Problem::NoHeader => "MSHで始まっていません".to_owned(),
            Problem::Delimiters => "MSH-1・MSH-2が互いに異なる5つの半角記号ではありません".to_owned(),
            Problem::SegmentName(found) => {
                format!("「{found}」はセグメント名ではありません（英大文字・数字3文字）")
            }
            Problem::Charset(found) => format!("文字セット「{found}」には対応していません"),
            Problem::Byte { byte, charset } => format!("{charset}として読めないバイト0x{byte:02X}があります"),
            Problem::Missing(expected) => format!("{expected} が必要です"),
            Problem::Value { found, expected } => format!("「{found}」ではなく {expected} が必要です"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::TooLong(most) => write!(f, "longer than {most} bytes"),
            Problem::TooManySegments(most) => write!(f, "more than {most} segments"),
            Problem::NoHeader => f.write_str("expected MSH"),
            Problem::Delimiters => {
                f.write_str("expected five different ASCII punctuation marks in MSH-1 and MSH-2")
            }
            Problem::SegmentName(found) => {
                write!(f, "{found:?} is not a segment's name, expected three capital letters or digits")
            }
            Problem::Charset(found) => write!(f, "the character set {found:?} is not read here"),
            Problem::Byte { byte, charset } => write!(f, "byte 0x{byte:02X} is not {charset}"),
            Problem::Missing(expected) => write!(f, "expected {expected}"),
            Problem::Value { found, expected } => write!(f, "expected {expected}, found {found:?}"),
        }
    }
}

/// Characters of an offending value that a message shows.
const SHOWN: usize = 40;
