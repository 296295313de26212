//! 公費負担医療: who pays and for whom.

use std::str::FromStr;

use super::check::luhn_digit;
use super::digits::{self, Digits, digit_number, strict_from_str};
use super::{CheckPolicy, CheckedNumber, NumberError, NumberKind};

/// 公費負担者番号: eight digits (法別番号 2, prefecture 2, payer 3, check 1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicPayerNumber(Digits<8>);

impl PublicPayerNumber {
    /// 法別番号: 12 生活保護, 21 精神通院, 54 難病, 80-99 local schemes.
    #[must_use]
    pub fn law(&self) -> u8 {
        let [tens, ones, ..] = self.0;
        tens * 10 + ones
    }
}

impl CheckedNumber for PublicPayerNumber {
    const KIND: NumberKind = NumberKind::PublicPayer;

    fn parse_unchecked(text: &str) -> Result<Self, NumberError> {
        Ok(Self(digits::parse(Self::KIND, text, "8")?))
    }

    fn check_digits(&self) -> Option<(u8, u8)> {
        let (last, body) = self.0.split_last()?;
        Some((*last, luhn_digit(body)))
    }
}

digit_number!(PublicPayerNumber);
strict_from_str!(PublicPayerNumber);

/// 公費負担医療の受給者番号: seven digits.
///
/// Real schemes hand out numbers whose last digit fails the rule, and receipt computers make the check
/// configurable; so `FromStr` does not refuse, and [`CheckedNumber::parse_warn`] tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicRecipientNumber(Digits<7>);

impl CheckedNumber for PublicRecipientNumber {
    const KIND: NumberKind = NumberKind::PublicRecipient;

    fn parse_unchecked(text: &str) -> Result<Self, NumberError> {
        Ok(Self(digits::parse(Self::KIND, text, "7")?))
    }

    fn check_digits(&self) -> Option<(u8, u8)> {
        let (last, body) = self.0.split_last()?;
        Some((*last, luhn_digit(body)))
    }
}

impl FromStr for PublicRecipientNumber {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse_with(text, CheckPolicy::Ignore)?.0)
    }
}

digit_number!(PublicRecipientNumber);
