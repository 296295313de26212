//! From a bundle to a [`Document`].

use records::Node;

use super::{
    ABSENT, BRANCH, FLAG, INSTITUTION_SYSTEM, INSURER_SYSTEM, NAME_FORM, NUMBER, OID, ORDINAL, SECTIONS,
    SYMBOL,
};
use crate::{
    finding::{Finding, Rule},
    items,
    model::{
        Address, Code, Document, Identifier, Observation, Organisation, Range, Related, Section, Ticket,
        Value,
    },
    oid,
};

/// The check-up in a document bundle; beside it what a [`Document`] has no place for, as warnings.
///
/// # Errors
/// When the tree is no document bundle with a Composition.
pub fn from_bundle(bundle: &Node) -> Result<(Document, Vec<Finding>), Finding> {
    if bundle.text_at("resourceType") != Some("Bundle") || bundle.text_at("type") != Some("document") {
        return Err(Finding::error(
            Rule::Fhir,
            "Bundle",
            "this is no document bundle: expected resourceType Bundle and type document",
            "文書バンドルではありません（resourceType が Bundle、type が document であるべきです）",
        ));
    }
    let mut reader = Reader { bundle, notes: Vec::new() };
    let composition = reader.of_type("Composition").next();
    let Some(composition) = composition else {
        return Err(Finding::error(
            Rule::Fhir,
            "Bundle.entry",
            "the bundle has no Composition",
            "バンドルに Composition がありません",
        ));
    };
    let document = reader.document(composition);
    Ok((document, reader.notes))
}

struct Reader<'b> {
    bundle: &'b Node,
    notes: Vec<Finding>,
}

impl<'b> Reader<'b> {
    fn of_type(&self, kind: &'b str) -> impl Iterator<Item = &'b Node> + use<'b> {
        let resources = self.bundle.all("entry.resource").into_iter();
        resources.filter(move |resource| resource.text_at("resourceType") == Some(kind))
    }

