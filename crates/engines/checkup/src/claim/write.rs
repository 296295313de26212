//! From a [`Claim`] to cc08.

use super::{Adjudication, Claim, ClaimTicket, Part, Share};
use crate::{
    model::{Address, Identifier},
    oid,
    validate::Generation,
    xml::XmlWriter,
};

impl Claim {
    /// The file in the namespace of a generation.
    pub fn to_xml(&self, generation: Generation) -> String {
        let mut xml = XmlWriter::around("checkupClaim", "../XSD/cc08_V08.xsd", generation);
        xml.open("encounter", &[]);
        xml.empty("serviceEventType", &[("code", Some(&self.service))]);
        xml.close();
        self.person(&mut xml);
        ticket(&mut xml, &self.ticket);
        self.settlement(&mut xml);
        for (name, result) in
            [("agencyAdjudicationResult", &self.agency), ("insurerAdjudicationResult", &self.insurer)]
        {
            if let Some(result) = result {
                adjudication(&mut xml, name, result);
            }
        }
        xml.finish()
    }

    fn person(&self, xml: &mut XmlWriter) {
        xml.open("subjectPerson", &[]);
        xml.open("performerOrganization", &[]);
        if let Some(institution) = &self.institution {
            identifier(xml, "id", institution);
        }
        xml.close();
        xml.open("insuranceCard", &[]);
        for (name, root) in
            [("insurerNumber", oid::INSURER), ("symbol", oid::SYMBOL), ("number", oid::NUMBER)]
        {
            if let Some(id) = self.insured.iter().find(|id| id.root == root) {
                identifier(xml, name, id);
            }
        }
        xml.close();
        xml.text("name", &[], &self.name);
        let Address { postal_code, text } = &self.address;
        xml.mixed("addr", postal_code.as_deref().map(|code| ("postalCode", code)), text);
        xml.empty("birthTime", &[("value", Some(&self.birth))]);
        xml.empty("administrativeGender", &[("code", Some(&self.sex))]);
        xml.close();
    }

    fn settlement(&self, xml: &mut XmlWriter) {
        xml.open("settlement", &[]);
        xml.empty("claimType", &[("code", Some(&self.kind))]);
        xml.empty("commissionType", &[("code", Some(&self.commission))]);
        for part in Part::ALL {
            for price in self.prices.iter().filter(|price| price.part == part) {
                xml.open(part.price(), &[]);
                xml.empty("amount", &[("value", Some(&price.yen.to_string()))]);
                if let Some(item) = &price.item {
                    let system = Some(item.system.as_str()).filter(|system| !system.is_empty());
                    xml.empty("observation", &[("code", Some(&item.code)), ("codeSystem", system)]);
                }
                xml.close();
            }
        }
        for part in Part::ALL {
            for payment in self.payments.iter().filter(|payment| payment.part == part) {
                xml.open(part.payment(), &[]);
                xml.empty("amount", &[("value", Some(&format!("{:06}", payment.yen)))]);
                xml.close();
            }
        }
        let amounts = &self.amounts;
        let other = Some(amounts.by_other_program).filter(|yen| *yen > 0);
        for (name, yen) in [
            ("unitAmount", Some(amounts.cost)),
            ("paymentAmount", Some(amounts.payment)),
            ("paymentByOtherProgram", other),
            ("claimAmount", Some(amounts.claim)),
        ] {
            if let Some(yen) = yen {
                xml.empty(name, &[("value", Some(&yen.to_string()))]);
            }
        }
        xml.close();
    }
}

fn ticket(xml: &mut XmlWriter, ticket: &ClaimTicket) {
    xml.open("checkupCard", &[]);
    if let Some(id) = &ticket.id {
        identifier(xml, "id", id);
    }
    if let Some(until) = &ticket.until {
        xml.open("effectiveTime", &[]);
        xml.empty("high", &[("value", Some(until))]);
        xml.close();
    }
    for part in Part::ALL {
        if let Some((_, one)) = ticket.shares.iter().find(|(of, _)| *of == part) {
            share(xml, part.charge(), one);
        }
    }
    if ticket.dry_dock.is_some() || ticket.dry_dock_limit.is_some() {
        xml.open("chargeTypeHumanDryDock", &[]);
        if let Some(one) = &ticket.dry_dock {
            share(xml, "copayment", one);
        }
        if let Some(limit) = &ticket.dry_dock_limit {
            xml.open("maxInsuranceLimit", &[("code", Some("4"))]);
            xml.empty("amount", &[("value", Some(limit))]);
            xml.close();
        }
        xml.close();
    }
    xml.close();
}

fn share(xml: &mut XmlWriter, name: &'static str, share: &Share) {
    xml.open(name, &[("code", Some(&share.code))]);
    if let Some(amount) = &share.amount {
        xml.empty("amount", &[("value", Some(amount))]);
    } else if let Some(rate) = &share.rate {
        xml.empty("rate", &[("value", Some(rate))]);
    }
    xml.close();
}

fn adjudication(xml: &mut XmlWriter, name: &'static str, result: &Adjudication) {
    xml.open(name, &[]);
    xml.empty("interactionType", &[("code", Some(&result.interaction))]);
    xml.empty("recordDate", &[("value", Some(&result.date))]);
    xml.open("reason", &[("code", result.reason.as_deref())]);
    if let Some(text) = &result.text {
        xml.text("text", &[], text);
    }
    xml.close();
    xml.close();
}

fn identifier(xml: &mut XmlWriter, name: &'static str, id: &Identifier) {
    xml.empty(name, &[("root", Some(&id.root)), ("extension", Some(&id.extension))]);
}
