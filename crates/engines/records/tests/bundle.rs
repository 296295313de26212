//! Bundles: what each entry asks for, references that lead where resources go, and refusals with their place.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use musubi_records::{
    Node,
    bundle::{Act, Bundle, BundleError, Kind, Limits},
};

fn split(text: &str) -> Result<Bundle, BundleError> {
    let mut count = 0;
    let mut ids = || {
        count += 1;
        format!("new-{count}")
    };
    Bundle::split(text.parse().unwrap(), "9918000010", &mut ids)
}

#[test]
fn a_transaction_is_split_into_acts() {
    let bundle = split(
        r#"{"resourceType":"Bundle","type":"transaction","entry":[
        {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"theirs","link":[{"other":{"reference":"urn:uuid:1"}}]},
         "request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=x|1"}},
        {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Observation","subject":{"reference":"urn:uuid:1"},"performer":[{"reference":"Practitioner?identifier=d|7"}],
         "derivedFrom":[{"reference":"Observation/kept/_history/1"}],"note":[{"text":"urn:uuid:1"}],"focus":[{"reference":"Device/elsewhere"}]},
         "request":{"method":"POST","url":"Observation"}},
        {"fullUrl":"http://h/Observation/kept","resource":{"resourceType":"Observation","id":"kept","subject":{"reference":"Patient/theirs"}},
         "request":{"method":"PUT","url":"Observation/kept","ifMatch":"W/\"3\""}},
        {"resource":{"resourceType":"Condition"},"request":{"method":"PUT","url":"Condition?identifier=y|2"}},
        {"request":{"method":"DELETE","url":"AllergyIntolerance/gone"}},
        {"request":{"method":"DELETE","url":"AllergyIntolerance?patient=1"}},
        {"request":{"method":"GET","url":"Patient/1/$everything?_count=3"}}]}"#,
    )
    .unwrap();
    assert_eq!(bundle.kind, Kind::Transaction);
    let acts: Vec<_> = bundle.entries.iter().map(|entry| (&entry.act, entry.id.as_deref())).collect();
    assert!(matches!(acts[0], (Act::Create(Some(_)), Some("new-1"))));
    assert!(matches!(acts[1], (Act::Create(None), Some("new-2"))));
    assert!(matches!(acts[2], (Act::Update { matching: None, if_match: Some(_) }, Some("kept"))));
    assert!(matches!(acts[3], (Act::Update { matching: Some(_), .. }, None)));
    assert!(matches!(acts[4], (Act::Delete(None), Some("gone"))));
    assert!(matches!(acts[5], (Act::Delete(Some(_)), None)));
    assert_eq!(acts[6].0, &Act::Get("Patient/1/$everything?_count=3".to_owned()));
    assert_eq!(bundle.order(), [4, 5, 0, 1, 2, 3, 6]);

    let resource = |n: usize| bundle.entries[n].resource.as_ref().unwrap();
    assert_eq!(resource(0).id(), Some("new-1"));
    assert_eq!(resource(0).get("link.other.reference"), Some("Patient/new-1"), "a circle of one");
    assert_eq!(resource(1).get("subject.reference"), Some("Patient/new-1"));
    assert_eq!(resource(1).get("derivedFrom.reference"), Some("Observation/kept"));
    assert_eq!(
        resource(1).get("focus.reference"),
        Some("Device/elsewhere"),
        "what is not of the bundle stays"
    );
    assert_eq!(
        resource(2).get("subject.reference"),
        Some("Patient/new-1"),
        "the sender's own name leads there too"
    );
    assert_eq!(bundle.lookups.len(), 1);
    let mut bundle = bundle;
    let lookup = bundle.lookups[0].reference.clone();
    bundle.set_reference(&lookup, "Practitioner/7");
    assert_eq!(
        bundle.entries[1].resource.as_ref().unwrap().get("performer.reference"),
        Some("Practitioner/7")
    );
}

