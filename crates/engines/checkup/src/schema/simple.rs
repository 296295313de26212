//! The types of texts.

use super::Schema;

/// A type of texts.
#[derive(Debug, Clone)]
pub(super) enum Simple {
    Text,
    Token,
    NameToken,
    NameTokens,
    /// An identifier, once in a document.
    Identifier,
    References,
    Boolean,
    Integer,
    Decimal,
    Double,
    Uri,
    Base64,
    Codes {
        codes: Vec<&'static str>,
        /// White space around a code is a part of it.
        exact: bool,
    },
    Union(Vec<usize>),
    List(usize),
    Derived {
        base: usize,
        form: Form,
    },
}

/// What a text must look like besides being of its base.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Any,
    NonSpace,
    Oid,
    Uuid,
    Ruid,
    Timestamp,
    TrueFalse,
    Postal,
    Date,
    Digits { min: usize, max: usize },
    Length { min: usize, max: usize },
    Between { low: f64, high: f64 },
}

impl Simple {
    /// A type of XML Schema itself.
    pub(super) fn built_in(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::Text,
            "token" => Self::Token,
            "NMTOKEN" => Self::NameToken,
            "NMTOKENS" => Self::NameTokens,
            "ID" => Self::Identifier,
            "IDREF" | "IDREFS" => Self::References,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "decimal" => Self::Decimal,
            "double" => Self::Double,
            "anyURI" => Self::Uri,
            "base64Binary" => Self::Base64,
            _ => return None,
        })
    }
}

impl Form {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "nonspace" => Self::NonSpace,
            "oid" => Self::Oid,
            "uuid" => Self::Uuid,
            "ruid" => Self::Ruid,
            "ts" => Self::Timestamp,
            "true-false" => Self::TrueFalse,
            "postal" => Self::Postal,
            "date" => Self::Date,
            digits => {
                let (min, max) = digits.strip_prefix("digits")?.split_once('-')?;
                Self::Digits { min: min.parse().ok()?, max: max.parse().ok()? }
            }
        })
    }

    fn accepts(self, text: &str) -> bool {
        let bytes = text.as_bytes();
        match self {
            Self::Any => true,
            Self::NonSpace => !text.is_empty() && !text.contains([' ', '\t', '\n', '\r']),
            Self::Oid => is_oid(text),
            Self::Uuid => {
                let parts: Vec<&str> = text.split('-').collect();
                parts.iter().map(|p| p.len()).eq([8, 4, 4, 4, 12])
                    && parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_alphanumeric()))
            }
            Self::Ruid => {
                bytes.first().is_some_and(u8::is_ascii_alphabetic)
                    && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
            }
            Self::Timestamp => is_timestamp(text),
            Self::TrueFalse => matches!(text, "true" | "false"),
            Self::Postal => text
                .split_once('-')
                .is_some_and(|(a, b)| a.len() == 3 && b.len() == 4 && digits(a) && digits(b)),
            Self::Date => is_date(text),
            Self::Digits { min, max } => (min..=max).contains(&text.len()) && digits(text),
            Self::Length { min, max } => (min..=max).contains(&text.chars().count()),
            Self::Between { low, high } => {
                text.parse::<f64>().is_ok_and(|value| (low..=high).contains(&value))
            }
        }
    }

    /// What the form asks for, in words: English, Japanese.
    fn words(self) -> (String, String) {
        match self {
            Self::Any => ("text".to_owned(), "文字列".to_owned()),
            Self::NonSpace => ("a code without spaces".to_owned(), "空白のないコード".to_owned()),
            Self::Oid => ("an OID".to_owned(), "OID".to_owned()),
            Self::Uuid => ("a UUID".to_owned(), "UUID".to_owned()),
            Self::Ruid => ("a reserved identifier".to_owned(), "予約識別子".to_owned()),
            Self::Timestamp => ("a time yyyyMMdd[HHmmss]".to_owned(), "日時 yyyyMMdd[HHmmss]".to_owned()),
            Self::TrueFalse => ("true or false".to_owned(), "true か false".to_owned()),
            Self::Postal => ("a postal code 123-4567".to_owned(), "郵便番号 123-4567".to_owned()),
            Self::Date => ("a date yyyyMMdd".to_owned(), "日付 yyyyMMdd".to_owned()),
            Self::Digits { min, max } if min == max => (format!("{min} digits"), format!("数字{min}桁")),
            Self::Digits { max, .. } => (format!("at most {max} digits"), format!("数字{max}桁以内")),
            Self::Length { max: usize::MAX, min } => {
                (format!("at least {min} characters"), format!("{min}文字以上"))
            }
            Self::Length { max, .. } => (format!("at most {max} characters"), format!("{max}文字以内")),
            Self::Between { low, high } => {
                (format!("a number from {low} to {high}"), format!("{low}から{high}までの数"))
            }
        }
    }
}

