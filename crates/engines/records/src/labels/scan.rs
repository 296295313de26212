//! A resource, looked through for what the list names.

use std::borrow::Cow;

use consent::{Label, Labels};
use kotoba::fold_width;

use super::{
    lists::{ListEntry, Lists},
    security,
};
use crate::tree::{Node, Object};

/// Why a resource has a label (ラベルの根拠).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<'a> {
    /// The label.
    pub label: Label,
    /// The entry of the list; none where the sender said it.
    pub entry: Option<&'a ListEntry>,
    /// The code or name that was found.
    pub found: String,
}

impl Lists {
    /// The labels of a resource by itself, with all it contains; of a bundle, of all its entries.
    pub fn labels(&self, resource: &Node) -> Labels {
        let mut labels = Labels::NONE;
        self.node("", resource, &mut |label, _, _| labels = labels.with(label));
        labels
    }

    /// The labels that somebody gave a resource as a whole: the codes in its own `meta.security`.
    pub fn said(resource: &Node) -> Labels {
        let codings = resource.at("meta").and_then(|meta| meta.get("security")).map(Node::items);
        let codings = codings.unwrap_or_default().iter();
        codings
            .filter_map(|coding| security::label_of(coding.text_at("system")?, coding.text_at("code")?))
            .collect()
    }

    /// The labels of a resource, each with what it was read from.
    pub fn findings(&self, resource: &Node) -> Vec<Finding<'_>> {
        let mut findings = Vec::new();
        self.node("", resource, &mut |label, entry: Option<usize>, found: &str| {
            let entry = entry.and_then(|n| self.entries().get(n));
            findings.push(Finding { label, entry, found: found.to_owned() });
        });
        findings
    }

    fn node(&self, key: &str, node: &Node, found: &mut impl FnMut(Label, Option<usize>, &str)) {
        match node {
            Node::String(text) if TEXTS.contains(&key) => self.text(text, found),
            Node::Array(items) => items.iter().for_each(|item| self.node(key, item, found)),
            Node::Object(object) => {
                self.object(key, object, found);
                for (key, value) in object.iter() {
                    self.node(key, value, found);
                }
            }
            _ => {}
        }
    }

    fn object(&self, key: &str, object: &Object, found: &mut impl FnMut(Label, Option<usize>, &str)) {
        let text = |key| object.get(key).and_then(Node::as_str);
        if let Some(kind) = text("resourceType") {
            self.hits(self.types.iter().filter(|(name, _)| name == kind), found);
        }
        let (Some(system), Some(code)) = (text("system"), text("code")) else { return };
        if matches!(key, "security" | "tag" | "securityLabel" | "confidentiality")
            && let Some(label) = security::label_of(system, code)
        {
            found(label, None, code);
        }
        let begins = |(beginning, _): &&(String, usize)| code.starts_with(beginning.as_str());
        let is = |(whole, _): &&(String, usize)| code == whole;
        match vocabulary(system) {
            Vocabulary::Icd10 => {
                let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
                for (from, to, entry) in &self.icd10 {
                    let within =
                        |bound: &String| plain.get(..bound.len().min(plain.len())).unwrap_or_default();
                    if plain.len() >= from.len() && within(from) >= from.as_str() && within(to) <= to.as_str()
                    {
                        self.hit(*entry, code, found);
                    }
                }
            }
            Vocabulary::Yj => self.hits(self.yj.iter().filter(begins), found),
            Vocabulary::Atc => self.hits(self.atc.iter().filter(begins), found),
            Vocabulary::Jlac10 => self.hits(self.jlac10.iter().filter(begins), found),
            Vocabulary::Snomed => self.hits(self.snomed.iter().filter(is), found),
            Vocabulary::Loinc => self.hits(self.loinc.iter().filter(is), found),
            Vocabulary::Department => self.hits(self.department.iter().filter(is), found),
            Vocabulary::Other => {}
        }
    }

    fn hits<'a>(
        &self,
        codes: impl Iterator<Item = &'a (String, usize)>,
        found: &mut impl FnMut(Label, Option<usize>, &str),
    ) {
        codes.for_each(|(code, entry)| self.hit(*entry, code, found));
    }

    fn hit(&self, entry: usize, what: &str, found: &mut impl FnMut(Label, Option<usize>, &str)) {
        if let Some(label) = self.entries().get(entry).map(|entry| entry.label) {
            found(label, Some(entry), what);
        }
    }

    /// The names in a text. Width is folded only where there is full-width Latin: most texts are passed as they are.
    fn text(&self, text: &str, found: &mut impl FnMut(Label, Option<usize>, &str)) {
        let wide = |c: char| matches!(c, '\u{FF00}'..='\u{FFEF}');
        let text = if text.contains(wide) { fold_width(text) } else { Cow::Borrowed(text) };
        let mut before = None;
        for (at, character) in text.char_indices() {
            let first = character.to_ascii_lowercase();
            let start = self.words.partition_point(|word| word.first < first);
            for word in self.words.iter().skip(start).take_while(|word| word.first == first) {
                let Some(met) = text.get(at..at + word.text.len()) else { continue };
                let same = if word.exact { met == word.text } else { met.eq_ignore_ascii_case(&word.text) };
                let after = text.get(at + word.text.len()..).and_then(|rest| rest.chars().next());
                if same && is_whole(&word.text, before, after) {
                    self.hit(word.entry, &word.text, found);
                }
            }
            before = Some(character);
        }
    }
}

/// `HIV` is met in `HIV陽性` and not in `archive`, which case aside has it.
fn is_whole(word: &str, before: Option<char>, after: Option<char>) -> bool {
    let is_latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let starts = word.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    let ends = word.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
    let is_joined = starts && is_latin(before) || ends && is_latin(after);
    !is_joined
}

enum Vocabulary {
    Icd10,
    Yj,
    Atc,
    Jlac10,
    Snomed,
    Loinc,
    Department,
    Other,
}

/// Which vocabulary a system is: the field writes several URIs for each.
fn vocabulary(system: &str) -> Vocabulary {
    let has = |part: &str| system.contains(part);
    if system == "http://snomed.info/sct" {
        Vocabulary::Snomed
    } else if system == "http://loinc.org" {
        Vocabulary::Loinc
    } else if has("icd-10") || has("ICD10") || has("icd10") {
        Vocabulary::Icd10
    } else if has("JLAC10") || has("JP_ObservationLabResultCode") || system.ends_with("1.2.392.200119.4.504")
    {
        Vocabulary::Jlac10
    } else if has("YJ")
        || system.ends_with("1.2.392.100495.20.2.73")
        || system.ends_with("1.2.392.100495.20.1.73")
    {
        Vocabulary::Yj
    } else if has("whocc.no/atc") {
        Vocabulary::Atc
    } else if system.ends_with("/ClinicalDepartment") || has("JP_Department_SsMix") {
        Vocabulary::Department
    } else {
        Vocabulary::Other
    }
}

/// Keys whose texts people wrote or read.
const TEXTS: &[&str] = &[
    "text",
    "display",
    "div",
    "title",
    "description",
    "conclusion",
    "comment",
    "valueString",
    "patientInstruction",
];
