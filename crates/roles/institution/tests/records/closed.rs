//! Another organisation at the doors of our own systems: whatever it asks, and whether there is anything or not, it hears the
//! same, in status, headers and body. What it may have goes by grants (`store/resources/leak_tests.rs`).

use axum::body::Body;
use axum::http::Request;
use codes::OrgId;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use wire::Peer;

use crate::http::House;
use crate::samples::{condition, observation, patient};

/// What is asked, with an address that leads to something and one that leads nowhere.
const DOORS: &[(&str, &str, &str)] = &[
    ("GET", "/fhir/Patient/p1", "/fhir/Patient/nobody"),
    ("GET", "/fhir/Patient/p1/_history", "/fhir/Patient/nobody/_history"),
    ("GET", "/fhir/Patient/p1/_history/1", "/fhir/Patient/p1/_history/9"),
    ("GET", "/fhir/Patient/p1/$everything", "/fhir/Patient/nobody/$everything"),
    ("GET", "/fhir/Patient/p1/$meta", "/fhir/Patient/nobody/$meta"),
    ("POST", "/fhir/Condition/c1/$meta-add", "/fhir/Condition/nobody/$meta-add"),
    (
        "GET",
        "/fhir/Observation?subject=Patient/p1&_count=1",
        "/fhir/Observation?subject=Patient/nobody&_count=1",
    ),
    ("GET", "/fhir/Observation?_summary=count", "/fhir/Immunization?_summary=count"),
    (
        "GET",
        "/fhir/Patient?_has:Condition:patient:code=B24",
        "/fhir/Patient?_has:Condition:patient:code=K297",
    ),
    ("GET", "/fhir/DocumentReference?patient=p1", "/fhir/DocumentReference?patient=nobody"),
    ("GET", "/fhir/_history", "/fhir/Immunization/_history"),
    ("GET", "/fhir/$export", "/fhir/Group/nobody/$export"),
    ("GET", "/fhir/$export-status/EXPORT", "/fhir/$export-status/nobody"),
    ("GET", "/fhir/$export-file/EXPORT/Patient.ndjson", "/fhir/$export-file/nobody/Patient.ndjson"),
    ("GET", "/fhir/AuditEvent?patient=Patient/p1", "/fhir/AuditEvent?patient=Patient/nobody"),
    ("DELETE", "/fhir/Condition/c1", "/fhir/Condition/nobody"),
    ("GET", "/fhir/Nothing/1", "/fhir/Patient?colour=red"),
];

/// Status, headers and body, without the request's own number and the clock.
async fn heard(house: &House, peer: OrgId, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from("{}")).unwrap();
    request.extensions_mut().insert(Peer(peer));
    let response = house.town.role.api().oneshot(request).await.unwrap();
    let status = response.status();
    let mut headers: Vec<String> = response
        .headers()
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let mut said: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(said) = said.as_object_mut() {
        said.remove("request_id");
    }
    format!("{status} {headers:?} {said}")
}

#[tokio::test]
async fn another_organisation_hears_the_same_whatever_there_is() {
    let house = House::open().await;
    house.put(&patient("p1", "高橋")).await.is(201);
    house.put(&condition("c1", "p1", "B24")).await.is(201);
    house.put(&observation("o1", "p1", "3F015", 5.4, "2026-11-01")).await.is(201);
    let begun = house.get("/$export").await.is(202);
    let export = begun.header("content-location").unwrap().rsplit('/').next().unwrap().to_owned();
    let other: OrgId = "institution/1310000026".parse().unwrap();
    let mut all = std::collections::BTreeSet::new();
    for (method, there, nowhere) in DOORS {
        for conditions in [
            &[][..],
            &[("if-none-match", "W/\"1\"")],
            &[("if-modified-since", "Sun, 22 Nov 2026 00:41:00 GMT")],
        ] {
            let there = heard(&house, other, method, &there.replace("EXPORT", &export), conditions).await;
            assert_eq!(there, heard(&house, other, method, nowhere, conditions).await, "{method} {nowhere}");
            assert!(
                !there.contains("etag") && !there.contains("last-modified") && !there.contains("location"),
                "{there}"
            );
            all.insert(there);
        }
    }
    assert_eq!(all.len(), 1, "one answer to everything: {all:#?}");
    println!("{} doors, three conditions each: one answer", DOORS.len());
    // And nothing was done.
    house.get("/Condition/c1").await.is(200);
}
