//! The International Patient Summary (IPS 2.0.0, `$summary`): a document of what was gathered, for whoever treats the person elsewhere.
//!
//! What the holders gave is carried over as they wrote it. Changed is only what a document needs: references lead inside it,
//! the holder stands as the performer where none is named, claims of other profiles are dropped.

use std::collections::{BTreeMap, HashMap};

use consent::Category;
use data_encoding::HEXLOWER;
use records::labels::Facts;
use records::view::{Shown, both, show};
use records::{Node, Object, node};
use sha2::{Digest as _, Sha256};

use super::{Gathered, Item};
use crate::service::Service;

/// The profile of the document.
const BUNDLE: &str = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips";
const COMPOSITION: &str = "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips";
const LOINC: &str = "http://loinc.org";
const OBSERVATION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";

/// Most entries of one section: a summary, not the record.
const SECTION_MAX: usize = 100;

/// A section: its LOINC code, its names, the resource types in it, whether it must be there.
struct Section {
    loinc: &'static str,
    display: &'static str,
    ja: &'static str,
    types: &'static [&'static str],
    required: bool,
}

const SECTIONS: &[Section] = &[
    Section {
        loinc: "10160-0",
        display: "History of Medication use Narrative",
        ja: "薬",
        types: &["MedicationStatement", "MedicationRequest"],
        required: true,
    },
    Section {
        loinc: "48765-2",
        display: "Allergies and adverse reactions Document",
        ja: "アレルギー・使えない薬",
        types: &["AllergyIntolerance"],
        required: true,
    },
    Section {
        loinc: "11450-4",
        display: "Problem list - Reported",
        ja: "病名",
        types: &["Condition"],
        required: true,
    },
    Section {
        loinc: "11369-6",
        display: "History of Immunization Narrative",
        ja: "予防接種",
        types: &["Immunization"],
        required: false,
    },
    Section {
        loinc: "30954-2",
        display: "Relevant diagnostic tests/laboratory data Narrative",
        ja: "検査",
        types: &["Observation"],
        required: false,
    },
    Section {
        loinc: "47519-4",
        display: "History of Procedures Document",
        ja: "処置・手術",
        types: &["Procedure"],
        required: false,
    },
];

/// The document.
pub fn summary(service: &Service, name: &str, gathered: &Gathered) -> Node {
    Maker::new(service, gathered).document(name)
}

struct Maker<'a> {
    service: &'a Service,
    gathered: &'a Gathered,
    patient: String,
    /// Where each resource of each source stands in the document.
    urls: HashMap<(usize, String), String>,
    entries: Vec<Node>,
}

impl<'a> Maker<'a> {
    fn new(service: &'a Service, gathered: &'a Gathered) -> Self {
        let patient = urn(&format!("patient {}", gathered.exchange));
        Self { service, gathered, patient, urls: HashMap::new(), entries: Vec::new() }
    }

    fn document(mut self, name: &str) -> Node {
        let chosen: Vec<(&Section, Vec<&Item>)> =
            SECTIONS.iter().map(|section| (section, self.chosen(section))).collect();
        for item in chosen.iter().flat_map(|(_, items)| items) {
            let url = urn(&format!("{} {} {}", self.gathered.exchange, item.source, item.name()));
            self.urls.insert((item.source, item.name()), url);
        }
        let sections: Vec<Node> =
            chosen.iter().filter_map(|(section, items)| self.section(section, items)).collect();
        for item in chosen.into_iter().flat_map(|(_, items)| items) {
            self.put(item);
        }
        let composition = self.composition(sections);
        let mut entries = vec![entry(&urn(&format!("composition {}", self.gathered.exchange)), composition)];
        entries.push(entry(&self.patient, self.person(name)));
        for (place, source) in self.gathered.sources.iter().enumerate() {
            let known = self.service.name(&source.holder);
            let organisation = node!({ "resourceType": "Organization", "name": known.ja });
            entries.push(entry(&self.organisation(place), organisation));
        }
        entries.append(&mut self.entries);
        node!({
            "resourceType": "Bundle",
            "meta": node!({ "profile": node!([BUNDLE]) }),
            "identifier": node!({ "system": "urn:ietf:rfc:3986", "value": urn(&format!("bundle {}", self.gathered.exchange)) }),
            "type": "document",
            "timestamp": self.gathered.at.to_string(),
            "entry": entries,
        })
    }

