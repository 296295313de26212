//! Forms of primitive values (R4 §2.24.0.1).

use crate::{definitions::Primitive, tree::Node};

/// Whether a JSON value has the form of a primitive.
pub(super) fn fits(of: Primitive, value: &Node) -> bool {
    match (of, value) {
        (Primitive::Boolean, Node::Bool(_)) => true,
        (Primitive::Integer, Node::Number(n)) => n.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
        (Primitive::UnsignedInt, Node::Number(n)) => {
            n.as_i64().is_some_and(|n| (0..=i64::from(i32::MAX)).contains(&n))
        }
        (Primitive::PositiveInt, Node::Number(n)) => {
            n.as_i64().is_some_and(|n| (1..=i64::from(i32::MAX)).contains(&n))
        }
        (Primitive::Decimal, Node::Number(_)) => true,
        (
            Primitive::Boolean
            | Primitive::Integer
            | Primitive::UnsignedInt
            | Primitive::PositiveInt
            | Primitive::Decimal,
            _,
        ) => false,
        (_, Node::String(text)) => text_fits(of, text),
        _ => false,
    }
}

/// The name that a message gives a primitive.
pub(super) fn name(of: Primitive) -> &'static str {
    match of {
        Primitive::Boolean => "boolean (true, false)",
        Primitive::Integer => "integer (32 bits)",
        Primitive::PositiveInt => "positiveInt (1 to 2147483647)",
        Primitive::UnsignedInt => "unsignedInt (0 to 2147483647)",
        Primitive::Decimal => "decimal",
        Primitive::String => "string",
        Primitive::Markdown => "markdown",
        Primitive::Code => "code (no space at its ends, single spaces inside)",
        Primitive::Id => "id ([A-Za-z0-9-.]{1,64})",
        Primitive::Uri => "uri",
        Primitive::Url => "url",
        Primitive::Canonical => "canonical",
        Primitive::Oid => "oid (urn:oid:…)",
        Primitive::Uuid => "uuid (urn:uuid:…)",
        Primitive::Base64 => "base64Binary",
        Primitive::Date => "date (YYYY, YYYY-MM, YYYY-MM-DD)",
        Primitive::DateTime => "dateTime (a time has seconds and a zone)",
        Primitive::Instant => "instant (YYYY-MM-DDThh:mm:ss with a zone)",
        Primitive::Time => "time (hh:mm:ss)",
        Primitive::Xhtml => "xhtml",
    }
}

fn text_fits(of: Primitive, text: &str) -> bool {
    match of {
        Primitive::String | Primitive::Markdown => {
            !text.trim().is_empty() && !text.chars().any(|c| c < ' ' && !matches!(c, '\t' | '\n' | '\r'))
        }
        Primitive::Code => {
            let spaces = |c: char| c.is_whitespace();
            !text.is_empty()
                && text.trim() == text
                && !text.chars().any(|c| spaces(c) && c != ' ')
                && !text.contains("  ")
        }
        Primitive::Id => {
            (1..=64).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
        }
        Primitive::Uri | Primitive::Url | Primitive::Canonical => {
            !text.is_empty() && !text.chars().any(char::is_whitespace) && urn_fits(text)
        }
        Primitive::Oid => text.strip_prefix("urn:oid:").is_some_and(oid),
        Primitive::Uuid => text.strip_prefix("urn:uuid:").is_some_and(uuid),
        Primitive::Base64 => base64(text),
        Primitive::Date => date(text),
        Primitive::DateTime => match text.split_once('T') {
            Some((day, time)) => day.len() == 10 && date(day) && clock_with_zone(time),
            None => date(text),
        },
        Primitive::Instant => text
            .split_once('T')
            .is_some_and(|(day, time)| day.len() == 10 && date(day) && clock_with_zone(time)),
        Primitive::Time => clock(text),
        // Its form is the narrative's.
        Primitive::Xhtml => true,
        _ => false,
    }
}

/// An OID or UUID that is written as a URN has the form of one.
fn urn_fits(text: &str) -> bool {
    match (text.strip_prefix("urn:uuid:"), text.strip_prefix("urn:oid:")) {
        (Some(id), _) => uuid(id),
        (_, Some(id)) => oid(id),
        _ => true,
    }
}

