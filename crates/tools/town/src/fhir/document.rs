//! Documents: 退院時サマリー, 診療情報提供書, 介護サマリー.

use super::json::{Json, list, object};
use super::medication::usage_text;
use super::{Refs, Scribe, concept, moment, reference};
use crate::clinical::catalogue::Disease;
use crate::clinical::chart::{Fact, VisitKind};
use crate::day::Day;
use crate::organisations::INSTITUTIONS;

const ORGANISATION: &str = "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Organization_eCS";
const PRACTITIONER: &str = "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Practitioner_eCS";

/// A section of a composition.
struct Section {
    title: &'static str,
    code: &'static str,
    text: String,
    entries: Vec<String>,
}

impl Section {
    fn new(title: &'static str, code: &'static str, text: impl Into<String>, entries: Vec<String>) -> Self {
        Self { title, code, text: text.into(), entries }
    }

    fn json(self) -> Json {
        let entries: Vec<Json> = self.entries.iter().map(|urn| reference(urn)).collect();
        object! {
            "title": self.title,
            "code": section_code(self.title, self.code),
            "text": narrative(&self.text),
            "entry": entries,
        }
    }
}

/// The parts of a document being gathered.
struct Pages {
    entries: Vec<Json>,
    /// URNs of the diagnoses.
    diagnoses: Vec<String>,
    /// URNs of the prescriptions.
    drugs: Vec<String>,
    /// URNs of the allergies.
    allergies: Vec<String>,
}

