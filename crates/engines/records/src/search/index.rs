//! The values by which a resource is found.

use kotoba::{fold_width, hira_to_kata};

use super::{
    parameters::{Kind, Parameter, parameters},
    time::Span,
};
use crate::tree::{Node, Object, Text};

/// A value under a parameter: what a store keeps a row of.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The parameter's name.
    pub parameter: &'static str,
    /// The value.
    pub value: Value,
}

/// A value of a resource as search compares it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A code, identifier, contact or truth value.
    Token {
        /// Its system; none where the code has none.
        system: Option<Text>,
        /// The code; none for a concept that has only a text.
        code: Option<Text>,
        /// How it is shown, folded: for `:text`.
        display: Option<Text>,
    },
    /// A span of time.
    Date(Span),
    /// A text.
    Text {
        /// As it is written: for `:exact`.
        exact: Text,
        /// Folded by [`fold`].
        folded: Text,
    },
    /// A reference to a resource.
    Reference {
        /// The type, if the reference says it.
        resource_type: Option<Text>,
        /// The id, or for a reference that is not `Type/id` the whole URI.
        id: Text,
    },
    /// A reference by a business identifier: for `:identifier`.
    ReferenceIdentifier {
        /// The identifier's system.
        system: Option<Text>,
        /// The identifier's value.
        value: Text,
    },
    /// A measured number.
    Quantity {
        /// The number as the nearest double.
        value: f64,
        /// System of the unit.
        system: Option<Text>,
        /// Code of the unit.
        code: Option<Text>,
        /// The unit as it is shown.
        unit: Option<Text>,
    },
    /// A URI, its version (`|1`) cut off.
    Uri(Text),
}

/// All values of a resource, parameter by parameter. What cannot be compared (a date that is none) is passed over:
/// validation says so, not search. Contained resources are not found by themselves.
pub fn index(resource: &Node) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(32);
    for parameter in parameters(resource.text_at("resourceType").unwrap_or_default()) {
        let mut add = |value| entries.push(Entry { parameter: parameter.name, value });
        for path in parameter.paths {
            visit(resource, path, &mut |node| values(parameter, node, &mut add));
        }
    }
    entries
}

/// A text as texts are compared: full and half width, case, and hiragana and katakana are one; runs of spaces too.
pub fn fold(text: &str) -> Text {
    if text.is_ascii() {
        return Text::from(text.to_ascii_lowercase());
    }
    let folded = hira_to_kata(&fold_width(text)).to_lowercase();
    let mut words = folded.split_whitespace();
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |line, word| line + " " + word).into()
}

/// The type and id that a reference means: `Patient/1`, an absolute URL that ends so, or the whole as an id.
pub(super) fn target(reference: &str) -> (Option<&str>, &str) {
    let plain = reference.split_once("/_history/").map_or(reference, |(plain, _)| plain);
    let mut parts = plain.rsplit('/');
    let (id, kind) = (parts.next().unwrap_or_default(), parts.next());
    match kind {
        Some(kind) if is_type(kind) && !id.is_empty() => (Some(kind), id),
        _ => (None, reference),
    }
}

fn is_type(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(|b| b.is_ascii_alphabetic())
}

fn visit<'a>(node: &'a Node, path: &str, found: &mut impl FnMut(&'a Node)) {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    let Some(next) = node.get(key) else { return };
    for item in next.items() {
        match rest {
            Some(rest) => visit(item, rest, found),
            None => found(item),
        }
    }
}

fn values(parameter: &Parameter, node: &Node, add: &mut impl FnMut(Value)) {
    match parameter.kind {
        Kind::Token => tokens(parameter.name, node, add),
        Kind::Date => dates(node, add),
        Kind::String => texts(node, add),
        Kind::Reference => references(parameter, node, add),
        Kind::Quantity => quantities(node, add),
        Kind::Uri => {
            if let Some(uri) = node.as_str() {
                add(Value::Uri(uri.split('|').next().unwrap_or(uri).into()));
            }
        }
    }
}

