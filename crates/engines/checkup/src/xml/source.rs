//! The bytes of a file as text, and the places in it.

use std::{borrow::Cow, fmt};

use kotoba::cp932_decode;

/// How much of one document is read at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document.
    pub bytes: usize,
    /// Levels of nesting.
    pub depth: usize,
    /// Elements and attributes together.
    pub parts: usize,
}

impl Default for Limits {
    /// 8 MiB, 64 levels, 200,000 parts: a hundred times the longest check-up.
    fn default() -> Self {
        Self { bytes: 8 << 20, depth: 64, parts: 200_000 }
    }
}

/// The encoding that a file was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Charset {
    /// UTF-8, which the specification asks for.
    #[serde(rename = "UTF-8")]
    Utf8,
    /// Shift_JIS as Windows writes it (CP932), which some vendors wrote.
    #[serde(rename = "Shift_JIS")]
    ShiftJis,
    /// UTF-16, which every reader of XML has to know.
    #[serde(rename = "UTF-16")]
    Utf16,
}

impl Charset {
    /// As an XML declaration names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::ShiftJis => "Shift_JIS",
            Self::Utf16 => "UTF-16",
        }
    }
}

/// A place in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Character within the line, from 1.
    pub column: usize,
}

/// Why a document could not be read as XML, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// Where in the file.
    pub place: Place,
    /// The elements that lead there, `ClinicalDocument/component/…`; empty outside of every element.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with the XML of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// More bytes than the limit.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Elements nested deeper than the limit.
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More elements and attributes than the limit.
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// An encoding that no check-up file is written in.
    UnknownCharset {
        /// The declared encoding.
        declared: String,
    },
    /// Bytes that are not of the declared encoding.
    WrongCharset {
        /// The declared encoding.
        declared: &'static str,
        /// How many bytes of the file are sound before the first that is not.
        sound: usize,
    },
    /// Not well-formed XML.
    Syntax(String),
    /// The file ends in the middle.
    Truncated,
    /// A document type declaration: refused, because it can define entities.
    Doctype,
    /// A reference to an entity that XML itself does not define.
    Entity(String),
    /// A character that XML does not allow.
    Character(u32),
    /// A prefix that no `xmlns:` declares.
    Prefix(String),
    /// The document is not of the expected kind.
    Root {
        /// What stands there.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
}

/// A document's text, whatever its encoding was.
#[derive(Debug)]
pub struct Source<'a> {
    /// The text, without a byte order mark.
    pub text: Cow<'a, str>,
    /// The encoding it was written in.
    pub charset: Charset,
}

impl<'a> Source<'a> {
    /// Decodes a file by its declaration.
    ///
    /// # Errors
    /// When the file is larger than `limits`, declares an unknown encoding, or has bytes of another one.
    pub fn decode(bytes: &'a [u8], limits: &Limits) -> Result<Self, ReadError> {
        if bytes.len() > limits.bytes {
            return Err(ReadError::at_start(Problem::TooLarge { limit: limits.bytes }));
        }
        let body = bytes.strip_prefix(BOM).unwrap_or(bytes);
        if let Some(text) = utf16(body) {
            return Ok(Self { text: Cow::Owned(text?), charset: Charset::Utf16 });
        }
        let label = declared(body);
        let shift_jis = match label.as_deref() {
            None | Some("utf-8" | "utf8" | "us-ascii") => false,
            Some("shift-jis" | "shiftjis" | "sjis" | "x-sjis" | "windows-31j" | "cp932" | "ms932") => true,
            Some(other) => {
                let declared = other.to_owned();
                return Err(ReadError::at_start(Problem::UnknownCharset { declared }));
            }
        };
        match (shift_jis, std::str::from_utf8(body)) {
            (false, Ok(text)) => Ok(Self { text: Cow::Borrowed(text), charset: Charset::Utf8 }),
            (false, Err(error)) => Err(wrong(body, "UTF-8", error.valid_up_to())),
            // A declaration that nobody changed when the file was saved as UTF-8.
            (true, Ok(text)) if text.chars().any(|c| c.len_utf8() >= 3) => {
                Ok(Self { text: Cow::Borrowed(text), charset: Charset::Utf8 })
            }
            (true, _) => match cp932_decode(body) {
                Ok(text) => Ok(Self { text: Cow::Owned(text), charset: Charset::ShiftJis }),
                Err(bad) => Err(wrong(body, "Shift_JIS", bad.at)),
            },
        }
    }

    /// The place of an offset in the text.
    pub fn place(&self, offset: usize) -> Place {
        place(&self.text, offset)
    }
}

/// The place of an offset in a text.
pub(super) fn place(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Place {
        line: 1 + before.bytes().filter(|b| *b == b'\n').count(),
        column: 1 + before.get(line_start..).map_or(0, |line| line.chars().count()),
    }
}

fn wrong(body: &[u8], declared: &'static str, sound: usize) -> ReadError {
    let before = body.get(..sound).unwrap_or_default();
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let place = Place {
        line: 1 + before.iter().filter(|b| **b == b'\n').count(),
        column: 1 + sound.saturating_sub(line_start),
    };
    ReadError { place, path: String::new(), problem: Problem::WrongCharset { declared, sound } }
}

