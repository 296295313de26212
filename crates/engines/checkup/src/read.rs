//! From the elements of hc08 to a [`Document`].

use crate::{
    model::{
        Address, Code, Document, Identifier, Observation, Organisation, Person, Range, Related, Section,
        Ticket, Value,
    },
    xml::{Id, Tree},
};

/// A document, and the paths of what it holds besides what a [`Document`] has a place for.
pub(crate) fn document(tree: &Tree<'_>) -> (Document, Vec<String>) {
    let mut reader = Reader { tree, unplaced: tree.asides() };
    let document = reader.document(tree.root());
    (document, reader.unplaced)
}

struct Reader<'t> {
    tree: &'t Tree<'t>,
    unplaced: Vec<String>,
}

impl Reader<'_> {
    fn document(&mut self, root: Id) -> Document {
        let mut document = Document::default();
        for child in self.tree.children(root) {
            match self.tree.name(child) {
                "typeId" | "confidentialityCode" | "languageCode" | "realmCode" | "templateId" => {}
                "id" => document.id = self.identifier(child),
                "code" => document.report = self.code(child),
                "title" => document.title = self.words(child),
                "effectiveTime" => document.created = self.value(child),
                "recordTarget" => document.person = self.person(child),
                "author" => {
                    document.authored =
                        self.tree.child(child, "time").map(|id| self.value(id)).unwrap_or_default();
                    let path = ["assignedAuthor", "representedOrganization"];
                    document.author = self.organisation_at(child, &path).unwrap_or_default();
                }
                "custodian" => {
                    let path = ["assignedCustodian", "representedCustodianOrganization"];
                    document.custodian =
                        self.organisation_at(child, &path).filter(|o| *o != Organisation::default());
                }
                "participant" => document.ticket = Some(self.ticket(child)),
                "documentationOf" => self.event(child, &mut document),
                "component" => document.sections = self.sections(child),
                _ => self.unplaced.push(self.tree.path(child)),
            }
        }
        document
    }

    fn person(&mut self, target: Id) -> Person {
        let mut person = Person::default();
        let Some(role) = self.tree.child(target, "patientRole") else { return person };
        for child in self.tree.children(role) {
            match self.tree.name(child) {
                "id" => person.ids.extend(self.identifier(child)),
                "addr" => person.address = Some(self.address(child)),
                "telecom" => person.telecoms.push(self.value(child)),
                "patient" => {
                    for child in self.tree.children(child) {
                        match self.tree.name(child) {
                            "name" => person.name = self.words(child),
                            "administrativeGenderCode" => person.sex = self.code(child),
                            "birthTime" => person.birth = self.value(child),
                            _ => self.unplaced.push(self.tree.path(child)),
                        }
                    }
                }
                _ => self.unplaced.push(self.tree.path(child)),
            }
        }
        person
    }

    fn organisation_at(&mut self, id: Id, path: &[&str]) -> Option<Organisation> {
        let found = self.tree.at(id, path)?;
        let mut organisation = Organisation::default();
        for child in self.tree.children(found) {
            match self.tree.name(child) {
                "id" => organisation.ids.extend(self.identifier(child)),
                "name" => organisation.name = self.words(child),
                "telecom" => organisation.telecoms.push(self.value(child)),
                "addr" => organisation.address = Some(self.address(child)),
                _ => self.unplaced.push(self.tree.path(child)),
            }
        }
        Some(organisation)
    }

    fn ticket(&mut self, participant: Id) -> Ticket {
        let mut ticket = Ticket::default();
        for child in self.tree.children(participant) {
            match self.tree.name(child) {
                "functionCode" => ticket.kind = self.code(child),
                "time" => ticket.until = self.tree.child(child, "high").map(|high| self.value(high)),
                "associatedEntity" => {
                    ticket.ids = self.tree.named(child, "id").filter_map(|id| self.identifier(id)).collect();
                    let insurer = self.tree.at(child, &["scopingOrganization", "id"]);
                    ticket.insurer = insurer.and_then(|id| self.identifier(id));
                }
                _ => self.unplaced.push(self.tree.path(child)),
            }
        }
        ticket
    }

    fn event(&mut self, documentation: Id, document: &mut Document) {
        let Some(event) = self.tree.child(documentation, "serviceEvent") else { return };
        for child in self.tree.children(event) {
            match self.tree.name(child) {
                "code" => document.program = self.code(child),
                "effectiveTime" => document.date = self.time(child),
                "performer" => {
                    let path = ["assignedEntity", "representedOrganization"];
                    document.performer = self.organisation_at(child, &path).unwrap_or_default();
                }
                _ => self.unplaced.push(self.tree.path(child)),
            }
        }
    }

    fn sections(&mut self, component: Id) -> Vec<Section> {
        let Some(body) = self.tree.child(component, "structuredBody") else { return Vec::new() };
        let sections: Vec<Id> =
            self.tree.named(body, "component").filter_map(|one| self.tree.child(one, "section")).collect();
        sections.into_iter().map(|section| self.section(section)).collect()
    }

    fn section(&mut self, id: Id) -> Section {
        let mut section = Section::default();
        for child in self.tree.children(id) {
            match self.tree.name(child) {
                "code" => section.code = self.code(child),
                "title" => section.title = self.words(child),
                // What people read repeats what the entries say.
                "text" => {}
                "entry" => {
                    if let Some(observation) = self.tree.child(child, "observation") {
                        let observation = self.observation(observation);
                        section.observations.push(observation);
                    }
                }
                _ => self.unplaced.push(self.tree.path(child)),
            }
        }
        section
    }

    fn observation(&mut self, id: Id) -> Observation {
        let not_done = self.tree.attribute(id, "negationInd") == Some("true");
        let mut found = Observation { not_done, ..Observation::default() };
        for child in self.tree.children(id) {
            match self.tree.name(child) {
                "code" => found.code = self.code(child),
                "value" if found.value.is_none() => found.value = self.found(child),
                "effectiveTime" => found.time = Some(self.time(child)),
                "interpretationCode" => {
                    let code = self.code(child);
                    found.interpretations.push(code);
                }
                "methodCode" if found.method.is_none() => found.method = Some(self.code(child)),
                "author" => {
                    let name = self.tree.at(child, &["assignedAuthor", "assignedPerson", "name"]);
                    found.author = name.and_then(|name| self.words(name));
                }
                "referenceRange" => found.range = self.range(child),
                "entryRelationship" => {
                    let relation = self.tree.attribute(child, "typeCode").unwrap_or("COMP").to_owned();
                    if let Some(inner) = self.tree.child(child, "observation") {
                        let observation = self.observation(inner);
                        found.related.push(Related { relation, observation });
                    }
                }
                _ => self.unplaced.push(self.tree.path(child)),
            }
        }
        found
    }

    fn found(&mut self, id: Id) -> Option<Value> {
        let kind = self.tree.element(id)?.kind.as_ref().map_or("", |(_, kind)| kind.as_ref());
        if let Some(flavour) = self.tree.attribute(id, "nullFlavor") {
            return Some(Value::Missing { kind: kind.to_owned(), flavour: flavour.to_owned() });
        }
        match kind {
            "PQ" | "INT" | "REAL" => {
                let unit = self.tree.attribute(id, "unit").unwrap_or_default().to_owned();
                Some(Value::Quantity { value: self.value(id), unit })
            }
            "CD" | "CE" | "CV" | "CO" => Some(Value::Coded { code: self.code(id), ordinal: kind == "CO" }),
            "BL" | "TS" => Some(Value::Text { text: self.value(id) }),
            "" | "ST" | "ED" | "SC" => Some(Value::Text { text: self.tree.text(id).to_owned() }),
            _ => {
                self.unplaced.push(self.tree.path(id));
                None
            }
        }
    }

    fn range(&mut self, id: Id) -> Option<Range> {
        let interval = self.tree.at(id, &["observationRange", "value"])?;
        let bound = |name| self.tree.child(interval, name);
        let (low, high) = (bound("low"), bound("high"));
        let unit = low.or(high).and_then(|bound| self.tree.attribute(bound, "unit")).unwrap_or_default();
        Some(Range {
            low: low.map(|bound| self.value(bound)),
            high: high.map(|bound| self.value(bound)),
            unit: unit.to_owned(),
        })
    }

    /// A number with its issuer; none where there is neither.
    fn identifier(&self, id: Id) -> Option<Identifier> {
        let root = self.tree.attribute(id, "root")?;
        Some(Identifier::new(root, self.tree.attribute(id, "extension").unwrap_or_default()))
    }

    fn code(&self, id: Id) -> Code {
        let attribute = |name| self.tree.attribute(id, name).map(|value| value.trim().to_owned());
        Code {
            code: attribute("code").unwrap_or_default(),
            system: attribute("codeSystem").unwrap_or_default(),
            name: attribute("displayName").filter(|name| !name.is_empty()),
        }
    }

    fn address(&self, id: Id) -> Address {
        let postal_code = self.tree.child(id, "postalCode").map(|code| self.tree.text(code).to_owned());
        let parts = self.tree.children(id).filter(|part| self.tree.name(*part) != "postalCode");
        let mut text: String = parts.map(|part| self.tree.text(part)).collect();
        text.push_str(self.tree.text(id));
        Address { postal_code, text }
    }

    /// A name: its own text, or the texts of its parts with a space between them.
    fn words(&self, id: Id) -> Option<String> {
        let parts: Vec<&str> = self.tree.children(id).map(|part| self.tree.text(part)).collect();
        let text = if parts.is_empty() { self.tree.text(id).to_owned() } else { parts.join(" ") };
        Some(text).filter(|text| !text.is_empty())
    }

    fn value(&self, id: Id) -> String {
        self.tree.attribute(id, "value").unwrap_or_default().trim().to_owned()
    }

    /// A point in time, or the beginning of a span.
    fn time(&self, id: Id) -> String {
        match self.tree.child(id, "low") {
            Some(low) => self.value(low),
            None => self.value(id),
        }
    }
}
