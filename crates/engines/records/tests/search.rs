//! Search: what a query asks, what it is refused for, and what it finds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use musubi_records::{
    Node,
    search::{
        Clause, Corpus, Kind, Modifier, Query, Summary, Term, Total, Value, index, parameters, served_types,
    },
};
use proptest::prelude::*;

fn resources() -> Vec<Node> {
    [
        r#"{"resourceType":"Patient","id":"p1","active":true,"gender":"female","birthDate":"1930-06-28",
            "identifier":[{"system":"urn:oid:1","value":"000999739"}],
            "name":[{"family":"牧野","given":["爛漫"],"text":"牧野 爛漫"},{"family":"マキノ","given":["ランマン"]}],
            "telecom":[{"system":"phone","value":"03-123-1234","use":"home"},{"system":"email","value":"m@example.jp"}],
            "address":[{"text":"高知県高知市五台山4200-6","city":"高知市","postalCode":"781-8125"}],
            "meta":{"lastUpdated":"2026-05-01T10:00:00+09:00","profile":["http://p|1"],"security":[{"system":"s","code":"PSY"}]}}"#,
        r#"{"resourceType":"Patient","id":"p2","gender":"male","birthDate":"1990","name":[{"family":"佐藤","given":["一"]}],
            "meta":{"lastUpdated":"2026-06-01T10:00:00+09:00"}}"#,
        r#"{"resourceType":"Observation","id":"o1","status":"final","subject":{"reference":"Patient/p1"},
            "code":{"coding":[{"system":"jlac","code":"3A015","display":"アルブミン"}],"text":"アルブミン"},
            "effectiveDateTime":"2026-05-01T09:30:00+09:00","valueQuantity":{"value":3.90,"unit":"g/dL","system":"http://unitsofmeasure.org","code":"g/dL"},
            "encounter":{"reference":"Encounter/e1"}}"#,
        r#"{"resourceType":"Observation","id":"o2","status":"final","subject":{"reference":"Patient/p2"},
            "code":{"coding":[{"system":"jlac","code":"3A015"}]},"effectiveDateTime":"2026-06","valueQuantity":{"value":5.2,"unit":"g/dL"}}"#,
        r#"{"resourceType":"Observation","id":"o3","status":"preliminary","subject":{"identifier":{"system":"m","value":"7"},"type":"Patient"},
            "code":{"text":"腹部所見"},"effectivePeriod":{"start":"2026-07-01"},"valueString":"圧痛あり"}"#,
        r#"{"resourceType":"Encounter","id":"e1","status":"finished","subject":{"reference":"http://h/fhir/Patient/p1/_history/2"},
            "period":{"start":"2026-05-01","end":"2026-05-03"}}"#,
        r#"{"resourceType":"DocumentReference","id":"d1","status":"current","subject":{"reference":"Patient/p1"},
            "masterIdentifier":{"system":"urn:ietf:rfc:3986","value":"urn:oid:1.2"},"date":"2026-05-02T00:00:00Z",
            "content":[{"attachment":{"contentType":"application/fhir+json"},"format":{"system":"f","code":"x"}}],
            "context":{"period":{"start":"2026-05-01","end":"2026-05-03"},"event":[{"coding":[{"code":"ev"}]}],"encounter":[{"reference":"Encounter/e1"}]}}"#,
    ]
    .iter()
    .map(|text| text.parse().unwrap())
    .collect()
}

fn found(query: &str) -> Vec<String> {
    let resources = resources();
    let (kind, query) = query.split_once('?').unwrap();
    let query = Query::parse(kind, query).unwrap();
    Corpus::new(&resources).search(&query).iter().map(|node| node.text_at("id").unwrap().to_owned()).collect()
}

