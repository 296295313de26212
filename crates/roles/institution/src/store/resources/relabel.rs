//! Labels along references, across everything that is stored: what is written takes the labels of what it refers to, and what
//! refers to it is labelled anew, in the same transaction (`records::labels::inherit` says who hands what to whom).

use std::collections::{HashMap, HashSet};

use ::store::{Row, StoreError, Tx, Value};
use consent::Labels;
use records::labels::{Standing, inherit, passes_to_parts, passes_to_referrers};

use super::restrict::{bits, labels};
use super::write::{Draft, by_names};

/// Labels as they are after a transaction.
pub(super) struct Relabelled {
    /// Of the drafts, in their order.
    pub drafts: Vec<i64>,
    /// Of stored resources that the transaction does not write and that have others now.
    pub stored: Vec<Head>,
}

/// The current version of a stored resource, as far as labels go.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    pub patient: String,
    pub name: String,
    pub version: i64,
    pub labels: i64,
    own: i64,
    said: i64,
}

impl Head {
    const COLUMNS: &'static str = "r.patient, r.name, r.version, r.labels, r.own, r.said";

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            patient: row.text(0)?.to_owned(),
            name: row.text(1)?.to_owned(),
            version: row.int(2)?,
            labels: row.int(3)?,
            own: row.int(4)?,
            said: row.int(5)?,
        })
    }
}

/// The labels that drafts get, and those that change with them. `gone` are the current versions that drafts and deletions end:
/// patient and name. Nothing is written; the tables are as they were before.
pub(super) fn relabel(
    tx: &mut Tx<'_>,
    drafts: &[&Draft],
    gone: &[(String, &str)],
) -> Result<Relabelled, StoreError> {
    let names: HashSet<&str> =
        drafts.iter().map(|draft| draft.name.as_str()).chain(gone.iter().map(|(_, name)| *name)).collect();
    let targets =
        drafts.iter().flat_map(|draft| draft.rows.references.iter()).map(|(_, target)| target.as_str());
    let touched: HashSet<&str> =
        targets.chain(names.iter().copied()).filter(|name| name.contains('/')).collect();
    let known = labelled(tx, touched)?;
    let patients = drafts.iter().map(|draft| draft.facts.patient.as_str());
    let wholes = wholes(tx, patients.collect())?;
    if known.is_empty() && wholes.is_empty() && drafts.iter().all(|draft| draft.facts.labels == 0) {
        return Ok(Relabelled { drafts: vec![0; drafts.len()], stored: Vec::new() });
    }
    let mut family = Family::default();
    for draft in drafts {
        family.add(Member::draft(draft, known.get(draft.name.as_str())));
    }
    for (patient, name) in gone.iter().filter(|(_, name)| !drafts.iter().any(|draft| draft.name == *name)) {
        let before = known.get(*name).cloned().unwrap_or_default();
        family.add(Member { before: Head { patient: patient.clone(), ..before }, ..Member::named(name) });
    }
    family.gather(tx, gone)?;
    family.give_from_outside(tx)?;
    let labels = family.labels();
    let stored = family
        .members
        .iter()
        .zip(&labels)
        .filter(|(member, labels)| member.is_stored && bits(**labels) != member.before.labels);
    let stored =
        stored.map(|(member, labels)| Head { labels: bits(*labels), ..member.before.clone() }).collect();
    Ok(Relabelled { drafts: labels.iter().take(drafts.len()).map(|labels| bits(*labels)).collect(), stored })
}

/// Resources whose labels may hang together: first the drafts.
#[derive(Default)]
struct Family {
    members: Vec<Member>,
    places: HashMap<String, usize>,
}

/// One of them, as it is after the transaction, and as it was before.
#[derive(Default)]
struct Member {
    name: String,
    own: Labels,
    said: Labels,
    given: Labels,
    refers_to: Vec<String>,
    before: Head,
    is_stored: bool,
}

impl Member {
    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    fn draft(draft: &Draft, before: Option<&Head>) -> Self {
        Self {
            own: labels(draft.facts.labels),
            said: labels(draft.facts.said),
            refers_to: draft.rows.references.iter().map(|(_, target)| target.clone()).collect(),
            before: before.cloned().unwrap_or_default(),
            ..Self::named(&draft.name)
        }
    }

    fn stored(head: Head, refers_to: Vec<String>) -> Self {
        let (own, said) = (labels(head.own), labels(head.said));
        Self {
            name: head.name.clone(),
            own,
            said,
            given: Labels::NONE,
            refers_to,
            before: head,
            is_stored: true,
        }
    }

    /// Whether those that refer to it may have something of it, before or after.
    fn hands_on(&self) -> bool {
        let own = self.own.union(labels(self.before.own));
        !passes_to_referrers(&self.name, own, Labels::SENSITIVE).is_empty()
    }

    /// Whether its parts may have something of it, before or after.
    fn marks_parts(&self) -> bool {
        !passes_to_parts(&self.name, self.said.union(labels(self.before.said))).is_empty()
    }
}

