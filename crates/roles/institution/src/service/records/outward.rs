//! How a record leaves the house: with its labels, and without our numbers of its patient (decision 0127).

use std::borrow::Cow;

use records::labels::stamp;
use records::{Node, tree};

use super::fetch::Disclosed;

/// The systems of institutions' own patient numbers begin so (JP Core).
const LOCAL_NUMBERS: &str = "urn:oid:1.2.392.100495.20.3.51.";
/// JP-CLINS's patient, who must have such a number.
const NUMBERED: &str = "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Patient_eCS";

/// What is taken off before somebody else sees it.
#[derive(Clone, Debug, Default)]
pub struct Outward {
    /// Ids of Patient resources that are our number, each with what stands for it; none when our numbers may be seen.
    pub renamed: Vec<(String, String)>,
    /// Whether our numbers are taken off: by them nobody but us knows a person.
    pub unnumbered: bool,
}

impl Outward {
    /// The bytes that leave: as they are stored, where nothing has to be said or taken off.
    pub fn body<'d>(&self, resource: &'d Disclosed) -> Cow<'d, [u8]> {
        let text = String::from_utf8_lossy(&resource.body);
        let numbered = self.unnumbered
            && (text.contains(LOCAL_NUMBERS)
                || self.renamed.iter().any(|(id, _)| text.contains(id.as_str())));
        if resource.labels.is_empty() && !numbered {
            return Cow::Borrowed(&resource.body);
        }
        let Ok(mut node) = tree::parse(&resource.body) else { return Cow::Borrowed(&resource.body) };
        if numbered {
            self.clean(&mut node);
        }
        stamp(&mut node, resource.labels);
        Cow::Owned(node.to_vec())
    }

    fn clean(&self, node: &mut Node) {
        let is_patient = node.text_at("resourceType") == Some("Patient");
        match node {
            Node::Array(items) => items.iter_mut().for_each(|item| self.clean(item)),
            Node::Object(object) => {
                let local = |identifier: &Node| {
                    identifier.text_at("system").is_some_and(|system| system.starts_with(LOCAL_NUMBERS))
                };
                match object.remove("identifier") {
                    Some(Node::Array(all)) => {
                        let rest: Vec<Node> = all.into_iter().filter(|one| !local(one)).collect();
                        if !rest.is_empty() {
                            object.insert("identifier", rest);
                        }
                    }
                    Some(one) if !local(&one) => drop(object.insert("identifier", one)),
                    _ => {}
                }
                for (key, name) in [("id", ""), ("reference", "Patient/")] {
                    let known =
                        object.get(key).and_then(Node::as_str).filter(|_| key == "reference" || is_patient);
                    let known = known.and_then(|text| text.strip_prefix(name));
                    let new = known.and_then(|id| self.renamed.iter().find(|(old, _)| old == id));
                    if let Some((_, new)) = new {
                        object.insert(key, format!("{name}{new}"));
                    }
                }
                if is_patient && let Some(meta) = object.get_mut("meta").and_then(Node::as_object_mut) {
                    // It would claim a profile that asks for the number.
                    if let Some(Node::Array(profiles)) = meta.remove("profile") {
                        let rest: Vec<Node> = profiles
                            .into_iter()
                            .filter(|url| {
                                url.as_str().and_then(|url| url.split('|').next()) != Some(NUMBERED)
                            })
                            .collect();
                        if !rest.is_empty() {
                            meta.insert("profile", rest);
                        }
                    }
                }
                let keys: Vec<_> = object.iter().map(|(key, _)| key.to_owned()).collect();
                for key in keys {
                    if let Some(inner) = object.get_mut(&key) {
                        self.clean(inner);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use consent::{Label, Labels};

    use super::*;

    fn leaves(outward: &Outward, labels: Labels, text: &str) -> String {
        let body = text.as_bytes().to_vec();
        let resource = Disclosed { name: "Patient/17".to_owned(), updated_at: 0, labels, body };
        String::from_utf8(outward.body(&resource).into_owned()).unwrap()
    }

    #[test]
    fn our_numbers_stay_at_home_and_labels_go_along() {
        let outward = Outward { renamed: vec![("17".to_owned(), "abc".to_owned())], unnumbered: true };
        let patient = r#"{"resourceType":"Patient","id":"17","meta":{"profile":["http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Patient_eCS|1"]},
            "identifier":[{"system":"urn:oid:1.2.392.100495.20.3.51.11310000003","value":"17"},{"system":"urn:x","value":"5"}],"gender":"female"}"#;
        let left = leaves(&outward, Labels::NONE, patient);
        assert_eq!(
            left,
            r#"{"resourceType":"Patient","id":"abc","meta":{},"gender":"female","identifier":[{"system":"urn:x","value":"5"}]}"#
        );
        let result = r#"{"resourceType":"Observation","id":"17","subject":{"reference":"Patient/17",
            "identifier":{"system":"urn:oid:1.2.392.100495.20.3.51.11310000003","value":"17"}}}"#;
        let left = leaves(&outward, Labels::of(&[Label::Hiv]), result);
        assert!(
            left.starts_with(
                r#"{"resourceType":"Observation","id":"17","subject":{"reference":"Patient/abc"}"#
            )
        );
        assert!(left.contains(r#""code":"HIV""#) && left.contains(r#""code":"R""#), "{left}");
        assert_eq!(leaves(&Outward::default(), Labels::NONE, patient), patient, "the person sees it all");
    }
}