impl Schema {
    /// Whether a text is of a type.
    pub(super) fn accepts(&self, simple: usize, text: &str) -> bool {
        let Some(named) = self.simples.get(simple) else { return false };
        let collapsed = text.trim_matches([' ', '\t', '\n', '\r']);
        match &named.simple {
            Simple::Text | Simple::Token => true,
            Simple::NameToken => is_name_token(collapsed),
            Simple::NameTokens => collapsed.split_ascii_whitespace().all(is_name_token),
            Simple::Identifier => is_identifier(collapsed),
            Simple::References => collapsed.split_ascii_whitespace().all(is_identifier),
            Simple::Boolean => matches!(collapsed, "true" | "false" | "0" | "1"),
            Simple::Integer => digits_not_none(collapsed.strip_prefix(['+', '-']).unwrap_or(collapsed)),
            Simple::Decimal => is_decimal(collapsed),
            Simple::Double => is_double(collapsed),
            Simple::Uri => is_uri(collapsed),
            Simple::Base64 => is_base64(collapsed),
            Simple::Codes { codes, exact } => {
                codes.binary_search(&if *exact { text } else { collapsed }).is_ok()
            }
            Simple::Union(members) => members.iter().any(|member| self.accepts(*member, text)),
            Simple::List(item) => collapsed.split_ascii_whitespace().all(|one| self.accepts(*item, one)),
            Simple::Derived { base, form } => {
                let text = if self.keeps_space(*base) { text } else { collapsed };
                form.accepts(text) && self.accepts(*base, text)
            }
        }
    }

    /// Whether an attribute has the value that its rule fixes.
    pub(super) fn equals(&self, simple: usize, text: &str, fixed: &str) -> bool {
        text == fixed || !self.keeps_space(simple) && text.trim_matches([' ', '\t', '\n', '\r']) == fixed
    }

    /// Whether a type holds identifiers that may stand once.
    pub(super) fn is_identifier(&self, simple: usize) -> bool {
        self.simples.get(simple).is_some_and(|named| matches!(named.simple, Simple::Identifier))
    }

    /// Whether white space around a text of the type is a part of it.
    fn keeps_space(&self, simple: usize) -> bool {
        match self.simples.get(simple).map(|named| &named.simple) {
            Some(Simple::Text | Simple::Codes { exact: true, .. }) => true,
            Some(Simple::Derived { base, .. }) => self.keeps_space(*base),
            Some(Simple::Union(members)) => members.iter().any(|member| self.keeps_space(*member)),
            _ => false,
        }
    }

