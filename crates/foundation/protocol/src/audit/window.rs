//! `date` of a search.

use calendar::{Date, Timestamp};

/// The instants that `date` parameters of a search leave open, in milliseconds since 1970: `from` within, `until` not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first instant.
    pub from: i64,
    /// The instant after the last one.
    pub until: i64,
}

impl Window {
    /// No limit.
    pub const ALL: Self = Self { from: i64::MIN, until: i64::MAX };

    /// Narrows the window by one `date` parameter: a prefix (`eq`, `ge`, `gt`, `le`, `lt`), then a year, a month, a day or
    /// an instant (R4 §3.1.1.4.6). `None` for a text that is none.
    #[must_use]
    pub fn narrowed(self, text: &str) -> Option<Self> {
        let (prefix, value) = match text.get(..2) {
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_lowercase()) => (prefix, text.get(2..)?),
            _ => ("eq", text),
        };
        let (first, next) = span(value)?;
        let limit = match prefix {
            "eq" => Self { from: first, until: next },
            "ge" => Self { from: first, ..Self::ALL },
            "gt" => Self { from: next, ..Self::ALL },
            "le" => Self { until: next, ..Self::ALL },
            "lt" => Self { until: first, ..Self::ALL },
            _ => return None,
        };
        Some(Self { from: self.from.max(limit.from), until: self.until.min(limit.until) })
    }

    /// Whether an instant lies in it.
    #[must_use]
    pub fn has(self, at: i64) -> bool {
        (self.from..self.until).contains(&at)
    }
}

fn span(text: &str) -> Option<(i64, i64)> {
    let start = |year: i16, month: i8, day: i8| Some(Timestamp::start_of(Date::new(year, month, day).ok()?));
    let millis = |time: Timestamp| time.as_millis();
    let mut parts = text.split('-');
    let mut next = || parts.next();
    match (text.len(), next()?.parse::<i16>().ok(), next(), next()) {
        (4, Some(year), None, None) => {
            Some((millis(start(year, 1, 1)?), millis(start(year.checked_add(1)?, 1, 1)?)))
        }
        (7, Some(year), Some(month), None) => {
            let month = month.parse().ok()?;
            let (after, next) = if month == 12 { (year.checked_add(1)?, 1) } else { (year, month + 1) };
            Some((millis(start(year, month, 1)?), millis(start(after, next, 1)?)))
        }
        (10, Some(year), Some(month), Some(day)) => {
            let first = start(year, month.parse().ok()?, day.parse().ok()?)?;
            Some((millis(first), millis(first.add_millis(86_400_000))))
        }
        _ => {
            // A plus sign in a query is a space.
            let at: Timestamp = text.replace(' ', "+").parse().ok()?;
            let width = if text.contains('.') { 1 } else { 1_000 };
            Some((at.as_millis(), at.as_millis() + width))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_narrow_a_window() {
        let day = Window::ALL.narrowed("2026-11-22").unwrap();
        assert_eq!(day.until - day.from, 86_400_000);
        assert_eq!(
            Window::ALL.narrowed("ge2026-11").unwrap().narrowed("lt2026-12-01").unwrap().until - day.from,
            9 * 86_400_000
        );
        let second = Window::ALL.narrowed("eq2026-11-22T10:00:00 09:00").unwrap();
        assert!(second.has(second.from + 999) && !second.has(second.until));
        assert_eq!(
            Window::ALL.narrowed("2026").unwrap().from,
            Window::ALL.narrowed("2026-01-01").unwrap().from
        );
        for wrong in ["", "ge", "xx2026", "2026-13", "2026-02-30", "日付です", "20261122"] {
            assert_eq!(Window::ALL.narrowed(wrong), None, "{wrong}");
        }
    }
}
