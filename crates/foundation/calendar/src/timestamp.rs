//! An instant.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    Date, DateError, DateProblem,
    date::{Text, digit, digits},
};

/// An instant (日時): milliseconds since 1970-01-01T00:00Z, shown in Japan standard time (UTC+9, no summer time).
///
/// Instants lie between the first and the last day of [`Date`]; others are held at these ends. Written and
/// serialised as RFC 3339 with `+09:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant of these milliseconds.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(first_millis(), last_millis()))
    }

    /// The instant of these seconds.
    pub fn from_seconds(seconds: i64) -> Self {
        Self::from_millis(seconds.saturating_mul(1000))
    }

    /// Milliseconds since 1970-01-01T00:00Z.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00Z.
    pub fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Midnight, Japan standard time, at the start of a day.
    pub fn start_of(date: Date) -> Self {
        Self(i64::from(date.to_days()) * DAY - JST)
    }

    /// The day in Japan.
    pub fn date(self) -> Date {
        let days = (self.0 + JST).div_euclid(DAY);
        i32::try_from(days).ok().and_then(|days| Date::from_days(days).ok()).unwrap_or(Date::MIN)
    }

    /// Hour, minute, second and millisecond in Japan.
    pub fn time(self) -> (u8, u8, u8, u16) {
        let rest = (self.0 + JST).rem_euclid(DAY);
        let part = |unit: i64, many: i64| u8::try_from(rest / unit % many).unwrap_or(0);
        (part(3_600_000, 24), part(60_000, 60), part(1000, 60), u16::try_from(rest % 1000).unwrap_or(0))
    }

    /// This instant moved by milliseconds.
    #[must_use]
    pub fn add_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// Milliseconds from this instant until `later`; negative when it is earlier.
    pub fn millis_until(self, later: Timestamp) -> i64 {
        later.0 - self.0
    }

    /// Reads `yyyyMMddHHmmss` in Japan standard time.
    ///
    /// # Errors
    /// When the text is not fourteen ASCII digits or names no day or time.
    pub fn from_jst_compact(text: &str) -> Result<Self, DateError> {
        let shape = || DateError::new(text, DateProblem::Shape { expected: "yyyyMMddHHmmss" });
        let (date, time) = text.split_at_checked(8).ok_or_else(shape)?;
        let time = digits(time, 6).ok_or_else(shape)?;
        digits(date, 8).ok_or_else(shape)?;
        let date = Date::from_compact(date).map_err(|e| DateError::new(text, e.problem().clone()))?;
        Self::at(date, time / 10_000, time / 100 % 100, time % 100, 0)
            .ok_or_else(|| DateError::new(text, DateProblem::Time))
    }

    /// `yyyyMMddHHmmss` in Japan standard time; milliseconds are cut off.
    pub fn to_jst_compact(self) -> String {
        let (hour, minute, second, _) = self.time();
        format!("{}{hour:02}{minute:02}{second:02}", self.date().to_compact())
    }

    /// RFC 3339 in Japan standard time, `2023-02-21T17:48:35+09:00`; milliseconds only when there are any.
    pub fn to_rfc3339(self) -> String {
        self.to_string()
    }

    /// `2023-02-21 17:48` in Japan standard time, for people.
    pub fn to_minutes(self) -> String {
        let (hour, minute, ..) = self.time();
        format!("{} {hour:02}:{minute:02}", self.date())
    }

    fn at(date: Date, hour: i64, minute: i64, second: i64, milli: i64) -> Option<Self> {
        let valid = hour < 24 && minute < 60 && second < 60;
        let millis = ((hour * 60 + minute) * 60 + second) * 1000 + milli;
        valid.then(|| Self(Self::start_of(date).0 + millis))
    }
}

impl FromStr for Timestamp {
    type Err = DateError;

    /// Reads RFC 3339 with any offset; digits beyond the millisecond are cut off.
    fn from_str(text: &str) -> Result<Self, DateError> {
        let shape = || DateError::new(text, DateProblem::Shape { expected: "yyyy-MM-ddTHH:mm:ss+09:00" });
        let (date, rest) = text.split_once(['T', 't', ' ']).ok_or_else(shape)?;
        let date: Date = date.parse().map_err(|e: DateError| DateError::new(text, e.problem().clone()))?;
        let (time, offset) = split_offset(rest).ok_or_else(shape)?;
        let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let (hour, minute, second) = hms(clock).ok_or_else(shape)?;
        let milli = millis(fraction).ok_or_else(shape)?;
        let local = Self::at(date, hour, minute, second, milli)
            .ok_or_else(|| DateError::new(text, DateProblem::Time))?;
        Ok(Self::from_millis(local.0 + JST - offset))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn ascii(text: &[u8]) -> &str {
            std::str::from_utf8(text).unwrap_or_default()
        }
        let (hour, minute, second, milli) = self.time();
        let pair = |number: u8| [digit(u16::from(number / 10)), digit(u16::from(number))];
        let ([h, hh], [m, mm], [s, ss]) = (pair(hour), pair(minute), pair(second));
        f.write_str(ascii(&self.date().text()))?;
        f.write_str(ascii(&[b'T', h, hh, b':', m, mm, b':', s, ss]))?;
        if milli != 0 {
            f.write_str(ascii(&[b'.', digit(milli / 100), digit(milli / 10), digit(milli)]))?;
        }
        f.write_str("+09:00")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text("a time yyyy-MM-ddTHH:mm:ss+09:00", PhantomData))
    }
}

/// The time without its offset, and the offset in milliseconds east of UTC.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let sign_at = text.rfind(['+', '-'])?;
    let (time, offset) = text.split_at_checked(sign_at)?;
    let (hour, minute) = offset.get(1..)?.split_once(':')?;
    let minutes = digits(hour, 2).filter(|h| *h < 24)? * 60 + digits(minute, 2).filter(|m| *m < 60)?;
    let millis = minutes * 60_000;
    Some((time, if offset.starts_with('-') { -millis } else { millis }))
}

fn hms(text: &str) -> Option<(i64, i64, i64)> {
    let mut parts = text.split(':');
    let hms = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    parts.next().is_none().then_some(hms)
}

/// The first three digits of a fraction of a second.
fn millis(fraction: &str) -> Option<i64> {
    let sound = !fraction.is_empty() && fraction.len() <= 9 && fraction.bytes().all(|b| b.is_ascii_digit());
    let padded = format!("{fraction}000");
    sound.then(|| padded.get(..3)?.parse().ok()).flatten()
}

fn first_millis() -> i64 {
    Timestamp::start_of(Date::MIN).0
}

fn last_millis() -> i64 {
    Timestamp::start_of(Date::MAX).0 + DAY - 1
}

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// Milliseconds by which Japan is ahead of UTC.
const JST: i64 = 9 * 3_600_000;
