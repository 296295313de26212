//! A restriction as a condition of the search (DESIGN law 3): what it does not permit is not searched, neither as a
//! match nor at the end of a chain, nor as one that refers, nor as what comes along, nor in a count.

use consent::{Author, Label, Labels, Restriction, What};

use super::rows::Bound;
use super::sql::Sql;

/// What may be seen by a search.
#[derive(Clone, Debug)]
pub enum Scope {
    /// Everything: the institution's own systems.
    Everything,
    /// What a restriction permits of one person, who may be several patients here.
    Person {
        /// Ids of the person's Patient resources.
        patients: Vec<String>,
        /// What may be seen of them.
        restriction: Restriction,
    },
}

/// Types that say nothing of a patient; they come along with what may be seen and refers to them.
const SHARED: &[&str] = &[
    "Device",
    "HealthcareService",
    "Location",
    "Medication",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Substance",
];

impl Scope {
    /// That a resource may be seen by itself; `alias` is a row of `resource`.
    pub(super) fn sees(&self, sql: &mut Sql, alias: &str) -> String {
        match self {
            Self::Everything => "1 = 1".to_owned(),
            Self::Person { patients, restriction } => {
                let list: Vec<String> = patients.iter().map(|patient| sql.text(patient)).collect();
                if list.is_empty() {
                    return "1 = 0".to_owned();
                }
                format!("({alias}.patient IN ({}) AND {})", list.join(", "), permits(sql, alias, restriction))
            }
        }
    }

    /// That a resource may be seen because one that may be seen refers to it.
    pub(super) fn sees_target(&self, sql: &mut Sql, alias: &str) -> String {
        match self {
            Self::Everything => "1 = 1".to_owned(),
            Self::Person { .. } => {
                let shared: Vec<String> = SHARED.iter().map(|kind| sql.text(kind)).collect();
                let own = self.sees(sql, alias);
                format!("({own} OR ({alias}.patient = '' AND {alias}.type IN ({})))", shared.join(", "))
            }
        }
    }

    /// The patients that a search is about, if it is about some only.
    pub(super) fn patients(&self) -> Option<&[String]> {
        match self {
            Self::Everything => None,
            Self::Person { patients, .. } => Some(patients),
        }
    }
}

/// What [`Restriction::decide`] says of a row's columns.
fn permits(sql: &mut Sql, alias: &str, restriction: &Restriction) -> String {
    if restriction.is_opted_out() {
        return "1 = 0".to_owned();
    }
    let permits: Vec<String> =
        restriction.permitted().map(|what| reaches(sql, alias, what, Effect::Permit)).collect();
    if permits.is_empty() {
        return "1 = 0".to_owned();
    }
    let mut conditions = vec![format!("({})", permits.join(" OR "))];
    for (what, outweighed_by) in restriction.refused() {
        let refused = reaches(sql, alias, what, Effect::Deny);
        let outweighed: Vec<&str> = outweighed_by
            .iter()
            .filter_map(|place| permits.get(usize::from(*place)))
            .map(String::as_str)
            .collect();
        conditions.push(if outweighed.is_empty() {
            format!("NOT {refused}")
        } else {
            format!("(NOT {refused} OR {})", outweighed.join(" OR "))
        });
    }
    format!("({})", conditions.join(" AND "))
}

/// Whether a rule permits or refuses: what is not known of a resource counts against disclosure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Permit,
    Deny,
}

