//! 保険者番号.

use std::fmt;

use super::check::luhn_digit;
use super::digits::{self, strict_from_str};
use super::{CheckPolicy, CheckedNumber, NumberError, NumberKind, NumberProblem, Warning};
use crate::text::text_serde;

/// 保険者番号: eight digits (法別番号 2, prefecture 2, insurer 3, check 1), six for 国民健康保険, four for the
/// old 船員・政管 numbers, which have no check digit.
///
/// A shorter number is often printed in an eight-character field, padded with zeros or with spaces; all these
/// spellings are the same number and compare equal. `Display` is the number as it is printed on a card.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InsurerNumber {
    value: u32,
    length: u8,
}

impl InsurerNumber {
    /// Reads the spellings of the field: padded to eight with spaces or zeros, full-width digits, surrounding
    /// spaces. The check digit is looked at as strictly as by `FromStr`.
    ///
    /// # Errors
    /// As `FromStr`.
    pub fn parse_lenient(text: &str) -> Result<Self, NumberError> {
        Ok(Self::parse_lenient_with(text, CheckPolicy::Refuse)?.0)
    }

    /// [`Self::parse_lenient`] under a policy for the check digit.
    ///
    /// # Errors
    /// As [`CheckedNumber::parse_with`].
    pub fn parse_lenient_with(
        text: &str,
        policy: CheckPolicy,
    ) -> Result<(Self, Option<Warning>), NumberError> {
        let folded: String = text.trim().chars().map(super::scan::narrow_digit).collect();
        Self::parse_with(&folded, policy)
    }

    /// The number filled up with zeros to eight digits: the form of FHIR identifiers and of organisation names.
    #[must_use]
    pub fn padded8(&self) -> String {
        format!("{:08}", self.value)
    }

    /// How many digits the number has on a card: 8, 6 or 4.
    #[must_use]
    pub fn length(&self) -> u8 {
        self.length
    }

    /// 法別番号: the first two of eight digits, which say the law of the insurance; none in 国保 and old numbers.
    #[must_use]
    pub fn law(&self) -> Option<u8> {
        (self.length == 8).then(|| u8::try_from(self.value / 1_000_000).unwrap_or_default())
    }

    /// 市町村国保・国保組合: a number of six digits.
    #[must_use]
    pub fn is_national_health(&self) -> bool {
        self.length == 6
    }

    /// The number with these seven (8-digit) or five (6-digit) body digits and its check digit.
    ///
    /// # Errors
    /// A body that is not five or seven digits, or a seven-digit body that begins with 00 (it would be a
    /// padded number of six).
    pub fn from_body(body: &str) -> Result<Self, NumberError> {
        let number = match body.len() {
            5 | 7 => Self::parse_unchecked(&format!("{body}0"))?,
            found => {
                let problem = NumberProblem::Length { found, expected: "7 or 5" };
                return Err(NumberError::new(Self::KIND, body, problem));
            }
        };
        let expected = number.check_digits().map_or(0, |(_, expected)| expected);
        Self::parse_with(&format!("{body}{expected}"), CheckPolicy::Refuse).map(|(number, _)| number)
    }
}

impl CheckedNumber for InsurerNumber {
    const KIND: NumberKind = NumberKind::Insurer;

    fn parse_unchecked(text: &str) -> Result<Self, NumberError> {
        const LENGTHS: &str = "8, 6 or 4";
        let value = match text.chars().count() {
            8 => digits::value(&digits::parse::<8>(Self::KIND, text, LENGTHS)?),
            6 => digits::value(&digits::parse::<6>(Self::KIND, text, LENGTHS)?),
            4 => digits::value(&digits::parse::<4>(Self::KIND, text, LENGTHS)?),
            found => {
                let problem = NumberProblem::Length { found, expected: LENGTHS };
                return Err(NumberError::new(Self::KIND, text, problem));
            }
        };
        // No law has the number 00 and no prefecture either: leading zeros are padding.
        let length = match value {
            0..10_000 => 4,
            10_000..1_000_000 => 6,
            _ => 8,
        };
        Ok(Self { value: u32::try_from(value).unwrap_or_default(), length })
    }

    fn check_digits(&self) -> Option<(u8, u8)> {
        if self.length == 4 {
            return None;
        }
        // Leading zeros add nothing to the sum: one rule for eight and six digits.
        let digits = digits::parse::<8>(Self::KIND, &self.padded8(), "8").ok()?;
        let (last, body) = digits.split_last()?;
        Some((*last, luhn_digit(body)))
    }
}

impl fmt::Display for InsurerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$}", self.value, width = usize::from(self.length))
    }
}

impl fmt::Debug for InsurerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InsurerNumber({self})")
    }
}

strict_from_str!(InsurerNumber);
text_serde!(InsurerNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_one_number() {
        let six: InsurerNumber = "138057".parse().unwrap();
        assert_eq!(InsurerNumber::parse_lenient("  138057").unwrap(), six);
        assert_eq!(InsurerNumber::parse_lenient("00138057").unwrap(), six);
        assert_eq!(InsurerNumber::parse_lenient("１３８０５７").unwrap(), six);
        assert_eq!(six.to_string(), "138057");
        assert_eq!(six.padded8(), "00138057");
        assert!(six.is_national_health() && six.law().is_none());
    }

    #[test]
    fn check_digit_is_named() {
        assert_eq!("33120015".parse::<InsurerNumber>().unwrap().law(), Some(33));
        let error = "33120014".parse::<InsurerNumber>().unwrap_err();
        assert_eq!(error.expected_digit(), Some(5));
        assert_eq!(error.to_string(), "insurer number \"33120014\": the check digit is 4, expected 5");
        assert_eq!(error.ja(), "保険者番号「33120014」: 検査数字は4ですが、正しくは5です");
    }

    #[test]
    fn four_digits_have_no_check() {
        let old: InsurerNumber = "1234".parse().unwrap();
        assert_eq!(old.to_string(), "1234");
        assert!(old.check_digits().is_none());
        assert_eq!(InsurerNumber::parse_lenient("00001234").unwrap(), old);
    }

    #[test]
    fn from_body_adds_the_digit() {
        assert_eq!(InsurerNumber::from_body("3312001").unwrap().to_string(), "33120015");
        assert_eq!(InsurerNumber::from_body("13805").unwrap().to_string(), "138057");
        assert!(InsurerNumber::from_body("0013805").unwrap().is_national_health());
        assert!(InsurerNumber::from_body("123").is_err());
    }
}
