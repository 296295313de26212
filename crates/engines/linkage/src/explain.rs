//! Why a pair has its weight: the waterfall from the prior odds to the decision.

use serde::Serialize;

use crate::{
    compare::Comparer,
    error::LinkError,
    link::{Linkage, Scored},
    model::Scorer,
};

/// The weights of one pair, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waterfall {
    /// The first record's identifier.
    pub a: String,
    /// The second record's identifier.
    pub b: String,
    /// The odds before looking, in bits.
    pub prior: f32,
    /// What each comparison gives.
    pub steps: Vec<Step>,
    /// What relatives (twins, households …) take away.
    pub relatives: f32,
    /// The sum of all, in bits.
    pub total: f32,
    /// The probability that it makes.
    pub probability: f64,
    /// What is decided.
    pub decision: Decision,
}

/// What one comparison gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Its name.
    pub comparison: String,
    /// The condition of the level reached; `missing` or `else`.
    pub level: String,
    /// What was compared.
    pub values: [String; 2],
    /// The weight of the level, in bits.
    pub bits: f32,
    /// What the rarity of the value adds, in bits.
    pub rarity: f32,
}

/// What becomes of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It is a link.
    Link,
    /// It is heavy enough, but the rule of clusters or of one partner speaks against it.
    Refused,
    /// It is no link.
    NoLink,
}

/// Explains pairs of one linkage.
pub struct Explainer<'a> {
    linkage: &'a Linkage,
    comparer: Comparer<'a>,
    scorer: Scorer,
}

impl<'a> Explainer<'a> {
    /// An explainer of these results.
    ///
    /// # Errors
    /// When the model is not of the configuration.
    pub fn new(linkage: &'a Linkage) -> Result<Self, LinkError> {
        Ok(Self {
            linkage,
            comparer: Comparer::new(&linkage.table, &linkage.comparisons),
            scorer: Scorer::new(&linkage.model, &linkage.comparisons, &linkage.table)?,
        })
    }

    /// The waterfall of a pair.
    pub fn waterfall(&mut self, a: u32, b: u32) -> Waterfall {
        let table = &self.linkage.table;
        let pattern = self.comparer.pattern(a, b);
        let parts = self.scorer.parts(&pattern, table.row(a), table.row(b));
        let steps =
            self.linkage.comparisons.list.iter().zip(pattern).zip(parts.level.iter().zip(&parts.rarity));
        let steps = steps.map(|((comparison, level), (bits, rarity))| Step {
            comparison: comparison.name.clone(),
            level: match usize::from(level) {
                0 => "missing".to_owned(),
                place => comparison.levels.get(place - 1).map_or("else".to_owned(), |l| l.when.clone()),
            },
            values: [a, b].map(|record| self.shown(comparison.present, record)),
            bits: *bits,
            rarity: *rarity,
        });
        let steps = steps.collect();
        let weight = parts.total();
        Waterfall {
            a: table.name(a).to_owned(),
            b: table.name(b).to_owned(),
            prior: self.linkage.prior,
            steps,
            relatives: parts.relatives,
            total: weight + self.linkage.prior,
            probability: self.linkage.probability(weight),
            decision: self.linkage.decision_of(&Scored { a, b, weight }),
        }
    }

    /// The weight of a record compared with itself, prior included: the most that any pair of it can reach.
    pub fn best_possible(&mut self, record: u32) -> f32 {
        let row = self.linkage.table.row(record);
        let pattern = self.comparer.pattern(record, record);
        self.scorer.weight(&pattern, row, row, f32::MIN) + self.linkage.prior
    }

    /// The whole values of the fields that a comparison looks at.
    fn shown(&self, columns: u32, record: u32) -> String {
        let table = &self.linkage.table;
        let names = table.columns.iter().enumerate().filter(|(at, _)| columns >> at & 1 == 1);
        let whole = names.filter(|(_, column)| !column.name.contains(['.', '+', '~']));
        let mut texts: Vec<&str> = whole.map(|(at, _)| table.text(record, at)).collect();
        texts.dedup();
        texts.join(" ").trim().to_owned()
    }
}

impl Linkage {
    /// What became of a pair.
    pub fn decision_of(&self, pair: &Scored) -> Decision {
        let key = (pair.a, pair.b);
        if self.links.binary_search_by_key(&key, |link| (link.a, link.b)).is_ok() {
            Decision::Link
        } else if pair.weight >= self.threshold {
            Decision::Refused
        } else {
            Decision::NoLink
        }
    }
}
