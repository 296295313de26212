//! A day.

use std::{fmt, marker::PhantomData, str::FromStr};

use jiff::{civil, civil::Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{DateError, DateProblem, Era, era};

/// A day (日付) of the civil calendar, from 1868-01-25 (明治元年の始まり) to 9999-12-31.
///
/// Written and serialised as `yyyy-MM-dd`. Days before 1873-01-01, when Japan adopted the Gregorian
/// calendar, are counted in the Gregorian calendar too, as the registers do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// The first day of the calendar, 1868-01-25.
    pub const MIN: Date = Date(civil::date(1868, 1, 25));
    /// The last day of the calendar, 9999-12-31, which files use for "without end".
    pub const MAX: Date = Date(civil::date(9999, 12, 31));

    /// The day of these Western numbers.
    ///
    /// # Errors
    /// When there is no such day, or it lies outside [`Date::MIN`] to [`Date::MAX`].
    pub fn new(year: i16, month: i8, day: i8) -> Result<Self, DateError> {
        Self::checked(i64::from(year), i64::from(month), i64::from(day))
            .map_err(|problem| DateError::new(format!("{year:04}-{month:02}-{day:02}"), problem))
    }

    /// Reads any of the usual spellings: `2001-03-27`, `2001/3/27`, `2001.3.27`, `2001年3月27日`,
    /// `20010327`, and every 和暦 that [`Date::parse_wareki`] reads. Full-width characters are taken as
    /// their half-width twins; spaces around the text are dropped.
    ///
    /// # Errors
    /// When the text has none of these shapes or names no day.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        crate::wareki::parse_any(text)
    }

    /// Reads `yyyyMMdd`, the form of the field's files, and nothing else.
    ///
    /// # Errors
    /// When the text is not eight ASCII digits or names no day.
    pub fn from_compact(text: &str) -> Result<Self, DateError> {
        let number = digits(text, 8)
            .ok_or_else(|| DateError::new(text, DateProblem::Shape { expected: "yyyyMMdd" }))?;
        Self::checked(number / 10_000, number / 100 % 100, number % 100)
            .map_err(|problem| DateError::new(text, problem))
    }

    /// Reads a Japanese era date: `平成13年3月27日`, `平成元年1月8日`, `H13.3.27`, `h13/3/27`, `平13-3-27`,
    /// `H130327`, `4130327` (GYYMMDD: 1 明治, 2 大正, 3 昭和, 4 平成, 5 令和), kanji or full-width numerals.
    ///
    /// # Errors
    /// When the text has none of these shapes, names no day, or the day lies outside its era.
    pub fn parse_wareki(text: &str) -> Result<Self, DateError> {
        crate::wareki::parse(text)
    }

    /// `yyyyMMdd`.
    pub fn to_compact(self) -> String {
        format!("{:04}{:02}{:02}", self.year(), self.month(), self.day())
    }

    /// The Japanese era date in words: `平成13年3月27日`; the first year of an era is `元年`.
    pub fn to_wareki(self) -> String {
        let (era, year) = self.era_year();
        let year = if year == 1 { "元".to_owned() } else { year.to_string() };
        format!("{}{year}年{}月{}日", era.name(), self.month(), self.day())
    }

    /// The Japanese era date in short: `H13.3.27`.
    pub fn to_wareki_short(self) -> String {
        let (era, year) = self.era_year();
        format!("{}{year}.{}.{}", era.letter(), self.month(), self.day())
    }

    /// The Japanese era date as `GYYMMDD`, such as `4130327`; `None` from the era's year 100 on.
    pub fn to_gyymmdd(self) -> Option<String> {
        let (era, year) = self.era_year();
        (year < 100).then(|| format!("{}{year:02}{:02}{:02}", era.digit(), self.month(), self.day()))
    }

    /// The era this day belongs to.
    pub fn era(self) -> Era {
        era::of(self)
    }

    /// The era and the year within it, counted from 1.
    pub fn era_year(self) -> (Era, i16) {
        let era = self.era();
        (era, self.year() - era.first_day().year() + 1)
    }

    /// The Western year.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The month, 1 to 12.
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// The day of the month, 1 to 31.
    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// The weekday, as jiff's own type.
    pub fn weekday(self) -> Weekday {
        self.0.weekday()
    }

    /// The weekday's one kanji, 月 to 日.
    pub fn weekday_ja(self) -> &'static str {
        match self.weekday() {
            Weekday::Monday => "月",
            Weekday::Tuesday => "火",
            Weekday::Wednesday => "水",
            Weekday::Thursday => "木",
            Weekday::Friday => "金",
            Weekday::Saturday => "土",
            Weekday::Sunday => "日",
        }
    }

    /// Days since 1970-01-01, negative before: a form to store and sort by.
    pub fn to_days(self) -> i32 {
        days_from_civil(i32::from(self.year()), i32::from(self.month()), i32::from(self.day()))
    }

    /// The day that lies this many days after 1970-01-01.
    ///
    /// # Errors
    /// When it lies outside [`Date::MIN`] to [`Date::MAX`].
    pub fn from_days(days: i32) -> Result<Self, DateError> {
        civil_from_days(days)
            .map(Self)
            .filter(|date| (Self::MIN..=Self::MAX).contains(date))
            .ok_or_else(|| DateError::new(format!("day {days}"), DateProblem::Range))
    }

    /// This day moved by days; held at [`Date::MIN`] and [`Date::MAX`].
    #[must_use]
    pub fn add_days(self, days: i32) -> Self {
        let moved = self.to_days().saturating_add(days);
        Self::from_days(moved).unwrap_or(if days < 0 { Self::MIN } else { Self::MAX })
    }

    /// This day moved by months; where the month has no such day, its last day (31 January + 1 month =
    /// 28 or 29 February). Held at [`Date::MIN`] and [`Date::MAX`].
    #[must_use]
    pub fn add_months(self, months: i32) -> Self {
        let count = i64::from(self.year()) * 12 + i64::from(self.month()) - 1 + i64::from(months);
        let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
        let end = if months < 0 { Self::MIN } else { Self::MAX };
        let (Ok(year), Ok(month)) = (i16::try_from(year), i8::try_from(month)) else { return end };
        match civil::Date::new(year, month, 1) {
            Ok(first) => Self::clamp(first.days_in_month().min(self.day()), first).unwrap_or(end),
            Err(_) => end,
        }
    }

    /// This day moved by years; 29 February becomes the 28th in a common year.
    #[must_use]
    pub fn add_years(self, years: i32) -> Self {
        self.add_months(years.saturating_mul(12))
    }

    /// The first day of this month.
    #[must_use]
    pub fn first_of_month(self) -> Self {
        Self(self.0.first_of_month()).max(Self::MIN)
    }

    /// The last day of this month.
    #[must_use]
    pub fn last_of_month(self) -> Self {
        Self(self.0.last_of_month())
    }

    /// Days from this day until `later`; negative when it is earlier.
    pub fn days_until(self, later: Date) -> i32 {
        later.to_days() - self.to_days()
    }

    /// The fiscal year (年度), 1 April to 31 March, named by the year it begins in.
    pub fn fiscal_year(self) -> i16 {
        if self.month() >= 4 { self.year() } else { self.year() - 1 }
    }

    /// A day that jiff knows.
    ///
    /// # Errors
    /// When it lies outside [`Date::MIN`] to [`Date::MAX`].
    pub fn from_civil(date: civil::Date) -> Result<Self, DateError> {
        let held = Self(date);
        if (Self::MIN..=Self::MAX).contains(&held) {
            Ok(held)
        } else {
            Err(DateError::new(date.to_string(), DateProblem::Range))
        }
    }

    /// This day as jiff's own type.
    pub fn to_civil(self) -> civil::Date {
        self.0
    }

    /// The day of these numbers, or what is wrong with them.
    pub(crate) fn checked(year: i64, month: i64, day: i64) -> Result<Self, DateProblem> {
        let small_year = i16::try_from(year).ok().filter(|y| (1..=9999).contains(y));
        let small_year = small_year.ok_or(DateProblem::Range)?;
        let small_month = i8::try_from(month).ok().filter(|m| (1..=12).contains(m));
        let small_month = small_month.ok_or(DateProblem::Month(month))?;
        let first = civil::Date::new(small_year, small_month, 1).map_err(|_| DateProblem::Range)?;
        let last = first.days_in_month();
        let small_day = i8::try_from(day).ok().filter(|d| (1..=last).contains(d));
        let small_day =
            small_day.ok_or(DateProblem::Day { year: small_year, month: small_month, day, last })?;
        Self::clamp(small_day, first).ok_or(DateProblem::Range)
    }

    /// `yyyy-MM-dd`.
    pub(crate) fn text(self) -> [u8; 10] {
        let (year, month, day) = (
            self.year().unsigned_abs(),
            u16::from(self.month().unsigned_abs()),
            u16::from(self.day().unsigned_abs()),
        );
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

    fn clamp(day: i8, first: civil::Date) -> Option<Self> {
        let date = Self(civil::Date::new(first.year(), first.month(), day).ok()?);
        (Self::MIN..=Self::MAX).contains(&date).then_some(date)
    }
}