fn tokens(name: &str, node: &Node, add: &mut impl FnMut(Value)) {
    let token = |system: Option<&str>, code: Option<&str>, display: Option<&str>| Value::Token {
        system: system.map(Text::new),
        code: code.map(Text::new),
        display: display.map(fold),
    };
    match node {
        Node::String(code) => add(token(None, Some(code), None)),
        Node::Bool(value) => add(token(None, Some(if *value { "true" } else { "false" }), None)),
        Node::Object(object) => {
            let text = |key| object.get(key).and_then(Node::as_str);
            if object.get("coding").is_some() || object.get("text").is_some() {
                let shown = text("text");
                let codings = object.get("coding").map(Node::items).unwrap_or_default();
                for coding in codings {
                    let display = shown.or_else(|| coding.text_at("display"));
                    add(token(coding.text_at("system"), coding.text_at("code"), display));
                }
                if codings.is_empty() {
                    add(token(None, None, shown));
                }
            } else if object.get("value").is_some() {
                contact_or_identifier(name, object, add);
            } else if object.get("code").is_some() || object.get("system").is_some() {
                add(token(text("system"), text("code"), text("display")));
            }
        }
        Node::Null | Node::Number(_) | Node::Array(_) => {}
    }
}

fn contact_or_identifier(name: &str, object: &Object, add: &mut impl FnMut(Value)) {
    let text = |key| object.get(key).and_then(Node::as_str);
    let system = text("system");
    let wanted = match name {
        "phone" => system == Some("phone"),
        "email" => system == Some("email"),
        _ => true,
    };
    // The system of a contact is its use (R4: Patient.telecom), a word and not a namespace.
    let is_contact = matches!(name, "phone" | "email" | "telecom");
    let system = if is_contact { text("use") } else { system };
    if wanted {
        let display = object.get("type").and_then(|kind| kind.text_at("text"));
        add(Value::Token {
            system: system.map(Text::new),
            code: text("value").map(Text::new),
            display: display.map(fold),
        });
    }
}

fn dates(node: &Node, add: &mut impl FnMut(Value)) {
    let span = match node {
        Node::String(text) => Span::parse(text),
        Node::Object(_) => Span::between(node.text_at("start"), node.text_at("end")),
        _ => None,
    };
    if let Some(span) = span {
        add(Value::Date(span));
    }
}

/// A text, or the parts of a name or an address.
fn texts(node: &Node, add: &mut impl FnMut(Value)) {
    let mut put = |text: &str| add(Value::Text { exact: text.into(), folded: fold(text) });
    match node {
        Node::String(text) => put(text),
        Node::Object(object) => {
            for (key, value) in object.iter() {
                if matches!(key, "use" | "type" | "period" | "id" | "extension" | "country") {
                    continue;
                }
                value.items().iter().filter_map(Node::as_str).for_each(&mut put);
            }
        }
        _ => {}
    }
}

fn references(parameter: &Parameter, node: &Node, add: &mut impl FnMut(Value)) {
    let stated = node.text_at("type");
    let fits = |kind: Option<&str>| {
        parameter.targets.is_empty() || kind.is_none_or(|kind| parameter.targets.contains(&kind))
    };
    if let Some(reference) = node.text_at("reference").or_else(|| node.as_str()) {
        let (kind, id) = target(reference);
        let kind = kind.or(stated);
        if !reference.starts_with('#') && fits(kind) {
            add(Value::Reference { resource_type: kind.map(Text::new), id: id.into() });
        }
    }
    if let (Some(value), true) = (node.text_at("identifier.value"), fits(stated)) {
        let system = node.text_at("identifier.system").map(Text::new);
        add(Value::ReferenceIdentifier { system, value: value.into() });
    }
}

fn quantities(node: &Node, add: &mut impl FnMut(Value)) {
    let Some(number) = node.get("value").and_then(Node::as_number) else { return };
    let text = |key| node.text_at(key).map(Text::new);
    let (system, code, unit) = (text("system"), text("code"), text("unit"));
    add(Value::Quantity { value: number.as_f64(), system, code, unit });
}
