//! The numeric form: `shc:/` and two digits a character, in one chunk or several.

use crate::problem::{Code, Problem};

/// The most characters of a JWS in one chunk of several (version 22 at level L).
const MOST_IN_CHUNK: usize = 1191;
/// The most characters of a JWS in a single code.
pub(crate) const MOST_IN_ONE: usize = 1195;
/// More chunks than any card needs.
const MOST_CHUNKS: usize = 100;
const PREFIX: &str = "shc:/";

/// A JWS as the texts of its QR codes: one where it fits, else chunks of even length.
pub fn chunks(jws: &str) -> Vec<String> {
    if jws.len() <= MOST_IN_ONE {
        return vec![format!("{PREFIX}{}", digits(jws))];
    }
    let count = jws.len().div_ceil(MOST_IN_CHUNK);
    let (size, longer) = (jws.len() / count, jws.len() % count);
    let mut rest = jws;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let length = size + usize::from(found.len() < longer);
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        found.push(format!("{PREFIX}{}/{count}/{}", found.len() + 1, digits(part)));
        rest = after;
    }
    found
}

/// The JWS of one or several texts, in any order.
pub fn join(texts: &[String], problems: &mut Vec<Problem>) -> Option<String> {
    let mut parts: Vec<Option<String>> = Vec::new();
    for text in texts {
        let trimmed = text.trim();
        if trimmed != text {
            problems.push(Problem::warning(Code::TrailingCharacters, "white space around the digits"));
        }
        let Some(body) = trimmed.strip_prefix(PREFIX) else {
            problems.push(Problem::error(Code::NumericHeader, "does not begin with shc:/"));
            return None;
        };
        let (number, count, digits) = match header(body) {
            Ok(header) => header,
            Err(problem) => {
                problems.push(problem);
                return None;
            }
        };
        if count == 1 && body.contains('/') {
            problems.push(Problem::warning(Code::NumericHeader, "a single chunk needs no number"));
        }
        let most = if count == 1 { MOST_IN_ONE } else { MOST_IN_CHUNK };
        if digits.len() / 2 > most {
            problems.push(Problem::error(
                Code::Numeric,
                format!("chunk {number} holds {} characters, at most {most} are expected", digits.len() / 2),
            ));
        }
        let part = match characters(digits) {
            Ok(part) => part,
            Err(problem) => {
                problems.push(problem);
                return None;
            }
        };
        if parts.is_empty() {
            parts.resize(count, None);
        }
        if parts.len() != count {
            problems.push(Problem::error(Code::NumericHeader, "the chunks disagree on their number"));
            return None;
        }
        match parts.get_mut(number - 1) {
            Some(slot @ None) => *slot = Some(part),
            _ => {
                problems.push(Problem::error(Code::NumericHeader, format!("chunk {number} comes twice")));
                return None;
            }
        }
    }
    if let Some(missing) = parts.iter().position(Option::is_none) {
        problems
            .push(Problem::error(Code::MissingChunk, format!("chunk {} of {}", missing + 1, parts.len())));
        return None;
    }
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let jws = parts.concat();
    if parts.len() > 1 && jws.len() <= MOST_IN_ONE {
        problems.push(Problem::warning(Code::UnnecessaryChunks, "one code holds it"));
    }
    let lengths = parts.iter().map(String::len);
    if lengths.clone().max().unwrap_or(0) - lengths.min().unwrap_or(0) > 1 {
        problems.push(Problem::warning(Code::UnbalancedChunks, "the chunks should be of one length"));
    }
    Some(jws)
}

/// Number, count and digits of `n/m/digits` or `digits`.
fn header(body: &str) -> Result<(usize, usize, &str), Problem> {
    let mut parts = body.split('/');
    let found = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(digits), None, ..) => Some((1, 1, digits)),
        (Some(number), Some(count), Some(digits), None) => {
            number.parse().ok().zip(count.parse().ok()).map(|(n, c)| (n, c, digits))
        }
        _ => None,
    };
    found.filter(|(number, count, _)| (1..=*count).contains(number) && *count <= MOST_CHUNKS).ok_or_else(
        || Problem::error(Code::NumericHeader, "shc:/ and digits, or shc:/n/m/ and digits, is expected"),
    )
}

fn digits(text: &str) -> String {
    text.bytes().map(|byte| format!("{:02}", byte.saturating_sub(45))).collect()
}

fn characters(digits: &str) -> Result<String, Problem> {
    let wrong = |text: String| Problem::error(Code::Numeric, text);
    if !digits.len().is_multiple_of(2) {
        return Err(wrong("an odd number of digits".to_owned()));
    }
    let bytes = digits.as_bytes();
    let mut text = String::with_capacity(digits.len() / 2);
    for pair in bytes.chunks_exact(2) {
        let value = pair
            .iter()
            .try_fold(0_u8, |value, digit| digit.is_ascii_digit().then(|| value * 10 + (digit - b'0')));
        match value.filter(|value| *value <= 77) {
            Some(value) => text.push(char::from(value + 45)),
            None => {
                return Err(wrong(format!(
                    "{:?}: pairs from 00 to 77 are expected",
                    String::from_utf8_lossy(pair)
                )));
            }
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_cut_is_joined(length in 1_usize..6_000, seed in 0_u8..60) {
            let alphabet: Vec<char> =
                ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_', '.']).collect();
            let jws: String =
                (0..length).map(|n| alphabet[(n * 7 + usize::from(seed)) % alphabet.len()]).collect();
            let mut texts = chunks(&jws);
            texts.reverse();
            let mut problems = Vec::new();
            proptest::prop_assert_eq!(join(&texts, &mut problems), Some(jws));
            proptest::prop_assert!(problems.is_empty(), "{:?}", problems);
        }

        #[test]
        fn anything_is_read_without_panic(texts in proptest::collection::vec("shc:/[0-9/]{0,40}|.{0,30}", 0..4)) {
            let _ = join(&texts, &mut Vec::new());
        }
    }
}
