//! Where a search begins when it is about no particular patient: the clause that leaves the fewest.

use records::search::{Clause, Kind, Modifier, Parameter, Prefix, Term};

use super::rows::{Bound, param_key};
use super::sql::{Sql, key};
use super::terms::table;

/// The clause to begin with: its place, or none when all resources of the type are looked through in their order.
pub(super) fn leader(clauses: &[Clause]) -> Option<usize> {
    let ranked = clauses.iter().enumerate().filter_map(|(n, clause)| Some((rank(clause)?, n)));
    ranked.min().map(|(_, n)| n)
}

/// The lower, the fewer resources a clause is thought to leave; none for one that cannot lead.
fn rank(clause: &Clause) -> Option<u32> {
    match clause {
        Clause::Match { parameter, modifier, terms } => {
            let leads = match parameter.kind {
                _ if parameter.name == "_id" => *modifier != Modifier::Not,
                _ if parameter.name == "_lastUpdated" => false,
                Kind::Token => {
                    let said = |term: &Term| matches!(term, Term::Token { code: Some(_), .. });
                    !matches!(modifier, Modifier::Not | Modifier::Text) && terms.iter().all(said)
                }
                Kind::Reference | Kind::Uri => true,
                Kind::String => {
                    let said = |term: &Term| matches!(term, Term::Text(text) if !text.is_empty());
                    *modifier != Modifier::Contains && terms.iter().all(said)
                }
                Kind::Date => terms.iter().all(|term| matches!(term, Term::Date { prefix: Prefix::Eq, .. })),
                Kind::Quantity => terms
                    .iter()
                    .all(|term| matches!(term, Term::Quantity { prefix, .. } if *prefix != Prefix::Ne)),
            };
            leads.then(|| order(parameter)).flatten()
        }
        Clause::Missing { .. } => None,
        Clause::Chain { clause, .. } => Some(rank(clause)? + 1),
        Clause::Has { clause, .. } => Some(rank(clause)? + 1),
    }
}

fn order(parameter: &Parameter) -> Option<u32> {
    Some(match (parameter.name, parameter.kind) {
        ("_id", _) => 0,
        ("identifier" | "phone" | "email" | "telecom", _) => 10,
        (_, Kind::Reference) => 20,
        (name, _) if BROAD.contains(&name) => return None,
        (_, Kind::String | Kind::Uri) => 30,
        (_, Kind::Token) => 40,
        (_, Kind::Quantity) => 50,
        (_, Kind::Date) => 60,
    })
}

/// Parameters of so few values that a walk through the type in its order finds a page sooner.
const BROAD: &[&str] = &[
    "_profile",
    "_security",
    "_source",
    "_tag",
    "active",
    "category",
    "class",
    "clinical-status",
    "gender",
    "intent",
    "status",
    "type",
    "verification-status",
];

impl Sql {
    /// Patient and name of the resources of which a clause holds; `None` when the clause cannot lead.
    pub(super) fn candidates(&mut self, resource_type: &str, clause: &Clause) -> Option<String> {
        match clause {
            Clause::Match { parameter, modifier, terms } if parameter.name == "_id" => {
                let names = self.names(resource_type, terms);
                let list = if names.is_empty() { "NULL".to_owned() } else { names.join(", ") };
                (*modifier != Modifier::Not)
                    .then(|| format!("SELECT patient, name FROM resource WHERE name IN ({list})"))
            }
            Clause::Match { parameter, modifier, terms } => {
                let v = self.alias();
                let param = self.bind(Bound::Int(key(resource_type, parameter, modifier)));
                let met = self.any_term(&v, parameter, modifier, terms);
                let table = table(parameter, modifier);
                Some(format!(
                    "SELECT DISTINCT {v}.patient, {v}.name FROM {table} {v} WHERE {v}.param = {param} AND {met}"
                ))
            }
            Clause::Chain { parameter, target, clause } => {
                let inner = self.candidates(target, clause)?;
                let (v, t) = (self.alias(), self.alias());
                let param = self.bind(Bound::Int(param_key(resource_type, parameter.name)));
                Some(format!(
                    "SELECT DISTINCT {v}.patient, {v}.name FROM ({inner}) {t} CROSS JOIN resource_reference {v} \
                     WHERE {v}.target = {t}.name AND {v}.param = {param}"
                ))
            }
            Clause::Has { source, parameter, clause } => {
                let inner = self.candidates(source, clause)?;
                let (v, s, r) = (self.alias(), self.alias(), self.alias());
                let param = self.bind(Bound::Int(param_key(source, parameter.name)));
                Some(format!(
                    "SELECT DISTINCT {r}.patient, {r}.name FROM ({inner}) {s} CROSS JOIN resource_reference {v} \
                     CROSS JOIN resource {r} WHERE {v}.patient = {s}.patient AND {v}.name = {s}.name \
                     AND {v}.param = {param} AND {r}.name = {v}.target"
                ))
            }
            Clause::Missing { .. } => None,
        }
    }
}
