//! Estimation: what chance makes agree (u), what one person's records agree in (m), how many pairs are true, and how many are
//! relatives. Everything is learned from the records themselves by expectation and maximisation over patterns.

#![expect(
    clippy::indexing_slicing,
    reason = "weights are laid out by comparison and level, and patterns come from the same comparisons"
)]

use std::collections::HashMap;

use crate::{
    blocking::{Rule, RuleOutcome, visit_pairs},
    compare::{Comparer, Comparisons, Exact, MAX_COMPARISONS, MAX_LEVELS, Pattern},
    config::{Config, Relatives},
    dict::ByNumber,
    error::LinkError,
    model::{ClassModel, ComparisonModel, LevelModel, Model},
    table::Table,
};

/// A candidate pair that was compared.
#[derive(Clone, Copy, Debug)]
pub struct Compared {
    /// The first record.
    pub a: u32,
    /// The second record.
    pub b: u32,
    /// The number of the pattern of levels that they reach.
    pub pattern: u32,
}

/// The candidate pairs, all of them or some, by what they agree in.
#[derive(Debug, Default)]
pub struct Candidates {
    /// The patterns that occur, each with the pairs that it stands for.
    pub patterns: Vec<(Pattern, f64)>,
    /// The pairs, in parts; none where only some were looked at.
    pub pairs: Vec<Vec<Compared>>,
    /// What the rules did.
    pub outcomes: Vec<RuleOutcome>,
}

/// What estimation found.
#[derive(Debug)]
pub struct Estimate {
    /// The model.
    pub model: Model,
    /// The candidate pairs, when they were few enough to keep.
    pub compared: Option<Candidates>,
}

/// Learns a model from the records.
///
/// # Errors
/// When relatives name a comparison that is not there.
pub fn estimate(
    config: &Config,
    table: &Table,
    comparisons: &Comparisons,
    rules: &[Rule],
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Estimate, LinkError> {
    let all_pairs = possible_pairs(table);
    let chance = chance(table, comparisons, all_pairs);
    let predicted: f64 = rules.iter().map(|rule| rule.predicted).sum();
    // Few enough are compared once and kept for scoring.
    let keep = predicted <= KEPT_PAIRS;
    let one_in = if keep { 1 } else { (predicted / ESTIMATION_PAIRS).ceil().min(4_096.0) as u64 };
    let candidates = candidates(table, comparisons, rules, one_in, progress);
    let classes = classes(&config.relatives, comparisons)?;
    let mut em = Em::new(comparisons, chance, classes, all_pairs, table);
    em.run(&candidates.patterns);
    Ok(Estimate { model: em.model(comparisons), compared: keep.then_some(candidates) })
}

/// The most pairs that are kept between estimation and scoring: twelve bytes each.
const KEPT_PAIRS: f64 = 6.5e6;
/// Pairs that estimation looks at where they are not kept, about.
const ESTIMATION_PAIRS: f64 = 1.0e6;

/// All pairs of records that could be one person's.
pub fn possible_pairs(table: &Table) -> f64 {
    let sizes = file_sizes(table);
    let all: f64 = sizes.iter().sum();
    if sizes.len() < 2 {
        return (all * (all - 1.0) / 2.0).max(1.0);
    }
    let within: f64 = sizes.iter().map(|size| size * size).sum();
    ((all * all - within) / 2.0).max(1.0)
}

fn file_sizes(table: &Table) -> Vec<f64> {
    let mut ends: Vec<u32> = table.starts().to_vec();
    ends.push(table.len() as u32);
    ends.windows(2).map(|pair| f64::from(pair[1] - pair[0])).collect()
}

/// The share of each level among pairs taken by chance: `[comparison][level]`, where level 0 (missing) is not counted.
fn chance(table: &Table, comparisons: &Comparisons, all_pairs: f64) -> Vec<Vec<f64>> {
    let mut counts: Vec<Vec<f64>> = comparisons.list.iter().map(|c| vec![0.0; c.levels.len() + 2]).collect();
    let mut comparer = Comparer::new(table, comparisons);
    random_pairs(table, all_pairs, |a, b| {
        let pattern = comparer.pattern(a, b);
        for (count, level) in counts.iter_mut().zip(pattern) {
            count[level as usize] += 1.0;
        }
    });
    for (comparison, count) in comparisons.list.iter().zip(&mut counts) {
        let known: f64 = count.iter().skip(1).sum::<f64>().max(1.0);
        for level in count.iter_mut().skip(1) {
            *level = (*level + 0.2) / (known + 0.2);
        }
        for (at, level) in comparison.levels.iter().enumerate() {
            let counted = level.exact.iter().filter_map(|exact| match *exact {
                Exact::On(column) if at == 0 => agreement_by_chance(table, column, column),
                Exact::On(_) => None,
                Exact::Swap(x, y) => agreement_by_chance(table, x, y),
            });
            if let Some(counted) = counted.max_by(f64::total_cmp) {
                count[at + 1] = counted;
            }
        }
        let listed: f64 = count.iter().skip(1).take(comparison.levels.len()).sum();
        if let Some(last) = count.last_mut() {
            *last = (1.0 - listed).max(1e-6);
        }
    }
    counts
}

/// Visits pairs taken by chance; all of them where they are few.
fn random_pairs(table: &Table, all_pairs: f64, mut visit: impl FnMut(u32, u32)) {
    let size = table.len() as u64;
    if size < 2 {
        return;
    }
    let wanted = (size * 8).clamp(40_000, CHANCE_PAIRS);
    let across = |a: u32, b: u32| table.files() < 2 || table.file_of(a) != table.file_of(b);
    if all_pairs <= wanted as f64 {
        for a in 0..size as u32 {
            for b in a + 1..size as u32 {
                if across(a, b) {
                    visit(a, b);
                }
            }
        }
        return;
    }
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut throw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((u128::from(state) * u128::from(below)) >> 64) as u64
    };
    let (mut made, mut tried) = (0, 0);
    while made < wanted && tried < wanted * 20 {
        // Runs of neighbours against runs of neighbours: each row that is fetched serves several pairs.
        let (a, b) = (throw(size), throw(size));
        for step in 0..8.min(size) {
            tried += 1;
            let (x, y) = ((a + step) % size, (b + step * 3) % size);
            if x != y && across(x as u32, y as u32) {
                visit(x.min(y) as u32, x.max(y) as u32);
                made += 1;
            }
        }
    }
}

