//! Values of expressions.

use super::EvaluationError;
use crate::tree::{Node, Text};

static NULL: Node = Node::Null;

/// One value: a part of the tree, or something computed.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// A part of the tree.
    Node {
        /// The value; `Null` for a primitive that has but extensions.
        node: &'a Node,
        /// What a primitive's `_name` holds: id and extensions.
        beside: Option<&'a Node>,
        /// The type, where a choice's key names it (`Quantity` for `valueQuantity`).
        of: Option<&'a str>,
    },
    /// A truth value.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A decimal.
    Decimal(f64),
    /// A text.
    Text(Text),
    /// A resource that a reference names but that is not here: its type.
    Elsewhere(&'a str),
}

impl<'a> Value<'a> {
    /// A part of a tree.
    pub fn of(node: &'a Node) -> Self {
        Value::Node { node, beside: None, of: None }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Node { node, .. } => node.as_str(),
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The part of the tree, if it is one.
    pub fn node(&self) -> Option<&'a Node> {
        match self {
            Value::Node { node, .. } => Some(node),
            _ => None,
        }
    }

    /// The type that the key of a choice names.
    pub fn type_name(&self) -> Option<&'a str> {
        match self {
            Value::Node { of, .. } => *of,
            _ => None,
        }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            Value::Node { node: Node::Bool(value), .. } => Some(*value),
            _ => None,
        }
    }

    pub(super) fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(value) => Some(*value),
            Value::Node { node: Node::Number(number), .. } => number.as_i64(),
            _ => None,
        }
    }

    pub(super) fn as_decimal(&self) -> Option<f64> {
        match self {
            Value::Decimal(value) => Some(*value),
            Value::Node { node: Node::Number(number), .. } => Some(number.as_f64()),
            // Integers of the evaluator are counts and indexes.
            other => other.as_integer().map(|n| n as f64),
        }
    }

    pub(super) fn has_value(&self) -> bool {
        !matches!(
            self,
            Value::Node { node: Node::Null | Node::Object(_) | Node::Array(_), .. } | Value::Elsewhere(_)
        )
    }

    /// Whether the value is of a type; an error where the tree does not tell.
    pub(super) fn is(&self, wanted: &str) -> Result<bool, EvaluationError> {
        let json = match self {
            Value::Bool(_) => return Ok(same(wanted, "boolean")),
            Value::Integer(_) => return Ok(same(wanted, "integer")),
            Value::Decimal(_) => return Ok(same(wanted, "decimal")),
            Value::Text(_) => return Ok(TEXTS.iter().any(|t| same(wanted, t))),
            Value::Elsewhere(of) => return Ok(resource_is(of, wanted)),
            Value::Node { node, of: None, .. } => node,
            Value::Node { of: Some(of), .. } => return Ok(type_is(of, wanted)),
        };
        let primitive = |names: &[&str]| Ok(names.iter().any(|t| same(wanted, t)));
        match json {
            Node::Bool(_) => primitive(&["boolean"]),
            Node::Number(n) if n.as_i64().is_some() => {
                primitive(&["integer", "positiveInt", "unsignedInt", "decimal"])
            }
            Node::Number(_) => primitive(&["decimal"]),
            Node::String(_) | Node::Null => primitive(TEXTS),
            Node::Object(_) | Node::Array(_) => match json.text_at("resourceType") {
                Some(of) => Ok(resource_is(of, wanted)),
                None if wanted.starts_with(char::is_uppercase) => {
                    Err(EvaluationError::TypeNotKnown(wanted.to_owned()))
                }
                None => Ok(false),
            },
        }
    }

    /// The members of that name, elements of lists one by one.
    pub(super) fn member(&self, name: &str, into: &mut Vec<Value<'a>>) {
        let Value::Node { node, beside, .. } = self else { return };
        let Some(object) = node.as_object() else {
            // What a primitive has besides its value.
            if let Some(beside) = beside {
                Value::of(beside).member(name, into);
            }
            return;
        };
        let shadow =
            |key: &str| object.iter().find(|(k, _)| k.strip_prefix('_') == Some(key)).map(|(_, v)| v);
        match object.get(name) {
            Some(value @ Node::Object(_)) => into.push(Value::of(value)),
            Some(value) => spread(Some(value), shadow(name), None, into),
            None => {
                if let Some(beside) = shadow(name) {
                    spread(None, Some(beside), None, into);
                    return;
                }
                if CHOICES.binary_search(&name).is_err() {
                    return;
                }
                for (key, value) in object.iter() {
                    let bare = key.strip_prefix('_').unwrap_or(key);
                    let of = bare.strip_prefix(name).filter(|of| TYPES.contains(of));
                    if of.is_none() {
                        continue;
                    }
                    if bare.len() == key.len() {
                        spread(Some(value), shadow(key), of, into);
                    } else if object.get(bare).is_none() {
                        spread(None, Some(value), of, into);
                    }
                }
            }
        }
    }

    /// All members but the name of the resource's type, elements of lists one by one.
    pub(super) fn children(&self, into: &mut Vec<Value<'a>>) {
        let Value::Node { node, beside, .. } = self else { return };
        if let Some(beside) = beside {
            Value::of(beside).children(into);
        }
        for (key, value) in node.as_object().into_iter().flat_map(|o| o.iter()) {
            match key.strip_prefix('_') {
                Some(bare) if node.get(bare).is_none() => spread(None, Some(value), None, into),
                Some(_) => {}
                None if key == "resourceType" => {}
                None => {
                    let shadow =
                        matches!(value, Node::String(_) | Node::Number(_) | Node::Bool(_) | Node::Array(_))
                            .then(|| node.get(&smol_str::format_smolstr!("_{key}")))
                            .flatten();
                    spread(Some(value), shadow, None, into);
                }
            }
        }
    }
}

