//! Visits as FHIR R4 in JP-CLINS form: one transaction bundle each, with ids that are the same every time.
//!
//! Clinics, hospitals and dentists write the JP-CLINS profiles (`JP_*_eCS`, 1.5.2). Those need a 医療機関コード of the first
//! three fee tables, which pharmacies, home nurses and care providers do not have: these write JP Core.

mod checkup;
mod document;
mod hc08;
pub mod json;
mod medication;
mod people;
mod resources;

use crate::clinical::chart::{Fact, Letter, Visit, VisitKind};
use crate::day::Day;
use crate::formats::{PatientRow, TruthClinicalRow};
use crate::model::{Family, Patient, Person};
use crate::organisations::{INSTITUTIONS, Institution};
use json::{Json, list, object};

/// A visit about to be written down.
pub struct Scribe<'a> {
    /// Whose.
    pub(crate) person: &'a Person,
    /// The institution's record.
    patient: &'a Patient,
    /// The same as its register says it.
    pub(crate) row: &'a PatientRow,
    /// Where the person lived at the last visit: the register's patient is the same in every bundle.
    pub(crate) address: String,
    /// Who writes.
    institution: &'static Institution,
    /// What happened.
    pub(crate) visit: &'a Visit,
    /// How many visits of the same record on that day came before.
    pub(crate) nth: usize,
    /// Names the visit among those of the same record: day, and a number when there are several.
    name: String,
}

/// A resource with what the truth says of it.
struct Entry {
    resource: Json,
    id: String,
    kind: &'static str,
    about: Option<(&'static str, &'static str, &'static str)>,
}

/// References to what the resources of a visit stand for: by id, or by URN inside a document.
struct Refs {
    patient: String,
    encounter: String,
}

impl<'a> Scribe<'a> {
    /// Prepares to write a visit; `nth` of its record on that day. `None` when it belongs to nobody.
    pub fn new(family: &'a Family, row: &'a PatientRow, visit: &'a Visit, nth: usize) -> Option<Self> {
        let person = family.person(visit.slot)?;
        let patient = family.patients.get(visit.patient)?;
        let (year, month, day) = visit.day.ymd();
        let more = if nth > 0 { format!("{}", (b'a' + nth as u8 - 1) as char) } else { String::new() };
        Some(Self {
            person,
            patient,
            row,
            address: family.home_of(person, row.last_visit_on).map(|h| h.address.clone()).unwrap_or_default(),
            institution: INSTITUTIONS.get(patient.institution)?,
            visit,
            nth,
            name: format!("{year:04}{month:02}{day:02}{more}"),
        })
    }

    /// The transaction bundle in one line, and the truth about each resource of it; with `documents_only` patient, encounter
    /// and document, where the facts go another way.
    pub fn bundle(&self, documents_only: bool, line: &mut String) -> Vec<TruthClinicalRow> {
        let entries = self.entries(documents_only);
        let truth = entries.iter().filter_map(|entry| self.truth(entry)).collect();
        let entries = entries.into_iter().map(|entry| {
            let url = format!("{}/{}", entry.kind, entry.id);
            object! { "resource": entry.resource, "request": object! { "method": "PUT", "url": url } }
        });
        let bundle = object! {
            "resourceType": "Bundle",
            "id": self.id("t"),
            "type": "transaction",
            "entry": Json::List(entries.collect()),
        };
        bundle.write(line);
        line.push('\n');
        truth
    }

    fn entries(&self, documents_only: bool) -> Vec<Entry> {
        let refs = Refs {
            patient: format!("Patient/{}", self.patient_id()),
            encounter: format!("Encounter/{}", self.id("e")),
        };
        let mut entries = vec![
            Entry { resource: self.patient(), id: self.patient_id(), kind: "Patient", about: None },
            Entry { resource: self.encounter(&refs), id: self.id("e"), kind: "Encounter", about: None },
        ];
        // What a health check found is told by its report alone.
        if self.visit.kind != VisitKind::Checkup && !documents_only {
            entries.extend(
                self.visit.facts.iter().enumerate().filter_map(|(n, fact)| self.fact(&refs, n, fact)),
            );
        }
        let told = self.visit.letter.filter(|letter| *letter != Letter::Checkup || self.is_clins());
        entries.extend(told.map(|letter| self.letter(letter)));
        entries
    }