const CHANCE_PAIRS: u64 = 100_000;

/// How often a random pair has, in these two columns, one value: counted from frequencies.
fn agreement_by_chance(table: &Table, x: usize, y: usize) -> Option<f64> {
    let (left, right) = if x == y && table.files() < 2 {
        let counts = table.frequencies(x);
        let known: f64 = counts.iter().map(|c| f64::from(*c)).sum();
        let pairs: f64 = counts.iter().map(|c| f64::from(*c) * (f64::from(*c) - 1.0)).sum();
        return (known > 1.0).then(|| (pairs / known / (known - 1.0)).max(0.2 / known / known));
    } else if table.files() == 2 {
        table.frequencies_by_file(x, y)
    } else {
        (table.frequencies(x), table.frequencies(y))
    };
    let sum = |counts: &[u32]| counts.iter().map(|c| f64::from(*c)).sum::<f64>();
    let all = sum(&left) * sum(&right);
    let pairs: f64 = left.iter().zip(&right).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    (all > 0.0).then(|| (pairs / all).max(0.2 / all))
}

/// Compares the candidate pairs, or one in so many blocks of them; all are kept, some are only counted.
fn candidates(
    table: &Table,
    comparisons: &Comparisons,
    rules: &[Rule],
    one_in: u64,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Candidates {
    struct State<'a> {
        comparer: Comparer<'a>,
        numbers: HashMap<u64, u32, ByNumber>,
        /// For each number the pattern's cell and its pairs.
        cells: Vec<(u64, u64)>,
        pairs: Vec<Compared>,
    }
    let start = || State {
        comparer: Comparer::new(table, comparisons),
        numbers: HashMap::default(),
        cells: Vec::new(),
        pairs: Vec::new(),
    };
    let visit = |state: &mut State<'_>, a: u32, b: u32| {
        let cell = comparisons.cell(&state.comparer.pattern(a, b));
        let pattern = *state.numbers.entry(cell).or_insert(state.cells.len() as u32);
        match state.cells.get_mut(pattern as usize) {
            Some((_, pairs)) => *pairs += 1,
            None => state.cells.push((cell, 1)),
        }
        if one_in == 1 {
            state.pairs.push(Compared { a, b, pattern });
        }
    };
    let (mut states, outcomes) = visit_pairs(table, rules, one_in, start, visit, progress);
    let mut cells: Vec<u64> = states.iter().flat_map(|s| s.cells.iter().map(|(cell, _)| *cell)).collect();
    cells.sort_unstable();
    cells.dedup();
    let mut patterns: Vec<(Pattern, f64)> =
        cells.iter().map(|cell| (comparisons.pattern_of(*cell), 0.0)).collect();
    for state in &mut states {
        let numbers: Vec<usize> =
            state.cells.iter().map(|(cell, _)| cells.partition_point(|other| other < cell)).collect();
        for ((_, pairs), &number) in state.cells.iter().zip(&numbers) {
            patterns[number].1 += *pairs as f64 * one_in as f64;
        }
        state.pairs.iter_mut().for_each(|pair| pair.pattern = numbers[pair.pattern as usize] as u32);
    }
    Candidates { patterns, pairs: states.into_iter().map(|state| state.pairs).collect(), outcomes }
}

