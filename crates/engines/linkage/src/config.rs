//! The configuration of a linkage: fields, comparison levels, blocking, relatives and decisions, in one TOML.

use serde::{Deserialize, Serialize};

use crate::error::LinkError;

/// How records are compared and decided upon. `docs/formats/linkage.md` explains every key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The column of a record's own identifier; row numbers when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The column that says whose record it truly is, where that is known; never compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truth: Option<String>,
    /// What is decided and how surely.
    #[serde(default)]
    pub decision: Decision,
    /// The fields that are read.
    #[serde(default)]
    pub field: Vec<FieldConfig>,
    /// Fields that are kept though nothing compares them: the registry's rule asks for hospital, chart and site.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
    /// The comparisons that are scored.
    #[serde(default)]
    pub comparison: Vec<ComparisonConfig>,
    /// Blocking rules such as `surname & dob.year`; chosen from the data when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub block: Vec<String>,
    /// Candidate pairs a record that chosen blocking rules may make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs_per_record: Option<f64>,
    /// People who are alike without being the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relatives: Vec<Relatives>,
    /// Conditions under which two records are never put into one cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflict: Vec<String>,
}

/// What is decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Decision {
    /// Whether one record of a file has at most one partner in the other.
    pub one_to_one: bool,
    /// Of the links made without review, the share that may be wrong: 0 to 1.
    pub false_links: f64,
    /// Of the true links, the share that may be lost without review: 0 to 1.
    pub missed_links: f64,
    /// Probability from which a pair is a link; chosen to expect the best F1 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_at: Option<f64>,
}

impl Default for Decision {
    fn default() -> Self {
        Self { one_to_one: false, false_links: 0.01, missed_links: 0.01, link_at: None }
    }
}

/// One field of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldConfig {
    /// Its name in expressions.
    pub name: String,
    /// What kind of value it holds.
    pub kind: Kind,
    /// The columns that may hold it: the first that a file has is read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Columns that hold it together, in order; instead of `columns`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
}

/// What kind of value a field holds: how it is brought into one form before it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Words: case, width, accents and punctuation do not count.
    Text,
    /// A Latin name: letters only. Views `sound` (Soundex) and `head` (first three letters).
    Name,
    /// A name in kanji (漢字氏名): width, compatibility forms and variant forms folded. Views `confusable` and `head`.
    NameJa,
    /// A reading (カナ): width, hiragana, long vowels, small kana folded. View `head` (first two kana).
    Kana,
    /// A day, Western or 和暦. Views `year`, `month_day`.
    Date,
    /// A sex: 1/2, 男/女, M/F.
    Sex,
    /// A code: letters and digits only.
    Code,
    /// A postal code: letters and digits only; changes when people move. View `head` (first three characters).
    Postcode,
    /// A whole number: leading zeros do not count.
    Number,
    /// A Japanese address (住所) down to the lot. Views `town`, `city`, `lot`.
    AddressJa,
}

/// One comparison: levels from the closest to the most distant; what fits none is "else".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonConfig {
    /// Its name.
    pub name: String,
    /// The levels.
    pub level: Vec<LevelConfig>,
    /// The most that "else" may be among records of one person: 0 to 1. A bound for what changes rarely (birth date).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub else_at_most: Option<f64>,
    /// Where it says nothing, because another comparison has said it: of two people of one given name the sex is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<String>,
}

/// One level of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelConfig {
    /// The condition, such as `same(surname)` or `jaro_winkler(surname) >= 0.9 & same(given.head)`.
    pub when: String,
    /// Views whose joint frequency adjusts the weight (a rare name says more than a frequent one).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tf: Vec<String>,
}

/// People who are alike because of a relation, not by chance: twins, households, parents and children of one name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relatives {
    /// The relation's name, for explanations.
    pub name: String,
    /// The comparisons that agree among them as they do for one person; the others agree by chance only.
    pub shares: Vec<String>,
    /// The most pairs of such relatives for each record, by what is known of people (twins are one birth in a hundred). Where
    /// the records show more, the rest are taken for one person's records that differ.
    #[serde(default = "one_pair")]
    pub at_most: f64,
}

fn one_pair() -> f64 {
    1.0
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// When it is not TOML, has unknown keys, or a figure is out of its range.
    pub fn from_toml(text: &str) -> Result<Self, LinkError> {
        let config: Self = toml::from_str(text).map_err(|e| LinkError::Toml(e.to_string()))?;
        let share = |name: &str, value: f64| {
            if (0.0..=1.0).contains(&value) {
                Ok(())
            } else {
                Err(LinkError::Toml(format!("{name} = {value}: expected 0 to 1")))
            }
        };
        share("false_links", config.decision.false_links)?;
        share("missed_links", config.decision.missed_links)?;
        share("link_at", config.decision.link_at.unwrap_or_default())?;
        for comparison in &config.comparison {
            share("else_at_most", comparison.else_at_most.unwrap_or_default())?;
            if !(1..=14).contains(&comparison.level.len()) {
                let problem = format!("comparison {}: expected 1 to 14 levels", comparison.name);
                return Err(LinkError::Toml(problem));
            }
        }
        Ok(config)
    }

    /// The configuration as TOML.
    ///
    /// # Errors
    /// When it cannot be written, which no configuration that was read does.
    pub fn to_toml(&self) -> Result<String, LinkError> {
        toml::to_string(self).map_err(|e| LinkError::Toml(e.to_string()))
    }
}
