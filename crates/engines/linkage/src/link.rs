//! The whole road: records, rules, model, scores, decisions.

use serde::Serialize;

use crate::{
    blocking::{Rule, RuleOutcome, visit_pairs},
    choose::{SELDOM, choose},
    cluster,
    compare::{Comparer, Comparisons, Condition, columns_of},
    config::Config,
    error::LinkError,
    estimate::{Candidates, Compared, estimate, possible_pairs},
    expr::{self, Term},
    model::{Model, Scorer, probability},
    sample::Sample,
    table::{Table, all_views, is_joint},
};

/// A pair that may be one person's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scored {
    /// The first record.
    pub a: u32,
    /// The second record; of two files the second file's.
    pub b: u32,
    /// The match weight in bits, the prior not counted.
    pub weight: f32,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Weights are learned.
    Estimating,
    /// Candidate pairs are scored.
    Scoring,
    /// Entities are made.
    Deciding,
}

/// Told how far a stage is: done, of how many.
pub type Progress<'a> = &'a (dyn Fn(Stage, u64, u64) + Sync);

/// Records with what was found out about them.
#[derive(Debug)]
pub struct Linkage {
    /// The configuration; its blocking rules are those that were used.
    pub config: Config,
    /// The records.
    pub table: Table,
    /// The comparisons.
    pub comparisons: Comparisons,
    /// The model.
    pub model: Model,
    /// The blocking rules.
    pub rules: Vec<Rule>,
    /// What each rule did.
    pub outcomes: Vec<RuleOutcome>,
    /// The logarithm of the odds before looking; in one-to-one linkage given that nobody else is the partner.
    pub prior: f32,
    /// Pairs worth keeping: those with a probability of at least [`KEEP_FROM`].
    pub pairs: Vec<Scored>,
    /// The weight, prior not counted, from which a pair is a link.
    pub threshold: f32,
    /// The bands of the clerical review.
    pub bands: Bands,
    /// The entity of each record: the number of its first record.
    pub entities: Vec<u32>,
    /// The pairs that are links.
    pub links: Vec<Scored>,
}

/// Weights (prior not counted) that part what is decided without people from what they look at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bands {
    /// From here on a pair is a link without review.
    pub link_from: f32,
    /// Below this it is none without review.
    pub review_from: f32,
    /// Pairs between the two.
    pub review: u64,
}

/// Pairs less probable than this are forgotten.
pub const KEEP_FROM: f64 = 0.001;

/// An empty table for a configuration; without blocking rules every view is kept, to choose from.
///
/// # Errors
/// When an expression cannot be read or names what is not there.
pub fn table_for(config: &Config) -> Result<Table, LinkError> {
    let mut columns = columns_of(config)?;
    for field in &config.keep {
        if !columns.contains(field) {
            columns.insert(0, field.clone());
        }
    }
    if config.block.is_empty() {
        let mut joint: Vec<String> = columns.iter().filter(|name| is_joint(name)).cloned().collect();
        columns.retain(|name| !is_joint(name));
        joint.extend(names_in_either_order(config)?);
        let room = crate::table::MAX_VIEWS.saturating_sub(joint.len());
        for view in all_views(&config.field) {
            let field = view.split('.').next().unwrap_or_default();
            // A first letter finds nobody; it is there for who asks for it.
            let needless = SELDOM.contains(&field) || view.ends_with(".initial");
            if columns.len() < room && !needless && !columns.contains(&view) {
                columns.push(view);
            }
        }
        columns.extend(joint);
    }
    Table::new(config, &columns)
}

/// The first two names that a configuration compares in each other's place, as one column: who asks for them wants to find them.
fn names_in_either_order(config: &Config) -> Result<Option<String>, LinkError> {
    for comparison in &config.comparison {
        for level in &comparison.level {
            for term in expr::condition(&comparison.name, &level.when)?.into_iter().flatten() {
                if let Term::Swapped(one, other) = term {
                    return Ok(Some(format!("{one}~{other}")));
                }
            }
        }
    }
    Ok(None)
}