    /// What stands in a section: what still holds, the newest first, of a test the newest result.
    fn chosen(&self, section: &Section) -> Vec<&'a Item> {
        let fits = |item: &&Item| section.types.contains(&item.resource.resource_type());
        let mut found: Vec<(&Item, Shown)> = self
            .gathered
            .items
            .iter()
            .filter(fits)
            .map(|item| (item, show(item.resource.node())))
            .filter(|(item, shown)| is_meant(item, shown))
            .collect();
        found.sort_by_key(|(_, shown)| std::cmp::Reverse(shown.day));
        let mut newest: BTreeMap<String, ()> = BTreeMap::new();
        found.retain(|(item, shown)| {
            item.resource.resource_type() != "Observation" || newest.insert(shown.title.clone(), ()).is_none()
        });
        found.into_iter().take(SECTION_MAX).map(|(item, _)| item).collect()
    }

    fn section(&self, section: &Section, items: &[&Item]) -> Option<Node> {
        if items.is_empty() && !section.required {
            return None;
        }
        let lines: Vec<String> = items.iter().map(|item| line(&show(item.resource.node()))).collect();
        let lines = if lines.is_empty() {
            vec!["情報がありません / no information".to_owned()]
        } else {
            lines
        };
        let coding = node!({ "system": LOINC, "code": section.loinc, "display": section.display });
        let mut object: Object = [
            ("title", Node::from(section.ja)),
            ("code", node!({ "coding": node!([coding]) })),
            ("text", narrative(&lines)),
        ]
        .into_iter()
        .collect();
        if items.is_empty() {
            let none = node!({
                "system": "http://terminology.hl7.org/CodeSystem/list-empty-reason",
                "code": "unavailable",
                "display": "Unavailable",
            });
            object.insert("emptyReason", node!({ "coding": node!([none]) }));
        } else {
            let entries: Vec<Node> = items
                .iter()
                .filter_map(|item| self.urls.get(&(item.source, item.name())))
                .map(|url| node!({ "reference": url.as_str() }))
                .collect();
            object.insert("entry", entries);
        }
        Some(Node::Object(object))
    }

    fn composition(&self, sections: Vec<Node>) -> Node {
        let kind = node!({ "system": LOINC, "code": "60591-5", "display": "Patient summary Document" });
        let authors: Vec<Node> = (0..self.gathered.sources.len())
            .map(|place| node!({ "reference": self.organisation(place) }))
            .collect();
        let authors =
            if authors.is_empty() { vec![node!({ "reference": self.patient.as_str() })] } else { authors };
        node!({
            "resourceType": "Composition",
            "meta": node!({ "profile": node!([COMPOSITION]) }),
            "text": narrative(&["本人がポータルで集めた記録の要約 / Patient summary gathered by the person".to_owned()]),
            "status": "final",
            "type": node!({ "coding": node!([kind]) }),
            "subject": node!({ "reference": self.patient.as_str() }),
            "date": self.gathered.at.to_string(),
            "author": authors,
            "title": "患者サマリー（International Patient Summary）",
            "section": sections,
        })
    }

    /// The person, as the holder with the newest record knows them.
    fn person(&self, name: &str) -> Node {
        let known = self.gathered.items.iter().find(|item| item.resource.resource_type() == "Patient");
        let mut object: Object = [("resourceType", Node::from("Patient"))].into_iter().collect();
        object.insert("name", node!([node!({ "text": name })]));
        for key in ["gender", "birthDate"] {
            if let Some(value) = known.and_then(|item| item.resource.node().get(key)) {
                object.insert(key, value.clone());
            }
        }
        if object.get("birthDate").is_none() {
            let absent = node!({
                "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                "valueCode": "unknown",
            });
            object.insert("_birthDate", node!({ "extension": node!([absent]) }));
        }
        Node::Object(object)
    }

    fn put(&mut self, item: &Item) {
        let Some(url) = self.urls.get(&(item.source, item.name())).cloned() else { return };
        let mut resource = item.resource.node().clone();
        self.lead_inside(&mut resource, item.source);
        if let Some(object) = resource.as_object_mut() {
            let dropped = ["id", "meta", "text", "encounter", "context", "implicitRules"];
            let kept = object.iter().filter(|(key, _)| !dropped.contains(key));
            let mut kept: Object = kept.map(|(key, value)| (key, value.clone())).collect();
            if item.resource.resource_type() == "Observation" {
                self.complete_observation(&mut kept, item);
            }
            *object = kept;
        }
        self.entries.push(entry(&url, resource));
    }

    /// What IPS asks of a result: that it is a laboratory's, and whose.
    fn complete_observation(&self, object: &mut Object, item: &Item) {
        if Facts::of(item.resource.node()).category == Category::Laboratory {
            let ours = node!({
                "coding": node!([node!({ "system": OBSERVATION_CATEGORY, "code": "laboratory" })]),
            });
            let others = object.get("category").map(Node::items).unwrap_or_default().iter();
            let others =
                others.filter(|one| one.text_at("coding.system") != Some(OBSERVATION_CATEGORY)).cloned();
            let all: Vec<Node> = std::iter::once(ours).chain(others).collect();
            object.insert("category", all);
        }
        if object.get("performer").is_none_or(|performer| performer.items().is_empty()) {
            object.insert("performer", node!([node!({ "reference": self.organisation(item.source) })]));
        }
    }

    /// References lead to what is in the document, or say what they meant.
    fn lead_inside(&self, node: &mut Node, source: usize) {
        match node {
            Node::Array(items) => items.iter_mut().for_each(|item| self.lead_inside(item, source)),
            Node::Object(object) => {
                let reference = object.get("reference").and_then(Node::as_str).map(str::to_owned);
                if let Some(reference) = reference {
                    self.lead(object, &reference, source);
                }
                let keys: Vec<String> = object.iter().map(|(key, _)| key.to_owned()).collect();
                for key in keys {
                    if let Some(value) = object.get_mut(&key) {
                        self.lead_inside(value, source);
                    }
                }
            }
            _ => {}
        }
    }

    fn lead(&self, object: &mut Object, reference: &str, source: usize) {
        if reference.starts_with('#') {
            return;
        }
        let target = if reference.contains("Patient/") {
            Some(self.patient.clone())
        } else if reference.contains("Organization/") || reference.contains("Practitioner") {
            Some(self.organisation(source))
        } else {
            self.urls.get(&(source, reference.to_owned())).cloned()
        };
        let rest = object.iter().filter(|(key, _)| *key != "reference");
        let mut kept: Object = rest.map(|(key, value)| (key, value.clone())).collect();
        match target {
            Some(target) => {
                kept.insert("reference", target);
            }
            None if kept.get("display").is_none() => {
                kept.insert("display", reference.to_owned());
            }
            None => {}
        }
        *object = kept;
    }

    fn organisation(&self, source: usize) -> String {
        urn(&format!("organisation {} {source}", self.gathered.exchange))
    }
}

