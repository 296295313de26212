//! A month of treatment or of claiming.

use std::fmt;

use calendar::{Date, Interval};
use serde::{Serialize, Serializer};

/// A month (診療年月, 請求年月), from 1868-02 to 9999-11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(Date);

impl Month {
    /// The month that holds this day.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// Reads `YYYYMM` or `GYYMM` (G = 1 明治 … 5 令和).
    pub(crate) fn parse(digits: &[u8]) -> Option<Self> {
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let text = std::str::from_utf8(digits).ok()?;
        let number: i32 = text.parse().ok()?;
        match text.len() {
            6 => Self::new(i16::try_from(number / 100).ok()?, i8::try_from(number % 100).ok()?),
            // An era may begin or end within the month: the month counts with any of its days.
            5 => {
                let day = |day: &str| Date::parse_wareki(&format!("{text}{day}")).ok();
                day("01").or_else(|| day("28")).map(Self::of)
            }
            _ => None,
        }
    }

    fn new(year: i16, month: i8) -> Option<Self> {
        Date::new(year, month, 1).ok().map(Self)
    }

    /// Its first day.
    #[must_use]
    pub fn first(self) -> Date {
        self.0
    }

    /// Its last day.
    #[must_use]
    pub fn last(self) -> Date {
        self.0.last_of_month()
    }

    /// How many days it has.
    #[must_use]
    pub fn length(self) -> u8 {
        u8::try_from(self.last().day()).unwrap_or(31)
    }

    /// Day `day` of the month, where it has one.
    #[must_use]
    pub fn day(self, day: u8) -> Option<Date> {
        Date::new(self.0.year(), self.0.month(), i8::try_from(day).ok()?).ok()
    }

    /// All its days.
    #[must_use]
    pub fn days(self) -> Interval {
        Interval::closed(self.first(), self.last())
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.add_months(1))
    }

    /// `YYYYMM`.
    #[must_use]
    pub fn to_compact(self) -> String {
        format!("{:04}{:02}", self.0.year(), self.0.month())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_generations() {
        assert_eq!(Month::parse(b"202110").unwrap().to_string(), "2021-10");
        assert_eq!(Month::parse(b"50310").unwrap().to_string(), "2021-10");
        assert_eq!(Month::parse(b"43104").unwrap().to_string(), "2019-04");
        assert_eq!(Month::parse(b"50105").unwrap().to_string(), "2019-05");
        for wrong in [&b"202113"[..], b"2021", b"60101", b"20211a", b""] {
            assert_eq!(Month::parse(wrong), None, "{wrong:?}");
        }
        let month = Month::parse(b"202402").unwrap();
        assert_eq!((month.length(), month.day(30)), (29, None));
    }
}
