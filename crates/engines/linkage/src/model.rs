//! A model: the weights by which pairs are scored, readable and kept as JSON.

#![expect(clippy::indexing_slicing, reason = "weights are laid out by the comparisons they were made for")]

use serde::{Deserialize, Serialize};

use crate::{
    compare::{Comparisons, Exact, MAX_COMPARISONS, Pattern},
    error::LinkError,
    table::Table,
};

/// What was learned, or agreed upon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The version of this form.
    pub version: u32,
    /// The share of true pairs among all pairs.
    pub prior: f64,
    /// The comparisons with their levels.
    pub comparisons: Vec<ComparisonModel>,
    /// Kinds of relatives.
    pub relatives: Vec<ClassModel>,
}

/// The levels of one comparison, "else" last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparisonModel {
    /// Its name.
    pub name: String,
    /// Its levels.
    pub levels: Vec<LevelModel>,
}

/// One level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LevelModel {
    /// Its condition.
    pub when: String,
    /// Its share among pairs of one person.
    pub m: f64,
    /// Its share among pairs of strangers.
    pub u: f64,
}

/// A kind of relatives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassModel {
    /// Its name.
    pub name: String,
    /// The comparisons in which they agree as one person does.
    pub shares: Vec<String>,
    /// Pairs of such relatives for each pair of strangers.
    pub ratio: f64,
}

impl Model {
    /// The version of the form that is written.
    pub const VERSION: u32 = 1;

    /// Reads a model.
    ///
    /// # Errors
    /// When it is not JSON of this form and version, or a share is no number between 0 and 1.
    pub fn from_json(text: &str) -> Result<Self, LinkError> {
        let damaged = |problem: String| LinkError::Damaged { what: "model".to_owned(), problem };
        let model: Self = serde_json::from_str(text).map_err(|e| damaged(e.to_string()))?;
        if model.version != Self::VERSION {
            return Err(damaged(format!("version {}, expected {}", model.version, Self::VERSION)));
        }
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let levels = model.comparisons.iter().flat_map(|c| &c.levels);
        if !share(model.prior) || levels.into_iter().any(|level| !share(level.m) || !share(level.u)) {
            return Err(damaged("prior, m and u must be above 0 and at most 1".to_owned()));
        }
        Ok(model)
    }

    /// The model as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The logarithm of the odds that a pair taken by chance is true.
    pub fn prior_weight(&self) -> f64 {
        (self.prior / (1.0 - self.prior).max(1e-12)).log2()
    }
}

/// A model ready to score a table's records.
#[derive(Clone, Debug)]
pub struct Scorer {
    weights: Vec<Vec<f32>>,
    /// For each comparison and level the frequency adjustment, if it has one.
    rare: Vec<Vec<Option<usize>>>,
    tables: Vec<Frequencies>,
    classes: Vec<(u32, f32)>,
    bounded: Vec<Bounded>,
    prior: f32,
}

/// A comparison of which "else" is bounded.
#[derive(Clone, Debug)]
pub(crate) struct Bounded {
    /// Its place among the comparisons.
    pub comparison: usize,
    /// Its level "else".
    last: u8,
    /// What that weighs.
    pub weight: f32,
    /// The column in which its first level agrees.
    pub column: usize,
}

fn bounded(comparisons: &Comparisons, weights: &[Vec<f32>]) -> Vec<Bounded> {
    let list = comparisons.list.iter().zip(weights).enumerate();
    let bounded = list.filter(|(_, (comparison, _))| comparison.else_at_most.is_some());
    let whole =
        bounded.filter_map(|(at, (comparison, weights))| match comparison.levels.first()?.exact[..] {
            [Exact::On(column)] => Some(Bounded {
                comparison: at,
                last: weights.len() as u8 - 1,
                weight: *weights.last()?,
                column,
            }),
            _ => None,
        });
    whole.collect()
}

/// For each id of a column the weight that its rarity adds.
#[derive(Clone, Debug)]
struct Frequencies {
    column: usize,
    bits: Vec<f32>,
    /// What a value that was never seen adds.
    most: f32,
}

/// The weights of one pair, in bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts {
    /// For each comparison the weight of its level.
    pub level: [f32; MAX_COMPARISONS],
    /// For each comparison what the rarity of its value adds.
    pub rarity: [f32; MAX_COMPARISONS],
    /// What relatives take away; 0 or less.
    pub relatives: f32,
}

impl Parts {
    /// The match weight.
    pub fn total(&self) -> f32 {
        self.level.iter().sum::<f32>() + self.rarity.iter().sum::<f32>() + self.relatives
    }
}

