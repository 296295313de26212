//! The kinds of resources that have a form of their own. Each answers the fields that it has shown.

use crate::Node;

use super::series::Flag;
use super::words::{any, choice, concept, concepts, day_at, day_value, join, period, quantity};
use super::{Shown, Value};

/// Fills in a resource of a kind; the fields that are shown thereby.
pub fn fill(kind: &str, resource: &Node, shown: &mut Shown) -> &'static [&'static str] {
    match kind {
        "AllergyIntolerance" => allergy(resource, shown),
        "Condition" => condition(resource, shown),
        "MedicationRequest" | "MedicationDispense" | "MedicationStatement" | "MedicationAdministration" => {
            medication(resource, shown)
        }
        "Observation" => observation(resource, shown),
        "DiagnosticReport" => report(resource, shown),
        "Encounter" => encounter(resource, shown),
        "CarePlan" => care_plan(resource, shown),
        "Immunization" => immunization(resource, shown),
        "Procedure" => procedure(resource, shown),
        "Patient" => patient(resource, shown),
        _ => &[],
    }
}

fn allergy(r: &Node, s: &mut Shown) -> &'static [&'static str] {
    s.title = r.get("code").and_then(concept).unwrap_or_default();
    s.value = concepts(r, "reaction.manifestation").unwrap_or_default();
    s.flag = (r.text_at("criticality") == Some("high")).then_some(Flag::Grave);
    s.over = is_one_of(r, "clinicalStatus.coding.code", &["inactive", "resolved"])
        || is_one_of(r, "verificationStatus.coding.code", &["refuted", "entered-in-error"]);
    status(r, s, "clinicalStatus.coding.code");
    named_status(r, s, ("確からしさ", "Certainty"), "verificationStatus.coding.code");
    let severe = r.text_at("reaction.severity").and_then(word);
    s.fact("反応の重さ", "Severity", severe);
    s.fact("発症", "Since", choice(r, "onset").and_then(any_value));
    s.fact("記録した日", "Recorded", day_at(r, "recordedDate"));
    notes(r, s);
    &[
        "code",
        "reaction",
        "criticality",
        "clinicalStatus",
        "verificationStatus",
        "onsetDateTime",
        "onsetAge",
        "onsetPeriod",
        "onsetString",
        "recordedDate",
        "note",
        "type",
        "category",
    ]
}

fn condition(r: &Node, s: &mut Shown) -> &'static [&'static str] {
    s.title = r.get("code").and_then(concept).unwrap_or_default();
    s.over = is_one_of(r, "clinicalStatus.coding.code", &["inactive", "resolved", "remission"])
        || is_one_of(r, "verificationStatus.coding.code", &["refuted", "entered-in-error"]);
    status(r, s, "clinicalStatus.coding.code");
    named_status(r, s, ("確からしさ", "Certainty"), "verificationStatus.coding.code");
    s.fact("発症", "Since", choice(r, "onset").and_then(any_value));
    s.fact("終了", "Until", choice(r, "abatement").and_then(any_value));
    s.text_fact("重症度", "Severity", r.get("severity").and_then(concept));
    s.text_fact("部位", "Site", concepts(r, "bodySite"));
    s.fact("記録した日", "Recorded", day_at(r, "recordedDate"));
    s.text_fact("記録者", "Recorded by", r.get("recorder").and_then(any));
    notes(r, s);
    &[
        "code",
        "clinicalStatus",
        "verificationStatus",
        "category",
        "severity",
        "bodySite",
        "recordedDate",
        "recorder",
        "note",
        "onsetDateTime",
        "onsetAge",
        "onsetPeriod",
        "onsetString",
        "onsetRange",
        "abatementDateTime",
        "abatementAge",
        "abatementPeriod",
        "abatementString",
        "abatementRange",
    ]
}

