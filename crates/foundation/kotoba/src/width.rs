//! Full and half width.

use std::borrow::Cow;

use crate::kana;

/// One width for every character (全角・半角の統一): full-width Latin letters, digits and signs become
/// half-width, the ideographic space becomes a space, half-width kana become full-width with their voicing
/// marks composed (`ｶﾞ` → `ガ`). Everything else stays. Applying it twice changes nothing more.
pub fn fold_width(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| to_half(c) != c || kana::is_half_kana(c)) {
        return Cow::Borrowed(text);
    }
    let narrow: String = text.chars().map(to_half).collect();
    Cow::Owned(kana::to_full_kana(&narrow))
}

/// Full width for every character: ASCII and half-width kana become full-width, a space becomes ideographic.
pub fn to_full_width(text: &str) -> String {
    kana::to_full_kana(text).chars().map(to_full).collect()
}

/// Folds a text until folding changes nothing more: dropping a space can bring a mark to a letter that it then
/// joins. Two rounds for nearly every text; five at most, each of which only shortens or composes.
pub(crate) fn settled(text: &str, fold: impl Fn(&str) -> String) -> String {
    let mut folded = fold(text);
    for _ in 0..4 {
        let again = fold(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

fn to_half(c: char) -> char {
    match c {
        '　' => ' ',
        '！'..='～' => char::from_u32(u32::from(c) - SHIFT).unwrap_or(c),
        other => other,
    }
}

fn to_full(c: char) -> char {
    match c {
        ' ' => '　',
        '!'..='~' => char::from_u32(u32::from(c) + SHIFT).unwrap_or(c),
        other => other,
    }
}

/// Distance between an ASCII character and its full-width form.
const SHIFT: u32 = 0xFEE0;