fn classes(relatives: &[Relatives], comparisons: &Comparisons) -> Result<Vec<Class>, LinkError> {
    relatives
        .iter()
        .map(|relation| {
            let mut mask = 0;
            for name in &relation.shares {
                let at = comparisons.list.iter().position(|c| c.name == *name);
                let at = at.ok_or_else(|| LinkError::Expression {
                    place: format!("relatives {}", relation.name),
                    found: name.clone(),
                    expected: "the name of a comparison".to_owned(),
                })?;
                mask |= 1 << at;
            }
            Ok(Class { name: relation.name.clone(), shares: mask, share: 0.0, at_most: relation.at_most })
        })
        .collect()
}

/// A kind of relatives while it is estimated.
struct Class {
    name: String,
    shares: u32,
    /// Its share of all pairs.
    share: f64,
    /// The most that share may be.
    at_most: f64,
}

/// Expectation and maximisation. Pairs are of one person, of relatives of some kind, or of strangers; relatives agree in what
/// they share as one person's records do, and in the rest as strangers.
struct Em {
    chance: Vec<Vec<f64>>,
    /// What chance alone makes: the counted share less the true pairs in it.
    u: Vec<Vec<f64>>,
    m: Vec<Vec<f64>>,
    bounds: Vec<Option<f64>>,
    classes: Vec<Class>,
    matches: f64,
    all_pairs: f64,
    /// Comparisons whose bound is lifted: more relatives than there can be would be needed to keep it.
    lifted: u32,
}

impl Em {
    fn new(
        comparisons: &Comparisons,
        chance: Vec<Vec<f64>>,
        mut classes: Vec<Class>,
        all_pairs: f64,
        table: &Table,
    ) -> Self {
        let m = comparisons.list.iter().map(|comparison| {
            let levels = comparison.levels.len();
            let mut m = vec![0.0; levels + 2];
            m[1] = if levels > 1 { 0.8 } else { 0.94 };
            (2..=levels).for_each(|level| m[level] = 0.14 / (levels - 1) as f64);
            m[levels + 1] = 0.06;
            m
        });
        let size = table.len() as f64;
        for class in &mut classes {
            class.at_most = (class.at_most * size / all_pairs).min(0.3);
            class.share = class.at_most / 10.0;
        }
        Self {
            u: chance.clone(),
            chance,
            m: m.collect(),
            bounds: comparisons.list.iter().map(|c| c.else_at_most).collect(),
            classes,
            matches: (0.3 * size / all_pairs).min(0.3),
            all_pairs,
            lifted: 0,
        }
    }

    fn run(&mut self, patterns: &[(Pattern, f64)]) {
        for _ in 0..ITERATIONS {
            let before = self.matches;
            self.step(patterns);
            if (self.matches / before - 1.0).abs() < 1e-5 {
                break;
            }
        }
    }