impl Scribe<'_> {
    /// 退院時サマリー.
    pub(super) fn discharge_summary(&self) -> Json {
        let pages = self.pages();
        let (encounter, here) = (self.urn("e"), self.urn("g"));
        let until = if let VisitKind::Inpatient { until } = self.visit.kind { until } else { self.visit.day };
        let (disease, reason) = (self.main_disease(), self.reason());
        let course = format!(
            "{disease}の診断で入院。{}経過は良好で、{}日目に退院となった。",
            self.drugs_in_words(),
            until.0 - self.visit.day.0 + 1
        );
        let mut sections = vec![
            Section::new("入院理由", "312", reason, vec![encounter.clone()]),
            Section::new(
                "入院時詳細",
                "322",
                format!("{} {}に入院", self.visit.day, self.institution.name),
                vec![encounter.clone()],
            ),
            Section::new("入院時診断", "342", disease, pages.diagnoses.clone()),
            Section::new("主訴", "352", reason, pages.diagnoses.clone()),
            Section::new(
                "現病歴",
                "362",
                format!("{reason}のため受診し、{disease}と診断された。"),
                pages.diagnoses.clone(),
            ),
            Section::new("入院中経過", "333", course.clone(), vec![self.urn("r")]),
            Section::new("退院時詳細", "324", format!("{until} 自宅へ退院"), vec![encounter.clone()]),
            Section::new("退院時診断", "344", disease, pages.diagnoses.clone()),
            Section::new("退院時投薬指示", "444", self.drugs_in_words(), pages.drugs.clone()),
            Section::new(
                "退院時方針指示",
                "424",
                "外来で経過をみる。症状の悪化があれば早めに受診。",
                Vec::new(),
            ),
        ];
        if !pages.allergies.is_empty() {
            sections.push(Section::new(
                "アレルギー・不耐性反応",
                "510",
                self.allergies_in_words(),
                pages.allergies.clone(),
            ));
        }
        let structured = structure(sections);
        let composition = self.composition(Face {
            profile: "http://jpfhir.jp/fhir/eDischargeSummary/StructureDefinition/JP_Composition_eDischargeSummary",
            kind: ("18842-5", "退院時サマリー"),
            category: ("DISCHARGE", "退院時文書"),
            title: "退院時サマリー",
            encounter: Some(encounter),
            event: object! { "period": object! { "start": self.visit.day.to_string(), "end": until.to_string() } },
            written: until,
            sections: vec![structured],
        });
        let mut entries = self.people(pages.entries, &here);
        entries.push(entry(self.urn("r"), self.course_note(&course, until)));
        self.document(
            "http://jpfhir.jp/fhir/clins/StructureDefinition/JP_Bundle_eDischargeSummary",
            composition,
            entries,
            until,
        )
    }

    /// The course as the note that the profile asks for beside the narrative.
    fn course_note(&self, course: &str, day: Day) -> Json {
        object! {
            "resourceType": "DocumentReference",
            "id": self.id("r"),
            "meta": self.meta("http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_DocumentReference_eCS"),
            "language": "ja",
            "status": "current",
            "subject": reference(&self.urn("p")),
            "date": moment(day, 17),
            "description": course.to_owned(),
            "content": list![object! {
                "attachment": object! {
                    "contentType": "text/plain; charset=utf-8",
                    "data": data_encoding::BASE64.encode(course.as_bytes()),
                    "title": "入院中経過",
                },
            }],
        }
    }

    /// 診療情報提供書 to another institution.
    pub(super) fn referral(&self, to: usize) -> Json {
        let pages = self.pages();
        let other = INSTITUTIONS.get(to).unwrap_or(self.institution);
        let (here, there, doctor) = (self.urn("g"), self.urn("h"), self.urn("w"));
        let (disease, reason) = (self.main_disease(), self.reason());
        let sections = vec![
            Section::new(
                "紹介目的",
                "950",
                format!("{disease}の精査・加療をお願いします。"),
                vec![self.urn("e")],
            ),
            Section::new("傷病名・主訴", "340", disease, pages.diagnoses.clone()),
            Section::new(
                "現病歴",
                "360",
                format!("{reason}。当院で経過をみていましたが、貴院での診療をお願いしたく紹介いたします。"),
                Vec::new(),
            ),
            Section::new("投薬指示", "430", self.drugs_in_words(), pages.drugs.clone()),
        ];
        let from = Section::new("紹介元情報", "920", self.signature(), vec![here.clone(), doctor]).json();
        let addressed = Section::new("紹介先情報", "910", other.name, vec![there.clone()]).json();
        let composition = self.composition(Face {
            profile: "http://jpfhir.jp/fhir/eReferral/StructureDefinition/JP_Composition_eReferral",
            kind: ("57133-1", "診療情報提供書"),
            category: ("OUTPATIENT", "外来文書"),
            title: "診療情報提供書",
            encounter: Some(self.urn("e")),
            event: object! {
                "code": list![object! { "text": "診療情報提供書発行" }],
                "period": object! { "start": self.visit.day.to_string() },
            },
            written: self.visit.day,
            sections: vec![from, addressed, structure(sections)],
        });
        let mut entries = self.people(pages.entries, &here);
        entries.push(entry(there, self.organisation(other, "h", ORGANISATION)));
        self.document(
            "http://jpfhir.jp/fhir/clins/StructureDefinition/JP_Bundle_eReferral",
            composition,
            entries,
            self.visit.day,
        )
    }

    /// 介護サマリー: no Japanese profile exists, so a plain R4 document.
    pub(super) fn care_summary(&self) -> Json {
        let mut sections = Vec::new();
        for fact in &self.visit.facts {
            if let Fact::Finding { title, text } = fact {
                sections.push(object! { "title": *title, "text": narrative(text) });
            }
        }
        let (patient, here) = (self.urn("p"), self.urn("g"));
        let composition = object! {
            "resourceType": "Composition",
            "id": self.id("n"),
            "meta": object! { "lastUpdated": moment(self.visit.day, 18) },
            "language": "ja",
            "identifier": self.identifier("n"),
            "status": "final",
            "type": concept("http://loinc.org", "34745-0", "Nurse Discharge summary"),
            "subject": reference(&patient),
            "encounter": reference(&self.urn("e")),
            "date": moment(self.visit.day, 17),
            "author": list![reference(&here)],
            "title": "介護サマリー",
            "custodian": reference(&here),
            "section": sections,
        };
        let refs = Refs { patient: patient.clone(), encounter: self.urn("e") };
        let organisation = "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Organization";
        let entries = vec![
            entry(patient, self.patient()),
            entry(self.urn("e"), self.encounter(&refs)),
            entry(here, self.organisation(self.institution, "g", organisation)),
        ];
        object! {
            "resourceType": "Bundle",
            "id": self.id("d"),
            "meta": object! { "lastUpdated": moment(self.visit.day, 18) },
            "identifier": object! { "system": "http://jpfhir.jp/fhir/core/IdSystem/documentInstance-identifier", "value": self.document_number() },
            "type": "document",
            "timestamp": moment(self.visit.day, 18),
            "entry": Json::List(std::iter::once(entry(self.urn("n"), composition)).chain(entries).collect()),
        }
    }

    /// The visit's own facts as parts of a document.
    fn pages(&self) -> Pages {
        let refs = Refs { patient: self.urn("p"), encounter: self.urn("e") };
        let mut pages =
            Pages { entries: Vec::new(), diagnoses: Vec::new(), drugs: Vec::new(), allergies: Vec::new() };
        for (number, fact) in self.visit.facts.iter().enumerate() {
            let list = match fact {
                Fact::Diagnosis { .. } => &mut pages.diagnoses,
                Fact::Prescription { .. } => &mut pages.drugs,
                Fact::Allergy { .. } => &mut pages.allergies,
                _ => continue,
            };
            let urn = self.urn(&format!("f{}.", super::resources::letters(number)));
            if let Some(part) = self.fact(&refs, number, fact) {
                list.push(urn.clone());
                pages.entries.push(entry(urn, part.resource));
            }
        }
        pages
    }

    /// Patient, encounter, doctor and institution before the parts of a document.
    fn people(&self, parts: Vec<Json>, here: &str) -> Vec<Json> {
        let refs = Refs { patient: self.urn("p"), encounter: self.urn("e") };
        let mut entries = vec![
            entry(refs.patient.clone(), self.patient()),
            entry(self.urn("w"), self.practitioner(PRACTITIONER)),
            entry(here.to_owned(), self.organisation(self.institution, "g", ORGANISATION)),
            entry(refs.encounter.clone(), self.encounter(&refs)),
        ];
        entries.extend(parts);
        entries
    }

    fn composition(&self, face: Face) -> Json {
        object! {
            "resourceType": "Composition",
            "id": self.id("n"),
            "meta": self.document_meta(face.profile),
            "language": "ja",
            "extension": list![version()],
            "identifier": self.identifier("n"),
            "status": "final",
            "type": concept("http://jpfhir.jp/fhir/Common/CodeSystem/doc-typecodes", face.kind.0, face.kind.1),
            "category": list![concept("http://jpfhir.jp/fhir/Common/CodeSystem/doc-subtypecodes", face.category.0, face.category.1)],
            "subject": reference(&self.urn("p")),
            "encounter": face.encounter.map(|urn| reference(&urn)),
            "date": moment(face.written, 17),
            "author": list![reference(&self.urn("w")), reference(&self.urn("g"))],
            "title": face.title,
            "custodian": reference(&self.urn("g")),
            "event": list![face.event],
            "section": Json::List(face.sections),
        }
    }

    fn document(&self, profile: &'static str, composition: Json, entries: Vec<Json>, day: Day) -> Json {
        object! {
            "resourceType": "Bundle",
            "id": self.id("d"),
            "meta": self.document_meta(profile),
            "language": "ja",
            "identifier": object! { "system": "http://jpfhir.jp/fhir/clins/bundle-identifier", "value": self.document_number() },
            "type": "document",
            "timestamp": moment(day, 18),
            "entry": Json::List(std::iter::once(entry(self.urn("n"), composition)).chain(entries).collect()),
        }
    }

    /// The meta of a document: it claims a profile where its patient can be one of JP-CLINS.
    fn document_meta(&self, profile: &'static str) -> Json {
        if self.is_clins() {
            self.meta(profile)
        } else {
            object! { "lastUpdated": moment(self.visit.day, 18) }
        }
    }

    /// 文書番号: institution, year and the institution's own.
    pub(super) fn document_number(&self) -> String {
        format!(
            "{}^{}^p{}-d{}",
            self.institution.code,
            self.visit.day.year(),
            self.row.local_number,
            self.name
        )
    }

    pub(super) fn main_disease(&self) -> &'static str {
        let mut diseases = self.visit.facts.iter().filter_map(|fact| match fact {
            Fact::Diagnosis { disease, .. } => Some(*disease),
            _ => None,
        });
        diseases.next().map_or("経過観察", |disease: &'static Disease| disease.name)
    }

    fn drugs_in_words(&self) -> String {
        let told = self.visit.facts.iter().filter_map(|fact| match fact {
            Fact::Prescription { drug, days } => {
                Some(format!("{} {} {days}日分。", drug.name, usage_text(drug)))
            }
            _ => None,
        });
        let text: String = told.collect();
        if text.is_empty() { "投薬なし。".to_owned() } else { text }
    }

    fn allergies_in_words(&self) -> String {
        let told = self.visit.facts.iter().filter_map(|fact| match fact {
            Fact::Allergy { allergen, .. } => Some(format!("{}（{}）", allergen.name, allergen.reaction)),
            _ => None,
        });
        told.collect::<Vec<_>>().join("、")
    }
}

