//! 医療機関コード and 医療機関番号.

use super::check::luhn_digit;
use super::digits::{self, Digits, digit_number, strict_from_str};
use super::{CheckPolicy, CheckedNumber, NumberError, NumberKind, NumberProblem, PrefectureCode, Warning};

/// 医療機関コード: ten digits (prefecture 2, 点数表 1, 郡市区 2, number 4, check 1), Luhn over all ten.
///
/// Published FHIR examples fail the check: read foreign input with [`Self::parse_warn`], our own with
/// [`Self::parse`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstitutionCode(Digits<10>);

impl InstitutionCode {
    /// Reads the code; a wrong check digit is refused with the expected one.
    ///
    /// # Errors
    /// Not ten digits, or a wrong check digit.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        Ok(Self::parse_with(text, CheckPolicy::Refuse)?.0)
    }

    /// Reads the code; a wrong check digit is reported beside it.
    ///
    /// # Errors
    /// Not ten digits.
    pub fn parse_warn(text: &str) -> Result<(Self, Option<Warning>), NumberError> {
        <Self as CheckedNumber>::parse_warn(text)
    }

    /// The code of the institution that bears this number in this prefecture and fee table.
    ///
    /// # Errors
    /// A check digit in the seven digits that does not fit.
    pub fn of(
        prefecture: PrefectureCode,
        table: FeeTable,
        number: InstitutionNumber7,
    ) -> Result<Self, NumberError> {
        Self::parse(&format!("{prefecture}{}{number}", table.digit()))
    }

    /// The code with these nine digits and its check digit.
    ///
    /// # Errors
    /// Not nine digits.
    pub fn from_body(body: &str) -> Result<Self, NumberError> {
        let digits = digits::parse::<9>(Self::KIND, body, "9")?;
        Self::parse(&format!("{body}{}", luhn_digit(&digits)))
    }

    /// The seven digits without prefecture and fee table: 医療機関番号.
    #[must_use]
    pub fn number7(&self) -> InstitutionNumber7 {
        let [_, _, _, a, b, c, d, e, f, g] = self.0;
        InstitutionNumber7([a, b, c, d, e, f, g])
    }

    /// The prefecture, where the first two digits name one (test codes begin with 99).
    #[must_use]
    pub fn prefecture(&self) -> Option<PrefectureCode> {
        let [tens, ones, ..] = self.0;
        PrefectureCode::new(tens * 10 + ones)
    }

    /// The fee table, where the third digit names one.
    #[must_use]
    pub fn table(&self) -> Option<FeeTable> {
        let [_, _, table, ..] = self.0;
        FeeTable::from_digit(table)
    }
}

impl CheckedNumber for InstitutionCode {
    const KIND: NumberKind = NumberKind::Institution;

    fn parse_unchecked(text: &str) -> Result<Self, NumberError> {
        Ok(Self(digits::parse(Self::KIND, text, "10")?))
    }

    fn check_digits(&self) -> Option<(u8, u8)> {
        let (last, body) = self.0.split_last()?;
        Some((*last, luhn_digit(body)))
    }
}

digit_number!(InstitutionCode);
strict_from_str!(InstitutionCode);

/// 医療機関番号: the seven digits printed on prescriptions beside prefecture and fee table.
///
/// Its last digit checks the ten digits of [`InstitutionCode`] and cannot be verified alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstitutionNumber7(Digits<7>);

impl std::str::FromStr for InstitutionNumber7 {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(digits::parse(NumberKind::Institution7, text, "7")?))
    }
}

digit_number!(InstitutionNumber7);

/// 点数表: by which fee table an institution bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeeTable {
    /// 医科.
    Medical,
    /// 歯科.
    Dental,
    /// 調剤.
    Pharmacy,
    /// 訪問看護.
    HomeNursing,
}

impl FeeTable {
    /// Its digit in an institution code: 1, 3, 4 or 6.
    #[must_use]
    pub fn digit(self) -> u8 {
        match self {
            Self::Medical => 1,
            Self::Dental => 3,
            Self::Pharmacy => 4,
            Self::HomeNursing => 6,
        }
    }

    /// The table with this digit.
    #[must_use]
    pub fn from_digit(digit: u8) -> Option<Self> {
        match digit {
            1 => Some(Self::Medical),
            3 => Some(Self::Dental),
            4 => Some(Self::Pharmacy),
            6 => Some(Self::HomeNursing),
            _ => None,
        }
    }
}

impl TryFrom<u8> for FeeTable {
    type Error = NumberError;

    fn try_from(digit: u8) -> Result<Self, Self::Error> {
        Self::from_digit(digit).ok_or_else(|| {
            let problem = NumberProblem::Part {
                en: "the fee table is 1, 3, 4 or 6",
                ja: "点数表は1・3・4・6のいずれかです",
            };
            NumberError::new(NumberKind::Institution, &digit.to_string(), problem)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_codes() {
        for text in ["0110113719", "9918000010"] {
            assert_eq!(InstitutionCode::parse(text).unwrap().to_string(), text);
        }
        let sapporo = InstitutionCode::parse("0110113719").unwrap();
        assert_eq!(sapporo.table(), Some(FeeTable::Medical));
        assert_eq!(sapporo.prefecture().unwrap().to_string(), "01");
        assert_eq!(sapporo.number7().to_string(), "0113719");
        let again =
            InstitutionCode::of(sapporo.prefecture().unwrap(), FeeTable::Medical, sapporo.number7()).unwrap();
        assert_eq!(again, sapporo);
        assert_eq!(InstitutionCode::parse("9918000010").unwrap().prefecture(), None);
    }

    #[test]
    fn examples_of_the_field_warn() {
        for text in ["1311234567", "1318814790", "1312345670"] {
            let error = InstitutionCode::parse(text).unwrap_err();
            let (code, warning) = InstitutionCode::parse_warn(text).unwrap();
            assert_eq!(code.to_string(), text);
            assert_eq!(warning, Some(error));
        }
    }

    #[test]
    fn from_body_adds_the_digit() {
        assert_eq!(InstitutionCode::from_body("011011371").unwrap().to_string(), "0110113719");
        assert!(FeeTable::try_from(2).is_err());
    }
}
