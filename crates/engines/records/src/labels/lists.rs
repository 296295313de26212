//! The reviewed list of what is sensitive.

use calendar::Date;
use consent::Label;
use kotoba::fold_width;
use serde::Deserialize;

/// The list that this version was reviewed with.
const BUILTIN: &str = include_str!("../../labels.toml");

/// Where an entry was read (出典).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Kebab-case id within the list.
    pub id: String,
    /// Its title in Japanese.
    pub ja: String,
    /// Its title in English.
    pub en: String,
}

/// One entry of the list (項目): codes and names, and the label they give.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListEntry {
    /// The label.
    pub label: Label,
    /// What it covers, in Japanese.
    pub ja: String,
    /// What it covers, in English.
    pub en: String,
    /// Ids of the sources.
    pub source: Vec<String>,
    /// Whether the codes were read in the source itself. What is not needs the eye of a clinician before real use.
    pub verified: bool,
    /// First day in force.
    pub from: Date,
    /// First day no longer in force.
    #[serde(default)]
    pub until: Option<Date>,
    /// ICD-10 categories without dots, single or from–to: `B20-B24`, `Z717`.
    #[serde(default)]
    pub icd10: Vec<String>,
    /// Beginnings of YJ codes (the first three digits are the class of effect, 薬効分類番号).
    #[serde(default)]
    pub yj: Vec<String>,
    /// Beginnings of ATC codes.
    #[serde(default)]
    pub atc: Vec<String>,
    /// Beginnings of JLAC10 codes (the first five characters are the analyte).
    #[serde(default)]
    pub jlac10: Vec<String>,
    /// SNOMED CT concepts.
    #[serde(default)]
    pub snomed: Vec<String>,
    /// LOINC codes.
    #[serde(default)]
    pub loinc: Vec<String>,
    /// Departments by their SS-MIX2 code (使用者定義表0069).
    #[serde(default)]
    pub department: Vec<String>,
    /// Types of resource.
    #[serde(default)]
    pub types: Vec<String>,
    /// Names as they occur in texts: of diseases, drugs, tests, departments. One in capitals alone is met as it is
    /// written; Latin ones are met as whole words.
    #[serde(default)]
    pub words: Vec<String>,
}

/// Why a list is not accepted. A list is accepted whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Not TOML, or not of the expected form.
    #[error("label list: {0}")]
    Syntax(String),
    /// An entry that gives nothing, names no source, or one that is not there.
    #[error("label list, entry {entry:?}: {reason}")]
    Entry {
        /// The entry, by its English text.
        entry: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// The list, compiled: read once, then only looked up.
#[derive(Debug)]
pub struct Lists {
    version: String,
    sources: Vec<Source>,
    entries: Vec<ListEntry>,
    pub(super) icd10: Vec<(String, String, usize)>,
    pub(super) yj: Vec<(String, usize)>,
    pub(super) atc: Vec<(String, usize)>,
    pub(super) jlac10: Vec<(String, usize)>,
    pub(super) snomed: Vec<(String, usize)>,
    pub(super) loinc: Vec<(String, usize)>,
    pub(super) department: Vec<(String, usize)>,
    pub(super) types: Vec<(String, usize)>,
    /// Sorted by their first character, so that a text is passed once.
    pub(super) words: Vec<Word>,
}

/// A name of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// The first character, in lower case.
    pub(super) first: char,
    pub(super) text: String,
    /// Met only as it is written.
    pub(super) exact: bool,
    pub(super) entry: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: String,
    #[serde(default)]
    source: Vec<Source>,
    #[serde(default)]
    entry: Vec<ListEntry>,
}

impl Lists {
    /// The list that this version of Musubi was reviewed with, as it is in force on a day.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn builtin(on: Date) -> Result<Self, ListError> {
        Self::parse(BUILTIN, on)
    }

    /// Reads and compiles a list.
    ///
    /// # Errors
    /// [`ListError`]: nothing of a list with an error is used.
    pub fn parse(text: &str, on: Date) -> Result<Self, ListError> {
        let document: Document = toml::from_str(text).map_err(|e| ListError::Syntax(e.to_string()))?;
        for entry in &document.entry {
            check(entry, &document.source)?;
        }
        let in_force = |entry: &ListEntry| entry.from <= on && entry.until.is_none_or(|until| on < until);
        let entries: Vec<_> = document.entry.into_iter().filter(in_force).collect();
        let codes = |of: fn(&ListEntry) -> &Vec<String>| -> Vec<(String, usize)> {
            entries
                .iter()
                .enumerate()
                .flat_map(|(n, entry)| of(entry).iter().map(move |code| (code.clone(), n)))
                .collect()
        };
        let icd10 = codes(|entry| &entry.icd10).into_iter().map(|(range, n)| {
            let (from, to) = range.split_once('-').unwrap_or((&range, &range));
            (from.to_owned(), to.to_owned(), n)
        });
        let mut words: Vec<Word> =
            codes(|entry| &entry.words).into_iter().filter_map(|(word, n)| Word::new(&word, n)).collect();
        words.sort_by_key(|word| word.first);
        Ok(Self {
            version: document.version,
            sources: document.source,
            icd10: icd10.collect(),
            yj: codes(|entry| &entry.yj),
            atc: codes(|entry| &entry.atc),
            jlac10: codes(|entry| &entry.jlac10),
            snomed: codes(|entry| &entry.snomed),
            loinc: codes(|entry| &entry.loinc),
            department: codes(|entry| &entry.department),
            types: codes(|entry| &entry.types),
            words,
            entries,
        })
    }

    /// The version that its reviewers gave it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The entries in force, in the list's order.
    pub fn entries(&self) -> &[ListEntry] {
        &self.entries
    }

    /// Where they were read.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }
}

impl Word {
    fn new(word: &str, entry: usize) -> Option<Self> {
        let text = fold_width(word).into_owned();
        let first = text.chars().next()?.to_ascii_lowercase();
        let exact = !text.chars().any(|c| c.is_ascii_lowercase());
        Some(Self { first, text, exact, entry })
    }
}

fn check(entry: &ListEntry, sources: &[Source]) -> Result<(), ListError> {
    let wrong = |reason| Err(ListError::Entry { entry: entry.en.clone(), reason });
    let lists = [
        &entry.icd10,
        &entry.yj,
        &entry.atc,
        &entry.jlac10,
        &entry.snomed,
        &entry.loinc,
        &entry.department,
        &entry.types,
        &entry.words,
    ];
    if lists.iter().all(|list| list.is_empty()) {
        return wrong("expected codes or words");
    }
    if lists.iter().any(|list| list.iter().any(|code| code.trim().is_empty())) {
        return wrong("expected no empty code or word");
    }
    if entry.source.is_empty() || !entry.source.iter().all(|id| sources.iter().any(|source| source.id == *id))
    {
        return wrong("expected sources that are among [[source]]");
    }
    if entry.icd10.iter().any(|range| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        from > to || [from, to].iter().any(|code| !(3..=5).contains(&code.len()) || code.contains('.'))
    }) {
        return wrong("expected ICD-10 as B20 or B20-B24, without dots, from the lower to the higher");
    }
    if entry.until.is_some_and(|until| until <= entry.from) {
        return wrong("expected `until` after `from`");
    }
    Ok(())
}
