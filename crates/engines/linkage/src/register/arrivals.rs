//! What is decided of an arriving record.

use std::collections::HashMap;

use serde::Serialize;

use super::{Batch, Register};
use crate::{
    cluster::SLACK,
    entities::{Entry, Event},
    error::LinkError,
    index::Searcher,
    link::Scored,
    model::probability,
};

/// What was decided of an arriving record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decided {
    /// Its identifier.
    pub record: String,
    /// Its entity; a new one when it joined none.
    pub entity: u64,
    /// The record that it was linked to.
    pub linked: Option<Near>,
    /// Records of other entities that may be the same person's, or of the own one with a doubt: for a human to look at.
    pub review: Vec<Near>,
}

/// A record that may be the same person's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Near {
    /// Its identifier.
    pub record: String,
    /// Its entity.
    pub entity: u64,
    /// The weight, the prior included, in bits.
    pub bits: f32,
    /// The probability that it is the same person's.
    pub probability: f64,
}

/// The most records of an entity with which an arriving one is compared.
const MOST_MEMBERS: usize = 400;

impl Register {
    /// Decides upon the records from a number on.
    pub(super) fn decide(&mut self, first: u32, at: &str, batch: &mut Batch) -> Result<(), LinkError> {
        let index = &self.index;
        let mut searcher = index.searcher();
        for record in first..index.table.len() as u32 {
            let near = searcher.before(record, self.rule.review_from.min(self.rule.threshold));
            let chosen = self.choose(&mut searcher, record, &near);
            let name = index.table.name(record).to_owned();
            let mut entries = vec![Event::Seen { record: name.clone() }];
            if let Some(link) = chosen {
                let (b, bits) = (index.table.name(link.a).to_owned(), link.weight + self.rule.prior);
                entries.push(Event::Link { a: name.clone(), b, bits, by: self.by.clone() });
            }
            let linked = chosen.map(|link| self.near(link.a, link.weight));
            let review = self.review(&near, linked.as_ref());
            let mut entity = 0;
            for event in entries {
                entity = self.entities.append(&Entry { at: at.to_owned(), event }, &mut batch.lines)?;
            }
            batch.decided.push(Decided { record: name, entity, linked, review });
        }
        Ok(())
    }

    /// The pair by which a record joins an entity.
    fn choose(&self, searcher: &mut Searcher<'_>, record: u32, near: &[Scored]) -> Option<Scored> {
        let mut heaviest: Vec<&Scored> =
            near.iter().filter(|pair| pair.weight >= self.rule.threshold).collect();
        heaviest.sort_by(|x, y| y.weight.total_cmp(&x.weight).then(x.a.cmp(&y.a)));
        let mut refused = Vec::new();
        for pair in heaviest {
            let Some(entity) = self.entities.of_number(pair.a) else { continue };
            if refused.contains(&entity) {
                continue;
            }
            if self.fits(searcher, record, entity) {
                return Some(*pair);
            }
            refused.push(entity);
        }
        None
    }

    fn fits(&self, searcher: &mut Searcher<'_>, record: u32, entity: u64) -> bool {
        let members = self.entities.members(entity);
        if members.iter().any(|&member| self.conflicts.iter().any(|c| searcher.holds(c, member, record))) {
            return false;
        }
        let some = members.len().min(MOST_MEMBERS);
        let sum: f32 =
            members.iter().take(some).map(|&member| searcher.weight(member, record, f32::MIN)).sum();
        members.len() == 1 || sum / some as f32 >= self.rule.threshold - SLACK
    }

    /// What a human should look at: the heaviest of each other entity that is not surely another's, and a link in doubt.
    fn review(&self, near: &[Scored], linked: Option<&Near>) -> Vec<Near> {
        let sure = linked.filter(|link| link.bits >= self.rule.sure_from + self.rule.prior);
        let mut best: HashMap<u64, Near> = HashMap::new();
        for pair in near.iter().filter(|pair| pair.weight >= self.rule.review_from) {
            let other = self.near(pair.a, pair.weight);
            let settled = sure.is_some_and(|link| link.entity == other.entity);
            if !settled && best.get(&other.entity).is_none_or(|known| known.bits < other.bits) {
                best.insert(other.entity, other);
            }
        }
        let mut review: Vec<Near> = best.into_values().collect();
        review.sort_by(|x, y| y.bits.total_cmp(&x.bits).then(x.entity.cmp(&y.entity)));
        review
    }

    pub(super) fn near(&self, record: u32, weight: f32) -> Near {
        Near {
            record: self.index.table.name(record).to_owned(),
            entity: self.entities.of_number(record).unwrap_or_default(),
            bits: weight + self.rule.prior,
            probability: probability(weight, self.rule.prior),
        }
    }
}
