//! Transactions, batches and imports.

use serde_json::{Value, json};

use crate::http::House;
use crate::samples::{condition, observation, patient};

fn put(resource: Value) -> Value {
    let url = format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
    json!({ "resource": resource, "request": { "method": "PUT", "url": url } })
}

fn bundle(kind: &str, entries: &[Value]) -> Value {
    json!({ "resourceType": "Bundle", "type": kind, "entry": entries })
}

#[tokio::test]
async fn a_transaction_is_done_whole_or_not_at_all() {
    let house = House::open().await;
    let mut broken = condition("c1", "p1", "E119");
    broken["subject"] = json!("nobody");
    let refused =
        house.post("", &bundle("transaction", &[put(patient("p1", "高橋")), put(broken)])).await.is(422);
    assert!(refused.issue().1.starts_with("Bundle.entry[1].resource"), "{}", refused.text);
    house.get("/Patient/p1").await.is(404);

    let mut created = observation("x", "p1", "3F015", 5.4, "2026-11-01");
    created.as_object_mut().unwrap().remove("id");
    created["subject"]["reference"] = json!("urn:uuid:0b5c6f8a-1111-4222-8333-000000000001");
    let mut who = patient("x", "高橋");
    who.as_object_mut().unwrap().remove("id");
    let entries = [
        json!({ "resource": created, "request": { "method": "POST", "url": "Observation" } }),
        json!({
            "fullUrl": "urn:uuid:0b5c6f8a-1111-4222-8333-000000000001",
            "resource": who,
            "request": { "method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:oid:1.2.392.100495.20.3.51.11310000003|Px" },
        }),
    ];
    let first = house.post("", &bundle("transaction", &entries)).await.is(200).json();
    assert_eq!(first["entry"][0]["response"]["status"], "201", "{first}");
    let location = first["entry"][1]["response"]["location"].as_str().unwrap().to_owned();
    let name = location.split("/_history").next().unwrap().to_owned();
    let found = house.get(&format!("/Observation?subject={name}")).await.is(200);
    assert_eq!(found.matches().len(), 1);
    let second = house.post("", &bundle("transaction", &entries)).await.is(200).json();
    assert_eq!(second["entry"][1]["response"]["status"], "200", "the patient is there already: {second}");
    assert_eq!(house.get(&format!("/Observation?subject={name}")).await.is(200).matches().len(), 2);
    assert_eq!(house.get("/Patient?_summary=count").await.is(200).json()["total"], 1);
}

#[tokio::test]
async fn entries_of_a_batch_fail_one_by_one() {
    let house = House::open().await;
    let mut broken = patient("p2", "鈴木");
    broken["gender"] = json!("blue");
    let entries = [
        put(patient("p1", "高橋")),
        put(broken),
        json!({ "request": { "method": "GET", "url": "Patient/p1" } }),
        json!({ "request": { "method": "GET", "url": "Patient?family=%E9%AB%98%E6%A9%8B" } }),
        json!({ "request": { "method": "GET", "url": "Patient/nobody" } }),
    ];
    let done = house.post("", &bundle("batch", &entries)).await.is(200).json();
    let statuses: Vec<_> = done["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["response"]["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["201", "422", "200", "200", "404"]);
    assert_eq!(done["entry"][3]["resource"]["total"], 1);
}

#[tokio::test]
async fn an_import_reports_bad_lines_takes_the_rest_and_changes_nothing_the_second_time() {
    let house = House::open().await;
    let mut lines: Vec<String> = (0..40)
        .map(|n| {
            let who = format!("p{n}");
            let entries = [
                put(patient(&who, "高橋")),
                put(observation(&format!("o{n}"), &who, "3F015", 5.0, "2026-11-01")),
            ];
            bundle("transaction", &entries).to_string()
        })
        .collect();
    lines.insert(3, "{\"resourceType\":\"Bundle\"".to_owned());
    let mut broken = patient("p99", "鈴木");
    broken["birthDate"] = json!("yesterday");
    lines.push(bundle("transaction", &[put(patient("p98", "鈴木")), put(broken)]).to_string());
    lines.push(patient("single", "佐藤").to_string());
    let kind = [("Content-Type", "application/fhir+ndjson")];
    let first = house.ask("POST", "/$import", &kind, Some(lines.join("\n"))).await.is(200).json();
    assert_eq!(
        (&first["lines"], &first["created"], &first["refused"]),
        (&json!(43), &json!(81), &json!(2)),
        "{first}"
    );
    assert_eq!((&first["refusals"][0]["line"], &first["refusals"][1]["line"]), (&json!(4), &json!(42)));
    assert_eq!(first["refusals"][1]["place"], "Bundle.entry[1].resource.birthDate");
    house.get("/Patient/p98").await.is(404);
    let again = house.ask("POST", "/$import", &kind, Some(lines.join("\n"))).await.is(200).json();
    assert_eq!(
        (&again["created"], &again["updated"], &again["unchanged"]),
        (&json!(0), &json!(0), &json!(81))
    );
    assert_eq!(house.get("/Observation?_summary=count").await.is(200).json()["total"], 40);
    // The same resource in two lines: the later one holds.
    let mut changed = patient("p0", "田中");
    let before = changed.to_string();
    changed["gender"] = json!("male");
    let twice = format!("{before}\n{changed}");
    let twice = house.ask("POST", "/$import", &kind, Some(twice)).await.is(200).json();
    assert_eq!(twice["updated"], 2, "{twice}");
    assert_eq!(house.get("/Patient/p0").await.is(200).json()["gender"], "male");
}
