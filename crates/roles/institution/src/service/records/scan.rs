//! The refusal of My Numbers in FHIR resources: the fields of R4 whose digits are explained by what they are.

use records::Node;

use crate::refuse::{self, Field, MyNumberFound};

/// Refuses a resource when a key, text or number in it holds a My Number that its field does not explain.
///
/// Explained are a UUID (its last twelve digits may all be decimal) in an id, a reference, an address or an identifier,
/// the numbers of documents, orders and instances that JP-CLINS gives their own systems, and the institution's own
/// patient numbers where it says that they have twelve digits.
///
/// # Errors
/// [`MyNumberFound`] with the place as FHIRPath.
pub fn scan_resource(resource: &Node, local_number: Field) -> Result<(), MyNumberFound> {
    let root = resource.text_at("resourceType").unwrap_or_default();
    let mut walk = Walk { path: vec![root.to_owned()], local_number };
    walk.node(resource, Known::No)
}

/// Refuses a text of an address or a query, a UUID aside.
///
/// # Errors
/// [`MyNumberFound`] with the place.
pub fn scan_text(text: &str, place: impl FnOnce() -> String) -> Result<(), MyNumberFound> {
    if is_plain(text) {
        return Ok(());
    }
    refuse::scan(Field::Text, &without_uuids(text), place)
}

/// What explains the digits of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Nothing.
    No,
    /// It may be a UUID or hold one.
    Uuid,
    /// It is a number of a system of instances.
    Instance,
    /// It is the institution's own patient number.
    Local,
    /// It is a code of how a drug is used (標準用法マスタ): sixteen letters and digits.
    Usage,
}

struct Walk {
    path: Vec<String>,
    local_number: Field,
}

impl Walk {
    fn node(&mut self, node: &Node, known: Known) -> Result<(), MyNumberFound> {
        match node {
            Node::String(text) => self.text(text, known),
            Node::Number(number) => self.text(number.as_str(), Known::No),
            Node::Array(items) => items.iter().enumerate().try_for_each(|(n, item)| {
                if matches!(item, Node::String(text) if is_plain(text)) {
                    return Ok(());
                }
                self.path.push(format!("[{n}]"));
                self.node(item, known)?;
                self.path.pop();
                Ok(())
            }),
            Node::Object(members) => {
                let system = members.get("system").and_then(Node::as_str).unwrap_or_default();
                let is_identifier =
                    self.path.iter().rev().find(|part| !part.starts_with('[')).is_some_and(|part| {
                        matches!(part.as_str(), ".identifier" | ".masterIdentifier" | ".groupIdentifier")
                    });
                for (key, member) in members.iter() {
                    if matches!(member, Node::String(text) if is_plain(text)) && is_plain(key) {
                        continue;
                    }
                    refuse::scan(Field::Text, key, || format!("{} (name of a member)", self.path.concat()))?;
                    self.path.push(format!(".{key}"));
                    self.node(member, of(key, is_identifier, system))?;
                    self.path.pop();
                }
                Ok(())
            }
            Node::Null | Node::Bool(_) => Ok(()),
        }
    }

    fn text(&self, text: &str, known: Known) -> Result<(), MyNumberFound> {
        if is_plain(text) {
            return Ok(());
        }
        let place = || self.path.concat();
        match known {
            Known::No => refuse::scan(Field::Text, text, place),
            Known::Uuid => refuse::scan(Field::Text, &without_uuids(text), place),
            Known::Instance => refuse::scan(Field::LocalNumber, &without_uuids(text), place),
            Known::Local => refuse::scan(self.local_number, text, place),
            Known::Usage if text.len() == 16 && text.bytes().all(|b| b.is_ascii_alphanumeric()) => Ok(()),
            Known::Usage => refuse::scan(Field::Text, text, place),
        }
    }
}

fn of(key: &str, is_identifier: bool, system: &str) -> Known {
    match key {
        "id" | "fullUrl" | "reference" | "url" | "system" | "versionId" => Known::Uuid,
        "value" if is_identifier && INSTANCES.iter().any(|known| system.starts_with(known)) => {
            Known::Instance
        }
        "value" if is_identifier && system.starts_with(LOCAL) => Known::Local,
        "value" if is_identifier => Known::Uuid,
        "code" if USAGES.iter().any(|known| system.starts_with(known)) => Known::Usage,
        _ => Known::No,
    }
}

