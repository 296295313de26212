//! Text forms: a prefix that says the kind, Crockford's base 32, two check symbols.
//!
//! The check symbols are those of a Reed-Solomon code of distance 3 over the field of 32 elements. Its word is
//! the body, one symbol that stands for the prefix, and the two check symbols: at most 31, the longest such a
//! code can be. Any one or two wrong characters, hence any swap of two, are noticed, the prefix included.

use std::fmt;
use std::str::FromStr;

use super::types::{Domain, LinkCode, OrgCode, RootCode};
use crate::base32;
use crate::text::text_serde;

/// How many check symbols end a code's text.
const CHECKS: usize = 2;

/// Longest body: that of 17 bytes.
const BODY_LIMIT: usize = base32::encoded_len(17);

/// A text that is no code, or not one of the kind asked for. Never echoes the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeTextError {
    /// It does not begin with the prefix of the kind.
    #[error("expected a code that begins with {expected:?}")]
    Prefix {
        /// The prefix expected.
        expected: String,
    },
    /// It is too short or too long.
    #[error("{found} characters follow the prefix, expected {expected}")]
    Length {
        /// Characters found after the prefix.
        found: usize,
        /// Characters expected.
        expected: usize,
    },
    /// A character outside of the alphabet.
    #[error("character {place} after the prefix is none of 0-9 and A-Z without U")]
    Character {
        /// Its place after the prefix, counted from 1.
        place: usize,
    },
    /// The check symbols do not fit: mistyped.
    #[error("the check characters do not fit: the code was mistyped")]
    Checksum,
}

impl CodeTextError {
    /// The error in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        match self {
            Self::Prefix { expected } => format!("「{expected}」で始まる符号であるべきです"),
            Self::Length { found, expected } => {
                format!("接頭辞の後が{found}文字です（{expected}文字であるべきです）")
            }
            Self::Character { place } => {
                format!("接頭辞の後の{place}文字目が使えない文字です（0-9、A-Z。Uを除く）")
            }
            Self::Checksum => "検査文字が合いません。入力の誤りです".to_owned(),
        }
    }
}

/// The three kinds of code, as the symbol that stands for the prefix knows them.
#[derive(Clone, Copy)]
enum Kind {
    Link,
    Root,
    Org,
}

/// The prefix of a kind in a domain, and the field element that stands for it in the check.
fn prefix<D: Domain>(kind: Kind) -> (String, u8) {
    let (second, kind_symbol) = match kind {
        Kind::Link => ('l', 1),
        Kind::Root if D::LETTER == 'i' => ('c', 2),
        Kind::Root => ('i', 3),
        Kind::Org => ('o', 4),
    };
    let domain_symbol = if D::LETTER == 'i' { 8 } else { 16 };
    (format!("{}{second}_", D::LETTER), kind_symbol | domain_symbol)
}

fn write<D: Domain>(kind: Kind, bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (prefix, symbol) = prefix::<D>(kind);
    f.write_str(&prefix)?;
    let mut check = Check::new(symbol);
    for value in base32::encode(bytes) {
        check.add(value);
        fmt::Write::write_char(f, base32::symbol(value))?;
    }
    check.symbols().into_iter().try_for_each(|v| fmt::Write::write_char(f, base32::symbol(v)))
}

fn read<D: Domain, const N: usize>(kind: Kind, text: &str) -> Result<[u8; N], CodeTextError> {
    let (prefix, symbol) = prefix::<D>(kind);
    let head = text.get(..prefix.len()).filter(|head| head.eq_ignore_ascii_case(&prefix));
    let Some(rest) = head.and_then(|head| text.get(head.len()..)) else {
        return Err(CodeTextError::Prefix { expected: prefix });
    };
    let expected = base32::encoded_len(N) + CHECKS;
    let found = rest.chars().count();
    if found != expected {
        return Err(CodeTextError::Length { found, expected });
    }
    let mut values = [0u8; BODY_LIMIT + CHECKS];
    for ((place, character), slot) in rest.chars().enumerate().zip(&mut values) {
        *slot = base32::value(character).ok_or(CodeTextError::Character { place: place + 1 })?;
    }
    let body = values.get(..expected - CHECKS).ok_or(CodeTextError::Checksum)?;
    let check = values.get(expected - CHECKS..expected).ok_or(CodeTextError::Checksum)?;
    let mut computed = Check::new(symbol);
    body.iter().for_each(|&value| computed.add(value));
    if computed.symbols() != check {
        return Err(CodeTextError::Checksum);
    }
    base32::decode(body).ok_or(CodeTextError::Checksum)
}

/// The check symbols of a word: the remainder of the word, shifted by two, after division by
/// `(x - a)(x - a^2)`, where `a` generates the field. The classical systematic encoder.
struct Check {
    high: u8,
    low: u8,
}

/// Coefficients of `(x - a)(x - a^2) = x^2 + GENERATOR_1 x + GENERATOR_0` for `a = 2`: a + a^2 and a^3.
const GENERATOR_1: u8 = 6;
const GENERATOR_0: u8 = 8;

impl Check {
    fn new(first: u8) -> Self {
        let mut check = Self { high: 0, low: 0 };
        check.add(first);
        check
    }

    fn add(&mut self, value: u8) {
        let feedback = value ^ self.high;
        self.high = self.low ^ multiply(feedback, GENERATOR_1);
        self.low = multiply(feedback, GENERATOR_0);
    }

    fn symbols(&self) -> [u8; CHECKS] {
        [self.high, self.low]
    }
}

/// Product in the field of 32 elements, modulo x^5 + x^2 + 1.
fn multiply(a: u8, b: u8) -> u8 {
    let product = (0..5).filter(|bit| b >> bit & 1 == 1).fold(0u16, |sum, bit| sum ^ (u16::from(a) << bit));
    let reduced = (5..9).rev().fold(product, |p, bit| if p >> bit & 1 == 1 { p ^ (0b10_0101 << (bit - 5)) } else { p });
    u8::try_from(reduced).unwrap_or_default()
}

macro_rules! code_text {
    ($name:ident, $kind:expr) => {
        impl<D: Domain> fmt::Display for $name<D> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write::<D>($kind, self.as_bytes(), f)
            }
        }

        impl<D: Domain> FromStr for $name<D> {
            type Err = CodeTextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                read::<D, _>($kind, text).map(Self::from_bytes)
            }
        }

        text_serde!($name<D: Domain>);
    };
}

code_text!(LinkCode, Kind::Link);
code_text!(RootCode, Kind::Root);
code_text!(OrgCode, Kind::Org);
