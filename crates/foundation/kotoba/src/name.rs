//! Names of people.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::{
    variants::{self, Tier},
    width::{fold_width, settled},
};

/// How far two names agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameMatch {
    /// Different names.
    Different,
    /// The same but for characters that are confused although the law holds them apart (斉/斎, 島/嶋, 富/冨).
    Confusable,
    /// The same but for the form of a character (髙/高, 邊/辺, 澤/沢).
    Variant,
    /// The same but for width, spaces and variation selectors.
    Same,
}

/// The key by which two names are compared (氏名の照合キー): one width, variation selectors and spaces dropped,
/// compatibility characters resolved, kanji variants folded (髙→高, 﨑→崎, 邉→辺, 齋→斉, 濵→浜, 嶋→島), 々 spelt
/// out, ヶ = ケ, letters upper. For comparison only: show and store the name as it was written.
pub fn fold_name(name: &str) -> String {
    key(name, Some(Tier::Confusable))
}

/// The key of a name in which only the forms of a character are folded (髙→高, 邉→辺); characters that the law holds
/// apart stay apart (斉/斎, 島/嶋). For comparison only.
pub fn fold_name_form(name: &str) -> String {
    key(name, Some(Tier::Form))
}

/// How far two names agree, form by form.
pub fn compare_names(a: &str, b: &str) -> NameMatch {
    let equal = |tier| key(a, tier) == key(b, tier);
    if equal(None) {
        NameMatch::Same
    } else if equal(Some(Tier::Form)) {
        NameMatch::Variant
    } else if equal(Some(Tier::Confusable)) {
        NameMatch::Confusable
    } else {
        NameMatch::Different
    }
}

/// A name of a person in two parts (氏・名); a name without a space is all family name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName {
    /// 氏, as written.
    pub family: String,
    /// 名, with middle names; empty for a name of one part.
    pub given: String,
}

impl PersonName {
    /// Splits a name at its first space, ideographic or not; further spaces stay in the given name.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let (family, given) = text.split_once([' ', '　']).unwrap_or((text, ""));
        Self { family: family.to_owned(), given: given.trim_start().to_owned() }
    }
}

impl fmt::Display for PersonName {
    /// Family name, ideographic space, given name, as the field's files write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.family)?;
        if !self.given.is_empty() {
            write!(f, "　{}", self.given)?;
        }
        Ok(())
    }
}

fn key(name: &str, tier: Option<Tier>) -> String {
    settled(name, |text| fold_once(text, tier))
}

fn fold_once(name: &str, tier: Option<Tier>) -> String {
    let mut key = String::with_capacity(name.len());
    let bare = name.chars().filter(|c| !variants::is_variation_selector(*c));
    let composed: String = bare.nfkc().collect();
    for c in fold_width(&composed).chars() {
        match c {
            c if c.is_whitespace() || matches!(c, '・' | '.' | ',' | '\'' | '’') => {}
            '々' | '〻' => key.extend(key.chars().next_back()),
            '-' | '‐' | '‑' | '–' | '—' | '−' => key.push('-'),
            'ヶ' => key.push('ケ'),
            'ヵ' => key.push('カ'),
            other => {
                let folded = tier.map_or(other, |tier| variants::fold(other, tier));
                key.extend(folded.to_uppercase());
            }
        }
    }
    key
}
