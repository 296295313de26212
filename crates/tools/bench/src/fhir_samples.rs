//! Transaction bundles of 32 resources, shaped like the six kinds of information, the same in every run.

use serde_json::{Value, json};

use crate::mix::mix;

/// Resources of a bundle.
pub const BUNDLE: usize = 32;

/// The id of a bundle's patient.
pub fn patient_id(n: u64) -> String {
    format!("p{n:07}")
}

/// The number that a bundle's patient has at the institution.
pub fn patient_number(n: u64) -> String {
    format!("{:08}", n + 1)
}

/// The bundle of patient `n`: the patient, a visit, 15 results and their report, 6 prescriptions, 5 diagnoses, 3 allergies.
pub fn bundle(n: u64) -> String {
    let patient = patient_id(n);
    let mut entries = vec![self_of(n, &patient), visit(n, &patient)];
    entries.extend((0..15).map(|k| result(n, k, &patient)));
    entries.extend((0..6).map(|k| prescription(n, k, &patient)));
    entries.extend((0..5).map(|k| diagnosis(n, k, &patient)));
    entries.extend((0..3).map(|k| allergy(n, k, &patient)));
    entries.push(report(n, &patient));
    let entries: Vec<Value> = entries.into_iter().map(put).collect();
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries }).to_string()
}

fn put(resource: Value) -> Value {
    let part = |key: &str| resource.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let url = format!("{}/{}", part("resourceType"), part("id"));
    json!({ "resource": resource, "request": { "method": "PUT", "url": url } })
}

fn self_of(n: u64, patient: &str) -> Value {
    let families = ["佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村"];
    let family = pick(&families, mix(n));
    json!({
        "resourceType": "Patient", "id": patient,
        "identifier": [{ "system": "urn:oid:1.2.392.100495.20.3.51.11311234567", "value": patient_number(n) }],
        "name": [{ "use": "official", "text": format!("{family} 花子"), "family": family, "given": ["花子"] }],
        "telecom": [{ "system": "phone", "value": format!("03-{:04}-{:04}", mix(n) % 10_000, mix(n + 1) % 10_000) }],
        "gender": if n.is_multiple_of(2) { "female" } else { "male" },
        "birthDate": format!("{}-{:02}-{:02}", 1930 + mix(n) % 90, 1 + mix(n) % 12, 1 + mix(n) % 28),
        "address": [{ "text": "東京都千代田区霞が関1-2-2", "postalCode": "100-8916", "country": "JP" }],
    })
}

fn visit(n: u64, patient: &str) -> Value {
    json!({
        "resourceType": "Encounter", "id": format!("e{n:07}"), "status": "finished",
        "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB" },
        "subject": reference(patient), "period": { "start": day(n, 0), "end": day(n, 0) },
    })
}

fn result(n: u64, k: u64, patient: &str) -> Value {
    let (code, name, unit) = pick(&RESULTS, k);
    json!({
        "resourceType": "Observation", "id": format!("o{n:07}-{k}"), "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory" }] }],
        "code": { "coding": [{ "system": "urn:oid:1.2.392.200119.4.504", "code": code, "display": name }], "text": name },
        "subject": reference(patient), "encounter": { "reference": format!("Encounter/e{n:07}") },
        "effectiveDateTime": format!("{}T09:30:00+09:00", day(n, k)),
        "valueQuantity": { "value": (mix(n ^ k) % 2_000) as f64 / 10.0, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit },
        "referenceRange": [{ "text": "基準値内" }],
    })
}

fn prescription(n: u64, k: u64, patient: &str) -> Value {
    let (code, name) = pick(&DRUGS, mix(n ^ k));
    json!({
        "resourceType": "MedicationRequest", "id": format!("m{n:07}-{k}"), "status": "completed", "intent": "order",
        "medicationCodeableConcept": { "coding": [{ "system": "urn:oid:1.2.392.100495.20.2.74", "code": code, "display": name }], "text": name },
        "subject": reference(patient), "encounter": { "reference": format!("Encounter/e{n:07}") },
        "authoredOn": day(n, k),
        "dosageInstruction": [{ "text": "1日1回朝食後 28日分", "timing": { "code": { "text": "1日1回朝食後" } },
            "doseAndRate": [{ "doseQuantity": { "value": 1, "unit": "錠", "system": "urn:oid:1.2.392.100495.20.2.101", "code": "TAB" } }] }],
    })
}

