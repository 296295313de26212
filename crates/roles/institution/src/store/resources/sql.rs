//! A query as SQL: conditions on a current resource, each clause one of them.

use ::store::Value;
use records::search::{Clause, Kind, Modifier, Parameter, Term, TokenSystem};

use super::restrict::Scope;
use super::rows::{Bound, identifier_key, param_key};
use super::terms::table;

/// A statement while it is written, with its parameters.
#[derive(Debug, Default)]
pub(super) struct Sql {
    pub params: Vec<Bound>,
    aliases: u32,
}

/// A current resource in a statement: the alias of its row in `resource`, and its type.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub alias: &'a str,
    pub resource_type: &'a str,
}

impl Sql {
    /// Takes a parameter; its place.
    pub fn bind(&mut self, value: Bound) -> String {
        if let Some(known) = self.params.iter().position(|known| *known == value) {
            return format!("${}", known + 1);
        }
        self.params.push(value);
        format!("${}", self.params.len())
    }

    /// The parameters, as a statement takes them.
    pub fn values(&self) -> Vec<Value<'_>> {
        self.params.iter().map(Bound::value).collect()
    }

    pub fn text(&mut self, text: &str) -> String {
        self.bind(Bound::Text(text.to_owned()))
    }

    /// A name for a table that no other has.
    pub fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    /// That a clause holds of a resource, by what the scope lets be seen.
    pub fn holds(&mut self, subject: Subject<'_>, clause: &Clause, scope: &Scope) -> String {
        match clause {
            Clause::Match { parameter, modifier, terms } => self.matches(subject, parameter, modifier, terms),
            Clause::Missing { parameter, missing } => self.missing(subject, parameter, *missing),
            Clause::Chain { parameter, target, clause } => {
                let (v, t) = (self.alias(), self.alias());
                let own = self.own_rows(subject, &v, param_key(subject.resource_type, parameter.name));
                let other = Subject { alias: &t, resource_type: target };
                let target = self.text(target);
                let seen = scope.sees_target(self, &t);
                let holds = self.holds(other, clause, scope);
                format!(
                    "EXISTS (SELECT 1 FROM resource_reference {v} CROSS JOIN resource {t} WHERE {own} \
                     AND {t}.name = {v}.target AND {t}.type = {target} AND {seen} AND {holds})"
                )
            }
            Clause::Has { source, parameter, clause } => {
                let (v, s) = (self.alias(), self.alias());
                let param = self.bind(Bound::Int(param_key(source, parameter.name)));
                let other = Subject { alias: &s, resource_type: source };
                let source = self.text(source);
                let seen = scope.sees(self, &s);
                let holds = self.holds(other, clause, scope);
                let alias = subject.alias;
                format!(
                    "EXISTS (SELECT 1 FROM resource_reference {v} CROSS JOIN resource {s} \
                     WHERE {v}.target = {alias}.name AND {v}.param = {param} AND {s}.patient = {v}.patient \
                     AND {s}.name = {v}.name AND {s}.type = {source} AND {seen} AND {holds})"
                )
            }
        }
    }

    fn matches(
        &mut self,
        subject: Subject<'_>,
        parameter: &Parameter,
        modifier: &Modifier,
        terms: &[Term],
    ) -> String {
        let alias = subject.alias;
        match parameter.name {
            "_id" => {
                let names = self.names(subject.resource_type, terms);
                let not = if *modifier == Modifier::Not { "NOT " } else { "" };
                return if names.is_empty() {
                    if not.is_empty() { "1 = 0" } else { "1 = 1" }.to_owned()
                } else {
                    format!("{alias}.name {not}IN ({})", names.join(", "))
                };
            }
            "_lastUpdated" => {
                let (low, high) = (format!("{alias}.updated_at"), format!("({alias}.updated_at + 1)"));
                let spans = terms.iter().filter_map(|term| match term {
                    Term::Date { prefix, span } => Some((*prefix, *span)),
                    _ => None,
                });
                let conditions: Vec<String> =
                    spans.map(|(prefix, span)| self.date(&low, &high, prefix, span)).collect();
                return format!("({})", conditions.join(" OR "));
            }
            _ => {}
        }
        if let Some(patients) = patients(subject.resource_type, parameter, modifier, terms) {
            let list: Vec<String> = patients.iter().map(|patient| self.text(patient)).collect();
            return format!("{alias}.patient IN ({})", list.join(", "));
        }
        let v = self.alias();
        let own = self.own_rows(subject, &v, key(subject.resource_type, parameter, modifier));
        let table = table(parameter, modifier);
        let met = self.any_term(&v, parameter, modifier, terms);
        let not = if *modifier == Modifier::Not { "NOT " } else { "" };
        format!("{not}EXISTS (SELECT 1 FROM {table} {v} WHERE {own} AND {met})")
    }

    /// The names that an `_id` asks for.
    pub fn names(&mut self, resource_type: &str, terms: &[Term]) -> Vec<String> {
        let codes = terms.iter().filter_map(|term| match term {
            Term::Token { system: TokenSystem::Any | TokenSystem::None, code: Some(code) } => Some(code),
            _ => None,
        });
        codes.map(|code| self.text(&format!("{resource_type}/{code}"))).collect()
    }

    fn missing(&mut self, subject: Subject<'_>, parameter: &Parameter, missing: bool) -> String {
        if matches!(parameter.name, "_id" | "_lastUpdated") {
            return if missing { "1 = 0" } else { "1 = 1" }.to_owned();
        }
        let modifiers = if parameter.kind == Kind::Reference {
            vec![Modifier::None, Modifier::Identifier]
        } else {
            vec![Modifier::None]
        };
        let there: Vec<String> = modifiers
            .iter()
            .map(|modifier| {
                let v = self.alias();
                let own = self.own_rows(subject, &v, key(subject.resource_type, parameter, modifier));
                format!("EXISTS (SELECT 1 FROM {} {v} WHERE {own})", table(parameter, modifier))
            })
            .collect();
        format!("{}({})", if missing { "NOT " } else { "" }, there.join(" OR "))
    }

    /// The rows `v` of a resource under a parameter.
    pub fn own_rows(&mut self, subject: Subject<'_>, v: &str, param: i64) -> String {
        let (alias, param) = (subject.alias, self.bind(Bound::Int(param)));
        format!("{v}.patient = {alias}.patient AND {v}.name = {alias}.name AND {v}.param = {param}")
    }
}