    fn step(&mut self, patterns: &[(Pattern, f64)]) {
        let kinds = self.m.len();
        let mut counts = [[0.0; PLACES]; MAX_COMPARISONS];
        let (mut matches, mut kin) = (0.0, vec![0.0; self.classes.len()]);
        let strangers = self.strangers();
        let mut ratio = [[1.0; PLACES]; MAX_COMPARISONS];
        for (ratio, (m, u)) in ratio.iter_mut().zip(self.m.iter().zip(&self.u)) {
            for (ratio, (m, u)) in ratio.iter_mut().zip(m.iter().zip(u)).skip(1) {
                *ratio = m / u;
            }
        }
        let members: Vec<Vec<usize>> =
            self.classes.iter().map(|c| (0..kinds).filter(|at| c.shares >> at & 1 == 1).collect()).collect();
        let mut parts = vec![0.0; self.classes.len()];
        for (pattern, count) in patterns {
            let mut ratios = [1.0; MAX_COMPARISONS];
            let mut same = self.matches;
            for at in 0..kinds {
                ratios[at] = ratio[at][pattern[at] as usize];
                same *= ratios[at];
            }
            let mut all = same + strangers;
            for ((part, class), members) in parts.iter_mut().zip(&self.classes).zip(&members) {
                *part = members.iter().fold(class.share, |part, &at| part * ratios[at]);
                all += *part;
            }
            let each = count / all;
            for (sum, part) in kin.iter_mut().zip(&parts) {
                *sum += part * each;
            }
            let weight = same * each;
            matches += weight;
            for at in 0..kinds {
                counts[at][pattern[at] as usize] += weight;
            }
        }
        self.matches = (matches / self.all_pairs).clamp(1e-15, 0.9);
        self.lifted = 0;
        for (class, sum) in self.classes.iter_mut().zip(kin) {
            class.share = (sum / self.all_pairs).max(1e-18);
            if class.share > class.at_most {
                class.share = class.at_most;
                self.lifted |= !class.shares;
            }
        }
        for (at, count) in counts.iter().enumerate().take(kinds) {
            let levels = self.m[at].len();
            self.improve(at, &count[..levels]);
        }
    }

    /// New m and u of a comparison from the true pairs in each level.
    fn improve(&mut self, at: usize, count: &[f64]) {
        let known: f64 = count.iter().skip(1).sum();
        if known < 1e-9 {
            return;
        }
        let levels = count.len() - 1;
        let smooth = 0.5 / levels as f64;
        let m = &mut self.m[at];
        for (m, count) in m.iter_mut().zip(count).take(levels + 1).skip(1) {
            *m = (count + smooth) / (known + 0.5);
        }
        if let Some(bound) = self.bounds[at]
            && self.lifted >> at & 1 == 0
            && m[levels] > bound
        {
            let scale = (1.0 - bound) / (1.0 - m[levels]).max(1e-9);
            (1..levels).for_each(|level| m[level] *= scale);
            m[levels] = bound;
        }
        let chances = self.u[at].iter_mut().zip(&self.chance[at]).zip(m.iter());
        for ((u, all), m) in chances.take(levels + 1).skip(1) {
            // Never below a tenth of what was counted: few counts are not exact.
            *u = ((all - self.matches * m) / (1.0 - self.matches)).max(all * 0.1).max(1e-12);
        }
    }

    /// The share of pairs of strangers.
    fn strangers(&self) -> f64 {
        1.0 - self.matches - self.classes.iter().map(|class| class.share).sum::<f64>()
    }

    fn model(self, comparisons: &Comparisons) -> Model {
        let strangers = self.strangers();
        let list = comparisons.list.iter().enumerate().map(|(at, comparison)| {
            let level = |place: usize, when: &str| LevelModel {
                when: when.to_owned(),
                m: self.m[at][place],
                u: self.u[at][place],
            };
            let mut levels: Vec<LevelModel> =
                comparison.levels.iter().enumerate().map(|(place, l)| level(place + 1, &l.when)).collect();
            levels.push(level(comparison.levels.len() + 1, "else"));
            ComparisonModel { name: comparison.name.clone(), levels }
        });
        Model {
            version: Model::VERSION,
            prior: self.matches,
            comparisons: list.collect(),
            relatives: self
                .classes
                .iter()
                .map(|class| ClassModel {
                    name: class.name.clone(),
                    shares: comparisons
                        .list
                        .iter()
                        .enumerate()
                        .filter(|(at, _)| class.shares >> at & 1 == 1)
                        .map(|(_, c)| c.name.clone())
                        .collect(),
                    ratio: class.share / strangers,
                })
                .collect(),
        }
    }
}

const ITERATIONS: usize = 120;
/// Places for the levels of a comparison, "missing" and "else" among them.
const PLACES: usize = MAX_LEVELS + 2;
