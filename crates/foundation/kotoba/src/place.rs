//! Japanese addresses taken apart, without a network: prefecture, municipality, quarter, numbers, the rest.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;

use crate::{
    address::{is_numeral, number},
    keys::AddressKeys,
    variants::{self, Tier},
    width::fold_width,
};

/// An address (住所) in its parts. What is not there is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// 都道府県, with its last character; found from the municipality where it was not written and is certain.
    pub prefecture: String,
    /// 市区町村 with county and ward, by today's name.
    pub city: String,
    /// The five digits of the municipality (全国地方公共団体コード without check digit); empty when it is not a known one.
    pub code: String,
    /// 町字 without 丁目; 大字 and 字 as written.
    pub town: String,
    /// Whether the first number was written as 丁目.
    pub has_chome: bool,
    /// 丁目, 番地, 号 and what else follows with a hyphen, in digits.
    pub numbers: Vec<u32>,
    /// Building and room, as written.
    pub rest: String,
}

impl Address {
    /// Takes an address apart. Everything has a place: what is no known municipality stays in the quarter.
    pub fn parse(text: &str) -> Self {
        let text = plain(text);
        let text = without_postal_code(text.trim_start());
        let (area, rest) = Area::of(text);
        let rest = if area.prefecture == "京都府" { without_street(rest) } else { rest };
        let parts = Parts::of(rest);
        Self {
            prefecture: area.prefecture.to_owned(),
            city: area.city.to_owned(),
            code: area.code.to_owned(),
            town: area.before.to_owned() + &parts.town.replace(' ', ""),
            has_chome: parts.has_chome,
            numbers: parts.numbers().to_vec(),
            rest: parts.rest.to_owned(),
        }
    }

    /// The quarter as registers write it: with 丁目 in kanji numerals where that was written (`本町三丁目`).
    pub fn town_with_chome(&self) -> String {
        match self.numbers.first() {
            Some(&chome) if self.has_chome => format!("{}{}丁目", self.town, kanji_number(chome)),
            _ => self.town.clone(),
        }
    }

    /// The key for comparing whole addresses: municipality, quarter, numbers and the room's number.
    pub fn key(&self) -> String {
        self.keys().whole().to_owned()
    }

    /// The key down to the numbers; empty when there are none.
    pub fn lot_key(&self) -> String {
        self.keys().lot().to_owned()
    }

    /// The key down to the quarter, without 丁目, 大字 and 字; empty when neither municipality nor quarter is known.
    pub fn town_key(&self) -> String {
        self.keys().town().to_owned()
    }

    /// The key of the municipality, without county.
    pub fn city_key(&self) -> String {
        self.keys().city().to_owned()
    }

    /// All keys at once.
    pub fn keys(&self) -> AddressKeys {
        AddressKeys::of(self)
    }
}

/// Prefecture and municipality at the beginning of an address.
pub(crate) struct Area<'a> {
    pub prefecture: &'static str,
    pub city: &'a str,
    pub code: &'static str,
    /// What stands before the quarter since a merger.
    pub before: &'static str,
}

impl<'a> Area<'a> {
    /// The area of a text in its plain form, and what follows it.
    pub fn of(text: &'a str) -> (Self, &'a str) {
        let tables = &*TABLES;
        let (prefecture, rest) = tables.prefecture(text);
        match tables.municipality(prefecture, rest) {
            Some((place, rest)) => {
                let Place { code, prefecture, name, before } = place;
                // A former name may have been followed by what is now before the quarter.
                let rest = rest.strip_prefix(before).unwrap_or(rest);
                (Self { prefecture, city: name, code, before }, rest)
            }
            None => {
                let (city, rest) = unknown_municipality(rest);
                (Self { prefecture, city, code: "", before: "" }, rest)
            }
        }
    }
}

/// What follows the municipality, in its parts.
pub(crate) struct Parts<'a> {
    pub town: &'a str,
    pub has_chome: bool,
    numbers: [u32; MOST_NUMBERS],
    count: usize,
    pub rest: &'a str,
}

/// The most numbers of an address.
const MOST_NUMBERS: usize = 6;

