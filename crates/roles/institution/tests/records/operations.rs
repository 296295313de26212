//! Operations: everything about a patient, validation, export, documents.

use musubi_institution::records::Export;
use serde_json::{Value, json};

use crate::http::House;
use crate::samples::{condition, observation, patient};
use crate::town::{Options, Town};

async fn filled() -> House {
    let house = House::open().await;
    for id in ["p1", "p2"] {
        house.put(&patient(id, "高橋")).await.is(201);
        let doctor =
            json!({ "resourceType": "Practitioner", "id": format!("d{id}"), "name": [{ "text": "医師" }] });
        house.put(&doctor).await.is(201);
        for n in 0..3 {
            let mut result = observation(&format!("{id}-o{n}"), id, "3F015", f64::from(n), "2026-11-01");
            result["performer"] = json!([{ "reference": format!("Practitioner/d{id}") }]);
            house.put(&result).await.is(201);
        }
        house.put(&condition(&format!("{id}-c"), id, "E119")).await.is(201);
    }
    house
}

fn names(bundle: &Value) -> Vec<String> {
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let name = |entry: &Value| {
        format!(
            "{}/{}",
            entry["resource"]["resourceType"].as_str().unwrap(),
            entry["resource"]["id"].as_str().unwrap()
        )
    };
    entries.iter().map(name).collect()
}

#[tokio::test]
async fn everything_about_a_patient_comes_page_by_page_and_nothing_of_another() {
    let house = filled().await;
    let mut all = Vec::new();
    let mut next = Some("/Patient/p1/$everything?_count=2".to_owned());
    while let Some(path) = next {
        let page = house.get(&path).await.is(200);
        all.extend(names(&page.json()));
        next = page.link("next");
    }
    assert_eq!(all[0], "Patient/p1");
    all.sort();
    all.dedup();
    let expected = [
        "Condition/p1-c",
        "Observation/p1-o0",
        "Observation/p1-o1",
        "Observation/p1-o2",
        "Patient/p1",
        "Practitioner/dp1",
    ];
    assert_eq!(all, expected);
    let some = house.get("/Patient/p1/$everything?_type=Condition").await.is(200).json();
    assert_eq!(names(&some), ["Condition/p1-c"]);
    house.get("/Patient/nobody/$everything").await.is(404).issue();
}

#[tokio::test]
async fn an_export_tells_the_state_of_an_instant_and_is_forgotten_when_told_to() {
    let house = filled().await;
    let begun = house.ask("GET", "/$export", &[("Prefer", "respond-async")], None).await.is(202);
    let status = begun.header("content-location").unwrap().to_owned();
    house.town.clock.advance(1_000);
    house.put(&patient("p3", "後藤")).await.is(201);
    house.ask("DELETE", "/Condition/p1-c", &[], None).await.is(204);
    let manifest = house.get(&status).await.is(200).json();
    let output = manifest["output"].as_array().unwrap();
    let counts: Vec<_> =
        output.iter().map(|file| (file["type"].as_str().unwrap(), file["count"].as_u64().unwrap())).collect();
    assert_eq!(counts, [("Condition", 2), ("Observation", 6), ("Patient", 2), ("Practitioner", 2)]);
    for file in output {
        let lines = house.get(file["url"].as_str().unwrap()).await.is(200);
        assert_eq!(lines.header("content-type"), Some("application/fhir+ndjson"));
        let lines: Vec<Value> = lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len() as u64, file["count"]);
        assert!(lines.iter().all(|line| line["resourceType"] == file["type"]));
    }
    house.ask("DELETE", &status, &[], None).await.is(202);
    house.get(&status).await.is(404).issue();
    let group = json!({
        "resourceType": "Group", "id": "g", "type": "person", "actual": true,
        "member": [{ "entity": { "reference": "Patient/p2" } }],
    });
    house.put(&group).await.is(201);
    let of_group = house.get("/Group/g/$export?_type=Patient,Observation").await.is(202);
    let manifest = house.get(of_group.header("content-location").unwrap()).await.is(200).json();
    let counts: Vec<_> =
        manifest["output"].as_array().unwrap().iter().map(|file| file["count"].as_u64().unwrap()).collect();
    assert_eq!(counts, [3, 1]);
}