/// The text of a file of two-byte units; none when its first bytes are not of such a file.
fn utf16(bytes: &[u8]) -> Option<Result<String, ReadError>> {
    let (body, big_end_first) = match bytes {
        [0xFE, 0xFF, body @ ..] => (body, true),
        [0xFF, 0xFE, body @ ..] => (body, false),
        [b'<', 0, ..] => (bytes, false),
        [0, b'<', ..] => (bytes, true),
        _ => return None,
    };
    let unit =
        |pair: [u8; 2]| if big_end_first { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
    let mark = bytes.len() - body.len();
    let wrong = |sound: usize, text: &str| {
        let problem = Problem::WrongCharset { declared: "UTF-16", sound: mark + sound };
        Err(ReadError { place: place(text, text.len()), path: String::new(), problem })
    };
    let (units, rest) = body.as_chunks::<2>();
    let mut text = String::with_capacity(units.len());
    let mut sound = 0;
    for character in char::decode_utf16(units.iter().map(|pair| unit(*pair))) {
        let Ok(character) = character else { return Some(wrong(sound, &text)) };
        sound += 2 * character.len_utf16();
        text.push(character);
    }
    Some(if rest.is_empty() { Ok(text) } else { wrong(sound, &text) })
}

/// The encoding that the XML declaration names, in lower case with hyphens.
fn declared(body: &[u8]) -> Option<String> {
    let head: String = body.iter().take(DECLARATION).map(|b| char::from(*b)).collect();
    let declaration = head.strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label = value.get(1..)?.split_once(quote)?.0;
    Some(label.to_ascii_lowercase().replace('_', "-"))
}

impl ReadError {
    fn at_start(problem: Problem) -> Self {
        Self { place: Place { line: 1, column: 1 }, path: String::new(), problem }
    }

    /// The message in Japanese.
    pub fn ja(&self) -> String {
        let path = if self.path.is_empty() { String::new() } else { format!("{}：", self.path) };
        format!("{}行{}文字目{path}{}", self.place.line, self.place.column, self.problem.ja())
    }
}

impl std::error::Error for ReadError {}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.place.line, self.place.column)?;
        if !self.path.is_empty() {
            write!(f, ", {}", self.path)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "the document is larger than {limit} bytes"),
            Self::TooDeep { limit } => write!(f, "elements are nested deeper than {limit} levels"),
            Self::TooMany { limit } => {
                write!(f, "the document has more than {limit} elements and attributes")
            }
            Self::UnknownCharset { declared } => {
                write!(f, "the file is written in {declared}, expected UTF-8, UTF-16 or Shift_JIS")
            }
            Self::WrongCharset { declared, sound } => {
                write!(
                    f,
                    "byte {sound} does not belong to a character of {declared}, which the file declares"
                )
            }
            Self::Syntax(reason) => write!(f, "not well-formed XML: {reason}"),
            Self::Truncated => f.write_str("the file ends before the document is complete"),
            Self::Doctype => f.write_str("a DOCTYPE is not allowed"),
            Self::Entity(name) => write!(f, "the entity “&{name};” is not allowed"),
            Self::Character(code) => write!(f, "the character U+{code:04X} is not allowed in XML"),
            Self::Prefix(prefix) => write!(f, "the prefix “{prefix}:” is declared nowhere"),
            Self::Root { found, expected } => write!(f, "found {found}, expected {expected}"),
        }
    }
}

impl Problem {
    fn ja(&self) -> String {
        match self {
            Self::TooLarge { limit } => format!("ファイルが大きすぎます（上限は{limit}バイト）"),
            Self::TooDeep { limit } => format!("要素の入れ子が深すぎます（上限は{limit}段）"),
            Self::TooMany { limit } => format!("要素と属性が多すぎます（上限は{limit}）"),
            Self::UnknownCharset { declared } => {
                format!("文字コード {declared} は使えません（UTF-8・UTF-16・Shift_JIS のいずれか）")
            }
            Self::WrongCharset { declared, sound } => {
                format!("文字コードの宣言は {declared} ですが、{sound}バイト目の文字が読めません")
            }
            Self::Syntax(reason) => format!("XML として正しくありません（{reason}）"),
            Self::Truncated => "ファイルが途中で切れています".to_owned(),
            Self::Doctype => "DOCTYPE 宣言は使えません".to_owned(),
            Self::Entity(name) => format!("実体参照「&{name};」は使えません"),
            Self::Character(code) => format!("XML で使えない文字（U+{code:04X}）があります"),
            Self::Prefix(prefix) => format!("接頭辞「{prefix}:」の宣言がありません"),
            Self::Root { found, expected } => format!("{found} があります（{expected} であるべきです）"),
        }
    }
}

const BOM: &[u8] = &[0xEF, 0xBB, 0xBF];
/// Bytes at the head of a file in which its declaration ends.
const DECLARATION: usize = 256;
