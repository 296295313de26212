//! From a report to FHIR.

use serde_json::{Value, json};

use super::read::Request;
use crate::{Dose, EvaluationStatus, GroupForecast, Judgement, Knowledge, Report, SeriesStatus};

/// CVX codes.
pub(super) const CVX: &str = "http://hl7.org/fhir/sid/cvx";
/// The vaccine types of the built-in knowledge base.
pub(super) const OWN_VACCINES: &str = "https://musubi.example/fhir/CodeSystem/vaccine-type";
const OWN_GROUPS: &str = "https://musubi.example/fhir/CodeSystem/vaccine-group";
const LEGAL: &str = "https://musubi.example/fhir/StructureDefinition/immunization-legal-class";
const LEGAL_CODES: &str = "https://musubi.example/fhir/CodeSystem/immunization-legal-class";
const DOSE_STATUS: &str = "http://terminology.hl7.org/CodeSystem/immunization-evaluation-dose-status";
const FORECAST_STATUS: &str = "http://terminology.hl7.org/CodeSystem/immunization-recommendation-status";
const LOINC: &str = "http://loinc.org";
const JP_IMMUNIZATION: &str = "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Immunization";

/// An ImmunizationEvaluation for every dose and vaccine group.
pub fn evaluations(report: &Report, request: &Request) -> Vec<Value> {
    let mut found = Vec::new();
    for dose in &report.doses {
        for judgement in &dose.judgements {
            let given = request.person.doses.get(dose.dose);
            let event = given
                .and_then(|dose| dose.id.clone())
                .unwrap_or_else(|| format!("immunization-{}", dose.dose + 1));
            let mut evaluation = json!({
                "resourceType": "ImmunizationEvaluation",
                "id": format!("evaluation-{}-{}", dose.dose + 1, found.len() + 1),
                "status": "completed",
                "patient": {"reference": request.patient},
                "date": report.assessment.to_string(),
                "authority": {"display": format!("{} {}", report.knowledge, report.version)},
                "targetDisease": group(&judgement.group, ""),
                "immunizationEvent": {"reference": format!("Immunization/{event}")},
                "doseStatus": dose_status(judgement),
                "series": judgement.series,
            });
            let Some(members) = evaluation.as_object_mut() else { continue };
            let reasons: Vec<Value> = judgement
                .reasons
                .iter()
                .zip(&judgement.reasons_ja)
                .map(|(en, ja)| json!({"text": format!("{en} / {ja}")}))
                .collect();
            if !reasons.is_empty() {
                members.insert("doseStatusReason".to_owned(), Value::from(reasons));
            }
            if !judgement.target.is_empty() {
                members.insert("doseNumberString".to_owned(), Value::from(judgement.target.clone()));
            }
            if let Some(legal) = &dose.legal {
                members.insert(
                    "extension".to_owned(),
                    json!([{"url": LEGAL, "valueCodeableConcept": {
                        "coding": [{"system": LEGAL_CODES, "code": serde_json::to_value(legal.class).unwrap_or_default()}],
                        "text": format!("{} {} {}", legal.class.ja(), legal.article, legal.reason_ja),
                    }}]),
                );
            }
            found.push(evaluation);
        }
    }
    found
}

/// The ImmunizationRecommendation of a report.
pub fn recommendation(report: &Report, request: &Request, knowledge: &Knowledge) -> Value {
    let mut entries: Vec<Value> =
        report.forecasts.iter().map(|forecast| entry(report, forecast, knowledge)).collect();
    if entries.is_empty() {
        // FHIR asks for at least one.
        entries.push(json!({
            "targetDisease": {"text": "-"},
            "forecastStatus": {"text": "nothing to forecast"},
        }));
    }
    json!({
        "resourceType": "ImmunizationRecommendation",
        "id": "recommendation",
        "patient": {"reference": request.patient},
        "date": report.assessment.to_string(),
        "authority": {"display": format!("{} {}", report.knowledge, report.version)},
        "recommendation": entries,
    })
}