impl Linkage {
    /// Links the records of a table that [`table_for`] made for this configuration. With a model it is used; without one it
    /// is learned.
    ///
    /// # Errors
    /// When the configuration or the model does not fit, or there are fewer than two records.
    pub fn run(
        mut config: Config,
        mut table: Table,
        model: Option<Model>,
        progress: Progress<'_>,
    ) -> Result<Self, LinkError> {
        if table.len() < 2 {
            return Err(LinkError::Limit {
                problem: format!("{} records: nothing to link", table.len()),
                ja: format!("レコードが{}件しかありません", table.len()),
            });
        }
        table.settle();
        let comparisons = Comparisons::new(&config, &table)?;
        let rules = rules(&config, &table)?;
        config.block = rules.iter().map(|rule| rule.text.clone()).collect();
        let (model, compared) = match model {
            Some(model) => (model, None),
            None => {
                let told = |done, of| progress(Stage::Estimating, done, of);
                let estimate = estimate(&config, &table, &comparisons, &rules, &told)?;
                (estimate.model, estimate.compared)
            }
        };
        let scorer = Scorer::new(&model, &comparisons, &table)?;
        let matches = model.prior * possible_pairs(&table);
        let mut prior =
            scorer.prior() + if config.decision.one_to_one { partner_bits(&table, matches) } else { 0.0 };
        let floor = (KEEP_FROM / (1.0 - KEEP_FROM)).log2() as f32 - prior;
        let (pairs, outcomes) = match compared {
            Some(compared) => (weighed(&table, &scorer, &compared, floor), compared.outcomes),
            None => score(&table, &comparisons, &scorer, floor, &rules, progress),
        };
        let mut order = ranked(&pairs, prior);
        let mut at = threshold(&config, &order, prior, matches);
        if config.decision.one_to_one && table.files() == 2 {
            prior = paired_off(&table, &pairs, at);
            order = ranked(&pairs, prior);
            at = asked_for(&config, prior).unwrap_or(-prior);
        }
        let mut linkage = Self {
            bands: bands(&config, &order),
            threshold: at,
            prior,
            config,
            table,
            comparisons,
            model,
            rules,
            outcomes,
            pairs,
            entities: Vec::new(),
            links: Vec::new(),
        };
        progress(Stage::Deciding, 0, 1);
        linkage.decide(&scorer)?;
        progress(Stage::Deciding, 1, 1);
        Ok(linkage)
    }

    /// The probability that a weight makes.
    pub fn probability(&self, weight: f32) -> f64 {
        probability(weight, self.prior)
    }

    fn decide(&mut self, scorer: &Scorer) -> Result<(), LinkError> {
        let links: Vec<Scored> = self.pairs.iter().filter(|p| p.weight >= self.threshold).copied().collect();
        if self.config.decision.one_to_one {
            self.links = cluster::one_to_one(&links, self.threshold);
            let mut groups = cluster::Groups::new(self.table.len());
            for link in &self.links {
                let (x, y) = (groups.root(link.a), groups.root(link.b));
                groups.join(x, y);
            }
            self.entities = (0..self.table.len() as u32).map(|record| groups.root(record)).collect();
            return Ok(());
        }
        let conflicts: Vec<Condition> = self
            .config
            .conflict
            .iter()
            .map(|text| Condition::new("conflict", text, &self.table))
            .collect::<Result<_, _>>()?;
        let mut comparer = Comparer::new(&self.table, &self.comparisons);
        self.entities =
            cluster::clusters(&self.table, &mut comparer, scorer, &conflicts, &links, self.threshold);
        let entity = |record: u32| self.entities.get(record as usize);
        self.links = links.into_iter().filter(|link| entity(link.a) == entity(link.b)).collect();
        Ok(())
    }
}

fn rules(config: &Config, table: &Table) -> Result<Vec<Rule>, LinkError> {
    let mut rules = if config.block.is_empty() {
        choose(config, table)
    } else {
        config.block.iter().map(|text| Rule::new(text, table)).collect::<Result<_, _>>()?
    };
    if rules.is_empty() {
        return Err(LinkError::Limit {
            problem: "no blocking rule fits the allowance of pairs: give some under `block`".to_owned(),
            ja: "候補の組を作る規則が選べません。block に書いてください".to_owned(),
        });
    }
    let mut sample = Sample::new(table);
    for rule in &mut rules {
        rule.predicted = sample.pairs(&rule.columns);
    }
    Ok(rules)
}

