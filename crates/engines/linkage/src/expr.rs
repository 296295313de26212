//! Conditions on two records: `same(surname) & edits(given) <= 1 | swapped(surname, given)`.
//!
//! A condition is alternatives joined by `|`, each of terms joined by `&`. Missing values fulfil no term but `differ`'s
//! opposite: `differ(x)` too asks for both values.

use crate::error::LinkError;

/// One term of a condition; views by name.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// Both have it, and it is the same.
    Same(String),
    /// Both have it, and it differs.
    Differ(String),
    /// The first of one is the second of the other, both ways.
    Swapped(String, String),
    /// The first of one is the second of the other, one way at least (a maiden name).
    Crossed(String, String),
    /// Jaro–Winkler similarity of at least so much.
    JaroWinkler(String, f32),
    /// Jaro similarity of at least so much.
    Jaro(String, f32),
    /// At most so many edits.
    Edits(String, u32),
    /// One begins the other.
    Begins(String),
    /// Two days that one of the usual slips leads from one to the other.
    DateSlip(String, Slip),
    /// Days at most so far apart.
    Days(String, u32),
    /// Years at most so far apart.
    Years(String, u32),
    /// The value of the first record, or of the second where the first has none.
    Is(String, String),
}

/// Which slips of a date are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    /// Any of the slips but the era.
    Digits,
    /// Day and month exchanged.
    DayMonth,
    /// Another era.
    Era,
}

impl Term {
    /// The views it looks at.
    pub fn views(&self) -> Vec<&str> {
        match self {
            Self::Swapped(a, b) | Self::Crossed(a, b) => vec![a, b],
            Self::Same(a)
            | Self::Differ(a)
            | Self::JaroWinkler(a, _)
            | Self::Jaro(a, _)
            | Self::Edits(a, _)
            | Self::Begins(a)
            | Self::DateSlip(a, _)
            | Self::Days(a, _)
            | Self::Years(a, _)
            | Self::Is(a, _) => vec![a],
        }
    }
}

/// The alternatives of a condition.
///
/// # Errors
/// When it cannot be read; `place` says in the message where it stood.
pub fn condition(place: &str, text: &str) -> Result<Vec<Vec<Term>>, LinkError> {
    text.split('|').map(|clause| clause.split('&').map(|term| one(place, term.trim())).collect()).collect()
}

/// The views of a blocking rule such as `surname & dob.year`, or `surname ~ given & dob`: two views in either order are one.
pub fn rule(text: &str) -> Vec<String> {
    let view = |view: &str| view.split('~').map(str::trim).collect::<Vec<_>>().join("~");
    text.split('&').map(view).collect()
}

fn one(place: &str, text: &str) -> Result<Term, LinkError> {
    let refuse = |expected: &str| LinkError::Expression {
        place: place.to_owned(),
        found: text.to_owned(),
        expected: expected.to_owned(),
    };
    let shape = || refuse("function(view) or function(view) >= number");
    let (name, rest) = text.split_once('(').ok_or_else(shape)?;
    let (arguments, tail) = rest.split_once(')').ok_or_else(shape)?;
    let views: Vec<String> = arguments.split(',').map(|a| a.trim().to_owned()).collect();
    let (first, second) = match views.as_slice() {
        [a] if !a.is_empty() => (a.clone(), None),
        [a, b] if !a.is_empty() && !b.is_empty() => (a.clone(), Some(b.clone())),
        _ => return Err(refuse("one view or two")),
    };
    let at_least = || -> Result<f32, LinkError> {
        let number = tail.trim().strip_prefix(">=").and_then(|n| n.trim().parse().ok());
        number.filter(|n| (0.0..=1.0).contains(n)).ok_or_else(|| refuse("… >= a number from 0 to 1"))
    };
    let at_most = || -> Result<u32, LinkError> {
        let number = tail.trim().strip_prefix("<=").and_then(|n| n.trim().parse().ok());
        number.ok_or_else(|| refuse("… <= a whole number"))
    };
    let bare =
        |term: Term| if tail.trim().is_empty() { Ok(term) } else { Err(refuse("nothing after the bracket")) };
    match (name.trim(), second) {
        ("same", None) => bare(Term::Same(first)),
        ("differ", None) => bare(Term::Differ(first)),
        ("swapped", Some(other)) => bare(Term::Swapped(first, other)),
        ("is", Some(value)) => bare(Term::Is(first, value)),
        ("crossed", Some(other)) => bare(Term::Crossed(first, other)),
        ("jaro_winkler", None) => Ok(Term::JaroWinkler(first, at_least()?)),
        ("jaro", None) => Ok(Term::Jaro(first, at_least()?)),
        ("edits", None) => Ok(Term::Edits(first, at_most()?)),
        ("begins", None) => bare(Term::Begins(first)),
        ("digit_slip", None) => bare(Term::DateSlip(first, Slip::Digits)),
        ("day_month_swap", None) => bare(Term::DateSlip(first, Slip::DayMonth)),
        ("era_slip", None) => bare(Term::DateSlip(first, Slip::Era)),
        ("days", None) => Ok(Term::Days(first, at_most()?)),
        ("years", None) => Ok(Term::Years(first, at_most()?)),
        _ => Err(refuse(
            "same, differ, begins, digit_slip, day_month_swap, era_slip (one view), swapped, crossed (two views), \
             is (view, value), jaro_winkler, jaro (>= 0.9), edits, days, years (<= 1)",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_or_refused_with_their_place() {
        let read = condition("x", "same(a) & jaro_winkler(b.c) >= 0.9 | swapped(a, b)").unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0][1], Term::JaroWinkler("b.c".into(), 0.9));
        let read = condition("x", "differ(a) & is(sex, f)").unwrap();
        assert_eq!(read[0][1], Term::Is("sex".into(), "f".into()));
        for wrong in [
            "is(sex)",
            "same",
            "same()",
            "edits(a)",
            "edits(a) <= x",
            "swapped(a)",
            "like(a)",
            "same(a) >= 1",
            "jaro(a) >= 2",
        ] {
            let error = condition("level 1", wrong).unwrap_err().to_string();
            assert!(error.starts_with("level 1: “") && error.contains("expected"), "{error}");
        }
    }
}
