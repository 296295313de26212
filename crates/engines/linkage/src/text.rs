//! How alike two texts are.

#![expect(
    clippy::indexing_slicing,
    reason = "every index is a position in a text whose length bounds the loop"
)]

/// Buffers for comparing texts without allocating.
#[derive(Debug, Default)]
pub struct Scratch {
    a: Vec<u32>,
    b: Vec<u32>,
    rows: [Vec<u32>; 3],
}

impl Scratch {
    /// Jaro–Winkler similarity, 0 to 1: Jaro's, raised by 0.1 for each of up to four equal first characters where Jaro's is
    /// above 0.7 (Winkler 1990). Texts longer than 64 characters are compared by their first 64.
    pub fn jaro_winkler(&mut self, a: &str, b: &str) -> f32 {
        let jaro = self.jaro(a, b);
        if jaro <= 0.7 {
            return jaro;
        }
        let prefix = self.a.iter().zip(&self.b).take(4).take_while(|(x, y)| x == y).count();
        jaro + prefix as f32 * 0.1 * (1.0 - jaro)
    }

    /// Jaro similarity, 0 to 1.
    pub fn jaro(&mut self, a: &str, b: &str) -> f32 {
        self.read(a, b);
        let (a, b) = (&self.a[..self.a.len().min(64)], &self.b[..self.b.len().min(64)]);
        if a.is_empty() || b.is_empty() {
            return if a.len() == b.len() { 1.0 } else { 0.0 };
        }
        let window = (a.len().max(b.len()) / 2).saturating_sub(1);
        let (mut in_a, mut in_b) = (0_u64, 0_u64);
        for (i, x) in a.iter().enumerate() {
            for (j, y) in b.iter().enumerate().take(i + window + 1).skip(i.saturating_sub(window)) {
                if in_b & (1 << j) == 0 && x == y {
                    in_a |= 1 << i;
                    in_b |= 1 << j;
                    break;
                }
            }
        }
        let common = in_a.count_ones();
        if common == 0 {
            return 0.0;
        }
        let (mut left, mut right, mut moved) = (in_a, in_b, 0);
        while left != 0 {
            moved += u32::from(a[left.trailing_zeros() as usize] != b[right.trailing_zeros() as usize]);
            left &= left - 1;
            right &= right - 1;
        }
        let common = common as f32;
        let transposed = (moved / 2) as f32;
        (common / a.len() as f32 + common / b.len() as f32 + (common - transposed) / common) / 3.0
    }