/// What the composition of one kind of document says of itself.
struct Face {
    profile: &'static str,
    kind: (&'static str, &'static str),
    category: (&'static str, &'static str),
    title: &'static str,
    encounter: Option<String>,
    event: Json,
    written: Day,
    sections: Vec<Json>,
}

/// 構造情報: the section that holds the others.
fn structure(sections: Vec<Section>) -> Json {
    object! {
        "title": "構造情報",
        "code": section_code("構造情報", "300"),
        "section": Json::List(sections.into_iter().map(Section::json).collect()),
    }
}

fn section_code(title: &'static str, code: &'static str) -> Json {
    object! {
        "coding": list![object! {
            "system": "http://jpfhir.jp/fhir/clins/CodeSystem/document-section",
            "code": code,
            "display": format!("{title}セクション"),
        }],
    }
}

/// 文書の版.
pub(super) fn version() -> Json {
    object! {
        "url": "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber",
        "valueString": "1.0",
    }
}

/// Text as a narrative that adds to what is coded.
fn narrative(text: &str) -> Json {
    object! {
        "status": "additional",
        "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{text}</div>"),
    }
}

/// A part of a document.
pub(super) fn entry(urn: String, resource: Json) -> Json {
    object! { "fullUrl": urn, "resource": resource }
}
