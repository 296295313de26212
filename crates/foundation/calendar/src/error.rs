//! Why a text is not a date.

use std::fmt;

/// A text that is not a date: what was found, and what was expected instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{found}” is not a date: {problem}")]
pub struct DateError {
    found: String,
    problem: DateProblem,
}

impl DateError {
    pub(crate) fn new(found: impl Into<String>, problem: DateProblem) -> Self {
        let mut found = found.into();
        if let Some((cut, _)) = found.char_indices().nth(SHOWN) {
            found.truncate(cut);
            found.push('…');
        }
        Self { found, problem }
    }

    /// The text that was read, cut to 40 characters.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// What is wrong with it.
    pub fn problem(&self) -> &DateProblem {
        &self.problem
    }

    /// The same message in Japanese.
    pub fn ja(&self) -> String {
        format!("「{}」は日付として読めません：{}", self.found, self.problem.ja())
    }
}

/// What is wrong with a text that should be a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateProblem {
    /// The text has another shape; holds the shapes that are read.
    Shape {
        /// The expected shape, such as `yyyyMMdd`.
        expected: &'static str,
    },
    /// The month is not 1 to 12.
    Month(i64),
    /// The month does not have this day.
    Day {
        /// The Western year.
        year: i16,
        /// The month, 1 to 12.
        month: i8,
        /// The day that was found.
        day: i64,
        /// The last day of that month.
        last: i8,
    },
    /// The day lies outside its era: `昭和64年1月8日`, `平成32年…`.
    Era {
        /// Name of the era in kanji.
        era: &'static str,
        /// The era's first day, `yyyy-MM-dd`.
        first: String,
        /// The era's last day, empty while the era goes on.
        last: String,
    },
    /// The day lies outside the calendar, 1868-01-25 to 9999-12-31.
    Range,
    /// The time of day is not 00:00:00 to 23:59:59.
    Time,
}

impl fmt::Display for DateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape { expected } => write!(f, "expected {expected}"),
            Self::Month(month) => write!(f, "month {month} does not exist, expected 1 to 12"),
            Self::Day { year, month, day, last } => {
                write!(f, "{year}-{month:02} has no day {day}, expected 1 to {last}")
            }
            Self::Era { era, first, last } if last.is_empty() => {
                write!(f, "the era {era} begins on {first}")
            }
            Self::Era { era, first, last } => write!(f, "the era {era} runs from {first} to {last}"),
            Self::Range => f.write_str("expected a day from 1868-01-25 to 9999-12-31"),
            Self::Time => f.write_str("expected a time from 00:00:00 to 23:59:59"),
        }
    }
}

impl DateProblem {
    fn ja(&self) -> String {
        match self {
            Self::Shape { expected } => format!("{expected} の形で書いてください"),
            Self::Month(month) => format!("{month}月はありません（1〜12月）"),
            Self::Day { year, month, day, last } => {
                format!("{year}年{month}月に{day}日はありません（1〜{last}日）")
            }
            Self::Era { era, first, last } if last.is_empty() => format!("{era}は{first}からです"),
            Self::Era { era, first, last } => format!("{era}は{first}から{last}までです"),
            Self::Range => "1868年1月25日から9999年12月31日までの日付を書いてください".to_owned(),
            Self::Time => "時刻は00:00:00から23:59:59までです".to_owned(),
        }
    }
}

/// Characters of the offending text that a message shows.
const SHOWN: usize = 40;