#[test]
fn the_same_resource_keeps_its_id_from_delivery_to_delivery() {
    let bundle = |identifier: &str, own: &str| {
        split(&format!(
            r#"{{"resourceType":"Bundle","type":"collection","identifier":{{"system":"s","value":"{identifier}"}},"entry":[
            {{"fullUrl":"urn:uuid:1","resource":{{"resourceType":"Patient","identifier":[{{"system":"m","value":"9"}}]}}}},
            {{"fullUrl":"urn:uuid:2","resource":{{"resourceType":"Condition","subject":{{"identifier":{{"system":"m","value":"9"}}}},
            "identifier":[{{"system":"http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier","value":"{own}"}}]}}}}]}}"#
        ))
        .unwrap()
    };
    let (first, again, other) = (bundle("1", "a"), bundle("2", "a"), bundle("1", "b"));
    let id = |bundle: &Bundle, n: usize| bundle.entries[n].id.clone().unwrap();
    assert_eq!(id(&first, 1), id(&again, 1), "by リソース一意識別子, whatever bundle it comes in");
    assert_ne!(id(&first, 1), id(&other, 1));
    assert_ne!(id(&first, 0), id(&again, 0), "without one, by the bundle");
    assert_eq!(id(&first, 0), id(&other, 0));
    let condition = first.entries[1].resource.as_ref().unwrap();
    assert_eq!(condition.get("subject.reference"), Some(format!("Patient/{}", id(&first, 0)).as_str()));
    assert_eq!(condition.get("subject.identifier.value"), Some("9"), "what was said stays said");
}

#[test]
fn a_bundle_that_is_not_whole_is_refused_with_its_place() {
    let transaction =
        |entry: &str| format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{entry}]}}"#);
    let patient = r#""resource":{"resourceType":"Patient"}"#;
    for (text, message) in [
        (r#"{"resourceType":"Patient"}"#.to_owned(), "Bundle.resourceType: expected Bundle, found \"Patient\""),
        (
            r#"{"resourceType":"Bundle","type":"searchset"}"#.to_owned(),
            "Bundle.type: expected transaction, batch, document, message or collection, found \"searchset\"",
        ),
        (
            r#"{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Patient"}}]}"#.to_owned(),
            "Bundle.entry[0].resource: expected Composition, found \"Patient\"",
        ),
        (r#"{"resourceType":"Bundle","type":"collection","entry":[{}]}"#.to_owned(), "Bundle.entry[0]: expected a resource"),
        (transaction(&format!("{{{patient}}}")), "Bundle.entry[0].request: expected a request"),
        (transaction(&format!(r#"{{{patient},"request":{{"url":"Patient"}}}}"#)), "Bundle.entry[0].request.method: expected a method"),
        (
            transaction(&format!(r#"{{{patient},"request":{{"method":"PATCH","url":"Patient/1"}}}}"#)),
            "Bundle.entry[0].request.method: PATCH is not served",
        ),
        (
            transaction(&format!(r#"{{{patient},"request":{{"method":"STEAL","url":"Patient/1"}}}}"#)),
            "Bundle.entry[0].request.method: expected GET, POST, PUT or DELETE, found \"STEAL\"",
        ),
        (
            transaction(&format!(r#"{{{patient},"request":{{"method":"PUT","url":"Patient"}}}}"#)),
            "Bundle.entry[0].request.url: expected Type/id or Type?query, found \"Patient\"",
        ),
        (
            transaction(&format!(r#"{{{patient},"request":{{"method":"PUT","url":"../etc/passwd"}}}}"#)),
            "Bundle.entry[0].request.url: expected Type, Type/id or Type?query, found \"../etc/passwd\"",
        ),
        (
            transaction(&format!(r#"{{{patient},"request":{{"method":"POST","url":"Observation"}}}}"#)),
            "Bundle.entry[0].resource: expected a resource of the type in request.url, found \"Patient\"",
        ),
        (
            transaction(&format!(r#"{{{patient},"request":{{"method":"POST","url":"Patient","ifNoneExist":"shoe=9"}}}}"#)),
            "Bundle.entry[0].request.ifNoneExist: shoe: not a search parameter of Patient that is served",
        ),
        (
            transaction(r#"{"resource":{"resourceType":"Basic","subject":{"reference":"urn:uuid:9"}},"request":{"method":"POST","url":"Basic"}}"#),
            "Bundle.entry[0].resource.subject.reference: no entry has the address \"urn:uuid:9\"",
        ),
        (
            transaction(&format!(
                r#"{{"fullUrl":"urn:uuid:1",{patient},"request":{{"method":"POST","url":"Patient"}}}},{{"fullUrl":"urn:uuid:1",{patient},"request":{{"method":"POST","url":"Patient"}}}}"#
            )),
            "Bundle.entry[1].fullUrl: \"urn:uuid:1\" is there twice",
        ),
    ] {
        let error = split(&text).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(!error.ja().is_empty() && !error.issue_type().is_empty());
    }
    let many: Node =
        format!(r#"{{"resourceType":"Bundle","type":"batch","entry":[{}]}}"#, ["{}"; 3].join(","))
            .parse()
            .unwrap();
    let error = Bundle::split_within(many, "s", &mut String::new, &Limits { entries: 2 }).unwrap_err();
    assert_eq!(error.to_string(), "Bundle.entry: more than 2 entries");
}