fn diagnosis(n: u64, k: u64, patient: &str) -> Value {
    let (code, name) = pick(&DIAGNOSES, mix(n ^ (k << 8)));
    json!({
        "resourceType": "Condition", "id": format!("c{n:07}-{k}"),
        "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active" }] },
        "verificationStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed" }] },
        "code": { "coding": [{ "system": "http://hl7.org/fhir/sid/icd-10", "code": code, "display": name }], "text": name },
        "subject": reference(patient), "onsetDateTime": day(n, k), "recordedDate": day(n, k),
    })
}

fn allergy(n: u64, k: u64, patient: &str) -> Value {
    let name = pick(&["卵", "そば", "ペニシリン系抗菌薬", "ヨード造影剤"], mix(n + k));
    json!({
        "resourceType": "AllergyIntolerance", "id": format!("a{n:07}-{k}"),
        "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active" }] },
        "verificationStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "code": "confirmed" }] },
        "category": ["food"], "criticality": "low", "code": { "text": name },
        "patient": reference(patient), "recordedDate": day(n, k),
    })
}

fn report(n: u64, patient: &str) -> Value {
    let results: Vec<Value> =
        (0..15).map(|k| json!({ "reference": format!("Observation/o{n:07}-{k}") })).collect();
    json!({
        "resourceType": "DiagnosticReport", "id": format!("d{n:07}"), "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB" }] }],
        "code": { "text": "検体検査報告書" }, "subject": reference(patient), "effectiveDateTime": day(n, 0),
        "result": results, "conclusion": "特記すべき異常を認めません。",
    })
}

fn reference(patient: &str) -> Value {
    json!({ "reference": format!("Patient/{patient}") })
}

fn day(n: u64, k: u64) -> String {
    let at = mix(n ^ (k << 16));
    format!("{}-{:02}-{:02}", 2020 + at % 6, 1 + at / 7 % 12, 1 + at / 91 % 28)
}

fn pick<T: Copy>(all: &[T], n: u64) -> T {
    // Below the length, which is not nothing.
    #[expect(clippy::indexing_slicing, reason = "the place is below the length")]
    all[(n % all.len() as u64) as usize]
}

const RESULTS: [(&str, &str, &str); 15] = [
    ("3A015000002327101", "アルブミン", "g/dL"),
    ("3B035000002327201", "AST", "U/L"),
    ("3B045000002327201", "ALT", "U/L"),
    ("3B090000002327101", "γ-GT", "U/L"),
    ("3C015000002327101", "クレアチニン", "mg/dL"),
    ("3C020000002327101", "尿酸", "mg/dL"),
    ("3D010000002226101", "血糖", "mg/dL"),
    ("3D046000001906202", "HbA1c", "%"),
    ("3F015000002327101", "中性脂肪", "mg/dL"),
    ("3F070000002327101", "HDLコレステロール", "mg/dL"),
    ("3F077000002327101", "LDLコレステロール", "mg/dL"),
    ("3H010000002326101", "ナトリウム", "mmol/L"),
    ("3H015000002326101", "カリウム", "mmol/L"),
    ("2A020000001930101", "赤血球数", "10*6/uL"),
    ("2A030000001930101", "ヘモグロビン", "g/dL"),
];

const DRUGS: [(&str, &str); 6] = [
    ("103835401", "アムロジピン錠5mg"),
    ("110626901", "メトホルミン塩酸塩錠250mg"),
    ("113543801", "ロスバスタチン錠2.5mg"),
    ("106238001", "ランソプラゾールOD錠15mg"),
    ("100607002", "酸化マグネシウム錠330mg"),
    ("114088201", "カンデサルタン錠8mg"),
];

const DIAGNOSES: [(&str, &str); 8] = [
    ("I10", "本態性高血圧症"),
    ("E119", "2型糖尿病"),
    ("E785", "脂質異常症"),
    ("K210", "逆流性食道炎"),
    ("M545", "腰痛症"),
    ("J459", "気管支喘息"),
    ("F329", "うつ病"),
    ("H259", "老人性白内障"),
];
