//! What goes wrong, or merely differs, between two reports of one person.

use crate::{
    day::Day,
    dice::Dice,
    registry_lists::{Dwelling, Places, compact},
    vocabulary::{FamilyName, Vocabulary},
};

/// One report: first as the register knows the person, then as a hospital wrote it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub hospital: String,
    pub chart: String,
    pub surname: String,
    pub surname_kana: String,
    pub given: String,
    pub given_kana: String,
    pub former: String,
    pub sex: String,
    pub birth: String,
    pub postal: String,
    pub address: String,
    pub diagnosed: String,
    pub site: String,
    pub death: String,
    /// The true day of birth.
    pub day: Day,
    /// The true dwelling.
    pub home: Dwelling,
    /// The name before marriage, where there was one.
    pub maiden: Option<FamilyName>,
}

/// Turns a person into what a hospital reports of them.
pub(crate) fn apply(dice: &mut Dice, r: &mut Report, later: bool, vocabulary: &Vocabulary, places: &Places) {
    r.hospital = format!("{:07}", 1_310_000 + dice.below(400));
    r.chart = format!("{:08}", dice.below(100_000_000));
    r.diagnosed = compact(Day::new(dice.between(2016, 2025), 1, 1).plus(dice.between(0, 364)));
    r.site = format!("C{:02}{}", dice.below(80), dice.below(10));
    if later && dice.chance(0.7) {
        r.death.clear();
    }
    if later && dice.chance(0.22) {
        r.home = places.home(dice);
    }
    marriage(dice, r);
    name(dice, r, vocabulary);
    birth(dice, r);
    if dice.chance(0.003) {
        r.sex = if r.sex == "1" { "2" } else { "1" }.to_owned();
    }
    r.postal = if dice.chance(0.08) { String::new() } else { r.home.postal.clone() };
    r.address = address(dice, &r.home);
}

fn marriage(dice: &mut Dice, r: &mut Report) {
    let Some(maiden) = r.maiden else { return };
    if dice.chance(0.12) {
        (r.surname, r.surname_kana) = (maiden.written.to_owned(), maiden.kana.to_owned());
    } else if dice.chance(0.15) {
        maiden.written.clone_into(&mut r.former);
    }
}

fn name(dice: &mut Dice, r: &mut Report, vocabulary: &Vocabulary) {
    if dice.chance(0.06) {
        r.surname = variant(&r.surname);
    }
    if dice.chance(0.03) {
        r.given = r.given.chars().map(|c| lookalike(dice, c)).collect();
    }
    if dice.chance(0.01) {
        // A surname of the same reading: 阿部/安部, or a slip of the conversion.
        let other = vocabulary.surname(dice);
        if other.kana == r.surname_kana {
            other.written.clone_into(&mut r.surname);
        }
    }
    if dice.chance(0.015) {
        std::mem::swap(&mut r.surname, &mut r.given);
        std::mem::swap(&mut r.surname_kana, &mut r.given_kana);
    }
    if dice.chance(0.04) {
        r.given_kana = slip_of_kana(dice, &r.given_kana);
    }
    if dice.chance(0.02) {
        r.surname_kana = slip_of_kana(dice, &r.surname_kana);
    }
    match dice.below(20) {
        0 => {
            (r.surname_kana, r.given_kana) =
                (kotoba::to_half_kana(&r.surname_kana), kotoba::to_half_kana(&r.given_kana))
        }
        1 => {
            (r.surname_kana, r.given_kana) =
                (kotoba::kata_to_hira(&r.surname_kana), kotoba::kata_to_hira(&r.given_kana))
        }
        2 => {
            r.surname_kana.clear();
            r.given_kana.clear();
        }
        _ => {}
    }
    if dice.chance(0.02) {
        // A variation selector behind the first character, as some machines write it.
        r.surname = r
            .surname
            .chars()
            .enumerate()
            .flat_map(|(at, c)| [Some(c), (at == 0).then_some('\u{E0100}')])
            .flatten()
            .collect();
    }
}

fn variant(name: &str) -> String {
    let pairs = [
        ('高', '髙'),
        ('崎', '﨑'),
        ('辺', '邊'),
        ('斎', '齋'),
        ('沢', '澤'),
        ('浜', '濱'),
        ('島', '嶋'),
        ('広', '廣'),
        ('桜', '櫻'),
        ('吉', '𠮷'),
        ('富', '冨'),
        ('真', '眞'),
    ];
    name.chars().map(|c| pairs.iter().find(|(plain, _)| *plain == c).map_or(c, |(_, old)| *old)).collect()
}

