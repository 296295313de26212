//! The lines of a claim that cost something: which fields say how much, how often, on which days.

use crate::{Payers, Record, Table};

/// Where the money stands in a service, medicine or material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostColumns {
    /// 点数: recorded on the last line of a unit (点数・回数算定単位) only.
    pub points: usize,
    /// 回数.
    pub times: usize,
    /// 1日の情報; the other thirty follow.
    pub days: usize,
}

impl CostColumns {
    /// The columns of a kind of record; `None` where it has no such columns.
    #[must_use]
    pub fn of(table: Table, code: [u8; 2]) -> Option<Self> {
        let at = |points, times, days| Some(Self { points, times, days });
        match (table, &code) {
            (Table::Medical | Table::Dpc, b"SI" | b"IY") => at(5, 6, 13),
            (Table::Medical | Table::Dpc, b"TO") => at(5, 6, 17),
            (Table::Dental, b"SS") => at(76, 77, 78),
            (Table::Dental, b"SI") => at(5, 6, 7),
            (Table::Dental, b"IY") => at(5, 6, 8),
            (Table::Dental, b"TO") => at(12, 13, 14),
            _ => None,
        }
    }
}

/// A line that costs something.
#[derive(Clone, Copy, Debug)]
pub struct CostLine<'a> {
    /// The record.
    pub record: Record<'a>,
    /// Its columns.
    pub columns: CostColumns,
    /// 診療識別: its own or that of the line before it that has one; 0 where none has.
    pub class: u8,
}

impl<'a> CostLine<'a> {
    /// Who pays; `None` for an unknown 負担区分.
    #[must_use]
    pub fn payers(&self) -> Option<Payers> {
        Payers::of(self.record.field(2).trimmed())
    }

    /// The nine-digit code.
    #[must_use]
    pub fn code(&self) -> &'a [u8] {
        self.record.field(3).trimmed()
    }

    /// 点数 of the unit that the line ends.
    #[must_use]
    pub fn points(&self) -> Option<u64> {
        self.record.field(self.columns.points).number()
    }

    /// 回数.
    #[must_use]
    pub fn times(&self) -> Option<u64> {
        self.record.field(self.columns.times).number()
    }

    /// How often on a day, 1 to 31; 0 where nothing is recorded.
    #[must_use]
    pub fn on(&self, day: u8) -> u64 {
        match day {
            1..=31 => self.record.field(self.columns.days + usize::from(day) - 1).number().unwrap_or(0),
            _ => 0,
        }
    }

    /// The days on which it was done.
    #[must_use]
    pub fn days(&self) -> Days {
        (1..=31).filter(|day| self.on(*day) > 0).collect()
    }

    /// Whether the 点数 are yen and no points: 食事療養・生活療養 stand among the services but outside the sum.
    #[must_use]
    pub fn is_meal(&self) -> bool {
        self.class == 97
    }
}

/// Days of a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days(u32);

impl Days {
    /// Whether the day (1 to 31) is among them.
    #[must_use]
    pub fn has(self, day: u8) -> bool {
        day < 32 && self.0 & (1 << day) != 0
    }

    /// How many they are.
    #[must_use]
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The days in order.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..=31).filter(move |day| self.has(*day))
    }

    /// These and those.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<u8> for Days {
    fn from_iter<I: IntoIterator<Item = u8>>(days: I) -> Self {
        Self(days.into_iter().filter(|day| (1..=31).contains(day)).fold(0, |all, day| all | 1 << day))
    }
}