impl<'a> Parts<'a> {
    /// The parts of a text in its plain form.
    pub fn of(text: &'a str) -> Self {
        let text = text.trim_start();
        let start = first_number(text).unwrap_or_else(|| {
            // Without a number the quarter ends where a building is set apart.
            text.find(' ').unwrap_or(text.len())
        });
        let (town, mut rest) = text.split_at(start);
        let town = town.trim_end_matches([' ', '-']);
        let mut parts = Self { town, has_chome: false, numbers: [0; MOST_NUMBERS], count: 0, rest: "" };
        while let Some(place) = parts.numbers.get_mut(parts.count) {
            let digits = rest.len() - rest.trim_start_matches(is_numeral).len();
            let (numeral, after) = rest.split_at(digits);
            let Some(value) = number(numeral) else { break };
            // A letter or kanji that is no unit belongs to what is counted: 101号室, 3F, 5階.
            let unit = UNITS.iter().find(|unit| after.starts_with(**unit));
            let room = ["号室", "号棟", "階", "F", "棟"].iter().any(|unit| after.starts_with(unit));
            if room && parts.count > 0 {
                break;
            }
            *place = value;
            parts.count += 1;
            if parts.count == 1 && matches!(unit, Some(&"丁目" | &"丁")) {
                parts.has_chome = true;
            }
            let after_unit = unit.map_or(after, |unit| after.strip_prefix(*unit).unwrap_or(after));
            let next = after_unit.trim_start_matches(['-', 'の', 'ノ']);
            rest = after_unit;
            let more = next.starts_with(is_numeral);
            if !more || after_unit.starts_with(' ') || unit.is_none() && next.len() == after_unit.len() {
                break;
            }
            rest = next;
        }
        parts.rest = rest.trim_matches([' ', '-']);
        parts
    }

    pub fn numbers(&self) -> &[u32] {
        self.numbers.get(..self.count).unwrap_or_default()
    }
}

/// Words that divide the numbers of an address, longest first.
const UNITS: [&str; 7] = ["丁目", "番地の", "番地", "番町", "番", "号", "丁"];

/// Where the numbers begin: at digits, or at kanji numerals that a unit or a hyphen follows.
fn first_number(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let start = at + rest.find(is_numeral)?;
        let found = text.get(start..)?;
        let after = found.trim_start_matches(is_numeral);
        let numeral = found.strip_suffix(after).unwrap_or_default();
        let counted = ["丁目", "丁", "番地", "番", "号", "-"].iter().any(|unit| after.starts_with(unit));
        // 三番町, 二十四軒, 北1条, 第3地割: numbers within the name of a quarter.
        let named = ["番町", "条", "線", "区", "軒", "地割", "町", "ノ町", "の町", "丁町"]
            .iter()
            .any(|unit| after.starts_with(unit));
        let digits = numeral.starts_with(|c: char| c.is_ascii_digit());
        // 麻布十番2丁目: the name of a quarter before its first number.
        let named = named
            || !digits
                && after
                    .strip_prefix('番')
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if start > 0 && (counted || digits) && !named
            || start == 0 && digits && !named && (counted || after.is_empty())
        {
            return Some(start);
        }
        at = start + numeral.len().max(1);
    }
    None
}

/// One width, no selectors, one kind of hyphen between numbers.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_plain(&mut out, text);
    out
}

/// The plain form of a text behind what is there.
pub(crate) fn push_plain(out: &mut String, text: &str) {
    // What is surely composed and without selectors, nearly every address, needs no second look.
    let sure = |c: char| {
        c.is_ascii()
            || matches!(c, '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF01}'..='\u{FF5E}' | '\u{3000}' | '\u{2212}')
    };
    let composed: Cow<'_, str> = if text.chars().all(sure) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|c| !variants::is_variation_selector(*c)).nfc().collect())
    };
    let narrow = fold_width(&composed);
    let mut letters = narrow.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '‐' | '‑' | '–' | '—' | '―' | '−' | '─' | '━' | '－' => out.push('-'),
            'ー' if letters.peek().is_some_and(|next| is_numeral(*next)) && ends_counted(out) => {
                out.push('-')
            }
            '　' | '\t' | '\r' | '\n' | '、' | ',' => out.push(' '),
            other => out.push(other),
        }
    }
}