    fn letter(&self, letter: Letter) -> Entry {
        let main = self.document_label();
        let (resource, kind, code) = match letter {
            Letter::Discharge => (self.discharge_summary(), "discharge-summary", "18842-5"),
            Letter::Referral { to } => (self.referral(to), "referral", "57133-1"),
            Letter::Checkup => (self.health_check(), "health-check", "53576-5"),
            Letter::CareSummary => (self.care_summary(), "care-summary", "34745-0"),
        };
        Entry { resource, id: self.id("d"), kind: "Bundle", about: Some((kind, code, main)) }
    }

    /// Sensitivity of a document: of the diagnoses and drugs that it tells.
    fn document_label(&self) -> &'static str {
        let told = |fact: &&Fact| matches!(fact, Fact::Diagnosis { .. } | Fact::Prescription { .. });
        let mut labels = self.visit.facts.iter().filter(told).map(|fact| self.label(fact));
        labels.find(|label| !label.is_empty()).unwrap_or_default()
    }

    /// Sensitivity of a fact: its own, or that of the department of the visit, which a pharmacy writes down too.
    fn label(&self, fact: &Fact) -> &'static str {
        match sensitivity(fact) {
            "" if self.visit.department == "02" => "PSY",
            label => label,
        }
    }

    fn truth(&self, entry: &Entry) -> Option<TruthClinicalRow> {
        let (kind, code, sensitivity) = entry.about?;
        Some(self.told(kind, code, sensitivity, format!("{}/{}", entry.kind, entry.id)))
    }

    /// The truth about a fact that stands in `resource`.
    pub(crate) fn row_of(&self, kind: &str, code: &str, fact: &Fact, resource: &str) -> TruthClinicalRow {
        self.told(kind, code, self.label(fact), resource.to_owned())
    }

    fn told(&self, kind: &str, code: &str, sensitivity: &str, resource: String) -> TruthClinicalRow {
        TruthClinicalRow {
            person: self.person.number,
            facet: self.patient.facet,
            institution_code: self.institution.code.to_owned(),
            day: self.visit.day,
            kind: kind.to_owned(),
            code: code.to_owned(),
            sensitivity: sensitivity.to_owned(),
            resource,
        }
    }

    /// True where the JP-CLINS profiles can be kept: by an institution with a 医療機関コード, of a patient with insurance.
    fn is_clins(&self) -> bool {
        is_medical(self.institution) && self.member_id().is_some()
    }

    /// The profile that can be kept.
    fn profile(&self, clins: &'static str, core: &'static str) -> &'static str {
        if self.is_clins() { clins } else { core }
    }

    fn patient_id(&self) -> String {
        format!("p{}", self.row.local_number)
    }

    /// An id of this visit: a letter between the runs of digits, so that no twelve of them stand together.
    fn id(&self, what: &str) -> String {
        format!("p{}.{what}{}", self.row.local_number, self.name)
    }

    /// The 処方・検査 identifier of a part of this visit.
    fn identifier(&self, what: &str) -> Json {
        object! {
            "system": "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier",
            "value": format!("{}.{}", self.institution.code, self.id(what)),
        }
    }

    fn meta(&self, profile: &'static str) -> Json {
        object! { "lastUpdated": moment(self.visit.day, 18), "profile": list![profile] }
    }

    /// Extensions that say who wrote it: institution and department.
    fn written_by(&self) -> Json {
        if !is_medical(self.institution) {
            return Json::Nothing;
        }
        list![
            object! {
                "url": "http://jpfhir.jp/fhir/clins/Extension/StructureDefinition/JP_eCS_InstitutionNumber",
                "valueIdentifier": object! { "system": INSTITUTION_NUMBER, "value": self.institution.code },
            },
            object! {
                "url": "http://jpfhir.jp/fhir/eCS/Extension/StructureDefinition/JP_eCS_Department",
                "valueCodeableConcept": department(self.visit.department),
            },
        ]
    }

    /// A URN that is the same every time.
    fn urn(&self, what: &str) -> String {
        let name = format!("{}.{}", self.institution.code, self.id(what));
        let mut sums = [0xcbf2_9ce4_8422_2325u64, 0x8422_2325_cbf2_9ce4];
        for (place, sum) in sums.iter_mut().enumerate() {
            for byte in name.bytes() {
                *sum = (*sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3).rotate_left(place as u32 + 5);
            }
        }
        let [a, b] = sums;
        // Letters begin the second, fourth and last group: digits of different groups never add up to twelve.
        format!(
            "urn:uuid:{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            a >> 16 & 0x0fff | 0xa000,
            a & 0x0fff,
            b >> 48 & 0x1fff | 0xa000,
            b & 0x0fff_ffff_ffff | 0xb000_0000_0000,
        )
    }
}

