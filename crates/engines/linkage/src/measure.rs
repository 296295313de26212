//! Tests of two texts: what the marks tell, and what has to be measured.

use crate::{
    expr::Slip,
    mark::Mark,
    text::{DateSlip, Scratch, days_apart, text_slip, years_apart},
};

/// One test of two records; columns by number.
#[derive(Clone, Debug)]
pub enum Test {
    /// Two columns in each other's place.
    Swapped(usize, usize),
    /// One column in the place of the other, one way at least.
    Crossed(usize, usize),
    /// Jaro–Winkler similarity of at least so much.
    JaroWinkler(usize, f32),
    /// Jaro similarity of at least so much.
    Jaro(usize, f32),
    /// At most so many edits.
    Edits(usize, u32),
    /// One begins the other.
    Begins(usize),
    /// A slip of a date.
    Slip(usize, Slip),
    /// Days at most so far apart.
    Days(usize, u32),
    /// Years at most so far apart.
    Years(usize, u32),
    /// The id of the first record, or of the second where the first has none.
    Is(usize, u32),
}

impl Test {
    /// The columns that it looks at, as a mask.
    pub fn columns(&self) -> u32 {
        match *self {
            Self::Swapped(x, y) | Self::Crossed(x, y) => 1 << x | 1 << y,
            // It says of whom the comparison is, not whether there is something to compare.
            Self::Is(..) => 0,
            _ => self.measured().map_or(0, |column| 1 << column),
        }
    }

    /// The column whose texts it measures; none where ids alone tell.
    pub fn measured(&self) -> Option<usize> {
        match *self {
            Self::Swapped(..) | Self::Crossed(..) | Self::Is(..) => None,
            Self::JaroWinkler(x, _)
            | Self::Jaro(x, _)
            | Self::Edits(x, _)
            | Self::Begins(x)
            | Self::Slip(x, _)
            | Self::Days(x, _)
            | Self::Years(x, _) => Some(x),
        }
    }

    /// The outcome, where the marks of two texts that differ tell it.
    pub fn at_a_glance(&self, a: Mark, b: Mark) -> Option<bool> {
        let possible = match self {
            Self::JaroWinkler(_, at) | Self::Jaro(_, at) => a.similarity_at_most(b) >= *at,
            Self::Edits(_, most) => a.edits_at_least(b) <= *most,
            Self::Begins(_) => a.may_begin(b),
            Self::Slip(..) => return a.slip(b).map(|slip| self.reached(slip_number(slip))),
            Self::Days(..) | Self::Years(..) | Self::Swapped(..) | Self::Crossed(..) | Self::Is(..) => true,
        };
        (!possible).then_some(false)
    }

    /// Tests of one kind on one dictionary remember together; of edits with one limit.
    pub fn memo_kind(&self, domain: usize) -> u64 {
        let kind = match self {
            Self::JaroWinkler(..) => 1,
            Self::Jaro(..) => 2,
            Self::Edits(_, most) => 8 + u64::from(*most),
            Self::Begins(..) => 4,
            Self::Slip(..) => 5,
            Self::Days(..) => 6,
            Self::Years(..) => 7,
            Self::Swapped(..) | Self::Crossed(..) | Self::Is(..) => 0,
        };
        kind << 8 | domain as u64
    }

    /// What it measures of two texts, as a number to be remembered.
    pub fn measure(&self, scratch: &mut Scratch, a: &str, b: &str) -> f32 {
        match self {
            Self::JaroWinkler(..) => scratch.jaro_winkler(a, b),
            Self::Jaro(..) => scratch.jaro(a, b),
            Self::Edits(_, most) => scratch.edits_within(a, b, *most) as f32,
            Self::Begins(_) => f32::from(u8::from(Scratch::begins(a, b))),
            Self::Slip(..) => slip_number(text_slip(a, b)),
            Self::Days(..) => days_apart(a, b).map_or(f32::MAX, |days| days as f32),
            Self::Years(..) => years_apart(a, b).map_or(f32::MAX, |years| years as f32),
            Self::Swapped(..) | Self::Crossed(..) | Self::Is(..) => 0.0,
        }
    }

    /// Whether that number fulfils it.
    pub fn reached(&self, value: f32) -> bool {
        match self {
            Self::JaroWinkler(_, at) | Self::Jaro(_, at) => value >= *at,
            Self::Edits(_, most) | Self::Days(_, most) | Self::Years(_, most) => value <= *most as f32,
            Self::Begins(_) => value > 0.0,
            Self::Slip(_, Slip::Digits) => value > 0.0 && value < 3.0,
            Self::Slip(_, Slip::DayMonth) => value == 2.0,
            Self::Slip(_, Slip::Era) => value == 3.0,
            Self::Swapped(..) | Self::Crossed(..) | Self::Is(..) => false,
        }
    }
}

fn slip_number(slip: Option<DateSlip>) -> f32 {
    match slip {
        None => 0.0,
        Some(DateSlip::OneDigit | DateSlip::DigitsSwapped) => 1.0,
        Some(DateSlip::DayMonth) => 2.0,
        Some(DateSlip::Era) => 3.0,
    }
}