fn medication(r: &Node, s: &mut Shown) -> &'static [&'static str] {
    let contained = r.at("contained.code").and_then(concept);
    let named = r.get("medicationCodeableConcept").and_then(concept);
    s.title = named.or(contained).or_else(|| r.get("medicationReference").and_then(any)).unwrap_or_default();
    let dosages = r.all("dosageInstruction").into_iter().chain(r.all("dosage"));
    s.value = join(dosages.filter_map(dosage), " / ").unwrap_or_default();
    s.over = is_one_of(
        r,
        "status",
        &["stopped", "cancelled", "entered-in-error", "on-hold", "declined", "not-taken"],
    );
    if s.over {
        status(r, s, "status");
    }
    let supply = r.get("daysSupply").or_else(|| r.at("dispenseRequest.expectedSupplyDuration"));
    s.text_fact("日数", "Days", supply.and_then(quantity));
    let amount = r.get("quantity").or_else(|| r.at("dispenseRequest.quantity"));
    s.text_fact("数量", "Amount", amount.and_then(quantity));
    s.text_fact("種類", "Setting", concepts(r, "category"));
    s.text_fact("処方した人", "Prescribed by", r.get("requester").and_then(any));
    s.text_fact("理由", "Reason", concepts(r, "reasonCode"));
    notes(r, s);
    &[
        "medicationCodeableConcept",
        "medicationReference",
        "dosageInstruction",
        "dosage",
        "status",
        "intent",
        "category",
        "daysSupply",
        "dispenseRequest",
        "quantity",
        "requester",
        "reasonCode",
        "note",
        "authoredOn",
        "whenHandedOver",
        "effectiveDateTime",
        "effectivePeriod",
    ]
}

/// How a drug is taken.
fn dosage(node: &Node) -> Option<String> {
    let said = node.text_at("text").map(str::to_owned);
    said.or_else(|| {
        let dose = node.at("doseAndRate.doseQuantity").and_then(quantity);
        let when = node.at("timing.code").and_then(concept);
        join(when.into_iter().chain(dose), " ")
    })
}

fn observation(r: &Node, s: &mut Shown) -> &'static [&'static str] {
    s.title = r.get("code").and_then(concept).unwrap_or_default();
    let parts = r.all("component").into_iter().filter_map(|part| {
        let name = part.get("code").and_then(concept)?;
        Some(format!("{name} {}", choice(part, "value").and_then(any).unwrap_or_default()))
    });
    let value = choice(r, "value").and_then(any);
    let absent = r.get("dataAbsentReason").and_then(concept).map(|why| format!("値なし（{why}）"));
    s.value = join(value.into_iter().chain(parts), "、").or(absent).unwrap_or_default();
    s.flag = Flag::of(r);
    s.over = is_one_of(r, "status", &["entered-in-error", "cancelled"]);
    if r.text_at("status") != Some("final") {
        status(r, s, "status");
    }
    s.text_fact("基準値", "Usual range", r.at("referenceRange").and_then(range));
    s.text_fact("検体", "Specimen", r.get("specimen").and_then(any));
    s.text_fact("部位", "Site", r.get("bodySite").and_then(concept));
    s.text_fact("方法", "Method", r.get("method").and_then(concept));
    notes(r, s);
    &[
        "code",
        "status",
        "category",
        "component",
        "interpretation",
        "referenceRange",
        "specimen",
        "bodySite",
        "method",
        "note",
        "issued",
        "effectiveDateTime",
        "effectivePeriod",
        "effectiveInstant",
        "dataAbsentReason",
        "valueQuantity",
        "valueCodeableConcept",
        "valueString",
        "valueBoolean",
        "valueInteger",
        "valueRange",
        "valueRatio",
        "valueTime",
        "valueDateTime",
        "valuePeriod",
    ]
}

/// A usual range in words.
fn range(node: &Node) -> Option<String> {
    let told = node.text_at("text").map(str::to_owned);
    told.or_else(|| any(node).filter(|text| text != "〜"))
}