impl Scorer {
    /// Prepares a model for a table.
    ///
    /// # Errors
    /// When the model was made for other comparisons.
    pub fn new(model: &Model, comparisons: &Comparisons, table: &Table) -> Result<Self, LinkError> {
        let damaged = |problem: String| LinkError::Damaged { what: "model".to_owned(), problem };
        if model.comparisons.len() != comparisons.list.len() {
            let (found, expected) = (model.comparisons.len(), comparisons.list.len());
            return Err(damaged(format!("{found} comparisons, the configuration has {expected}")));
        }
        let (mut weights, mut rare, mut tables) = (Vec::new(), Vec::new(), Vec::<Frequencies>::new());
        for (learned, comparison) in model.comparisons.iter().zip(&comparisons.list) {
            let same = learned.name == comparison.name
                && learned.levels.len() == comparison.levels.len() + 1
                && learned.levels.iter().zip(&comparison.levels).all(|(a, b)| a.when == b.when);
            if !same {
                return Err(damaged(format!("comparison {} is not the configuration's", learned.name)));
            }
            let bits = learned.levels.iter().map(|level| (level.m / level.u).log2() as f32);
            weights.push([0.0].into_iter().chain(bits).collect());
            let mut row = vec![None; comparison.levels.len() + 2];
            for (at, level) in comparison.levels.iter().enumerate() {
                if let Some(column) = level.tf {
                    let known = tables.iter().position(|t| t.column == column);
                    let place = known.unwrap_or_else(|| {
                        tables.push(Frequencies::new(column, table));
                        tables.len() - 1
                    });
                    row[at + 1] = Some(place);
                }
            }
            rare.push(row);
        }
        let classes = model.relatives.iter().map(|class| {
            let mask =
                class.shares.iter().filter_map(|name| comparisons.list.iter().position(|c| c.name == *name));
            (mask.fold(0, |mask, at| mask | 1 << at), class.ratio as f32)
        });
        let bounded = bounded(comparisons, &weights);
        let classes = classes.collect();
        Ok(Self { weights, rare, tables, classes, bounded, prior: model.prior_weight() as f32 })
    }

    /// What hardly ever differs within one person.
    pub(crate) fn bounded(&self) -> &[Bounded] {
        &self.bounded
    }

    /// Of those, the comparisons in which a pair does not agree, as a mask: "else" or missing.
    pub(crate) fn differing(&self, pattern: &Pattern) -> u32 {
        let differs = |b: &&Bounded| matches!(pattern[b.comparison], level if level == 0 || level == b.last);
        self.bounded.iter().filter(differs).fold(0, |mask, b| mask | 1 << b.comparison)
    }

    /// The weight of a pair, without the prior; relatives are reckoned only where the rest is above `floor`.
    pub fn weight(&self, pattern: &Pattern, a: &[u32], b: &[u32], floor: f32) -> f32 {
        let mut bits = [0.0; MAX_COMPARISONS];
        let mut sum = 0.0;
        for (at, weights) in self.weights.iter().enumerate() {
            let level = pattern[at] as usize;
            let weight = weights[level] + self.rarity(at, level, a, b);
            bits[at] = weight;
            sum += weight;
        }
        if sum < floor { sum } else { sum + self.relatives(&bits) }
    }

    /// The most that a pair of this pattern can weigh, be its values as rare as they may.
    pub fn at_most(&self, pattern: &Pattern) -> f32 {
        let levels = self.weights.iter().zip(&self.rare).zip(pattern);
        let most = levels.map(|((weights, rare), &level)| {
            let rarity = rare[level as usize].map_or(0.0, |place| self.tables[place].most);
            weights[level as usize] + rarity
        });
        // A hair above, for what is lost in rounding.
        most.sum::<f32>() + 1e-3
    }

    /// The weight of a pair in its parts.
    pub fn parts(&self, pattern: &Pattern, a: &[u32], b: &[u32]) -> Parts {
        let mut parts = Parts::default();
        let mut bits = [0.0; MAX_COMPARISONS];
        for (at, weights) in self.weights.iter().enumerate() {
            let level = pattern[at] as usize;
            parts.level[at] = weights[level];
            parts.rarity[at] = self.rarity(at, level, a, b);
            bits[at] = parts.level[at] + parts.rarity[at];
        }
        parts.relatives = self.relatives(&bits);
        parts
    }

    /// The logarithm of the odds before looking.
    pub fn prior(&self) -> f32 {
        self.prior
    }

    /// The most that a comparison can give, in bits, over all levels, without rarity.
    pub fn best(&self, at: usize) -> f32 {
        self.weights.get(at).map_or(0.0, |w| w.iter().copied().fold(0.0, f32::max))
    }

    fn rarity(&self, at: usize, level: usize, a: &[u32], b: &[u32]) -> f32 {
        let Some(place) = self.rare[at][level] else { return 0.0 };
        let table = &self.tables[place];
        // Of two values the more frequent one counts: the other may be its misspelling.
        let bits = |row: &[u32]| table.bits.get(row[table.column] as usize).copied().unwrap_or(table.most);
        match (a[table.column], b[table.column]) {
            (0, _) | (_, 0) => 0.0,
            _ => bits(a).min(bits(b)),
        }
    }

    fn relatives(&self, bits: &[f32; MAX_COMPARISONS]) -> f32 {
        let mut sum = 1.0_f32;
        for (mask, ratio) in &self.classes {
            let mut weight = 0.0;
            let mut left = *mask;
            while left != 0 {
                weight += bits[left.trailing_zeros() as usize];
                left &= left - 1;
            }
            sum += ratio * weight.min(100.0).exp2();
        }
        -sum.log2()
    }
}

impl Frequencies {
    fn new(column: usize, table: &Table) -> Self {
        let counts = table.frequencies(column);
        let known: f64 = counts.iter().map(|c| f64::from(*c)).sum::<f64>().max(1.0);
        let usual: f64 =
            counts.iter().map(|c| f64::from(*c) * (f64::from(*c) - 1.0)).sum::<f64>() / known / known;
        let usual = usual.max(1.0 / known / known);
        let bits = |count: u32| (usual / (f64::from(count.max(1)) / known)).log2() as f32;
        let bits: Vec<f32> = counts.into_iter().map(bits).collect();
        Self { column, most: bits.iter().copied().fold(0.0, f32::max), bits }
    }
}

/// The probability that a weight and a prior make.
pub fn probability(weight: f32, prior: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(weight + prior)).exp2())
}
