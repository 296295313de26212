//! Diagnoses, laboratory results, allergies, measurements, findings, care plans.

use super::json::{Json, decimal, list, object};
use super::{Entry, Refs, Scribe, UCUM, coding, concept, moment, reference};
use crate::clinical::catalogue::{Allergen, Disease, Test};
use crate::clinical::chart::{Fact, Measure, VisitKind};
use crate::day::Day;

impl Scribe<'_> {
    /// A fact of the visit as a resource; `number` tells it from the others of its kind.
    pub(super) fn fact(&self, refs: &Refs, number: usize, fact: &Fact) -> Option<Entry> {
        let label = self.label(fact);
        let own = |kind: &str| self.id(&format!("{kind}{}.", letters(number)));
        let entry = |resource, id, kind, truth, code| {
            Some(Entry { resource, id, kind, about: Some((truth, code, label)) })
        };
        match fact {
            Fact::Diagnosis { disease, since, until } => {
                let id = self.condition_id(disease, *since);
                entry(
                    self.condition(refs, disease, *since, *until, &id),
                    id,
                    "Condition",
                    "condition",
                    disease.icd10,
                )
            }
            Fact::Laboratory { test, value } => {
                let id = own("o");
                let truth = if test.kind == "infection" { "infection" } else { "laboratory" };
                entry(self.laboratory(refs, test, *value, &id), id, "Observation", truth, test.jlac10)
            }
            Fact::Prescription { drug, days } => {
                let id = own("m");
                let resource = self.prescription(refs, drug, *days, number, &id);
                entry(resource, id, "MedicationRequest", "prescription", drug.code)
            }
            Fact::Dispense { drug, days } => {
                let id = own("m");
                let resource = self.dispense(refs, drug, *days, number, &id);
                entry(resource, id, "MedicationDispense", "dispense", drug.code)
            }
            Fact::Allergy { allergen, since } => {
                let id = format!("{}.a-{}", self.patient_id(), allergen.key);
                let truth = if allergen.category == "medication" { "contraindication" } else { "allergy" };
                entry(
                    self.allergy(refs, allergen, *since, &id),
                    id,
                    "AllergyIntolerance",
                    truth,
                    allergen.code,
                )
            }
            Fact::Measurement { what, value } => {
                let id = own("o");
                let (resource, code) = self.measurement(refs, *what, *value, &id);
                entry(resource, id, "Observation", "observation", code)
            }
            Fact::Pressure { high, low } => {
                let id = own("o");
                entry(self.pressure(refs, *high, *low, &id), id, "Observation", "observation", "85354-9")
            }
            Fact::Finding { title, text } => {
                let id = own("o");
                entry(self.finding(refs, title, text, &id), id, "Observation", "observation", "")
            }
            Fact::CarePlan { goal, services } => {
                let id = own("k");
                entry(self.care_plan(refs, goal, services, &id), id, "CarePlan", "care-plan", "followup-plan")
            }
        }
    }

    /// One condition a record, disease and beginning: later visits write the same one again.
    fn condition_id(&self, disease: &Disease, since: Day) -> String {
        let (year, month, day) = since.ymd();
        format!("{}.c-{}.{year:04}{month:02}{day:02}", self.patient_id(), disease.key)
    }

    pub(super) fn condition(
        &self,
        refs: &Refs,
        disease: &Disease,
        since: Day,
        until: Option<Day>,
        id: &str,
    ) -> Json {
        let over = until.is_some_and(|end| end <= self.visit.day.plus(92));
        let (status, shown) = if over { ("resolved", "Resolved") } else { ("active", "Active") };
        let profile = self.profile(
            "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Condition_eCS",
            "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Condition",
        );
        let (clinical, verification) = (
            "http://terminology.hl7.org/CodeSystem/condition-clinical",
            "http://terminology.hl7.org/CodeSystem/condition-ver-status",
        );
        object! {
            "resourceType": "Condition",
            "id": id.to_owned(),
            "meta": self.meta(profile),
            "language": "ja",
            "extension": self.written_by(),
            "identifier": list![self.identifier_of(id)],
            "clinicalStatus": concept(clinical, status, shown),
            "verificationStatus": concept(verification, "confirmed", "Confirmed"),
            "category": list![concept(
                "http://terminology.hl7.org/CodeSystem/condition-category", "encounter-diagnosis", "Encounter Diagnosis")],
            "code": object! {
                "coding": list![
                    coding("http://medis.or.jp/CodeSystem/master-disease-keyNumber", disease.medis, disease.name),
                    coding("http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full", disease.icd10, disease.name),
                ],
                "text": disease.name,
            },
            "subject": reference(&refs.patient),
            "encounter": reference(&refs.encounter),
            "onsetDateTime": since.to_string(),
            "abatementDateTime": until.filter(|_| over).map(|day| day.to_string()),
            "recordedDate": self.visit.day.to_string(),
            "recorder": object! { "display": self.doctor().0 },
        }
    }

    fn laboratory(&self, refs: &Refs, test: &'static Test, value: f64, id: &str) -> Json {
        let [low, high] = test.range_of(self.person.sex);
        let local = object! {
            "system": "http://jpfhir.jp/fhir/clins/CodeSystem/JP_CLINS_ObsLabResult_LocalCode_CS",
            "code": format!("L-{}", test.key),
            "display": test.name,
        };
        let quantity = |value: f64| {
            object! {
                "value": decimal(value, test.decimals),
                "unit": Some(test.unit).filter(|unit| !unit.is_empty()),
                "system": UCUM,
                "code": test.ucum,
            }
        };
        let word = test.is_qualitative();
        let positive = value > 0.5;
        let flag = match (word, positive) {
            (true, true) => "POS",
            (true, false) => "NEG",
            _ if value < low => "L",
            _ if value > high => "H",
            _ => "N",
        };
        let shown = if positive { "陽性（＋）" } else { "陰性（－）" };
        object! {
            "resourceType": "Observation",
            "id": id.to_owned(),
            "meta": self.meta(self.profile(
                "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Observation_LabResult_eCS",
                "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Observation_LabResult",
            )),
            "language": "ja",
            "extension": self.written_by(),
            "identifier": list![self.identifier_of(id)],
            "status": "final",
            "category": list![object! { "coding": list![category("laboratory")] }],
            "code": object! { "coding": Json::List(lab_codes(test, local)), "text": test.name },
            "subject": reference(&refs.patient),
            "encounter": reference(&refs.encounter),
            "effectiveDateTime": moment(self.visit.day, 9),
            "issued": moment(self.visit.day, 12),
            "valueQuantity": (!word).then(|| quantity(value)),
            "valueCodeableConcept": word.then(|| object! { "text": shown }),
            "interpretation": list![object! { "coding": list![object! {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "code": flag,
            }] }],
            "specimen": object! { "type": "Specimen", "display": test.specimen },
            "referenceRange": (!word).then(|| list![object! { "low": quantity(low), "high": quantity(high) }]),
        }
    }

    pub(super) fn allergy(&self, refs: &Refs, allergen: &'static Allergen, since: Day, id: &str) -> Json {
        let system = match (allergen.list, allergen.code.get(..3)) {
            ("F", _) => "http://jpfhir.jp/fhir/core/CodeSystem/JP_JfagyFoodAllergen_CS",
            ("N", _) => "http://jpfhir.jp/fhir/core/CodeSystem/JP_JfagyNonFoodNonMedicationAllergen_CS",
            (_, Some("YCM")) => "http://jpfhir.jp/fhir/core/CodeSystem/YCM/JP_JfagyMedicationAllergen_CS",
            _ => "http://jpfhir.jp/fhir/core/CodeSystem/GCM/JP_JfagyMedicationAllergen_CS",
        };
        let forbidden = allergen.list == "C";
        let severe =
            forbidden || allergen.reaction.contains("アナフィラキシー") || allergen.reaction.contains("発作");
        let profile = self.profile(
            "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_AllergyIntolerance_eCS",
            "http://jpfhir.jp/fhir/core/StructureDefinition/JP_AllergyIntolerance",
        );
        let reaction = (!forbidden).then(|| {
            list![object! {
                "manifestation": list![object! { "text": allergen.reaction }],
                "severity": if severe { "severe" } else { "moderate" },
            }]
        });
        object! {
            "resourceType": "AllergyIntolerance",
            "id": id.to_owned(),
            "meta": self.meta(profile),
            "language": "ja",
            "extension": self.written_by(),
            "identifier": list![self.identifier_of(id)],
            "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active", "Active"),
            "verificationStatus": concept(
                "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "confirmed", "Confirmed"),
            "type": if forbidden { "intolerance" } else { "allergy" },
            "category": list![allergen.category],
            "criticality": if severe { "high" } else { "low" },
            "code": object! { "coding": list![coding(system, allergen.code, allergen.name)], "text": allergen.name },
            "patient": reference(&refs.patient),
            "encounter": reference(&refs.encounter),
            "onsetDateTime": since.to_string(),
            "recordedDate": self.visit.day.to_string(),
            "note": list![object! {
                "text": if forbidden { format!("薬剤禁忌：{}", allergen.reaction) } else { allergen.reaction.to_owned() },
            }],
            "reaction": reaction,
        }
    }

    fn measurement(&self, refs: &Refs, what: Measure, value: f64, id: &str) -> (Json, &'static str) {
        let (code, name, unit, ucum, kind) = match what {
            Measure::Height => ("8302-2", "身長", "cm", "cm", "body-measurement"),
            Measure::Weight => ("29463-7", "体重", "kg", "kg", "body-measurement"),
            Measure::Waist => ("8280-0", "腹囲", "cm", "cm", "body-measurement"),
            Measure::Temperature => ("8310-5", "体温", "℃", "Cel", "vital-signs"),
        };
        let quantity = object! { "value": decimal(value, 2), "unit": unit, "system": UCUM, "code": ucum };
        let mut fields = self.common(refs, kind, id, loinc(code, name));
        fields.push(("valueQuantity", quantity));
        (Json::Object(fields), code)
    }

    fn pressure(&self, refs: &Refs, high: f64, low: f64, id: &str) -> Json {
        let component = |code, name, value| {
            object! {
                "code": loinc(code, name),
                "valueQuantity": object! {
                    "value": decimal(value, 0), "unit": "mmHg", "system": UCUM, "code": "mm[Hg]",
                },
            }
        };
        let mut fields = self.common(refs, "vital-signs", id, loinc("85354-9", "血圧"));
        let both = list![component("8480-6", "収縮期血圧", high), component("8462-4", "拡張期血圧", low)];
        fields.push(("component", both));
        Json::Object(fields)
    }

    fn finding(&self, refs: &Refs, title: &'static str, text: &str, id: &str) -> Json {
        let kind = if self.visit.kind == VisitKind::Care { "survey" } else { "exam" };
        let mut fields = self.common(refs, kind, id, object! { "text": title });
        fields.push(("valueString", text.to_owned().into()));
        Json::Object(fields)
    }

    /// What all observations other than laboratory results have.
    fn common(&self, refs: &Refs, kind: &'static str, id: &str, code: Json) -> Vec<(&'static str, Json)> {
        let profile = self.profile(
            "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Observation_Common_eCS",
            "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Observation_Common",
        );
        vec![
            ("resourceType", "Observation".into()),
            ("id", id.to_owned().into()),
            ("meta", self.meta(profile)),
            ("language", "ja".into()),
            ("extension", self.written_by()),
            ("identifier", list![self.identifier_of(id)]),
            ("status", "final".into()),
            ("category", list![object! { "coding": list![category(kind)] }]),
            ("code", code),
            ("subject", reference(&refs.patient)),
            ("encounter", reference(&refs.encounter)),
            ("effectiveDateTime", moment(self.visit.day, 9).into()),
        ]
    }

    fn care_plan(
        &self,
        refs: &Refs,
        goal: &'static str,
        services: &'static [&'static str],
        id: &str,
    ) -> Json {
        let lines: String = services.iter().map(|s| format!("<li>{s}</li>")).collect();
        let day = self.visit.day;
        let activity = services.iter().map(|service| {
            object! { "detail": object! { "status": "in-progress", "description": *service } }
        });
        object! {
            "resourceType": "CarePlan",
            "id": id.to_owned(),
            "meta": self.meta("http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_CarePlan_eCS"),
            "language": "ja",
            "text": object! {
                "status": "generated",
                "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>{goal}</p><ul>{lines}</ul></div>"),
            },
            "identifier": list![self.identifier_of(id)],
            "status": "active",
            "intent": "plan",
            "category": list![concept(
                "http://jpfhir.jp/fhir/CarePlan/CodeSystem/category", "followup-plan", "外来診療経過中プラン")],
            "title": "居宅サービス計画",
            "description": goal,
            "subject": reference(&refs.patient),
            "encounter": reference(&refs.encounter),
            "period": object! { "start": day.to_string(), "end": day.plus(181).to_string() },
            "created": day.to_string(),
            "activity": Json::List(activity.collect()),
        }
    }

    /// The identifier of a resource: the institution and its id.
    pub(super) fn identifier_of(&self, id: &str) -> Json {
        object! {
            "system": "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier",
            "value": format!("{}.{id}", self.institution.code),
        }
    }
}

