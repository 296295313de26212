//! Finding a My Number in text where none may be.

use std::ops::Range;

use super::check::my_number_check_digit;

/// How many digits a My Number has.
const DIGITS: usize = 12;

/// The most separators between two groups of digits ("1234 - 5678").
const SEPARATOR_LIMIT: usize = 3;

/// The byte range of the first My Number in `text`, where there is one.
///
/// Looked for: twelve digits, half or full width, with a valid check digit, either unbroken and not inside a
/// longer run of digits, or in groups joined by the same separator (spaces or hyphens of any width), twelve in
/// all. A date or telephone number in front, joined by another separator, does not hide it. Three groups of four
/// are also found beside groups of another length; beside a fourth group of four they are a card number.
///
/// One other twelve-digit number in eleven passes the check: the caller exempts fields of known identifiers.
#[must_use]
pub fn find_my_number(text: &str) -> Option<Range<usize>> {
    let mut groups = Groups { text, at: 0 };
    let mut run: Vec<Group> = Vec::new();
    // Whether the first group of the run also ends the run before it.
    let mut shared = false;
    loop {
        let group = groups.next();
        let joint = group.and_then(|g| g.joint);
        let goes_on =
            joint.is_some() && (run.len() == 1 || run.last().is_some_and(|last| last.joint == joint));
        if !goes_on {
            let without_first = run.get(1..).filter(|_| shared);
            if let Some(found) = in_run(&run).or_else(|| without_first.and_then(whole)) {
                return Some(found);
            }
            shared = joint.is_some();
            run.drain(..run.len().saturating_sub(usize::from(shared)));
        }
        run.push(group?);
    }
}

/// A full-width digit as its ASCII digit; everything else as it is.
pub(super) fn narrow_digit(character: char) -> char {
    match character {
        '０'..='９' => char::from_u32(u32::from(character) - 0xFF10 + 0x30).unwrap_or(character),
        other => other,
    }
}

/// Groups that separators join.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    Space,
    Hyphen,
}

/// An unbroken run of digits, and how it is joined to the group before it.
#[derive(Clone, Copy)]
struct Group {
    joint: Option<Joint>,
    start: usize,
    end: usize,
    digits: [u8; DIGITS],
    /// How many digits; only the first twelve are kept.
    count: usize,
}

/// A My Number in a run of groups that the same separator joins.
fn in_run(run: &[Group]) -> Option<Range<usize>> {
    run.iter().map(std::slice::from_ref).chain([run]).find_map(whole).or_else(|| {
        let mut fours = run.windows(3).enumerate().filter(|(_, window)| window.iter().all(is_four));
        fours.find_map(|(start, window)| {
            let before = start.checked_sub(1).and_then(|i| run.get(i));
            let after = run.get(start + 3);
            let alone = !before.is_some_and(is_four) && !after.is_some_and(is_four);
            alone.then(|| whole(window)).flatten()
        })
    })
}

fn is_four(group: &Group) -> bool {
    group.count == 4
}

/// The place of these groups, where they are, all together, a My Number.
fn whole(groups: &[Group]) -> Option<Range<usize>> {
    if groups.iter().map(|g| g.count).sum::<usize>() != DIGITS {
        return None;
    }
    let mut digits = [0; DIGITS];
    let all = groups.iter().flat_map(|g| g.digits.iter().take(g.count));
    digits.iter_mut().zip(all).for_each(|(slot, digit)| *slot = *digit);
    let (last, first) = digits.split_last()?;
    let valid = my_number_check_digit(first.try_into().ok()?) == *last;
    valid.then_some(groups.first()?.start..groups.last()?.end)
}

/// The groups of digits of a text, one by one.
struct Groups<'a> {
    text: &'a str,
    at: usize,
}

