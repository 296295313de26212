//! Records spread over the table, from which the price of a blocking rule is told before it runs.

#![expect(
    clippy::indexing_slicing,
    reason = "columns are those of the table, slots are masked by their number"
)]

use crate::{dict::hash_ids, table::Table};

/// Records of a sample, column by column.
#[derive(Debug)]
pub struct Sample {
    columns: Vec<Vec<u32>>,
    /// Records of the sample that are of the first file.
    first: usize,
    /// Each stands for so many.
    step: usize,
    linking: bool,
    counts: Counts,
}

/// Records that are looked at, about.
const SAMPLE: usize = 7_000;

impl Sample {
    /// A sample of a table's records.
    pub fn new(table: &Table) -> Self {
        let step = (table.len() / SAMPLE).max(1);
        let records: Vec<u32> = (0..table.len() as u32).step_by(step).collect();
        let column = |at: usize| records.iter().map(|&record| table.row(record)[at]).collect();
        let linking = table.files() > 1;
        let first = if linking { records.partition_point(|r| table.file_of(*r) == 0) } else { 0 };
        let counts = Counts::new(records.len());
        Self { columns: (0..table.columns.len()).map(column).collect(), first, step, linking, counts }
    }

    /// The pairs of records that agree on all of these columns, in the whole table.
    pub fn pairs(&mut self, columns: &[usize]) -> f64 {
        self.counts.forget();
        let mut pairs = 0_u64;
        for record in 0..self.columns.first().map_or(0, Vec::len) {
            let ids = columns.iter().map(|&column| self.columns[column][record]);
            if ids.clone().any(|id| id == 0) {
                continue;
            }
            let key = hash_ids(ids, 0);
            // Of two files the first file's records come first and wait for the others.
            let counted = !self.linking || record < self.first;
            let before = self.counts.seen(key, counted);
            if !self.linking || record >= self.first {
                pairs += u64::from(before);
            }
        }
        // One of the sampled records meets every other sampled one with the chance of any two records.
        pairs as f64 * (self.step * self.step) as f64
    }
}

/// How often keys came: slots of 32 bits of the key, the round in which they were filled, and the count.
#[derive(Debug)]
struct Counts {
    slots: Vec<(u32, u16, u16)>,
    round: u16,
}

impl Counts {
    fn new(keys: usize) -> Self {
        Self { slots: vec![(0, 0, 0); (keys * 2).next_power_of_two().max(64)], round: 0 }
    }

    fn forget(&mut self) {
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.slots.fill((0, 0, 0));
            self.round = 1;
        }
    }

    /// How often a key came before; once more from now on, if it is to be counted.
    fn seen(&mut self, key: u64, counted: bool) -> u16 {
        let (mask, tag) = (self.slots.len() - 1, (key >> 32) as u32);
        let mut at = key as usize & mask;
        while self.slots[at].1 == self.round && self.slots[at].0 != tag {
            at = (at + 1) & mask;
        }
        let slot = &mut self.slots[at];
        if slot.1 != self.round {
            *slot = (tag, self.round, 0);
        }
        let before = slot.2;
        slot.2 += u16::from(counted);
        before
    }
}