/// What one-to-one linkage adds to the odds of a pair: a record whose partners elsewhere are ruled out has either this one or
/// none, and the share of records without a partner is known from the expected number of true pairs.
fn partner_bits(table: &Table, matches: f64) -> f32 {
    let second = table.starts().get(1).map_or(table.len(), |start| *start as usize);
    let smaller = second.min(table.len() - second).max(1) as f64;
    let with_partner = (matches / smaller).clamp(0.0, 0.998);
    -(1.0 - with_partner).log2() as f32
}

/// The logarithm of the odds of one more pair, when `links` records of each file have their partner.
///
/// Every number of partners is thought equally likely beforehand, and of one number every way to pair records off. There are
/// (n − k)(m − k) / (k + 1) times as many ways with one pair more: the fewer records are left on both sides, the less is asked of
/// a pair of them.
fn odds_of_another(sizes: (f64, f64), links: f64) -> f32 {
    let ways = (sizes.0 - links).max(0.5) * (sizes.1 - links).max(0.5) / (links + 1.0);
    -ways.log2() as f32
}

/// Those odds where they lead to the number of links that they were reckoned from, beginning with the links from `at` on.
fn paired_off(table: &Table, pairs: &[Scored], at: f32) -> f32 {
    let second = f64::from(table.starts().get(1).copied().unwrap_or_default());
    let sizes = (second, table.len() as f64 - second);
    let links = |at: f32| {
        let heavy: Vec<Scored> = pairs.iter().filter(|pair| pair.weight >= at).copied().collect();
        cluster::one_to_one(&heavy, at).len() as f64
    };
    let mut found = links(at);
    // More links make more likely and fewer fewer, so the number only rises or only falls until it stays.
    for _ in 0..ROUNDS {
        let prior = odds_of_another(sizes, found);
        let next = links(-prior);
        if next == found {
            break;
        }
        found = next;
    }
    odds_of_another(sizes, found)
}

const ROUNDS: usize = 12;

fn score(
    table: &Table,
    comparisons: &Comparisons,
    scorer: &Scorer,
    floor: f32,
    rules: &[Rule],
    progress: Progress<'_>,
) -> (Vec<Scored>, Vec<RuleOutcome>) {
    let start = || (Comparer::new(table, comparisons), Vec::<Scored>::new());
    let visit = |state: &mut (Comparer<'_>, Vec<Scored>), a: u32, b: u32| {
        let pattern = state.0.pattern(a, b);
        let weight = scorer.weight(&pattern, table.row(a), table.row(b), floor);
        if weight >= floor {
            state.1.push(Scored { a, b, weight });
        }
    };
    let told = |done, of| progress(Stage::Scoring, done, of);
    let (states, outcomes) = visit_pairs(table, rules, 1, start, visit, &told);
    let mut pairs: Vec<Scored> = states.into_iter().flat_map(|(_, pairs)| pairs).collect();
    pairs.sort_unstable_by_key(|pair| (pair.a, pair.b));
    (pairs, outcomes)
}

/// Pairs whose rows are asked for together.
const TOGETHER: usize = 128;

/// The pairs worth keeping of those that estimation compared.
fn weighed(table: &Table, scorer: &Scorer, compared: &Candidates, floor: f32) -> Vec<Scored> {
    let at_most: Vec<f32> = compared.patterns.iter().map(|(pattern, _)| scorer.at_most(pattern)).collect();
    let heavy = |pair: &&Compared| at_most.get(pair.pattern as usize).is_some_and(|most| *most >= floor);
    let mut pairs = Vec::new();
    let mut group: Vec<&Compared> = Vec::with_capacity(TOGETHER);
    for part in compared.pairs.iter().flat_map(|part| part.chunks(TOGETHER)) {
        group.clear();
        group.extend(part.iter().filter(heavy));
        table.ask_for(group.iter().flat_map(|pair| [pair.a, pair.b]));
        for &&Compared { a, b, pattern } in &group {
            let Some((levels, _)) = compared.patterns.get(pattern as usize) else { continue };
            let weight = scorer.weight(levels, table.row(a), table.row(b), floor);
            if weight >= floor {
                pairs.push(Scored { a, b, weight });
            }
        }
    }
    pairs.sort_unstable_by_key(|pair| (pair.a, pair.b));
    pairs
}

/// Weights with their probabilities, the heaviest first.
fn ranked(pairs: &[Scored], prior: f32) -> Vec<(f32, f64)> {
    let mut order: Vec<f32> = pairs.iter().map(|pair| pair.weight).collect();
    order.sort_unstable_by(|x, y| y.total_cmp(x));
    order.into_iter().map(|weight| (weight, probability(weight, prior))).collect()
}