impl Iterator for Groups<'_> {
    type Item = Group;

    fn next(&mut self) -> Option<Group> {
        let rest = self.text.get(self.at..)?;
        let (offset, _) = rest.char_indices().find(|(_, c)| digit(*c).is_some())?;
        let joint = if self.at == 0 { None } else { joint(rest.get(..offset)?) };
        let start = self.at + offset;
        let mut group = Group { joint, start, end: start, digits: [0; DIGITS], count: 0 };
        for character in self.text.get(start..)?.chars() {
            let Some(value) = digit(character) else { break };
            if let Some(slot) = group.digits.get_mut(group.count) {
                *slot = value;
            }
            group.count += 1;
            group.end += character.len_utf8();
        }
        self.at = group.end;
        Some(group)
    }
}

fn digit(character: char) -> Option<u8> {
    narrow_digit(character).to_digit(10).and_then(|d| u8::try_from(d).ok())
}

/// What the text between two groups joins them as; nothing, where it is no separator.
fn joint(between: &str) -> Option<Joint> {
    let mut hyphen = false;
    for (count, character) in between.chars().enumerate() {
        match character {
            ' ' | '\u{3000}' | '\u{00A0}' | '\t' => {}
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '－' | 'ー' | 'ｰ' => hyphen = true,
            _ => return None,
        }
        if count >= SEPARATOR_LIMIT {
            return None;
        }
    }
    Some(if hyphen { Joint::Hyphen } else { Joint::Space })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Option<&str> {
        find_my_number(text).map(|range| &text[range])
    }

    #[test]
    fn spellings_of_a_my_number() {
        for number in [
            "123456789018",
            "621498320257",
            "１２３４５６７８９０１８",
            "1234 5678 9018",
            "1234-5678-9018",
            "１２３４－５６７８－９０１８",
            "1234　5678　9018",
            "1234 - 5678 - 9018",
            "1 2 3 4 5 6 7 8 9 0 1 8",
            "123456 789018",
        ] {
            for (before, after) in
                [("", ""), ("番号は", "です"), ("a1 x", "。"), ("2026-11-22 ", ""), ("No.5,", "、60代")]
            {
                assert_eq!(
                    found(&format!("{before}{number}{after}")),
                    Some(number),
                    "{before}{number}{after}"
                );
            }
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "",
            "123456789012",
            "0123456789018",
            "1234567890180",
            "1234-5678-9018-5555",
            "4321-1234-5678-9018",
            "1234,5678,9018",
            "12345678901",
            "1234-5678 9018",
            "090-1234-5678",
            "2026-11-22T14:05:00+09:00",
            "00012345:あいう:１８７:05",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn three_fours_beside_another_group() {
        assert_eq!(found("12 1234 5678 9018"), Some("1234 5678 9018"));
        assert_eq!(found("03-1234-5678-9018"), Some("1234-5678-9018"));
    }

    proptest! {
        #[test]
        fn never_panics_and_finds_only_valid(text in "[0-9０-９ 　\\-－‐a]{0,40}") {
            if let Some(range) = find_my_number(&text) {
                let digits: Vec<u8> = text[range.clone()].chars().filter_map(digit).collect();
                prop_assert_eq!(digits.len(), 12);
                prop_assert_eq!(my_number_check_digit(digits[..11].try_into().unwrap()), digits[11]);
                prop_assert!(text[..range.start].chars().next_back().is_none_or(|c| digit(c).is_none()));
                prop_assert!(text[range.end..].chars().next().is_none_or(|c| digit(c).is_none()));
            }
        }

        #[test]
        fn finds_it_anywhere(body in prop::array::uniform11(0u8..10), before in "[^0-9０-９]{0,12}",
                             after in "[^0-9０-９]{0,12}", wide: bool) {
            let number: String = body.iter().chain([&my_number_check_digit(&body)])
                .map(|d| char::from(b'0' + d))
                .map(|c| if wide { char::from_u32(u32::from(c) - 0x30 + 0xFF10).unwrap() } else { c })
                .collect();
            let text = format!("{before}{number}{after}");
            prop_assert_eq!(found(&text), Some(number.as_str()));
        }

        #[test]
        fn not_inside_a_longer_run(digits in "[0-9]{13,40}") {
            prop_assert_eq!(find_my_number(&digits), None);
        }
    }
}
