//! How right links are, where the truth is known.

use std::collections::HashMap;

use serde::Serialize;

use crate::{dict::ByNumber, link::Scored, table::Table};

/// Links counted against the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quality {
    /// Links that are true.
    pub right: u64,
    /// Links that are not.
    pub wrong: u64,
    /// True pairs that were not linked.
    pub missed: u64,
    /// Of the links, the share that is true.
    pub precision: f64,
    /// Of the true pairs, the share that was linked.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
}

impl Quality {
    /// The shares of these counts.
    pub fn of(right: u64, links: u64, true_pairs: u64) -> Self {
        let share = |part: f64, whole: u64| if whole == 0 { 1.0 } else { part / whole as f64 };
        Self {
            right,
            wrong: links - right,
            missed: true_pairs.saturating_sub(right),
            precision: share(right as f64, links),
            recall: share(right as f64, true_pairs),
            f1: share(2.0 * right as f64, links + true_pairs),
        }
    }
}

/// The pairs that truly belong together; of several files only those across.
pub fn true_pairs(table: &Table) -> u64 {
    pairs_within(table, |record| table.truth(record))
}

/// Pairs of records with the same number, not 0, of different files where there are several.
fn pairs_within(table: &Table, group: impl Fn(u32) -> u32) -> u64 {
    let pairs = |size: &u32| u64::from(*size) * u64::from(size.saturating_sub(1)) / 2;
    let mut sizes: Vec<u32> = Vec::new();
    let mut by_file: HashMap<u64, u32, ByNumber> = HashMap::default();
    for record in 0..table.len() as u32 {
        let group = group(record);
        if group == 0 {
            continue;
        }
        if group as usize >= sizes.len() {
            sizes.resize(group as usize + 1, 0);
        }
        if let Some(size) = sizes.get_mut(group as usize) {
            *size += 1;
        }
        if table.files() > 1 {
            *by_file.entry(u64::from(group) << 32 | table.file_of(record) as u64).or_default() += 1;
        }
    }
    sizes.iter().map(pairs).sum::<u64>() - by_file.values().map(pairs).sum::<u64>()
}

/// How right entities are: every pair of records of one entity is a link.
pub fn of_entities(table: &Table, entities: &[u32]) -> Quality {
    let entity = |record: u32| entities.get(record as usize).map_or(0, |e| e + 1);
    let links = pairs_within(table, entity);
    let mut both: HashMap<u64, u32, ByNumber> = HashMap::default();
    let joint: Vec<u32> = (0..table.len() as u32)
        .map(|record| {
            let next = both.len() as u32 + 1;
            if table.truth(record) == 0 {
                0
            } else {
                let key = u64::from(entity(record)) << 32 | u64::from(table.truth(record));
                *both.entry(key).or_insert(next)
            }
        })
        .collect();
    let right = pairs_within(table, |record| joint.get(record as usize).copied().unwrap_or_default());
    Quality::of(right, links, true_pairs(table))
}

/// How right chosen pairs are.
pub fn of_pairs<'a>(table: &Table, pairs: impl Iterator<Item = &'a Scored>) -> Quality {
    let (mut links, mut right) = (0, 0);
    for pair in pairs {
        links += 1;
        right += u64::from(is_true(table, pair));
    }
    Quality::of(right, links, true_pairs(table))
}

/// Whether both records are known to be one person's.
pub fn is_true(table: &Table, pair: &Scored) -> bool {
    table.truth(pair.a) != 0 && table.truth(pair.a) == table.truth(pair.b)
}

/// Precision and recall of pairs by threshold: the weight (prior included) and the quality from it on, at most `points`.
pub fn by_threshold(table: &Table, pairs: &[Scored], prior: f32, points: usize) -> Vec<(f32, Quality)> {
    let mut order: Vec<&Scored> = pairs.iter().collect();
    order.sort_by(|x, y| y.weight.total_cmp(&x.weight));
    let truths = true_pairs(table);
    let step = (order.len() / points.max(1)).max(1);
    let (mut right, mut curve) = (0, Vec::new());
    for (at, pair) in order.iter().enumerate() {
        right += u64::from(is_true(table, pair));
        let last = order.get(at + 1).is_none_or(|next| next.weight < pair.weight);
        if last && (at % step == 0 || at + 1 == order.len() || curve.is_empty()) || at + 1 == order.len() {
            curve.push((pair.weight + prior, Quality::of(right, at as u64 + 1, truths)));
        }
    }
    curve
}
