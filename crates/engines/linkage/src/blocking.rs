//! Blocking: which pairs are looked at. Rules are agreements on columns; a pair belongs to the first rule that makes it.

#![expect(
    clippy::indexing_slicing,
    reason = "blocks and tasks are ranges of the sorted entries they were cut from"
)]

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{
    compare::agreement,
    dict::hash_ids,
    error::LinkError,
    expr,
    table::{Source, Table},
};

/// A blocking rule: records that agree on all of its columns are candidates.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// As it is written: `surname & dob.year`.
    pub text: String,
    /// Its columns.
    pub columns: Vec<usize>,
    /// The same as a mask.
    pub mask: u32,
    /// The pairs that it was expected to make, alone.
    pub predicted: f64,
}

/// What a rule did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RuleOutcome {
    /// Pairs that it was the first to make.
    pub pairs: u64,
    /// Pairs in blocks too large to look at, of which only those were made that agree on one more column.
    pub left_out: u64,
}

impl Rule {
    /// A rule by its text.
    ///
    /// # Errors
    /// When it names a column that is not there.
    pub fn new(text: &str, table: &Table) -> Result<Self, LinkError> {
        let columns =
            expr::rule(text).iter().map(|name| table.column(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::of(columns, table))
    }

    /// The rule of these columns.
    pub fn of(columns: Vec<usize>, table: &Table) -> Self {
        let names: Vec<&str> = columns.iter().map(|&c| table.columns[c].name.as_str()).collect();
        let mask = columns.iter().fold(0, |mask, column| mask | 1 << column);
        Self { text: names.join(" & "), columns, mask, predicted: 0.0 }
    }

    /// The key of a row; `None` when a column is missing.
    pub(crate) fn key(&self, row: &[u32]) -> Option<u64> {
        let present = row.last().copied().unwrap_or_default();
        (present & self.mask == self.mask).then(|| hash_ids(self.columns.iter().map(|&c| row[c]), 0))
    }

    /// Records with their keys, sorted: the upper half is the key, the lower the record. Of every `one_in` keys one is taken.
    pub(crate) fn entries(&self, table: &Table, one_in: u64) -> Vec<u64> {
        let (mut entries, mut room) = (Vec::with_capacity(table.len() / one_in as usize + 1), Vec::new());
        self.entries_into(table, one_in, &mut entries, &mut room);
        entries
    }

    /// As [`Rule::entries`], in memory that is there already.
    fn entries_into(&self, table: &Table, one_in: u64, entries: &mut Vec<u64>, room: &mut Vec<u64>) {
        entries.clear();
        for record in 0..table.len() as u32 {
            if let Some(key) = self.key(table.row(record))
                && (one_in == 1 || key.is_multiple_of(one_in))
            {
                entries.push(key & 0xffff_ffff_0000_0000 | u64::from(record));
            }
        }
        sort_by_upper(entries, room);
    }
}

/// Sorts by the upper 32 bits, keeping the order of equal ones: three passes of 11 bits.
fn sort_by_upper(entries: &mut Vec<u64>, other: &mut Vec<u64>) {
    if entries.len() < 4_096 {
        entries.sort_unstable();
        return;
    }
    other.resize(entries.len(), 0);
    for shift in [32, 43, 54] {
        let digit = |entry: u64| (entry >> shift) as usize & 2_047;
        let mut counts = [0_usize; 2_048];
        entries.iter().for_each(|&entry| counts[digit(entry)] += 1);
        let mut sum = 0;
        for count in &mut counts {
            sum += std::mem::replace(count, sum);
        }
        for &entry in entries.iter() {
            let place = &mut counts[digit(entry)];
            other[*place] = entry;
            *place += 1;
        }
        std::mem::swap(entries, other);
    }
}

/// Entries whose rows are asked for together.
const AHEAD: usize = 128;
/// Blocks of more records than this are divided by one more column.
pub const MAX_BLOCK: usize = 4_000;

/// Visits every candidate pair once, on several threads, each with a state of its own.
///
/// `visit` gets the state, the two records (the smaller number first; of two files the first file's first) and the rule. Of
/// every `one_in` blocks one is looked at.
pub fn visit_pairs<S: Send>(
    table: &Table,
    rules: &[Rule],
    one_in: u64,
    start: impl Fn() -> S + Sync,
    visit: impl Fn(&mut S, u32, u32) + Sync,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> (Vec<S>, Vec<RuleOutcome>) {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(16);
    let mut states: Vec<S> = (0..threads).map(|_| start()).collect();
    let mut outcomes = Vec::with_capacity(rules.len());
    let (mut entries, mut room) = (Vec::new(), Vec::new());
    for (at, rule) in rules.iter().enumerate() {
        rule.entries_into(table, one_in, &mut entries, &mut room);
        let tasks = tasks(&entries);
        let next = AtomicUsize::new(0);
        let walk = Walk { table, entries: &entries, earlier: &rules[..at], rule };
        let work = |state: &mut S| {
            let mut outcome = RuleOutcome::default();
            while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                walk.task(task.clone(), &mut outcome, &mut |a, b| visit(state, a, b));
            }
            outcome
        };
        let parts: Vec<RuleOutcome> = if threads == 1 || entries.len() < 2_000 {
            states.iter_mut().take(1).map(work).collect()
        } else {
            std::thread::scope(|scope| {
                let handles: Vec<_> = states.iter_mut().map(|state| scope.spawn(|| work(state))).collect();
                handles.into_iter().map(|handle| handle.join().unwrap_or_default()).collect()
            })
        };
        outcomes.push(parts.iter().fold(RuleOutcome::default(), |sum, part| RuleOutcome {
            pairs: sum.pairs + part.pairs,
            left_out: sum.left_out + part.left_out,
        }));
        progress(at as u64 + 1, rules.len() as u64);
    }
    (states, outcomes)
}

/// Ranges of whole blocks, each with about as much work.
fn tasks(entries: &[u64]) -> Vec<std::ops::Range<usize>> {
    let mut tasks = Vec::new();
    let (mut from, mut at, mut work) = (0, 0, 0);
    for block in entries.chunk_by(|a, b| a >> 32 == b >> 32) {
        at += block.len();
        work += block.len() * block.len().min(MAX_BLOCK);
        if work > 200_000 {
            tasks.push(from..at);
            (from, work) = (at, 0);
        }
    }
    tasks.push(from..at);
    tasks
}

struct Walk<'a> {
    table: &'a Table,
    entries: &'a [u64],
    earlier: &'a [Rule],
    rule: &'a Rule,
}

