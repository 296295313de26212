//! 住民票コード.

use std::fmt;
use std::str::FromStr;

use super::check::modulus_11_digit;
use super::digits;
use super::{CheckedNumber, NumberError, NumberKind, NumberProblem};
use crate::text::text_serde;

/// 住民票コード: eleven digits; everyone on a resident register has one, and every code is computed from it.
///
/// The rule of its last digit is published nowhere we could read, so parsing never refuses on it:
/// [`CheckedNumber::check_digits`] applies the rule of the same family (that of the My Number), and only a
/// caller who asks through [`CheckedNumber::parse_with`] hears of it. `Debug` does not print it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResidentCode(u64);

impl ResidentCode {
    /// How many values there are: codes are below 10^11.
    pub const LIMIT: u64 = 100_000_000_000;

    /// The code with this value.
    ///
    /// # Errors
    /// A value of 10^11 or more.
    pub fn from_value(value: u64) -> Result<Self, NumberError> {
        if value < Self::LIMIT {
            return Ok(Self(value));
        }
        let problem = NumberProblem::Length { found: value.to_string().len(), expected: "11" };
        Err(NumberError::new(NumberKind::Resident, "", problem))
    }

    /// The code whose first ten digits are `body` (below 10^10), with the check digit of the assumed rule.
    ///
    /// # Errors
    /// A body of 10^10 or more.
    pub fn from_body(body: u64) -> Result<Self, NumberError> {
        let code = Self::from_value(body.saturating_mul(10))?;
        let expected = code.check_digits().map_or(0, |(_, expected)| expected);
        Ok(Self(code.0 + u64::from(expected)))
    }

    /// Its value, below 10^11.
    #[must_use]
    pub fn value(self) -> u64 {
        self.0
    }
}

impl CheckedNumber for ResidentCode {
    const KIND: NumberKind = NumberKind::Resident;

    fn parse_unchecked(text: &str) -> Result<Self, NumberError> {
        let digits = digits::parse::<11>(Self::KIND, text, "11")?;
        Ok(Self(digits::value(&digits)))
    }

    fn check_digits(&self) -> Option<(u8, u8)> {
        let mut rest = self.0;
        let mut digits = [0u8; 11];
        for slot in digits.iter_mut().rev() {
            *slot = u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        let (last, body) = digits.split_last()?;
        Some((*last, modulus_11_digit(body)))
    }
}

impl FromStr for ResidentCode {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse_unchecked(text)
    }
}

impl fmt::Display for ResidentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:011}", self.0)
    }
}

impl fmt::Debug for ResidentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResidentCode(***********)")
    }
}

text_serde!(ResidentCode);
