//! Tokens of FHIRPath.

use crate::tree::Text;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or keyword.
    Name(Text),
    /// A name in backticks, which is never a keyword.
    Quoted(Text),
    /// A text in quotes.
    Text(Text),
    Number(Text),
    /// `@2026-11-22`, without the `@`.
    Date(Text),
    /// `%resource`, without the `%`.
    Variable(Text),
    /// `$this`, without the `$`.
    Special(Text),
    Symbol(&'static str),
}

const SYMBOLS: &[&str] = &[
    "!=", "!~", "<=", ">=", "<", ">", "=", "~", "(", ")", "[", "]", "{", "}", ".", ",", "+", "-", "*", "/",
    "|", "&",
];

/// The tokens of an expression, each with its byte offset; or the offset of what is none.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, usize> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            at += blank;
        } else if let Some(comment) = rest.strip_prefix("//") {
            at += 2 + comment.find('\n').unwrap_or(comment.len());
        } else {
            let (length, token) = token(rest).ok_or(at)?;
            tokens.push((at, token));
            at += length;
        }
    }
    Ok(tokens)
}

fn token(rest: &str) -> Option<(usize, Token)> {
    let word = |text: &str| {
        let length = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        text.get(..length).map(Text::new)
    };
    match rest.chars().next()? {
        '\'' => quoted(rest, '\'').map(|(n, text)| (n, Token::Text(text))),
        '`' => quoted(rest, '`').map(|(n, text)| (n, Token::Quoted(text))),
        '"' => quoted(rest, '"').map(|(n, text)| (n, Token::Quoted(text))),
        '@' => {
            let date = |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | 'T' | 'Z' | '+' | '.');
            let body = rest.get(1..)?;
            let length = body.find(|c: char| !date(c)).unwrap_or(body.len());
            Some((1 + length, Token::Date(Text::new(body.get(..length)?))))
        }
        '%' => {
            let body = rest.get(1..)?;
            if let Some(quote) = body.chars().next().filter(|c| matches!(c, '`' | '\'')) {
                return quoted(body, quote).map(|(n, name)| (1 + n, Token::Variable(name)));
            }
            let name = word(body)?;
            Some((1 + name.len(), Token::Variable(name)))
        }
        '$' => {
            let name = word(rest.get(1..)?)?;
            Some((1 + name.len(), Token::Special(name)))
        }
        c if c.is_ascii_alphabetic() || c == '_' => {
            let name = word(rest)?;
            Some((name.len(), Token::Name(name)))
        }
        c if c.is_ascii_digit() => {
            let digits = |from: usize| rest.bytes().skip(from).take_while(u8::is_ascii_digit).count();
            let whole = digits(0);
            // `1.toString()` is a call, `1.5` a number.
            let fraction = if rest.as_bytes().get(whole) == Some(&b'.') { digits(whole + 1) } else { 0 };
            let length = if fraction > 0 { whole + 1 + fraction } else { whole };
            Some((length, Token::Number(Text::new(rest.get(..length)?))))
        }
        _ => SYMBOLS.iter().find(|s| rest.starts_with(**s)).map(|s| (s.len(), Token::Symbol(s))),
    }
}

/// Bytes and content of a text between quotes, escapes undone.
fn quoted(rest: &str, quote: char) -> Option<(usize, Text)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        if c == quote {
            return Some((at + c.len_utf8(), text.into()));
        }
        if c != '\\' {
            text.push(c);
            continue;
        }
        match characters.next()?.1 {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'f' => text.push('\u{c}'),
            'u' => {
                let digits: String = characters.by_ref().take(4).map(|(_, c)| c).collect();
                text.push(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)?);
            }
            known @ ('\'' | '"' | '`' | '\\' | '/') => text.push(known),
            // HL7's own patterns write `\.` for a full stop: kept as the pattern means it.
            other => text.extend(['\\', other]),
        }
    }
    None
}
