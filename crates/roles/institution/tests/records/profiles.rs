//! Packages of Japan at the door: what claims a profile is held against it, or told that nobody looked.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::http::House;
use crate::samples::patient;
use crate::town::{Options, Town};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/fhir");

/// JP-CLINS and the health-check report, which define one patient differently, each with JP Core.
fn packages() -> Option<Vec<Vec<PathBuf>>> {
    let package = |name: &str| Path::new(DATA).join("packages").join(name);
    let core = package("jp-core.r4-1.1.2-clins.tgz");
    let sets =
        ["jp-clins.r4-1.5.2.tgz", "jp-eChekupReport.r4.tgz"].map(|name| vec![core.clone(), package(name)]);
    if sets.iter().flatten().any(|package| !package.exists()) {
        println!("skipped: {DATA}/packages is not here");
        return None;
    }
    Some(sets.into())
}

fn examples() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(Path::new(DATA).join("jp-clins")).unwrap().map(|file| file.unwrap().path());
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
    };
    let mut all: Vec<(String, Value)> = files.map(read).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[tokio::test]
async fn a_claimed_profile_is_kept() {
    let Some(packages) = packages() else { return };
    let house = House::of(Town::with(Options { packages, ..Options::default() }).await).await;
    let (mut taken, mut refused) = (0, Vec::new());
    for (name, example) in examples() {
        let kind = example["resourceType"].as_str().unwrap();
        let answer = house.post(&format!("/{kind}"), &example).await;
        if name.contains("ErrorExample") {
            let answer = answer.is(422);
            refused.push((answer.json()["issue"][0]["expression"][0].clone(), name));
        } else {
            answer.is(201);
            taken += 1;
        }
    }
    let refused: Vec<&str> = refused.iter().map(|(path, _)| path.as_str().unwrap()).collect();
    assert_eq!(refused, ["MedicationRequest", "Observation.code.coding"]);
    println!("{taken} examples of JP-CLINS taken, {} refused at the door", refused.len());

    // The report of a health check is held against its own package, and not against JP-CLINS's patient.
    let report = Path::new(DATA).join("eCheckup/Bundle-Bundle-eCheckupReport-Sample-01.json");
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    house.post("/Bundle", &report).await.is(201);
    let mut broken = report.clone();
    broken["entry"][8]["resource"].as_object_mut().unwrap().remove("status");
    let answer = house.post("/Bundle", &broken).await.is(422);
    assert_eq!(answer.issue().1, "Bundle.entry[8].resource");
    let report = house
        .ask("POST", "/$import", &[("Content-Type", "application/fhir+ndjson")], Some(format!("{report}\n")))
        .await;
    let report = report.is(200).json();
    assert_eq!((report["refused"].as_u64(), report.get("unchecked")), (Some(0), None), "{report}");
}

#[tokio::test]
async fn a_profile_that_nothing_defines_is_said_to_be_unchecked() {
    let house = House::open().await;
    let profile = "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Patient_eCS";
    let mut claims = patient("p1", "高橋");
    claims["meta"] = json!({ "profile": [profile] });
    let text = Some(claims.to_string());
    let answer =
        house.ask("PUT", "/Patient/p1", &[("Prefer", "return=OperationOutcome")], text.clone()).await.is(201);
    let (code, place, said) = answer.issue();
    assert_eq!((code.as_str(), place.as_str()), ("not-found", "Patient.meta.profile"));
    assert!(said.contains(profile) && answer.json()["issue"][0]["severity"] == "warning", "{said}");

    let entry = json!({ "resource": claims, "request": { "method": "PUT", "url": "Patient/p1" } });
    let done =
        house.post("", &json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry] })).await;
    let outcome = &done.is(200).json()["entry"][0]["response"]["outcome"];
    assert_eq!(outcome["issue"][0]["code"], "not-found", "{outcome}");

    let line = format!("{claims}\n{}\n", patient("p2", "鈴木"));
    let report =
        house.ask("POST", "/$import", &[("Content-Type", "application/fhir+ndjson")], Some(line)).await;
    assert_eq!(report.is(200).json()["unchecked"], json!({ profile: 1 }));
    let checked = house.ask("POST", "/Patient/$validate", &[], text).await.is(200);
    assert_eq!(checked.issue().0, "not-found");
}
