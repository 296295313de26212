//! The reviewed table, read and checked.

use std::sync::Arc;

use calendar::Date;
use codes::OrgKind;
use serde::{Deserialize, Serialize};

use crate::words::{Action, Purpose};

/// The table that this version was reviewed with.
const BUILTIN: &str = include_str!("../purposes.toml");

/// A law, rule or report on which a permission rests (法的根拠).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalBasis {
    /// Kebab-case id within the table.
    pub id: String,
    /// Name and article in Japanese.
    pub ja: String,
    /// Name and article in English.
    pub en: String,
    /// Whether the article was read in its own text, or in a text that quotes it. What is not verified needs a
    /// lawyer's eye before real use.
    pub verified: bool,
    /// Where it was read.
    #[serde(default)]
    pub source: Option<String>,
}

/// A purpose as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeText {
    /// Which.
    pub id: Purpose,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// One row: organisations of these kinds may do this for this purpose (規則).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Kebab-case id: the ledger names it.
    pub id: String,
    /// What may be done.
    pub action: Action,
    /// For what.
    pub purpose: Purpose,
    /// Kinds of organisation that may ask.
    pub asker: Vec<OrgKind>,
    /// The kind of organisation that is asked.
    pub asked: OrgKind,
    /// Whether it may concern the asker's own people only; the role asked must check it.
    #[serde(default)]
    pub own_only: bool,
    /// How many days a read of the person's card at the asker's desk counts as evidence that both have to do with
    /// each other; the role asked must check it. None: this rule asks for other evidence, or for none.
    #[serde(default)]
    pub presence_days: Option<u16>,
    /// Ids of the laws it rests on.
    pub basis: Vec<String>,
    /// First day in force.
    pub from: Date,
    /// First day no longer in force.
    #[serde(default)]
    pub until: Option<Date>,
    /// How long the record of the act is kept, years.
    pub retention_years: u8,
    /// The rule in Japanese.
    pub ja: String,
    /// The rule in English.
    pub en: String,
}

/// The whole table: read once, then only looked up.
#[derive(Debug)]
pub struct Table {
    version: String,
    digest: [u8; 32],
    laws: Vec<LegalBasis>,
    purposes: Vec<PurposeText>,
    /// Sorted by action and purpose: a dozen rows are found faster in a row than by hashing.
    rows: Vec<Row>,
}

/// A rule with its laws resolved.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) rule: Arc<Rule>,
    pub(crate) basis: Arc<[LegalBasis]>,
    /// [`Rule::digest`].
    pub(crate) digest: [u8; 32],
}

impl Rule {
    /// SHA-256 over the rule with the laws it rests on: what is signed off, so that any change of either is a new one.
    pub fn digest(&self, basis: &[LegalBasis]) -> [u8; 32] {
        // Strings, numbers and lists: nothing of it can fail to be written.
        let text = serde_json::to_vec(&(self, basis)).unwrap_or_default();
        sha256(&text)
    }
}

impl Row {
    fn key(&self) -> (Action, Purpose) {
        (self.rule.action, self.rule.purpose)
    }
}

/// Why a table is not accepted. A table is accepted whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Not TOML, or not of the expected form.
    #[error("purposes table: {0}")]
    Syntax(String),
    /// A rule names a law that the table does not have, or none.
    #[error("rule {rule}: expected at least one law of this table as basis, found {found:?}")]
    Basis {
        /// The rule.
        rule: String,
        /// The id, empty when there is none.
        found: String,
    },
    /// Something is there twice: then it would not be clear which counts.
    #[error("{what} {id:?} is there twice")]
    Twice {
        /// "law", "purpose", "rule" or "action and purpose".
        what: &'static str,
        /// Which.
        id: String,
    },
    /// A rule that nobody could use, or whose purpose people could not read.
    #[error("rule {rule}: {reason}")]
    Rule {
        /// The rule.
        rule: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: String,
    #[serde(default)]
    law: Vec<LegalBasis>,
    #[serde(default)]
    purpose: Vec<PurposeText>,
    #[serde(default)]
    rule: Vec<Rule>,
}

