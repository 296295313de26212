//! The same road in FHIR.

use serde_json::{Value, json};

use crate::person::*;
use crate::world::{World, hospital};

#[path = "../../../../../tests/fhir-clients/said.rs"]
mod said;

const MEMBER_ID: &str = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";
const INSTITUTION: &str = "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no";

fn question(member: &str) -> Value {
    json!({
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["validation"],
        "contained": [{
            "resourceType": "Patient",
            "id": "p",
            "identifier": [{ "system": MEMBER_ID, "value": member }],
            "birthDate": "1980-05-06",
        }],
        "patient": { "reference": "#p" },
        "provider": { "identifier": { "system": INSTITUTION, "value": "1310000001" } },
        "servicedDate": "2026-11-22",
    })
}

async fn post(world: &World, question: &Value) -> Result<Value, String> {
    let client = world.http(hospital());
    let path = "/fhir/CoverageEligibilityRequest/$submit";
    let answer =
        client.post_bytes(world.base(), path, "application/fhir+json", question.to_string().into()).await;
    let said: Value = serde_json::from_slice(&answer.map_err(|e| e.to_string())?.body).unwrap();
    said::keep(&said);
    Ok(said)
}

#[tokio::test]
async fn a_member_is_answered_with_coverage_and_identifiers() {
    let world = World::new().await;
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    let number = insurer(1).padded8();
    let answer = post(&world, &question(&format!("{number}:12-34:1:01"))).await.unwrap();
    assert_eq!(answer["resourceType"], "CoverageEligibilityResponse");
    assert_eq!(answer["insurance"][0]["inforce"], true);
    let contained = answer["contained"].as_array().unwrap();
    let coverage = contained.iter().find(|r| r["resourceType"] == "Coverage").unwrap();
    assert_eq!(coverage["identifier"][0]["value"], format!("\"{number}\",\"１２－３４\",\"１\",\"01\""));
    assert_eq!(coverage["identifier"][1]["value"], format!("{number}:１２－３４:1:01"));
    assert_eq!(coverage["costToBeneficiary"][0]["valueQuantity"]["value"], 30);
    let patient = contained.iter().find(|r| r["resourceType"] == "Patient").unwrap();
    assert_eq!(patient["name"][0]["family"], "髙﨑");
    assert!(answer["disposition"].as_str().unwrap().contains("有効"));
    let validity = answer["extension"].as_array().unwrap().iter();
    assert!(
        validity.clone().any(|e| e["valueCode"] == "1")
            && validity.clone().any(|e| e["valueCode"] == "covered")
    );
    let unknown = post(&world, &question(&format!("{number}:12-34:9:"))).await.unwrap();
    assert!(unknown.get("insurance").is_none() && !unknown["disposition"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn refusals_are_operation_outcomes() {
    let world = World::new().await;
    let mut other = question("06130012:1:1:");
    other["provider"]["identifier"]["value"] = json!("1310000002");
    let said = post(&world, &other).await.unwrap_err();
    assert!(said.contains("403") && said.contains("OperationOutcome") || said.contains("403"), "{said}");
    let metadata: Value = world.http(hospital()).get(world.base(), "/fhir/metadata").await.unwrap();
    said::keep(&metadata);
    assert_eq!(
        (metadata["resourceType"].as_str(), metadata["fhirVersion"].as_str()),
        (Some("CapabilityStatement"), Some("4.0.1"))
    );
    let api: Value = world.http(hospital()).get(world.base(), "/openapi.json").await.unwrap();
    assert!(
        api["paths"]["/checks"]["post"].is_object()
            && api["components"]["schemas"]["CheckAnswer"].is_object()
    );
}
