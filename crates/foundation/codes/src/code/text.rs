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
    let mut text = [0; BODY_LIMIT + CHECKS];
    let length = base32::encoded_len(bytes.len());
    let (body, rest) = text.split_at_mut(length.min(BODY_LIMIT));
    base32::encode(bytes, body);
    let mut check = Check::new(symbol);
    body.iter().for_each(|value| check.add(*value));
    rest.iter_mut().zip(check.symbols()).for_each(|(to, from)| *to = from);
    text.iter_mut().for_each(|value| *value = base32::symbol(*value));
    let text = text.get(..length + CHECKS).unwrap_or_default();
    f.write_str(std::str::from_utf8(text).unwrap_or_default())
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
    let reduced =
        (5..9).rev().fold(product, |p, bit| if p >> bit & 1 == 1 { p ^ (0b10_0101 << (bit - 5)) } else { p });
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::types::{Insurance, Medical};
    use super::*;

    /// Reads a text as every kind in every domain: how many take it.
    fn accepted(text: &str) -> usize {
        [
            text.parse::<LinkCode<Medical>>().is_ok(),
            text.parse::<LinkCode<Insurance>>().is_ok(),
            text.parse::<RootCode<Medical>>().is_ok(),
            text.parse::<RootCode<Insurance>>().is_ok(),
            text.parse::<OrgCode<Medical>>().is_ok(),
            text.parse::<OrgCode<Insurance>>().is_ok(),
        ]
        .into_iter()
        .filter(|accepted| *accepted)
        .count()
    }

    /// The text of every kind of code in every domain.
    fn texts(bytes: [u8; 17]) -> [String; 6] {
        let short: [u8; 16] = bytes[1..].try_into().unwrap();
        [
            LinkCode::<Medical>::from_bytes(short).to_string(),
            LinkCode::<Insurance>::from_bytes(short).to_string(),
            RootCode::<Medical>::from_bytes(short).to_string(),
            RootCode::<Insurance>::from_bytes(short).to_string(),
            OrgCode::<Medical>::from_bytes(bytes).to_string(),
            OrgCode::<Insurance>::from_bytes(bytes).to_string(),
        ]
    }

    /// What a character means: its symbol value, or itself.
    fn meaning(character: char) -> (Option<u8>, char) {
        match base32::value(character) {
            Some(value) => (Some(value), '0'),
            None => (None, character.to_ascii_lowercase()),
        }
    }

    #[test]
    fn the_field_has_thirty_one_powers() {
        let powers: std::collections::HashSet<u8> =
            (0..31).scan(1, |power, _| Some(std::mem::replace(power, multiply(*power, 2)))).collect();
        assert_eq!(powers.len(), 31);
        assert!((1..32).all(|a| (1..32).filter(|&b| multiply(a, b) == 1).count() == 1));
        assert_eq!((multiply(2, 1) ^ multiply(2, 2), multiply(2, 4)), (GENERATOR_1, GENERATOR_0));
    }

    #[test]
    fn prefixes_tell_the_kind() {
        let prefixes = texts([9; 17]).map(|text| text[..3].to_owned());
        assert_eq!(prefixes, ["ml_", "il_", "mi_", "ic_", "mo_", "io_"]);
        assert!(texts([9; 17]).iter().all(|text| accepted(text) == 1));
    }

    #[test]
    fn every_wrong_character_is_noticed() {
        let seeds = [[0; 17], [255; 17], core::array::from_fn(|i| (i * 29 + 5) as u8)];
        for text in seeds.into_iter().flat_map(texts) {
            let characters: Vec<char> = text.chars().collect();
            for place in 0..characters.len() {
                for other in ('!'..='~').chain(['あ', '\u{0}']) {
                    let mut wrong = characters.clone();
                    wrong[place] = other;
                    // The prefix has no look-alikes beyond case; the body reads O as 0, I and L as 1.
                    let same = if place < 3 {
                        other.eq_ignore_ascii_case(&characters[place])
                    } else {
                        meaning(other) == meaning(characters[place])
                    };
                    let taken = accepted(&wrong.iter().collect::<String>());
                    assert_eq!(taken, usize::from(same), "{text} with {other:?} at {place}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn round_trips_whatever_the_case(bytes: [u8; 17]) {
            let code = OrgCode::<Medical>::from_bytes(bytes);
            let text = code.to_string();
            prop_assert_eq!(text.len(), 33);
            for spelling in [text.to_lowercase(), text.to_uppercase(), text.replace('0', "O"), text.replace('1', "l")] {
                prop_assert_eq!(spelling.parse::<OrgCode<Medical>>(), Ok(code));
            }
            prop_assert_eq!(serde_json::from_str::<OrgCode<Medical>>(&serde_json::to_string(&code).unwrap()).unwrap(), code);
        }

        #[test]
        fn every_swap_of_neighbours_is_noticed(bytes: [u8; 17]) {
            for text in texts(bytes) {
                for place in 0..text.len() - 1 {
                    let mut swapped: Vec<char> = text.chars().collect();
                    swapped.swap(place, place + 1);
                    let swapped: String = swapped.into_iter().collect();
                    prop_assert_eq!(accepted(&swapped), usize::from(swapped == text), "{} {}", text, place);
                }
            }
        }

        #[test]
        fn any_two_wrong_characters_are_noticed(bytes: [u8; 17], a: prop::sample::Index, b: prop::sample::Index, x in 0u8..32, y in 0u8..32) {
            for text in texts(bytes) {
                let mut wrong: Vec<char> = text.chars().collect();
                let (a, b) = (3 + a.index(wrong.len() - 3), 3 + b.index(wrong.len() - 3));
                (wrong[a], wrong[b]) = (base32::symbol(x).into(), base32::symbol(y).into());
                let wrong: String = wrong.into_iter().collect();
                prop_assert_eq!(accepted(&wrong), usize::from(wrong == text));
            }
        }

        #[test]
        fn reading_never_panics(text in ".{0,40}", tail in "[mi][lico]_[0-9A-Z]{0,34}") {
            accepted(&text);
            accepted(&tail);
        }
    }
}