#[tokio::test]
async fn validation_says_what_is_wrong_and_stores_nothing() {
    let house = House::open().await;
    let mut wrong = patient("p1", "高橋");
    wrong["gender"] = json!("blue");
    let said = house.post("/Patient/$validate", &wrong).await.is(200);
    assert_eq!(said.issue().1, "Patient.gender");
    let wrapped = json!({ "resourceType": "Parameters", "parameter": [{ "name": "resource", "resource": patient("p1", "高橋") }] });
    let said = house.post("/Patient/$validate", &wrapped).await.is(200).json();
    assert!(said["issue"].as_array().unwrap().iter().all(|issue| issue["severity"] != "error"), "{said}");
    house.get("/Patient/p1").await.is(404);
    let statement = house.get("/metadata").await.is(200).json();
    assert_eq!(
        (&statement["resourceType"], &statement["fhirVersion"]),
        (&json!("CapabilityStatement"), &json!("4.0.1"))
    );
    let said = house.post("/CapabilityStatement/$validate", &statement).await.is(200).json();
    let errors: Vec<_> =
        said["issue"].as_array().unwrap().iter().filter(|issue| issue["severity"] == "error").collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// IHE MHD: ITI-65 provide, ITI-66 find lists, ITI-67 find references, ITI-68 retrieve.
#[tokio::test]
async fn a_document_is_provided_found_and_retrieved() {
    let house = House::open().await;
    house.put(&patient("p1", "高橋")).await.is(201);
    let [list, reference, binary] =
        ["1", "2", "3"].map(|n| format!("urn:uuid:0b5c6f8a-1111-4222-8333-00000000000{n}"));
    let entry = |full_url: &str, resource: Value| {
        let kind = resource["resourceType"].clone();
        json!({ "fullUrl": full_url, "resource": resource, "request": { "method": "POST", "url": kind } })
    };
    let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [
        entry(&list, json!({
            "resourceType": "List", "status": "current", "mode": "working",
            "code": { "coding": [{ "system": "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes", "code": "submissionset" }] },
            "subject": { "reference": "Patient/p1" }, "date": "2026-11-22T09:00:00+09:00",
            "entry": [{ "item": { "reference": reference } }],
        })),
        entry(&reference, json!({
            "resourceType": "DocumentReference", "status": "current",
            "masterIdentifier": { "system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.392.200119.1.1" },
            "type": { "coding": [{ "system": "http://loinc.org", "code": "57133-1" }] },
            "subject": { "reference": "Patient/p1" }, "date": "2026-11-22T09:00:00+09:00",
            "content": [{ "attachment": { "contentType": "text/plain", "url": binary } }],
        })),
        entry(&binary, json!({ "resourceType": "Binary", "contentType": "text/plain", "data": "57S55LuL54q2" })),
    ] });
    house.post("", &bundle).await.is(200);
    let found = house
        .get("/DocumentReference?patient=Patient/p1&status=current&type=http://loinc.org%7C57133-1")
        .await
        .is(200);
    assert_eq!(found.matches().len(), 1);
    let document = found.json()["entry"][0]["resource"].clone();
    let url = document["content"][0]["attachment"]["url"].as_str().unwrap().to_owned();
    let raw = house.ask("GET", &format!("/{url}"), &[("Accept", "text/plain")], None).await.is(200);
    assert_eq!((raw.text.as_str(), raw.header("content-type")), ("紹介状", Some("text/plain")));
    let resource =
        house.ask("GET", &format!("/{url}"), &[("Accept", "application/fhir+json")], None).await.is(200);
    assert_eq!(resource.json()["resourceType"], "Binary");
    let lists = house
        .ask(
            "POST",
            "/List/_search",
            &[("Content-Type", "application/x-www-form-urlencoded")],
            Some("patient=Patient/p1&status=current".to_owned()),
        )
        .await
        .is(200);
    assert_eq!(lists.matches().len(), 1);
    let list = lists.json()["entry"][0]["resource"]["entry"][0]["item"]["reference"].clone();
    assert_eq!(list, json!(format!("DocumentReference/{}", document["id"].as_str().unwrap())));
}

#[tokio::test]
async fn an_export_is_honestly_gone_after_a_restart() {
    let mut town = Town::new().await;
    let id = town.role.service().begin_export(Export::default()).unwrap();
    assert!(town.role.service().export(&id).is_ok());
    let dir = std::mem::replace(&mut town.dir, tempfile::tempdir().unwrap());
    let clock = std::sync::Arc::clone(&town.clock);
    drop(town);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let house = House::of(Town::at(dir, Options::default(), clock).await).await;
    let (code, ..) = house.get(&format!("/$export-status/{id}")).await.is(404).issue();
    assert_eq!(code, "not-found");
    house.get(&format!("/$export-file/{id}/Patient.ndjson")).await.is(404);
    let fresh = house.get("/$export").await.is(202);
    house.get(fresh.header("content-location").unwrap()).await.is(200);
}
