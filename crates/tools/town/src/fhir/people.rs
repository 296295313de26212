//! Patient, encounter, organisation and practitioner.

use super::json::{Json, list, object};
use super::{INSTITUTION_NUMBER, Refs, Scribe, UCUM, department_name, is_medical, moment, reference};
use crate::clinical::chart::VisitKind;
use crate::organisations::{Institution, MUNICIPALITIES};

impl Scribe<'_> {
    /// The patient as the institution's register has them.
    pub(super) fn patient(&self) -> Json {
        let member = self.member_id();
        // Without insurance, or without a 医療機関コード, the JP-CLINS profile cannot be kept.
        let profile = self.profile(
            "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Patient_eCS",
            "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Patient",
        );
        let mut identifiers = vec![object! {
            "system": format!("urn:oid:1.2.392.100495.20.3.51.1{}", self.institution.code),
            "value": self.row.local_number.clone(),
        }];
        identifiers.extend(member.map(|value| {
            object! { "system": "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID", "value": value }
        }));
        let (year, apart) = (self.row.birth.year(), self.patient.facet > 0);
        let address = (!apart).then(|| list![object! { "text": self.address.clone(), "country": "JP" }]);
        let phone = (!self.row.phone.is_empty())
            .then(|| list![object! { "system": "phone", "value": self.row.phone.clone(), "use": "mobile" }]);
        object! {
            "resourceType": "Patient",
            "id": self.patient_id(),
            "meta": object! { "lastUpdated": moment(self.row.last_visit_on, 18), "profile": list![profile] },
            "language": "ja",
            "identifier": identifiers,
            "active": true,
            "name": list![
                name(&self.row.name.replace('\u{3000}', " "), "IDE"),
                name(&kotoba::to_full_kana(&self.row.kana).replace('\u{3000}', " "), "SYL"),
            ],
            "telecom": phone,
            "gender": if self.row.sex == 2 { "female" } else { "male" },
            "birthDate": if apart { format!("{year:04}") } else { self.row.birth.to_string() },
            "address": address,
        }
    }

    /// 被保険者識別子: insurer, symbol, number, branch.
    pub(super) fn member_id(&self) -> Option<String> {
        let row = self.row;
        let insurer = row.insurer_number.trim();
        (!insurer.is_empty()).then(|| format!("{insurer:0>8}:{}:{}:{}", row.symbol, row.number, row.branch))
    }

    /// The visit.
    pub(super) fn encounter(&self, refs: &Refs) -> Json {
        let profile = self.profile(
            "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Encounter_eCS",
            "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Encounter",
        );
        let (class, shown, end) = match self.visit.kind {
            VisitKind::Inpatient { until } => ("IMP", "入院", until),
            VisitKind::Care => ("HH", "在宅", self.visit.day),
            _ => ("AMB", "外来", self.visit.day),
        };
        let stay = (class == "IMP").then_some(end.0 - self.visit.day.0);
        object! {
            "resourceType": "Encounter",
            "id": self.id("e"),
            "meta": self.meta(profile),
            "language": "ja",
            "identifier": list![self.identifier("e")],
            "status": "finished",
            "class": super::coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", class, shown),
            "serviceType": super::department(self.visit.department),
            "subject": reference(&refs.patient),
            "period": object! {
                "start": moment(self.visit.day, 9),
                "end": moment(end, if stay.is_some() { 11 } else { 10 }),
            },
            "length": stay.map(|days| object! { "value": days, "unit": "日", "system": UCUM, "code": "d" }),
            "reasonCode": list![object! { "text": self.reason() }],
            "hospitalization": stay.map(|_| object! {
                "admitSource": super::concept("http://jpfhir.jp/fhir/Common/CodeSystem/admit-Source", "1", "家庭からの入院"),
                "dischargeDisposition": super::concept(
                    "http://jpfhir.jp/fhir/Common/CodeSystem/discharge-disposition", "1", "傷病が治癒・軽快"),
            }),
            "serviceProvider": object! { "display": self.institution.name },
        }
    }

    /// Why the person came.
    pub(super) fn reason(&self) -> &'static str {
        use crate::clinical::chart::Fact;
        if !self.visit.reason.is_empty() {
            return self.visit.reason;
        }
        let main = self.visit.facts.iter().find_map(|fact| match fact {
            Fact::Diagnosis { disease, .. } => Some(disease.name),
            _ => None,
        });
        main.unwrap_or(match self.visit.kind {
            VisitKind::Checkup => "健康診断",
            VisitKind::Dispensing => "調剤",
            VisitKind::Care => "介護",
            _ => "定期受診",
        })
    }

    /// The doctor who signs for a department.
    pub(crate) fn doctor(&self) -> (&'static str, &'static str) {
        let sum = self.institution.code.bytes().chain(self.visit.department.bytes());
        let place = sum.fold(7usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        DOCTORS.get(place % DOCTORS.len()).copied().unwrap_or(("石川 聡", "イシカワ サトシ"))
    }

    /// The doctor as a resource.
    pub(super) fn practitioner(&self, profile: &'static str) -> Json {
        let (written, kana) = self.doctor();
        object! {
            "resourceType": "Practitioner",
            "id": self.id("w"),
            "meta": self.meta(profile),
            "language": "ja",
            "identifier": list![object! {
                "system": format!("urn:oid:1.2.392.100495.20.3.41.1{}", self.institution.code),
                "value": format!("D{}", self.visit.department),
            }],
            "name": list![name(written, "IDE"), name(kana, "SYL")],
        }
    }

    /// An institution as a resource of a document.
    pub(super) fn organisation(&self, of: &'static Institution, id: &str, profile: &'static str) -> Json {
        let place = MUNICIPALITIES.get(of.municipality);
        let address = place.map_or_else(String::new, |m| [m.prefecture, m.name, of.street].concat());
        let prefecture = of.code.get(..2).unwrap_or_default();
        let extension = is_medical(of).then(|| {
            list![
                object! {
                    "url": "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Organization_PrefectureNo",
                    "valueCoding": object! {
                        "system": "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/PrefectureNo-2digits", "code": prefecture,
                    },
                },
                object! {
                    "url": "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Organization_InsuranceOrganizationCategory",
                    "valueCoding": object! {
                        "system": "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationFeeScoreType",
                        "code": of.code.get(2..3).unwrap_or_default(),
                    },
                },
                object! {
                    "url": "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Organization_InsuranceOrganizationNo",
                    "valueIdentifier": object! {
                        "system": "http://jpfhir.jp/fhir/core/mhlw/IdSystem/MedicalOrganizationID",
                        "value": of.code.get(3..).unwrap_or_default(),
                    },
                },
            ]
        });
        object! {
            "resourceType": "Organization",
            "id": self.id(id),
            "meta": self.meta(profile),
            "language": "ja",
            "extension": extension,
            "identifier": list![object! { "system": INSTITUTION_NUMBER, "value": of.code }],
            "type": list![object! {
                "coding": list![object! {
                    "system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": "prov",
                }],
            }],
            "name": of.name,
            "address": list![object! {
                "text": address,
                "postalCode": place.map(|m| [m.postal, of.postal].concat()),
                "country": "JP",
            }],
        }
    }

    /// What stands beneath a document: who, where.
    pub(super) fn signature(&self) -> String {
        let (doctor, _) = self.doctor();
        format!("{}　{}　{doctor}", self.institution.name, department_name(self.visit.department))
    }
}

/// A name in one of its representations, surname and given name apart at the space.
fn name(text: &str, representation: &'static str) -> Json {
    let (family, given) = text.split_once(' ').unwrap_or((text, text));
    object! {
        "extension": list![object! {
            "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation", "valueCode": representation,
        }],
        "use": "official",
        "text": text.to_owned(),
        "family": family.to_owned(),
        "given": list![given.to_owned()],
    }
}

const DOCTORS: [(&str, &str); 12] = [
    ("石川 聡", "イシカワ サトシ"),
    ("大河内 美和", "オオコウチ ミワ"),
    ("野田 誠一", "ノダ セイイチ"),
    ("三宅 由紀", "ミヤケ ユキ"),
    ("戸田 隆", "トダ タカシ"),
    ("荒川 真理", "アラカワ マリ"),
    ("平井 徹", "ヒライ トオル"),
    ("小野寺 恵子", "オノデラ ケイコ"),
    ("星野 健", "ホシノ ケン"),
    ("飯島 千尋", "イイジマ チヒロ"),
    ("水野 正樹", "ミズノ マサキ"),
    ("川村 奈緒", "カワムラ ナオ"),
];
