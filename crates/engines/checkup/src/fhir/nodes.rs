//! The parts of a bundle's resources.

use records::{Node, Number, Object, node};

use super::{ABSENT, FLAG, NAME_FORM, OID, ORDINAL};
use crate::{
    items,
    model::{Address, Code, Identifier, Observation, Related, Value},
    oid,
};

/// Whether an item, or the first of a group, is of the questionnaire.
pub(super) fn is_answer(observation: &Observation) -> bool {
    match observation.related.first() {
        Some(first) if observation.is_group() => is_answer(&first.observation),
        _ => category(&observation.code.code) == "social-history",
    }
}

/// Whether an item is no more than a code and a value.
pub(super) fn is_plain(observation: &Observation) -> bool {
    !observation.is_group()
        && observation.method.is_none()
        && observation.range.is_none()
        && observation.author.is_none()
        && observation.time.is_none()
        && observation.interpretations.is_empty()
        && observation.related.is_empty()
}

pub(super) fn components(related: &[Related]) -> Option<Vec<Node>> {
    let parts: Vec<Node> = related
        .iter()
        .filter(|related| !related.observation.is_group())
        .map(|related| {
            let mut part = node!({ "code": code_of(&related.observation) });
            value(&mut part, &related.observation);
            part
        })
        .collect();
    Some(parts).filter(|parts| !parts.is_empty())
}

pub(super) fn code_of(observation: &Observation) -> Node {
    let code = &observation.code;
    let name = code.name.as_deref().or_else(|| items::item(&code.code).map(|item| item.name.as_str()));
    concept(&system(if code.system.is_empty() { oid::ITEM } else { &code.system }), &code.code, name)
}

pub(super) fn value(target: &mut Node, observation: &Observation) {
    match &observation.value {
        Some(Value::Quantity { value, unit }) => match Number::new(value.trim()) {
            Some(number) => {
                put(target, "valueQuantity", Some(quantity(number, unit, &observation.code.code)))
            }
            None => put(target, "valueString", Some(value.as_str())),
        },
        Some(Value::Coded { code, ordinal }) => {
            let mut coding = coding_of(code, "");
            if *ordinal && let Some(rank) = Number::new(&code.code) {
                let extension = node!({ "url": ORDINAL, "valueDecimal": rank });
                put(&mut coding, "extension", Some(vec![extension]));
            }
            put(target, "valueCodeableConcept", Some(node!({ "coding": node!([coding]) })));
        }
        Some(Value::Text { text }) => {
            put(target, "valueString", Some(text.as_str()).filter(|text| !text.is_empty()))
        }
        Some(Value::Missing { flavour, .. }) => {
            let reason = if flavour == "NI" { "unknown" } else { "temp-unknown" };
            put(target, "dataAbsentReason", Some(concept(ABSENT, reason, None)));
        }
        None if observation.not_done => {
            put(target, "dataAbsentReason", Some(concept(ABSENT, "not-performed", None)));
        }
        None => {}
    }
}

fn quantity(number: Number, unit: &str, code: &str) -> Node {
    let code = items::item(code).filter(|item| item.ucum == unit);
    let shown = code.map_or(unit, |item| item.unit.as_str());
    let mut quantity = node!({ "value": number });
    put(&mut quantity, "unit", Some(shown).filter(|shown| !shown.is_empty()));
    put(&mut quantity, "system", Some(oid::UCUM));
    put(&mut quantity, "code", Some(if unit.is_empty() { "1" } else { unit }));
    quantity
}

pub(super) fn range(observation: &Observation) -> Option<Node> {
    let range = observation.range.as_ref()?;
    let mut found = Node::Object(Object::new());
    for (key, bound) in [("low", &range.low), ("high", &range.high)] {
        let number = bound.as_deref().and_then(|bound| Number::new(bound.trim()));
        put(&mut found, key, number.map(|number| quantity(number, &range.unit, &observation.code.code)));
    }
    Some(found).filter(|found| found.as_object().is_some_and(|object| !object.is_empty()))
}

pub(super) fn flag(code: &Code) -> Node {
    let system = if code.system == oid::INTERPRETATION || code.system.is_empty() {
        FLAG.to_owned()
    } else {
        system(&code.system)
    };
    concept(&system, &code.code, code.name.as_deref())
}