    /// Edits between two texts: insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
    pub fn edits(&mut self, a: &str, b: &str) -> u32 {
        self.read(a, b);
        let (a, b) = (&self.a, &self.b);
        let [before, last, next] = &mut self.rows;
        for row in [&mut *before, &mut *last, &mut *next] {
            row.clear();
            row.extend(0..=b.len() as u32);
        }
        for i in 1..=a.len() {
            next[0] = i as u32;
            for j in 1..=b.len() {
                let cost = u32::from(a[i - 1] != b[j - 1]);
                let mut best = (last[j] + 1).min(next[j - 1] + 1).min(last[j - 1] + cost);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(before[j - 2] + 1);
                }
                next[j] = best;
            }
            std::mem::swap(before, last);
            std::mem::swap(last, next);
        }
        last[b.len()]
    }

    /// Edits between two texts as [`Scratch::edits`] counts them, up to a limit: one more than the limit where there are more.
    pub fn edits_within(&mut self, a: &str, b: &str, most: u32) -> u32 {
        let limit = most as usize;
        self.read(a, b);
        let (mut a, mut b) = (&self.a[..], &self.b[..]);
        if a.len().abs_diff(b.len()) > limit {
            return most + 1;
        }
        // What is equal at both ends costs nothing.
        let begin = a.iter().zip(b).take_while(|(x, y)| x == y).count();
        (a, b) = (&a[begin..], &b[begin..]);
        let end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
        (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
        if a.is_empty() || b.is_empty() {
            return (a.len().max(b.len()) as u32).min(most + 1);
        }
        let [before, last, next] = &mut self.rows;
        for row in [&mut *before, &mut *last, &mut *next] {
            row.clear();
            row.extend(0..=b.len() as u32);
        }
        for i in 1..=a.len() {
            let (from, until) = (i.saturating_sub(limit).max(1), (i + limit).min(b.len()));
            // Outside the band there are too many edits already.
            next[from - 1] = if from == 1 { i as u32 } else { most + 1 };
            let mut least = next[from - 1];
            for j in from..=until {
                let cost = u32::from(a[i - 1] != b[j - 1]);
                let above = if j + 1 > i + limit { most + 1 } else { last[j] };
                let mut best = (above + 1).min(next[j - 1] + 1).min(last[j - 1] + cost);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(before[j - 2] + 1);
                }
                next[j] = best;
                least = least.min(best);
            }
            // A swap looks back two rows.
            let earlier = last[from.saturating_sub(2)..=until].iter().copied().min().unwrap_or_default();
            if least > most && earlier > most {
                return most + 1;
            }
            std::mem::swap(before, last);
            std::mem::swap(last, next);
        }
        last[b.len()].min(most + 1)
    }

    /// Whether the shorter text, of at least one character, begins the longer one.
    pub fn begins(a: &str, b: &str) -> bool {
        let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
        !short.is_empty() && long.starts_with(short)
    }

    fn read(&mut self, a: &str, b: &str) {
        for (buffer, text) in [(&mut self.a, a), (&mut self.b, b)] {
            buffer.clear();
            if text.is_ascii() {
                buffer.extend(text.bytes().map(u32::from));
            } else {
                buffer.extend(text.chars().map(u32::from));
            }
        }
    }
}

/// How two days that differ may yet be one, written wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateSlip {
    /// One digit is another.
    OneDigit,
    /// Two neighbouring digits stand in the wrong order.
    DigitsSwapped,
    /// Day and month stand in each other's place.
    DayMonth,
    /// The year of one era was read as that year of another (昭和55 for 平成55 …): month and day agree.
    Era,
}

/// The slip that leads from one `yyyyMMdd` to the other, if one of the usual ones does.
pub fn date_slip(a: [u8; 8], b: [u8; 8]) -> Option<DateSlip> {
    let differing = u64::from_le_bytes(a) ^ u64::from_le_bytes(b);
    if differing == 0 {
        return None;
    }
    let first = differing.trailing_zeros() as usize / 8;
    let last = 7 - differing.leading_zeros() as usize / 8;
    if first == last {
        return Some(DateSlip::OneDigit);
    }
    if last < 4 && era_apart(number(&a[..4])?, number(&b[..4])?) {
        return Some(DateSlip::Era);
    }
    if first >= 4 && a[4..6] == b[6..] && a[6..] == b[4..6] {
        return Some(DateSlip::DayMonth);
    }
    let swapped = last == first + 1 && a[first] == b[last] && a[last] == b[first];
    swapped.then_some(DateSlip::DigitsSwapped)
}

/// The slip between two texts, which may be no days.
pub fn text_slip(a: &str, b: &str) -> Option<DateSlip> {
    date_slip(a.as_bytes().try_into().ok()?, b.as_bytes().try_into().ok()?)
}

/// Whether two Western years carry the same number in two eras.
fn era_apart(a: u32, b: u32) -> bool {
    // The years before each era's first: Meiji, Taisho, Showa, Heisei, Reiwa.
    const BEFORE: [u32; 5] = [1867, 1911, 1925, 1988, 2018];
    let (early, late) = (a.min(b), a.max(b));
    BEFORE.iter().enumerate().any(|(place, &first)| {
        // The later year may name itself by the wrong era, so only the earlier must be possible in its own.
        let length = BEFORE.get(place + 1).map_or(99, |next| next - first + 1);
        early > first
            && early - first <= length
            && BEFORE.iter().skip(place + 1).any(|&other| late > other && late - other == early - first)
    })
}

