//! From a [`Document`] to hc08, as the schemas of both generations take it.

use crate::{
    model::{Address, Code, Document, Identifier, Observation, Organisation, Section, Ticket, Value},
    oid,
    xml::XmlWriter,
};

impl Document {
    /// The document as hc08 XML in UTF-8.
    pub fn to_xml(&self) -> String {
        let mut xml = XmlWriter::new();
        xml.open(
            "ClinicalDocument",
            &[
                ("xmlns", Some("urn:hl7-org:v3")),
                ("xmlns:xsi", Some("http://www.w3.org/2001/XMLSchema-instance")),
                ("xsi:schemaLocation", Some("urn:hl7-org:v3 ../XSD/hc08_V08.xsd")),
            ],
        );
        self.header(&mut xml);
        xml.open("component", &[]);
        xml.open("structuredBody", &[]);
        for one in &self.sections {
            section(&mut xml, one);
        }
        if self.sections.is_empty() {
            section(&mut xml, &Section { code: Code::new("01010", oid::SECTION), ..Section::default() });
        }
        xml.finish()
    }

    fn header(&self, xml: &mut XmlWriter) {
        let root = [("root", Some("2.16.840.1.113883.1.3")), ("extension", Some("POCD_HD000040"))];
        xml.empty("typeId", &root);
        match self.id.as_ref().filter(|id| !id.root.contains(':')) {
            Some(id) => identifier(xml, id),
            None => xml.empty("id", &[("nullFlavor", Some("NI"))]),
        }
        code(xml, "code", &self.report, oid::REPORT);
        if let Some(title) = &self.title {
            xml.text("title", &[], title);
        }
        xml.empty("effectiveTime", &[("value", some(&self.created))]);
        xml.empty("confidentialityCode", &[("code", Some("N")), ("codeSystem", Some(oid::CONFIDENTIALITY))]);
        self.person(xml);
        xml.open("author", &[]);
        let authored = if self.authored.is_empty() { &self.created } else { &self.authored };
        xml.empty("time", &[("value", some(authored))]);
        xml.open("assignedAuthor", &[]);
        xml.empty("id", &[("nullFlavor", Some("NI"))]);
        organisation(xml, "representedOrganization", &self.author, false);
        xml.close();
        xml.close();
        xml.open("custodian", &[]);
        xml.open("assignedCustodian", &[]);
        let nobody = Organisation::default();
        organisation(
            xml,
            "representedCustodianOrganization",
            self.custodian.as_ref().unwrap_or(&nobody),
            true,
        );
        xml.close();
        xml.close();
        if let Some(one) = &self.ticket {
            ticket(xml, one);
        }
        self.event(xml);
    }

    fn person(&self, xml: &mut XmlWriter) {
        let person = &self.person;
        xml.open("recordTarget", &[]);
        xml.open("patientRole", &[]);
        identifiers(xml, &person.ids);
        if let Some(one) = &person.address {
            address(xml, one);
        }
        for telecom in &person.telecoms {
            xml.empty("telecom", &[("value", some(telecom))]);
        }
        xml.open("patient", &[]);
        if let Some(name) = &person.name {
            xml.text("name", &[], name);
        }
        code(xml, "administrativeGenderCode", &person.sex, oid::SEX);
        xml.empty("birthTime", &[("value", some(&person.birth))]);
        xml.close();
        xml.close();
        xml.close();
    }

    fn event(&self, xml: &mut XmlWriter) {
        xml.open("documentationOf", &[]);
        xml.open("serviceEvent", &[]);
        code(xml, "code", &self.program, oid::PROGRAM);
        xml.empty("effectiveTime", &[("value", some(&self.date))]);
        xml.open("performer", &[("typeCode", Some("PRF"))]);
        xml.open("assignedEntity", &[]);
        xml.empty("id", &[("nullFlavor", Some("NI"))]);
        organisation(xml, "representedOrganization", &self.performer, false);
        xml.close();
        xml.close();
        xml.close();
        xml.close();
    }
}

/// An organisation; `one` allows it a single telephone and makes it keep an address behind it (custodian).
fn organisation(xml: &mut XmlWriter, name: &'static str, organisation: &Organisation, one: bool) {
    xml.open(name, &[]);
    identifiers(xml, &organisation.ids);
    if let Some(name) = &organisation.name {
        xml.text("name", &[], name);
    }
    for telecom in organisation.telecoms.iter().take(if one { 1 } else { usize::MAX }) {
        xml.empty("telecom", &[("value", some(telecom))]);
    }
    if let Some(one) = &organisation.address {
        address(xml, one);
    }
    xml.close();
}

