//! The problem list: PPR-01 (PPR^ZD1, JAHIS 病名情報データ交換規約).

use super::{
    fhir::{Context, ECS, coding, put_text},
    hl7::{
        coded, coded_field, coded_option, date, date_field, doctor, doctor_field, order_type, patient_id,
        writer,
    },
    model::{Coded, Modifier, Problem as Diagnosis, Problems, Visit},
    name::FileName,
};
use crate::{
    hl7v2::{Field, Hl7Error, Message, Problem, Segment, Writer},
    node,
    tree::{Node, Object},
};

impl Problems {
    /// Reads PPR-01. Diagnoses that were deleted (PRB-1 `DE`) are left out.
    ///
    /// # Errors
    /// Where and why the message is no problem list of this patient.
    pub fn read(message: &Message, name: &FileName) -> Result<Self, Hl7Error> {
        let patient_id = patient_id(message, name)?;
        let mut entries: Vec<Diagnosis> = Vec::new();
        // What follows a deleted diagnosis belongs to it, not to the one before.
        let mut open = false;
        for segment in message.segments() {
            match segment.name() {
                "PRB" => {
                    open = segment.field(1).raw() != "DE";
                    if open {
                        entries.push(diagnosis(segment)?);
                    }
                }
                "ZPR" | "ORC" if open => {
                    if let Some(entry) = entries.last_mut() {
                        follow(entry, segment);
                    }
                }
                _ => {}
            }
        }
        Ok(Self { patient_id, entries })
    }

    /// Writes PPR-01; `name` gives the patient's number and the time.
    pub fn write(&self, name: &FileName, facility: &str) -> Vec<u8> {
        let control = name.occurred.to_jst_compact();
        let mut writer = writer(facility, name, ["PPR", "ZD1", "PPR_ZD1"], &control, &[]);
        for entry in &self.entries {
            entry.write(name, &mut writer);
        }
        writer.finish()
    }

    pub(super) fn to_fhir(&self, context: &Context<'_>) -> Vec<Node> {
        let mut seen = std::collections::HashMap::new();
        self.entries
            .iter()
            .map(|entry| {
                let again: &mut u32 = seen.entry(entry.key()).or_default();
                *again += 1;
                let key = if *again == 1 { entry.key() } else { format!("{}-{again}", entry.key()) };
                entry.to_fhir(&key, context)
            })
            .collect()
    }
}

impl Diagnosis {
    /// What tells it apart in the list: its number there; without one, disease and beginning.
    fn key(&self) -> String {
        if self.instance.is_empty() {
            let day = self.onset.or(self.diagnosed).map(|day| day.to_compact()).unwrap_or_default();
            format!("{}-{}-{day}", self.disease.code, self.disease.name)
        } else {
            self.instance.clone()
        }
    }

    fn write(&self, name: &FileName, writer: &mut Writer<'_>) {
        writer.segment(
            "PRB",
            [
                (1, Field::text("AD")),
                (2, Field::text(&name.occurred.to_jst_compact())),
                (3, coded_field(&self.disease)),
                (4, Field::text(&self.instance)),
                (7, date_field(self.diagnosed)),
                (9, date_field(self.resolved)),
                (10, coded_option(self.icd10.as_ref())),
                (
                    13,
                    if self.suspected {
                        Field::components(["1", "疑い", "JHSD0010"])
                    } else {
                        Field::default()
                    },
                ),
                (14, coded_option(self.outcome.as_ref())),
                (16, date_field(self.onset)),
                (17, Field::text(&self.text)),
                (18, coded_option(self.ranking.as_ref())),
                (25, coded_option(self.confidentiality.as_ref())),
            ],
        );
        let modifiers = |before| {
            let of = self.modifiers.iter().filter(move |modifier| modifier.before == before);
            Field::repeated(of.map(|modifier| coded_field(&modifier.coded)))
        };
        writer.segment(
            "ZPR",
            [
                (2, coded_field(&self.disease)),
                (3, modifiers(true)),
                (4, modifiers(false)),
                (5, coded_option(self.exchange.as_ref())),
            ],
        );
        writer.segment(
            "ORC",
            [
                (1, Field::text("NW")),
                (12, doctor_field(self.visit.doctor.as_ref())),
                (17, coded_option(self.visit.department.as_ref())),
                (29, order_type(&self.visit)),
            ],
        );
    }

    fn to_fhir(&self, key: &str, context: &Context<'_>) -> Node {
        let profile = format!("{ECS}JP_Condition_eCS");
        let mut object = context.of(&context.template("Condition", &profile, Some(&self.visit)), key);
        self.put_marks(&mut object);
        object.insert("identifier", node!([context.instance(key)]));
        let status = self.clinical_status();
        object.insert("clinicalStatus", node!({ "coding": node!([coding(CLINICAL, status, "")]) }));
        let verification = if self.suspected { "provisional" } else { "confirmed" };
        object.insert(
            "verificationStatus",
            node!({ "coding": node!([coding(VERIFICATION, verification, "")]) }),
        );
        let category = coding(CATEGORY, "encounter-diagnosis", "Encounter Diagnosis");
        object.insert("category", node!([node!({ "coding": node!([category]) })]));
        object.insert("code", self.code(context));
        object.insert("subject", context.patient());
        object.insert("encounter", node!({ "reference": "#encounter" }));
        if let Some(onset) = self.onset.or(self.diagnosed) {
            object.insert("onsetDateTime", onset.to_string());
        }
        if let Some(resolved) = self.resolved {
            object.insert("abatementDateTime", resolved.to_string());
        }
        if let Some(diagnosed) = self.diagnosed {
            object.insert("recordedDate", diagnosed.to_string());
        }
        if self.visit.doctor.is_some() {
            object.insert("recorder", node!({ "reference": "#practitioner", "type": "Practitioner" }));
        }
        Node::Object(object)
    }

