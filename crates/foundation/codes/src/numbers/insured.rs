//! 被保険者記号・番号・枝番: by what an insurer knows a person.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use super::{CheckPolicy, InsurerNumber, NumberError, NumberKind, NumberProblem, Warning};
use crate::text::text_serde;

/// Longest symbol or number, in characters. Real ones stay under 20.
const PART_LIMIT: usize = 40;

/// 被保険者識別: insurer, symbol, number and branch, as printed on a certificate.
///
/// Text form: `JP_Insurance_memberID` of JP-CLINS, `00012345:あいう:１８７:05`, with absent parts empty.
/// Spellings are kept as they came; compare through [`Self::normalized`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InsuredPersonId {
    /// 保険者番号 (for 生活保護, 公費負担者番号: same length, same rule).
    pub insurer: InsurerNumber,
    /// 被保険者証記号.
    pub symbol: Symbol,
    /// 被保険者証番号.
    pub number: Number,
    /// 枝番, absent on certificates issued before 2021 and in 生活保護.
    pub branch: Option<Branch>,
}

impl InsuredPersonId {
    /// Reads the FHIR form; a wrong check digit in the insurer number is reported beside it (published
    /// examples have one).
    ///
    /// # Errors
    /// Not four parts, or a malformed part.
    pub fn parse_warn(text: &str) -> Result<(Self, Option<Warning>), NumberError> {
        Self::parse_with(text, CheckPolicy::Warn)
    }

    /// The form that comparisons use: width folded (NFKC), hyphens unified, spaces dropped, ASCII letters upper.
    #[must_use]
    pub fn normalized(&self) -> InsuredPersonKey {
        let branch = self.branch.map(|b| b.to_string()).unwrap_or_default();
        let (insurer, symbol, number) = (self.insurer.padded8(), fold(&self.symbol.0), fold(&self.number.0));
        InsuredPersonKey(format!("{insurer}:{symbol}:{number}:{branch}"))
    }

    fn parse_with(text: &str, policy: CheckPolicy) -> Result<(Self, Option<Warning>), NumberError> {
        let mut parts = text.split(':');
        let (Some(insurer), Some(symbol), Some(number), Some(branch), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            let problem = NumberProblem::Part {
                en: "expected insurer:symbol:number:branch",
                ja: "「保険者番号:記号:番号:枝番」の形であるべきです",
            };
            return Err(NumberError::new(NumberKind::InsuredPerson, text, problem));
        };
        let (insurer, warning) = InsurerNumber::parse_lenient_with(insurer, policy)?;
        let branch = if branch.is_empty() { None } else { Some(branch.parse()?) };
        Ok((Self { insurer, symbol: symbol.parse()?, number: number.parse()?, branch }, warning))
    }
}

impl FromStr for InsuredPersonId {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse_with(text, CheckPolicy::Refuse)?.0)
    }
}

impl fmt::Display for InsuredPersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:", self.insurer.padded8(), self.symbol, self.number)?;
        self.branch.map_or(Ok(()), |branch| branch.fmt(f))
    }
}

impl fmt::Debug for InsuredPersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InsuredPersonId({}:…)", self.insurer)
    }
}

text_serde!(InsuredPersonId);

/// An [`InsuredPersonId`] in the one spelling that comparisons and indexes use.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InsuredPersonKey(String);

impl InsuredPersonKey {
    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of all branches of the same symbol and number: for input from before branches existed.
    #[must_use]
    pub fn without_branch(&self) -> &str {
        self.0.rsplit_once(':').map_or(&self.0, |(head, _)| head)
    }
}

impl fmt::Debug for InsuredPersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InsuredPersonKey(…)")
    }
}

/// 被保険者証記号: free text of the insurer; empty in 後期高齢者医療.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(String);

/// 被保険者証番号: free text of the insurer; never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(String);

impl Symbol {
    /// The symbol as printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Number {
    /// The number as printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Symbol {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        part(text).map(Self)
    }
}

impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = part(text)?;
        if number.is_empty() {
            let problem = NumberProblem::Part { en: "the number is missing", ja: "番号がありません" };
            return Err(NumberError::new(NumberKind::InsuredPerson, text, problem));
        }
        Ok(Self(number))
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_serde!(Symbol);
text_serde!(Number);

/// 枝番: two digits that tell the members of one certificate apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Branch(u8);

impl Branch {
    /// The branch with this number, 0 to 99.
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (number < 100).then_some(Self(number))
    }

    /// Its number, 0 to 99.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }
}

impl FromStr for Branch {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let folded: String = text.trim().chars().map(super::scan::narrow_digit).collect();
        let digits = matches!(folded.len(), 1 | 2) && folded.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| folded.parse().ok()).flatten().and_then(Self::new).ok_or_else(|| {
            let problem = NumberProblem::Part {
                en: "the branch is two digits",
                ja: "枝番は2桁の数字であるべきです",
            };
            NumberError::new(NumberKind::InsuredPerson, text, problem)
        })
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

text_serde!(Branch);

/// A symbol or number: surrounding spaces cut, inner ones dropped (the identifier's grammar has none), no control
/// character and no colon of any width, so that the parts of a key do not run into each other.
fn part(text: &str) -> Result<String, NumberError> {
    let kept: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let unfit = |c: char| c == ':' || c.is_control();
    // ASCII is its own NFKC.
    let unfit = if kept.is_ascii() { kept.contains(unfit) } else { kept.nfkc().any(unfit) };
    let problem = if unfit {
        NumberProblem::Part {
            en: "no colon or control character is allowed",
            ja: "コロンや制御文字は使えません",
        }
    } else if kept.chars().count() > PART_LIMIT {
        NumberProblem::Part {
            en: "at most 40 characters are allowed", ja: "40文字以内であるべきです"
        }
    } else {
        return Ok(kept);
    };
    Err(NumberError::new(NumberKind::InsuredPerson, text, problem))
}

/// One spelling for all: NFKC, hyphens unified, spaces dropped, ASCII letters upper. A long-vowel mark after a
/// digit or Latin letter was typed for a hyphen; after kana it is a letter.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.nfkc() {
        let after_ascii = folded.chars().next_back().is_none_or(|c: char| c.is_ascii());
        match character {
            c if c.is_whitespace() => {}
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{2500}' => folded.push('-'),
            'ー' if after_ascii => folded.push('-'),
            c => folded.push(c.to_ascii_uppercase()),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifier_of_the_field_round_trips_with_a_warning() {
        for text in ["00012345:あいう:１８７:05", "00012345::１８７:"] {
            assert_eq!(text.parse::<InsuredPersonId>().unwrap_err().expected_digit(), Some(4));
            let (id, warning) = InsuredPersonId::parse_warn(text).unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(warning.unwrap().expected_digit(), Some(4));
        }
    }

    #[test]
    fn spellings_compare_equal() {
        let key = |text: &str| text.parse::<InsuredPersonId>().unwrap().normalized();
        let plain = key("00138057:12-34:5678:05");
        for text in
            ["138057:１２－３４:５６７８:５", "  138057: 12−34 :56 78:05", "00138057:１２ー３４:５６７８:05"]
        {
            assert_eq!(key(text).as_str(), plain.as_str(), "{text}");
        }
        assert_eq!(key("138057:ｶﾞｰﾄ:1:").as_str(), key("138057:ガート:1:").as_str());
        assert_ne!(key("138057:12:345:").as_str(), key("138057:123:45:").as_str());
        assert_eq!(plain.without_branch(), key("138057:12-34:5678:").without_branch());
    }

    #[test]
    fn malformed_parts_are_refused() {
        for text in [
            "138057:1:2",
            "138057:1::00",
            "138057:1:2:100",
            "138057:1:2:3:4",
            "138057:\u{7}:2:",
            "138057:1：2:3:",
        ] {
            assert!(text.parse::<InsuredPersonId>().is_err(), "{text}");
        }
    }
}