/// The weight of the probability that was asked for.
fn asked_for(config: &Config, prior: f32) -> Option<f32> {
    let at = config.decision.link_at?.clamp(1e-9, 1.0 - 1e-9);
    Some((at / (1.0 - at)).log2() as f32 - prior)
}

/// The weight from which linking expects the best F1, or that of the probability that was asked for.
fn threshold(config: &Config, ranked: &[(f32, f64)], prior: f32, matches: f64) -> f32 {
    if let Some(at) = asked_for(config, prior) {
        return at;
    }
    let all = ranked.iter().map(|(_, probability)| probability).sum::<f64>().max(matches);
    let (mut right, mut best, mut threshold) = (0.0, 0.0, -prior);
    for (at, (weight, probability)) in ranked.iter().enumerate() {
        right += probability;
        let f1 = 2.0 * right / (at as f64 + 1.0 + all);
        if f1 >= best {
            (best, threshold) = (f1, *weight);
        }
    }
    threshold
}

/// Bands: from the top as far as the expected share of false links stays within its limit; from the bottom as far as the
/// expected share of lost true pairs does.
fn bands(config: &Config, ranked: &[(f32, f64)]) -> Bands {
    let all: f64 = ranked.iter().map(|(_, probability)| probability).sum();
    let (mut wrong, mut link_from) = (0.0, f32::INFINITY);
    for (at, (weight, probability)) in ranked.iter().enumerate() {
        wrong += 1.0 - probability;
        if wrong <= config.decision.false_links * (at as f64 + 1.0) {
            link_from = *weight;
        }
    }
    let (mut lost, mut review_from) = (0.0, f32::INFINITY);
    for (weight, probability) in ranked.iter().rev() {
        lost += probability;
        if lost > config.decision.missed_links * all {
            break;
        }
        review_from = *weight;
    }
    let review_from = review_from.min(link_from);
    let review = ranked.iter().filter(|(weight, _)| (review_from..link_from).contains(weight)).count() as u64;
    Bands { link_from, review_from, review }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_lists_are_each_others() {
        // Four of five are paired off: one way is left for the fifth, where there were five times five at first.
        assert_eq!(odds_of_another((5.0, 5.0), 4.0), 5.0_f32.log2());
        assert_eq!(odds_of_another((5.0, 5.0), 0.0), -25.0_f32.log2());
        // In a list that is much longer there are many left.
        assert!(odds_of_another((5.0, 500.0), 4.0) < -6.0);
    }

    #[test]
    fn who_is_left_on_both_sides_needs_little_to_be_one() {
        let header = ["id", "given_name", "surname", "dob", "postcode"].map(str::to_owned).to_vec();
        let mut config = crate::suggest(&[header], None, None).config;
        config.decision.one_to_one = true;
        let mut table = table_for(&config).unwrap();
        let head = "id,given_name,surname,dob,postcode\n".to_owned();
        let letters = |n: u32| (n * 7_919 % 10_007).to_string().bytes().map(|b| char::from(b + 49)).collect();
        let line = |n: u32, given: &str, surname: &str| {
            let given = if n == 7 { given } else { ["anna", "bert", "carla", "dirk"][n as usize * 31 % 4] };
            let own: String = letters(n);
            let surname = if n == 7 { surname } else { &own };
            let (year, month, day) = (n * 13 % 90 + 10, n % 12 + 1, n * 17 % 28 + 1);
            format!("r{n},{given},{surname},19{year:02}-{month:02}-{day:02},{}\n", 1_000 + n * 37 % 900)
        };
        let a = (0..300).fold(head.clone(), |csv, n| csv + &line(n, "emil", "quux"));
        // Of the seventh only birth and place are the same.
        let b = (0..300).fold(head, |csv, n| csv + &line(n, "zoe", "vogel"));
        table.read("a", &config, a.as_bytes(), &|_| {}).unwrap();
        table.read("b", &config, b.as_bytes(), &|_| {}).unwrap();
        let linkage = Linkage::run(config, table, None, &|_, _, _| {}).unwrap();
        assert!(linkage.links.iter().all(|link| link.b == link.a + 300));
        assert_eq!(linkage.links.len(), 300);
    }
}
