//! FHIR's data types as text.

use crate::Node;
use calendar::{Date, Timestamp};

use super::Value;

/// A coded concept or coding in words: its text, how a coding is shown, or at last the code.
pub fn concept(node: &Node) -> Option<String> {
    let text = |path: &str| node.text_at(path).filter(|text| !text.trim().is_empty());
    let displays = node.all("coding.display");
    let display = displays.iter().find_map(|display| display.as_str());
    let found = text("text").or(display).or_else(|| text("display"));
    found.or_else(|| text("coding.code")).or_else(|| text("code")).map(str::to_owned)
}

/// The concepts at a path, joined.
pub fn concepts(node: &Node, path: &str) -> Option<String> {
    join(node.all(path).into_iter().filter_map(concept), "、")
}

/// Texts joined; none when there are none.
pub fn join(texts: impl Iterator<Item = String>, between: &str) -> Option<String> {
    let texts: Vec<String> = texts.filter(|text| !text.trim().is_empty()).collect();
    (!texts.is_empty()).then(|| texts.join(between))
}

/// A quantity with its unit, to the digit as it was written.
pub fn quantity(node: &Node) -> Option<String> {
    let number = node.get("value")?.as_number()?.as_str();
    let comparator = node.text_at("comparator").unwrap_or_default();
    let unit =
        node.text_at("unit").or_else(|| node.text_at("code")).filter(|unit| *unit != "1").unwrap_or_default();
    let space = if unit.is_empty() || unit.chars().all(|c| c > '\u{2e80}') { "" } else { " " };
    Some(format!("{comparator}{number}{space}{unit}"))
}

/// The element `name[x]`: whatever type it has.
pub fn choice<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let is_it = |key: &str| {
        key.strip_prefix(name).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    node.as_object()?.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value)
}

/// A day, if the text is one, or an instant of it.
pub fn day(text: &str) -> Option<Date> {
    let by_instant = || text.parse::<Timestamp>().ok().filter(|_| text.len() > 10).map(Timestamp::date);
    let written = (text.len() == 10).then(|| text.parse().ok()).flatten();
    written.or_else(by_instant)
}

/// A text that may be a day.
pub fn day_value(text: &str) -> Value {
    day(text).map_or_else(|| Value::Text(text.to_owned()), Value::Day)
}

/// The day at a path.
pub fn day_at(node: &Node, path: &str) -> Option<Value> {
    node.text_at(path).map(day_value)
}

/// From when until when.
pub fn period(node: &Node) -> Option<String> {
    let end = |key: &str| {
        node.text_at(key).map(|text| day(text).map_or_else(|| text.to_owned(), both)).unwrap_or_default()
    };
    let (from, until) = (end("start"), end("end"));
    match (from.is_empty(), until.is_empty()) {
        (true, true) => None,
        _ if from == until => Some(from),
        _ => Some(format!("{from}〜{until}")),
    }
}

/// A day in both calendars, in running text.
pub fn both(day: Date) -> String {
    format!("{}（{day}）", day.to_wareki())
}

/// Any of FHIR's data types in one line, as well as it goes; none for an object that is no such type.
pub fn any(node: &Node) -> Option<String> {
    match node {
        Node::Null => None,
        Node::Bool(true) => Some("はい / yes".to_owned()),
        Node::Bool(false) => Some("いいえ / no".to_owned()),
        Node::Number(number) => Some(number.as_str().to_owned()),
        Node::String(text) => Some(day(text).map_or_else(|| text.to_string(), both)),
        Node::Array(items) => {
            let texts: Option<Vec<String>> = items.iter().map(any).collect();
            texts.map(|texts| texts.join("、"))
        }
        Node::Object(_) => object(node),
    }
}

fn object(node: &Node) -> Option<String> {
    let has = |key: &str| node.get(key).is_some();
    if has("numerator") && has("denominator") {
        let part = |key: &str| node.get(key).and_then(quantity).unwrap_or_default();
        return Some(format!("{} / {}", part("numerator"), part("denominator")));
    }
    if has("low") || has("high") {
        let part = |key: &str| node.get(key).and_then(quantity).unwrap_or_default();
        return Some(format!("{}〜{}", part("low"), part("high")));
    }
    if has("start") || has("end") {
        return period(node);
    }
    if has("family") || has("given") {
        let parts = node.all("family").into_iter().chain(node.all("given")).filter_map(Node::as_str);
        return node.text_at("text").map(str::to_owned).or_else(|| join(parts.map(str::to_owned), " "));
    }
    if has("reference") {
        return node.text_at("display").or_else(|| node.text_at("reference")).map(str::to_owned);
    }
    quantity(node).or_else(|| concept(node))
}
