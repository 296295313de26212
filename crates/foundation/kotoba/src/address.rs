//! Postal codes and addresses.

use std::{fmt, str::FromStr};

use unicode_normalization::UnicodeNormalization;

use crate::{
    variants::{self, Tier},
    width::{fold_width, settled},
};

/// A postal code (郵便番号) of seven digits, written `123-4567`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostalCode(u32);

/// A text that is not a postal code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{found}” is not a postal code: expected 123-4567")]
pub struct PostalCodeError {
    /// The text that was read.
    pub found: String,
}

impl PostalCodeError {
    /// The same message in Japanese.
    pub fn ja(&self) -> String {
        format!("「{}」は郵便番号として読めません：123-4567 の形で書いてください", self.found)
    }
}

impl PostalCode {
    /// The seven digits without the hyphen.
    pub fn digits(&self) -> String {
        format!("{:07}", self.0)
    }

    /// `text` as `123-4567` where it is a postal code; what is none stays as it came, trimmed.
    pub fn canonical(text: &str) -> String {
        text.parse::<Self>().map_or_else(|_| text.trim().to_owned(), |code| code.to_string())
    }
}

impl FromStr for PostalCode {
    type Err = PostalCodeError;

    /// Reads seven digits in any width, with or without 〒, spaces and a hyphen.
    fn from_str(text: &str) -> Result<Self, PostalCodeError> {
        let sound = |c: &char| !matches!(c, '〒' | '-' | '‐' | '−' | '―' | 'ー' | '〜') && !c.is_whitespace();
        let digits: String = fold_width(text).chars().filter(sound).collect();
        let number = digits.parse().ok().filter(|_| digits.len() == 7 && !digits.starts_with('+'));
        number.map(Self).ok_or_else(|| PostalCodeError { found: text.to_owned() })
    }
}

impl fmt::Display for PostalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}-{:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

/// The key by which two addresses are compared: one width, spaces dropped, hyphens unified, kanji numerals
/// before 丁目・番地・番・号 as digits, those words as hyphens (`三丁目２番１号` = `3-2-1`), ヶ = ケ, kanji variants
/// folded. For comparison only.
pub fn fold_address(address: &str) -> String {
    settled(address, fold_once)
}

fn fold_once(address: &str) -> String {
    let composed: String = address.chars().filter(|c| !variants::is_variation_selector(*c)).nfkc().collect();
    let mut key = String::with_capacity(composed.len());
    for c in fold_width(&composed).chars().filter(|c| !c.is_whitespace()) {
        match c {
            '‐' | '‑' | '–' | '—' | '―' | '−' | 'ー' if key.ends_with(|c: char| c.is_ascii_digit()) =>
            {
                key.push('-');
            }
            'ヶ' => key.push('ケ'),
            other => key.extend(variants::fold(other, Tier::Form).to_uppercase()),
        }
    }
    for unit in UNITS {
        key = unit_as_hyphen(&key, unit);
    }
    key.trim_end_matches('-').to_owned()
}

/// Turns `三丁目` and `3丁目` into `3-`, but leaves the name of a town such as 三番町.
fn unit_as_hyphen(text: &str, unit: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once(unit) {
        let plain = head.trim_end_matches(is_numeral);
        let numeral = head.strip_prefix(plain).unwrap_or_default();
        out.push_str(plain);
        match number(numeral).filter(|_| !tail.starts_with('町')) {
            Some(value) => out.push_str(&format!("{value}-")),
            None => {
                out.push_str(numeral);
                out.push_str(unit);
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

pub(crate) fn is_numeral(c: char) -> bool {
    c.is_ascii_digit()
        || matches!(c, '〇' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百')
}

/// The number that digits or kanji numerals below 1,000 write.
pub(crate) fn number(text: &str) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (mut total, mut digit) = (0_u32, None);
    for c in text.chars() {
        match c {
            '百' => total += digit.take().unwrap_or(1) * 100,
            '十' => total += digit.take().unwrap_or(1) * 10,
            other => {
                let value = "〇一二三四五六七八九".chars().position(|k| k == other)?;
                digit = Some(digit.unwrap_or(0).checked_mul(10)? + u32::try_from(value).ok()?);
            }
        }
    }
    Some(total + digit.unwrap_or(0))
}

/// Words that divide the numbers of an address, longest first.
const UNITS: [&str; 5] = ["丁目", "番地の", "番地", "番", "号"];
