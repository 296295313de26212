//! Dates of FHIR as spans of time (R4 §3.1.1.4.8).

use calendar::{Date, Timestamp};

/// A span of time (期間): from an instant until just before another, in milliseconds since 1970-01-01T00:00Z. A day is a
/// span of its 24 hours in Japan, a year one of its days; an open side reaches to the end of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// First millisecond.
    pub from: i64,
    /// First millisecond after it.
    pub until: i64,
}

impl Span {
    /// The span of a `date`, `dateTime` or `instant`: `2020`, `2020-05`, `2020-05-01`, `2020-05-01T10:00`, and on to the
    /// millisecond; without an offset, Japan standard time. None for what is no date, or lies outside the calendar.
    pub fn parse(text: &str) -> Option<Self> {
        match text.len() {
            4 => {
                let year: i16 = number(text)?;
                Self::days(Date::new(year, 1, 1).ok()?, Date::new(year.checked_add(1)?, 1, 1).ok()?)
            }
            7 => {
                let (year, month) = text.split_once('-')?;
                let (year, month): (i16, i8) = (number(year)?, number(month)?);
                let next = if month == 12 { (year.checked_add(1)?, 1) } else { (year, month + 1) };
                Self::days(Date::new(year, month, 1).ok()?, Date::new(next.0, next.1, 1).ok()?)
            }
            10 => {
                let from = Timestamp::start_of(text.parse().ok()?).as_millis();
                Some(Self { from, until: from + DAY })
            }
            _ => Self::instant(text),
        }
    }

    /// The span between two dates; an absent one is open.
    pub fn between(start: Option<&str>, end: Option<&str>) -> Option<Self> {
        let from = start.map(Self::parse);
        let until = end.map(Self::parse);
        if from.is_none() && until.is_none() {
            return None;
        }
        let from = from.map_or(Some(i64::MIN), |span| span.map(|span| span.from))?;
        let until = until.map_or(Some(i64::MAX), |span| span.map(|span| span.until))?;
        Some(Self { from, until })
    }

    fn days(from: Date, until: Date) -> Option<Self> {
        Some(Self {
            from: Timestamp::start_of(from).as_millis(),
            until: Timestamp::start_of(until).as_millis(),
        })
    }

    fn instant(text: &str) -> Option<Self> {
        let (day, time) = text.split_once('T')?;
        let offset_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
        let (clock, offset) = time.split_at_checked(offset_at)?;
        let offset = if offset.is_empty() { "+09:00" } else { offset };
        let (seconds, length) = match clock.len() {
            5 => (":00", 60_000),
            8 => ("", 1000),
            _ => ("", 1),
        };
        let at: Timestamp = format!("{day}T{clock}{seconds}{offset}").parse().ok()?;
        Some(Self { from: at.as_millis(), until: at.as_millis() + length })
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

const DAY: i64 = 86_400_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_as_long_as_it_is_vague() {
        for (text, length) in [
            ("2024", 366 * DAY),
            ("2024-02", 29 * DAY),
            ("2023-12", 31 * DAY),
            ("2024-02-29", DAY),
            ("2024-02-29T10:00", 60_000),
            ("2024-02-29T10:00:30+09:00", 1000),
            ("2024-02-29T01:00:30.250Z", 1),
        ] {
            let span = Span::parse(text).unwrap();
            assert_eq!(span.until - span.from, length, "{text}");
        }
        let midnight = Span::parse("2024-02-29").unwrap().from;
        assert_eq!(Span::parse("2024-02-28T15:00:00Z").unwrap().from, midnight, "the day is Japan's");
    }

    #[test]
    fn what_is_no_date_has_no_span() {
        for text in [
            "",
            "20",
            "2024-13",
            "2024-02-30",
            "2024/02",
            "+024",
            "2024-02-29T",
            "2024-02-29T25:00:00Z",
            "１９９０",
        ] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
        assert_eq!(Span::between(None, None), None);
        assert_eq!(Span::between(Some("2024"), None).unwrap().until, i64::MAX);
        assert_eq!(Span::between(Some("nonsense"), None), None);
    }
}
