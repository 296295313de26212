//! Prescriptions and what pharmacies hand out.

use super::json::{Json, list, object};
use super::{Refs, Scribe, UCUM, coding, concept, moment, reference};
use crate::clinical::catalogue::Drug;
use crate::clinical::chart::VisitKind;

impl Scribe<'_> {
    pub(super) fn prescription(
        &self,
        refs: &Refs,
        drug: &'static Drug,
        days: u16,
        number: usize,
        id: &str,
    ) -> Json {
        let common = object! { "system": "urn:oid:1.2.392.100495.20.3.11", "value": format!("{}.{id}", self.institution.code) };
        let (code, shown) = match self.visit.kind {
            VisitKind::Inpatient { .. } => ("DCG", "退院処方"),
            _ => ("OHP", "外来処方"),
        };
        object! {
            "resourceType": "MedicationRequest",
            "id": id.to_owned(),
            "meta": self.meta(self.profile(
                "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_MedicationRequest_eCS",
                "http://jpfhir.jp/fhir/core/StructureDefinition/JP_MedicationRequest",
            )),
            "language": "ja",
            "extension": self.written_by(),
            "identifier": list![group(number), order(), common, self.identifier_of(id)],
            "status": "completed",
            "intent": "order",
            "category": list![concept("http://jpfhir.jp/fhir/core/CodeSystem/JP_MedicationCategoryMERIT9_CS", code, shown)],
            "medicationCodeableConcept": medication(drug),
            "subject": reference(&refs.patient),
            "encounter": reference(&refs.encounter),
            "authoredOn": moment(self.visit.day, 10),
            "requester": object! { "display": self.doctor().0 },
            "dosageInstruction": list![dosage(drug, days, &self.visit.day.to_string())],
            "dispenseRequest": object! {
                "quantity": amount(drug, total(drug, days)),
                "expectedSupplyDuration": day_count(i32::from(days)),
            },
        }
    }

    /// 用法 of a drug: code and words.
    pub(crate) fn usage(&self, drug: &'static Drug) -> (&'static str, &'static str) {
        (usage(drug).0, usage_text(drug))
    }

    pub(super) fn dispense(
        &self,
        refs: &Refs,
        drug: &'static Drug,
        days: u16,
        number: usize,
        id: &str,
    ) -> Json {
        object! {
            "resourceType": "MedicationDispense",
            "id": id.to_owned(),
            "meta": self.meta("http://jpfhir.jp/fhir/core/StructureDefinition/JP_MedicationDispense"),
            "language": "ja",
            "identifier": list![group(number), order(), self.identifier_of(id)],
            "status": "completed",
            "medicationCodeableConcept": medication(drug),
            "subject": reference(&refs.patient),
            "context": reference(&refs.encounter),
            "quantity": amount(drug, total(drug, days)),
            "daysSupply": day_count(i32::from(days)),
            "whenHandedOver": moment(self.visit.day, 11),
            "dosageInstruction": list![dosage(drug, days, &self.visit.day.to_string())],
        }
    }
}

fn group(number: usize) -> Json {
    object! {
        "system": "http://jpfhir.jp/fhir/core/mhlw/IdSystem/Medication-RPGroupNumber",
        "value": (number + 1).to_string(),
    }
}

fn order() -> Json {
    object! { "system": "http://jpfhir.jp/fhir/core/mhlw/IdSystem/MedicationAdministrationIndex", "value": "1" }
}

fn medication(drug: &'static Drug) -> Json {
    let system = if drug.system == "G" {
        "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationGeneralOrderCode"
    } else {
        "http://capstandard.jp/iyaku.info/CodeSystem/YJ-code"
    };
    object! { "coding": list![coding(system, drug.code, drug.name)], "text": drug.name }
}

/// 用法: its code (電子処方箋用法マスター) where one says it, else the dummy code and the text.
fn usage(drug: &'static Drug) -> (&'static str, &'static str) {
    match drug.usage {
        "m" => ("1011040000000000", "１日１回朝食後　服用"),
        "e" => ("1011000400000000", "１日１回夕食後　服用"),
        "n" => ("1011000090000000", "１日１回就寝前　服用"),
        "d" => ("1012040400000000", "１日２回朝夕食後　服用"),
        "t" => ("1013044400000000", "１日３回朝昼夕食後　服用"),
        _ => ("0X0XXXXXXXXX0000", "ダミー用法コード"),
    }
}

pub(super) fn usage_text(drug: &'static Drug) -> &'static str {
    if drug.text.is_empty() { usage(drug).1 } else { drug.text }
}

fn dosage(drug: &'static Drug, days: u16, from: &str) -> Json {
    let (code, shown) = usage(drug);
    let text = usage_text(drug);
    let system = if drug.usage == "x" {
        "http://jpfhir.jp/fhir/clins/CodeSystem/JP_CLINS_MedicationUsage_Uncoded_CS"
    } else {
        "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationUsage_ePrescription"
    };
    let a_day = i32::from(drug.dose) * i32::from(drug.times);
    object! {
        "extension": list![object! {
            "url": "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_MedicationDosage_PeriodOfUse",
            "valuePeriod": object! { "start": from.to_owned() },
        }],
        "text": format!("{text} 1回{}{} {days}日分", drug.dose, drug.unit),
        "timing": object! {
            "repeat": object! { "boundsDuration": day_count(i32::from(days)) },
            "code": object! { "coding": list![coding(system, code, shown)], "text": text },
        },
        "doseAndRate": list![object! {
            "type": concept(
                "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationIngredientStrengthStrengthType", "1", "製剤量"),
            "doseQuantity": amount(drug, i32::from(drug.dose)),
            "rateRatio": object! { "numerator": amount(drug, a_day), "denominator": day_count(1) },
        }],
    }
}

/// What is handed out in all; of an inhaler or a weekly tablet as many as the days need.
fn total(drug: &'static Drug, days: u16) -> i32 {
    match (drug.usage, drug.unit_code) {
        ("x", "KIT") => i32::from(days.div_ceil(30)),
        ("x", _) => i32::from(days.div_ceil(7)),
        _ => i32::from(drug.dose) * i32::from(drug.times) * i32::from(days),
    }
}

fn amount(drug: &'static Drug, value: i32) -> Json {
    object! {
        "value": value,
        "unit": drug.unit,
        "system": "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationUnitMERIT9Code",
        "code": drug.unit_code,
    }
}

fn day_count(days: i32) -> Json {
    object! { "value": days, "unit": "日", "system": UCUM, "code": "d" }
}