fn uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(n, b)| match n {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn oid(text: &str) -> bool {
    let number =
        |n: &str| n == "0" || !n.starts_with('0') && !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    let mut parts = text.split('.');
    matches!(parts.next(), Some("0" | "1" | "2")) && text.contains('.') && parts.all(number)
}

fn base64(text: &str) -> bool {
    let (mut digits, mut padding) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => digits += 1,
            b'=' => padding += 1,
            b' ' | b'\n' | b'\r' | b'\t' => {}
            _ => return false,
        }
    }
    digits > 0 && padding <= 2 && (digits + padding) % 4 == 0
}

fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// A year, a month or a day that the calendar has.
fn date(text: &str) -> bool {
    let mut parts = text.split('-');
    let Some(year) = parts.next().and_then(|y| digits(y, 4)).filter(|y| *y > 0) else { return false };
    let Some(month) = parts.next() else { return true };
    let Some(month) = digits(month, 2).filter(|m| (1..=12).contains(m)) else { return false };
    let Some(day) = parts.next() else { return true };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    digits(day, 2).is_some_and(|d| (1..=days).contains(&d)) && parts.next().is_none()
}

fn clock(text: &str) -> bool {
    let (clock, fraction) = text.split_once('.').map_or((text, "0"), |(clock, fraction)| (clock, fraction));
    let mut parts = clock.split(':');
    let mut within = |most: u32| parts.next().and_then(|p| digits(p, 2)).is_some_and(|p| p <= most);
    // The sixtieth second is a leap second.
    within(23)
        && within(59)
        && within(60)
        && parts.next().is_none()
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit())
}

fn clock_with_zone(text: &str) -> bool {
    let Some(zone) = text.find(['Z', '+', '-']) else { return false };
    let (time, zone) = text.split_at(zone);
    let hours = |zone: &str| {
        let (hours, minutes) = zone.split_once(':')?;
        Some(digits(hours, 2)? <= 14 && digits(minutes, 2)? <= 59)
    };
    clock(time) && (zone == "Z" || zone.get(1..).and_then(hours) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let fits_all = |of, texts: &[&str], wanted| {
            for text in texts {
                assert_eq!(fits(of, &Node::from(*text)), wanted, "{of:?} {text}");
            }
        };
        fits_all(Primitive::Date, &["2024", "2024-02", "2024-02-29"], true);
        fits_all(
            Primitive::Date,
            &["", "24", "2023-02-29", "2024-13", "2024-1-1", "0000", "2024-01-01T00:00:00Z"],
            false,
        );
        fits_all(
            Primitive::DateTime,
            &["2024", "2024-01-01T23:59:60+09:00", "2024-01-01T00:00:00.123Z"],
            true,
        );
        fits_all(
            Primitive::DateTime,
            &["2024-01-01T00:00", "2024-01-01T00:00:00", "2024-01T00:00:00Z", "2024-01-01T24:00:00Z"],
            false,
        );
        fits_all(Primitive::Instant, &["2024-01-01T00:00:00Z"], true);
        fits_all(Primitive::Instant, &["2024-01-01", "2024-01-01T00:00:00"], false);
        fits_all(Primitive::Id, &["a", "A-1.b"], true);
        fits_all(Primitive::Id, &["", "a_b", "あ"], false);
        fits_all(Primitive::Code, &["a b", "1"], true);
        fits_all(Primitive::Code, &["", " a", "a  b", "a\tb"], false);
        fits_all(
            Primitive::Uri,
            &["urn:oid:1.2.392.100495.20.3.51", "urn:uuid:00000000-0000-0000-0000-00000000000a", "a"],
            true,
        );
        fits_all(Primitive::Uri, &["", "a b", "urn:oid:1.02", "urn:uuid:1"], false);
        fits_all(Primitive::Base64, &["QQ==", "QUJD", "QU JD"], true);
        fits_all(Primitive::Base64, &["", "Q", "QQ=A", "Q$=="], false);
        fits_all(Primitive::Time, &["12:00:00", "12:00:00.5"], true);
        fits_all(Primitive::Time, &["12:00", "24:00:00", "12:00:00Z"], false);
    }
}
