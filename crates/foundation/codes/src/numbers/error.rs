//! What is wrong with a number, in the words of the person who typed it.

use std::fmt;

use super::scan::find_my_number;

/// A number that cannot be accepted: which number, what was found, what was expected.
///
/// What was found is echoed, except a resident code, a My Number, or a text that holds one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} \"{found}\": {problem}", kind.en())]
pub struct NumberError {
    kind: NumberKind,
    found: String,
    problem: NumberProblem,
}

/// A number accepted although its check digit is wrong: the same words as the error.
pub type Warning = NumberError;

/// Longest text echoed in an error, in characters.
const ECHO_LIMIT: usize = 40;

/// Stands where a My Number or a resident code stood.
const MASK: &str = "***";

impl NumberError {
    /// The error for the crate that owns the number.
    #[must_use]
    pub fn new(kind: NumberKind, found: &str, problem: NumberProblem) -> Self {
        let secret = matches!(kind, NumberKind::Resident | NumberKind::MyNumber);
        let found = if secret || find_my_number(found).is_some() {
            MASK.to_owned()
        } else {
            found.chars().take(ECHO_LIMIT).collect()
        };
        Self { kind, found, problem }
    }

    /// Which number was being read.
    #[must_use]
    pub fn kind(&self) -> NumberKind {
        self.kind
    }

    /// What was found in its place (masked if it held a My Number; at most 40 characters).
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> &NumberProblem {
        &self.problem
    }

    /// The check digit that would have been right, where that is the problem.
    #[must_use]
    pub fn expected_digit(&self) -> Option<u8> {
        match &self.problem {
            NumberProblem::CheckDigit(wrong) => Some(wrong.expected),
            _ => None,
        }
    }

    /// The error in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        format!("{}「{}」: {}", self.kind.ja(), self.found, self.problem.ja())
    }
}

/// A check digit that does not fit the other digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the check digit is {found}, expected {expected}")]
pub struct CheckDigitError {
    /// The digit found, 0-9.
    pub found: u8,
    /// The digit that the others ask for, 0-9.
    pub expected: u8,
}

impl CheckDigitError {
    /// The error in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        format!("検査数字は{}ですが、正しくは{}です", self.found, self.expected)
    }
}

/// What can be wrong with a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberProblem {
    /// Not the length it must have.
    Length {
        /// Characters found.
        found: usize,
        /// The lengths allowed, in words ("8, 6 or 4").
        expected: &'static str,
    },
    /// A character that is no digit.
    NotADigit {
        /// The character.
        character: char,
        /// Its place, counted from 1.
        place: usize,
    },
    /// The check digit is wrong.
    CheckDigit(CheckDigitError),
    /// A part is missing or malformed.
    Part {
        /// What was expected, in English.
        en: &'static str,
        /// What was expected, in Japanese.
        ja: &'static str,
    },
}

impl NumberProblem {
    fn ja(&self) -> String {
        match self {
            Self::Length { found, expected } => format!("{found}桁あります（{expected}桁であるべきです）"),
            Self::NotADigit { character, place } => {
                format!("{place}文字目の「{character}」は数字ではありません")
            }
            Self::CheckDigit(wrong) => wrong.ja(),
            Self::Part { ja, .. } => (*ja).to_owned(),
        }
    }
}

impl fmt::Display for NumberProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { found, expected } => write!(f, "{found} digits, expected {expected}"),
            Self::NotADigit { character, place } => {
                write!(f, "character {place} ({character:?}) is no digit")
            }
            Self::CheckDigit(wrong) => wrong.fmt(f),
            Self::Part { en, .. } => f.write_str(en),
        }
    }
}

/// The numbers this house reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NumberKind {
    /// 住民票コード.
    Resident,
    /// 個人番号. The type lives in another crate; the name is here for its errors.
    MyNumber,
    /// 保険者番号.
    Insurer,
    /// 公費負担者番号.
    PublicPayer,
    /// 公費負担医療の受給者番号.
    PublicRecipient,
    /// 医療機関コード, ten digits.
    Institution,
    /// 医療機関番号, seven digits.
    Institution7,
    /// 法人番号.
    Corporate,
    /// 全国地方公共団体コード.
    Municipality,
    /// 都道府県番号.
    Prefecture,
    /// 被保険者記号・番号・枝番.
    InsuredPerson,
}

impl NumberKind {
    /// Its name in English.
    #[must_use]
    pub fn en(self) -> &'static str {
        match self {
            Self::Resident => "resident code",
            Self::MyNumber => "individual number",
            Self::Insurer => "insurer number",
            Self::PublicPayer => "public payer number",
            Self::PublicRecipient => "public recipient number",
            Self::Institution => "institution code",
            Self::Institution7 => "institution number",
            Self::Corporate => "corporate number",
            Self::Municipality => "municipality code",
            Self::Prefecture => "prefecture code",
            Self::InsuredPerson => "insured person's symbol and number",
        }
    }

    /// Its name in Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Resident => "住民票コード",
            Self::MyNumber => "個人番号",
            Self::Insurer => "保険者番号",
            Self::PublicPayer => "公費負担者番号",
            Self::PublicRecipient => "受給者番号",
            Self::Institution => "医療機関コード",
            Self::Institution7 => "医療機関番号",
            Self::Corporate => "法人番号",
            Self::Municipality => "全国地方公共団体コード",
            Self::Prefecture => "都道府県番号",
            Self::InsuredPerson => "被保険者記号・番号・枝番",
        }
    }
}
