//! A kept index: records with their keys, to find one arriving record among millions, to add new ones, and to give every
//! person an entity that stays.

#![expect(
    clippy::indexing_slicing,
    reason = "buckets are laid out by their own counts and records are numbered by the table"
)]

use crate::{
    blocking::Rule,
    compare::{Comparer, Comparisons, Condition, agreement},
    config::Config,
    error::LinkError,
    link::{Linkage, Scored},
    model::{Model, Scorer, probability},
    table::Table,
};

/// Records, model and keys, ready to be searched.
#[derive(Debug)]
pub struct Index {
    pub(crate) config: Config,
    pub(crate) table: Table,
    comparisons: Comparisons,
    pub(crate) model: Model,
    scorer: Scorer,
    rules: Vec<Rule>,
    keys: Vec<Keys>,
    /// Records that the keys hold; those behind it came later and are looked at one by one.
    keyed: u32,
}

/// Records by the key of one rule: a table of buckets, each a range of entries.
#[derive(Debug, Default)]
struct Keys {
    starts: Vec<u32>,
    entries: Vec<u64>,
    shift: u32,
}

/// A record that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its number in the index.
    pub record: u32,
    /// The weight, the prior included, in bits.
    pub bits: f32,
    /// The probability that it is the person searched for.
    pub probability: f64,
}

impl Index {
    /// The index of a linkage's records: what was learned there is what is searched with.
    ///
    /// # Errors
    /// When the model does not fit, which that of the linkage does.
    pub fn of(linkage: Linkage) -> Result<Self, LinkError> {
        Self::new(linkage.config, linkage.table, linkage.model)
    }

    /// An index of a table's records, with the blocking rules of the configuration as keys.
    ///
    /// # Errors
    /// When the configuration has no rules or the model does not fit it.
    pub fn new(config: Config, table: Table, model: Model) -> Result<Self, LinkError> {
        let comparisons = Comparisons::new(&config, &table)?;
        let rules: Vec<Rule> =
            config.block.iter().map(|text| Rule::new(text, &table)).collect::<Result<_, _>>()?;
        if rules.is_empty() {
            return Err(LinkError::Limit {
                problem: "an index needs blocking rules: those of a linkage's link.toml".to_owned(),
                ja: "索引には候補を作る規則が要ります（名寄せが書く link.toml のもの）".to_owned(),
            });
        }
        let scorer = Scorer::new(&model, &comparisons, &table)?;
        let mut index = Self { keyed: 0, keys: Vec::new(), config, table, comparisons, model, scorer, rules };
        index.merge();
        Ok(index)
    }

    /// The records.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A searcher: one a thread.
    pub fn searcher(&self) -> Searcher<'_> {
        Searcher { index: self, comparer: Comparer::new(&self.table, &self.comparisons), seen: Vec::new() }
    }

    /// Adds a record by the values of its fields; it is found from now on.
    pub fn add(&mut self, name: &str, values: &[(&str, &str)]) -> u32 {
        let record = self.table.push(name, values);
        self.settle();
        record
    }

    /// Adds many records: name, and field name and text of each value.
    pub(crate) fn extend<'v>(&mut self, records: impl Iterator<Item = (&'v str, Vec<(&'v str, &'v str)>)>) {
        for (name, values) in records {
            self.table.push(name, &values);
        }
        self.settle();
    }

    /// Takes later records into the keys when they have become many.
    fn settle(&mut self) {
        // A few hundred records are looked at one by one as fast as keys are; then they are taken in.
        if self.table.len() as u32 - self.keyed > TAIL.max(self.keyed / 256) {
            self.merge();
        }
    }

    /// Takes the records that came later into the keys.
    fn merge(&mut self) {
        self.keys = self.rules.iter().map(|rule| Keys::new(rule.entries(&self.table, 1))).collect();
        self.keyed = self.table.len() as u32;
    }
}

/// Records that may lie outside the keys.
const TAIL: u32 = 256;
/// The most records of one key that are looked at: a key shared by more says nothing.
const MAX_HITS: usize = 500;

