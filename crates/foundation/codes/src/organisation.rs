//! Which organisation: the name that derived keys, certificates, ledgers and policy use.

use std::fmt;
use std::str::FromStr;

use crate::numbers::{InstitutionCode, InsurerNumber, MunicipalityCode};
use crate::text::text_serde;

/// The kinds of organisation, one a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrgKind {
    /// 付番機関.
    Issuer,
    /// 公的個人認証サービス.
    Jpki,
    /// 情報連携基盤・医療等中継DB.
    Relay,
    /// 資格確認サービス機関.
    Eligibility,
    /// 医療保険者.
    Insurer,
    /// 保険医療機関・薬局・介護事業者.
    Institution,
    /// 市町村.
    Municipality,
    /// 全国がん登録.
    CancerRegistry,
    /// 研究基盤.
    Research,
    /// 災害対応.
    Disaster,
    /// ポータル.
    Portal,
    /// 監督機関.
    Oversight,
}

impl OrgKind {
    /// Every kind, in order.
    pub const ALL: [Self; 12] = [
        Self::Issuer,
        Self::Jpki,
        Self::Relay,
        Self::Eligibility,
        Self::Insurer,
        Self::Institution,
        Self::Municipality,
        Self::CancerRegistry,
        Self::Research,
        Self::Disaster,
        Self::Portal,
        Self::Oversight,
    ];

    /// Its name in identifiers, kebab case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Jpki => "jpki",
            Self::Relay => "relay",
            Self::Eligibility => "eligibility",
            Self::Insurer => "insurer",
            Self::Institution => "institution",
            Self::Municipality => "municipality",
            Self::CancerRegistry => "cancer-registry",
            Self::Research => "research",
            Self::Disaster => "disaster",
            Self::Portal => "portal",
            Self::Oversight => "oversight",
        }
    }
}

impl fmt::Display for OrgKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OrgKind {
    type Err = OrgIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| OrgIdError::Kind { found: text.chars().take(40).collect() })
    }
}

text_serde!(OrgKind);

/// Longest number of an organisation, in bytes.
const NUMBER_LIMIT: usize = 22;

/// One organisation: its kind and its number, `institution/1310000001`. Copied, never allocated, so that it can
/// name a derived key on the hot path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgId {
    kind: OrgKind,
    length: u8,
    number: [u8; NUMBER_LIMIT],
}

impl OrgId {
    /// Longest text form in bytes.
    pub const TEXT_LIMIT: usize = 15 + 1 + NUMBER_LIMIT;

    /// The organisation of this kind with this number.
    ///
    /// # Errors
    /// A number that is not 1 to 22 characters of `a-z`, `0-9` and inner `-`.
    pub fn new(kind: OrgKind, number: &str) -> Result<Self, OrgIdError> {
        let bytes = number.as_bytes();
        let allowed = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        let edges = number.starts_with('-') || number.ends_with('-');
        let mut stored = [0; NUMBER_LIMIT];
        match stored.get_mut(..bytes.len()) {
            Some(slot) if !bytes.is_empty() && !edges && bytes.iter().all(allowed) => {
                slot.copy_from_slice(bytes);
            }
            _ => return Err(OrgIdError::Number { found: number.chars().take(40).collect() }),
        }
        Ok(Self { kind, length: u8::try_from(bytes.len()).unwrap_or_default(), number: stored })
    }

    /// The institution with this code.
    #[must_use]
    pub fn institution(code: &InstitutionCode) -> Self {
        Self::of_digits(OrgKind::Institution, &code.to_string())
    }

    /// The insurer with this number, zero-padded to eight digits.
    #[must_use]
    pub fn insurer(number: &InsurerNumber) -> Self {
        Self::of_digits(OrgKind::Insurer, &number.padded8())
    }

    /// The municipality with this code.
    #[must_use]
    pub fn municipality(code: &MunicipalityCode) -> Self {
        Self::of_digits(OrgKind::Municipality, &code.to_string())
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> OrgKind {
        self.kind
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> &str {
        std::str::from_utf8(self.number_bytes()).unwrap_or_default()
    }

    /// [`Self::number`] as bytes.
    pub(crate) fn number_bytes(&self) -> &[u8] {
        self.number.get(..usize::from(self.length)).unwrap_or(&self.number)
    }

    /// A number known to be at most 22 ASCII digits.
    fn of_digits(kind: OrgKind, digits: &str) -> Self {
        let mut number = [0; NUMBER_LIMIT];
        for (slot, digit) in number.iter_mut().zip(digits.bytes()) {
            *slot = digit;
        }
        Self { kind, length: u8::try_from(digits.len()).unwrap_or_default(), number }
    }
}

impl FromStr for OrgId {
    type Err = OrgIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, number) = text
            .split_once('/')
            .ok_or_else(|| OrgIdError::Form { found: text.chars().take(40).collect() })?;
        Self::new(kind.parse()?, number)
    }
}

impl fmt::Display for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        f.write_str("/")?;
        f.write_str(self.number())
    }
}

impl fmt::Debug for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrgId({self})")
    }
}

text_serde!(OrgId);

/// A text that names no organisation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrgIdError {
    /// Not `kind/number`.
    #[error("organisation {found:?}: expected kind/number, for example institution/1310000001")]
    Form {
        /// What was found.
        found: String,
    },
    /// No such kind.
    #[error(
        "organisation kind {found:?} is unknown; expected issuer, relay, insurer, institution or another role"
    )]
    Kind {
        /// What was found.
        found: String,
    },
    /// A malformed number.
    #[error("organisation number {found:?}: expected 1 to 22 characters of a-z, 0-9 and inner hyphens")]
    Number {
        /// What was found.
        found: String,
    },
}

impl OrgIdError {
    /// The error in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        match self {
            Self::Form { found } => {
                format!("機関「{found}」: 「種別/番号」の形であるべきです（例 institution/1310000001）")
            }
            Self::Kind { found } => format!("機関の種別「{found}」はありません"),
            Self::Number { found } => {
                format!("機関番号「{found}」: a-z、0-9、途中の「-」からなる1〜22文字であるべきです")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for text in ["institution/1310000001", "insurer/06130010", "issuer/1", "cancer-registry/jp-1"] {
            assert_eq!(text.parse::<OrgId>().unwrap().to_string(), text);
        }
        let longest = format!("cancer-registry/{}", "9".repeat(NUMBER_LIMIT));
        assert_eq!(longest.len(), OrgId::TEXT_LIMIT);
        assert_eq!(longest.parse::<OrgId>().unwrap().to_string(), longest);
    }

    #[test]
    fn bad_names_are_refused() {
        for text in
            ["", "institution", "hospital/1", "institution/", "institution/A", "institution/-1", "issuer/1/2"]
        {
            assert!(text.parse::<OrgId>().is_err(), "{text}");
        }
        assert!(format!("issuer/{}", "1".repeat(NUMBER_LIMIT + 1)).parse::<OrgId>().is_err());
    }

    #[test]
    fn insurer_spellings_are_one_organisation() {
        let a = OrgId::insurer(&InsurerNumber::parse_lenient("  138057").unwrap());
        assert_eq!(a.to_string(), "insurer/00138057");
    }
}
