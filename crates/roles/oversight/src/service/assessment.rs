//! 特定個人情報保護評価: the impact assessment as a living document, made from the running configuration: what is held, where
//! it flows, who may, on which basis. A new version is kept whenever it reads otherwise, with the differences.

use std::collections::BTreeMap;

use calendar::Timestamp;
use codes::OrgKind;
use data_encoding::HEXLOWER;
use protocol::clients::WatchedClient;
use protocol::oversight::HeldTable;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use wire::Problem;

use super::Service;
use crate::{problems, store::papers as sql};

const MEASURES: &str = include_str!("../../assessment.toml");

/// Kind of the entry that a version leaves.
const ASSESSMENT: &str = "oversight.assessment";

/// Versions that are shown.
const VERSIONS_MAX: i64 = 50;

/// What every kind of organisation holds at least, so that the document names the kinds before they answer.
const KINDS: [OrgKind; 12] = OrgKind::ALL;

/// The whole document: section by section, item by item. Items are named, so that versions can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// In the order in which they are shown.
    pub sections: BTreeMap<Section, BTreeMap<String, Item>>,
}

/// The parts of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Who takes part.
    Parties,
    /// What is held.
    Holdings,
    /// Where it flows, who may, on which basis.
    Flows,
    /// The laws.
    Laws,
    /// What is done against the risks.
    Measures,
}

impl Section {
    /// What people read, Japanese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Parties => ("1. 参加する機関", "1. Who takes part"),
            Self::Holdings => ("2. 何を保有するか", "2. What is held"),
            Self::Flows => {
                ("3. どこへ流れ、誰が、何に基づいてできるか", "3. Where it flows, who may, on which basis")
            }
            Self::Laws => ("4. 法令上の根拠", "4. Legal bases"),
            Self::Measures => ("5. リスクへの対策", "5. Measures against risks"),
        }
    }
}

/// One item, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it is called, Japanese and English.
    pub title: (String, String),
    /// What it says, Japanese and English.
    pub text: (String, String),
}

/// A kept version.
#[derive(Clone, Debug)]
pub struct Version {
    /// Counted from 1.
    pub number: u64,
    /// Since when it reads so.
    pub at: Timestamp,
    /// SHA-256 of the document, hexadecimal: also in the ledger.
    pub digest: String,
    /// Place in the overseer's ledger.
    pub place: u64,
    /// The document.
    pub document: Assessment,
    /// What is different from the version before.
    pub differences: Vec<Difference>,
}