/// Whether a text ends with a number or its unit.
fn ends_counted(text: &str) -> bool {
    text.ends_with(|c: char| is_numeral(c) || matches!(c, '目' | '地' | '番' | '号'))
}

fn without_postal_code(text: &str) -> &str {
    let Some(rest) = text.strip_prefix('〒') else { return text };
    rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-' || c == ' ')
}

/// In Kyoto the way to a house may stand before its quarter: 寺町通御池上る上本能寺前町.
pub(crate) fn without_street(text: &str) -> &str {
    const TURNS: [&str; 10] =
        ["上る", "上ル", "下る", "下ル", "東入る", "西入る", "東入ル", "西入ル", "東入", "西入"];
    let end = |turn: &&str| text.rfind(*turn).map(|at| at + turn.len());
    let Some(end) = TURNS.iter().filter_map(end).max() else { return text };
    match text.get(end..) {
        Some(rest) if !rest.trim().is_empty() => rest.trim_start_matches(['る', 'ル', ' ']),
        _ => text,
    }
}

/// A municipality by its last character, where none of the table fits.
fn unknown_municipality(text: &str) -> (&str, &str) {
    let end = text
        .char_indices()
        .skip(1)
        .take(8)
        .take_while(|(_, c)| !is_numeral(*c))
        .find(|(_, c)| matches!(c, '市' | '区' | '村'))
        .map_or(0, |(at, c)| at + c.len_utf8());
    text.split_at(end)
}

pub(crate) fn key_form(c: char) -> char {
    match variants::fold(c, Tier::Confusable) {
        'ヶ' | 'ケ' | 'が' | 'ガ' => 'ケ',
        'ノ' | '之' => 'の',
        'ツ' | 'ッ' => 'つ',
        '條' => '条',
        other => other,
    }
}

fn kanji_number(value: u32) -> String {
    let digit = |d: u32| "〇一二三四五六七八九".chars().nth(d as usize).unwrap_or('〇');
    match value {
        0..=9 => digit(value).to_string(),
        10..=99 => {
            let tens = if value / 10 > 1 { digit(value / 10).to_string() } else { String::new() };
            let ones = if value.is_multiple_of(10) { String::new() } else { digit(value % 10).to_string() };
            format!("{tens}十{ones}")
        }
        _ => value.to_string(),
    }
}

#[derive(Clone, Copy)]
struct Place {
    code: &'static str,
    prefecture: &'static str,
    name: &'static str,
    /// What stands before the quarter since a merger.
    before: &'static str,
}

struct Tables {
    prefectures: Vec<&'static str>,
    /// By folded name, with and without county; `None` where several prefectures have it.
    by_name: HashMap<String, Vec<Place>>,
}

impl Tables {
    /// The prefecture that a text begins with; its last character may be missing before a known municipality.
    fn prefecture<'a>(&self, text: &'a str) -> (&'static str, &'a str) {
        for &prefecture in &self.prefectures {
            if let Some(rest) = text.strip_prefix(prefecture) {
                return (prefecture, rest.trim_start());
            }
        }
        for &prefecture in &self.prefectures {
            let short = prefecture.trim_end_matches(['県', '府', '都']);
            if let Some(rest) = text.strip_prefix(short)
                && self.municipality(prefecture, rest).is_some()
                && self.municipality("", text).is_none()
            {
                return (prefecture, rest.trim_start());
            }
        }
        ("", text)
    }

    /// The longest municipality that a text begins with.
    fn municipality<'a>(&self, prefecture: &str, text: &'a str) -> Option<(Place, &'a str)> {
        let mut ends = [0; LONGEST];
        let mut count = 0;
        for (at, c) in text.char_indices().take(LONGEST) {
            if matches!(c, '市' | '区' | '町' | '村')
                && let Some(end) = ends.get_mut(count)
            {
                (*end, count) = (at + c.len_utf8(), count + 1);
            }
        }
        for end in ends.into_iter().take(count).rev() {
            let (head, rest) = text.split_at(end);
            let Some(places) = self.by_name.get(&folded(head)) else { continue };
            let mut fitting = places.iter().filter(|p| prefecture.is_empty() || p.prefecture == prefecture);
            if let (Some(place), None) = (fitting.next(), fitting.next()) {
                return Some((*place, rest.trim_start()));
            }
        }
        None
    }
}