/// Whether something belongs into a summary: it still holds, and a result has a value and a day.
fn is_meant(item: &Item, shown: &Shown) -> bool {
    let node = item.resource.node();
    match item.resource.resource_type() {
        "Observation" => {
            let effective =
                node.as_object().is_some_and(|o| o.iter().any(|(key, _)| key.starts_with("effective")));
            let laboratory = shown.kind == Category::Laboratory;
            let valued = node.as_object().is_some_and(|o| o.iter().any(|(key, _)| key.starts_with("value")));
            effective
                && laboratory
                && valued
                && node.get("status").and_then(Node::as_str) != Some("cancelled")
        }
        _ => !shown.over,
    }
}

fn line(shown: &Shown) -> String {
    let day = shown.day.map(both).unwrap_or_default();
    [day.as_str(), &shown.title, &shown.value]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn narrative(lines: &[String]) -> Node {
    let lines: String = lines.iter().map(|line| format!("<li>{}</li>", escaped(line))).collect();
    node!({
        "status": "generated",
        "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><ul>{lines}</ul></div>"),
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn entry(url: &str, resource: Node) -> Node {
    node!({ "fullUrl": url, "resource": resource })
}

/// A name-based UUID (RFC 9562 version 8).
fn urn(name: &str) -> String {
    let digest = Sha256::digest(name);
    let hex = HEXLOWER.encode(&digest);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("urn:uuid:{}-{}-8{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}