    /// Who may know it goes to `meta.security`, that it is the main diagnosis to its extension.
    fn put_marks(&self, object: &mut Object) {
        if let Some(confidentiality) = &self.confidentiality
            && let Some(meta) = object.get_mut("meta").and_then(Node::as_object_mut)
            && let Some((system, code)) = security(&confidentiality.code)
        {
            meta.insert("security", node!([coding(system, code, "")]));
        }
        if self.ranking.as_ref().is_some_and(|ranking| ranking.code == "1")
            && let Some(extensions) = object.get_mut("extension").and_then(Node::as_array_mut)
        {
            let principal = coding(
                "http://terminology.hl7.org/CodeSystem/ex-diagnosistype",
                "principal",
                "Principal Diagnosis",
            );
            extensions.push(node!({
                "url": "http://jpfhir.jp/fhir/eCS/Extension/StructureDefinition/JP_eCS_DiagnosisType",
                "valueCodeableConcept": node!({ "coding": node!([principal]) }),
            }));
        }
    }

    /// con-4 of R4: what has ended is not active.
    fn clinical_status(&self) -> &'static str {
        let outcome = self.outcome.as_ref().map(|outcome| outcome.code.as_str());
        match (outcome, self.resolved) {
            (Some("F" | "1"), _) => "resolved",
            (Some("D" | "S"), _) => "inactive",
            (_, Some(_)) => "inactive",
            _ => "active",
        }
    }

    fn code(&self, context: &Context<'_>) -> Node {
        let mut object = Object::new();
        let modifiers: Vec<Node> = self.modifiers.iter().map(|modifier| context.modifier(modifier)).collect();
        if !modifiers.is_empty() {
            object.insert("extension", modifiers);
        }
        let mut codings = context.codings(&self.disease);
        let shown = |coded: &Coded| {
            if coded.name.is_empty() { self.disease.name.clone() } else { coded.name.clone() }
        };
        if let Some(exchange) = self.exchange.as_ref().filter(|exchange| !exchange.code.is_empty()) {
            codings.push(coding(
                "http://medis.or.jp/CodeSystem/master-disease-exCode",
                &exchange.code,
                &shown(exchange),
            ));
        }
        if let Some(icd10) = self.icd10.as_ref().filter(|icd10| !icd10.code.is_empty()) {
            codings.push(coding(
                "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full",
                &icd10.code,
                &shown(icd10),
            ));
        }
        if !codings.is_empty() {
            object.insert("coding", codings);
        }
        let text = if self.text.is_empty() { &self.disease.name } else { &self.text };
        put_text(&mut object, "text", if text.is_empty() { &self.disease.code } else { text });
        Node::Object(object)
    }
}

fn diagnosis(prb: Segment<'_>) -> Result<Diagnosis, Hl7Error> {
    let disease =
        coded(prb.expect(3, "a disease")?).ok_or_else(|| prb.wrong(3, Problem::Missing("a disease")))?;
    // The alternate of PRB-10 says at which visit the diagnosis was made (JHSD0004): that is no code of a disease.
    let icd10 = coded(prb.field(10)).map(|icd10| Coded { alternate: None, ..icd10 });
    Ok(Diagnosis {
        disease,
        instance: prb.field(4).component(1).text().into_owned(),
        exchange: None,
        icd10: icd10.filter(|icd10| !icd10.code.is_empty()),
        text: prb.field(17).text().into_owned(),
        modifiers: Vec::new(),
        onset: date(prb, 16)?,
        diagnosed: date(prb, 7)?,
        resolved: date(prb, 9)?,
        outcome: coded(prb.field(14)),
        suspected: matches!(prb.field(13).component(1).raw(), "1" | "P" | "S"),
        ranking: coded(prb.field(18)),
        confidentiality: coded(prb.field(25)),
        visit: Visit { inpatient: prb.field(10).component(4).raw() == "I", ..Visit::default() },
    })
}

/// ZPR and ORC add to the diagnosis before them.
fn follow(entry: &mut Diagnosis, segment: Segment<'_>) {
    if segment.name() == "ZPR" {
        for (field, before) in [(3, true), (4, false)] {
            let coded = segment.field(field).repetitions().filter_map(coded);
            entry.modifiers.extend(coded.map(|coded| Modifier { before, coded }));
        }
        entry.exchange = coded(segment.field(5));
        return;
    }
    entry.visit.department = coded(segment.field(17));
    entry.visit.doctor = doctor(segment.field(12));
    match segment.field(29).component(1).raw() {
        "I" => entry.visit.inpatient = true,
        "O" => entry.visit.inpatient = false,
        _ => {}
    }
}

/// HL7 table 0177 in FHIR's words.
fn security(code: &str) -> Option<(&'static str, &'static str)> {
    const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    const SENSITIVITY: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    Some(match code {
        "V" => (CONFIDENTIALITY, "V"),
        "R" | "VIP" | "EMP" => (CONFIDENTIALITY, "R"),
        "PSY" => (SENSITIVITY, "PSY"),
        "AID" | "HIV" => (SENSITIVITY, "HIV"),
        "STD" => (SENSITIVITY, "STD"),
        "ETH" => (SENSITIVITY, "ETH"),
        "UWM" => (SENSITIVITY, "SEX"),
        _ => return None,
    })
}

const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
