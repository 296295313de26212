//! Values: forms of primitives, ranges, fixed values and patterns.

use std::cmp::Ordering;

use super::{
    Run, narrative, primitive,
    problem::{Place, Problem},
    resource::Frame,
    walk::Item,
};
use crate::{
    definitions::{Element, Primitive, ROOT, Schema, Type},
    tree::Node,
};

impl<'a> Run<'a> {
    /// A primitive value and what stands beside it.
    pub(super) fn primitive(
        &mut self,
        schema: &'a Schema,
        applied: usize,
        of: &'a Type,
        item: &Item<'a>,
        place: &Place<'_>,
        frame: &Frame<'_, 'a>,
    ) {
        let (Some(element), Some(kind)) = (schema.element(applied), of.primitive) else { return };
        if let Some(beside) = item.beside {
            let plain = || self.all.schema(self.all.id_of_type("Element")?).ok();
            if !element.children.is_empty() {
                self.object(schema, applied, beside, place, frame);
            } else if let Some(plain) = plain() {
                self.object(plain, ROOT, beside, place, frame);
            }
        }
        let Some(value) = item.value else { return };
        if !primitive::fits(kind, value) {
            let shown = shown(value);
            let problem = match value {
                Node::Object(_) | Node::Array(_) => Problem::Form { of: primitive::name(kind), value: "…" },
                Node::String(text) if text.is_empty() => Problem::Empty,
                _ => Problem::Form { of: primitive::name(kind), value: &shown },
            };
            self.report(place, &problem, Some(&schema.url), None);
            return;
        }
        if let Some(text) = value.as_str() {
            if kind == Primitive::Xhtml {
                if let Some(why) = narrative::problem(text) {
                    self.report(place, &Problem::Narrative(&why), Some(&schema.url), None);
                }
                return;
            }
            if let Some(max) = element.max_length.filter(|max| text.len() > *max) {
                let found = text.chars().count();
                if found > max {
                    self.report(place, &Problem::TooLong { max, found }, Some(&schema.url), None);
                }
            }
            if let Some(binding) = &element.binding {
                self.binding(schema, binding, value, place);
            }
        }
        self.range(schema, element, value, place);
    }

    /// A value between the least and the greatest that an element allows; texts of dates and times sort as they are.
    pub(super) fn range(&mut self, schema: &Schema, element: &Element, value: &Node, place: &Place<'_>) {
        for (limit, least) in [(&element.min_value, true), (&element.max_value, false)] {
            let Some(limit) = limit else { continue };
            let number = |n: &Node| n.as_number().or_else(|| n.at("value")?.as_number()).map(|n| n.as_f64());
            let order = match (number(value), number(limit), value.as_str(), limit.as_str()) {
                (Some(a), Some(b), ..) => a.partial_cmp(&b),
                (_, _, Some(a), Some(b)) => Some(a.cmp(b)),
                _ => None,
            };
            if order == Some(if least { Ordering::Less } else { Ordering::Greater }) {
                let limit = shown(limit);
                self.report(place, &Problem::OutOfRange { limit: &limit, least }, Some(&schema.url), None);
            }
        }
    }

    /// A value against a fixed value or a pattern.
    pub(super) fn required_value(
        &mut self,
        schema: &Schema,
        wanted: &Node,
        exact: bool,
        value: &Node,
        place: &Place<'_>,
    ) {
        if exact && !same(value, wanted) {
            self.report(place, &Problem::NotFixed(&shown(wanted)), Some(&schema.url), None);
        } else if !exact && !has(value, wanted) {
            self.report(place, &Problem::NotPattern(&shown(wanted)), Some(&schema.url), None);
        }
    }
}

/// A value as a message shows it: not more than fits a line.
fn shown(value: &Node) -> String {
    let mut text = value.to_string();
    if let Some((end, _)) = text.char_indices().nth(120) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Equal, whatever the order of keys; a number by its digits' value.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    match (a, b) {
        (Node::Number(a), Node::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Node::Array(a), Node::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Node::Object(a), Node::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// Whether a value has all that a pattern has: each member, and for each of a list one that has it (R4 §5.3.5).
pub(super) fn has(value: &Node, pattern: &Node) -> bool {
    match (value, pattern) {
        (Node::Object(value), Node::Object(pattern)) => {
            pattern.iter().all(|(key, wanted)| value.get(key).is_some_and(|v| has(v, wanted)))
        }
        (Node::Array(values), Node::Array(wanted)) => wanted.iter().all(|w| values.iter().any(|v| has(v, w))),
        (Node::Array(values), wanted) => values.iter().any(|v| has(v, wanted)),
        (value, Node::Array(wanted)) => wanted.iter().all(|w| has(value, w)),
        _ => same(value, pattern),
    }
}