/// Under which key a parameter's rows stand.
pub(super) fn key(resource_type: &str, parameter: &Parameter, modifier: &Modifier) -> i64 {
    match modifier {
        Modifier::Identifier => identifier_key(resource_type, parameter.name),
        _ => param_key(resource_type, parameter.name),
    }
}

/// The patients that a clause asks for, where asking for the reference and for whom the resource is about are one.
pub(super) fn patients<'t>(
    resource_type: &str,
    parameter: &Parameter,
    modifier: &Modifier,
    terms: &'t [Term],
) -> Option<Vec<&'t str>> {
    let by_patient = parameter.name == "patient";
    let usable = (by_patient || parameter.name == "subject")
        && matches!(modifier, Modifier::None | Modifier::Type(_))
        && !OF_SEVERAL.contains(&resource_type);
    if !usable {
        return None;
    }
    let patient = |term: &'t Term| match term {
        Term::Reference { resource_type: Some(kind), id } if kind == "Patient" => Some(id.as_str()),
        Term::Reference { resource_type: None, id } if by_patient && is_id(id) => Some(id.as_str()),
        _ => None,
    };
    terms.iter().map(patient).collect()
}

/// Types whose resources may be about several patients: the compartment of one says nothing of the others.
pub(in crate::store) const OF_SEVERAL: &[&str] = &[
    "Account",
    "Appointment",
    "AppointmentResponse",
    "AuditEvent",
    "Group",
    "List",
    "Patient",
    "Person",
    "Provenance",
    "Schedule",
];

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}