impl Family {
    fn add(&mut self, member: Member) {
        self.places.insert(member.name.clone(), self.members.len());
        self.members.push(member);
    }

    /// Adds every stored resource that may inherit from one of these, and so on.
    fn gather(&mut self, tx: &mut Tx<'_>, gone: &[(String, &str)]) -> Result<(), StoreError> {
        let mut from = 0;
        while from < self.members.len() {
            let fresh = self.members.get(from..).unwrap_or_default();
            let handing: Vec<&str> =
                fresh.iter().filter(|member| member.hands_on()).map(|member| member.name.as_str()).collect();
            let mut found: HashSet<String> = referrers(tx, &handing)?.into_iter().collect();
            for whole in fresh.iter().filter(|member| member.marks_parts()) {
                found.extend(whole.refers_to.iter().cloned());
                if let Some((patient, name)) = gone.iter().find(|(_, name)| *name == whole.name) {
                    found.extend(targets(tx, patient, name)?);
                }
            }
            from = self.members.len();
            found.retain(|name| !self.places.contains_key(name));
            let found: Vec<&str> = found.iter().map(String::as_str).collect();
            for head in heads(tx, &found)? {
                let refers_to = targets(tx, &head.patient, &head.name)?;
                self.add(Member::stored(head, refers_to));
            }
        }
        Ok(())
    }

    /// What members have from resources that stay as they are.
    fn give_from_outside(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let outside = self.members.iter().flat_map(|member| &member.refers_to).map(String::as_str);
        let outside = labelled(tx, outside.filter(|name| !self.places.contains_key(*name)).collect())?;
        for member in &mut self.members {
            for head in member.refers_to.iter().filter_map(|name| outside.get(name)) {
                let given = passes_to_referrers(&head.name, labels(head.own), labels(head.labels));
                member.given = member.given.union(given);
            }
        }
        let patients = self.members.iter().map(|member| member.before.patient.as_str());
        for whole in wholes(tx, patients.collect())? {
            if self.places.contains_key(&whole.name) {
                continue;
            }
            let marks = passes_to_parts(&whole.name, labels(whole.said));
            for part in targets(tx, &whole.patient, &whole.name)? {
                if let Some(member) = self.places.get(&part).and_then(|place| self.members.get_mut(*place)) {
                    member.given = member.given.union(marks);
                }
            }
        }
        Ok(())
    }

    fn labels(&self) -> Vec<Labels> {
        let standing: Vec<Standing<'_>> = self
            .members
            .iter()
            .map(|member| Standing {
                name: &member.name,
                own: member.own,
                said: member.said,
                given: member.given,
                refers_to: member.refers_to.iter().map(String::as_str).collect(),
            })
            .collect();
        inherit(&standing)
    }
}

/// Current versions that have labels, by name.
fn labelled(tx: &mut Tx<'_>, names: HashSet<&str>) -> Result<HashMap<String, Head>, StoreError> {
    let names: Vec<&str> = names.into_iter().collect();
    let text = |places: &str| {
        format!("SELECT {} FROM resource r WHERE r.labels <> 0 AND r.name IN ({places})", Head::COLUMNS)
    };
    let found = by_names(tx, &names, text, Head::read)?;
    Ok(found.into_iter().map(|head| (head.name.clone(), head)).collect())
}

fn heads(tx: &mut Tx<'_>, names: &[&str]) -> Result<Vec<Head>, StoreError> {
    let text = |places: &str| format!("SELECT {} FROM resource r WHERE r.name IN ({places})", Head::COLUMNS);
    by_names(tx, names, text, Head::read)
}

/// Documents and reports of patients that somebody labelled as a whole.
fn wholes(tx: &mut Tx<'_>, patients: HashSet<&str>) -> Result<Vec<Head>, StoreError> {
    let patients: Vec<&str> = patients.into_iter().filter(|patient| !patient.is_empty()).collect();
    let text = |places: &str| {
        format!(
            "SELECT {} FROM resource r WHERE r.patient IN ({places}) AND r.type IN ('Composition', 'DiagnosticReport') \
             AND r.said <> 0",
            Head::COLUMNS
        )
    };
    by_names(tx, &patients, text, Head::read)
}

/// Names of the current resources that refer to some.
fn referrers(tx: &mut Tx<'_>, names: &[&str]) -> Result<Vec<String>, StoreError> {
    let text = |places: &str| format!("SELECT name FROM resource_reference WHERE target IN ({places})");
    by_names(tx, names, text, |row| Ok(row.text(0)?.to_owned()))
}

/// Names of what a current resource refers to.
fn targets(tx: &mut Tx<'_>, patient: &str, name: &str) -> Result<Vec<String>, StoreError> {
    let params = [Value::Text(patient), Value::Text(name)];
    let text = "SELECT target FROM resource_reference WHERE patient = $1 AND name = $2";
    tx.query(text, &params, |row| Ok(row.text(0)?.to_owned()))
}
