//! Input from outside: any bytes are a document or a precise refusal, and any document can be validated.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::{Arc, OnceLock};

use musubi_records::{
    Node, Number,
    definitions::Definitions,
    fhirpath::Expression,
    tree::{self, Limits, Problem},
    validate::Validator,
};
use proptest::{collection::vec, prelude::*, sample::select};

const PATIENT: &str = r#"{"resourceType":"Patient","id":"a","meta":{"profile":["http://hl7.org/fhir/StructureDefinition/Patient"]},
"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},"identifier":[{"system":"urn:oid:1.2","value":"1"}],
"active":true,"name":[{"family":"結","given":["花"],"_given":[{"extension":[{"url":"http://a.example/x","valueCode":"x"}]}]}],
"birthDate":"1980-02-29","multipleBirthInteger":2,"contained":[{"resourceType":"Observation","id":"o","status":"final",
"code":{"text":"x"},"valueQuantity":{"value":1.50}}],"managingOrganization":{"reference":"Organization/1"}}"#;

fn validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| Validator::new(Arc::new(Definitions::r4().unwrap())))
}

fn refusal(bytes: &[u8]) -> (usize, usize, Problem) {
    let error = tree::parse(bytes).unwrap_err();
    assert!(!error.ja().is_empty() && error.offset <= bytes.len());
    (error.line, error.column, error.problem)
}

#[test]
fn refusals_say_where() {
    assert_eq!(refusal(b"{\"a\":1,\n \"a\":2}"), (2, 2, Problem::DuplicateKey));
    assert_eq!(refusal("{\"名\":tru}".as_bytes()), (1, 6, Problem::Expected("a value")));
    assert_eq!(refusal(b"{\"a\":01}"), (1, 7, Problem::Expected("\",\" or \"}\"")));
    assert_eq!(refusal(b"{} {}"), (1, 4, Problem::Trailing));
    assert_eq!(refusal(b"\"\xFF\""), (1, 2, Problem::NotUtf8));
    assert_eq!(refusal(b"\"\\ud800\"").2, Problem::BadEscape);
    assert_eq!(refusal(b"\"\n\"").2, Problem::ControlCharacter);
    assert_eq!(refusal(b"").2, Problem::Unfinished);
    assert_eq!(refusal(&[b'['; 100_000]).2, Problem::TooDeep(100));
    assert_eq!(refusal("9".repeat(101).as_bytes()).2, Problem::LongNumber);
    let many: String = (0..100).map(|n| format!("\"k{}\":0,", n % 99)).collect();
    assert_eq!(refusal(format!("{{{many}\"z\":0}}").as_bytes()).2, Problem::DuplicateKey);
    let small = Limits { bytes: 4, depth: 1 };
    assert_eq!(tree::parse_within(b"[1,2]", &small).unwrap_err().problem, Problem::TooLong(4));
}

#[test]
fn every_prefix_is_refused() {
    assert!(tree::parse(PATIENT.as_bytes()).is_ok());
    for end in 0..PATIENT.len() {
        refusal(&PATIENT.as_bytes()[..end]);
    }
}

#[test]
fn digits_and_order_are_kept() {
    let text = r#"{"b":1.50,"a":[1e400,-0,12345678901234567890.123],"é":"\u00e9\ud83d\ude00\/"}"#;
    let node = tree::parse(text.as_bytes()).unwrap();
    assert_eq!(node.to_string(), r#"{"b":1.50,"a":[1e400,-0,12345678901234567890.123],"é":"é😀/"}"#);
    assert_eq!(
        node.canonical(),
        r#"{"a":[1e400,-0,12345678901234567890.123],"b":1.50,"é":"é😀/"}"#.as_bytes()
    );
}

/// A thread's stack is 2 MiB: the deepest document that is read fits, through every layer of validation.
#[test]
fn the_deepest_document_is_validated() {
    let levels = 48;
    let text = format!(
        "{{\"resourceType\":\"Questionnaire\",\"status\":\"draft\"{}{}}}",
        ",\"item\":[{\"linkId\":\"x\",\"type\":\"group\"".repeat(levels),
        "}]".repeat(levels)
    );
    let node = tree::parse(text.as_bytes()).unwrap();
    let issues = validator().validate(&node, &[]);
    assert!(issues.iter().any(|i| i.rule.as_deref() == Some("que-2")), "{issues:#?}");
    let bundles = 20;
    let text = format!(
        "{}{{\"resourceType\":\"Patient\",\"active\":true}}{}",
        "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":".repeat(bundles),
        "}]}".repeat(bundles)
    );
    let issues = validator().validate(&tree::parse(text.as_bytes()).unwrap(), &[]);
    assert!(issues.iter().any(|i| i.code == "too-costly"), "{issues:#?}");
}

fn any_node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(Node::Null),
        any::<bool>().prop_map(Node::Bool),
        any::<i64>().prop_map(Node::from),
        any::<f64>()
            .prop_filter("JSON", |n| n.is_finite())
            .prop_map(|n| Number::new(&format!("{n:e}")).unwrap().into()),
        ".*".prop_map(Node::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Node::Array),
            vec((".{0,6}", inner), 0..6).prop_map(|members| Node::Object(members.into_iter().collect())),
        ]
    })
}

/// Something that a tool or a person might do to a document.
fn damage(bytes: &mut Vec<u8>, places: &[(prop::sample::Index, &str)]) {
    for (place, with) in places {
        let at = place.index(bytes.len().max(1)).min(bytes.len());
        let end = (at + 1).min(bytes.len());
        bytes.splice(at..end, with.bytes());
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(node in any_node()) {
        let again = tree::parse(&node.to_vec()).unwrap();
        prop_assert_eq!(&again, &node);
        prop_assert_eq!(tree::parse(&node.canonical()).unwrap().canonical(), node.canonical());
        prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&node.to_vec()).is_ok(), true);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        let ours = tree::parse(&bytes);
        if let Err(error) = &ours {
            prop_assert!(error.line >= 1 && error.column >= 1 && error.offset <= bytes.len());
        }
        if serde_json::from_slice::<serde_json::Value>(&bytes).is_err() {
            prop_assert!(ours.is_err() || bytes.starts_with(b"\xEF\xBB\xBF"));
        }
    }

    #[test]
    fn damaged_documents_are_validated_or_refused(
        places in vec((any::<prop::sample::Index>(), select(vec!["", "\"", "{", "[", "}", "]", ":", ",", "0", "null", "true", "\"x\"", "あ"])), 1..4)
    ) {
        let mut bytes = PATIENT.as_bytes().to_vec();
        damage(&mut bytes, &places);
        if let Ok(node) = tree::parse(&bytes) {
            for issue in validator().validate(&node, &[]) {
                prop_assert!(!issue.path.is_empty() && !issue.en.is_empty() && !issue.ja.is_empty());
            }
        }
    }

    #[test]
    fn any_tree_can_be_validated(node in any_node(), of in select(vec!["Patient", "Bundle", "Observation", "Parameters", "Nothing"])) {
        let mut object = node.as_object().cloned().unwrap_or_default();
        object.insert("resourceType", of);
        validator().validate(&Node::Object(object), &[]);
        validator().validate(&node, &[]);
    }

    #[test]
    fn any_text_is_an_expression_or_not(text in "[a-z'.()|&=<>$%@0-9 ]{0,40}") {
        if let Ok(expression) = Expression::parse(&text) {
            let patient = tree::parse(PATIENT.as_bytes()).unwrap();
            let _ = expression.of(&patient);
        }
    }
}