impl Table {
    /// The table that this version of Musubi was reviewed with.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn builtin() -> Result<Self, TableError> {
        Self::parse(BUILTIN)
    }

    /// Reads and checks a table.
    ///
    /// # Errors
    /// [`TableError`]: nothing of a table with an error is used.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        let document: Document = toml::from_str(text).map_err(|e| TableError::Syntax(e.to_string()))?;
        unique("law", document.law.iter().map(|law| law.id.as_str()))?;
        unique("purpose", document.purpose.iter().map(|purpose| purpose.id.as_str()))?;
        unique("rule", document.rule.iter().map(|rule| rule.id.as_str()))?;
        let mut rows = Vec::new();
        for rule in document.rule {
            check(&rule, &document.purpose)?;
            let basis = resolve(&rule, &document.law)?;
            let digest = rule.digest(&basis);
            rows.push(Row { rule: Arc::new(rule), basis, digest });
        }
        rows.sort_by_key(Row::key);
        if let Some(twice) =
            rows.array_windows().find_map(|[one, next]| (one.key() == next.key()).then(|| one.key()))
        {
            let id = format!("{} for {}", twice.0, twice.1);
            return Err(TableError::Twice { what: "action and purpose", id });
        }
        let digest = sha256(text.as_bytes());
        Ok(Table { version: document.version, digest, laws: document.law, purposes: document.purpose, rows })
    }

    /// The version that its reviewers gave it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// SHA-256 of its text.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// All rules, in order of action and purpose.
    pub fn rules(&self) -> Vec<&Arc<Rule>> {
        self.rows.iter().map(|row| &row.rule).collect()
    }

    /// All rules with the laws each rests on and the digest under which it is signed off, in order of action and purpose.
    pub fn reviewed(&self) -> impl Iterator<Item = (&Arc<Rule>, &[LegalBasis], [u8; 32])> {
        self.rows.iter().map(|row| (&row.rule, &*row.basis, row.digest))
    }

    /// All laws, in the table's order.
    pub fn laws(&self) -> &[LegalBasis] {
        &self.laws
    }

    /// How people call a purpose.
    pub fn purpose(&self, purpose: Purpose) -> Option<&PurposeText> {
        self.purposes.iter().find(|text| text.id == purpose)
    }

    pub(crate) fn row(&self, action: Action, purpose: Purpose) -> Option<&Row> {
        let place = self.rows.binary_search_by_key(&(action, purpose), Row::key).ok()?;
        self.rows.get(place)
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    digest
}

fn check(rule: &Rule, purposes: &[PurposeText]) -> Result<(), TableError> {
    let prefix = rule.action.as_str().split('.').next().unwrap_or_default();
    let wrong = |reason| Err(TableError::Rule { rule: rule.id.clone(), reason });
    if rule.asker.is_empty() {
        return wrong("expected at least one kind of asker");
    }
    if rule.asked.as_str() != prefix {
        return wrong("expected `asked` to be the organisation that the action begins with");
    }
    if !purposes.iter().any(|purpose| purpose.id == rule.purpose) {
        return wrong("expected its purpose among [[purpose]]");
    }
    if rule.until.is_some_and(|until| until <= rule.from) {
        return wrong("expected `until` after `from`");
    }
    if rule.retention_years == 0 {
        return wrong("expected `retention_years` of at least 1");
    }
    Ok(())
}

fn resolve(rule: &Rule, laws: &[LegalBasis]) -> Result<Arc<[LegalBasis]>, TableError> {
    let missing = |found: &str| TableError::Basis { rule: rule.id.clone(), found: found.to_owned() };
    if rule.basis.is_empty() {
        return Err(missing(""));
    }
    let find = |id: &String| laws.iter().find(|law| law.id == *id).cloned().ok_or_else(|| missing(id));
    rule.basis.iter().map(find).collect()
}

fn unique<'a>(what: &'static str, ids: impl Iterator<Item = &'a str>) -> Result<(), TableError> {
    let mut seen = std::collections::HashSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(TableError::Twice { what, id: id.to_owned() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reviewed_table_is_whole() {
        let table = Table::builtin().unwrap();
        for action in Action::ALL {
            assert!(table.rules().iter().any(|rule| rule.action == *action), "{action} has no rule");
        }
        for purpose in Purpose::ALL {
            assert!(table.purpose(*purpose).is_some(), "{purpose} has no text");
        }
        for law in table.laws() {
            assert!(!law.verified || law.source.is_some(), "{} is verified, but where?", law.id);
        }
        assert_eq!(table.digest(), Table::builtin().unwrap().digest());
    }

    fn with(change: impl Fn(&str) -> String) -> TableError {
        Table::parse(&change(BUILTIN)).unwrap_err()
    }

    #[test]
    fn a_faulty_table_is_refused_whole() {
        assert!(matches!(
            with(|t| t.replace("\"eligibility.check\"", "\"eligibility.chek\"")),
            TableError::Syntax(_)
        ));
        assert!(matches!(with(|t| t.replace("[\"jpki-22\"]", "[\"jpki-99\"]")), TableError::Basis { .. }));
        assert!(matches!(with(|t| t.replace("[\"jpki-22\"]", "[]")), TableError::Basis { .. }));
        assert!(matches!(
            with(|t| t.replace("id = \"jpki-36\"", "id = \"jpki-22\"")),
            TableError::Twice { .. }
        ));
        assert!(matches!(
            with(|t| t.replace("asked = \"jpki\"", "asked = \"relay\"")),
            TableError::Rule { .. }
        ));
        assert!(matches!(
            with(|t| t.replace("asker = [\"insurer\"]", "asker = []")),
            TableError::Rule { .. }
        ));
        assert!(matches!(with(|t| t.replace("own_only", "own_onyl")), TableError::Syntax(_)));
        let row = BUILTIN.split("[[rule]]").nth(1).unwrap().replace("check-at-reception", "again");
        assert!(matches!(with(|t| format!("{t}\n[[rule]]{row}")), TableError::Twice { .. }));
    }

    #[test]
    fn any_change_of_the_text_changes_the_digest() {
        let changed = Table::parse(&BUILTIN.replace("2026-11-22", "2026-11-23")).unwrap();
        assert_ne!(changed.digest(), Table::builtin().unwrap().digest());
    }
}
