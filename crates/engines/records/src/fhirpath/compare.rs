//! Equality and order of values.

use std::{cmp::Ordering, collections::HashSet};

use super::{EvaluationError, parse::Operator, value::Value};
use crate::tree::{Node, Text};

/// `=`: none if one side has nothing.
pub(super) fn equal(left: &[Value<'_>], right: &[Value<'_>]) -> Option<bool> {
    if left.is_empty() || right.is_empty() {
        return None;
    }
    Some(left.len() == right.len() && left.iter().zip(right).all(|(a, b)| same(a, b)))
}

/// `~`: order does not matter, nor does the case of texts.
pub(super) fn equivalent(left: &[Value<'_>], right: &[Value<'_>]) -> bool {
    let alike = |a: &Value<'_>, b: &Value<'_>| match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => {
            a.split_whitespace().map(str::to_lowercase).eq(b.split_whitespace().map(str::to_lowercase))
        }
        _ => same(a, b),
    };
    left.len() == right.len() && left.iter().all(|a| right.iter().any(|b| alike(a, b)))
}

/// Whether a collection has a value.
pub(super) fn contains(values: &[Value<'_>], value: &Value<'_>) -> bool {
    values.iter().any(|v| same(v, value))
}

/// The values, each once.
pub(super) fn distinct<'a>(values: impl Iterator<Item = Value<'a>>) -> Vec<Value<'a>> {
    let mut seen = HashSet::new();
    values.filter(|value| seen.insert(identity(value))).collect()
}

/// What two values share if, and only if, they are equal; but for two notations of one instant.
fn identity(value: &Value<'_>) -> (u8, Text) {
    if let Some(text) = value.as_str() {
        (0, Text::new(text))
    } else if let Some(number) = value.as_decimal() {
        (1, smol_str::format_smolstr!("{number}"))
    } else if let Some(node) = value.node() {
        (2, String::from_utf8_lossy(&node.canonical()).into())
    } else {
        (3, text(value).or_else(|| value.type_name().map(Text::new)).unwrap_or_default())
    }
}

/// A scalar as text.
pub(super) fn text(value: &Value<'_>) -> Option<Text> {
    Some(match value {
        Value::Text(text) | Value::Node { node: Node::String(text), .. } => text.clone(),
        Value::Node { node: Node::Number(number), .. } => Text::new(number.as_str()),
        Value::Integer(n) => smol_str::format_smolstr!("{n}"),
        Value::Decimal(n) => smol_str::format_smolstr!("{n}"),
        other => Text::new_static(if other.as_bool()? { "true" } else { "false" }),
    })
}

fn same(a: &Value<'_>, b: &Value<'_>) -> bool {
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return a == b
            || matches!((Moment::of(a), Moment::of(b)), (Some(a), Some(b)) if a.instant().is_some() && a.instant() == b.instant());
    }
    if let (Some(a), Some(b)) = (a.as_decimal(), b.as_decimal()) {
        return a == b;
    }
    if let (Some(a), Some(b)) = (a.as_bool(), b.as_bool()) {
        return a == b;
    }
    matches!((a.node(), b.node()), (Some(a), Some(b)) if same_tree(a, b))
}

/// Trees are equal whatever the order of their keys and the notation of their numbers.
fn same_tree(a: &Node, b: &Node) -> bool {
    match (a, b) {
        (Node::Number(a), Node::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Node::Array(a), Node::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_tree(a, b))
        }
        (Node::Object(a), Node::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same_tree(a, b)))
        }
        _ => a == b,
    }
}

/// The answer of `<`, `<=`, `>`, `>=`: none for another operator; none inside when precision does not settle it.
pub(super) fn order(
    operator: Operator,
    left: &Value<'_>,
    right: &Value<'_>,
) -> Result<Option<Option<bool>>, EvaluationError> {
    let holds: fn(Ordering) -> bool = match operator {
        Operator::Less => Ordering::is_lt,
        Operator::LessEqual => Ordering::is_le,
        Operator::Greater => Ordering::is_gt,
        Operator::GreaterEqual => Ordering::is_ge,
        _ => return Ok(None),
    };
    let order = if let (Some(a), Some(b)) = (left.as_str(), right.as_str()) {
        match (Moment::of(a), Moment::of(b)) {
            (Some(a), Some(b)) => a.compare(&b),
            _ => Some(a.cmp(b)),
        }
    } else if let (Some(a), Some(b)) = (left.as_decimal(), right.as_decimal()) {
        a.partial_cmp(&b)
    } else if let (Some(a), Some(b)) = (left.node(), right.node()) {
        quantities(a, b)?
    } else {
        return Err(EvaluationError::WrongKind("values that have an order"));
    };
    Ok(Some(order.map(holds)))
}

/// Quantities of one unit by their values; of two units, no order that we know.
fn quantities(a: &Node, b: &Node) -> Result<Option<Ordering>, EvaluationError> {
    let value = |q: &Node| q.at("value").and_then(Node::as_number).map(|n| n.as_f64());
    let unit = |q: &Node| q.text_at("code").or_else(|| q.text_at("unit")).map(str::to_owned);
    if a.as_object().is_none() || b.as_object().is_none() {
        return Err(EvaluationError::WrongKind("values that have an order"));
    }
    let (Some(x), Some(y)) = (value(a), value(b)) else { return Ok(None) };
    Ok((unit(a) == unit(b)).then(|| x.partial_cmp(&y)).flatten())
}

/// A date or time of less or more precision, from its text.
struct Moment {
    /// Year, month, day, hour, minute, second with millionths: as many as were written.
    parts: Vec<i64>,
    /// Minutes ahead of UTC.
    offset: Option<i64>,
}

impl Moment {
    fn of(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() < 4
            || !bytes.iter().take(4).all(u8::is_ascii_digit)
            || !matches!(bytes.get(4), None | Some(b'-'))
        {
            return None;
        }
        let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
        let mut parts: Vec<i64> = date.split('-').map(|p| p.parse().ok()).collect::<Option<_>>()?;
        if parts.len() > 3 {
            return None;
        }
        let Some(time) = time else { return Some(Self { parts, offset: None }) };
        let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
        let (clock, zone) = (time.get(..zone)?, time.get(zone..)?);
        for (n, part) in clock.split(':').enumerate() {
            let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
            let whole: i64 = whole.parse().ok()?;
            let fraction: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
            parts.push(if n == 2 { whole * 1_000_000 + fraction } else { whole });
        }
        Some(Self { parts, offset: offset(zone) })
    }

    /// Millionths of a second since some day, if the text says as much.
    fn instant(&self) -> Option<i64> {
        let [year, month, day, hour, minute, micros] = self.parts.as_slice() else { return None };
        // Days by the civil calendar, March first (so that the leap day is the last of its year).
        let (y, m) = if *month <= 2 { (year - 1, month + 9) } else { (*year, month - 3) };
        let days =
            365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day;
        Some((days * 1440 + hour * 60 + minute - self.offset?) * 60_000_000 + micros)
    }

    /// None where one is less precise and they agree so far.
    fn compare(&self, other: &Self) -> Option<Ordering> {
        if let (Some(a), Some(b)) = (self.instant(), other.instant()) {
            return Some(a.cmp(&b));
        }
        let different = self.parts.iter().zip(&other.parts).map(|(a, b)| a.cmp(b)).find(|o| o.is_ne());
        different.or((self.parts.len() == other.parts.len()).then_some(Ordering::Equal))
    }
}

/// Minutes ahead of UTC that `Z` or `+09:00` says.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let minutes: i64 = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    Some(if zone.starts_with('-') { -minutes } else { minutes })
}
