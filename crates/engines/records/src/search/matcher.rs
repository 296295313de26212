//! Answers in memory.

use std::{cmp::Ordering, collections::HashMap};

use super::{
    index::{Entry, Value, index},
    query::{Clause, Include, Modifier, Query, Sort},
};
use crate::tree::Node;

/// Some resources and their index (検索の手本): what the SQL of a store is compared with.
#[derive(Debug)]
pub struct Corpus<'a> {
    resources: Vec<(&'a Node, Vec<Entry>)>,
    by_id: HashMap<(&'a str, &'a str), usize>,
}

impl<'a> Corpus<'a> {
    /// Indexes resources.
    pub fn new(resources: impl IntoIterator<Item = &'a Node>) -> Self {
        let resources: Vec<_> = resources.into_iter().map(|node| (node, index(node))).collect();
        let by_id = resources.iter().enumerate().map(|(n, (node, _))| (key(node), n)).collect();
        Self { resources, by_id }
    }

    /// The matches, in the order that the query asks for; else as they were given.
    pub fn search(&self, query: &Query) -> Vec<&'a Node> {
        self.found(query).into_iter().filter_map(|n| self.node(n)).collect()
    }

    /// What comes along with the matches.
    pub fn included(&self, query: &Query) -> Vec<&'a Node> {
        let matches = self.found(query);
        let mut all = matches.clone();
        let mut at = 0;
        while let Some(n) = all.get(at).copied() {
            let is_match = at < matches.len();
            let more = self.along(n, is_match, query);
            for n in more {
                if !all.contains(&n) {
                    all.push(n);
                }
            }
            at += 1;
        }
        all.into_iter().skip(matches.len()).filter_map(|n| self.node(n)).collect()
    }

    fn found(&self, query: &Query) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.resources.len())
            .filter(|n| {
                self.kind(*n) == query.resource_type
                    && query.clauses.iter().all(|clause| self.holds(clause, *n))
            })
            .collect();
        found.sort_by(|one, other| self.order(&query.sort, *one, *other));
        found
    }

    fn along(&self, n: usize, is_match: bool, query: &Query) -> Vec<usize> {
        let asked = |include: &&Include| is_match || include.iterate;
        let forward = query.include.iter().filter(asked).flat_map(|include| {
            let from = if self.kind(n) == include.source { self.referred(n, include) } else { Vec::new() };
            from.into_iter().filter(|to| include.target.as_deref().is_none_or(|kind| self.kind(*to) == kind))
        });
        let backward = query.revinclude.iter().filter(asked).flat_map(|include| {
            (0..self.resources.len()).filter(|from| {
                self.kind(*from) == include.source && self.referred(*from, include).contains(&n)
            })
        });
        forward.chain(backward).collect()
    }

    /// The resources that one refers to by an include's parameter.
    fn referred(&self, n: usize, include: &Include) -> Vec<usize> {
        let by = |entry: &&Entry| include.parameter.is_none_or(|parameter| parameter.name == entry.parameter);
        self.entries(n).iter().filter(by).filter_map(|entry| self.resolve(&entry.value)).collect()
    }

    fn holds(&self, clause: &Clause, n: usize) -> bool {
        let entries = |name| self.entries(n).iter().filter(move |entry| entry.parameter == name);
        match clause {
            Clause::Match { parameter, modifier, terms } => {
                let met = entries(parameter.name)
                    .any(|entry| terms.iter().any(|term| term.meets(modifier, &entry.value)));
                met != (*modifier == Modifier::Not)
            }
            Clause::Missing { parameter, missing } => (entries(parameter.name).next().is_none()) == *missing,
            Clause::Chain { parameter, target, clause } => entries(parameter.name)
                .filter_map(|entry| self.resolve(&entry.value))
                .any(|to| self.kind(to) == target && self.holds(clause, to)),
            Clause::Has { source, parameter, clause } => (0..self.resources.len()).any(|from| {
                self.kind(from) == source
                    && self.entries(from).iter().any(|entry| {
                        entry.parameter == parameter.name && self.resolve(&entry.value) == Some(n)
                    })
                    && self.holds(clause, from)
            }),
        }
    }

    fn resolve(&self, value: &Value) -> Option<usize> {
        let Value::Reference { resource_type: Some(kind), id } = value else { return None };
        self.by_id.get(&(kind.as_str(), id.as_str())).copied()
    }

    fn order(&self, sort: &[Sort], one: usize, other: usize) -> Ordering {
        let first = |n, step: &Sort| {
            let values = self.entries(n).iter().filter(|entry| entry.parameter == step.parameter.name);
            let keys = values.filter_map(|entry| sort_key(&entry.value, step.descending));
            if step.descending { keys.max_by(compare) } else { keys.min_by(compare) }
        };
        sort.iter().fold(Ordering::Equal, |order, step| {
            order.then_with(|| match (first(one, step), first(other, step)) {
                // What has no value comes last, whichever way.
                (Some(one), Some(other)) if step.descending => compare(&other, &one),
                (Some(one), Some(other)) => compare(&one, &other),
                (one, other) => other.is_some().cmp(&one.is_some()),
            })
        })
    }

    fn node(&self, n: usize) -> Option<&'a Node> {
        self.resources.get(n).map(|(node, _)| *node)
    }

    fn entries(&self, n: usize) -> &[Entry] {
        self.resources.get(n).map(|(_, entries)| entries.as_slice()).unwrap_or_default()
    }

    fn kind(&self, n: usize) -> &'a str {
        self.node(n).map(|node| key(node).0).unwrap_or_default()
    }
}

#[derive(Clone, PartialEq, PartialOrd)]
enum SortKey<'a> {
    Instant(i64),
    Number(f64),
    Text(&'a str),
}

fn compare(one: &SortKey<'_>, other: &SortKey<'_>) -> Ordering {
    one.partial_cmp(other).unwrap_or(Ordering::Equal)
}

/// A span sorts by its beginning going up and by its end going down (R4 §3.1.1.5.1).
fn sort_key(value: &Value, descending: bool) -> Option<SortKey<'_>> {
    Some(match value {
        Value::Date(span) => SortKey::Instant(if descending { span.until } else { span.from }),
        Value::Quantity { value, .. } => SortKey::Number(*value),
        Value::Text { folded, .. } => SortKey::Text(folded),
        Value::Token { code, .. } => SortKey::Text(code.as_deref()?),
        Value::Reference { id, .. } => SortKey::Text(id),
        Value::ReferenceIdentifier { value, .. } => SortKey::Text(value),
        Value::Uri(uri) => SortKey::Text(uri),
    })
}

fn key(node: &Node) -> (&str, &str) {
    (node.text_at("resourceType").unwrap_or_default(), node.text_at("id").unwrap_or_default())
}