#[test]
fn a_query_finds_what_it_asks_for() {
    let cases: &[(&str, &[&str])] = &[
        ("Patient?", &["p1", "p2"]),
        ("Patient?_id=p1,p2", &["p1", "p2"]),
        ("Patient?identifier=urn:oid:1|000999739", &["p1"]),
        ("Patient?identifier=000999739", &["p1"]),
        ("Patient?identifier=|000999739", &[]),
        ("Patient?identifier=urn:oid:1|", &["p1"]),
        ("Patient?name=まきの", &["p1"]),
        ("Patient?family=マキ", &["p1"]),
        ("Patient?family:exact=まきの", &[]),
        ("Patient?family:exact=牧野", &["p1"]),
        ("Patient?address:contains=五台山", &["p1"]),
        ("Patient?address-city=高知", &["p1"]),
        ("Patient?gender=female", &["p1"]),
        ("Patient?gender:not=female", &["p2"]),
        ("Patient?active:missing=true", &["p2"]),
        ("Patient?active=true", &["p1"]),
        ("Patient?birthdate=1930-06-28", &["p1"]),
        ("Patient?birthdate=1930", &["p1"]),
        ("Patient?birthdate=ge1990", &["p2"]),
        ("Patient?birthdate=gt1990-05", &["p2"]),
        ("Patient?birthdate=lt1990", &["p1"]),
        ("Patient?birthdate=ne1990", &["p1"]),
        ("Patient?phone=03-123-1234", &["p1"]),
        ("Patient?email=03-123-1234", &[]),
        ("Patient?telecom=home|03-123-1234", &["p1"]),
        ("Patient?_lastUpdated=ge2026-05-15", &["p2"]),
        ("Patient?_profile=http://p", &["p1"]),
        ("Patient?_security=PSY", &["p1"]),
        ("Patient?_sort=-birthdate", &["p2", "p1"]),
        ("Patient?_has:Observation:patient:code=3A015&_sort=birthdate", &["p1", "p2"]),
        ("Patient?_has:Observation:patient:value-quantity=gt5", &["p2"]),
        ("Patient?_has:Encounter:patient:_has:Observation:encounter:code=3A015", &["p1"]),
        ("Observation?patient=p1", &["o1"]),
        ("Observation?patient=Patient/p1", &["o1"]),
        ("Observation?subject:Patient=p1", &["o1"]),
        ("Observation?patient:identifier=m|7", &["o3"]),
        ("Observation?patient.family=佐藤", &["o2"]),
        ("Observation?subject:Patient.birthdate=lt1980&code=jlac|3A015", &["o1"]),
        ("Observation?encounter.patient.gender=female", &["o1"]),
        ("Observation?code:text=あるぶみん", &["o1"]),
        ("Observation?code:text=所見", &["o3"]),
        ("Observation?date=2026-05-01", &["o1"]),
        ("Observation?date=ge2026-06&date=lt2026-07", &["o2"]),
        ("Observation?date=ge2030", &["o3"]),
        ("Observation?date=eb2026-05-15", &["o1"]),
        ("Observation?value-quantity=3.9", &["o1"]),
        ("Observation?value-quantity=4", &["o1"]),
        ("Observation?value-quantity=3.91", &[]),
        ("Observation?value-quantity=ap5|http://unitsofmeasure.org|g/dL", &[]),
        ("Observation?value-quantity=ap5||g/dL", &["o2"]),
        ("Observation?status=final,preliminary&_sort=-date&_count=2", &["o3", "o2", "o1"]),
        ("Encounter?patient=p1&date=2026-05-02", &[]),
        ("Encounter?date=ap2026-05-02", &["e1"]),
        ("Encounter?date=ge2026-05-01&date=le2026-05-03", &["e1"]),
        (
            "DocumentReference?patient=p1&status=current&period=ge2026-05-01&identifier=urn:oid:1.2&format=f|x&event=ev",
            &["d1"],
        ),
    ];
    for (query, expected) in cases {
        assert_eq!(found(query), *expected, "{query}");
    }
    println!("{} queries answered as expected", cases.len());
}

#[test]
fn what_comes_along_comes() {
    let resources = resources();
    let corpus = Corpus::new(&resources);
    let along = |query: &str| -> Vec<String> {
        let (kind, query) = query.split_once('?').unwrap();
        let query = Query::parse(kind, query).unwrap();
        corpus.included(&query).iter().map(|node| node.text_at("id").unwrap().to_owned()).collect()
    };
    assert_eq!(along("Observation?_id=o1&_include=Observation:patient"), ["p1"]);
    assert_eq!(along("Observation?_id=o1&_include=Observation:*"), ["p1", "e1"]);
    assert_eq!(
        along("Observation?_id=o1&_include=Observation:encounter&_include:iterate=Encounter:patient:Patient"),
        ["e1", "p1"]
    );
    assert_eq!(along("Observation?_id=o1&_include=Observation:encounter&_include=Encounter:patient"), ["e1"]);
    assert_eq!(
        along("Patient?_id=p1&_revinclude=Observation:patient&_revinclude=Encounter:patient"),
        ["o1", "e1"]
    );
}