    /// The resource that a reference in the bundle leads to.
    fn resolve(&self, reference: Option<&str>) -> Option<&'b Node> {
        let wanted = reference?;
        self.bundle.all("entry").into_iter().find_map(|entry| {
            let resource = entry.get("resource")?;
            let url = entry.text_at("fullUrl")?;
            let relative = || {
                let (kind, id) = (resource.text_at("resourceType")?, resource.text_at("id")?);
                Some(format!("{kind}/{id}"))
            };
            (url == wanted || relative().as_deref() == Some(wanted)).then_some(resource)
        })
    }

    fn document(&mut self, composition: &'b Node) -> Document {
        let timestamp = self.bundle.text_at("timestamp").or(composition.text_at("date")).unwrap_or_default();
        let written = composition.text_at("date").unwrap_or(timestamp);
        let mut document = Document {
            report: Code { system: oid::REPORT.to_owned(), ..coding(composition.at("category.coding")) },
            id: identifier(self.bundle.at("identifier")),
            title: owned(composition.text_at("title")),
            created: compact(written.get(..10).unwrap_or(written)),
            authored: compact(written),
            program: coding(composition.at("event.code.coding")),
            date: compact(composition.text_at("event.period.start").unwrap_or_default()),
            ..Document::default()
        };
        if document.date.is_empty() {
            let encounter = self.resolve(composition.text_at("encounter.reference"));
            let start = encounter.and_then(|encounter| encounter.text_at("period.start"));
            document.date = compact(start.unwrap_or_default());
        }
        if let Some(patient) = self.resolve(composition.text_at("subject.reference")) {
            person(patient, &mut document);
        } else {
            self.lost(
                "Composition.subject",
                "the person is not in the bundle",
                "受診者がバンドルにありません",
            );
        }
        self.organisations(composition, &mut document);
        self.coverages(&mut document);
        for section in composition.all("section") {
            let section = self.section(section, &document.date);
            match document.sections.iter_mut().find(|known| known.code.code == section.code.code) {
                Some(known) => known.observations.extend(section.observations),
                None => document.sections.push(section),
            }
        }
        document
    }

    fn organisations(&mut self, composition: &'b Node, document: &mut Document) {
        let encounter = self.resolve(composition.text_at("encounter.reference"));
        let provider = encounter.and_then(|encounter| encounter.text_at("serviceProvider.reference"));
        let custodian = self.resolve(composition.text_at("custodian.reference"));
        let performer = self.resolve(provider).or(custodian);
        document.performer = performer.map(organisation).unwrap_or_default();
        let authors = composition.all("author.reference").into_iter().filter_map(Node::as_str);
        let author = authors
            .filter_map(|reference| self.resolve(Some(reference)))
            .find(|author| author.text_at("resourceType") == Some("Organization"));
        document.author = author.map_or_else(|| document.performer.clone(), organisation);
    }

    fn coverages(&mut self, document: &mut Document) {
        for coverage in self.of_type("Coverage") {
            let kind = coding(coverage.at("type.coding"));
            let payor = self.resolve(coverage.text_at("payor.reference"));
            let insurer = payor.and_then(|payor| {
                let ids = payor.all("identifier");
                let number = ids.into_iter().find(|id| id.text_at("system") == Some(INSURER_SYSTEM));
                number.and_then(|id| id.text_at("value")).map(|number| Identifier::new(oid::INSURER, number))
            });
            if kind.system == oid::TICKET_KIND {
                let number = coverage.text_at("subscriberId").unwrap_or_default();
                document.ticket = Some(Ticket {
                    kind,
                    ids: vec![Identifier::new(oid::TICKET, number)],
                    until: coverage.text_at("period.end").map(compact),
                    insurer,
                });
                if coverage.text_at("period.start").is_some() {
                    self.lost(
                        "Coverage.period.start",
                        "the ticket's first day is not kept",
                        "受診券の開始日は残りません",
                    );
                }
                continue;
            }
            let extension = |url: &str| {
                let all = coverage.all("extension").into_iter();
                all.filter(|one| one.text_at("url") == Some(url)).find_map(|one| one.text_at("valueString"))
            };
            let ids = [(oid::SYMBOL, SYMBOL), (oid::NUMBER, NUMBER), (oid::BRANCH, BRANCH)];
            let numbers =
                ids.into_iter().filter_map(|(root, url)| Some(Identifier::new(root, extension(url)?)));
            let mut ids: Vec<Identifier> = insurer.into_iter().chain(numbers).collect();
            ids.append(&mut document.person.ids);
            document.person.ids = ids;
            document.person.relationship = coverage.at("relationship.coding").map(|code| coding(Some(code)));
            if coverage.get("period").is_some() {
                self.lost(
                    "Coverage.period",
                    "the insurance's days are not kept",
                    "保険の資格期間は残りません",
                );
            }
        }
    }

    fn section(&mut self, section: &'b Node, day: &str) -> Section {
        let own = coding(section.at("code.coding"));
        let whole = SECTIONS.iter().find(|(_, parts)| parts.iter().any(|(part, _)| *part == own.code));
        let code = match whole {
            Some((whole, _)) => {
                let name = items::meaning(oid::SECTION, whole).map(str::to_owned);
                Code { code: (*whole).to_owned(), system: oid::SECTION.to_owned(), name }
            }
            None => Code { system: oid::SECTION.to_owned(), ..own },
        };
        let mut observations = Vec::new();
        for reference in section.all("entry.reference").into_iter().filter_map(Node::as_str) {
            match self.resolve(Some(reference)) {
                Some(found) if found.text_at("resourceType") == Some("Observation") => {
                    let observation = self.observation(found, day);
                    observations.push(observation);
                }
                // Read with the person.
                Some(found) if found.text_at("resourceType") == Some("Coverage") => {}
                Some(found) => {
                    let kind = found.text_at("resourceType").unwrap_or("?");
                    self.lost(
                        &format!("Composition.section.entry {kind}"),
                        "not an Observation: not kept",
                        "Observation ではないため残りません",
                    );
                }
                None => {
                    self.lost(reference, "leads to no entry of the bundle", "バンドル内に参照先がありません")
                }
            }
        }
        let title = code.name.clone().or_else(|| owned(section.text_at("title")));
        Section { code, title, observations }
    }

    /// An item; with components it becomes a group, the item itself first.
    fn observation(&mut self, found: &'b Node, day: &str) -> Observation {
        let mut one = self.item(found);
        one.time =
            found.text_at("effectiveDateTime").map(compact).filter(|time| time.get(..8) != day.get(..8));
        one.method = found.at("method.coding").map(|method| coding(Some(method)));
        one.interpretations = found
            .all("interpretation.coding")
            .into_iter()
            .map(|flag| {
                let code = coding(Some(flag));
                let system = if code.system == FLAG { oid::INTERPRETATION } else { code.system.as_str() };
                Code { system: system.to_owned(), ..code }
            })
            .collect();
        one.range = found.at("referenceRange").and_then(range);
        let judge = found.text_at("performer.reference");
        let judge = self.resolve(judge).filter(|judge| judge.text_at("resourceType") == Some("Practitioner"));
        one.author = judge.and_then(|judge| name_of(judge, "IDE").or_else(|| name_of(judge, "SYL")));
        if found.get("specimen").is_some() {
            let code = &one.code.code;
            self.lost(
                &format!("Observation {code}.specimen"),
                "the JLAC10 code says it",
                "JLAC10コードの材料で表します",
            );
        }
        let parts = found.all("component");
        let members: Vec<&Node> = found
            .all("hasMember.reference")
            .into_iter()
            .filter_map(|reference| self.resolve(reference.as_str()))
            .collect();
        if parts.is_empty() && members.is_empty() {
            return one;
        }
        let parts = parts.into_iter().map(|part| self.item(part)).collect::<Vec<_>>();
        let members = members.into_iter().map(|member| self.observation(member, day)).collect::<Vec<_>>();
        let related = |observation| Related { relation: "COMP".to_owned(), observation };
        // An item that only holds its members together has a code of its own that hc08 does not know.
        let itself = Some(one).filter(|one| one.value.is_some() || one.not_done);
        Observation {
            related: itself.into_iter().chain(parts).chain(members).map(related).collect(),
            ..Observation::default()
        }
    }

    fn item(&mut self, found: &'b Node) -> Observation {
        let codes = found.all("code.coding");
        let own = codes
            .iter()
            .find(|code| code.text_at("system").and_then(|s| s.strip_prefix(OID)) == Some(oid::ITEM));
        let code = coding(own.or(codes.first()).copied());
        let absent = found.all("dataAbsentReason.coding");
        let reason =
            absent.iter().find(|code| code.text_at("system") == Some(ABSENT)).and_then(|c| c.text_at("code"));
        let value = value(found);
        let not_done = reason == Some("not-performed");
        if value.is_none()
            && reason.is_none()
            && found.get("component").is_none()
            && found.get("hasMember").is_none()
        {
            self.lost(
                &format!("Observation {}.value[x]", code.code),
                "no value that hc08 knows",
                "hc08 にない型の値です",
            );
        }
        let missing = reason.filter(|_| !not_done).map(|reason| Value::Missing {
            kind: "ST".to_owned(),
            flavour: if reason == "unknown" { "NI" } else { "NAV" }.to_owned(),
        });
        Observation { code, not_done, value: value.or(missing), ..Observation::default() }
    }

    fn lost(&mut self, path: &str, en: &str, ja: &str) {
        self.notes.push(Finding::error(Rule::Fhir, path, en, ja).warning());
    }
}

