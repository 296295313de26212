//! The person's own mark: on the page and over FHIR, with what hangs on it.

use serde_json::{Value, json};

use crate::http::House;
use crate::samples::{condition, observation, patient};

const ACT: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

fn mark() -> Value {
    let coding = json!({ "system": ACT, "code": "PRS" });
    json!({ "resourceType": "Parameters", "parameter": [{ "name": "meta", "valueMeta": { "security": [coding] } }] })
}

async fn house() -> House {
    let house = House::open().await;
    house.put(&patient("p1", "高橋")).await.is(201);
    house.put(&condition("c1", "p1", "K297")).await.is(201);
    let mut result = observation("o1", "p1", "3F015", 5.4, "2026-11-01");
    result["focus"] = json!([{ "reference": "Condition/c1" }]);
    house.put(&result).await.is(201);
    house
}

#[tokio::test]
async fn a_mark_is_set_and_taken_off_over_fhir() {
    let house = house().await;
    let marked = house.post("/Condition/c1/$meta-add", &mark()).await.is(200).json();
    assert_eq!(marked["parameter"][0]["valueMeta"]["security"][0]["code"], "PRS");
    let read = house.get("/Condition/c1").await.is(200);
    assert_eq!(
        (read.json()["meta"]["versionId"].as_str(), read.header("etag")),
        (Some("2"), Some("W/\"2\""))
    );
    assert_eq!(
        house.get(&format!("/Condition?_security={ACT}|PRS")).await.is(200).matches(),
        ["Condition/c1"]
    );
    house.post("/Condition/c1/$meta-add", &mark()).await.is(200);
    assert_eq!(
        house.get("/Condition/c1").await.is(200).json()["meta"]["versionId"],
        "2",
        "it was so already"
    );
    let plain = house.post("/Condition/c1/$meta-delete", &mark()).await.is(200).json();
    assert_eq!(plain["parameter"][0]["valueMeta"].get("security"), None, "{plain}");
    house.post("/Condition/c1/$meta-add", &json!({ "resourceType": "Parameters" })).await.is(400);
    house.post("/Condition/nobody/$meta-add", &mark()).await.is(404);
    let events = house.get("/AuditEvent?entity=Observation/o1").await.is(200).json();
    let about = events["entry"].as_array().unwrap().len();
    assert!(about >= 3, "what was labelled anew is in the ledger as well: {events}");
}
