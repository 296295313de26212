//! FHIR's partial dates as spans of instants, and back.

use calendar::{Date, DateError, Interval, Timestamp};

use super::Refusal;
use super::cursor::Cursor;

/// First instant and first instant after what a `dateTime` of any precision names.
pub(super) fn span(at: &Cursor<'_>) -> Result<(Timestamp, Timestamp), Refusal> {
    let text = at.text()?;
    if text.contains('T') {
        let start: Timestamp = text.parse().map_err(|error: DateError| wrong(at, &error.to_string()))?;
        let step = if text.contains('.') { 1 } else { 1_000 };
        return Ok((start, start.add_millis(step)));
    }
    let (first, last) = days(at)?;
    Ok((Timestamp::start_of(first), Timestamp::start_of(last).add_millis(DAY)))
}

/// First and last day of what a date of any precision names. An instant is no day.
pub(super) fn days(at: &Cursor<'_>) -> Result<(Date, Date), Refusal> {
    let text = at.text()?;
    let parse = |text: &str| text.parse::<Date>().map_err(|error| wrong(at, &error.to_string()));
    match text.len() {
        4 => Ok((parse(&format!("{text}-01-01"))?, parse(&format!("{text}-12-31"))?)),
        7 => parse(&format!("{text}-01")).map(|first| (first, first.last_of_month())),
        10 => parse(text).map(|day| (day, day)),
        _ => Err(wrong(at, "yyyy, yyyy-MM, yyyy-MM-dd")),
    }
}

/// A `Period` of instants: start and the first instant after its end.
pub(super) fn period(at: &Cursor<'_>) -> Result<(Option<Timestamp>, Option<Timestamp>), Refusal> {
    at.object(&["id", "extension", "start", "end"])?;
    let start = at.field("start").map(|start| span(&start)).transpose()?.map(|(first, _)| first);
    let end = at.field("end").map(|end| span(&end)).transpose()?.map(|(_, after)| after);
    match (start, end) {
        (Some(start), Some(end)) if end <= start => {
            Err(at.refuse("終わりが始まりより前です", "the end is before the start"))
        }
        _ => Ok((start, end)),
    }
}

/// A `Period` of whole days.
pub(super) fn care(at: &Cursor<'_>) -> Result<Interval, Refusal> {
    at.object(&["id", "extension", "start", "end"])?;
    let start = at.field("start").map(|start| days(&start)).transpose()?;
    let end = at.field("end").map(|end| days(&end)).transpose()?;
    let first = start.map_or(Date::MIN, |(first, _)| first);
    match (start, end) {
        (None, None) => Err(at.refuse("期間が空です", "the period is empty")),
        (_, None) => Ok(Interval::since(first)),
        (_, Some((_, last))) if last < first => {
            Err(at.refuse("終わりが始まりより前です", "the end is before the start"))
        }
        (_, Some((_, last))) => Ok(Interval::closed(first, last)),
    }
}

/// An instant as a `dateTime`: a day when it is the start of one.
pub(super) fn instant(at: Timestamp) -> String {
    let day = at.date();
    if Timestamp::start_of(day) == at { day.to_string() } else { at.to_rfc3339() }
}

/// The `end` of a period whose first instant after is this: ends are inclusive to their precision.
pub(super) fn end(after: Timestamp) -> String {
    let last = after.add_millis(-1);
    if Timestamp::start_of(after.date()) == after {
        return last.date().to_string();
    }
    let text = last.to_rfc3339();
    if text.contains('.') { text } else { text.replacen("+09:00", ".000+09:00", 1) }
}

fn wrong(at: &Cursor<'_>, expected: &str) -> Refusal {
    at.refuse(format!("日付・日時として読めません: {expected}"), format!("not a date or time: {expected}"))
}

const DAY: i64 = 86_400_000;
