//! The words of the knowledge files for days and intervals, with the date law of Japan in them.
//!
//! An age is attained on the day before the corresponding day (年齢計算ニ関スル法律, 事務連絡 平成26年3月11日), which is
//! CDSi's day less one. A last day is inclusive (至るまで, 達するまで, 未満). "27日以上の間隔" leaves 27 days between: the
//! dates differ by 28 or more.

use crate::{
    LoadError,
    builder::Builder,
    model::{Anchor, AnchorId},
    period::{DayNumber, Period},
};

/// The first day that a word means: `birth`, `2m` and `9y` (the day on which the age is attained), `6w`, `42d`,
/// `over 24m` (the day after attaining), `fy12` (1 April of the fiscal year in which 12 is attained), `school-1`
/// (1 April a year before entering school), `due-84d`, or a date.
pub(super) fn first_day(builder: &mut Builder, file: &str, word: &str) -> Result<AnchorId, LoadError> {
    anchor(builder, word, false)?.ok_or_else(|| wrong(file, word)).and_then(|anchor| builder.anchor(anchor))
}

/// The day after the last day that a word means: `12m` ends with the day on which 12 months are attained, `fy16` with
/// the fiscal year, `school-1` with the school year.
pub(super) fn day_after(builder: &mut Builder, file: &str, word: &str) -> Result<AnchorId, LoadError> {
    anchor(builder, word, true)?.ok_or_else(|| wrong(file, word)).and_then(|anchor| builder.anchor(anchor))
}

fn anchor(builder: &mut Builder, word: &str, after: bool) -> Result<Option<Anchor>, LoadError> {
    let word = word.trim();
    let extra = i32::from(after);
    if word == "birth" {
        return Ok(Some(Anchor::Age(Period::days(extra))));
    }
    if let Some(age) = word.strip_prefix("over ") {
        return Ok(age_months(age.trim()).map(|months| Anchor::Age(Period { months, days: extra })));
    }
    if let Some(age) = word.strip_prefix("fy") {
        return Ok(age.parse().ok().map(|age| Anchor::FiscalYear { age, years: extra }));
    }
    if let Some(years) = word.strip_prefix("school") {
        let years = if years.is_empty() { Some(0) } else { years.parse::<i32>().ok() };
        return Ok(years.map(|years| Anchor::School { years: years + extra }));
    }
    if let Some(rest) = word.strip_prefix("due") {
        let days = rest.trim_end_matches('d').parse::<i32>().ok();
        let due = builder.observation(DUE_DATE, "")?;
        return Ok(days.map(|days| Anchor::Observation(due, Period::days(days + extra))));
    }
    if let Some(months) = age_months(word) {
        return Ok(Some(Anchor::Age(Period { months, days: extra - 1 })));
    }
    if let Some(days) = age_days(word) {
        return Ok(Some(Anchor::Age(Period::days(days + extra))));
    }
    Ok(word.parse::<calendar::Date>().ok().map(|date| Anchor::Day(date.to_days() + extra)))
}

/// The observation that pregnancy weeks are counted from: the due date (出産予定日), 40 weeks 0 days.
pub(super) const DUE_DATE: &str = "JP-DUE-DATE";

fn age_months(word: &str) -> Option<i32> {
    let (number, times) = match word.strip_suffix('y') {
        Some(years) => (years, 12),
        None => (word.strip_suffix('m')?, 1),
    };
    number.parse::<i32>().ok().filter(|n| (0..=2400).contains(n)).map(|n| n * times)
}

fn age_days(word: &str) -> Option<i32> {
    let (number, times) = match word.strip_suffix('w') {
        Some(weeks) => (weeks, 7),
        None => (word.strip_suffix('d')?, 1),
    };
    number.parse::<i32>().ok().filter(|n| (0..=80_000).contains(n)).map(|n| n * times)
}

/// The shortest span of "`27日`以上の間隔", "`6月`", "`2月半`", "`1年`": days differ by one more than are left between.
pub(super) fn at_least(file: &str, word: &str) -> Result<Period, LoadError> {
    gap(word).ok_or_else(|| wrong(file, word))
}

/// The first span that is longer than "`56日`までの間隔".
pub(super) fn beyond(file: &str, word: &str) -> Result<Period, LoadError> {
    gap(word).map(|span| Period { days: span.days + 1, ..span }).ok_or_else(|| wrong(file, word))
}

fn gap(word: &str) -> Option<Period> {
    let word = word.trim();
    if let Some(days) = word.strip_suffix('日') {
        let days: i32 = days.parse().ok().filter(|n| (0..=80_000).contains(n))?;
        return Some(Period::days(days + 1));
    }
    let (word, days) = match word.strip_suffix('半') {
        Some(word) => (word, 15),
        None => (word, 0),
    };
    let (number, times) = match word.strip_suffix('年') {
        Some(years) => (years, 12),
        None => (word.strip_suffix('月')?, 1),
    };
    let months: i32 = number.parse().ok().filter(|n| (0..=2400).contains(n))?;
    Some(Period { months: months * times, days })
}

/// A vaccine's code with the days on which it may be used for the dose: `code`, `code 2024-04-01..`,
/// `code ..2024-09-30`.
pub(super) fn dated(file: &str, word: &str) -> Result<(String, DayNumber, DayNumber), LoadError> {
    let mut parts = word.split_whitespace();
    let code = parts.next().unwrap_or("").to_owned();
    let mut span = (crate::period::FAR_PAST, crate::period::FAR_FUTURE);
    if let Some(days) = parts.next() {
        let (from, until) = days.split_once("..").ok_or_else(|| wrong(file, word))?;
        let day =
            |text: &str| text.parse::<calendar::Date>().map(|d| d.to_days()).map_err(|_| wrong(file, word));
        if !from.is_empty() {
            span.0 = day(from)?;
        }
        if !until.is_empty() {
            span.1 = day(until)?;
        }
    }
    if code.is_empty() || parts.next().is_some() {
        return Err(wrong(file, word));
    }
    Ok((code, span.0, span.1))
}

pub(super) fn wrong(file: &str, word: &str) -> LoadError {
    LoadError::Knowledge {
        file: file.to_owned(),
        problem: format!(
            "{word:?} is none of the words for days (birth, 2m, 9y, 42d, 6w, over 24m, fy12, school-1, due-84d, \
             2025-04-01) or intervals (27日, 6月, 2月半, 1年)"
        ),
    }
}
