//! A span of days.

use serde::{Deserialize, Serialize};

use crate::Date;

/// A span of days (期間), from `from` up to but not including `until`; without end when `until` is absent.
///
/// An interval whose `until` is not after its `from` is empty: it contains no day and overlaps nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Interval {
    /// The first day.
    pub from: Date,
    /// The first day after the span; `None` for a span without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl Interval {
    /// From `from` up to but not including `until`.
    pub fn new(from: Date, until: Option<Date>) -> Self {
        Self { from, until }
    }

    /// From `from` on, without end.
    pub fn since(from: Date) -> Self {
        Self { from, until: None }
    }

    /// From the first to the last day, both included, as documents state a period.
    pub fn closed(first: Date, last: Date) -> Self {
        let until = (last < Date::MAX).then(|| last.add_days(1));
        Self { from: first, until }
    }

    /// The last day, `None` for a span without end or an empty one.
    pub fn last_day(&self) -> Option<Date> {
        if self.is_empty() { None } else { self.until.map(|until| until.add_days(-1)) }
    }

    /// Whether the span holds no day.
    pub fn is_empty(&self) -> bool {
        self.until.is_some_and(|until| until <= self.from)
    }

    /// Whether the span holds this day.
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }

    /// Whether the span holds every day of the other.
    pub fn covers(&self, other: &Interval) -> bool {
        other.is_empty() || self.intersection(other).is_some_and(|both| both == *other)
    }

    /// Whether some day lies in both.
    pub fn overlaps(&self, other: &Interval) -> bool {
        self.intersection(other).is_some()
    }

    /// The days that lie in both, `None` when there are none.
    pub fn intersection(&self, other: &Interval) -> Option<Interval> {
        let until = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let both = Interval { from: self.from.max(other.from), until };
        (!self.is_empty() && !other.is_empty() && !both.is_empty()).then_some(both)
    }

    /// Whether the other begins on the very day that this one ends.
    pub fn meets(&self, other: &Interval) -> bool {
        self.until == Some(other.from)
    }

    /// The days of this span that do not lie in the other: none, one or two spans in order.
    pub fn without(&self, other: &Interval) -> Vec<Interval> {
        let Some(both) = self.intersection(other) else {
            return if self.is_empty() { Vec::new() } else { vec![*self] };
        };
        let before = Interval { from: self.from, until: Some(both.from) };
        let after = both.until.map(|from| Interval { from, until: self.until });
        [Some(before), after].into_iter().flatten().filter(|part| !part.is_empty()).collect()
    }

    /// How many days the span holds; `None` without end.
    pub fn days(&self) -> Option<u32> {
        self.until.map(|until| u32::try_from(self.from.days_until(until)).unwrap_or(0))
    }
}