fn entry(report: &Report, forecast: &GroupForecast, knowledge: &Knowledge) -> Value {
    let mut entry = json!({
        "targetDisease": group(&forecast.group, &forecast.group_ja),
        "forecastStatus": forecast_status(report, forecast),
        "series": forecast.series.join(", "),
    });
    let Some(members) = entry.as_object_mut() else { return entry };
    let vaccines: Vec<Value> =
        forecast.vaccines.iter().map(|(code, name)| vaccine(knowledge, code, name)).collect();
    if !vaccines.is_empty() {
        members.insert("vaccineCode".to_owned(), Value::from(vaccines));
    }
    let reasons =
        [forecast.reason.as_str()].into_iter().chain(forecast.contraindications.iter().map(String::as_str));
    let reasons: Vec<Value> =
        reasons.filter(|text| !text.is_empty()).map(|text| json!({"text": text})).collect();
    if !reasons.is_empty() {
        members.insert("forecastReason".to_owned(), Value::from(reasons));
    }
    let dates: Vec<Value> = [
        ("30981-5", "Earliest date to give", forecast.earliest),
        ("30980-7", "Date vaccine due", forecast.recommended),
        ("59778-1", "Date when overdue for immunization", forecast.past_due),
        ("59777-3", "Latest date to give immunization", forecast.latest),
    ]
    .into_iter()
    .filter_map(|(code, display, day)| {
        Some(json!({
            "code": {"coding": [{"system": LOINC, "code": code, "display": display}]},
            "value": day?.to_string(),
        }))
    })
    .collect();
    if !dates.is_empty() {
        members.insert("dateCriterion".to_owned(), Value::from(dates));
    }
    if let Some(number) = forecast.number.filter(|number| *number > 0) {
        members.insert("doseNumberPositiveInt".to_owned(), Value::from(number));
    }
    if !forecast.label.is_empty() {
        members.insert("description".to_owned(), Value::from(forecast.label.clone()));
    }
    entry
}

/// A dose as JP Core's Immunization.
pub fn immunization(dose: &Dose, number: usize, patient: &str, knowledge: &Knowledge) -> Value {
    let name = knowledge.vaccine(&dose.vaccine).and_then(|id| knowledge.vaccines.get(usize::from(id)));
    let name =
        name.map_or(String::new(), |v| if v.name_ja.is_empty() { v.name.clone() } else { v.name_ja.clone() });
    let mut resource = json!({
        "resourceType": "Immunization",
        "id": dose.id.clone().unwrap_or_else(|| format!("immunization-{number}")),
        "meta": {"profile": [JP_IMMUNIZATION]},
        "status": "completed",
        "vaccineCode": vaccine(knowledge, &dose.vaccine, &name),
        "patient": {"reference": patient},
        "occurrenceDateTime": dose.date.to_string(),
    });
    if let Some(members) = resource.as_object_mut() {
        if let Some(day) = dose.lot_expires {
            members.insert("expirationDate".to_owned(), Value::from(day.to_string()));
        }
        if dose.substandard {
            members.insert("isSubpotent".to_owned(), Value::from(true));
        }
        if let Some(ml) = dose.volume_ml {
            members.insert(
                "doseQuantity".to_owned(),
                json!({"value": ml, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"}),
            );
        }
    }
    resource
}

/// A vaccine's codes: CVX, ours, and YJ where it came as such.
fn vaccine(knowledge: &Knowledge, code: &str, name: &str) -> Value {
    let held = knowledge.vaccine(code).and_then(|id| knowledge.vaccines.get(usize::from(id)));
    let mut codings = Vec::new();
    if let Some(yj) = code.strip_prefix("YJ|") {
        codings.push(json!({"system": "urn:oid:1.2.392.100495.20.1.73", "code": yj}));
    }
    match held {
        Some(vaccine) if knowledge.has_law => {
            codings.push(json!({"system": OWN_VACCINES, "code": vaccine.code, "display": vaccine.name}));
            if let Some(cvx) = &vaccine.cvx {
                codings.push(json!({"system": CVX, "code": cvx}));
            }
        }
        Some(vaccine) => codings.push(json!({"system": CVX, "code": vaccine.code})),
        None if codings.is_empty() => codings.push(json!({"code": code})),
        None => {}
    }
    if name.is_empty() { json!({"coding": codings}) } else { json!({"coding": codings, "text": name}) }
}

fn group(name: &str, name_ja: &str) -> Value {
    let text = if name_ja.is_empty() { name } else { name_ja };
    json!({"coding": [{"system": OWN_GROUPS, "code": name.replace([' ', ','], "-")}], "text": text})
}

fn dose_status(judgement: &Judgement) -> Value {
    let code = if judgement.status == EvaluationStatus::Valid { "valid" } else { "notvalid" };
    json!({"coding": [{"system": DOSE_STATUS, "code": code}], "text": judgement.status.en()})
}

fn forecast_status(report: &Report, forecast: &GroupForecast) -> Value {
    let overdue = forecast.past_due.is_some_and(|day| day < report.assessment);
    let code = match forecast.status {
        SeriesStatus::NotComplete if overdue => "overdue",
        SeriesStatus::NotComplete => "due",
        SeriesStatus::Complete => "complete",
        SeriesStatus::Immune => "immune",
        SeriesStatus::Contraindicated => "contraindicated",
        // The value set has no word for these.
        SeriesStatus::AgedOut | SeriesStatus::NotRecommended => {
            return json!({"text": forecast.status.en()});
        }
    };
    json!({"coding": [{"system": FORECAST_STATUS, "code": code}], "text": forecast.status.en()})
}
