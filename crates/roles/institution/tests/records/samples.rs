//! Invented resources.

use serde_json::{Value, json};

pub fn patient(id: &str, family: &str) -> Value {
    json!({
        "resourceType": "Patient",
        "id": id,
        "identifier": [{ "system": "urn:oid:1.2.392.100495.20.3.51.11310000003", "value": format!("P{id}") }],
        "name": [{ "use": "official", "text": format!("{family} 花子"), "family": family, "given": ["花子"] }],
        "gender": "female",
        "birthDate": "1980-02-29",
    })
}

pub fn observation(id: &str, patient: &str, code: &str, value: f64, day: &str) -> Value {
    json!({
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "category": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"
        }] }],
        "code": { "coding": [{ "system": "urn:oid:1.2.392.200119.4.504", "code": code, "display": "検査" }] },
        "subject": { "reference": format!("Patient/{patient}") },
        "effectiveDateTime": format!("{day}T09:00:00+09:00"),
        "valueQuantity": { "value": value, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL" },
    })
}

pub fn condition(id: &str, patient: &str, icd10: &str) -> Value {
    json!({
        "resourceType": "Condition",
        "id": id,
        "clinicalStatus": { "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"
        }] },
        "code": { "coding": [{ "system": "http://hl7.org/fhir/sid/icd-10", "code": icd10 }] },
        "subject": { "reference": format!("Patient/{patient}") },
        "recordedDate": "2026-05-01",
    })
}
