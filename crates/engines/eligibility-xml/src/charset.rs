//! The two encodings of the interface.

use std::fmt;

use kotoba::{cp932_decode, is_variation_selector};

use crate::error::{Place, Problem, ReadError};

/// An encoding that the interface's files are written in (文字コード).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Charset {
    /// UTF-8, identifier 0.
    #[serde(rename = "UTF-8")]
    Utf8,
    /// Shift_JIS as Windows writes it (CP932), identifier 1.
    #[serde(rename = "Shift_JIS")]
    ShiftJis,
}

impl Charset {
    /// The value of `CharacterCodeIdentifier` (OQSCD005).
    pub fn identifier(self) -> &'static str {
        match self {
            Self::Utf8 => "0",
            Self::ShiftJis => "1",
        }
    }

    /// The name in the XML declaration.
    pub fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::ShiftJis => "Shift_JIS",
        }
    }

    /// The encoding that a name means, in any of the usual spellings.
    pub fn from_label(label: &str) -> Option<Self> {
        match label.to_ascii_lowercase().replace('_', "-").as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "shift-jis" | "shiftjis" | "sjis" | "x-sjis" | "windows-31j" | "cp932" | "ms932" => {
                Some(Self::ShiftJis)
            }
            _ => None,
        }
    }

    /// How many bytes a character takes in this encoding.
    fn width(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::ShiftJis if c <= '\u{80}' || ('｡'..='ﾟ').contains(&c) => 1,
            Self::ShiftJis if is_variation_selector(c) => 0,
            Self::ShiftJis => 2,
        }
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// A file's text with what is needed to find a place in the file again.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) text: String,
    pub(crate) charset: Charset,
    skipped: usize,
}

impl Source {
    /// Decodes a file by its declaration, and refuses one whose bytes are of another encoding.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, ReadError> {
        let refuse = |offset: usize, problem| {
            let line = 1 + bytes.iter().take(offset).filter(|b| **b == b'\n').count();
            let since = bytes.iter().take(offset).rev().take_while(|b| **b != b'\n').count();
            Err(ReadError::new(Place { offset, line, column: since + 1 }, "", problem))
        };
        let skipped = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
        let body = bytes.get(skipped..).unwrap_or_default();
        if body.starts_with(&[0xFE, 0xFF]) || body.starts_with(&[0xFF, 0xFE]) || body.starts_with(b"<\0") {
            return refuse(0, Problem::UnknownCharset { declared: "UTF-16".to_owned() });
        }
        let charset = match declared(body) {
            Some(label) => match Charset::from_label(&label) {
                Some(charset) => charset,
                None => return refuse(skipped, Problem::UnknownCharset { declared: label }),
            },
            None if undeclared_shift_jis(body) => Charset::ShiftJis,
            None => Charset::Utf8,
        };
        let utf8 = std::str::from_utf8(body);
        match (charset, utf8) {
            (Charset::Utf8, Ok(text)) => Ok(Self { text: text.to_owned(), charset, skipped }),
            (Charset::Utf8, Err(error)) => {
                let looks_like = cp932_decode(body).is_ok().then_some(Charset::ShiftJis);
                let at = skipped + error.valid_up_to();
                refuse(at, Problem::WrongCharset { declared: charset, looks_like })
            }
            (Charset::ShiftJis, Ok(text)) if text.chars().any(|c| c.len_utf8() == 3) => {
                let at = skipped + text.find(|c: char| !c.is_ascii()).unwrap_or(0);
                refuse(at, Problem::WrongCharset { declared: charset, looks_like: Some(Charset::Utf8) })
            }
            (Charset::ShiftJis, _) => match cp932_decode(body) {
                Ok(text) => Ok(Self { text, charset, skipped }),
                Err(bad) => {
                    refuse(skipped + bad.at, Problem::WrongCharset { declared: charset, looks_like: None })
                }
            },
        }
    }

    /// The place in the file of an offset in the text.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place {
            offset: self.skipped + before.chars().map(|c| self.charset.width(c)).sum::<usize>(),
            line: 1 + before.bytes().filter(|b| *b == b'\n').count(),
            column: 1 + before.get(line_start..).map_or(0, |line| line.chars().count()),
        }
    }
}

/// The encoding that the XML declaration names.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(DECLARATION))?;
    let head: String = head.iter().map(|b| char::from(*b)).collect();
    let declaration = head.strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(value.get(1..)?.split_once(quote)?.0.to_owned())
}

/// Whether a file without a declaration says by its identifier that it is Shift_JIS, and is not UTF-8.
fn undeclared_shift_jis(bytes: &[u8]) -> bool {
    const SAYS: &[u8] = b"<CharacterCodeIdentifier>1<";
    std::str::from_utf8(bytes).is_err() && bytes.windows(SAYS.len()).any(|window| window == SAYS)
}

const BOM: &[u8] = &[0xEF, 0xBB, 0xBF];
/// Bytes at the head of a file in which its declaration ends.
const DECLARATION: usize = 256;