fn report(r: &Node, s: &mut Shown) -> &'static [&'static str] {
    s.title = r.get("code").and_then(concept).unwrap_or_default();
    s.value = r.text_at("conclusion").unwrap_or_default().to_owned();
    s.text_fact("所見", "Findings", concepts(r, "conclusionCode"));
    status(r, s, "status");
    s.text_fact("含まれる検査", "Results", join(r.all("result").into_iter().filter_map(any), "、"));
    &[
        "code",
        "conclusion",
        "conclusionCode",
        "status",
        "category",
        "result",
        "effectiveDateTime",
        "effectivePeriod",
        "issued",
    ]
}

fn encounter(r: &Node, s: &mut Shown) -> &'static [&'static str] {
    let class = r.get("class").and_then(concept);
    let department = r.get("serviceType").and_then(concept);
    s.title = join(class.into_iter().chain(department), " ").unwrap_or_default();
    s.value = concepts(r, "reasonCode").unwrap_or_default();
    s.text_fact("期間", "Period", r.get("period").and_then(period));
    s.text_fact("日数", "Days", r.get("length").and_then(quantity));
    s.text_fact("転帰", "Discharge", r.at("hospitalization.dischargeDisposition").and_then(concept));
    s.text_fact("入院の経路", "Came from", r.at("hospitalization.admitSource").and_then(concept));
    &[
        "status",
        "class",
        "serviceType",
        "period",
        "length",
        "reasonCode",
        "hospitalization",
        "serviceProvider",
        "diagnosis",
    ]
}

fn care_plan(r: &Node, s: &mut Shown) -> &'static [&'static str] {
    s.title = r.text_at("title").map(str::to_owned).or_else(|| concepts(r, "category")).unwrap_or_default();
    s.value = r.text_at("description").unwrap_or_default().to_owned();
    s.over = is_one_of(r, "status", &["revoked", "completed", "entered-in-error"]);
    status(r, s, "status");
    s.text_fact("期間", "Period", r.get("period").and_then(period));
    let services = r.all("activity.detail").into_iter().filter_map(|detail| {
        detail.text_at("description").map(str::to_owned).or_else(|| detail.get("code").and_then(concept))
    });
    s.text_fact("サービス", "Services", join(services, "、"));
    s.text_fact("目標", "Goals", join(r.all("goal").into_iter().filter_map(any), "、"));
    notes(r, s);
    &["title", "category", "description", "status", "intent", "period", "created", "activity", "goal", "note"]
}

fn immunization(r: &Node, s: &mut Shown) -> &'static [&'static str] {
    s.title = r.get("vaccineCode").and_then(concept).unwrap_or_default();
    let dose = r.at("protocolApplied").and_then(|applied| choice(applied, "doseNumber")).and_then(any);
    s.value = dose.map(|number| format!("{number}回目")).unwrap_or_default();
    s.over = is_one_of(r, "status", &["not-done", "entered-in-error"]);
    status(r, s, "status");
    s.text_fact("ロット", "Lot", r.text_at("lotNumber").map(str::to_owned));
    s.text_fact("接種量", "Dose", r.get("doseQuantity").and_then(quantity));
    notes(r, s);
    &["vaccineCode", "status", "lotNumber", "doseQuantity", "occurrenceDateTime", "note", "protocolApplied"]
}

fn procedure(r: &Node, s: &mut Shown) -> &'static [&'static str] {
    s.title = r.get("code").and_then(concept).unwrap_or_default();
    s.value = r.get("outcome").and_then(concept).unwrap_or_default();
    s.over = is_one_of(r, "status", &["not-done", "entered-in-error"]);
    status(r, s, "status");
    s.text_fact("期間", "Period", choice(r, "performed").and_then(any));
    s.text_fact("部位", "Site", concepts(r, "bodySite"));
    notes(r, s);
    &["code", "status", "outcome", "bodySite", "note", "category", "performedDateTime", "performedPeriod"]
}

