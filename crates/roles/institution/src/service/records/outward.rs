//! How a record leaves the house: with its labels, and without our numbers of its patient (decision 0127).

use std::borrow::Cow;

use records::labels::stamp;
use records::{Node, tree};

use super::fetch::Disclosed;

/// The systems of institutions' own patient numbers begin so (JP Core).
const LOCAL_NUMBERS: &str = "urn:oid:1.2.392.100495.20.3.51.";
/// JP-CLINS's patient, who must have such a number.
const NUMBERED: &str = "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Patient_eCS";

/// From so many digits on, our number is taken out of ids that are made from it; a shorter one may be anything there.
const LONG: usize = 5;

/// What is taken off before somebody else sees it.
#[derive(Clone, Debug, Default)]
pub struct Outward {
    /// Our number of the patient, and what stands for it; none when our numbers may be seen.
    pub number: Option<(String, String)>,
}

impl Outward {
    /// The bytes that leave: as they are stored, where nothing has to be said or taken off.
    pub fn body<'d>(&self, resource: &'d Disclosed) -> Cow<'d, [u8]> {
        let text = String::from_utf8_lossy(&resource.body);
        let numbered = self
            .number
            .as_ref()
            .is_some_and(|(number, _)| text.contains(LOCAL_NUMBERS) || text.contains(number.as_str()));
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
                for key in ["id", "reference", "fullUrl", "value"] {
                    let new = object.get(key).and_then(Node::as_str).and_then(|text| self.renamed(text));
                    if let Some(new) = new {
                        object.insert(key, new);
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

impl Outward {
    /// An id, address or number without ours; none when ours is not in it.
    fn renamed(&self, text: &str) -> Option<String> {
        let (number, stand_in) = self.number.as_ref()?;
        let whole = text == number || text.strip_prefix("Patient/") == Some(number);
        (whole || number.len() >= LONG && text.contains(number.as_str()))
            .then(|| text.replace(number, stand_in))
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
        let outward = Outward { number: Some(("17".to_owned(), "abc".to_owned())) };
        let patient = r#"{"resourceType":"Patient","id":"17","meta":{"profile":["http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Patient_eCS|1"]},
            "identifier":[{"system":"urn:oid:1.2.392.100495.20.3.51.11310000003","value":"17"},{"system":"urn:x","value":"5"}],"gender":"female"}"#;
        let left = leaves(&outward, Labels::NONE, patient);
        assert_eq!(
            left,
            r#"{"resourceType":"Patient","id":"abc","meta":{},"gender":"female","identifier":[{"system":"urn:x","value":"5"}]}"#
        );
        let result = r#"{"resourceType":"Observation","id":"x17","subject":{"reference":"Patient/17",
            "identifier":{"system":"urn:oid:1.2.392.100495.20.3.51.11310000003","value":"17"}}}"#;
        let left = leaves(&outward, Labels::of(&[Label::Hiv]), result);
        assert!(left.starts_with(
            r#"{"resourceType":"Observation","id":"x17","subject":{"reference":"Patient/abc"}"#
        ));
        assert!(left.contains(r#""code":"HIV""#) && left.contains(r#""code":"R""#), "{left}");
        let long = Outward { number: Some(("71329491".to_owned(), "abc".to_owned())) };
        let made =
            r#"{"resourceType":"Encounter","id":"p71329491.e1","subject":{"reference":"Patient/p71329491"}}"#;
        assert_eq!(
            leaves(&long, Labels::NONE, made),
            made.replace("71329491", "abc"),
            "ids that are made from it"
        );
        assert_eq!(leaves(&Outward::default(), Labels::NONE, patient), patient, "the person sees it all");
    }
}