/// True of hospitals, clinics and dentists.
fn is_medical(institution: &Institution) -> bool {
    matches!(institution.kind, "hospital" | "clinic" | "dental")
}

/// Sensitivity that a fact's own code tells.
pub fn sensitivity(fact: &Fact) -> &'static str {
    match fact {
        Fact::Diagnosis { disease, .. } => disease.sensitivity,
        Fact::Laboratory { test, .. } => match test.key {
            "HIVAb" | "HIVRNA" | "CD4" => "HIV",
            "TPHA" | "STS" => "STD",
            _ => "",
        },
        Fact::Prescription { drug, .. } | Fact::Dispense { drug, .. } => match drug.key {
            "escitalopram" | "sertraline" | "lithium" | "aripiprazole" | "risperidone" => "PSY",
            "bictegravir" => "HIV",
            "acamprosate" => "ETH",
            "clomifene" => "SEX",
            _ => "",
        },
        _ => "",
    }
}

/// A moment of a day, by the hour, in Japan.
fn moment(day: Day, hour: u8) -> String {
    format!("{day}T{hour:02}:00:00+09:00")
}

/// 診療科 as SS-MIX2 codes it.
fn department(code: &'static str) -> Json {
    let name = department_name(code);
    object! {
        "coding": list![object! {
            "system": "http://jami.jp/SS-MIX2/CodeSystem/ClinicalDepartment", "code": code, "display": name,
        }],
        "text": name,
    }
}

/// The name of a department.
pub fn department_name(code: &str) -> &'static str {
    match code {
        "02" => "精神科",
        "04" => "神経内科",
        "05" => "呼吸器科",
        "06" => "消化器科",
        "08" => "循環器科",
        "09" => "小児科",
        "10" => "外科",
        "11" => "整形外科",
        "15" => "呼吸器外科",
        "19" => "皮膚科",
        "20" => "ひ尿器科",
        "21" => "性病科",
        "24" => "産科",
        "25" => "婦人科",
        "26" => "眼科",
        "27" => "耳鼻いんこう科",
        "39" => "救急科",
        "40" => "歯科",
        _ => "内科",
    }
}

/// A code with its system and display.
fn coding(system: &'static str, code: &'static str, display: &'static str) -> Json {
    object! { "system": system, "code": code, "display": display }
}

/// A concept of one code.
fn concept(system: &'static str, code: &'static str, display: &'static str) -> Json {
    object! { "coding": list![coding(system, code, display)] }
}

/// A reference.
fn reference(to: &str) -> Json {
    object! { "reference": to.to_owned() }
}

const INSTITUTION_NUMBER: &str = "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no";
const UCUM: &str = "http://unitsofmeasure.org";