fn value(found: &Node) -> Option<Value> {
    if let Some(quantity) = found.get("valueQuantity") {
        let value = match quantity.get("value")? {
            Node::Number(number) => number.as_str().to_owned(),
            _ => return None,
        };
        let unit = quantity.text_at("code").or(quantity.text_at("unit")).unwrap_or_default();
        return Some(Value::Quantity {
            value,
            unit: if unit == "1" { String::new() } else { unit.to_owned() },
        });
    }
    if let Some(coded) = found.at("valueCodeableConcept.coding") {
        let ordinal = coded.all("extension.url").into_iter().any(|url| url.as_str() == Some(ORDINAL));
        return Some(Value::Coded { code: coding(Some(coded)), ordinal });
    }
    if let Some(Node::Number(number)) = found.get("valueInteger") {
        return Some(Value::Quantity { value: number.as_str().to_owned(), unit: String::new() });
    }
    let text = found.text_at("valueString").or(found.text_at("valueCodeableConcept.text"));
    let text = text.or(found.text_at("valueDateTime"));
    text.map(|text| Value::Text { text: text.to_owned() })
}

fn range(range: &Node) -> Option<Range> {
    let bound = |path| match range.at(path) {
        Some(Node::Number(number)) => Some(number.as_str().to_owned()),
        _ => None,
    };
    let (low, high) = (bound("low.value"), bound("high.value"));
    let unit = range.text_at("low.code").or(range.text_at("high.code")).or(range.text_at("low.unit"));
    (low.is_some() || high.is_some()).then(|| Range { low, high, unit: unit.unwrap_or_default().to_owned() })
}

