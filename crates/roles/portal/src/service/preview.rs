//! Who could see what today, by the engine that decides in earnest.

use calendar::Timestamp;
use codes::{OrgId, OrgKind};
use consent::{
    ActReason, Asker, Category, Consents, InstitutionKind, Item, Label, Labels, Profession, RuleId, Why,
};

use super::Service;

/// Ordinary information, then one row for each sensitivity label.
pub fn labels() -> impl Iterator<Item = Labels> {
    std::iter::once(Labels::NONE).chain(Labels::SENSITIVE.iter().map(|label| Labels::of(&[label])))
}

/// What one institution could see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Who.
    pub organisation: OrgId,
    /// What kind of institution it is.
    pub kind: InstitutionKind,
    /// For each of [`labels`], the decision for each [`Category`].
    pub rows: Vec<Vec<Cell>>,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The kind of information.
    pub category: Category,
    /// Whether it could be seen.
    pub seen: bool,
    /// Why.
    pub why: Why,
    /// The rule that decided.
    pub rule: Option<RuleId>,
}

impl Service {
    /// What every institution of the directory could see of the person at `at`, if it had the person at its desk: of
    /// records that `author` made, or for the portal itself that any institution made that no rule names.
    pub fn sights(&self, will: &Consents, reason: ActReason, at: Timestamp, author: &OrgId) -> Vec<Sight> {
        let compiled = will.compile(at);
        let institutions = self.policy.directory().of_kind(OrgKind::Institution);
        let sight = |org: &std::sync::Arc<access::Organisation>| {
            let kind = org.institution?;
            let mut asker = Asker::new(org.id, kind);
            asker.profession = Some(who_asks(kind));
            asker.networks.clone_from(&org.networks);
            let cell = |category: Category, labels: Labels| {
                let item =
                    Item { author: Some(author), date: Some(at.date()), ..Item::new(category, labels) };
                let decision = compiled.decide(&asker, reason, &item);
                Cell {
                    category,
                    seen: decision.is_permit(),
                    why: decision.why,
                    rule: decision.rule.map(|rule| rule.id.clone()),
                }
            };
            let row = |labels| Category::ALL.iter().map(|category| cell(*category, labels)).collect();
            Some(Sight { organisation: org.id, kind, rows: labels().map(row).collect() })
        };
        institutions.iter().filter_map(sight).collect()
    }
}

impl Sight {
    /// Whether the other could see the very same.
    pub fn rows_alike(&self, other: &Self) -> bool {
        let seen =
            |sight: &Self| -> Vec<bool> { sight.rows.iter().flatten().map(|cell| cell.seen).collect() };
        seen(self) == seen(other)
    }

    /// The kinds of ordinary information that could be seen.
    pub fn ordinary(&self) -> Vec<Category> {
        self.rows.first().map(|row| seen(row)).unwrap_or_default()
    }

    /// The sensitivity labels of which something could be seen.
    pub fn sensitive(&self) -> Vec<Label> {
        let rows = Labels::SENSITIVE.iter().zip(self.rows.iter().skip(1));
        rows.filter(|(_, row)| row.iter().any(|cell| cell.seen)).map(|(label, _)| label).collect()
    }

    /// The rules that decided, each once.
    pub fn rules(&self) -> Vec<RuleId> {
        let mut rules: Vec<RuleId> =
            self.rows.iter().flatten().filter_map(|cell| cell.rule.clone()).collect();
        rules.sort();
        rules.dedup();
        rules
    }

    /// How many decisions let something be seen.
    pub fn count(&self) -> usize {
        self.rows.iter().flatten().filter(|cell| cell.seen).count()
    }
}

fn seen(row: &[Cell]) -> Vec<Category> {
    row.iter().filter(|cell| cell.seen).map(|cell| cell.category).collect()
}

/// The institutions whose records a rule that stands treats apart.
pub fn authors(will: &Consents, at: Timestamp) -> Vec<OrgId> {
    let named =
        will.in_force(at).flat_map(|rule| &rule.what.authors).filter_map(|author| author.organisation);
    let mut named: Vec<OrgId> = named.collect();
    named.sort();
    named.dedup();
    named
}

/// Who usually asks there.
fn who_asks(kind: InstitutionKind) -> Profession {
    match kind {
        InstitutionKind::Dental => Profession::Dentist,
        InstitutionKind::Pharmacy => Profession::Pharmacist,
        InstitutionKind::HomeNursing => Profession::Nurse,
        InstitutionKind::CareProvider => Profession::CareManager,
        InstitutionKind::Ambulance => Profession::Paramedic,
        InstitutionKind::PublicHealth => Profession::PublicHealthNurse,
        _ => Profession::Physician,
    }
}
