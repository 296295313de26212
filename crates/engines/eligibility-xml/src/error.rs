//! Why a message could not be read, and where.

use std::fmt;

use calendar::DateError;

use crate::charset::Charset;

/// A message that could not be read: the place in the file, the path of tags, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    place: Place,
    path: String,
    problem: Problem,
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Bytes before it.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Character within the line, from 1.
    pub column: usize,
}

/// What is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The message has more bytes than the limit.
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Elements are nested deeper than the limit.
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// There are more elements, attributes, comments and instructions than the limit.
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// The file declares an encoding that the interface does not know.
    UnknownCharset {
        /// The declared encoding.
        declared: String,
    },
    /// The bytes are not of the encoding that the file declares.
    WrongCharset {
        /// The declared encoding.
        declared: Charset,
        /// The encoding that the bytes are of, when they are of one.
        looks_like: Option<Charset>,
    },
    /// `CharacterCodeIdentifier` names another encoding than the one the file is written in.
    CharsetContradiction {
        /// The encoding the file is written in.
        written: Charset,
        /// The identifier that was found.
        identifier: String,
    },
    /// The text is not well-formed XML.
    Syntax(String),
    /// The file ends in the middle of the message.
    Truncated,
    /// A document type declaration: refused, because it can define entities.
    Doctype,
    /// A reference to an entity that XML itself does not define.
    Entity(String),
    /// A character that XML does not allow.
    Character(u32),
    /// The root is not `XmlMsg`, or something follows it.
    Root(String),
    /// A field that may stand once stands twice.
    Duplicate {
        /// Where it stood first.
        first: Place,
    },
    /// A field that must be there is missing.
    Missing(&'static str),
    /// Text where only elements may stand, or elements where only text may stand.
    Content {
        /// What was expected.
        expected: &'static str,
    },
    /// A date that is none.
    Date(DateError),
    /// A value that the field does not allow.
    Value {
        /// The value.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The message is not of the expected kind.
    Kind {
        /// The kind that was expected.
        expected: &'static str,
    },
}

impl ReadError {
    pub(crate) fn new(place: Place, path: impl Into<String>, problem: Problem) -> Self {
        Self(Box::new(Inner { place, path: path.into(), problem }))
    }

    /// The same error seen from one level above.
    pub(crate) fn under(mut self, parent: &str) -> Self {
        self.0.path =
            if self.0.path.is_empty() { parent.to_owned() } else { format!("{parent}/{}", self.0.path) };
        self
    }

    /// Where in the file.
    pub fn place(&self) -> Place {
        self.0.place
    }

    /// The tags that lead there, `XmlMsg/MessageBody/…`; empty outside of every element.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }

    /// The same message in Japanese.
    pub fn ja(&self) -> String {
        let Inner { place, path, problem } = &*self.0;
        let within = if path.is_empty() { String::new() } else { format!("{path}：") };
        format!("{}行{}文字目（{}バイト目）{within}{}", place.line, place.column, place.offset, problem.ja())
    }
}

impl std::error::Error for ReadError {}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { place, path, problem } = &*self.0;
        write!(f, "line {}, column {} (byte {})", place.line, place.column, place.offset)?;
        if !path.is_empty() {
            write!(f, ", {path}")?;
        }
        write!(f, ": {problem}")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes, limit } => {
                write!(f, "the message has {bytes} bytes, at most {limit} are read")
            }
            Self::TooDeep { limit } => write!(f, "elements are nested deeper than {limit} levels"),
            Self::TooMany { limit } => write!(f, "the message has more than {limit} parts"),
            Self::UnknownCharset { declared } => {
                write!(f, "the file declares the encoding “{declared}”, expected UTF-8 or Shift_JIS")
            }
            Self::WrongCharset { declared, looks_like: Some(other) } => {
                write!(f, "the file declares {declared} but its bytes are {other}")
            }
            Self::WrongCharset { declared, looks_like: None } => {
                write!(f, "the file declares {declared} but this byte does not belong to a character of it")
            }
            Self::CharsetContradiction { written, identifier } => write!(
                f,
                "CharacterCodeIdentifier is “{identifier}” but the file is written in {written}, expected “{}”",
                written.identifier()
            ),
            Self::Syntax(reason) => write!(f, "not well-formed XML: {reason}"),
            Self::Truncated => f.write_str("the file ends before the message is complete"),
            Self::Doctype => f.write_str("a DOCTYPE is not allowed in this interface"),
            Self::Entity(name) => write!(f, "the entity “&{name};” is not allowed in this interface"),
            Self::Character(code) => write!(f, "the character U+{code:04X} is not allowed in XML"),
            Self::Root(found) => write!(f, "found {found}, expected one element XmlMsg"),
            Self::Duplicate { first } => write!(
                f,
                "stands twice, first at line {}, column {} (byte {}), expected once",
                first.line, first.column, first.offset
            ),
            Self::Missing(tag) => write!(f, "{tag} is missing"),
            Self::Content { expected } => write!(f, "expected {expected}"),
            Self::Date(error) => error.fmt(f),
            Self::Value { found, expected } => write!(f, "found “{found}”, expected {expected}"),
            Self::Kind { expected } => write!(f, "this is not a {expected}"),
        }
    }
}

impl Problem {
    fn ja(&self) -> String {
        match self {
            Self::TooLarge { bytes, limit } => {
                format!("ファイルが大きすぎます（{bytes}バイト、上限は{limit}バイト）")
            }
            Self::TooDeep { limit } => format!("要素の入れ子が深すぎます（上限は{limit}段）"),
            Self::TooMany { limit } => format!("要素が多すぎます（上限は{limit}）"),
            Self::UnknownCharset { declared } => {
                format!("文字コードの宣言「{declared}」は使えません（UTF-8 か Shift_JIS）")
            }
            Self::WrongCharset { declared, looks_like: Some(other) } => {
                format!("文字コードの宣言は {declared} ですが、中身は {other} です")
            }
            Self::WrongCharset { declared, looks_like: None } => {
                format!("文字コードの宣言は {declared} ですが、この位置の文字が読めません")
            }
            Self::CharsetContradiction { written, identifier } => format!(
                "文字コード識別が「{identifier}」ですが、ファイルは {written} です（「{}」であるべきです）",
                written.identifier()
            ),
            Self::Syntax(reason) => format!("XML として正しくありません（{reason}）"),
            Self::Truncated => "ファイルが途中で切れています".to_owned(),
            Self::Doctype => "DOCTYPE 宣言は使えません".to_owned(),
            Self::Entity(name) => format!("実体参照「&{name};」は使えません"),
            Self::Character(code) => format!("XML で使えない文字（U+{code:04X}）があります"),
            Self::Root(found) => format!("{found} があります（最も外側は XmlMsg ひとつであるべきです）"),
            Self::Duplicate { first } => {
                format!("項目が重複しています（最初は{}行{}文字目）", first.line, first.column)
            }
            Self::Missing(tag) => format!("{tag} がありません"),
            Self::Content { expected } => format!("{expected} であるべきです"),
            Self::Date(error) => error.ja(),
            Self::Value { found, expected } => format!("「{found}」は使えません（{expected}）"),
            Self::Kind { expected } => format!("{expected} ではありません"),
        }
    }
}
