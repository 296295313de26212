//! Keys by which addresses are compared, of one address and of many.

use std::{borrow::Cow, collections::HashMap};

use crate::place::{Address, Area, Parts, key_form, plain, push_plain, without_street};

/// The keys of an address: each begins the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressKeys {
    text: String,
    /// Municipality and quarter of what is no whole address.
    areas: Option<String>,
    city: usize,
    town: usize,
    lot: usize,
}

impl AddressKeys {
    /// As [`Address::key`].
    pub fn whole(&self) -> &str {
        &self.text
    }

    /// As [`Address::lot_key`].
    pub fn lot(&self) -> &str {
        self.text.get(..self.lot).unwrap_or_default()
    }

    /// As [`Address::town_key`].
    pub fn town(&self) -> &str {
        self.areas.as_ref().unwrap_or(&self.text).get(..self.town).unwrap_or_default()
    }

    /// As [`Address::city_key`].
    pub fn city(&self) -> &str {
        self.areas.as_ref().unwrap_or(&self.text).get(..self.city).unwrap_or_default()
    }

    /// The keys of an address that was taken apart.
    pub(crate) fn of(address: &Address) -> Self {
        let mut keys = Self::default();
        push_city(&mut keys.text, &address.prefecture, &address.city);
        keys.finish(&address.town, None, &address.numbers, &address.rest);
        keys
    }

    /// The rest of the keys, where the text holds the municipality's already. `town_key` is the key of the quarter, where it
    /// is known.
    fn finish(&mut self, town: &str, town_key: Option<&str>, numbers: &[u32], rest: &str) {
        self.city = self.text.len();
        match town_key {
            Some(key) => self.text.push_str(key),
            None => push_town(&mut self.text, town),
        }
        self.town = self.text.len();
        if numbers.is_empty() && rest.is_empty() {
            // A quarter alone is no address.
            self.areas = Some(std::mem::take(&mut self.text));
            self.lot = 0;
            return;
        }
        self.areas = None;
        for (at, number) in numbers.iter().enumerate() {
            self.text.push_str(if at > 0 { "-" } else { "" });
            push_number(&mut self.text, *number);
        }
        self.lot = self.text.len();
        let mut room = rest.chars().filter(char::is_ascii_digit).peekable();
        if room.peek().is_some() {
            self.text.push('#');
            self.text.extend(room);
        }
    }
}

/// The key of a municipality: without county.
fn push_city(key: &mut String, prefecture: &str, city: &str) {
    let city = city
        .split_once('郡')
        .map_or(city, |(_, rest)| if rest.is_empty() || rest.starts_with('市') { city } else { rest });
    key.extend(prefecture.chars().chain(city.chars()).map(key_form));
}

/// The key of a quarter: without 大字 and 字.
fn push_town(key: &mut String, town: &str) {
    let town: Cow<'_, str> =
        if town.contains("大字") { town.replace("大字", "").into() } else { town.into() };
    key.extend(town.strip_prefix('字').unwrap_or(&town).chars().map(key_form));
}

/// Reads the keys of many addresses. Of each beginning (what stands before the first digit) the municipality is looked up
/// once: there are far fewer of them than addresses.
#[derive(Debug, Default)]
pub struct AddressReader {
    beginnings: HashMap<Box<str>, Option<Beginning>>,
    keys: AddressKeys,
    text: String,
}

/// What is known of an address by its beginning.
#[derive(Debug, Clone)]
struct Beginning {
    /// The key of the municipality.
    city: String,
    /// Where the quarter begins.
    rest: usize,
    /// The key of the quarter, if the first number is the first digit.
    town: String,
    kyoto: bool,
    /// What stands before the quarter since a merger.
    before: &'static str,
}

/// Beginnings that are kept.
const MOST_BEGINNINGS: usize = 1 << 16;

impl AddressReader {
    /// The keys of an address, as [`Address::keys`] has them.
    pub fn keys(&mut self, address: &str) -> &AddressKeys {
        let (head, tail) = address.split_at(first_digit(address));
        if !self.beginnings.contains_key(head) && self.beginnings.len() < MOST_BEGINNINGS {
            self.beginnings.insert(head.into(), Beginning::of(head));
        }
        let Some(Some(known)) = self.beginnings.get(head) else {
            self.keys = Address::parse(address).keys();
            return &self.keys;
        };
        // What is plain already is read where it stands.
        let rest = if tail.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',' || byte == b' ') {
            address.get(known.rest..).unwrap_or_default()
        } else {
            self.text.clear();
            self.text.push_str(head.get(known.rest..).unwrap_or_default());
            push_plain(&mut self.text, tail);
            &self.text
        };
        let rest = if known.kyoto { without_street(rest) } else { rest };
        let parts = Parts::of(rest);
        self.keys.text.clear();
        self.keys.text.push_str(&known.city);
        let to_digit = head.get(known.rest..).unwrap_or_default();
        if known.before.is_empty() && !parts.town.contains(' ') {
            let town_key = (parts.town == to_digit).then_some(&*known.town);
            self.keys.finish(parts.town, town_key, parts.numbers(), parts.rest);
        } else {
            let town = known.before.to_owned() + &parts.town.replace(' ', "");
            self.keys.finish(&town, None, parts.numbers(), parts.rest);
        }
        &self.keys
    }
}

impl Beginning {
    /// What is known by a beginning alone; `None` where what follows has a say in it.
    fn of(head: &str) -> Option<Self> {
        let unchanged = !head.starts_with(['〒', ' ']) && !head.ends_with('ー') && plain(head) == head;
        if !unchanged {
            return None;
        }
        let (area, rest) = Area::of(head);
        if area.city.is_empty() && rest.is_empty() {
            return None;
        }
        let (mut city, mut town) = (String::new(), String::new());
        push_city(&mut city, area.prefecture, area.city);
        push_town(&mut town, rest);
        let kyoto = area.prefecture == "京都府";
        Some(Self { city, rest: head.len() - rest.len(), town, kyoto, before: area.before })
    }
}

/// Where the first digit of any width stands; the end where there is none.
fn first_digit(text: &str) -> usize {
    let digit = |c: char| c.is_ascii_digit() || matches!(c, '０'..='９');
    text.find(digit).unwrap_or(text.len())
}

fn push_number(text: &mut String, number: u32) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(char::from_digit(number % 10, 10).unwrap_or('0'));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pieces of which addresses are made, in any order.
    fn address() -> impl Strategy<Value = String> {
        let pieces = [
            "東京都",
            "京都府",
            "京都市",
            "中京区",
            "港区",
            "埼玉県",
            "浦和市",
            "西多摩郡",
            "奥多摩町",
            "竜ヶ崎市",
            "大字",
            "字",
            "本町",
            "寺町通御池上る",
            "北一条西",
            "三番町",
            "麻布十番",
            "ー",
            "一",
            "十",
            "二丁目",
            "3丁目",
            "１２",
            "7",
            "番地",
            "号",
            "-",
            "－",
            "の",
            " ",
            "　",
            "〒",
            "160-0023",
            "森タワー12F",
            "𠮷",
            "か\u{3099}",
            "ｶﾞ",
            "条",
            "5区",
            ",",
            "101号室",
        ];
        prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..9).prop_map(|p| p.concat())
    }

    proptest! {
        #[test]
        fn read_in_a_row_or_one_by_one_the_keys_are_the_same(list in prop::collection::vec(address(), 1..20)) {
            let mut reader = AddressReader::default();
            for text in list.iter().chain(&list) {
                prop_assert_eq!(reader.keys(text), &Address::parse(text).keys(), "{}", text);
            }
        }
    }
}