    /// What a type asks for, in words: English, Japanese.
    pub(super) fn words(&self, simple: usize) -> (String, String) {
        let Some(named) = self.simples.get(simple) else { return Default::default() };
        match &named.simple {
            Simple::Codes { codes, .. } => {
                let some = codes.iter().take(8).copied().collect::<Vec<_>>().join(", ");
                let more = if codes.len() > 8 { ", …" } else { "" };
                (format!("one of {some}{more}"), format!("{some}{more} のいずれか"))
            }
            Simple::Derived { base, form: Form::Any } => self.words(*base),
            Simple::Derived { form, .. } => form.words(),
            Simple::Union(members) => {
                let words: Vec<_> = members.iter().map(|member| self.words(*member)).collect();
                let en: Vec<&str> = words.iter().map(|(en, _)| en.as_str()).collect();
                let ja: Vec<&str> = words.iter().map(|(_, ja)| ja.as_str()).collect();
                (en.join(" or "), ja.join("または"))
            }
            Simple::List(item) => self.words(*item),
            Simple::Decimal | Simple::Double => ("a number".to_owned(), "数値".to_owned()),
            Simple::Integer => ("a whole number".to_owned(), "整数".to_owned()),
            Simple::Uri => ("a URI".to_owned(), "URI".to_owned()),
            _ => (format!("a value of the type {}", named.name), format!("{}型の値", named.name)),
        }
    }
}

fn digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn digits_not_none(text: &str) -> bool {
    !text.is_empty() && digits(text)
}

fn is_oid(text: &str) -> bool {
    let mut parts = text.split('.');
    matches!(parts.next(), Some("0" | "1" | "2"))
        && parts.all(|p| p == "0" || !p.starts_with('0') && digits_not_none(p))
}

/// HL7 V3 point in time: up to 14 digits, a fraction behind 14, a zone behind 9 and more.
fn is_timestamp(text: &str) -> bool {
    let (time, zone) = match text.find(['+', '-']).and_then(|at| text.split_at_checked(at)) {
        Some((time, zone)) => (time, zone.get(1..)),
        None => (text, None),
    };
    let zone_is_sound = zone.is_none_or(|zone| (1..=4).contains(&zone.len()) && digits(zone));
    let time_is_sound = match time.split_once('.') {
        Some((whole, fraction)) => whole.len() == 14 && digits(whole) && digits_not_none(fraction),
        None => (1..=14).contains(&time.len()) && digits(time),
    };
    zone_is_sound && time_is_sound && (zone.is_none() || time.len() >= 9)
}

/// `yyyyMMdd` with a month and a day that some month has, as co08 asks.
fn is_date(text: &str) -> bool {
    let part = |range| text.get(range).and_then(|part: &str| part.parse::<u16>().ok());
    text.len() == 8
        && digits(text)
        && part(0..4).is_some_and(|year| year >= 1000)
        && part(4..6).is_some_and(|month| (1..=12).contains(&month))
        && part(6..8).is_some_and(|day| day <= 31)
}

fn is_decimal(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

fn is_double(text: &str) -> bool {
    if matches!(text, "INF" | "-INF" | "NaN") {
        return true;
    }
    match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            is_decimal(mantissa) && digits_not_none(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
        }
        None => is_decimal(text),
    }
}

fn is_name_char(c: char) -> bool {
    c.is_alphabetic() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.' | ':')
}

fn is_name_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_name_char)
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c != ':' && is_name_char(c))
}

/// A URI reference of RFC 3986; what it would have percent-encoded stands for itself.
fn is_uri(text: &str) -> bool {
    let (head, fragment) = text.split_once('#').unwrap_or((text, ""));
    if fragment.contains('#') || !percent_is_sound(text) || text.contains(['[', ']']) {
        return false;
    }
    match head.split_once(':') {
        Some((scheme, _)) if !scheme.contains(['/', '?']) => {
            let mut bytes = scheme.bytes();
            bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
                && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        }
        _ => true,
    }
}

fn percent_is_sound(text: &str) -> bool {
    text.split('%').skip(1).all(|tail| {
        let mut bytes = tail.bytes();
        matches!((bytes.next(), bytes.next()), (Some(a), Some(b)) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
    })
}

/// Base64 as libxml2 takes it: what is not of the alphabet is passed over.
fn is_base64(text: &str) -> bool {
    let letter = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let counted: Vec<u8> = text.bytes().filter(|b| letter(b) || *b == b'=').collect();
    let body = counted.iter().position(|b| *b == b'=').unwrap_or(counted.len());
    counted.len().is_multiple_of(4)
        && counted.len() - body <= 2
        && counted.iter().skip(body).all(|b| *b == b'=')
}