/// The codes of a test as its profile slice wants them.
fn lab_codes(test: &'static Test, local: Json) -> Vec<Json> {
    let list = match test.kind {
        "core" => "http://jpfhir.jp/fhir/clins/CodeSystem/JLAC10/JP_CLINS_ObsLabResult_CoreLabo_CS",
        "infection" => "http://jpfhir.jp/fhir/clins/CodeSystem/JLAC10/JP_CLINS_ObsLabResult_InfectionLabo_CS",
        "local" => "http://jpfhir.jp/fhir/clins/CodeSystem/JP_CLINS_ObsLabResult_Uncoded_CS",
        _ => "",
    };
    let mut codes = vec![local];
    if !list.is_empty() {
        codes.push(coding(list, test.jlac10, test.display));
    }
    if test.kind != "local" {
        codes.push(coding("http://medis.or.jp/CodeSystem/master-JLAC10-17digits", test.jlac10, test.display));
    }
    codes
}

fn category(code: &'static str) -> Json {
    object! { "system": "http://jpfhir.jp/fhir/core/CodeSystem/JP_SimpleObservationCategory_CS", "code": code }
}

fn loinc(code: &'static str, name: &'static str) -> Json {
    object! { "coding": list![coding("http://loinc.org", code, name)], "text": name }
}

/// A number in letters, so that it does not run into the digits beside it.
pub(super) fn letters(number: usize) -> String {
    let letter = |n: usize| (b'a' + (n % 26) as u8) as char;
    if number < 26 {
        letter(number).to_string()
    } else {
        format!("{}{}", letter(number / 26), letter(number))
    }
}