fn lookalike(dice: &mut Dice, c: char) -> char {
    let pairs = [
        ('健', '建'),
        ('裕', '祐'),
        ('博', '傅'),
        ('和', '知'),
        ('美', '実'),
        ('子', '了'),
        ('太', '大'),
        ('夫', '雄'),
        ('恵', '惠'),
        ('清', '淸'),
    ];
    let other = pairs.iter().find(|(plain, _)| *plain == c);
    other.filter(|_| dice.chance(0.6)).map_or(c, |(_, other)| *other)
}

fn slip_of_kana(dice: &mut Dice, kana: &str) -> String {
    match dice.below(4) {
        0 => kana.replace('ョ', "ヨ").replace('ュ', "ユ").replace('ャ', "ヤ"),
        1 => kana.replace("ウ", "ー").replace("ヅ", "ズ").replace("ヂ", "ジ"),
        2 => kana.replace('ガ', "カ").replace('ダ', "タ").replace('ジ', "シ").replace('ヒ', "ビ"),
        _ => {
            let mut letters: Vec<char> = kana.chars().collect();
            if letters.len() > 2 {
                letters.remove(dice.below(letters.len() as u64) as usize);
            }
            letters.into_iter().collect()
        }
    }
}

/// The birth date as it is written, with slips: another era's year, day and month exchanged, a digit.
fn birth(dice: &mut Dice, r: &mut Report) {
    let (mut year, mut month, mut day) = r.day.ymd();
    match dice.below(200) {
        0 => year += if year < 1989 { 63 } else { -63 },
        1 | 2 if day <= 12 => (month, day) = (day, month),
        3 => day = if day < 28 { day + 1 } else { day - 1 },
        4 => year += [-10, -1, 1, 10].get(dice.below(4) as usize).copied().unwrap_or(1),
        5 => {
            r.birth.clear();
            return;
        }
        _ => {}
    }
    r.birth = match dice.below(20) {
        0 => wareki(year, month, day),
        1 => format!("{year}/{month}/{day}"),
        2 => format!("{year}年{month}月{day}日"),
        _ => format!("{year:04}{month:02}{day:02}"),
    };
}

fn wareki(year: i32, month: u32, day: u32) -> String {
    match year {
        1990.. => format!("平成{}年{month}月{day}日", year - 1988),
        1927..=1988 => format!("昭和{}年{month}月{day}日", year - 1925),
        _ => format!("{year}年{month}月{day}日"),
    }
}

/// One of the ways in which an address is written, and now and then a wrong number.
fn address(dice: &mut Dice, home: &Dwelling) -> String {
    let mut home = home.clone();
    if dice.chance(0.02) {
        home.numbers[2] += 1;
    }
    let [chome, lot, house] = home.numbers;
    let numbers = match dice.below(5) {
        0 => format!("{chome}-{lot}-{house}"),
        1 => format!("{chome}丁目{lot}番{house}号"),
        2 => format!(
            "{}丁目{lot}−{house}",
            "一二三四五六七".chars().nth((chome - 1).max(0) as usize).unwrap_or('一')
        ),
        3 => kotoba::to_full_width(&format!("{chome}-{lot}-{house}")),
        _ => format!("{chome}丁目{lot}-{house}"),
    };
    let room = home.room.filter(|_| dice.chance(0.75)).map_or(String::new(), |room| match dice.below(3) {
        0 => format!("-{room}"),
        1 => format!("　{room}号室"),
        _ => format!(" ハイツ青葉{room}"),
    });
    let city = if dice.chance(0.06) { former(home.city) } else { home.city };
    let prefecture = if dice.chance(0.15) && city == home.city { "" } else { home.prefecture };
    [prefecture, city, home.quarter, &numbers, &room].concat()
}

/// The municipality's name before it was renamed or merged.
fn former(city: &'static str) -> &'static str {
    let names = [
        ("さいたま市浦和区", "浦和市"),
        ("さいたま市大宮区", "大宮市"),
        ("静岡市清水区", "清水市"),
        ("西東京市", "田無市"),
        ("新潟市秋葉区", "新津市"),
        ("白山市", "松任市"),
        ("ひたちなか市", "勝田市"),
        ("尾道市", "因島市"),
        ("浜松市中央区", "浜松市中区"),
        ("一宮市", "尾西市"),
    ];
    names.iter().find(|(now, _)| *now == city).map_or(city, |(_, then)| *then)
}
