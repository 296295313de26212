//! The first road: put, get, search by patient.

use serde_json::json;

use crate::http::House;
use crate::samples::{condition, observation, patient};

#[tokio::test]
async fn what_is_put_is_got_and_found_by_its_patient() {
    let house = House::open().await;
    let created = house.put(&patient("p1", "高橋")).await.is(201);
    assert_eq!(created.header("etag"), Some("W/\"1\""));
    assert!(created.header("location").unwrap().ends_with("/fhir/Patient/p1/_history/1"));
    house.put(&patient("p2", "鈴木")).await.is(201);
    for n in 0..5 {
        let patient = if n % 2 == 0 { "p1" } else { "p2" };
        let resource =
            observation(&format!("o{n}"), patient, "3F015000002327101", 4.0 + f64::from(n), "2026-11-01");
        house.put(&resource).await.is(201);
    }
    house.put(&condition("c1", "p1", "E119")).await.is(201);

    let got = house.get("/Patient/p1").await.is(200);
    let got = got.json();
    assert_eq!((&got["meta"]["versionId"], &got["name"][0]["family"]), (&json!("1"), &json!("高橋")));
    let found = house.get("/Observation?subject=Patient/p1").await.is(200);
    assert_eq!(found.matches(), ["Observation/o0", "Observation/o2", "Observation/o4"]);
    assert_eq!(found.json()["total"], 3);
    let by_identifier =
        house.get("/Patient?identifier=urn:oid:1.2.392.100495.20.3.51.11310000003%7CPp2").await.is(200);
    assert_eq!(by_identifier.matches(), ["Patient/p2"]);
    let chained = house.get("/Condition?patient.name=%E9%AB%98%E6%A9%8B").await.is(200);
    assert_eq!(chained.matches(), ["Condition/c1"]);
    let has = house.get("/Patient?_has:Observation:patient:value-quantity=gt7.5").await.is(200);
    assert_eq!(has.matches(), ["Patient/p1"]);
    let entries = house.town.role.service().ledger().size();
    assert!(entries >= 8 + 1 + 3, "{entries} entries");
}

#[tokio::test]
async fn a_version_follows_a_version_and_saying_the_same_changes_nothing() {
    let house = House::open().await;
    let mut resource = patient("p1", "高橋");
    house.put(&resource).await.is(201);
    house.put(&resource).await.is(200);
    assert_eq!(house.get("/Patient/p1").await.is(200).header("etag"), Some("W/\"1\""));
    resource["gender"] = json!("unknown");
    house.put(&resource).await.is(200);
    let stale =
        house.ask("PUT", "/Patient/p1", &[("If-Match", "W/\"1\"")], Some(resource.to_string())).await.is(412);
    assert_eq!(stale.issue().0, "conflict");
    assert_eq!(house.get("/Patient/p1/_history/1").await.is(200).json()["gender"], "female");
    assert_eq!(house.get("/Patient?gender=unknown").await.is(200).matches(), ["Patient/p1"]);
    assert_eq!(house.get("/Patient?gender=female").await.is(200).matches(), Vec::<String>::new());
    house.ask("DELETE", "/Patient/p1", &[], None).await.is(204);
    assert_eq!(house.get("/Patient/p1").await.is(410).issue().0, "deleted");
    assert_eq!(house.get("/Patient/nobody").await.is(404).issue().0, "not-found");
    assert_eq!(house.get("/Patient?gender=unknown").await.is(200).matches(), Vec::<String>::new());
    let history = house.get("/Patient/p1/_history").await.is(200).json();
    assert_eq!(history["total"], 3);
    assert_eq!(history["entry"][0]["request"]["method"], "DELETE");
    house.put(&resource).await.is(201);
    assert_eq!(house.get("/Patient/p1").await.is(200).header("etag"), Some("W/\"4\""));
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_with_the_place_in_both_languages() {
    let house = House::open().await;
    let mut wrong = patient("p1", "高橋");
    wrong["birthday"] = json!("1980-01-01");
    let refused = house.put(&wrong).await.is(422);
    assert!(refused.issue().2.contains("birthday"), "{}", refused.text);
    let mut number = patient("p1", "高橋");
    number["name"][0]["text"] = json!("1234 5678 9018");
    let refused = house.put(&number).await.is(422);
    assert_eq!(refused.issue().1, "Patient.name[0].text");
    assert!(!refused.text.contains("9018"));
    house
        .ask("PUT", "/Patient/p1", &[], Some("{\"resourceType\":\"Patient\",".to_owned()))
        .await
        .is(400)
        .issue();
    house.ask("PUT", "/Patient/p2", &[], Some(patient("p1", "高橋").to_string())).await.is(400).issue();
    house.post("/Observation", &patient("p1", "高橋")).await.is(400).issue();
    house.get("/Patient?favourite-colour=red").await.is(400).issue();
    house.get("/Patient?name=123456789018").await.is(422).issue();
    house.ask("GET", "/Patient/p1", &[("Accept", "application/fhir+xml")], None).await.is(406).issue();
    let xml = [("Content-Type", "application/fhir+xml")];
    house.ask("POST", "/Patient", &xml, Some("<Patient/>".to_owned())).await.is(415).issue();
    house.get("/Patient/p1").await.is(404);
    house.town.holds_nowhere("123456789018");
}

#[tokio::test]
async fn a_search_comes_by_pages_with_what_it_refers_to() {
    let house = House::open().await;
    house.put(&patient("p1", "高橋")).await.is(201);
    for n in 0..5 {
        let day = format!("2026-11-0{}", n + 1);
        house.put(&observation(&format!("o{n}"), "p1", "3F015", f64::from(n), &day)).await.is(201);
    }
    for order in ["", "&_sort=-date"] {
        let mut next =
            Some(format!("/Observation?subject=Patient/p1&_count=2&_include=Observation:subject{order}"));
        let (mut found, mut pages) = (Vec::new(), 0);
        while let Some(path) = next {
            let page = house.get(&path).await.is(200);
            assert_eq!(page.included(), ["Patient/p1"]);
            found.extend(page.matches());
            next = page.link("next");
            pages += 1;
        }
        let mut expected: Vec<String> = (0..5).map(|n| format!("Observation/o{n}")).collect();
        if !order.is_empty() {
            expected.reverse();
        }
        assert_eq!((found, pages), (expected, 3));
    }
    let cut = house.get("/Observation?_elements=status&_count=1").await.is(200).json();
    let resource = &cut["entry"][0]["resource"];
    assert!(resource["valueQuantity"].is_null() && resource["status"] == "final", "{cut}");
    assert_eq!(resource["meta"]["tag"][0]["code"], "SUBSETTED");
    house.get("/Observation?_page=nonsense").await.is(400).issue();
}
