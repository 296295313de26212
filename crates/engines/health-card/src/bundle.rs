//! The FHIR bundle of a card: small, without what a card does not need.

use serde_json::Value;

use crate::problem::{Code, Problem};

/// CVX codes of COVID-19 vaccines, and SNOMED and LOINC's word for the disease.
const COVID_CVX: std::ops::RangeInclusive<u32> = 207..=230;
const COVID_CVX_LATER: std::ops::RangeInclusive<u32> = 300..=313;
/// Deeper than any bundle.
const DEEPEST: usize = 40;

/// Judges a bundle.
pub(crate) fn check(bundle: &Value, problems: &mut Vec<Problem>) {
    if bundle.get("resourceType").and_then(Value::as_str) != Some("Bundle") {
        problems.push(Problem::error(Code::Fhir, "a Bundle is expected"));
        return;
    }
    if bundle.get("type").and_then(Value::as_str) != Some("collection") {
        problems.push(Problem::error(Code::Fhir, "Bundle.type collection is expected"));
    }
    empty_values(bundle, "Bundle", 0, problems);
    let Some(entries) = bundle.get("entry").and_then(Value::as_array) else {
        problems.push(Problem::error(Code::Fhir, "Bundle.entry is expected"));
        return;
    };
    for (number, entry) in entries.iter().enumerate() {
        let place = format!("entry[{number}]");
        let url = entry.get("fullUrl").and_then(Value::as_str).unwrap_or("");
        if !is_short(url) {
            problems
                .push(Problem::warning(Code::Schema, format!("{place}.fullUrl should be resource:{number}")));
        }
        match entry.get("resource") {
            Some(resource) => check_resource(resource, &place, problems),
            None => problems.push(Problem::error(Code::Fhir, format!("{place}.resource is expected"))),
        }
    }
}

/// Whether the bundle holds a resource of a type.
pub(crate) fn has(bundle: &Value, kind: &str) -> bool {
    resources(bundle).any(|resource| resource.get("resourceType").and_then(Value::as_str) == Some(kind))
}

/// Whether it is about COVID-19, as far as its vaccine and test codes tell.
pub(crate) fn is_covid(bundle: &Value) -> bool {
    resources(bundle).any(|resource| {
        let codings = |name: &str| {
            resource
                .get(name)
                .and_then(|c| c.get("coding"))
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        codings("vaccineCode").iter().any(|coding| {
            let system = coding.get("system").and_then(Value::as_str).unwrap_or("");
            let number = coding.get("code").and_then(Value::as_str).and_then(|code| code.parse::<u32>().ok());
            system.ends_with("/cvx")
                && number.is_some_and(|n| COVID_CVX.contains(&n) || COVID_CVX_LATER.contains(&n))
        })
    })
}

fn resources(bundle: &Value) -> impl Iterator<Item = &Value> {
    let entries = bundle.get("entry").and_then(Value::as_array).into_iter().flatten();
    entries.filter_map(|entry| entry.get("resource"))
}

fn is_short(url: &str) -> bool {
    url.strip_prefix("resource:").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn check_resource(resource: &Value, place: &str, problems: &mut Vec<Problem>) {
    let Some(kind) = resource.get("resourceType").and_then(Value::as_str) else {
        problems.push(Problem::error(Code::Fhir, format!("{place}: resourceType is expected")));
        return;
    };
    for name in ["id", "text"] {
        if resource.get(name).is_some() {
            problems
                .push(Problem::warning(Code::Schema, format!("{place}.{kind}.{name} should be left out")));
        }
    }
    meta(resource, place, problems);
    spare(resource, place, 0, problems);
    if kind == "Immunization" {
        immunization(resource, place, problems);
    }
}

/// Only `meta.security`, an array of codings, belongs on a card.
fn meta(resource: &Value, place: &str, problems: &mut Vec<Problem>) {
    let Some(meta) = resource.get("meta") else { return };
    let Some(members) = meta.as_object() else {
        problems.push(Problem::warning(Code::Schema, format!("{place}.meta should be left out")));
        return;
    };
    let is_coding = |coding: &Value| {
        let known = ["id", "extension", "system", "version", "code", "display", "userSelected"];
        coding.as_object().is_some_and(|members| members.keys().all(|name| known.contains(&name.as_str())))
    };
    match (members.get("security"), members.len()) {
        (Some(security), _) if !security.as_array().is_some_and(|all| all.iter().all(is_coding)) => {
            problems.push(Problem::error(Code::Fhir, format!("{place}.meta.security: codings are expected")));
        }
        (Some(_), 1) => {}
        _ => problems.push(Problem::warning(Code::Fhir, format!("{place}.meta should hold security alone"))),
    }
}

/// What a card's QR code should not spend its room on.
fn spare(value: &Value, place: &str, depth: usize, problems: &mut Vec<Problem>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(members) => {
            let is_concept = members.keys().all(|name| matches!(name.as_str(), "coding" | "text"));
            if is_concept && members.contains_key("text") && !place.ends_with(".name") {
                problems.push(Problem::warning(Code::Schema, format!("{place}: CodeableConcept.text")));
            }
            if members.contains_key("system")
                && members.contains_key("code")
                && members.contains_key("display")
            {
                problems.push(Problem::warning(Code::Schema, format!("{place}: Coding.display")));
            }
            if let Some(reference) = members.get("reference").and_then(Value::as_str)
                && !reference.rsplit('/').next().is_some_and(is_short)
            {
                problems.push(Problem::warning(
                    Code::Schema,
                    format!("{place}: {reference} should be resource:n"),
                ));
            }
            for (name, member) in members.iter().filter(|(name, _)| *name != "meta") {
                spare(member, &format!("{place}.{name}"), depth + 1, problems);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| spare(item, place, depth + 1, problems)),
        _ => {}
    }
}

/// FHIR has no empty texts, objects or arrays.
fn empty_values(value: &Value, place: &str, depth: usize, problems: &mut Vec<Problem>) {
    let empty = match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Null => true,
        _ => false,
    };
    if empty {
        problems.push(Problem::error(Code::Fhir, format!("{place} is empty")));
    }
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, member)| empty_values(member, &format!("{place}.{name}"), depth + 1, problems)),
        Value::Array(items) => items.iter().for_each(|item| empty_values(item, place, depth + 1, problems)),
        _ => {}
    }
}

fn immunization(resource: &Value, place: &str, problems: &mut Vec<Problem>) {
    let mut expect = |holds: bool, text: &str| {
        if !holds {
            problems.push(Problem::error(Code::Fhir, format!("{place}: {text} is expected")));
        }
    };
    expect(
        resource.get("status").and_then(Value::as_str) == Some("completed"),
        "Immunization.status completed",
    );
    let codings = resource.get("vaccineCode").and_then(|code| code.get("coding")).and_then(Value::as_array);
    // An empty vaccineCode was told already.
    let is_empty =
        resource.get("vaccineCode").and_then(Value::as_object).is_some_and(serde_json::Map::is_empty);
    expect(is_empty || codings.is_some_and(|codings| !codings.is_empty()), "Immunization.vaccineCode.coding");
    let reference = resource.get("patient").and_then(|patient| patient.get("reference"));
    expect(reference.is_some_and(Value::is_string), "Immunization.patient.reference");
    let occurrences =
        ["occurrenceDateTime", "occurrenceString"].iter().filter(|n| resource.get(**n).is_some());
    expect(occurrences.count() == 1, "one Immunization.occurrence[x]");
}