/// The days between two `yyyyMMdd`; `None` where one is no day.
pub fn days_apart(a: &str, b: &str) -> Option<u32> {
    let day = |text: &str| calendar::Date::from_compact(text).ok().map(calendar::Date::to_days);
    Some(day(a)?.abs_diff(day(b)?))
}

/// The difference of the first four digits, the years.
pub fn years_apart(a: &str, b: &str) -> Option<u32> {
    Some(number(a.as_bytes().get(..4)?)?.abs_diff(number(b.as_bytes().get(..4)?)?))
}

/// The number that ASCII digits write; `None` for other bytes and for more than nine.
pub fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

/// The Soundex code of a Latin name (US National Archives: h and w do not part equal codes); empty without a letter.
pub fn soundex(name: &str) -> String {
    let code = |c: u8| match c {
        b'b' | b'f' | b'p' | b'v' => b'1',
        b'c' | b'g' | b'j' | b'k' | b'q' | b's' | b'x' | b'z' => b'2',
        b'd' | b't' => b'3',
        b'l' => b'4',
        b'm' | b'n' => b'5',
        b'r' => b'6',
        _ => b'0',
    };
    let letters: Vec<u8> =
        name.bytes().filter(u8::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    let Some((&first, rest)) = letters.split_first() else { return String::new() };
    let mut out = String::from(char::from(first));
    let mut last = code(first);
    for &c in rest {
        let next = code(c);
        if next != b'0' && next != last {
            out.push(char::from(next));
            if out.len() == 4 {
                break;
            }
        }
        if !matches!(c, b'h' | b'w') {
            last = next;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_examples() {
        let mut s = Scratch::default();
        let near =
            |found: f32, expected: f32| assert!((found - expected).abs() < 0.0006, "{found} {expected}");
        // Winkler 1994, table of examples.
        near(s.jaro_winkler("martha", "marhta"), 0.961);
        near(s.jaro_winkler("dwayne", "duane"), 0.840);
        near(s.jaro_winkler("dixon", "dicksonx"), 0.813);
        assert_eq!((s.edits("ca", "abc"), s.edits("高橋", "高橋一"), s.edits("abcd", "abdc")), (3, 1, 1));
        for (name, code) in
            [("Robert", "r163"), ("Ashcraft", "a261"), ("Tymczak", "t522"), ("Pfister", "p236")]
        {
            assert_eq!(soundex(name), code);
        }
    }

    #[test]
    fn slips_of_dates() {
        assert_eq!(text_slip("19800312", "19800313"), Some(DateSlip::OneDigit));
        assert_eq!(text_slip("19800312", "19801203"), Some(DateSlip::DayMonth));
        assert_eq!(text_slip("19800312", "20430312"), Some(DateSlip::Era));
        assert_eq!(text_slip("19350401", "19980401"), Some(DateSlip::Era));
        assert_eq!(text_slip("19220401", "19360401"), Some(DateSlip::Era));
        assert_eq!(text_slip("19801231", "19801213"), Some(DateSlip::DigitsSwapped));
        assert_eq!(text_slip("19801231", "19750102"), None);
    }

    proptest! {
        #[test]
        fn similarity_is_symmetric_and_bounded(a in "[a-d]{0,9}", b in "[a-d]{0,9}") {
            let mut s = Scratch::default();
            let (one, other) = (s.jaro_winkler(&a, &b), s.jaro_winkler(&b, &a));
            prop_assert!((0.0..=1.0).contains(&one) && (one - other).abs() < 0.06);
            prop_assert_eq!(s.edits(&a, &b), s.edits(&b, &a));
            prop_assert_eq!(s.edits(&a, &b) == 0, a == b);
            for most in 0..5 {
                prop_assert_eq!(s.edits_within(&a, &b, most), s.edits(&a, &b).min(most + 1));
            }
        }
    }
}