impl Keys {
    fn new(entries: Vec<u64>) -> Self {
        // About two entries a bucket, 256 buckets at least.
        let bits = (entries.len() / 2).max(256).ilog2();
        let shift = 64 - bits;
        let mut starts = vec![0_u32; (1 << bits) + 1];
        for entry in &entries {
            starts[(entry >> shift) as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        Self { starts, entries, shift }
    }

    fn of(&self, key: u64) -> impl Iterator<Item = u32> {
        let bucket = (key >> self.shift) as usize;
        let range = self.starts[bucket] as usize..self.starts[bucket + 1] as usize;
        self.entries[range].iter().filter(move |entry| *entry >> 32 == key >> 32).map(|entry| *entry as u32)
    }
}

/// One thread's means of searching.
#[derive(Debug)]
pub struct Searcher<'a> {
    index: &'a Index,
    comparer: Comparer<'a>,
    seen: Vec<u32>,
}

impl Searcher<'_> {
    /// The records most probably of the person with these values (field name, text), the most probable first.
    ///
    /// Records less probable than `at_least` are not told.
    pub fn find(&mut self, values: &[(&str, &str)], at_least: f64, most: usize) -> Vec<Found> {
        let index = self.index;
        let probe = index.table.probe(values);
        self.candidates(&probe.row, index.table.len() as u32);
        let prior = index.scorer.prior();
        let floor = (at_least.clamp(1e-12, 1.0 - 1e-9) / (1.0 - at_least).max(1e-9)).log2() as f32 - prior;
        let mut found = Vec::new();
        for at in 0..self.seen.len() {
            let record = self.seen[at];
            let pattern = self.comparer.pattern_of_probe(&probe, record);
            let weight = index.scorer.weight(&pattern, &probe.row, index.table.row(record), floor);
            if weight >= floor {
                found.push(Found { record, bits: weight + prior, probability: probability(weight, prior) });
            }
        }
        found.sort_by(|x, y| y.bits.total_cmp(&x.bits).then(x.record.cmp(&y.record)));
        found.truncate(most);
        found
    }

    /// The records before this one that may be of its person, with their weights, the prior not counted.
    pub(crate) fn before(&mut self, record: u32, floor: f32) -> Vec<Scored> {
        self.candidates(self.index.table.row(record), record);
        let seen = std::mem::take(&mut self.seen);
        let near = seen.iter().map(|&a| Scored { a, b: record, weight: self.weight(a, record, floor) });
        let near = near.filter(|pair| pair.weight >= floor).collect();
        self.seen = seen;
        near
    }

    /// The weight of two records; below `floor` not exact.
    pub(crate) fn weight(&mut self, a: u32, b: u32, floor: f32) -> f32 {
        let (index, pattern) = (self.index, self.comparer.pattern(a, b));
        index.scorer.weight(&pattern, index.table.row(a), index.table.row(b), floor)
    }

    /// Whether a condition holds for two records.
    pub(crate) fn holds(&mut self, condition: &Condition, a: u32, b: u32) -> bool {
        self.comparer.holds(condition, a, b)
    }

    /// The records below a number that share a key with a row, and those that came after the keys; each once.
    fn candidates(&mut self, row: &[u32], below: u32) {
        let index = self.index;
        self.seen.clear();
        for (at, (rule, keys)) in index.rules.iter().zip(&index.keys).enumerate() {
            let Some(key) = rule.key(row) else { continue };
            for record in keys.of(key).take(MAX_HITS).filter(|record| *record < below) {
                let agree = agreement(row, index.table.row(record));
                let earlier = index.rules[..at].iter().any(|rule| agree & rule.mask == rule.mask);
                if !earlier && agree & rule.mask == rule.mask {
                    self.seen.push(record);
                }
            }
        }
        self.seen.extend(index.keyed..below);
    }

    /// The model that weights come from.
    pub fn model(&self) -> &Model {
        &self.index.model
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{link::table_for, suggest::suggest};

    fn index(records: usize) -> Index {
        let header = ["id", "given_name", "surname", "dob", "postcode"].map(str::to_owned).to_vec();
        let config = suggest(&[header], None, None).config;
        let mut table = table_for(&config).unwrap();
        let mut csv = String::from("id,given_name,surname,dob,postcode\n");
        for n in 0..records {
            // Every person is there twice.
            let person = n / 2;
            let letters: String =
                (person * 7919 % 10_007).to_string().bytes().map(|b| char::from(b + 49)).collect();
            let given = ["anna", "bert", "carla", "dirk"][person * 31 % 4];
            let (year, month, day) = (person * 13 % 90 + 10, person % 12 + 1, person * 17 % 28 + 1);
            csv += &format!(
                "r{n},{given},{letters},19{year:02}-{month:02}-{day:02},{}\n",
                1000 + person * 37 % 900
            );
        }
        table.read("test", &config, csv.as_bytes(), &|_| {}).unwrap();
        Index::of(Linkage::run(config, table, None, &|_, _, _| {}).unwrap()).unwrap()
    }

    #[test]
    fn every_record_finds_itself_and_new_ones_are_found_at_once() {
        let mut index = index(600);
        for record in (0..600).step_by(37) {
            let text = |name: &str| index.table.text(record, index.table.column(name).unwrap()).to_owned();
            let values = ["given", "surname", "birth", "postcode"].map(|name| (name, text(name)));
            let values: Vec<(&str, &str)> = values.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let found = index.searcher().find(&values, 0.5, 5);
            assert!(found.iter().take(2).any(|f| f.record == record), "{record}: {found:?}");
        }
        let values = [("given", "zoe"), ("surname", "quux"), ("birth", "1999-09-09"), ("postcode", "7777")];
        assert!(index.searcher().find(&values, 0.5, 5).is_empty());
        let added: Vec<u32> = (0..400).map(|n| index.add(&format!("n{n}"), &values)).collect();
        let found = index.searcher().find(&values, 0.0, 1_000);
        assert_eq!(found.len(), added.len());
        assert!(found.iter().all(|f| added.contains(&f.record)));
    }
}
