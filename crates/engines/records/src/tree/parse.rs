//! Bytes to tree (RFC 8259), within limits, every refusal with its line and column.

use std::{collections::HashSet, fmt, str::FromStr};

use super::{Node, Number, Object, Text};

/// Characters that a number may have: no measurement needs more, and a comparison must not cost what a sender likes.
pub(super) const NUMBER_LENGTH: usize = 100;

/// Members of an object from which on a set finds a repeated key sooner than comparing with each.
const MANY_MEMBERS: usize = 24;

/// What a reader accepts at most; more is refused before it costs anything.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the document.
    pub bytes: usize,
    /// Objects and lists inside each other.
    pub depth: usize,
}

impl Default for Limits {
    /// 64 MiB, and 100 levels: the deepest resource among the examples of R4 has 18.
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 100 }
    }
}

/// Why bytes are not a document, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Bytes before the place.
    pub offset: usize,
    /// What is wrong there.
    pub problem: Problem,
}

impl ParseError {
    /// The message in Japanese.
    pub fn ja(&self) -> String {
        format!("{}行{}桁: {}", self.line, self.column, self.problem.ja())
    }
}

/// What may be wrong with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// More bytes than the limit.
    TooLong(usize),
    /// More levels than the limit.
    TooDeep(usize),
    /// The document ends inside a value.
    Unfinished,
    /// Something else than this was found.
    Expected(&'static str),
    /// The key occurred before in the same object.
    DuplicateKey,
    /// A number of more than 100 characters.
    LongNumber,
    /// A control character that must be written as an escape.
    ControlCharacter,
    /// An escape that JSON does not know, or half a surrogate pair.
    BadEscape,
    /// Something follows the document.
    Trailing,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::NotUtf8 => write!(f, "not UTF-8"),
            Problem::TooLong(most) => write!(f, "longer than {most} bytes"),
            Problem::TooDeep(most) => write!(f, "more than {most} levels"),
            Problem::Unfinished => write!(f, "the document ends inside a value"),
            Problem::Expected(what) => write!(f, "expected {what}"),
            Problem::DuplicateKey => write!(f, "this key occurred before in the same object"),
            Problem::LongNumber => write!(f, "a number of more than {NUMBER_LENGTH} characters"),
            Problem::ControlCharacter => write!(f, "a control character must be written as an escape"),
            Problem::BadEscape => write!(f, "not an escape of JSON"),
            Problem::Trailing => write!(f, "something follows the document"),
        }
    }
}

impl Problem {
    /// The message in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Problem::NotUtf8 => "UTF-8ではありません".into(),
            Problem::TooLong(most) => format!("{most}バイトを超えています"),
            Problem::TooDeep(most) => format!("入れ子が{most}段を超えています"),
            Problem::Unfinished => "値の途中で文書が終わっています".into(),
            Problem::Expected(what) => format!("ここには {what} が必要です"),
            Problem::DuplicateKey => "同じオブジェクトに同じキーが二度あります".into(),
            Problem::LongNumber => format!("数値が{NUMBER_LENGTH}文字を超えています"),
            Problem::ControlCharacter => "制御文字はエスケープして書く必要があります".into(),
            Problem::BadEscape => "JSONのエスケープではありません".into(),
            Problem::Trailing => "文書の後に余分なものがあります".into(),
        }
    }
}

/// Read a document within the default [`Limits`].
///
/// # Errors
/// What is wrong and where, for anything that is not one JSON document in UTF-8, or repeats a key.
pub fn parse(bytes: &[u8]) -> Result<Node, ParseError> {
    parse_within(bytes, &Limits::default())
}

/// Read a document within limits; see [`parse`].
///
/// # Errors
/// As [`parse`].
pub fn parse_within(bytes: &[u8], limits: &Limits) -> Result<Node, ParseError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.len() > limits.bytes {
        return Err(place(bytes, limits.bytes, Problem::TooLong(limits.bytes)));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| place(bytes, e.valid_up_to(), Problem::NotUtf8))?;
    let mut parser = Parser { text, at: 0, depth: limits.depth, levels: limits.depth };
    parser.document().map_err(|problem| place(bytes, parser.at, problem))
}

impl FromStr for Node {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse(text.as_bytes())
    }
}

/// Bytes of the number that the bytes start with, if they start with one.
pub(super) fn number_length(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    at += match bytes.get(at)? {
        b'0' => 1,
        b'1'..=b'9' => digits(at),
        _ => return None,
    };
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    Some(at)
}