/// One item that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub section: Section,
    /// The item before; none when it is new.
    pub before: Option<Item>,
    /// The item after; none when it is gone.
    pub after: Option<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measures {
    measure: Vec<Measure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measure {
    id: String,
    process_ja: String,
    process_en: String,
    ja: String,
    en: String,
}

impl Service {
    /// The versions, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn assessments(&self) -> Result<Vec<Version>, Problem> {
        let rows = self.read(|c| sql::assessments(c, VERSIONS_MAX)).await?;
        let mut versions: Vec<Version> = Vec::with_capacity(rows.len());
        for (number, at, digest, body, place) in rows.into_iter().rev() {
            let document: Assessment = serde_json::from_str(&body).map_err(problems::internal)?;
            let before = versions.last().map(|version| &version.document);
            let differences = before.map(|before| differences(before, &document)).unwrap_or_default();
            versions.push(Version { number, at, digest, place, document, differences });
        }
        versions.reverse();
        Ok(versions)
    }

    /// Makes the document from the running configuration, and keeps it as a new version if it reads otherwise.
    ///
    /// # Errors
    /// Store or ledger.
    pub async fn keep_assessment(&self) -> Result<(), Problem> {
        let last = self.read(|c| sql::assessments(c, 1)).await?.into_iter().next();
        let before = match &last {
            Some((_, _, _, body, _)) => serde_json::from_str(body).map_err(problems::internal)?,
            None => Assessment::default(),
        };
        let document = self.assess(&before).await?;
        if last.is_some() && document == before {
            return Ok(());
        }
        let body = serde_json::to_string(&document).map_err(problems::internal)?;
        let digest = HEXLOWER.encode(&Sha256::digest(&body));
        let number = last.map_or(1, |(number, ..)| number + 1);
        let entry = json!({
            "version": number, "document": digest, "differences": differences(&before, &document).len(),
        });
        let receipt = self.log(ASSESSMENT, None, self.exchange(), &entry).await?;
        let row = (number, Timestamp::from_millis(receipt.at), digest, body, receipt.index);
        self.write(move |tx| sql::put_assessment(tx, &row)).await
    }

    async fn assess(&self, before: &Assessment) -> Result<Assessment, Problem> {
        let mut sections = BTreeMap::new();
        sections.insert(Section::Parties, self.parties());
        sections.insert(Section::Holdings, self.holdings(before).await);
        sections.insert(Section::Flows, self.flows());
        sections.insert(Section::Laws, self.laws());
        sections.insert(Section::Measures, self.measures()?);
        Ok(Assessment { sections })
    }

    fn parties(&self) -> BTreeMap<String, Item> {
        let count = |kind: OrgKind| {
            let all = self.policy.directory().of_kind(kind);
            let item = Item {
                title: kind_words(kind),
                text: (format!("{}機関", all.len()), format!("{} organisations", all.len())),
            };
            (!all.is_empty()).then(|| (kind.to_string(), item))
        };
        KINDS.into_iter().filter_map(count).collect()
    }

    /// What each kind of organisation holds, as the first of it that answers says. Kinds of which none answers keep what the
    /// version before says: silence is no change.
    async fn holdings(&self, before: &Assessment) -> BTreeMap<String, Item> {
        let mut items = BTreeMap::new();
        for kind in KINDS {
            let Some(tables) = self.tables_of(kind).await else {
                let kept = before.sections.get(&Section::Holdings).into_iter().flatten();
                let of_kind = |key: &str| key.split('.').next() == Some(kind.as_str());
                items.extend(
                    kept.filter(|(key, _)| of_kind(key)).map(|(key, item)| (key.clone(), item.clone())),
                );
                continue;
            };
            for table in tables {
                items.insert(format!("{kind}.{}", table.name), held(kind, &table));
            }
        }
        items
    }

    async fn tables_of(&self, kind: OrgKind) -> Option<Vec<HeldTable>> {
        for organisation in self.policy.directory().of_kind(kind).into_iter().take(ASKED_MAX) {
            let Some(address) = organisation.api.clone() else { continue };
            match WatchedClient::new(self.client.clone(), address).holdings().await {
                Ok(holdings) => return Some(holdings.tables),
                Err(error) => tracing::debug!(%error, "what is held could not be asked"),
            }
        }
        None
    }

    fn flows(&self) -> BTreeMap<String, Item> {
        let table = self.policy.table();
        let flow = |(rule, basis, _): (&std::sync::Arc<access::Rule>, &[access::LegalBasis], _)| {
            let purpose = table.purpose(rule.purpose);
            let purpose = purpose.map(|text| (text.ja.clone(), text.en.clone())).unwrap_or_default();
            let join = |words: Vec<String>, by: &str| words.join(by);
            let askers = |of: fn((String, String)) -> String| {
                rule.asker.iter().map(|kind| of(kind_words(*kind))).collect::<Vec<_>>()
            };
            let (to_ja, to_en) = kind_words(rule.asked);
            let laws_ja = join(basis.iter().map(|law| law.ja.clone()).collect(), "、");
            let laws_en = join(basis.iter().map(|law| law.en.clone()).collect(), "; ");
            let (from_ja, from_en) = (join(askers(|w| w.0), "・"), join(askers(|w| w.1), ", "));
            let years = rule.retention_years;
            let item = Item {
                title: (rule.ja.clone(), rule.en.clone()),
                text: (
                    format!(
                        "{from_ja} → {to_ja}。目的: {}。根拠: {laws_ja}。記録の保存: {years}年",
                        purpose.0
                    ),
                    format!(
                        "{from_en} → {to_en}. Purpose: {}. Basis: {laws_en}. Record kept: {years} years",
                        purpose.1
                    ),
                ),
            };
            (rule.id.clone(), item)
        };
        table.reviewed().map(flow).collect()
    }

    fn laws(&self) -> BTreeMap<String, Item> {
        let law = |law: &access::LegalBasis| {
            let text = if law.verified {
                ("条文で確認済み", "read in its text")
            } else {
                (
                    "条文の確認がまだ（運用前に法律家の確認が必要）",
                    "not yet read in its text: a lawyer must confirm it",
                )
            };
            let title = (law.ja.clone(), law.en.clone());
            (law.id.clone(), Item { title, text: (text.0.to_owned(), text.1.to_owned()) })
        };
        self.policy.table().laws().iter().map(law).collect()
    }

    fn measures(&self) -> Result<BTreeMap<String, Item>, Problem> {
        let measures: Measures = toml::from_str(MEASURES).map_err(problems::internal)?;
        let item = |(place, of): (usize, Measure)| {
            let key = format!("{place:02}-{}", of.id);
            (key, Item { title: (of.process_ja, of.process_en), text: (of.ja, of.en) })
        };
        let mut items: BTreeMap<String, Item> = measures.measure.into_iter().enumerate().map(item).collect();
        let rules = |of: fn(&crate::rules::Rule) -> &String| {
            self.rules
                .rule
                .iter()
                .map(|rule| format!("{} ≥ {}", of(rule), rule.threshold))
                .collect::<Vec<_>>()
        };
        let found = Item {
            title: ("検知の規則".to_owned(), "Rules of detection".to_owned()),
            text: (rules(|rule| &rule.ja).join("、"), rules(|rule| &rule.en).join("; ")),
        };
        items.insert("99-rules".to_owned(), found);
        Ok(items)
    }
}