#[test]
fn a_query_that_is_not_served_names_its_parameter() {
    for (query, message) in [
        ("Patient?color=red", "color: not a search parameter of Patient that is served"),
        ("Patient?name:near=x", "name:near: the modifier :near is not served for this parameter"),
        ("Patient?gender:exact=male", "gender:exact: the modifier :exact is not served for this parameter"),
        (
            "Patient?birthdate=yesterday",
            "birthdate: expected a date such as 2024-05-01 with or without eq, ne, gt, lt, ge, le, sa, eb or ap, found \"yesterday\"",
        ),
        ("Patient?active:missing=perhaps", "active:missing: expected true or false, found \"perhaps\""),
        ("Patient?_count=many", "_count: expected a number of matches, found \"many\""),
        ("Patient?_summary=some", "_summary: expected true, false, text, data or count, found \"some\""),
        ("Patient?_sort=-shoe", "shoe: not a search parameter of Patient that is served"),
        ("Patient?_filter=x", "_filter: not a search parameter of Patient that is served"),
        ("Patient?name=,", "name: expected a value, found \",\""),
        (
            "Observation?value-quantity=high",
            "value-quantity: expected a number, number|system|code or number||unit, found \"high\"",
        ),
        (
            "Observation?subject.name=x",
            "subject.name: the reference may be of several types, expected :Type before the dot",
        ),
        (
            "Observation?subject:Practitioner.name=x",
            "subject:Practitioner.name: \"Practitioner\" is not a resource type that is searched here",
        ),
        (
            "Observation?patient:Group=1",
            "patient:Group: the modifier :Group is not served for this parameter",
        ),
        (
            "Observation?patient:Patient=Group/1",
            "patient:Patient: expected an id of the type that the modifier names, found \"Group/1\"",
        ),
        (
            "Patient?_has:Observation=1",
            "_has:Observation: expected _has:Type:reference:parameter, found \"_has:Observation\"",
        ),
        (
            "Patient?_has:Observation:code:status=1",
            "_has:Observation:code:status: not a search parameter of Observation that is served",
        ),
        (
            "Patient?_has:Encounter:service-provider:status=1",
            "_has:Encounter:service-provider:status: \"Patient\" is not a resource type that is searched here",
        ),
        (
            "Patient?_include=Patient",
            "_include: expected Type:parameter, Type:parameter:Target or Type:*, found \"Patient\"",
        ),
        (
            "Patient?_include:deep=Patient:link",
            "_include:deep: the modifier :deep is not served for this parameter",
        ),
        ("patient?name=x", "(type): \"patient\" is not a resource type that is searched here"),
        (
            "Encounter?part-of.part-of.part-of.part-of.status=x",
            "part-of.part-of.part-of.part-of.status: more than 4 links of a chain",
        ),
    ] {
        let (kind, text) = query.split_once('?').unwrap();
        let error = Query::parse(kind, text).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(!error.ja().is_empty() && !error.issue_type().is_empty());
    }
    assert!(Query::parse("Patient", &"a=b&".repeat(20_000)).is_err());
    assert!(Query::parse("Patient", &format!("_id={}", "x,".repeat(1001))).is_err());
}

#[test]
fn a_query_is_read_into_typed_clauses() {
    let query = Query::parse(
        "Observation",
        "code=http%3A%2F%2Fjlac%7C3A015%2C%5C%2Cx&_count=20&_summary=count&_total=accurate&_elements=id,code&_format=json&status=",
    )
    .unwrap();
    assert_eq!((query.count, query.summary, query.total), (Some(20), Summary::Count, Total::Accurate));
    assert_eq!(query.elements, ["id", "code"]);
    let [Clause::Match { parameter, modifier: Modifier::None, terms }] = query.clauses.as_slice() else {
        panic!()
    };
    assert_eq!(parameter.name, "code");
    assert_eq!(terms.len(), 2, "an escaped comma divides nothing");
    assert!(matches!(&terms[1], Term::Token { code: Some(code), .. } if code == ",x"));
}

#[test]
fn every_parameter_has_a_name_of_its_own_and_a_place() {
    for kind in served_types() {
        let mut names: Vec<_> = parameters(kind).map(|parameter| parameter.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{kind}");
        for parameter in parameters(kind) {
            assert!(!parameter.paths.is_empty());
            assert!(
                parameter.kind == Kind::Reference || parameter.targets.is_empty(),
                "{kind} {}",
                parameter.name
            );
        }
    }
}

#[test]
fn the_index_holds_what_was_written() {
    let resources = resources();
    let entries = index(&resources[2]);
    let value =
        |name: &str| entries.iter().find(|entry| entry.parameter == name).map(|entry| entry.value.clone());
    assert!(matches!(value("value-quantity"), Some(Value::Quantity { value, .. }) if value == 3.9));
    assert!(
        matches!(value("patient"), Some(Value::Reference { resource_type: Some(kind), id }) if kind == "Patient" && id == "p1")
    );
    assert!(index(&"[]".parse().unwrap()).is_empty());
    let unknown: Node = r#"{"resourceType":"Basic","id":"b","code":{"text":"x"}}"#.parse().unwrap();
    assert_eq!(index(&unknown).len(), 1, "what has no parameters of its own is found by its id");
}

proptest! {
    #[test]
    fn no_query_makes_it_panic(kind in "[A-Za-z]{0,12}", text in "\\PC{0,80}") {
        let _ = Query::parse(&kind, &text);
        let _ = Query::parse("Observation", &text);
    }

    #[test]
    fn what_is_near_a_query_does_not_either(
        name in "(patient|subject|code|date|value-quantity|_has|_include|_sort)[:.A-Za-z]{0,12}",
        value in "(ge|ap|)?[0-9TZ:+|,\\\\.eE-]{0,24}",
    ) {
        if let Ok(query) = Query::from_pairs("Observation", [(name, value)]) {
            let resources = resources();
            let _ = Corpus::new(&resources).search(&query);
        }
    }
}