/// A value and what stands beside it, as values one by one.
fn spread<'a>(
    value: Option<&'a Node>,
    beside: Option<&'a Node>,
    of: Option<&'a str>,
    into: &mut Vec<Value<'a>>,
) {
    let list = value.or(beside).is_some_and(|n| n.as_array().is_some());
    if !list {
        into.push(Value::Node { node: value.unwrap_or(&NULL), beside, of });
        return;
    }
    let values = value.map(Node::items).unwrap_or_default();
    let besides = beside.map(Node::items).unwrap_or_default();
    for n in 0..values.len().max(besides.len()) {
        let node = values.get(n).unwrap_or(&NULL);
        let beside = besides.get(n).filter(|b| **b != Node::Null);
        if *node != Node::Null || beside.is_some() {
            into.push(Value::Node { node, beside, of });
        }
    }
}

/// The truth of a result: none if there is none; one value of another kind counts as true (FHIRPath §4.5).
pub(super) fn truth(values: &[Value<'_>]) -> Result<Option<bool>, EvaluationError> {
    match values {
        [] => Ok(None),
        [one] => Ok(Some(one.as_bool().unwrap_or(true))),
        _ => Err(EvaluationError::NotSingle("a truth value")),
    }
}

/// Types whose values JSON writes as text.
const TEXTS: &[&str] = &[
    "string",
    "code",
    "id",
    "markdown",
    "uri",
    "url",
    "canonical",
    "oid",
    "uuid",
    "base64Binary",
    "date",
    "dateTime",
    "instant",
    "time",
    "xhtml",
];

/// Types that the key of a choice may end with (R4 §2.24.0.3), and `Reference`.
const TYPES: &[&str] = &[
    "Base64Binary",
    "Boolean",
    "Canonical",
    "Code",
    "Date",
    "DateTime",
    "Decimal",
    "Id",
    "Instant",
    "Integer",
    "Markdown",
    "Oid",
    "PositiveInt",
    "String",
    "Time",
    "UnsignedInt",
    "Uri",
    "Url",
    "Uuid",
    "Address",
    "Age",
    "Annotation",
    "Attachment",
    "CodeableConcept",
    "Coding",
    "ContactPoint",
    "Count",
    "Distance",
    "Duration",
    "HumanName",
    "Identifier",
    "Money",
    "Period",
    "Quantity",
    "Range",
    "Ratio",
    "Reference",
    "SampledData",
    "Signature",
    "Timing",
    "ContactDetail",
    "Contributor",
    "DataRequirement",
    "Expression",
    "ParameterDefinition",
    "RelatedArtifact",
    "TriggerDefinition",
    "UsageContext",
    "Dosage",
    "Meta",
];

/// Elements that are a choice of types somewhere in R4, sorted: `response` is none, so `responseCode` is not one of its kinds.
const CHOICES: &[&str] = &[
    "abatement",
    "additive",
    "age",
    "allowed",
    "amount",
    "answer",
    "asNeeded",
    "author",
    "born",
    "bounds",
    "characteristic",
    "chargeItem",
    "code",
    "collected",
    "content",
    "created",
    "date",
    "deceased",
    "defaultValue",
    "definingSubstance",
    "definition",
    "detail",
    "diagnosis",
    "dose",
    "doseNumber",
    "due",
    "effective",
    "entity",
    "event",
    "example",
    "fastingStatus",
    "fixed",
    "identified",
    "indication",
    "item",
    "legallyBinding",
    "location",
    "manufacturer",
    "maxValue",
    "medication",
    "minValue",
    "minimumVolume",
    "module",
    "multipleBirth",
    "name",
    "occurred",
    "occurrence",
    "offset",
    "onset",
    "participantEffective",
    "pattern",
    "performed",
    "probability",
    "procedure",
    "product",
    "quantity",
    "rate",
    "reported",
    "scheduled",
    "seriesDoses",
    "serviced",
    "source",
    "start",
    "statusReason",
    "studyEffective",
    "subject",
    "substance",
    "target",
    "time",
    "timing",
    "topic",
    "used",
    "value",
    "when",
];

/// Names of one type, whether FHIRPath or FHIR writes it: `String` and `string`.
fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn type_is(of: &str, wanted: &str) -> bool {
    let parents: &[&str] = match of {
        "Age" | "Count" | "Distance" | "Duration" => &["Quantity"],
        "Code" | "Id" | "Markdown" => &["string"],
        "Url" | "Canonical" | "Oid" | "Uuid" => &["uri"],
        "PositiveInt" | "UnsignedInt" => &["integer"],
        _ => &[],
    };
    same(of, wanted) || wanted == "Element" || parents.iter().any(|p| same(p, wanted))
}

fn resource_is(of: &str, wanted: &str) -> bool {
    of == wanted
        || wanted == "Resource"
        || wanted == "DomainResource" && !matches!(of, "Bundle" | "Binary" | "Parameters")
}
