//! How a record leaves the house: with its labels, and without our numbers of its patient (decision 0127).

use std::borrow::Cow;
use std::ops::Range;

use records::labels::stamp;
use records::tree::Object;
use records::{Node, tree};

use super::fetch::Disclosed;

/// The systems of institutions' own patient numbers begin so (JP Core).
const LOCAL_NUMBERS: &str = "urn:oid:1.2.392.100495.20.3.51.";
/// JP-CLINS's patient, who must have such a number.
const NUMBERED: &str = "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Patient_eCS";

/// The members in which our number may stand for the patient.
const RENAMED: [&str; 4] = ["id", "reference", "fullUrl", "value"];

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
        if resource.labels.is_empty()
            && let Some(bytes) = self.renamed_in_place(&resource.body)
        {
            return bytes;
        }
        let Ok(mut node) = tree::parse(&resource.body) else { return Cow::Borrowed(&resource.body) };
        if self.number.is_some() {
            self.clean(&mut node);
        }
        stamp(&mut node, resource.labels);
        Cow::Owned(node.to_vec())
    }

    /// The same bytes with what stands for our number where it is an id or a reference, in one pass over the texts; none
    /// where something has to be taken out, which only the tree can tell the end of.
    fn renamed_in_place<'d>(&self, body: &'d [u8]) -> Option<Cow<'d, [u8]>> {
        if self.number.is_none() {
            return Some(Cow::Borrowed(body));
        }
        let mut renamed = Vec::new();
        let (mut copied, mut key) = (0, &b""[..]);
        for text in texts(body) {
            let inner = body.get(text.clone())?;
            if inner.starts_with(LOCAL_NUMBERS.as_bytes()) || inner.starts_with(NUMBERED.as_bytes()) {
                return None;
            }
            let (before, after) = (body.get(..text.start - 1)?, body.get(text.end + 1..)?);
            if colon(after.iter()) {
                key = inner;
            } else if colon(before.iter().rev())
                && RENAMED.iter().any(|renamed| renamed.as_bytes() == key)
                && let Some(new) = std::str::from_utf8(inner).ok().and_then(|text| self.renamed(text))
            {
                renamed.extend_from_slice(body.get(copied..text.start)?);
                renamed.extend_from_slice(new.as_bytes());
                copied = text.end;
            }
        }
        if copied == 0 {
            return Some(Cow::Borrowed(body));
        }
        renamed.extend_from_slice(body.get(copied..)?);
        Some(Cow::Owned(renamed))
    }

    fn clean(&self, node: &mut Node) {
        let is_patient = node.text_at("resourceType") == Some("Patient");
        match node {
            Node::Array(items) => items.iter_mut().for_each(|item| self.clean(item)),
            Node::Object(object) => {
                without(object, "identifier", |identifier| {
                    identifier.text_at("system").is_some_and(|system| system.starts_with(LOCAL_NUMBERS))
                });
                if is_patient && let Some(meta) = object.get_mut("meta").and_then(Node::as_object_mut) {
                    // It would claim a profile that asks for the number.
                    without(meta, "profile", |url| {
                        url.as_str().and_then(|url| url.split('|').next()) == Some(NUMBERED)
                    });
                }
                for (key, value) in object.iter_mut() {
                    match value {
                        Node::String(text) if RENAMED.contains(&key) => {
                            *text = self.renamed(text).map_or_else(|| text.clone(), Into::into);
                        }
                        inner => self.clean(inner),
                    }
                }
            }
            _ => {}
        }
    }

    /// An id, address or number without ours; none when ours is not in it.
    fn renamed(&self, text: &str) -> Option<String> {
        let (number, stand_in) = self.number.as_ref()?;
        let whole = text == number || text.strip_prefix("Patient/") == Some(number);
        (whole || number.len() >= LONG && text.contains(number.as_str()))
            .then(|| text.replace(number, stand_in))
    }
}

/// Takes out of a member, a list or a single value, what is to go; a member of which nothing is left goes too.
fn without(object: &mut Object, key: &str, goes: impl Fn(&Node) -> bool) {
    let is_empty = match object.get_mut(key) {
        Some(Node::Array(items)) => {
            let before = items.len();
            items.retain(|item| !goes(item));
            items.is_empty() && before > 0
        }
        Some(one) => goes(one),
        None => false,
    };
    if is_empty {
        object.remove(key);
    }
}

/// Whether a colon comes next.
fn colon<'b>(mut bytes: impl Iterator<Item = &'b u8>) -> bool {
    bytes.find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

/// Where the texts of a JSON document lie, keys among them, without their quotation marks.
fn texts(body: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + body.get(from..)?.iter().position(|byte| *byte == b'"')? + 1;
        let mut end = start;
        loop {
            match body.get(end)? {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        from = end + 1;
        Some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use consent::{Label, Labels};
    use proptest::prelude::*;

    use super::*;

    fn documents() -> impl Strategy<Value = Node> {
        let text = prop::sample::select(vec![
            "71329491",
            "Patient/71329491",
            "p71329491.e1",
            "17",
            "Patient/17",
            "a\"b\\",
            "結",
            "",
        ]);
        let leaf = prop_oneof![text.prop_map(Node::from), any::<bool>().prop_map(Node::Bool)];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let keys =
                prop::sample::select(vec!["id", "reference", "value", "display", "a\":", "identifier"]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Node::Array),
                prop::collection::vec((keys, inner), 0..5)
                    .prop_map(|members| Node::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn in_place_is_as_in_the_tree(document in documents(), number in prop::sample::select(vec!["17", "71329491"])) {
            let outward = Outward { number: Some((number.to_owned(), "abc".to_owned())) };
            let body = document.to_vec();
            let in_place = outward.renamed_in_place(&body).unwrap();
            let mut cleaned = document;
            outward.clean(&mut cleaned);
            prop_assert_eq!(String::from_utf8(in_place.into_owned()), String::from_utf8(cleaned.to_vec()));
        }
    }

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
            r#"{"resourceType":"Patient","id":"abc","meta":{},"identifier":[{"system":"urn:x","value":"5"}],"gender":"female"}"#
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
