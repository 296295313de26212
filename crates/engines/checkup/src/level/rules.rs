//! The rules' data.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

use super::Outcome;
use crate::table;

/// A threshold.
#[derive(Debug, Deserialize)]
pub(super) struct Threshold {
    pub id: String,
    pub judgement: String,
    pub factor: String,
    /// Rules of which the first that was measured decides.
    pub group: String,
    pub rank: u8,
    pub measure: String,
    pub comparison: Comparison,
    pub threshold: f64,
    /// 1 or 2 where the threshold is one sex's; empty for both.
    pub sex: String,
    pub from: calendar::Date,
    pub until: Option<calendar::Date>,
    #[serde(rename = "source")]
    _source: String,
    pub verified: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Comparison {
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = "<")]
    Below,
}

impl Comparison {
    pub(super) fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::AtLeast => value >= threshold,
            Self::Below => value < threshold,
        }
    }
}

/// An item that gives a measure.
#[derive(Debug, Deserialize)]
pub(super) struct MeasureRow {
    pub measure: String,
    pub name_ja: String,
    pub name_en: String,
    pub unit: String,
    pub rank: u8,
    pub code: String,
}

/// A line from the counted factors to a judgement.
#[derive(Debug, Deserialize)]
pub(super) struct OutcomeRow {
    pub judgement: String,
    pub body: String,
    pub least: u8,
    pub most: u8,
    pub outcome: OutcomeName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OutcomeName {
    Active,
    Motivational,
    Information,
    Met,
    Borderline,
    NotMet,
}

impl From<OutcomeName> for Outcome {
    fn from(name: OutcomeName) -> Self {
        match name {
            OutcomeName::Active => Self::Active,
            OutcomeName::Motivational => Self::Motivational,
            OutcomeName::Information => Self::Information,
            OutcomeName::Met => Self::Met,
            OutcomeName::Borderline => Self::Borderline,
            OutcomeName::NotMet => Self::NotMet,
        }
    }
}

static THRESHOLDS: LazyLock<Vec<Threshold>> =
    LazyLock::new(|| table::rows(include_str!("../../data/level_rules.csv")));
static MEASURES: LazyLock<Vec<MeasureRow>> =
    LazyLock::new(|| table::rows(include_str!("../../data/level_measures.csv")));
pub(super) static OUTCOMES: LazyLock<Vec<OutcomeRow>> =
    LazyLock::new(|| table::rows(include_str!("../../data/level_table.csv")));

/// The thresholds of one factor of one judgement.
pub(super) struct Factor {
    /// Sorted by group and rank.
    pub rules: Vec<&'static Threshold>,
    /// How many groups of alternatives there are: all of them must be known to deny the factor.
    pub groups: usize,
}

/// Factors by judgement and name.
pub(super) static FACTORS: LazyLock<HashMap<(&str, &str), Factor>> = LazyLock::new(|| {
    let mut factors: HashMap<(&str, &str), Factor> = HashMap::new();
    for rule in THRESHOLDS.iter() {
        let empty = || Factor { rules: Vec::new(), groups: 0 };
        factors.entry((&rule.judgement, &rule.factor)).or_insert_with(empty).rules.push(rule);
    }
    for Factor { rules, groups } in factors.values_mut() {
        rules.sort_by(|a, b| (&a.group, a.rank).cmp(&(&b.group, b.rank)));
        *groups = rules.chunk_by(|a, b| a.group == b.group).count();
    }
    factors
});

/// The items that give a measure, the best first.
pub(super) static MEASURES_OF: LazyLock<HashMap<&str, Vec<&MeasureRow>>> = LazyLock::new(|| {
    let mut rows: HashMap<&str, Vec<&MeasureRow>> = HashMap::new();
    for row in MEASURES.iter() {
        rows.entry(&row.measure).or_default().push(row);
    }
    rows.values_mut().for_each(|rows| rows.sort_by_key(|row| row.rank));
    rows
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items;

    #[test]
    fn the_rules_name_measures_and_items_that_are_there() {
        for rule in THRESHOLDS.iter() {
            assert!(MEASURES.iter().any(|row| row.measure == rule.measure), "{}", rule.id);
        }
        for row in MEASURES.iter() {
            assert!(items::item(&row.code).is_some(), "{}", row.code);
        }
        let unverified: Vec<&str> =
            THRESHOLDS.iter().filter(|rule| rule.verified != "yes").map(|rule| rule.id.as_str()).collect();
        println!("{} rules, not verified: {}", THRESHOLDS.len(), unverified.join(", "));
        assert!(OUTCOMES.iter().all(|row| row.least <= row.most));
    }
}
