//! From a [`Document`] to a bundle.

use std::hash::{DefaultHasher, Hash, Hasher};

use records::{Node, node};

use super::{
    ADDITIONAL, BRANCH, INSTITUTION_SYSTEM, INSURER_SYSTEM, NUMBER, PROFILES, REPORT_SYSTEM, SECTION_SYSTEM,
    SECTIONS, SYMBOL,
    nodes::{
        address, category, code_of, components, concept, concept_of, expanded, flag, human_name, identifier,
        is_answer, is_plain, put, range, system, telecoms, value,
    },
};
use crate::{
    items,
    model::{Code, Document, Identifier, Observation, Organisation, Related, Section},
    oid,
};

impl Document {
    /// The document as a 健診結果報告書 bundle. The same document makes the same bundle, ids included.
    pub fn to_bundle(&self) -> Node {
        let mut writer =
            Writer { document: self, seed: self.to_xml(), entries: Vec::new(), doctors: Vec::new() };
        writer.bundle()
    }
}

struct Writer<'d> {
    document: &'d Document,
    seed: String,
    entries: Vec<Node>,
    /// Names of practitioners with their addresses in the bundle.
    doctors: Vec<(String, String)>,
}

impl Writer<'_> {
    fn bundle(&mut self) -> Node {
        let sections: Vec<Node> = self
            .document
            .sections
            .iter()
            .enumerate()
            .flat_map(|(n, section)| self.sections(n, section))
            .collect();
        let observations = std::mem::take(&mut self.entries);
        let id = self.document.id.as_ref();
        let (system, value) = match id {
            Some(id) => (system(&id.root), id.extension.clone()),
            None => (
                "http://jpfhir.jp/fhir/core/IdSystem/documentInstance-identifier".to_owned(),
                self.uuid("document"),
            ),
        };
        let number = node!({ "system": system, "value": value.clone() });
        let instance = node!({
            "system": "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier", "value": value,
        });
        let composition = self.composition(instance, sections);
        self.entry("composition", composition);
        let patient = self.patient();
        self.entry("patient", patient);
        for (name, url) in self.doctors.clone() {
            let practitioner = self.practitioner(&name);
            self.entries.push(node!({ "fullUrl": url, "resource": practitioner }));
        }
        let performer = self.organisation("performer", &self.document.performer);
        self.entry("performer", performer);
        if self.document.author != self.document.performer {
            let author = self.organisation("author", &self.document.author);
            self.entry("author", author);
        }
        let encounter = self.encounter();
        self.entry("encounter", encounter);
        self.coverages();
        self.entries.extend(observations);
        node!({
            "resourceType": "Bundle",
            "id": self.uuid("bundle"),
            "meta": self.meta("JP_Bundle_eCheckupGeneral"),
            "identifier": number,
            "type": "document",
            "timestamp": self.moment(),
            "entry": std::mem::take(&mut self.entries),
        })
    }

    fn composition(&self, identifier: Node, sections: Vec<Node>) -> Node {
        let document = self.document;
        let author = if document.author == document.performer { "performer" } else { "author" };
        let mut authors: Vec<Node> =
            self.doctors.iter().map(|(_, url)| node!({ "reference": url.clone() })).collect();
        authors.push(self.reference(author));
        let version = node!({
            "url": "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber",
            "valueString": "1.0",
        });
        let report = &document.report.code;
        let report_name = items::meaning(oid::REPORT, report).unwrap_or("特定健診");
        let program_name = items::meaning(oid::PROGRAM, &document.program.code).unwrap_or("特定健診");
        node!({
            "resourceType": "Composition",
            "id": self.uuid("composition"),
            "meta": self.meta("JP_Composition_eCheckupGeneral"),
            "language": "ja",
            "extension": node!([version]),
            "identifier": identifier,
            "status": "final",
            "type": concept("http://jpfhir.jp/fhir/Common/CodeSystem/doc-typecodes", "53576-5", Some("検診・健診報告書")),
            "category": node!([concept(REPORT_SYSTEM, report, Some(report_name))]),
            "subject": self.reference("patient"),
            "encounter": self.reference("encounter"),
            "date": self.moment(),
            "author": authors,
            "title": document.title.as_deref().unwrap_or("健康診断結果報告書"),
            "custodian": self.reference("performer"),
            "event": node!([node!({
                "code": node!([concept(&system(oid::PROGRAM), &document.program.code, Some(program_name))]),
                "period": self.period(),
                "detail": node!([self.reference("encounter")]),
            })]),
            "section": sections,
        })
    }

    /// A section of hc08: what was found and what was answered apart, as the profile has them.
    fn sections(&mut self, number: usize, section: &Section) -> Vec<Node> {
        let code = section.code.code.as_str();
        if code == ADDITIONAL.0 {
            return self.part(
                number,
                ADDITIONAL,
                "任意追加項目",
                &section.observations.iter().collect::<Vec<_>>(),
            );
        }
        let [.., (_, general)] = SECTIONS;
        let parts = SECTIONS.iter().find(|(whole, _)| *whole == code).map_or(general, |(_, parts)| *parts);
        let (answers, findings): (Vec<_>, Vec<_>) =
            section.observations.iter().partition(|one| is_answer(one));
        let [of_findings, of_answers] = parts;
        let mut both = self.part(number, of_findings, "検査結果", &findings);
        both.extend(self.part(number, of_answers, "問診結果", &answers));
        both
    }

    fn part(
        &mut self,
        number: usize,
        code: (&str, &str),
        title: &str,
        observations: &[&Observation],
    ) -> Vec<Node> {
        let first = self.entries.len();
        for (at, observation) in observations.iter().enumerate() {
            self.observation(&format!("observation {number}.{}.{at}", code.0), observation);
        }
        let added = self.entries.get(first..).unwrap_or_default();
        let references: Vec<Node> = added
            .iter()
            .filter_map(|entry| entry.text_at("fullUrl"))
            .map(|url| node!({ "reference": url }))
            .collect();
        if references.is_empty() {
            return Vec::new();
        }
        vec![node!({
            "title": title,
            "code": concept(SECTION_SYSTEM, code.0, Some(code.1)),
            "text": node!({
                "status": "generated",
                "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>{title}</p></div>"),
            }),
            "entry": references,
        })]
    }

    /// An item; of a group the first item, the others its components.
    fn observation(&mut self, label: &str, observation: &Observation) {
        if !observation.is_group() {
            let mut one = self.item(label, observation);
            put(&mut one, "component", components(&observation.related));
            return self.entry(label, one);
        }
        let main = observation.related.iter().position(|related| !related.observation.is_group());
        let Some((main, rest)) =
            main.and_then(|at| observation.related.get(at..)).and_then(<[_]>::split_first)
        else {
            return;
        };
        // Items that have more than a value keep an entry of their own.
        let (plain, full): (Vec<&Related>, Vec<&Related>) =
            rest.iter().partition(|related| is_plain(&related.observation));
        let mut one = self.item(label, &main.observation);
        let plain: Vec<Related> = plain.into_iter().chain(&main.observation.related).cloned().collect();
        put(&mut one, "component", components(&plain));
        self.entry(label, one);
        for (n, related) in full.into_iter().enumerate() {
            self.observation(&format!("{label}.{n}"), &related.observation);
        }
    }

    fn item(&mut self, label: &str, observation: &Observation) -> Node {
        let time = observation.time.as_deref().unwrap_or(&self.document.date);
        let mut one = node!({
            "resourceType": "Observation",
            "id": self.uuid(label),
            "meta": self.meta("JP_Observation_eCheckupGeneral"),
            "status": "final",
            "category": node!([node!({ "coding": node!([node!({
                "system": "http://jpfhir.jp/fhir/core/CodeSystem/JP_SimpleObservationCategory_CS",
                "code": category(&observation.code.code),
            })]) })]),
            "code": code_of(observation),
            "subject": self.reference("patient"),
            "effectiveDateTime": expanded(time),
        });
        if let Some(author) = &observation.author {
            let url = self.doctor(author);
            put(&mut one, "performer", Some(vec![node!({ "reference": url })]));
        }
        value(&mut one, observation);
        let flags: Vec<Node> = observation.interpretations.iter().map(flag).collect();
        put(&mut one, "interpretation", Some(flags).filter(|flags| !flags.is_empty()));
        let method = observation.method.as_ref();
        put(&mut one, "method", method.map(|method| concept_of(method, oid::METHOD)));
        put(&mut one, "referenceRange", range(observation).map(|range| vec![range]));
        one
    }

    fn doctor(&mut self, name: &str) -> String {
        if let Some((_, url)) = self.doctors.iter().find(|(known, _)| known == name) {
            return url.clone();
        }
        let url = format!("urn:uuid:{}", self.uuid(&format!("doctor {name}")));
        self.doctors.push((name.to_owned(), url.clone()));
        url
    }

    fn patient(&self) -> Node {
        let person = &self.document.person;
        let kana = person.name.as_deref().map(|name| human_name(name, "SYL"));
        let kanji = person.written_name.as_deref().map(|name| human_name(name, "IDE"));
        let gender = match person.sex.code.as_str() {
            "1" => "male",
            "2" => "female",
            _ => "unknown",
        };
        let other = |id: &&Identifier| !INSURANCE.contains(&id.root.as_str());
        let mut ids: Vec<Node> = person.ids.iter().filter(other).map(identifier).collect();
        if ids.is_empty() {
            let number = person.id(oid::NUMBER).unwrap_or_default();
            let institution = self.document.performer.id(oid::INSTITUTION).unwrap_or("0000000000");
            let system = format!("urn:oid:1.2.392.100495.20.3.51.1{institution}");
            ids.push(node!({ "system": system, "value": if number.is_empty() { "-" } else { number } }));
        }
        let mut patient = node!({
            "resourceType": "Patient",
            "id": self.uuid("patient"),
            "meta": self.profile("http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Patient_eCS"),
            "identifier": ids,
        });
        put(
            &mut patient,
            "name",
            Some(kanji.into_iter().chain(kana).collect::<Vec<_>>()).filter(|n| !n.is_empty()),
        );
        put(&mut patient, "telecom", telecoms(&person.telecoms, Some("home")));
        put(&mut patient, "gender", Some(gender));
        put(&mut patient, "birthDate", Some(expanded(&person.birth)).filter(|day| !day.is_empty()));
        put(&mut patient, "address", person.address.as_ref().map(|one| vec![address(one)]));
        patient
    }

    fn practitioner(&self, name: &str) -> Node {
        node!({
            "resourceType": "Practitioner",
            "id": self.uuid(&format!("doctor {name}")),
            "meta": self.meta("JP_Practitioner_eCheckupGeneral"),
            "name": node!([human_name(name, "IDE")]),
        })
    }

    fn organisation(&self, label: &str, organisation: &Organisation) -> Node {
        let ids: Vec<Node> = organisation
            .ids
            .iter()
            .map(|id| match id.root.as_str() {
                oid::INSTITUTION => node!({ "system": INSTITUTION_SYSTEM, "value": id.extension.clone() }),
                _ => identifier(id),
            })
            .collect();
        let mut found = node!({
            "resourceType": "Organization",
            "id": self.uuid(label),
            "meta": self.meta("JP_Organization_eCheckupGeneral"),
        });
        put(&mut found, "identifier", Some(ids).filter(|ids| !ids.is_empty()));
        let kind = concept("http://terminology.hl7.org/CodeSystem/organization-type", "prov", None);
        put(&mut found, "type", Some(vec![kind]));
        put(&mut found, "name", Some(organisation.name.as_deref().unwrap_or("（名称なし）")));
        put(&mut found, "telecom", telecoms(&organisation.telecoms, None));
        put(&mut found, "address", organisation.address.as_ref().map(|one| vec![address(one)]));
        found
    }

    fn encounter(&self) -> Node {
        let class = node!({
            "system": "http://jpfhir.jp/fhir/eCheckup/CodeSystem/encounter-category", "code": "checkup", "display": "健診",
        });
        node!({
            "resourceType": "Encounter",
            "id": self.uuid("encounter"),
            "meta": self.meta("JP_Encounter_eCheckupGeneral"),
            "status": "finished",
            "class": class,
            "subject": self.reference("patient"),
            "period": self.period(),
            "serviceProvider": self.reference("performer"),
        })
    }

    fn coverages(&mut self) {
        let document = self.document;
        let person = &document.person;
        let ticket = document.ticket.as_ref();
        let insurer = person
            .id(oid::INSURER)
            .or(ticket.and_then(|t| t.insurer.as_ref()).map(|id| id.extension.as_str()));
        let Some(insurer) = insurer else { return };
        if let Some(ticket) = ticket {
            let mut coverage = node!({
                "resourceType": "Coverage",
                "id": self.uuid("ticket"),
                "meta": self.meta("JP_CoverageService_eCheckupGeneral"),
                "status": "active",
                "type": node!({ "coding": node!([node!({ "system": system(oid::TICKET_KIND), "code": "1" })]) }),
            });
            let number = ticket.ids.first().map(|id| id.extension.as_str());
            put(&mut coverage, "subscriberId", number);
            put(&mut coverage, "beneficiary", Some(self.reference("patient")));
            put(
                &mut coverage,
                "period",
                ticket.until.as_deref().map(|until| node!({ "end": expanded(until) })),
            );
            put(&mut coverage, "payor", Some(vec![self.reference("insurer")]));
            self.entry("ticket", coverage);
        }
        let parts = [(oid::SYMBOL, SYMBOL), (oid::NUMBER, NUMBER), (oid::BRANCH, BRANCH)];
        let numbers = parts.map(|(root, url)| (url, person.id(root)));
        let extensions: Vec<Node> = numbers
            .iter()
            .filter_map(|(url, number)| Some(node!({ "url": *url, "valueString": (*number)? })))
            .collect();
        let quoted: Vec<String> =
            numbers.iter().map(|(_, number)| format!("\"{}\"", number.unwrap_or_default())).collect();
        let mut coverage = node!({
            "resourceType": "Coverage",
            "id": self.uuid("insurance"),
            "meta": self.meta("JP_CoverageInsurance_eCheckupGeneral"),
        });
        put(&mut coverage, "extension", Some(extensions).filter(|all| !all.is_empty()));
        put(&mut coverage, "identifier", Some(vec![node!({ "value": quoted.join(",") })]));
        put(&mut coverage, "status", Some("active"));
        let kind =
            node!({ "coding": node!([node!({ "system": "urn:oid:1.2.392.100495.20.2.61", "code": "1" })]) });
        put(&mut coverage, "type", Some(kind));
        put(&mut coverage, "subscriberId", Some(quoted.get(..2).unwrap_or_default().join(",")));
        put(&mut coverage, "beneficiary", Some(self.reference("patient")));
        put(&mut coverage, "dependent", person.id(oid::BRANCH));
        // The profile asks for a coding and leaves its code free.
        let unknown = Code::new("", RELATIONSHIP).named("不明");
        put(
            &mut coverage,
            "relationship",
            Some(concept_of(person.relationship.as_ref().unwrap_or(&unknown), "")),
        );
        put(&mut coverage, "payor", Some(vec![self.reference("insurer")]));
        self.entry("insurance", coverage);
        let insurer = node!({
            "resourceType": "Organization",
            "id": self.uuid("insurer"),
            "meta": self.meta("JP_OrganizationInsurer_eCheckupGeneral"),
            "identifier": node!([node!({ "system": INSURER_SYSTEM, "value": insurer })]),
            "type": node!([concept("http://terminology.hl7.org/CodeSystem/organization-type", "ins", None)]),
            "name": "保険者",
        });
        self.entry("insurer", insurer);
    }

    fn entry(&mut self, label: &str, resource: Node) {
        let url = format!("urn:uuid:{}", self.uuid(label));
        self.entries.push(node!({ "fullUrl": url, "resource": resource }));
    }

    fn reference(&self, label: &str) -> Node {
        node!({ "reference": format!("urn:uuid:{}", self.uuid(label)) })
    }

    fn meta(&self, profile: &str) -> Node {
        self.profile(&format!("{PROFILES}{profile}"))
    }

    fn profile(&self, url: &str) -> Node {
        node!({ "lastUpdated": self.moment(), "profile": node!([url]) })
    }

    fn period(&self) -> Node {
        let day = expanded(&self.document.date);
        node!({ "start": day.clone(), "end": day })
    }

    /// When the document was made, to the second.
    fn moment(&self) -> String {
        let document = self.document;
        let written = if document.authored.is_empty() { &document.created } else { &document.authored };
        let time = expanded(written);
        match time.len() {
            10 => format!("{time}T00:00:00+09:00"),
            19 => format!("{time}+09:00"),
            _ if time.len() > 19 => time,
            _ => "1970-01-01T00:00:00+09:00".to_owned(),
        }
    }

    /// A UUID of the document's own making: the same for the same document and part.
    fn uuid(&self, part: &str) -> String {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, &self.seed, part).hash(&mut hasher);
            hasher.finish()
        };
        let text = format!("{:016x}{:016x}", half(0), half(1));
        let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
        format!("{}-{}-8{}-8{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
    }
}

const INSURANCE: [&str; 4] = [oid::INSURER, oid::SYMBOL, oid::NUMBER, oid::BRANCH];
const RELATIONSHIP: &str = "1.2.392.100495.20.2.62";