pub(super) fn human_name(name: &str, form: &str) -> Node {
    let mut parts = name.split([' ', '　']).filter(|part| !part.is_empty());
    let family = parts.next().unwrap_or(name);
    let given: Vec<Node> = parts.map(Node::from).collect();
    let mut found = node!({
        "extension": node!([node!({ "url": NAME_FORM, "valueCode": form })]),
        "use": "official",
        "text": name,
        "family": family,
    });
    put(&mut found, "given", Some(given).filter(|given| !given.is_empty()));
    found
}

pub(super) fn telecoms(telecoms: &[String], used: Option<&str>) -> Option<Vec<Node>> {
    let all = telecoms.iter().map(|telecom| {
        let mut one = node!({ "system": "phone", "value": telecom.strip_prefix("tel:").unwrap_or(telecom) });
        put(&mut one, "use", used);
        one
    });
    Some(all.collect::<Vec<_>>()).filter(|all| !all.is_empty())
}

pub(super) fn address(address: &Address) -> Node {
    let mut found = Node::Object(Object::new());
    put(&mut found, "text", Some(address.text.as_str()).filter(|text| !text.is_empty()));
    put(&mut found, "postalCode", address.postal_code.as_deref());
    put(&mut found, "country", Some("JP"));
    found
}

pub(super) fn identifier(id: &Identifier) -> Node {
    node!({ "system": system(&id.root), "value": id.extension.clone() })
}

pub(super) fn concept(system: &str, code: &str, name: Option<&str>) -> Node {
    let mut coding = node!({ "system": system, "code": code });
    put(&mut coding, "display", name);
    node!({ "coding": node!([coding]) })
}

pub(super) fn concept_of(code: &Code, or: &str) -> Node {
    node!({ "coding": node!([coding_of(code, or)]) })
}

fn coding_of(code: &Code, or: &str) -> Node {
    let root = if code.system.is_empty() { or } else { &code.system };
    let mut coding = Node::Object(Object::new());
    put(&mut coding, "system", Some(system(root)).filter(|_| !root.is_empty()));
    put(&mut coding, "code", Some(code.code.as_str()).filter(|code| !code.is_empty()));
    put(&mut coding, "display", code.name.as_deref().or_else(|| items::meaning(root, &code.code)));
    coding
}

/// An OID as the system of a code or number; what is a URI already stays.
pub(super) fn system(root: &str) -> String {
    if root.contains(':') { root.to_owned() } else { format!("{OID}{root}") }
}

/// A time of HL7 V3 as FHIR writes it.
pub(super) fn expanded(time: &str) -> String {
    let digits = time.bytes().take_while(u8::is_ascii_digit).count();
    let part = |from: usize, to: usize| time.get(from..to).filter(|_| digits >= to);
    let Some(mut text) = part(0, 4).map(str::to_owned) else { return String::new() };
    for (mark, from, to) in [('-', 4, 6), ('-', 6, 8), ('T', 8, 10), (':', 10, 12), (':', 12, 14)] {
        let Some(part) = part(from, to) else { break };
        text.push(mark);
        text.push_str(part);
    }
    let zone = time.get(digits..).and_then(|rest| rest.find(['+', '-']).and_then(|at| rest.get(at..)));
    if let Some(zone) = zone.filter(|zone| zone.len() == 5 && text.len() == 19) {
        let (hours, minutes) = zone.split_at_checked(3).unwrap_or((zone, ""));
        text.push_str(&format!("{hours}:{minutes}"));
    }
    // A time without seconds is none to FHIR; the day is what is sure.
    if matches!(text.len(), 13 | 16) {
        text.truncate(10);
    }
    text
}

pub(super) fn category(code: &str) -> &'static str {
    match code.get(..3).unwrap_or_default() {
        "9A7" => "vital-signs",
        "9N0" if code < "9N05" => "body-measurement",
        "9N1" if code >= "9N14" => "laboratory",
        "9N5" if code < "9N51" => "survey",
        "9N7" | "9N8" | "9N9" => "social-history",
        start if start.starts_with("9A") || start.starts_with("9E") || start.starts_with('9') => "exam",
        _ => "laboratory",
    }
}

pub(super) fn put(target: &mut Node, key: &str, value: Option<impl Into<Node>>) {
    if let (Some(object), Some(value)) = (target.as_object_mut(), value) {
        object.insert(key, value);
    }
}