fn person(patient: &Node, document: &mut Document) {
    let person = &mut document.person;
    person.name = name_of(patient, "SYL");
    person.written_name = name_of(patient, "IDE").or_else(|| owned(patient.text_at("name.text")));
    if person.name.is_none() {
        person.name = person.written_name.take();
    }
    let sex = match patient.text_at("gender") {
        Some("male") => "1",
        Some("female") => "2",
        _ => "",
    };
    person.sex = Code::new(sex, oid::SEX);
    person.birth = compact(patient.text_at("birthDate").unwrap_or_default());
    person.address = patient.at("address").map(address);
    person.telecoms = telecoms(patient);
    person.ids = patient.all("identifier").into_iter().filter_map(|id| identifier(Some(id))).collect();
}

fn organisation(found: &Node) -> Organisation {
    let ids = found.all("identifier").into_iter().filter_map(|id| {
        let system = id.text_at("system")?;
        let root = if system == INSTITUTION_SYSTEM { oid::INSTITUTION } else { system.strip_prefix(OID)? };
        Some(Identifier::new(root, id.text_at("value")?))
    });
    Organisation {
        ids: ids.collect(),
        name: owned(found.text_at("name")),
        telecoms: telecoms(found),
        address: found.at("address").map(address),
    }
}

/// The name that is written in kanji (`IDE`) or in kana (`SYL`).
fn name_of(person: &Node, form: &str) -> Option<String> {
    let written = |name: &&Node| {
        name.all("extension")
            .into_iter()
            .any(|one| one.text_at("url") == Some(NAME_FORM) && one.text_at("valueCode") == Some(form))
    };
    let name = person.all("name").into_iter().find(written)?;
    owned(name.text_at("text")).or_else(|| {
        let parts: Vec<&str> =
            [name.text_at("family"), name.text_at("given")].into_iter().flatten().collect();
        Some(parts.join(" ")).filter(|name| !name.is_empty())
    })
}

fn telecoms(found: &Node) -> Vec<String> {
    let phones = found.all("telecom").into_iter().filter(|one| one.text_at("system") == Some("phone"));
    phones.filter_map(|one| one.text_at("value")).map(|value| format!("tel:{value}")).collect()
}

fn address(found: &Node) -> Address {
    Address {
        postal_code: owned(found.text_at("postalCode")),
        text: found.text_at("text").unwrap_or_default().to_owned(),
    }
}

fn identifier(id: Option<&Node>) -> Option<Identifier> {
    let system = id?.text_at("system")?;
    Some(Identifier::new(system.strip_prefix(OID).unwrap_or(system), id?.text_at("value")?))
}

fn coding(code: Option<&Node>) -> Code {
    let text = |key| code.and_then(|code| code.text_at(key)).map(str::to_owned);
    let system = text("system").unwrap_or_default();
    Code {
        code: text("code").unwrap_or_default(),
        system: system.strip_prefix(OID).unwrap_or(&system).to_owned(),
        name: text("display"),
    }
}

/// A time of FHIR as HL7 V3 writes it: `20240405132817+0900`.
fn compact(time: &str) -> String {
    let (moment, zone) = match time.get(19..).and_then(|rest| rest.find(['+', '-'])) {
        Some(at) => time.split_at_checked(19 + at).unwrap_or((time, "")),
        None => (time, ""),
    };
    let digits: String = moment.chars().filter(char::is_ascii_digit).take(14).collect();
    digits + &zone.replace(':', "")
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned).filter(|text| !text.is_empty())
}
