//! What a query compares with.

use super::{
    index::{Value, fold, target},
    parameters::Kind,
    query::Modifier,
    time::Span,
};

/// How a date or a number is compared (R4 §3.1.1.4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Prefix {
    /// Within it.
    Eq,
    /// Not within it.
    Ne,
    /// Above it.
    Gt,
    /// Below it.
    Lt,
    /// Above it, or within.
    Ge,
    /// Below it, or within.
    Le,
    /// Begins after it.
    Sa,
    /// Ends before it.
    Eb,
    /// Near it: a tenth on each side.
    Ap,
}

/// The system that a token asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TokenSystem {
    /// Whatever the system.
    Any,
    /// A code without a system: `|code`.
    None,
    /// This system.
    Is(String),
}

/// One value to compare with; a clause holds when any of its terms does.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// A code; with `:text` a part of how it is shown, folded.
    Token {
        /// The system.
        system: TokenSystem,
        /// The code; none for any code of the system.
        code: Option<String>,
    },
    /// A span of time.
    Date {
        /// How.
        prefix: Prefix,
        /// The span.
        span: Span,
    },
    /// A text: as it is written for `:exact`, else folded.
    Text(String),
    /// A resource.
    Reference {
        /// Its type, if the query says it.
        resource_type: Option<String>,
        /// Its id, or a whole URI.
        id: String,
    },
    /// A number with the precision it was written in.
    Quantity {
        /// How.
        prefix: Prefix,
        /// The number.
        value: f64,
        /// The lowest number that rounds to it.
        low: f64,
        /// The number from which on one rounds above it.
        high: f64,
        /// System of the unit.
        system: Option<String>,
        /// Code of the unit, or with no system the unit as it is shown.
        code: Option<String>,
    },
    /// A URI.
    Uri(String),
}

impl Term {
    /// Reads one value; the error says what was expected.
    pub(super) fn parse(kind: Kind, modifier: &Modifier, text: &str) -> Result<Self, &'static str> {
        match (kind, modifier) {
            (_, Modifier::Text) => Ok(Term::Text(fold(&unescape(text)).to_string())),
            (Kind::Token, _) | (Kind::Reference, Modifier::Identifier) => Ok(token(text)),
            (Kind::Date, _) => date(text)
                .ok_or("a date such as 2024-05-01 with or without eq, ne, gt, lt, ge, le, sa, eb or ap"),
            (Kind::String, Modifier::Exact) => Ok(Term::Text(unescape(text))),
            (Kind::String, _) => Ok(Term::Text(fold(&unescape(text)).to_string())),
            (Kind::Reference, modifier) => reference(modifier, &unescape(text)),
            (Kind::Quantity, _) => quantity(text).ok_or("a number, number|system|code or number||unit"),
            (Kind::Uri, _) => {
                let uri = unescape(text);
                Ok(Term::Uri(uri.split('|').next().unwrap_or_default().to_owned()))
            }
        }
    }

    /// Whether a value of a resource meets the term. The SQL of a store says the same.
    pub fn meets(&self, modifier: &Modifier, value: &Value) -> bool {
        match (self, value) {
            (Term::Text(part), Value::Token { display, .. }) => {
                display.as_ref().is_some_and(|display| display.contains(part.as_str()))
            }
            (Term::Token { system, code }, Value::Token { system: has, code: is, .. }) => {
                same_system(system, has.as_deref())
                    && code.as_ref().is_none_or(|code| is.as_deref() == Some(code))
            }
            (Term::Token { system, code }, Value::ReferenceIdentifier { system: has, value }) => {
                same_system(system, has.as_deref()) && code.as_ref().is_none_or(|code| value == code)
            }
            (Term::Date { prefix, span }, Value::Date(value)) => date_meets(*prefix, *span, *value),
            (Term::Text(text), Value::Text { exact, folded }) => match modifier {
                Modifier::Exact => exact == text,
                Modifier::Contains => folded.contains(text.as_str()),
                _ => folded.starts_with(text.as_str()),
            },
            (Term::Reference { resource_type, id }, Value::Reference { resource_type: has, id: is }) => {
                let same =
                    resource_type.as_deref().zip(has.as_deref()).is_none_or(|(asked, has)| asked == has);
                same && is == id
            }
            (Term::Quantity { .. }, Value::Quantity { value, system, code, unit }) => {
                self.quantity_meets(*value, [system.as_deref(), code.as_deref(), unit.as_deref()])
            }
            (Term::Uri(uri), Value::Uri(value)) => value == uri,
            _ => false,
        }
    }

    fn quantity_meets(&self, value: f64, [has_system, has_code, has_unit]: [Option<&str>; 3]) -> bool {
        let Term::Quantity { prefix, value: asked, low, high, system, code } = self else { return false };
        let unit_fits = match (system, code) {
            (Some(system), Some(code)) => has_system == Some(system) && has_code == Some(code),
            (None, Some(code)) => has_code == Some(code) || has_unit == Some(code),
            (Some(system), None) => has_system == Some(system),
            (None, None) => true,
        };
        let within = (*low..*high).contains(&value);
        unit_fits
            && match prefix {
                Prefix::Eq => within,
                Prefix::Ne => !within,
                Prefix::Gt | Prefix::Sa => value > *asked,
                Prefix::Lt | Prefix::Eb => value < *asked,
                Prefix::Ge => value >= *asked,
                Prefix::Le => value <= *asked,
                Prefix::Ap => (value - asked).abs() <= asked.abs() / 10.0,
            }
    }
}

