//! What a claim says, held against itself and against the record it is for. How its sums hang together was not seen in
//! the ministry's own text: what does not agree is a warning.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use calendar::Date;
use codes::{InstitutionCode, InsurerNumber};

use super::{Claim, Payment, Price};
use crate::{
    finding::{Finding, Rule},
    model::Document,
    oid,
};

impl Claim {
    /// What is wrong with what the claim says; its shape is not looked at.
    pub fn check(&self) -> Vec<Finding> {
        let mut notes = Vec::new();
        self.sums(&mut notes);
        self.numbers(&mut notes);
        let days = [
            ("birthTime", "生年月日", Some(&self.birth)),
            ("checkupCard/effectiveTime", "有効期限", self.ticket.until.as_ref()),
        ];
        for (path, name, day) in days {
            let Some(Err(error)) = day.map(|day| Date::from_compact(day)) else { continue };
            notes.push(Finding::error(
                Rule::Header,
                path,
                format!("{name}: {error}"),
                format!("{name}：{}", error.ja()),
            ));
        }
        notes
    }

    fn sums(&self, notes: &mut Vec<Finding>) {
        let total = |yen: &mut dyn Iterator<Item = u64>| yen.fold(0, u64::saturating_add);
        let prices = total(&mut self.prices.iter().map(|Price { yen, .. }| *yen));
        let payments = total(&mut self.payments.iter().map(|Payment { yen, .. }| *yen));
        let amounts = &self.amounts;
        let due = amounts.cost.saturating_sub(amounts.payment).saturating_sub(amounts.by_other_program);
        for (path, name, stated, found) in [
            ("settlement/unitAmount", "単価合計", amounts.cost, prices),
            ("settlement/paymentAmount", "窓口負担額", amounts.payment, payments),
            ("settlement/claimAmount", "請求額", amounts.claim, due),
        ] {
            if stated != found {
                let en = format!("{name} is {stated} yen, its parts come to {found}");
                let ja = format!("{name}が {stated} 円です（内訳からは {found} 円）");
                notes.push(Finding::error(Rule::Consistency, path, en, ja).warning());
            }
        }
    }

    fn numbers(&self, notes: &mut Vec<Finding>) {
        let insurer = self.insured(oid::INSURER).map(|number| InsurerNumber::parse_lenient(number).map(drop));
        if let Some(Err(error)) = insurer {
            let path = "insuranceCard/insurerNumber";
            notes.push(Finding::error(Rule::CheckDigit, path, error.to_string(), error.ja()).warning());
        }
        let institution = self.institution.as_ref().filter(|id| id.extension.len() == 10);
        if let Some(Err(error)) = institution.map(|id| InstitutionCode::parse(&id.extension).map(drop)) {
            let path = "performerOrganization/id";
            notes.push(Finding::error(Rule::CheckDigit, path, error.to_string(), error.ja()).warning());
        }
    }

    /// Whom it is about.
    pub(crate) fn subject(&self) -> Subject {
        let id = |root| self.insured(root);
        Subject::new([id(oid::INSURER), id(oid::SYMBOL), id(oid::NUMBER)], &self.birth, &self.sex)
    }
}

/// Whom a record or a claim is about, without the differences of width and of leading zeros: a digest, to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subject(u64);

impl Subject {
    fn new(ids: [Option<&str>; 3], birth: &str, sex: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        for id in ids {
            kotoba::fold_width(id.unwrap_or_default().trim()).trim_start_matches('0').hash(&mut hasher);
        }
        (birth.get(..8).unwrap_or(birth), sex).hash(&mut hasher);
        Self(hasher.finish())
    }

    /// Whom a record is about.
    pub(crate) fn of(document: &Document) -> Self {
        let person = &document.person;
        let ids = [oid::INSURER, oid::SYMBOL, oid::NUMBER].map(|root| person.id(root));
        Self::new(ids, &person.birth, &person.sex.code)
    }
}
