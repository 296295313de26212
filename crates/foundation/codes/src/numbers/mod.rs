//! The numbers of the field, each a type that knows its own check digit.
//!
//! Parsing is strict: a wrong check digit is refused and the error says which digit was expected. Where the
//! field itself cannot rely on the digit (its own published examples fail it), [`CheckedNumber::parse_warn`]
//! gives the number together with the warning, and the caller decides.

mod check;
mod corporate;
mod digits;
mod error;
mod institution;
mod insured;
mod insurer;
mod place;
mod public;
mod resident;
mod scan;

pub use check::my_number_check_digit;
pub use corporate::CorporateNumber;
pub use error::{CheckDigitError, NumberError, NumberKind, NumberProblem, Warning};
pub use institution::{FeeTable, InstitutionCode, InstitutionNumber7};
pub use insured::{Branch, InsuredPersonId, InsuredPersonKey, Number, Symbol};
pub use insurer::InsurerNumber;
pub use place::{MunicipalityCode, PrefectureCode};
pub use public::{PublicPayerNumber, PublicRecipientNumber};
pub use resident::ResidentCode;
pub use scan::find_my_number;

/// What to do about a wrong check digit. Receipt computers make the same three choices configurable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckPolicy {
    /// A wrong digit is an error.
    Refuse,
    /// A wrong digit is reported beside the number.
    Warn,
    /// The digit is not looked at.
    Ignore,
}

/// A number with a check digit.
pub trait CheckedNumber: Sized {
    /// Which number this is; names it in errors.
    const KIND: NumberKind;

    /// Reads the number without looking at its check digit.
    ///
    /// # Errors
    /// Wrong length or a character that is no digit.
    fn parse_unchecked(text: &str) -> Result<Self, NumberError>;

    /// The digit found and the digit expected, where the number has a verifiable check digit.
    fn check_digits(&self) -> Option<(u8, u8)>;

    /// Reads the number under a policy for its check digit.
    ///
    /// # Errors
    /// Wrong length, a character that is no digit; with [`CheckPolicy::Refuse`] a wrong check digit.
    fn parse_with(text: &str, policy: CheckPolicy) -> Result<(Self, Option<Warning>), NumberError> {
        let number = Self::parse_unchecked(text)?;
        let warning = match number.check_digits() {
            Some((found, expected)) if found != expected => {
                let wrong = CheckDigitError { found, expected };
                Some(NumberError::new(Self::KIND, text, NumberProblem::CheckDigit(wrong)))
            }
            _ => None,
        };
        match (policy, warning) {
            (CheckPolicy::Refuse, Some(error)) => Err(error),
            (CheckPolicy::Ignore, _) => Ok((number, None)),
            (_, warning) => Ok((number, warning)),
        }
    }

    /// Reads the number; a wrong check digit is reported, not refused.
    ///
    /// # Errors
    /// Wrong length or a character that is no digit.
    fn parse_warn(text: &str) -> Result<(Self, Option<Warning>), NumberError> {
        Self::parse_with(text, CheckPolicy::Warn)
    }
}

#[cfg(test)]
mod tests;
