//! A calendar day as a plain count, for a simulation that compares and adds days by the hundred million.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::plan::TownError;

/// A day in the Gregorian calendar: days since 1970-01-01, as `calendar::Date::to_days` counts them. Written `YYYY-MM-DD` everywhere outside the simulation.
#[derive(Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day(pub i32);

impl Day {
    /// The day `year-month-day`; a day past the end of its month is brought back to the last of it.
    pub fn new(year: i32, month: u32, day: u32) -> Self {
        Self::civil(year, month, day.min(last_of_month(year, month)))
    }

    /// Year, month (1-12) and day (1-31).
    pub fn ymd(self) -> (i32, u32, u32) {
        // Days are counted from 0000-03-01, so that the leap day ends its year.
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month_index + 2) / 5 + 1;
        let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        (year, month as u32, day as u32)
    }

    /// The year alone.
    pub fn year(self) -> i32 {
        self.ymd().0
    }

    /// `days` later (earlier when negative).
    pub fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// The same month and day `years` later; 29 February becomes 28 February in a common year.
    pub fn plus_years(self, years: i32) -> Self {
        let (year, month, day) = self.ymd();
        Self::new(year + years, month, day)
    }

    /// Full years from this birthday to `on`; zero before the first one.
    pub fn age_on(self, on: Self) -> i32 {
        let (born, month, day) = self.ymd();
        let (year, month_on, day_on) = on.ymd();
        (year - born - i32::from((month_on, day_on) < (month, day))).max(0)
    }

    /// The first day of the month after this one's month.
    pub fn first_of_next_month(self) -> Self {
        let (year, month, _) = self.ymd();
        if month == 12 { Self::civil(year + 1, 1, 1) } else { Self::civil(year, month + 1, 1) }
    }

    /// The first 1 April on or after this day: school and employment years begin on it.
    pub fn next_april(self) -> Self {
        let (year, month, day) = self.ymd();
        Self::civil(year + i32::from((month, day) > (4, 1)), 4, 1)
    }

    /// The last 31 July on or before this day's coming one: certificates of the health insurance year end on it.
    pub fn coming_july_end(self) -> Self {
        let (year, month, _) = self.ymd();
        Self::civil(year + i32::from(month > 7), 7, 31)
    }

    fn text(self) -> [u8; 10] {
        let (year, month, day) = self.ymd();
        let year = year.clamp(0, 9999) as u32;
        let digit = |n: u32| b'0' + (n % 10) as u8;
        [
            digit(year / 1000),
            digit(year / 100),
            digit(year / 10),
            digit(year),
            b'-',
            digit(month / 10),
            digit(month),
            b'-',
            digit(day / 10),
            digit(day),
        ]
    }

    fn civil(year: i32, month: u32, day: u32) -> Self {
        let (month, day) = (month as i32, day as i32);
        let year = year - i32::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        Self(era * 146_097 + of_era - 719_468)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl FromStr for Day {
    type Err = TownError;

    fn from_str(text: &str) -> Result<Self, TownError> {
        let wrong = || TownError::Day { found: text.chars().take(20).collect() };
        let mut parts = text.split('-');
        let mut part = |width: usize| {
            parts.next().filter(|p| p.len() == width).and_then(|p| p.parse::<u32>().ok()).ok_or_else(wrong)
        };
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        let exists = parts.next().is_none()
            && (1..=12).contains(&month)
            && (1..=last_of_month(year as i32, month)).contains(&day);
        if exists { Ok(Self::civil(year as i32, month, day)) } else { Err(wrong()) }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

fn last_of_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days() {
        assert_eq!(Day::new(1970, 1, 1).0, 0);
        assert_eq!(Day::new(2000, 3, 1).0, 11_017);
        assert_eq!(Day::new(2024, 2, 29).plus_years(1).to_string(), "2025-02-28");
        assert_eq!(Day::new(2026, 11, 22).next_april().to_string(), "2027-04-01");
        assert_eq!(Day::new(2026, 4, 1).next_april().to_string(), "2026-04-01");
        assert_eq!(Day::new(2026, 12, 5).first_of_next_month().to_string(), "2027-01-01");
        assert_eq!(Day::new(2001, 3, 27).age_on(Day::new(2026, 3, 26)), 24);
        assert_eq!(Day::new(2001, 3, 27).age_on(Day::new(2026, 3, 27)), 25);
    }

    #[test]
    fn refuses_days_that_do_not_exist() {
        for text in ["2025-02-29", "2025-13-01", "2025-1-01", "20250101", "", "2025-01-01-01", "令和7年"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_count_agree(n in -40_000i32..60_000) {
            let day = Day(n);
            prop_assert_eq!(day.to_string().parse::<Day>().unwrap(), day);
            prop_assert_eq!(day.plus(1).0, n + 1);
        }
    }
}