fn place(bytes: &[u8], offset: usize, problem: Problem) -> ParseError {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let line = 1 + before.iter().filter(|b| **b == b'\n').count();
    // Every byte that does not continue a character begins one.
    let column = 1 + before.iter().skip(line_start).filter(|b| **b & 0xC0 != 0x80).count();
    ParseError { line, column, offset, problem }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    levels: usize,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Result<Node, Problem> {
        let node = self.value()?;
        self.space();
        if self.at < self.text.len() { Err(Problem::Trailing) } else { Ok(node) }
    }

    fn value(&mut self) -> Result<Node, Problem> {
        self.space();
        match self.peek().ok_or(Problem::Unfinished)? {
            b'{' => self.deeper(Self::object),
            b'[' => self.deeper(Self::array),
            b'"' => self.string().map(Node::String),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true", Node::Bool(true)),
            b'f' => self.word("false", Node::Bool(false)),
            b'n' => self.word("null", Node::Null),
            _ => Err(Problem::Expected("a value")),
        }
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Result<Node, Problem>) -> Result<Node, Problem> {
        self.depth = self.depth.checked_sub(1).ok_or(Problem::TooDeep(self.levels))?;
        self.at += 1;
        let node = read(self);
        self.depth += 1;
        node
    }

    fn object(&mut self) -> Result<Node, Problem> {
        let mut members: Vec<(Text, Node)> = Vec::new();
        let mut seen: Option<HashSet<Text>> = None;
        if self.take(b'}') {
            return Ok(Node::Object(Object(members)));
        }
        loop {
            self.space();
            let key_at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.expected("a key"));
            }
            let key = self.string()?;
            let repeated = match &mut seen {
                Some(seen) => !seen.insert(key.clone()),
                None => members.iter().any(|(k, _)| *k == key),
            };
            if repeated {
                self.at = key_at;
                return Err(Problem::DuplicateKey);
            }
            if !self.take(b':') {
                return Err(self.expected("\":\""));
            }
            let value = self.value()?;
            members.push((key, value));
            if members.len() == MANY_MEMBERS {
                seen = Some(members.iter().map(|(k, _)| k.clone()).collect());
            }
            if self.take(b'}') {
                return Ok(Node::Object(Object(members)));
            }
            if !self.take(b',') {
                return Err(self.expected("\",\" or \"}\""));
            }
        }
    }

    fn array(&mut self) -> Result<Node, Problem> {
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Node::Array(items));
        }
        loop {
            items.push(self.value()?);
            if self.take(b']') {
                return Ok(Node::Array(items));
            }
            if !self.take(b',') {
                return Err(self.expected("\",\" or \"]\""));
            }
        }
    }

    fn number(&mut self) -> Result<Node, Problem> {
        let rest = self.rest();
        let length = number_length(rest).ok_or(Problem::Expected("a number"))?;
        if length > NUMBER_LENGTH {
            return Err(Problem::LongNumber);
        }
        let digits = self.text.get(self.at..self.at + length).unwrap_or_default();
        self.at += length;
        Ok(Node::Number(Number(Text::new(digits))))
    }

    fn word(&mut self, word: &'static str, node: Node) -> Result<Node, Problem> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(Problem::Expected("a value"));
        }
        self.at += word.len();
        Ok(node)
    }

    /// A string without escapes is one slice of the document: nearly all are.
    fn string(&mut self) -> Result<Text, Problem> {
        self.at += 1;
        let plain = self.plain();
        if self.peek() == Some(b'"') {
            let text = Text::new(plain);
            self.at += 1;
            return Ok(text);
        }
        let mut text = plain.to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text.into());
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return Err(Problem::ControlCharacter),
                None => return Err(Problem::Unfinished),
            }
            text.push_str(self.plain());
        }
    }

    /// Take the characters up to the next quote, backslash or control character.
    fn plain(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1F)).unwrap_or(rest.len());
        let (start, text) = (self.at, self.text);
        self.at += length;
        text.get(start..start + length).unwrap_or_default()
    }

    fn escape(&mut self) -> Result<char, Problem> {
        let letter = *self.rest().get(1).ok_or(Problem::Unfinished)?;
        let plain = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(Problem::BadEscape),
        };
        self.at += 2;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Result<char, Problem> {
        let high = self.four_digits(0)?;
        if !(0xD800..0xDC00).contains(&high) {
            self.at += 6;
            return char::from_u32(high).ok_or(Problem::BadEscape);
        }
        let low = self.four_digits(6)?;
        if !(0xDC00..0xE000).contains(&low) {
            return Err(Problem::BadEscape);
        }
        self.at += 12;
        char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).ok_or(Problem::BadEscape)
    }

    /// The value of a `\uXXXX` that starts `skip` bytes from here.
    fn four_digits(&self, skip: usize) -> Result<u32, Problem> {
        let digits = self
            .text
            .get(self.at + skip..self.at + skip + 6)
            .and_then(|escape| escape.strip_prefix("\\u"))
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .ok_or(Problem::BadEscape)?;
        u32::from_str_radix(digits, 16).map_err(|_| Problem::BadEscape)
    }

    fn expected(&self, what: &'static str) -> Problem {
        if self.at >= self.text.len() { Problem::Unfinished } else { Problem::Expected(what) }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}