fn same_system(asked: &TokenSystem, has: Option<&str>) -> bool {
    match asked {
        TokenSystem::Any => true,
        TokenSystem::None => has.is_none(),
        TokenSystem::Is(system) => has == Some(system),
    }
}

fn date_meets(prefix: Prefix, asked: Span, has: Span) -> bool {
    let within = asked.from <= has.from && has.until <= asked.until;
    match prefix {
        Prefix::Eq => within,
        Prefix::Ne => !within,
        Prefix::Gt => has.until > asked.until,
        Prefix::Lt => has.from < asked.from,
        Prefix::Ge => has.until > asked.until || within,
        Prefix::Le => has.from < asked.from || within,
        Prefix::Sa => has.from >= asked.until,
        Prefix::Eb => has.until <= asked.from,
        Prefix::Ap => has.from < asked.until && asked.from < has.until,
    }
}

fn token(text: &str) -> Term {
    let (system, code) = match split_once(text, '|') {
        Some(("", code)) => (TokenSystem::None, code),
        Some((system, code)) => (TokenSystem::Is(unescape(system)), code),
        None => (TokenSystem::Any, text),
    };
    Term::Token { system, code: Some(unescape(code)).filter(|code| !code.is_empty()) }
}

fn date(text: &str) -> Option<Term> {
    let (prefix, rest) = prefixed(text);
    let span = Span::parse(rest)?;
    // "About" a date is a tenth of the way from it to today for R4; without a clock it is the span's own length.
    let length = span.until - span.from;
    let span = if prefix == Prefix::Ap {
        Span { from: span.from - length, until: span.until + length }
    } else {
        span
    };
    Some(Term::Date { prefix, span })
}

fn reference(modifier: &Modifier, text: &str) -> Result<Term, &'static str> {
    let (kind, id) = target(text);
    let kind = match (kind, modifier) {
        (Some(kind), Modifier::Type(asked)) if kind != asked => {
            return Err("an id of the type that the modifier names");
        }
        (None, Modifier::Type(asked)) => Some(asked.as_str()),
        (kind, _) => kind,
    };
    if id.is_empty() {
        return Err("an id, Type/id or a URL");
    }
    Ok(Term::Reference { resource_type: kind.map(str::to_owned), id: id.to_owned() })
}

fn quantity(text: &str) -> Option<Term> {
    let (prefix, rest) = prefixed(text);
    let mut parts = rest.splitn(3, '|');
    let digits = parts.next()?;
    let part = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(unescape);
    let (system, code) = (part(parts.next()), part(parts.next()));
    let number = crate::tree::Number::new(digits)?;
    let value = number.as_f64();
    let half = half_of_last_digit(digits);
    value.is_finite().then_some(Term::Quantity {
        prefix,
        value,
        low: value - half,
        high: value + half,
        system,
        code,
    })
}

/// `5.4` stands for all from 5.35 to 5.45 (R4 §3.1.1.4.6).
fn half_of_last_digit(digits: &str) -> f64 {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let decimals = i32::try_from(decimals).unwrap_or(i32::MAX);
    0.5 * 10f64.powi(exponent.saturating_sub(decimals))
}

fn prefixed(text: &str) -> (Prefix, &str) {
    let prefix = match text.get(..2) {
        Some("eq") => Prefix::Eq,
        Some("ne") => Prefix::Ne,
        Some("gt") => Prefix::Gt,
        Some("lt") => Prefix::Lt,
        Some("ge") => Prefix::Ge,
        Some("le") => Prefix::Le,
        Some("sa") => Prefix::Sa,
        Some("eb") => Prefix::Eb,
        Some("ap") => Prefix::Ap,
        _ => return (Prefix::Eq, text),
    };
    (prefix, text.get(2..).unwrap_or_default())
}

/// The parts of a value around a mark that is not escaped by `\`.
pub(super) fn split(text: &str, mark: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((part, after)) = split_once(rest, mark) {
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

fn split_once(text: &str, mark: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        if !escaped && character == mark {
            return Some((text.get(..at)?, text.get(at + character.len_utf8()..)?));
        }
        escaped = !escaped && character == '\\';
    }
    None
}

/// `\,` `\|` `\$` and `\\` are the characters themselves (R4 §3.1.1.4.7); any other backslash is one.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some(',' | '|' | '$' | '\\')) => out.extend(characters.next()),
            (other, _) => out.push(other),
        }
    }
    out
}
