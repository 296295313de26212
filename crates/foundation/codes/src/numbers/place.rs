//! 全国地方公共団体コード and 都道府県番号.

use std::fmt;
use std::str::FromStr;

use super::check::municipality_digit;
use super::digits::{self, Digits, digit_number, strict_from_str};
use super::{CheckedNumber, NumberError, NumberKind, NumberProblem};
use crate::text::text_serde;

/// 全国地方公共団体コード: six digits (prefecture 2, municipality 3, check 1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MunicipalityCode(Digits<6>);

impl MunicipalityCode {
    /// The code with these five digits and its check digit.
    ///
    /// # Errors
    /// Not five digits.
    pub fn from_body(body: &str) -> Result<Self, NumberError> {
        let [a, b, c, d, e] = digits::parse::<5>(Self::KIND, body, "5")?;
        Ok(Self([a, b, c, d, e, municipality_digit(&[a, b, c, d, e])]))
    }

    /// The prefecture, where the first two digits name one.
    #[must_use]
    pub fn prefecture(&self) -> Option<PrefectureCode> {
        let [tens, ones, ..] = self.0;
        PrefectureCode::new(tens * 10 + ones)
    }
}

impl CheckedNumber for MunicipalityCode {
    const KIND: NumberKind = NumberKind::Municipality;

    fn parse_unchecked(text: &str) -> Result<Self, NumberError> {
        Ok(Self(digits::parse(Self::KIND, text, "6")?))
    }

    fn check_digits(&self) -> Option<(u8, u8)> {
        let (last, body) = self.0.split_last()?;
        Some((*last, municipality_digit(body)))
    }
}

digit_number!(MunicipalityCode);
strict_from_str!(MunicipalityCode);

/// 都道府県番号: 01 北海道 to 47 沖縄県.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrefectureCode(u8);

impl PrefectureCode {
    /// The prefecture with this number, 1 to 47.
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (1..=47).contains(&number).then_some(Self(number))
    }

    /// Its number, 1 to 47.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }
}

impl FromStr for PrefectureCode {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let [tens, ones] = digits::parse::<2>(NumberKind::Prefecture, text, "2")?;
        Self::new(tens * 10 + ones).ok_or_else(|| {
            let problem =
                NumberProblem::Part { en: "expected 01 to 47", ja: "01から47までであるべきです" };
            NumberError::new(NumberKind::Prefecture, text, problem)
        })
    }
}

impl fmt::Display for PrefectureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

text_serde!(PrefectureCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_codes() {
        for text in ["011002", "131016", "271004"] {
            assert_eq!(text.parse::<MunicipalityCode>().unwrap().to_string(), text);
            assert_eq!(MunicipalityCode::from_body(&text[..5]).unwrap().to_string(), text);
        }
        assert_eq!("131017".parse::<MunicipalityCode>().unwrap_err().expected_digit(), Some(6));
        assert!("48".parse::<PrefectureCode>().is_err());
    }
}
