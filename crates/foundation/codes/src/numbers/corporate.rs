//! 法人番号.

use super::check::corporate_digit;
use super::digits::{self, Digits, digit_number, strict_from_str};
use super::{CheckedNumber, NumberError, NumberKind};

/// 法人番号: thirteen digits, the first of which checks the others. Public.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CorporateNumber(Digits<13>);

impl CheckedNumber for CorporateNumber {
    const KIND: NumberKind = NumberKind::Corporate;

    fn parse_unchecked(text: &str) -> Result<Self, NumberError> {
        Ok(Self(digits::parse(Self::KIND, text, "13")?))
    }

    fn check_digits(&self) -> Option<(u8, u8)> {
        let (first, body) = self.0.split_first()?;
        Some((*first, corporate_digit(body)))
    }
}

digit_number!(CorporateNumber);
strict_from_str!(CorporateNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn national_tax_agency() {
        assert!("7000012050002".parse::<CorporateNumber>().is_ok());
        assert_eq!("1000012050002".parse::<CorporateNumber>().unwrap_err().expected_digit(), Some(7));
    }
}