fn ticket(xml: &mut XmlWriter, ticket: &Ticket) {
    xml.open("participant", &[("typeCode", Some("HLD"))]);
    code(xml, "functionCode", &ticket.kind, oid::TICKET_KIND);
    if let Some(until) = &ticket.until {
        xml.open("time", &[]);
        xml.empty("high", &[("value", some(until))]);
        xml.close();
    }
    xml.open("associatedEntity", &[("classCode", Some("IDENT"))]);
    identifiers(xml, &ticket.ids);
    if let Some(insurer) = &ticket.insurer {
        xml.open("scopingOrganization", &[]);
        identifier(xml, insurer);
        xml.close();
    }
    xml.close();
    xml.close();
}

fn section(xml: &mut XmlWriter, section: &Section) {
    xml.open("component", &[]);
    xml.open("section", &[]);
    code(xml, "code", &section.code, oid::SECTION);
    if let Some(title) = &section.title {
        xml.text("title", &[], title);
    }
    xml.empty("text", &[]);
    for one in &section.observations {
        xml.open("entry", &[]);
        observation(xml, one);
        xml.close();
    }
    xml.close();
    xml.close();
}

fn observation(xml: &mut XmlWriter, found: &Observation) {
    let negation = found.not_done.then_some("true");
    xml.open(
        "observation",
        &[("classCode", Some("OBS")), ("moodCode", Some("EVN")), ("negationInd", negation)],
    );
    if found.is_group() {
        xml.empty("code", &[("nullFlavor", Some("NA"))]);
    } else {
        code(xml, "code", &found.code, oid::ITEM);
    }
    if let Some(time) = &found.time {
        xml.empty("effectiveTime", &[("value", some(time))]);
    }
    if let Some(one) = &found.value {
        value(xml, one);
    }
    for interpretation in &found.interpretations {
        code(xml, "interpretationCode", interpretation, "");
    }
    if let Some(method) = &found.method {
        code(xml, "methodCode", method, oid::METHOD);
    }
    if let Some(author) = &found.author {
        xml.open("author", &[]);
        xml.empty("time", &[("nullFlavor", Some("NI"))]);
        xml.open("assignedAuthor", &[]);
        xml.empty("id", &[("nullFlavor", Some("NI"))]);
        xml.open("assignedPerson", &[]);
        xml.text("name", &[], author);
        xml.close();
        xml.close();
        xml.close();
    }
    for related in &found.related {
        xml.open("entryRelationship", &[("typeCode", Some(&related.relation))]);
        observation(xml, &related.observation);
        xml.close();
    }
    if let Some(range) = &found.range {
        xml.open("referenceRange", &[]);
        xml.open("observationRange", &[("classCode", Some("OBS")), ("moodCode", Some("EVN.CRT"))]);
        xml.open("value", &[("xsi:type", Some("IVL_PQ"))]);
        for (name, bound) in [("low", &range.low), ("high", &range.high)] {
            if let Some(bound) = bound {
                xml.empty(name, &[("value", some(bound)), ("unit", some(&range.unit))]);
            }
        }
        xml.close();
        xml.close();
        xml.close();
    }
    xml.close();
}

fn value(xml: &mut XmlWriter, value: &Value) {
    match value {
        Value::Quantity { value, unit } => {
            xml.empty("value", &[("xsi:type", Some("PQ")), ("value", some(value)), ("unit", some(unit))]);
        }
        Value::Coded { code, ordinal } => {
            let kind = if *ordinal { "CO" } else { "CD" };
            xml.empty(
                "value",
                &[
                    ("xsi:type", Some(kind)),
                    ("code", some(&code.code)),
                    ("codeSystem", some(&code.system)),
                    ("displayName", code.name.as_deref()),
                ],
            );
        }
        Value::Text { text } => xml.text("value", &[("xsi:type", Some("ST"))], text),
        Value::Missing { kind, flavour } => {
            let kind = if kind.is_empty() { "ST" } else { kind };
            xml.empty("value", &[("xsi:type", Some(kind)), ("nullFlavor", some(flavour))]);
        }
    }
}

fn identifiers(xml: &mut XmlWriter, ids: &[Identifier]) {
    for id in ids {
        identifier(xml, id);
    }
    if ids.is_empty() {
        xml.empty("id", &[("nullFlavor", Some("NI"))]);
    }
}

fn identifier(xml: &mut XmlWriter, id: &Identifier) {
    xml.empty("id", &[("root", some(&id.root)), ("extension", some(&id.extension))]);
}

/// A code; `system` where the document names none.
fn code(xml: &mut XmlWriter, name: &'static str, code: &Code, system: &str) {
    let own = if code.system.is_empty() { system } else { &code.system };
    let system = some(own).filter(|_| !code.code.is_empty());
    if code.code.is_empty() && name == "code" {
        return;
    }
    xml.empty(
        name,
        &[("code", some(&code.code)), ("codeSystem", system), ("displayName", code.name.as_deref())],
    );
}

fn address(xml: &mut XmlWriter, address: &Address) {
    xml.mixed("addr", address.postal_code.as_deref().map(|code| ("postalCode", code)), &address.text);
}

/// An attribute's value, none where it is empty: no attribute of hc08 may be.
fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
