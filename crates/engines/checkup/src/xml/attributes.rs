//! The attributes of a tag.

use std::borrow::Cow;

use quick_xml::escape::resolve_xml_entity;

use super::source::Problem;

/// One attribute as it stands in the tag: its name, its value with the references resolved, where its value begins.
pub(super) struct Raw<'a> {
    pub name: &'a str,
    pub value: Cow<'a, str>,
}

/// The attributes in the text of a tag behind its name.
pub(super) fn attributes<'a>(tag: &'a str, mut each: impl FnMut(Raw<'a>)) -> Result<(), Problem> {
    let mut rest = tag;
    loop {
        let trimmed = behind_space(rest);
        if trimmed.is_empty() {
            return Ok(());
        }
        if trimmed.len() == rest.len() {
            return Err(Problem::Syntax("white space is missing before an attribute".to_owned()));
        }
        let end = trimmed.bytes().position(|b| matches!(b, b'=' | b' ' | b'\t' | b'\n' | b'\r'));
        let (name, after) =
            end.and_then(|end| trimmed.split_at_checked(end)).ok_or_else(|| value_missing(trimmed))?;
        if !is_name(name) {
            return Err(Problem::Syntax(format!("“{}” is not an attribute", shown(name))));
        }
        let quoted = behind_space(after).strip_prefix('=').ok_or_else(|| value_missing(name))?;
        let Quoted { value, plain, bracket, tail } =
            Quoted::split(behind_space(quoted)).ok_or_else(|| value_missing(name))?;
        if bracket {
            return Err(Problem::Syntax(format!("“<” in the value of {}", shown(name))));
        }
        each(Raw { name, value: if plain { Cow::Borrowed(value) } else { resolved(value)? } });
        rest = tail;
    }
}

/// A value between its quotes, looked at once.
struct Quoted<'a> {
    value: &'a str,
    /// No references, and no white space but spaces.
    plain: bool,
    /// A “<” in it.
    bracket: bool,
    tail: &'a str,
}

impl<'a> Quoted<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let quote = text.bytes().next().filter(|b| matches!(b, b'"' | b'\''))?;
        let inner = text.get(1..)?;
        let (mut plain, mut bracket) = (true, false);
        for (at, byte) in inner.bytes().enumerate() {
            if byte == quote {
                return Some(Self { value: inner.get(..at)?, plain, bracket, tail: inner.get(at + 1..)? });
            }
            plain &= byte != b'&' && byte >= b' ';
            bracket |= byte == b'<';
        }
        None
    }
}

fn behind_space(text: &str) -> &str {
    let end = text.bytes().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
    text.get(end.unwrap_or(text.len())..).unwrap_or_default()
}

fn value_missing(name: &str) -> Problem {
    Problem::Syntax(format!("the attribute {} has no quoted value", shown(name)))
}

/// The value of an attribute: references resolved, white space as spaces.
fn resolved(raw: &str) -> Result<Cow<'_, str>, Problem> {
    let mut value = String::with_capacity(raw.len());
    let lines = raw.replace("\r\n", "\n");
    let mut rest = lines.as_str();
    loop {
        let Some((head, tail)) = rest.split_once('&') else {
            value.extend(rest.chars().map(|c| if is_space(c) { ' ' } else { c }));
            break;
        };
        value.extend(head.chars().map(|c| if is_space(c) { ' ' } else { c }));
        let unclosed = || Problem::Syntax("a reference without “;”".to_owned());
        let (name, after) = tail.split_once(';').ok_or_else(unclosed)?;
        value.push_str(&reference(name)?);
        rest = after;
    }
    Ok(Cow::Owned(value))
}

/// The text of a reference: one of XML's five, or a character by its number.
pub(super) fn reference(name: &str) -> Result<Cow<'static, str>, Problem> {
    if let Some(text) = resolve_xml_entity(name) {
        return Ok(Cow::Borrowed(text));
    }
    let Some(number) = name.strip_prefix('#') else { return Err(Problem::Entity(shown(name))) };
    let code = match number.strip_prefix('x') {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok(),
        None if number.bytes().all(|b| b.is_ascii_digit()) => number.parse().ok(),
        _ => None,
    };
    match code.map(|code| (code, char::from_u32(code))) {
        Some((_, Some(c))) if is_xml(c) => Ok(Cow::Owned(c.to_string())),
        Some((code, _)) => Err(Problem::Character(code)),
        None => Err(Problem::Entity(shown(name))),
    }
}

/// The first character that XML 1.0 does not allow, and where it stands.
pub(super) fn first_unsound(text: &str) -> Option<(usize, char)> {
    // Below the space and U+FFFE, U+FFFF alone are forbidden. Most texts have none: to look at every byte without a branch
    // is a tenth of the work of looking at every character.
    let bytes = text.as_bytes();
    let control =
        |b: u8| u8::from(b < b' ') & u8::from(b != b'\t') & u8::from(b != b'\n') & u8::from(b != b'\r');
    let controls = bytes.iter().fold(0, |any, b| any | control(*b));
    let three = bytes.iter().zip(bytes.iter().skip(1)).zip(bytes.iter().skip(2));
    let beyond = three
        .fold(0, |any, ((a, b), c)| any | u8::from(*a == 0xEF) & u8::from(*b == 0xBF) & u8::from(*c >= 0xBE));
    if controls | beyond == 0 { None } else { text.char_indices().find(|(_, c)| !is_xml(*c)) }
}

/// Whether XML 1.0 allows the character.
pub(super) fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// White space of XML.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Whether a tag or an attribute may have the name.
pub(super) fn is_name(name: &str) -> bool {
    if name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':')) {
        return name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b':'));
    }
    let sound = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '\u{B7}');
    name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | ':')) && name.chars().all(sound)
}

/// At most forty characters of what somebody wrote.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}