/// Systems of JP Core and JP-CLINS that number documents, orders and resources, never people.
const INSTANCES: &[&str] = &[
    "http://jpfhir.jp/fhir/clins/bundle-identifier",
    "http://jpfhir.jp/fhir/core/IdSystem/documentInstance-identifier",
    "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier",
    "http://jpfhir.jp/fhir/core/mhlw/IdSystem/Medication-RPGroupNumber",
    "urn:oid:1.2.392.100495.20.3.11",
    "urn:oid:1.2.392.100495.20.3.81",
    "urn:oid:1.2.392.100495.20.3.82",
];

/// Systems of codes of how a drug is used.
const USAGES: &[&str] = &[
    "http://jami.jp/CodeSystem/MedicationUsage",
    "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationUsage",
    "http://jpfhir.jp/fhir/clins/CodeSystem/JP_CLINS_MedicationUsage",
    "urn:oid:1.2.392.200250.2.2.20",
];

/// Patient numbers of institutions (JP Core): the institution's ten digits follow.
const LOCAL: &str = "urn:oid:1.2.392.100495.20.3.51.";

/// No twelve digits can be in it: most texts, and cheap to see.
fn is_plain(text: &str) -> bool {
    text.len() < 12 || text.bytes().filter(|b| b.is_ascii_digit() || *b >= 0x80).count() < 12
}

/// The text with each UUID in it blanked out.
fn without_uuids(text: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while let Some(first) = rest.chars().next() {
        if rest.get(..36).is_some_and(is_uuid) {
            out.push('_');
            rest = rest.get(36..).unwrap_or_default();
        } else {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(n, b)| match n {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(json: &str) -> Option<String> {
        let node = records::tree::parse(json.as_bytes()).unwrap();
        scan_resource(&node, Field::Text).err().map(|found| found.place)
    }

    #[test]
    fn a_my_number_is_found_wherever_it_stands() {
        let number = "123456789018";
        for (json, expected) in [
            (
                format!(r#"{{"resourceType":"Patient","name":[{{"text":"{number}"}}]}}"#),
                "Patient.name[0].text",
            ),
            (
                format!(
                    r#"{{"resourceType":"Patient","identifier":[{{"system":"urn:x","value":"{number}"}}]}}"#
                ),
                "Patient.identifier[0].value",
            ),
            (
                format!(
                    r#"{{"resourceType":"Patient","identifier":[{{"system":"{LOCAL}11310000003","value":"{number}"}}]}}"#
                ),
                "Patient.identifier[0].value",
            ),
            (
                r#"{"resourceType":"Observation","valueInteger":123456789018}"#.to_owned(),
                "Observation.valueInteger",
            ),
            (r#"{"resourceType":"Basic","note":["1234-5678-9018"]}"#.to_owned(), "Basic.note[0]"),
            (format!(r#"{{"resourceType":"Basic","id":"{number}"}}"#), "Basic.id"),
            (format!(r#"{{"resourceType":"Basic","{number}":"x"}}"#), "Basic (name of a member)"),
        ] {
            assert_eq!(place(&json).as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn known_identifiers_pass() {
        for json in [
            r#"{"resourceType":"Patient","id":"0b5c6f8a-1111-4222-8333-123456789018"}"#,
            r#"{"resourceType":"Basic","subject":{"reference":"Patient/0b5c6f8a-1111-4222-8333-123456789018"}}"#,
            r#"{"resourceType":"Basic","identifier":[{"system":"urn:oid:1.2.392.100495.20.3.81","value":"123456789018"}]}"#,
            r#"{"resourceType":"Basic","code":{"system":"http://jami.jp/CodeSystem/MedicationUsage","code":"2B7N000000000000"}}"#,
            r#"{"resourceType":"Basic","code":{"system":"http://jami.jp/CodeSystem/MedicationUsage","code":"2B7X000000000000"}}"#,
            r#"{"resourceType":"Observation","valueString":"2026-11-22T10:00:00+09:00 123456"}"#,
        ] {
            assert_eq!(place(json), None, "{json}");
        }
        let code = r#"{"resourceType":"Basic","code":{"system":"http://jami.jp/CodeSystem/MedicationUsage","code":"123456789018"}}"#;
        assert!(place(code).is_some(), "what is no such code is looked at");
        assert!(place(r#"{"resourceType":"Basic","note":"0b5c6f8a-1111-4222-8333-123456789018"}"#).is_some());
    }
}
