//! 健診結果報告書: a 特定健診 as the document of JP-CLINS.

use super::document::{entry, version};
use super::json::{Json, decimal, list, object};
use super::{Scribe, UCUM, coding, concept, moment, reference};
use crate::clinical::catalogue::Test;
use crate::clinical::chart::{Fact, Measure};

/// An item of the check: its code (特定健診 JLAC10), name, kind, value and unit, and normal range.
pub(super) struct Item {
    pub(super) code: &'static str,
    name: &'static str,
    category: &'static str,
    pub(super) value: f64,
    pub(super) decimals: u8,
    unit: &'static str,
    pub(super) ucum: &'static str,
    range: Option<[f64; 2]>,
}

impl Scribe<'_> {
    /// The report of a health check.
    pub(super) fn health_check(&self) -> Json {
        let patient = self.urn("p");
        let mut parts = Vec::new();
        let mut refs = Vec::new();
        for (number, item) in self.items().into_iter().enumerate() {
            let part = format!("q{}.", super::resources::letters(number));
            refs.push(reference(&self.urn(&part)));
            parts.push(entry(self.urn(&part), self.item(&item, &self.id(&part), &patient)));
        }
        let mut entries = vec![
            entry(self.urn("n"), self.report(refs)),
            entry(patient, self.patient()),
            entry(
                self.urn("w"),
                self.practitioner(
                    "http://jpfhir.jp/fhir/eCheckup/StructureDefinition/JP_Practitioner_eCheckupGeneral",
                ),
            ),
            entry(
                self.urn("g"),
                self.organisation(
                    self.institution,
                    "g",
                    "http://jpfhir.jp/fhir/eCheckup/StructureDefinition/JP_Organization_eCheckupGeneral",
                ),
            ),
            entry(self.urn("e"), self.checkup_encounter()),
        ];
        entries.extend(parts);
        object! {
            "resourceType": "Bundle",
            "id": self.id("d"),
            // Of the two profiles of this bundle the one that a patient of JP-CLINS can be in.
            "meta": self.meta("http://jpfhir.jp/fhir/eCheckup/StructureDefinition/JP_Bundle_eCheckupGeneral"),
            "identifier": object! {
                "system": "http://jpfhir.jp/fhir/core/IdSystem/documentInstance-identifier", "value": self.document_number(),
            },
            "type": "document",
            "timestamp": moment(self.visit.day, 18),
            "entry": Json::List(entries),
        }
    }

    fn report(&self, refs: Vec<Json>) -> Json {
        let day = self.visit.day.to_string();
        let observed = object! {
            "title": "検査結果",
            "code": concept(
                "http://jpfhir.jp/fhir/eCheckup/CodeSystem/section-code", "01011", "特定健診検査結果セクション"),
            "text": object! {
                "status": "generated",
                "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>特定健診の検査結果</p></div>",
            },
            "entry": Json::List(refs),
        };
        object! {
            "resourceType": "Composition",
            "id": self.id("n"),
            "meta": self.meta("http://jpfhir.jp/fhir/eCheckup/StructureDefinition/JP_Composition_eCheckupGeneral"),
            "language": "ja",
            "extension": list![version()],
            "identifier": self.identifier("n"),
            "status": "final",
            "type": concept("http://jpfhir.jp/fhir/Common/CodeSystem/doc-typecodes", "53576-5", "検診・健診報告書"),
            "category": list![concept("urn:oid:2.16.840.1.113883.2.2.1.6.1001", "10", "特定健診")],
            "subject": reference(&self.urn("p")),
            "encounter": reference(&self.urn("e")),
            "date": moment(self.visit.day, 17),
            "author": list![reference(&self.urn("w")), reference(&self.urn("g"))],
            "title": "健康診断結果のお知らせ",
            "custodian": reference(&self.urn("g")),
            "event": list![object! {
                "code": list![concept("urn:oid:1.2.392.200119.6.1002", "010", "特定健診")],
                "period": object! { "start": day.clone(), "end": day },
            }],
            "section": list![observed],
        }
    }

    fn checkup_encounter(&self) -> Json {
        let day = self.visit.day.to_string();
        object! {
            "resourceType": "Encounter",
            "id": self.id("v"),
            "meta": self.meta("http://jpfhir.jp/fhir/eCheckup/StructureDefinition/JP_Encounter_eCheckupGeneral"),
            "status": "finished",
            "class": coding("http://jpfhir.jp/fhir/eCheckup/CodeSystem/encounter-category", "checkup", "健診"),
            "subject": reference(&self.urn("p")),
            "period": object! { "start": day.clone(), "end": day },
            "serviceProvider": reference(&self.urn("g")),
        }
    }

    fn item(&self, item: &Item, id: &str, patient: &str) -> Json {
        let quantity = |value: f64| {
            object! { "value": decimal(value, item.decimals), "unit": item.unit, "system": UCUM, "code": item.ucum }
        };
        let flag = item.range.map(|[low, high]| {
            let code = if item.value < low {
                "L"
            } else if item.value > high {
                "H"
            } else {
                "N"
            };
            list![object! { "coding": list![object! {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "code": code,
            }] }]
        });
        object! {
            "resourceType": "Observation",
            "id": id.to_owned(),
            "meta": self.meta("http://jpfhir.jp/fhir/eCheckup/StructureDefinition/JP_Observation_eCheckupGeneral"),
            "identifier": list![self.identifier_of(id)],
            "status": "final",
            "category": list![object! { "coding": list![object! {
                "system": "http://jpfhir.jp/fhir/core/CodeSystem/JP_SimpleObservationCategory_CS", "code": item.category,
            }] }],
            "code": concept("urn:oid:1.2.392.200119.6.1005", item.code, item.name),
            "subject": reference(patient),
            "effectiveDateTime": self.visit.day.to_string(),
            "valueQuantity": quantity(item.value),
            "interpretation": flag,
            "referenceRange": item.range.map(|[low, high]| {
                list![object! { "low": quantity(low), "high": quantity(high) }]
            }),
        }
    }

    pub(super) fn items(&self) -> Vec<Item> {
        let mut items = Vec::new();
        let measured = |code, name, value, unit, category| Item {
            code,
            name,
            category,
            value,
            decimals: 1,
            unit,
            ucum: unit,
            range: None,
        };
        for fact in &self.visit.facts {
            match fact {
                Fact::Measurement { what: Measure::Height, value } => {
                    items.push(measured("9N001000000000001", "身長", *value, "cm", "body-measurement"));
                }
                Fact::Measurement { what: Measure::Weight, value } => {
                    items.push(measured("9N006000000000001", "体重", *value, "kg", "body-measurement"));
                }
                Fact::Measurement { what: Measure::Waist, value } => {
                    items.push(measured(
                        "9N016160100000001",
                        "腹囲(実測）",
                        *value,
                        "cm",
                        "body-measurement",
                    ));
                }
                Fact::Pressure { high, low } => {
                    let mut pressure = |code, name, value, limit| {
                        items.push(Item {
                            code,
                            name,
                            category: "vital-signs",
                            value,
                            decimals: 0,
                            unit: "mmHg",
                            ucum: "mm[Hg]",
                            range: Some([40.0, limit]),
                        });
                    };
                    pressure("9A751000000000001", "収縮期血圧(1回目)", *high, 129.0);
                    pressure("9A761000000000001", "拡張期血圧(1回目)", *low, 84.0);
                }
                Fact::Laboratory { test, value } => items.extend(self.laboratory_item(test, *value)),
                _ => {}
            }
        }
        items
    }

    fn laboratory_item(&self, test: &'static Test, value: f64) -> Option<Item> {
        let (code, name) = match test.key {
            "TG" => ("3F015000002327101", "空腹時中性脂肪"),
            "HDL" => ("3F070000002327101", "HDLコレステロール"),
            "LDL" => ("3F077000002327101", "LDLコレステロール"),
            "AST" => ("3B035000002327201", "AST(GOT)"),
            "ALT" => ("3B045000002327201", "ALT(GPT)"),
            "GGT" => ("3B090000002327101", "γ-GT(γ-GTP)"),
            "HbA1c" => ("3D046000001906202", "HbA1c(NGSP)"),
            _ => return None,
        };
        let range = Some(test.range_of(self.person.sex));
        let (unit, ucum, decimals) = (test.unit, test.ucum, test.decimals);
        Some(Item { code, name, category: "laboratory", value, decimals, unit, ucum, range })
    }
}
