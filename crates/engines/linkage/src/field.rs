//! Fields and their views: one form for each value, and coarser forms of it.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::{config::Kind, text};

/// A form of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// The whole value in one form.
    Value,
    /// Its beginning.
    Head,
    /// How it sounds.
    Sound,
    /// Characters that people confuse folded too.
    Confusable,
    /// The year of a day.
    Year,
    /// Month and day of a day.
    MonthDay,
    /// An address down to the lot, without room and building.
    Lot,
    /// An address down to the quarter.
    Town,
    /// The municipality of an address.
    City,
    /// Its first letter.
    Initial,
}

impl View {
    /// The views that a kind of field has, the whole value first.
    pub fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Name => &[Self::Value, Self::Sound, Self::Head, Self::Initial],
            Kind::NameJa => &[Self::Value, Self::Confusable, Self::Head],
            Kind::Kana | Kind::Text | Kind::Postcode => &[Self::Value, Self::Head],
            Kind::Date => &[Self::Value, Self::Year, Self::MonthDay],
            Kind::AddressJa => &[Self::Value, Self::Lot, Self::Town, Self::City],
            Kind::Sex | Kind::Code | Kind::Number => &[Self::Value],
        }
    }

    /// The name after the dot; empty for the whole value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "",
            Self::Head => "head",
            Self::Initial => "initial",
            Self::Sound => "sound",
            Self::Confusable => "confusable",
            Self::Year => "year",
            Self::MonthDay => "month_day",
            Self::Lot => "lot",
            Self::Town => "town",
            Self::City => "city",
        }
    }
}

/// The whole value in its one form; empty when it says nothing (`NA`, `unknown`, `-`, `不詳` …).
fn normal(kind: Kind, raw: &str) -> String {
    let raw = raw.trim();
    if says_nothing(raw) {
        return String::new();
    }
    match kind {
        Kind::Text => words(raw),
        Kind::Name => plain(raw).chars().filter(|c| c.is_alphabetic()).collect(),
        Kind::NameJa => kotoba::fold_name_form(raw),
        Kind::Kana => kotoba::fold_kana(raw),
        Kind::Date => date(raw),
        Kind::Sex => sex(raw).to_owned(),
        Kind::Code | Kind::Postcode => plain(raw).chars().filter(|c| c.is_alphanumeric()).collect(),
        Kind::Number => whole_number(raw),
        Kind::AddressJa => kotoba::Address::parse(raw).key(),
    }
}

/// The views of a value, in the order asked for; empty where a view has nothing to say.
pub fn views(kind: Kind, raw: &str, wanted: impl Iterator<Item = View>) -> Vec<String> {
    if kind == Kind::AddressJa && !says_nothing(raw.trim()) {
        let keys = kotoba::Address::parse(raw).keys();
        let view = |view| match view {
            View::Lot => keys.lot(),
            View::Town => keys.town(),
            View::City => keys.city(),
            _ => keys.whole(),
        };
        return wanted.map(|wanted| view(wanted).to_owned()).collect();
    }
    let value = normal(kind, raw);
    wanted.map(|view| coarse(kind, view, raw, &value)).collect()
}

/// A view of a value, from its text and its whole form; empty when there is none.
fn coarse(kind: Kind, view: View, raw: &str, value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    match (kind, view) {
        (Kind::Name | Kind::Postcode, View::Head) => value.chars().take(3).collect(),
        (Kind::Kana, View::Head) => value.chars().take(2).collect(),
        (Kind::Text, View::Head) => value.chars().take(5).collect(),
        (_, View::Head | View::Initial) => value.chars().take(1).collect(),
        (_, View::Sound) => text::soundex(value),
        (_, View::Confusable) => kotoba::fold_name(raw),
        (_, View::Year) => value.get(..4).unwrap_or_default().to_owned(),
        (_, View::MonthDay) => value.get(4..8).filter(|d| *d != "0000").unwrap_or_default().to_owned(),
        (_, View::Value | View::Lot | View::Town | View::City) => value.to_owned(),
    }
}