/// That a rule reaches a row.
fn reaches(sql: &mut Sql, alias: &str, what: &What, effect: Effect) -> String {
    let mut conditions = Vec::new();
    if !what.categories.is_empty() {
        let list: Vec<String> = what.categories.iter().map(|category| (category as u8).to_string()).collect();
        conditions.push(format!("{alias}.category IN ({})", list.join(", ")));
    }
    if !what.labels.is_empty() {
        conditions.push(label_condition(alias, what.labels, effect));
    }
    if let Some(care) = what.care {
        let column = format!("{alias}.day");
        let mut inside = format!("{column} >= {}", sql.bind(Bound::Int(care.from.to_days().into())));
        if let Some(until) = care.until {
            inside.push_str(&format!(" AND {column} < {}", sql.bind(Bound::Int(until.to_days().into()))));
        }
        conditions.push(known(&column, &format!("({inside})"), effect));
    }
    if !what.authors.is_empty() {
        let made: Vec<String> = what.authors.iter().map(|author| made(sql, alias, author, effect)).collect();
        conditions.push(format!("({})", made.join(" OR ")));
    }
    for (column, names) in [("encounter", &what.encounters), ("name", &what.documents)] {
        if !names.is_empty() {
            let list: Vec<String> = names.iter().map(|name| sql.text(name.as_str())).collect();
            let column = format!("{alias}.{column}");
            conditions.push(format!("({column} IS NOT NULL AND {column} IN ({}))", list.join(", ")));
        }
    }
    if conditions.is_empty() { "(1 = 1)".to_owned() } else { format!("({})", conditions.join(" AND ")) }
}

fn made(sql: &mut Sql, alias: &str, author: &Author, effect: Effect) -> String {
    let mut conditions = Vec::new();
    let mut is = |column: &str, wanted: Option<String>| {
        if let Some(wanted) = wanted {
            let column = format!("{alias}.{column}");
            let same = format!("{column} = {}", sql.text(&wanted));
            conditions.push(known(&column, &same, effect));
        }
    };
    is("author", author.organisation.as_ref().map(ToString::to_string));
    is("author_person", author.person.as_ref().map(|person| person.as_str().to_owned()));
    if conditions.is_empty() { "1 = 1".to_owned() } else { format!("({})", conditions.join(" AND ")) }
}

/// A condition on a column that may be null, never null itself: `NOT` of an unknown would be unknown.
fn known(column: &str, condition: &str, effect: Effect) -> String {
    match effect {
        Effect::Permit => format!("({column} IS NOT NULL AND {condition})"),
        Effect::Deny => format!("({column} IS NULL OR {condition})"),
    }
}

/// As the rules about labels in `consent`: a permission accounts for all labels of a resource, a refusal is met by one.
fn label_condition(alias: &str, rule: Labels, effect: Effect) -> String {
    let column = format!("{alias}.labels");
    let very = bits(Labels::of(&[Label::VeryRestricted]));
    let sensitive = bits(Labels::SENSITIVE);
    let restricted = sensitive | bits(Labels::of(&[Label::Restricted]));
    let mut ways = Vec::new();
    match effect {
        Effect::Permit => {
            if rule.contains(Label::VeryRestricted) {
                ways.push(format!("({column} & {very}) <> 0"));
            }
            if rule.contains(Label::Restricted) {
                ways.push(format!("(({column} & {very}) = 0 AND ({column} & {restricted}) <> 0)"));
            }
            if rule.contains(Label::Normal) {
                ways.push(format!("({column} & {}) = 0", very | restricted));
            }
            let others = sensitive & !bits(rule);
            ways.push(format!(
                "(({column} & {very}) = 0 AND ({column} & {sensitive}) <> 0 AND ({column} & {others}) = 0)"
            ));
        }
        Effect::Deny => {
            if rule.contains(Label::Normal) {
                return "(1 = 1)".to_owned();
            }
            if rule.contains(Label::Restricted) {
                ways.push(format!("({column} & {}) <> 0", very | restricted));
            }
            if rule.contains(Label::VeryRestricted) {
                ways.push(format!("({column} & {very}) <> 0"));
            }
            ways.push(format!("({column} & {}) <> 0", bits(rule) & sensitive));
        }
    }
    format!("({})", ways.join(" OR "))
}

/// Labels of a column.
pub fn labels(column: i64) -> Labels {
    Label::ALL.iter().copied().filter(|label| column & 1 << *label as u8 != 0).collect()
}

/// Labels as they stand in the column.
pub fn bits(labels: Labels) -> i64 {
    labels.iter().fold(0, |bits, label| bits | 1 << label as u8)
}