impl FromStr for Date {
    type Err = DateError;

    /// Reads `yyyy-MM-dd` and nothing else; [`Date::parse`] reads every usual spelling.
    fn from_str(text: &str) -> Result<Self, DateError> {
        let shape = || DateError::new(text, DateProblem::Shape { expected: "yyyy-MM-dd" });
        let (year, rest) = text.split_once('-').ok_or_else(shape)?;
        let (month, day) = rest.split_once('-').ok_or_else(shape)?;
        let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2)) else {
            return Err(shape());
        };
        Self::checked(year, month, day).map_err(|problem| DateError::new(text, problem))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text("a date yyyy-MM-dd", PhantomData))
    }
}

/// Parses a string where it stands; with what is expected.
pub(crate) struct Text<T>(pub(crate) &'static str, pub(crate) PhantomData<T>);

impl<T: FromStr<Err = DateError>> de::Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// The last decimal digit of a number.
pub(crate) fn digit(number: u16) -> u8 {
    b'0' + (number % 10) as u8
}

/// The number of exactly `count` ASCII digits.
pub(crate) fn digits(text: &str, count: usize) -> Option<i64> {
    if text.len() != count || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Days since 1970-01-01 of a Gregorian day (counting years from March, so that the leap day is last).
fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let century = year.div_euclid(400);
    let year_of = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_400 = year_of * 365 + year_of / 4 - year_of / 100 + day_of_year;
    century * 146_097 + day_of_400 - 719_468
}

/// The Gregorian day of a number of days since 1970-01-01: the inverse of [`days_from_civil`].
fn civil_from_days(days: i32) -> Option<civil::Date> {
    let days = days.checked_add(719_468)?;
    let day_of_400 = days.rem_euclid(146_097);
    let year_of = (day_of_400 - day_of_400 / 1460 + day_of_400 / 36_524 - day_of_400 / 146_096) / 365;
    let day_of_year = day_of_400 - (365 * year_of + year_of / 4 - year_of / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = days.div_euclid(146_097) * 400 + year_of + i32::from(month <= 2);
    civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