fn patient(r: &Node, s: &mut Shown) -> &'static [&'static str] {
    s.title = r.at("name").and_then(any).unwrap_or_default();
    s.fact("生年月日", "Born", day_at(r, "birthDate"));
    s.fact("性別", "Sex", r.text_at("gender").and_then(word));
    s.text_fact("電話", "Telephone", join(r.all("telecom.value").into_iter().filter_map(any), "、"));
    s.text_fact(
        "住所",
        "Address",
        r.at("address").and_then(|address| address.text_at("text").map(str::to_owned)),
    );
    for contact in r.all("contact") {
        let who = contact.get("name").and_then(any);
        let what = concepts(contact, "relationship");
        let number = join(contact.all("telecom.value").into_iter().filter_map(any), "、");
        s.text_fact("連絡先", "Contact", join([who, what, number].into_iter().flatten(), " "));
    }
    s.fact("亡くなった日", "Died", day_at(r, "deceasedDateTime"));
    &[
        "name",
        "birthDate",
        "gender",
        "telecom",
        "address",
        "contact",
        "deceasedDateTime",
        "active",
        "managingOrganization",
    ]
}

fn notes(r: &Node, s: &mut Shown) {
    s.text_fact("メモ", "Note", join(r.all("note.text").into_iter().filter_map(any), " "));
}

fn any_value(node: &Node) -> Option<Value> {
    node.as_str().map(day_value).or_else(|| any(node).map(Value::Text))
}

fn is_one_of(r: &Node, path: &str, words: &[&str]) -> bool {
    r.text_at(path).is_some_and(|found| words.contains(&found))
}

fn status(r: &Node, s: &mut Shown, path: &str) {
    named_status(r, s, ("状態", "Status"), path);
}

fn named_status(r: &Node, s: &mut Shown, (ja, en): (&'static str, &'static str), path: &str) {
    let code = r.text_at(path);
    let value = code.and_then(word).or_else(|| code.map(|code| Value::Text(code.to_owned())));
    s.fact(ja, en, value);
}

/// A code of FHIR's small vocabularies in words.
fn word(code: &str) -> Option<Value> {
    let (_, ja, en) = WORDS.iter().find(|(known, ..)| *known == code)?;
    Some(Value::Words(ja, en))
}

const WORDS: &[(&str, &str, &str)] = &[
    ("active", "継続中", "active"),
    ("recurrence", "再発", "recurrence"),
    ("relapse", "再燃", "relapse"),
    ("inactive", "現在はなし", "inactive"),
    ("remission", "寛解", "remission"),
    ("resolved", "治癒・終了", "resolved"),
    ("confirmed", "確定", "confirmed"),
    ("unconfirmed", "未確認", "unconfirmed"),
    ("provisional", "疑い", "provisional"),
    ("differential", "鑑別中", "differential"),
    ("refuted", "否定", "refuted"),
    ("entered-in-error", "誤って入力", "entered in error"),
    ("mild", "軽い", "mild"),
    ("moderate", "中くらい", "moderate"),
    ("severe", "重い", "severe"),
    ("draft", "下書き", "draft"),
    ("on-hold", "一時中止", "on hold"),
    ("stopped", "中止", "stopped"),
    ("cancelled", "取り消し", "cancelled"),
    ("completed", "完了", "completed"),
    ("revoked", "取り消し", "revoked"),
    ("declined", "断られた", "declined"),
    ("not-done", "行わなかった", "not done"),
    ("not-taken", "服用していない", "not taken"),
    ("unknown", "不明", "unknown"),
    ("final", "確定", "final"),
    ("preliminary", "速報", "preliminary"),
    ("registered", "結果待ち", "registered"),
    ("amended", "訂正済み", "amended"),
    ("corrected", "訂正済み", "corrected"),
    ("partial", "一部", "partial"),
    ("in-progress", "実施中", "in progress"),
    ("finished", "終了", "finished"),
    ("planned", "予定", "planned"),
    ("intended", "予定", "intended"),
    ("preparation", "準備中", "preparation"),
    ("appended", "追記あり", "appended"),
    ("male", "男", "male"),
    ("female", "女", "female"),
    ("other", "その他", "other"),
];