/// Characters of the longest municipality with county and ward.
const LONGEST: usize = 14;

fn folded(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).map(key_form).collect()
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = Tables { prefectures: Vec::new(), by_name: HashMap::new() };
    let mut codes: HashMap<(&str, &str), &str> = HashMap::new();
    let mut add = |key: &str, place: Place| {
        let places = tables.by_name.entry(folded(key)).or_default();
        if !places.iter().any(|p| p.prefecture == place.prefecture) {
            places.push(place);
        }
    };
    for line in MUNICIPALITIES.lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('\t');
        let (Some(code), Some(prefecture), Some(name)) = (cells.next(), cells.next(), cells.next()) else {
            continue;
        };
        if !tables.prefectures.contains(&prefecture) {
            tables.prefectures.push(prefecture);
        }
        codes.insert((prefecture, name), code);
        let place = Place { code, prefecture, name, before: "" };
        add(name, place);
        // The county is often left out. 郡 may be part of a name (郡山市): only what follows it with a name counts.
        if let Some((county, rest)) = name.split_once('郡')
            && !county.is_empty()
            && rest.chars().count() > 1
            && !name.contains('市')
        {
            add(rest, place);
        }
    }
    for line in FORMER.lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('\t');
        let (Some(prefecture), Some(former), Some(name)) = (cells.next(), cells.next(), cells.next()) else {
            continue;
        };
        let code = codes.get(&(prefecture, name)).copied().unwrap_or_default();
        add(former, Place { code, prefecture, name, before: cells.next().unwrap_or_default() });
    }
    tables
});

const MUNICIPALITIES: &str = include_str!("../data/municipalities.tsv");
const FORMER: &str = include_str!("../data/former-municipalities.tsv");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_addresses() {
        for (text, city, town, numbers, rest) in [
            ("大阪府高槻市奈佐原２丁目１－２", "高槻市", "奈佐原", &[2, 1, 2][..], ""),
            ("千代田区三番町6-14", "千代田区", "三番町", &[6, 14], ""),
            ("北海道札幌市中央区北一条西三丁目2番地", "札幌市中央区", "北一条西", &[3, 2], ""),
            (
                "京都府京都市中京区寺町通御池上る上本能寺前町488番地",
                "京都市中京区",
                "上本能寺前町",
                &[488],
                "",
            ),
            ("埼玉県浦和市常盤6丁目4-4", "さいたま市浦和区", "常盤", &[6, 4, 4], ""),
            ("東京都港区六本木6-10-1 森タワー12F", "港区", "六本木", &[6, 10, 1], "森タワー12F"),
            ("西多摩郡奥多摩町氷川215-6", "西多摩郡奥多摩町", "氷川", &[215, 6], ""),
        ] {
            let found = Address::parse(text);
            assert_eq!(
                (found.city.as_str(), found.town.as_str(), found.numbers.as_slice(), found.rest.as_str()),
                (city, town, numbers, rest),
                "{text}"
            );
        }
    }

    #[test]
    fn spellings_of_one_address_have_one_key() {
        let key = |text| Address::parse(text).key();
        let one = key("東京都新宿区西新宿二丁目八番一号");
        for text in [
            "新宿区西新宿２－８－１",
            "東京都新宿区西新宿2丁目8-1",
            "〒160-0023 東京都新宿区西新宿２丁目８番地１",
        ] {
            assert_eq!(key(text), one, "{text}");
        }
        assert_eq!(key("茨城県竜ヶ崎市大字平台１ー２"), key("茨城県龍ケ崎市平台1-2"));
        assert_ne!(key("新宿区西新宿2-8-1"), key("新宿区西新宿2-8-1-303号室"));
    }
}
