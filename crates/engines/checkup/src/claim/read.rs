//! From the elements of cc08 to a [`Claim`].

use super::{Adjudication, Claim, ClaimTicket, Part, Payment, Price, Share};
use crate::{
    exchange::Amounts,
    model::{Address, Code, Identifier},
    xml::{Id, Tree},
};

impl Claim {
    /// A claim, and the paths of what the file holds besides.
    pub(crate) fn read(tree: &Tree<'_>) -> (Self, Vec<String>) {
        let mut reader = Reader { tree, unplaced: tree.asides() };
        let claim = reader.claim(tree.root());
        (claim, reader.unplaced)
    }
}

struct Reader<'t> {
    tree: &'t Tree<'t>,
    unplaced: Vec<String>,
}

impl Reader<'_> {
    fn claim(&mut self, root: Id) -> Claim {
        let mut claim = Claim::default();
        for child in self.tree.children(root) {
            match self.tree.name(child) {
                "encounter" => claim.service = self.of(child, "serviceEventType", "code"),
                "subjectPerson" => self.person(child, &mut claim),
                "checkupCard" => claim.ticket = self.ticket(child),
                "settlement" => self.settlement(child, &mut claim),
                "agencyAdjudicationResult" => claim.agency = Some(self.adjudication(child)),
                "insurerAdjudicationResult" => claim.insurer = Some(self.adjudication(child)),
                _ => self.unplaced.push(self.tree.path(child)),
            }
        }
        claim
    }

    fn person(&mut self, subject: Id, claim: &mut Claim) {
        for child in self.tree.children(subject) {
            match self.tree.name(child) {
                "performerOrganization" => {
                    claim.institution = self.tree.child(child, "id").map(|id| self.identifier(id));
                }
                "insuranceCard" => {
                    claim.insured = self.tree.children(child).map(|id| self.identifier(id)).collect();
                }
                "name" => claim.name = self.tree.text(child).to_owned(),
                "addr" => {
                    let postal = self.tree.child(child, "postalCode");
                    claim.address = Address {
                        postal_code: postal.map(|code| self.tree.text(code).to_owned()),
                        text: self.tree.text(child).to_owned(),
                    };
                }
                "birthTime" => claim.birth = self.attribute(child, "value"),
                "administrativeGender" => claim.sex = self.attribute(child, "code"),
                _ => self.unplaced.push(self.tree.path(child)),
            }
        }
    }

    fn ticket(&mut self, card: Id) -> ClaimTicket {
        let mut ticket = ClaimTicket::default();
        for child in self.tree.children(card) {
            let name = self.tree.name(child);
            match name {
                "id" => ticket.id = Some(self.identifier(child)),
                "effectiveTime" => ticket.until = Some(self.of(child, "high", "value")),
                "chargeTypeHumanDryDock" => {
                    ticket.dry_dock = self.tree.child(child, "copayment").map(|share| self.share(share));
                    let limit = self.tree.at(child, &["maxInsuranceLimit", "amount"]);
                    ticket.dry_dock_limit = limit.map(|amount| self.attribute(amount, "value"));
                }
                _ => match Part::ALL.into_iter().find(|part| part.charge() == name) {
                    Some(part) => ticket.shares.push((part, self.share(child))),
                    None => self.unplaced.push(self.tree.path(child)),
                },
            }
        }
        ticket
    }

    fn settlement(&mut self, settlement: Id, claim: &mut Claim) {
        let tree = self.tree;
        for child in tree.children(settlement) {
            let name = tree.name(child);
            let amounts: &mut Amounts = &mut claim.amounts;
            match name {
                "claimType" => claim.kind = self.attribute(child, "code"),
                "commissionType" => claim.commission = self.attribute(child, "code"),
                "unitAmount" => amounts.cost = self.yen(child),
                "paymentAmount" => amounts.payment = self.yen(child),
                "paymentByOtherProgram" => amounts.by_other_program = self.yen(child),
                "claimAmount" => amounts.claim = self.yen(child),
                _ => {
                    let yen = || tree.child(child, "amount").map_or(0, |amount| self.yen(amount));
                    if let Some(part) = Part::ALL.into_iter().find(|part| part.price() == name) {
                        let item = tree.child(child, "observation").map(|item| {
                            Code::new(self.attribute(item, "code"), self.attribute(item, "codeSystem"))
                        });
                        claim.prices.push(Price { part, yen: yen(), item });
                    } else if let Some(part) = Part::ALL.into_iter().find(|part| part.payment() == name) {
                        claim.payments.push(Payment { part, yen: yen() });
                    } else {
                        self.unplaced.push(tree.path(child));
                    }
                }
            }
        }
    }

    fn adjudication(&self, id: Id) -> Adjudication {
        let reason = self.tree.child(id, "reason");
        Adjudication {
            interaction: self.of(id, "interactionType", "code"),
            date: self.of(id, "recordDate", "value"),
            reason: reason.and_then(|reason| self.tree.attribute(reason, "code")).map(str::to_owned),
            text: reason
                .and_then(|reason| self.tree.child(reason, "text"))
                .map(|text| self.tree.text(text).to_owned()),
        }
    }

    fn share(&self, id: Id) -> Share {
        let of = |name| self.tree.child(id, name).map(|amount| self.attribute(amount, "value"));
        Share { code: self.attribute(id, "code"), amount: of("amount"), rate: of("rate") }
    }

    fn identifier(&self, id: Id) -> Identifier {
        Identifier::new(self.attribute(id, "root"), self.attribute(id, "extension"))
    }

    fn yen(&self, id: Id) -> u64 {
        self.attribute(id, "value").parse().unwrap_or(0)
    }

    fn of(&self, id: Id, child: &str, attribute: &str) -> String {
        self.tree.child(id, child).map(|child| self.attribute(child, attribute)).unwrap_or_default()
    }

    fn attribute(&self, id: Id, name: &str) -> String {
        self.tree.attribute(id, name).unwrap_or_default().trim().to_owned()
    }
}
