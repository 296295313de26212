//! Katakana, hiragana, half-width kana and the comparison of readings.

use crate::width::fold_width;

/// Half-width kana as full-width kana, voicing marks composed (`ｼﾝﾘｮｳ` → `シンリョウ`, `ﾊﾟ` → `パ`). A mark that no
/// kana can carry becomes its full-width sign. Other characters stay.
pub fn to_full_kana(text: &str) -> String {
    let mut full = String::with_capacity(text.len());
    for c in text.chars() {
        let mark = match c {
            'ﾞ' | '\u{3099}' => Some(Mark::Voiced),
            'ﾟ' | '\u{309A}' => Some(Mark::Half),
            _ => None,
        };
        let Some(mark) = mark else {
            full.push(full_of(c));
            continue;
        };
        match full.chars().next_back().and_then(|base| compose(base, mark)) {
            Some(composed) => {
                full.pop();
                full.push(composed);
            }
            None => full.push(if mark == Mark::Voiced { '゛' } else { '゜' }),
        }
    }
    full
}

/// Full-width katakana as half-width kana, voicing marks apart (`ガ` → `ｶﾞ`); `・ー「」、。` and the ideographic
/// space too. Kana without a half-width form (ヰ, ヱ, ヮ, ヵ, ヶ) become イ, エ, ﾜ, ｶ, ｹ. Hiragana and all else stay.
pub fn to_half_kana(text: &str) -> String {
    let mut half = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '　' => half.push(' '),
            'ヰ' => half.push('ｲ'),
            'ヱ' => half.push('ｴ'),
            'ヮ' => half.push('ﾜ'),
            'ヵ' => half.push('ｶ'),
            'ヶ' => half.push('ｹ'),
            other => match decompose(other) {
                Some((base, mark)) => half.extend([half_of(base), mark]),
                None => half.push(half_of(other)),
            },
        }
    }
    half
}

/// Hiragana as katakana, iteration marks too; all else stays.
pub fn hira_to_kata(text: &str) -> String {
    text.chars().map(|c| shifted(c, 'ぁ'..='ゖ', 'ゝ'..='ゞ', 0x60)).collect()
}

/// Katakana as hiragana, iteration marks too; all else stays.
pub fn kata_to_hira(text: &str) -> String {
    text.chars().map(|c| shifted(c, 'ァ'..='ヶ', 'ヽ'..='ヾ', -0x60)).collect()
}

/// The key by which two readings are compared: full-width katakana, small kana large, a long mark as the vowel
/// it lengthens (`ユーコ` = `ユウコ`), ヂ = ジ, ヅ = ズ, ヲ = オ, ヴァ = バ, spaces and middle dots dropped, letters upper.
///
/// オオノ and オノ stay apart: vowels that are written out are different names.
pub fn fold_kana(text: &str) -> String {
    let kata = hira_to_kata(&fold_width(text)).replace("ヴァ", "バ").replace("ヴィ", "ビ");
    let kata = kata.replace("ヴェ", "ベ").replace("ヴォ", "ボ");
    let mut key = String::with_capacity(kata.len());
    for c in kata.chars() {
        match c {
            'ー' | '-' | '‐' | '−' => key.extend(key.chars().next_back().and_then(lengthened)),
            c if c.is_whitespace() || matches!(c, '・' | '.' | ',' | '\'' | '’') => {}
            other => key.extend(plain(other).to_uppercase()),
        }
    }
    key
}

/// Whether a character is half-width kana or one of their signs.
pub(crate) fn is_half_kana(c: char) -> bool {
    ('｡'..='ﾟ').contains(&c) || matches!(c, '\u{3099}' | '\u{309A}')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Voiced,
    Half,
}

fn compose(base: char, mark: Mark) -> Option<char> {
    let next = |by: u32| char::from_u32(u32::from(base) + by);
    match (base, mark) {
        ('ウ', Mark::Voiced) => Some('ヴ'),
        ('う', Mark::Voiced) => Some('ゔ'),
        ('ワ', Mark::Voiced) => Some('ヷ'),
        ('ヲ', Mark::Voiced) => Some('ヺ'),
        (c, Mark::Voiced) if "カキクケコサシスセソタチツテトハヒフヘホ".contains(c) => {
            next(1)
        }
        (c, Mark::Voiced) if "かきくけこさしすせそたちつてとはひふへほ".contains(c) => {
            next(1)
        }
        (c, Mark::Half) if "ハヒフヘホはひふへほ".contains(c) => next(2),
        _ => None,
    }
}

/// The plain kana and the half-width mark of a voiced katakana.
fn decompose(c: char) -> Option<(char, char)> {
    let before = |by: u32| char::from_u32(u32::from(c) - by);
    match c {
        'ヴ' => Some(('ウ', 'ﾞ')),
        'ヷ' => Some(('ワ', 'ﾞ')),
        'ヺ' => Some(('ヲ', 'ﾞ')),
        c if "ガギグゲゴザジズゼゾダヂヅデドバビブベボ".contains(c) => {
            Some((before(1)?, 'ﾞ'))
        }
        c if "パピプペポ".contains(c) => Some((before(2)?, 'ﾟ')),
        _ => None,
    }
}

fn full_of(c: char) -> char {
    pair(c, |(half, _)| half).map_or(c, |(_, full)| full)
}

fn half_of(c: char) -> char {
    pair(c, |(_, full)| full).map_or(c, |(half, _)| half)
}

fn pair(c: char, side: impl Fn((char, char)) -> char) -> Option<(char, char)> {
    let candidate = is_half_kana(c) || ('\u{3000}'..='\u{30FF}').contains(&c);
    candidate.then(|| ('｡'..='ﾝ').zip(FULL.chars()).find(|p| side(*p) == c)).flatten()
}

fn shifted(
    c: char,
    letters: std::ops::RangeInclusive<char>,
    marks: std::ops::RangeInclusive<char>,
    by: i32,
) -> char {
    if !letters.contains(&c) && !marks.contains(&c) {
        return c;
    }
    u32::from(c).checked_add_signed(by).and_then(char::from_u32).unwrap_or(c)
}

/// The large, unambiguous kana of a katakana.
fn plain(c: char) -> char {
    match c {
        'ァ' => 'ア',
        'ィ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' => 'エ',
        'ォ' => 'オ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        'ヂ' => 'ジ',
        'ヅ' => 'ズ',
        'ヲ' => 'オ',
        'ヰ' => 'イ',
        'ヱ' => 'エ',
        'ヴ' => 'ブ',
        other => other,
    }
}

/// The vowel that a long mark after this kana stands for, as names are usually spelt out (ユー = ユウ, ケー = ケイ).
fn lengthened(last: char) -> Option<char> {
    const ROWS: [(char, &str); 4] = [
        ('ア', "アカサタナハマヤラワガザダバパ"),
        ('イ', "イキシチニヒミリギジビピエケセテネヘメレゲゼデベペ"),
        ('ウ', "ウクスツヌフムユルグズブプ"),
        ('ウ', "オコソトノホモヨロゴゾドボポ"),
    ];
    ROWS.iter().find(|(_, row)| row.contains(last)).map(|(vowel, _)| *vowel)
}

/// Full-width twins of U+FF61 to U+FF9D in their order.
const FULL: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
