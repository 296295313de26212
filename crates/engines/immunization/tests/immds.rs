//! `$immds-forecast`, from Parameters to Parameters.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use musubi_immunization::{
    Library,
    fhir::{Shelf, immds_forecast},
};
use serde_json::{Value, json};

fn shelf() -> Shelf {
    let mut shelf = Shelf::default();
    shelf.add("jp", Library::japan().unwrap());
    shelf
}

fn parameters(immunizations: &[Value]) -> Value {
    let mut parameter = vec![
        json!({"name": "assessmentDate", "valueDate": "2026-11-22"}),
        json!({"name": "patient", "resource": {"resourceType": "Patient", "id": "p1", "birthDate": "2024-05-10", "gender": "female"}}),
    ];
    parameter.extend(immunizations.iter().map(|i| json!({"name": "immunization", "resource": i})));
    json!({"resourceType": "Parameters", "parameter": parameter})
}

fn given(id: &str, system: &str, code: &str, day: &str) -> Value {
    json!({"resourceType": "Immunization", "id": id, "status": "completed", "patient": {"reference": "Patient/p1"},
        "vaccineCode": {"coding": [{"system": system, "code": code}]}, "occurrenceDateTime": day})
}

const CVX: &str = "http://hl7.org/fhir/sid/cvx";

#[test]
fn a_history_is_evaluated_and_the_next_dose_recommended() {
    let answer = immds_forecast(
        &parameters(&[
            given("a", CVX, "04", "2025-06-20T10:00:00+09:00"),
            given("b", CVX, "21", "2025-06-30"),
            given("c", "urn:oid:1.2.392.100495.20.1.73", "6311400A1010", "2024-08-10"),
        ]),
        &shelf(),
    )
    .unwrap();
    let all = answer["parameter"].as_array().unwrap();
    let evaluation = |event: &str| {
        let reference = format!("Immunization/{event}");
        &all.iter().find(|p| p["resource"]["immunizationEvent"]["reference"] == reference.as_str()).unwrap()["resource"]
    };
    assert_eq!(evaluation("a")["doseStatus"]["coding"][0]["code"], "valid");
    assert_eq!(evaluation("a")["extension"][0]["valueCodeableConcept"]["coding"][0]["code"], "A");
    // Ten days after another injected live vaccine.
    assert_eq!(evaluation("b")["doseStatus"]["coding"][0]["code"], "notvalid");
    assert_eq!(evaluation("c")["doseStatus"]["coding"][0]["code"], "valid");
    let recommendation = &all.iter().find(|p| p["name"] == "recommendation").unwrap()["resource"];
    let varicella = recommendation["recommendation"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["targetDisease"]["text"] == "水痘")
        .unwrap();
    assert_eq!(varicella["forecastStatus"]["coding"][0]["code"], "overdue");
    assert_eq!(varicella["dateCriterion"][3]["value"], "2027-05-09");
}

#[test]
fn what_is_doubtful_is_told_and_what_is_unusable_refused() {
    let answer = immds_forecast(
        &parameters(&[
            given("a", CVX, "9999", "2025-06-20"),
            given("b", CVX, "04", "2025-06"),
            given("c", CVX, "04", "2020-01-01"),
        ]),
        &shelf(),
    )
    .unwrap();
    let all = answer["parameter"].as_array().unwrap();
    let outcome = &all.iter().find(|p| p["name"] == "outcome").unwrap()["resource"];
    assert_eq!(outcome["issue"].as_array().unwrap().len(), 3, "{outcome:#}");
    for bad in [
        json!({}),
        json!({"resourceType": "Parameters"}),
        json!({"resourceType": "Parameters", "parameter": []}),
        json!({"resourceType": "Parameters", "parameter": [{"name": "assessmentDate", "valueDate": "2026-13-01"}]}),
        json!({"resourceType": "Parameters", "parameter": [{"name": "assessmentDate", "valueDate": "2026-11-22"},
            {"name": "patient", "resource": {"resourceType": "Patient", "birthDate": "2024"}}]}),
        json!({"resourceType": "Parameters", "parameter": [{"name": "assessmentDate", "valueDate": "1990-01-01"},
            {"name": "patient", "resource": {"resourceType": "Patient", "birthDate": "1980-01-01"}}]}),
        json!({"resourceType": "Parameters", "parameter": [{"name": "assessmentDate", "valueDate": "2026-11-22"},
            {"name": "knowledgeBase", "valueString": "none"},
            {"name": "patient", "resource": {"resourceType": "Patient", "birthDate": "1980-01-01"}}]}),
    ] {
        let outcome = immds_forecast(&bad, &shelf()).unwrap_err();
        assert_eq!(outcome["resourceType"], "OperationOutcome");
    }
}
