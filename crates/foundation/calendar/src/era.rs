//! The five modern eras.

use crate::Date;

/// An era (元号). An era begins on the day of the change, except that 明治45年7月30日 is 大正元年 and
/// 大正15年12月25日 is 昭和元年: on those two days the law counts the new era, and the old one's name is read too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// 明治, from 1868-01-25.
    Meiji,
    /// 大正, from 1912-07-30.
    Taisho,
    /// 昭和, from 1926-12-25.
    Showa,
    /// 平成, from 1989-01-08.
    Heisei,
    /// 令和, from 2019-05-01.
    Reiwa,
}

impl Era {
    /// The eras in order.
    pub const ALL: [Era; 5] = [Era::Meiji, Era::Taisho, Era::Showa, Era::Heisei, Era::Reiwa];

    /// The name in kanji.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The name in Latin letters.
    pub fn name_en(self) -> &'static str {
        self.facts().name_en
    }

    /// The letter that forms use: M, T, S, H, R.
    pub fn letter(self) -> char {
        self.facts().letter
    }

    /// The digit that claims use: 1 to 5.
    pub fn digit(self) -> u8 {
        self.facts().digit
    }

    /// The first day that counts as this era.
    pub fn first_day(self) -> Date {
        let (year, month, day) = self.facts().first;
        Date::new(year, month, day).unwrap_or(Date::MIN)
    }

    /// The last day on which this era's name was in use; `None` while it goes on.
    pub fn last_day(self) -> Option<Date> {
        let (year, month, day) = self.facts().last?;
        Date::new(year, month, day).ok()
    }

    fn facts(self) -> &'static Facts {
        match self {
            Era::Meiji => &MEIJI,
            Era::Taisho => &TAISHO,
            Era::Showa => &SHOWA,
            Era::Heisei => &HEISEI,
            Era::Reiwa => &REIWA,
        }
    }
}

/// The era that a day counts as.
pub(crate) fn of(date: Date) -> Era {
    match (date.year(), date.month(), date.day()) {
        day if day >= REIWA.first => Era::Reiwa,
        day if day >= HEISEI.first => Era::Heisei,
        day if day >= SHOWA.first => Era::Showa,
        day if day >= TAISHO.first => Era::Taisho,
        _ => Era::Meiji,
    }
}

struct Facts {
    name: &'static str,
    name_en: &'static str,
    letter: char,
    digit: u8,
    first: (i16, i8, i8),
    last: Option<(i16, i8, i8)>,
}

const MEIJI: Facts = Facts {
    name: "明治",
    name_en: "Meiji",
    letter: 'M',
    digit: 1,
    first: (1868, 1, 25),
    last: Some((1912, 7, 30)),
};
const TAISHO: Facts = Facts {
    name: "大正",
    name_en: "Taisho",
    letter: 'T',
    digit: 2,
    first: (1912, 7, 30),
    last: Some((1926, 12, 25)),
};
const SHOWA: Facts = Facts {
    name: "昭和",
    name_en: "Showa",
    letter: 'S',
    digit: 3,
    first: (1926, 12, 25),
    last: Some((1989, 1, 7)),
};
const HEISEI: Facts = Facts {
    name: "平成",
    name_en: "Heisei",
    letter: 'H',
    digit: 4,
    first: (1989, 1, 8),
    last: Some((2019, 4, 30)),
};
const REIWA: Facts =
    Facts { name: "令和", name_en: "Reiwa", letter: 'R', digit: 5, first: (2019, 5, 1), last: None };
