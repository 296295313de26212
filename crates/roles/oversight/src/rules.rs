//! The rules by which look-ups are brought to an officer's eye: data with an explanation, evaluated over one day beside the
//! base rate of the days before.

mod measure;
mod tail;

use std::collections::BTreeMap;

use calendar::{Date, Timestamp};
use protocol::oversight::{Flag, Side};
use serde::Deserialize;

use crate::model::{Finding, Kept};

pub use tail::{binomial_tail, poisson_tail};

const BUILTIN: &str = include_str!("../rules.toml");

/// All rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// How many days before the day in question make the base rate.
    pub base_days: i32,
    /// The rules, in the order in which they are shown.
    pub rule: Vec<Rule>,
}

/// One rule (検知の規則).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Kebab-case id: findings and the ledger name it.
    pub id: String,
    /// What is counted.
    pub measure: Measure,
    /// Which side's records are counted.
    pub side: Side,
    /// The flag that is counted, for [`Measure::Flag`].
    #[serde(default)]
    pub flag: Option<Flag>,
    /// From which count on.
    pub threshold: u64,
    /// Below which probability, for the statistics.
    #[serde(default)]
    pub alpha: Option<f64>,
    /// From and until which hour of the Japanese day, for [`Measure::Night`].
    #[serde(default)]
    pub hours: Option<[u8; 2]>,
    /// Its name, Japanese.
    pub ja: String,
    /// Its name, English.
    pub en: String,
    /// What it means, Japanese.
    pub why_ja: String,
    /// What it means, English.
    pub why_en: String,
    /// Where the idea and the figures come from, Japanese.
    pub source_ja: String,
    /// The same in English.
    pub source_en: String,
}

/// What a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Different persons that one member of staff asked about in a day.
    PersonsPerStaff,
    /// Look-ups of one member of staff in a day that bear a flag.
    Flag,
    /// Look-ups of one member of staff at night, against the organisation's own share of night work.
    Night,
    /// Look-ups of an organisation in a day, against its own mean.
    Volume,
}

/// Why rules are not accepted.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Not TOML, or not of the expected form.
    #[error("{0}")]
    Syntax(String),
    /// A rule that cannot be evaluated.
    #[error("rule {rule}: expected {expected}")]
    Rule {
        /// Which.
        rule: String,
        /// What it needs.
        expected: &'static str,
    },
}

impl Rules {
    /// The rules that this version was reviewed with.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn builtin() -> Result<Self, RulesError> {
        Self::parse(BUILTIN)
    }

    /// Reads and checks rules.
    ///
    /// # Errors
    /// [`RulesError`].
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let rules: Self = toml::from_str(text).map_err(|error| RulesError::Syntax(error.to_string()))?;
        for rule in &rules.rule {
            let wrong = |expected| Err(RulesError::Rule { rule: rule.id.clone(), expected });
            let alpha = rule.alpha.is_some_and(|alpha| alpha > 0.0 && alpha < 1.0);
            match rule.measure {
                Measure::Flag if rule.flag.is_none() => return wrong("a flag"),
                Measure::Night if rule.hours.is_none_or(|hours| hours.iter().any(|hour| *hour > 24)) => {
                    return wrong("two hours of a day");
                }
                Measure::Night | Measure::Volume if !alpha => return wrong("an alpha between 0 and 1"),
                _ => {}
            }
        }
        Ok(rules)
    }

    /// The rule with this id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rule.iter().find(|rule| rule.id == id)
    }

    /// What the rules find on `day` in `records`, which hold that day and the days of the base rate.
    pub fn evaluate(&self, records: &[Kept], day: Date, now: Timestamp) -> Vec<Finding> {
        let found = |rule: &Rule| {
            let records: Vec<&Kept> = records.iter().filter(|kept| kept.record.side == rule.side).collect();
            let days = measure::Days { day, first: day.add_days(-self.base_days) };
            measure::measure(rule, &records, &days, now)
        };
        self.rule.iter().flat_map(found).collect()
    }
}

/// Counts by key.
type Counts<K> = BTreeMap<K, u64>;

#[cfg(test)]
mod tests;