/// Whether a text only says that nothing is known.
pub fn says_nothing(text: &str) -> bool {
    text.len() <= 12
        && ["", "na", "n/a", "nan", "null", "none", "unknown", "-", "--", "?", "不詳", "不明", "なし"]
            .contains(&text.to_lowercase().as_str())
}

/// Letters lower and without accents, full width as half.
fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|c| !is_combining_mark(*c)).nfc().collect::<String>().to_lowercase()
}

/// Words of letters and digits, one space between.
fn words(text: &str) -> String {
    let text = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.nfkc().collect::<String>().to_lowercase()
    };
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn whole_number(text: &str) -> String {
    let digits: String = plain(text).chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let short = digits.trim_start_matches('0');
    if short.is_empty() { digits.get(..1).unwrap_or_default().to_owned() } else { short.to_owned() }
}

fn sex(text: &str) -> &'static str {
    match plain(text).as_str() {
        "1" | "m" | "male" | "man" | "男" | "男性" => "m",
        "2" | "f" | "female" | "woman" | "女" | "女性" => "f",
        "" | "0" | "9" | "u" | "x" => "",
        _ => "other",
    }
}

/// `yyyyMMdd` of anything that names a day; the digits, year first, of what only looks like one.
fn date(text: &str) -> String {
    if let Ok(date) = calendar::Date::parse(text) {
        return date.to_compact();
    }
    let text = plain(text);
    let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|g| !g.is_empty()).collect();
    if let ([year, month, day], Some(before)) = (&groups[..], era_before(&text)) {
        // A year that its era never had, such as 平成41年: what was meant is another era, and that is compared.
        let year = text::number(year.as_bytes()).map_or(0, |year| before + year);
        return format!("{year:04}{month:0>2}{day:0>2}");
    }
    match groups[..] {
        [year, month, day] if year.len() == 4 => format!("{year}{month:0>2}{day:0>2}"),
        [first, second, year] if year.len() == 4 => {
            // Month first, as in the United States, unless that is no month.
            let (month, day) =
                if text::number(first.as_bytes()) > Some(12) { (second, first) } else { (first, second) };
            format!("{year}{month:0>2}{day:0>2}")
        }
        [year, month] if year.len() == 4 => format!("{year}{month:0>2}00"),
        [year] if year.len() == 4 => format!("{year}0000"),
        _ => groups.concat(),
    }
}

/// The year before the first of the era that a date names.
fn era_before(text: &str) -> Option<u32> {
    let eras = [
        ("明治", 'm', 1867),
        ("大正", 't', 1911),
        ("昭和", 's', 1925),
        ("平成", 'h', 1988),
        ("令和", 'r', 2018),
    ];
    eras.iter()
        .find(|(name, letter, _)| text.starts_with(name) || text.starts_with(*letter))
        .map(|(.., before)| *before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_each_value() {
        for (kind, raw, expected) in [
            (Kind::Name, " O'Brien-Smith ", "obriensmith"),
            (Kind::Name, "Müller", "muller"),
            (Kind::Text, "12, Wolff  Crescent.", "12 wolff crescent"),
            (Kind::Date, "昭和55年3月12日", "19800312"),
            (Kind::Date, "3/12/1980", "19800312"),
            (Kind::Date, "平成41年1月6日", "20290106"),
            (Kind::Date, "1980-3", "19800300"),
            (Kind::Date, "19801345", "19801345"),
            (Kind::Sex, "女", "f"),
            (Kind::Number, "007", "7"),
            (Kind::Code, "12-34 a", "1234a"),
            (Kind::NameJa, "髙橋", "高橋"),
            (Kind::Kana, "ﾕｰｺ", "ユウコ"),
            (Kind::Text, "NA", ""),
        ] {
            assert_eq!(normal(kind, raw), expected, "{raw}");
        }
        assert_eq!(coarse(Kind::Date, View::MonthDay, "", "19800000"), "");
        assert_eq!(coarse(Kind::NameJa, View::Confusable, "斎藤", "斎藤"), "斉藤");
    }
}