impl Walk<'_> {
    fn task(
        &self,
        range: std::ops::Range<usize>,
        outcome: &mut RuleOutcome,
        visit: &mut impl FnMut(u32, u32),
    ) {
        let (entries, mut records) = (&self.entries[range], Vec::new());
        let (mut at, mut asked) = (0, 0);
        for block in entries.chunk_by(|a, b| a >> 32 == b >> 32) {
            at += block.len();
            if at > asked {
                self.ask_for(&entries[asked..entries.len().min(at + AHEAD)]);
                asked = entries.len().min(at + AHEAD);
            }
            match block.len() {
                0 | 1 => {}
                2..=MAX_BLOCK => {
                    records.clear();
                    records.extend(block.iter().map(|entry| *entry as u32));
                    outcome.pairs += self.block(&records, visit);
                }
                size => {
                    let made = self.large(block, visit);
                    outcome.pairs += made;
                    outcome.left_out += (size as u64 * (size as u64 - 1) / 2).saturating_sub(made);
                }
            }
        }
    }

    /// Asks for every row that will be compared.
    fn ask_for(&self, entries: &[u64]) {
        let pairs = entries.windows(2).filter(|pair| pair[0] >> 32 == pair[1] >> 32);
        self.table.ask_for(pairs.flat_map(|pair| [pair[0] as u32, pair[1] as u32]));
    }

    /// The pairs of a block that no earlier rule made.
    fn block(&self, records: &[u32], visit: &mut impl FnMut(u32, u32)) -> u64 {
        let second_file = self.table.starts().get(1).copied();
        let mut made = 0;
        for (at, &a) in records.iter().enumerate() {
            let partners = match second_file {
                // Records are in order, so the other file's follow.
                Some(start) if a >= start && self.table.files() == 2 => break,
                Some(start) if self.table.files() == 2 => {
                    let from = records.partition_point(|&r| r < start);
                    &records[from..]
                }
                _ => &records[at + 1..],
            };
            let row = self.table.row(a);
            for &b in partners {
                if self.table.files() > 2 && self.table.file_of(a) == self.table.file_of(b) {
                    continue;
                }
                let agree = agreement(row, self.table.row(b));
                // Keys are hashes: what only looks like agreement is no pair of this rule.
                if agree & self.rule.mask == self.rule.mask
                    && !self.earlier.iter().any(|rule| agree & rule.mask == rule.mask)
                {
                    visit(a, b);
                    made += 1;
                }
            }
        }
        made
    }

    /// A block too large: divided by the field that leaves the smallest blocks of those that divide it enough.
    fn large(&self, block: &[u64], visit: &mut impl FnMut(u32, u32)) -> u64 {
        let records: Vec<u32> = block.iter().map(|entry| *entry as u32).collect();
        let mut best: Option<(u64, Vec<u32>, usize)> = None;
        for (column, info) in self.table.columns.iter().enumerate() {
            if self.rule.mask >> column & 1 == 1 || matches!(info.source, Source::Joint { .. }) {
                continue;
            }
            let id = |record: u32| self.table.row(record)[column];
            let mut sorted = records.clone();
            sorted.retain(|&record| id(record) != 0);
            sorted.sort_unstable_by_key(|&record| (id(record), record));
            let sizes = sorted.chunk_by(|a, b| id(*a) == id(*b)).map(<[u32]>::len);
            let (most, pairs) = sizes.fold((0, 0), |(most, pairs), size| {
                (most.max(size), pairs + size as u64 * (size as u64 - 1) / 2)
            });
            let limit = (MAX_BLOCK * records.len()) as u64;
            if most <= MAX_BLOCK && pairs <= limit && best.as_ref().is_none_or(|(other, ..)| pairs > *other) {
                best = Some((pairs, sorted, column));
            }
        }
        let Some((_, sorted, column)) = best else { return 0 };
        let id = |record: &u32| self.table.row(*record)[column];
        sorted.chunk_by(|a, b| id(a) == id(b)).map(|part| self.block(part, visit)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn radix_sort_sorts_and_keeps_order(mut keys in prop::collection::vec(0_u64..1 << 33, 4_096..4_400)) {
            for (at, key) in keys.iter_mut().enumerate() {
                *key = *key << 32 | at as u64;
            }
            let mut expected = keys.clone();
            expected.sort_unstable();
            sort_by_upper(&mut keys, &mut Vec::new());
            prop_assert_eq!(keys, expected);
        }
    }
}
