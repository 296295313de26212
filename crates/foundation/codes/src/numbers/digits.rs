//! A fixed run of decimal digits, and what every number type on top of it shares.

use super::error::{NumberError, NumberKind, NumberProblem};

/// `N` decimal digits as values 0-9, most significant first.
pub(super) type Digits<const N: usize> = [u8; N];

/// Reads exactly `N` ASCII digits.
pub(super) fn parse<const N: usize>(
    kind: NumberKind,
    text: &str,
    expected: &'static str,
) -> Result<Digits<N>, NumberError> {
    let mut digits = [0; N];
    let mut count = 0;
    for (place, character) in text.chars().enumerate() {
        let Some(value) = character.to_digit(10).and_then(|d| u8::try_from(d).ok()) else {
            let problem = NumberProblem::NotADigit { character, place: place + 1 };
            return Err(NumberError::new(kind, text, problem));
        };
        if let Some(slot) = digits.get_mut(place) {
            *slot = value;
        }
        count += 1;
    }
    if count != N {
        return Err(NumberError::new(kind, text, NumberProblem::Length { found: count, expected }));
    }
    Ok(digits)
}

/// The digits as text.
pub(super) fn text(digits: &[u8]) -> String {
    digits.iter().map(|d| char::from(b'0' + d)).collect()
}

/// The digits as one number.
pub(super) fn value(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |sum, &d| sum * 10 + u64::from(d))
}

/// `Display`, serde as text, for a type with `FromStr` whose field 0 is digits.
macro_rules! digit_number {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&$crate::numbers::digits::text(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), $crate::numbers::digits::text(&self.0))
            }
        }

        $crate::text::text_serde!($name);
    };
}

/// `FromStr` that refuses a wrong check digit, for a [`CheckedNumber`](super::CheckedNumber).
macro_rules! strict_from_str {
    ($name:ident) => {
        impl std::str::FromStr for $name {
            type Err = $crate::numbers::NumberError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                use $crate::numbers::CheckedNumber;
                Ok(Self::parse_with(text, $crate::numbers::CheckPolicy::Refuse)?.0)
            }
        }
    };
}

pub(super) use {digit_number, strict_from_str};
