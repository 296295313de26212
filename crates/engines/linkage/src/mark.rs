//! Marks of texts: sixteen bytes that tell of most texts, without reading them, that they are too far apart.

use crate::text::{DateSlip, date_slip};

/// What is known of a text at a glance: which characters it has, how many, and how it begins.
///
/// Every bound that it gives is one of the exact measures of [`crate::Scratch`]: what is refused here would be refused there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// A bit for each character and each time that it came again, and above them the length.
    set: u64,
    /// The first eight bytes, the first lowest.
    head: u64,
}

/// Bits for characters; the length has the rest.
const BITS: u32 = 58;
const CHARACTERS: u64 = (1 << BITS) - 1;
/// Texts of so many characters and more are not told at a glance.
const LONG: u32 = 63;

impl Mark {
    /// The mark of a text.
    pub fn of(text: &str) -> Self {
        let mut head = [0; 8];
        head.iter_mut().zip(text.bytes()).for_each(|(to, byte)| *to = byte);
        let head = u64::from_le_bytes(head);
        let length = text.chars().take(LONG as usize).count() as u32;
        if length == LONG {
            return Self { set: u64::from(LONG) << BITS, head };
        }
        let mut set = u64::from(length) << BITS;
        for (at, c) in text.chars().enumerate() {
            let again = text.chars().take(at).filter(|other| *other == c).count() as u32;
            set |= 1 << bit(c, again);
        }
        Self { set, head }
    }

    fn length(self) -> u32 {
        (self.set >> BITS) as u32
    }

    /// Characters that only one of the two has, for each.
    fn apart(self, other: Self) -> (u32, u32) {
        let only = |x: Self, y: Self| (x.set & !y.set & CHARACTERS).count_ones();
        (only(self, other), only(other, self))
    }

    /// The most that the Jaro–Winkler similarity of two texts can be; of Jaro's too.
    pub fn similarity_at_most(self, other: Self) -> f32 {
        let (a, b) = (self.length(), other.length());
        if a == LONG || b == LONG {
            return 1.0;
        }
        let (only_a, only_b) = self.apart(other);
        let common = (a - only_a).min(b - only_b) as f32;
        if common == 0.0 {
            return if a == b && a == 0 { 1.0 } else { 0.0 };
        }
        let jaro = (common / a as f32 + common / b as f32 + 1.0) / 3.0;
        let begin = ((self.head ^ other.head).trailing_zeros() / 8).min(4) as f32;
        // A hair above, for what is lost in rounding.
        jaro + begin * 0.1 * (1.0 - jaro) + 1e-6
    }

    /// The fewest edits that lead from one text to the other.
    pub fn edits_at_least(self, other: Self) -> u32 {
        let (a, b) = (self.length(), other.length());
        if a == LONG || b == LONG {
            return 0;
        }
        let (only_a, only_b) = self.apart(other);
        only_a.max(only_b).max(a.abs_diff(b))
    }

    /// Whether the shorter text may begin the longer one.
    pub fn may_begin(self, other: Self) -> bool {
        let bytes = |mark: Self| 8 - mark.head.leading_zeros() / 8;
        let shorter = bytes(self).min(bytes(other));
        let mask = u64::MAX.checked_shr(64 - shorter * 8).unwrap_or_default();
        shorter > 0 && (self.head ^ other.head) & mask == 0
    }

    /// The slip that leads from one day to the other; `None` when a text is not eight plain characters.
    pub fn slip(self, other: Self) -> Option<Option<DateSlip>> {
        let day = |mark: Self| mark.length() == 8 && mark.head & 0x8080_8080_8080_8080 == 0;
        (day(self) && day(other)).then(|| date_slip(self.head.to_le_bytes(), other.head.to_le_bytes()))
    }
}

/// The bit of a character that came so often before: letters and digits have one of their own the first time.
fn bit(c: char, again: u32) -> u32 {
    match (c, again) {
        ('a'..='z', 0) => c as u32 - 'a' as u32,
        ('0'..='9', 0) => 26 + c as u32 - '0' as u32,
        _ => {
            let (from, room) = if c.is_ascii() { (36, u64::from(BITS) - 36) } else { (0, u64::from(BITS)) };
            let hash =
                (u64::from(c as u32) * 31 + u64::from(again)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
            from + ((hash * room) >> 32) as u32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Scratch;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bounds_hold(a in "([a-e0-2]|[あ-え]){0,10}", b in "([a-e0-2]|[あ-え]){0,10}") {
            let (x, y, mut exact) = (Mark::of(&a), Mark::of(&b), Scratch::default());
            prop_assert!(x.similarity_at_most(y) >= exact.jaro_winkler(&a, &b));
            prop_assert!(x.similarity_at_most(y) >= exact.jaro(&a, &b));
            prop_assert!(x.edits_at_least(y) <= exact.edits(&a, &b));
            prop_assert!(x.may_begin(y) || !Scratch::begins(&a, &b));
        }

        #[test]
        fn slips_are_read_from_marks(a in "[0-2]{8}", b in "[0-2]{8}", other in "[0-9年]{0,9}") {
            let bytes = |text: &str| <[u8; 8]>::try_from(text.as_bytes()).unwrap();
            prop_assert_eq!(Mark::of(&a).slip(Mark::of(&b)), Some(date_slip(bytes(&a), bytes(&b))));
            prop_assert_eq!(Mark::of(&a).slip(Mark::of(&other)).is_some(), other.len() == 8 && other.is_ascii());
        }
    }
}