/// Organisations of a kind that are asked what they hold, until one answers.
const ASKED_MAX: usize = 3;

fn held(kind: OrgKind, table: &HeldTable) -> Item {
    let (ja, en) = kind_words(kind);
    let my_number = table.columns.iter().any(|column| column == "my_number");
    let mark = if my_number { ("【個人番号を含む】", "[holds My Numbers] ") } else { ("", "") };
    // The schema says what a table means, in English: one text in both languages.
    let text = format!("{} ({})", table.meaning, table.columns.join(", "));
    Item {
        title: (format!("{}{ja}: {}", mark.0, table.name), format!("{}{en}: {}", mark.1, table.name)),
        text: (text.clone(), text),
    }
}

fn kind_words(kind: OrgKind) -> (String, String) {
    let of = |lang| wire::page::kind_name(lang, Some(kind)).to_owned();
    (of(wire::Lang::Ja), of(wire::Lang::En))
}

/// What differs between two documents, in the order of the sections.
fn differences(before: &Assessment, after: &Assessment) -> Vec<Difference> {
    let mut found = Vec::new();
    let sections = [Section::Parties, Section::Holdings, Section::Flows, Section::Laws, Section::Measures];
    for section in sections {
        let empty = BTreeMap::new();
        let old = before.sections.get(&section).unwrap_or(&empty);
        let new = after.sections.get(&section).unwrap_or(&empty);
        for (key, item) in old {
            match new.get(key) {
                Some(same) if same == item => {}
                after => {
                    found.push(Difference { section, before: Some(item.clone()), after: after.cloned() })
                }
            }
        }
        for (_, item) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
            found.push(Difference { section, before: None, after: Some(item.clone()) });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(items: &[(&str, &str)]) -> Assessment {
        let item = |(key, text): &(&str, &str)| {
            let text = ((*text).to_owned(), (*text).to_owned());
            ((*key).to_owned(), Item { title: ((*key).to_owned(), (*key).to_owned()), text })
        };
        let section = items.iter().map(item).collect();
        Assessment { sections: BTreeMap::from([(Section::Holdings, section)]) }
    }

    #[test]
    fn differences_name_what_came_went_and_changed() {
        let found = differences(&document(&[("a", "1"), ("b", "2")]), &document(&[("b", "3"), ("c", "4")]));
        let text = |item: &Option<Item>| item.as_ref().map(|item| item.text.0.clone());
        let found: Vec<_> = found.iter().map(|d| (text(&d.before), text(&d.after))).collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(found, [(some("1"), None), (some("2"), some("3")), (None, some("4"))]);
    }
}
