//! Code lists: which codes a system has, and which of them a value set takes.

use std::collections::{HashMap, HashSet};

use regex_lite::Regex;

use super::Definitions;
use crate::tree::{Node, Text};

/// Systems that someone else keeps and that no package holds whole, whatever `content` it claims: JP-CLINS 1.5.2 calls
/// two codes of LOINC complete.
const KEPT_ELSEWHERE: &[&str] = &["http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"];

/// The system of media types: no list, but a form (BCP 13).
const MIME_TYPES: &str = "urn:ietf:bcp:13";

/// Whether a code is in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// The list, or a system that it takes whole, is not known here.
    Unknown,
}

/// The codes of a system (コード体系).
pub(super) struct CodeSystem {
    /// Each code with the codes above it and its properties.
    codes: HashMap<Text, Concept>,
    complete: bool,
    case_sensitive: bool,
}

#[derive(Default)]
struct Concept {
    above: Vec<Text>,
    properties: Vec<(Text, Text)>,
}

impl CodeSystem {
    pub(super) fn new(url: &str, definition: &Node) -> Self {
        let mut codes = HashMap::new();
        collect(definition, None, &mut codes);
        let complete = definition.text_at("content") == Some("complete")
            && !codes.is_empty()
            && !KEPT_ELSEWHERE.contains(&url);
        let case_sensitive = definition.at("caseSensitive").and_then(Node::as_bool) != Some(false);
        Self { codes, complete, case_sensitive }
    }

    fn membership(&self, code: &str) -> Membership {
        if self.codes.contains_key(code)
            || !self.case_sensitive && self.codes.keys().any(|c| c.eq_ignore_ascii_case(code))
        {
            Membership::Yes
        } else if self.complete {
            Membership::No
        } else {
            Membership::Unknown
        }
    }

    fn is_a(&self, code: &str, ancestor: &str) -> bool {
        let mut todo = vec![code];
        let mut seen = HashSet::new();
        while let Some(code) = todo.pop() {
            if code == ancestor {
                return true;
            }
            if seen.insert(code)
                && let Some(concept) = self.codes.get(code)
            {
                todo.extend(concept.above.iter().map(Text::as_str));
            }
        }
        false
    }
}

fn collect(of: &Node, parent: Option<&str>, codes: &mut HashMap<Text, Concept>) {
    for concept in of.all("concept") {
        let Some(code) = concept.text_at("code") else { continue };
        let entry = codes.entry(Text::new(code)).or_default();
        entry.above.extend(parent.map(Text::new));
        for property in concept.all("property") {
            let Some(name) = property.text_at("code") else { continue };
            let Some((_, value)) =
                property.as_object().and_then(|o| o.iter().find(|(k, _)| k.starts_with("value")))
            else {
                continue;
            };
            let value = value
                .as_str()
                .or_else(|| value.text_at("code"))
                .map_or_else(|| value.to_string(), Into::into);
            if matches!(name, "subsumedBy" | "parent") {
                entry.above.push(value.into());
            } else {
                entry.properties.push((Text::new(name), value.into()));
            }
        }
        collect(concept, Some(code), codes);
    }
}

fn mime_type(code: &str) -> bool {
    let token =
        |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+*".contains(&b));
    let kind = code.split(';').next().unwrap_or_default().trim();
    kind.split_once('/').is_some_and(|(of, sub)| token(of) && token(sub))
}

/// The codes that a value set takes (値セット).
pub(super) struct ValueSet {
    include: Vec<Part>,
    exclude: Vec<Part>,
}

/// One `include` or `exclude`: all its conditions hold.
struct Part {
    system: Option<Text>,
    codes: Option<HashSet<Text>>,
    filters: Vec<Filter>,
    value_sets: Vec<Text>,
}

struct Filter {
    property: Text,
    operation: Text,
    value: Text,
    pattern: Option<Regex>,
}

impl ValueSet {
    pub(super) fn new(definition: &Node) -> Self {
        let parts = |path: &str| definition.all(path).into_iter().map(Part::new).collect::<Vec<_>>();
        let mut include = parts("compose.include");
        let mut expanded: HashMap<&str, HashSet<Text>> = HashMap::new();
        for code in definition.all("expansion.contains") {
            if let (Some(system), Some(code)) = (code.text_at("system"), code.text_at("code")) {
                expanded.entry(system).or_default().insert(Text::new(code));
            }
        }
        include.extend(expanded.into_iter().map(|(system, codes)| Part {
            system: Some(Text::new(system)),
            codes: Some(codes),
            filters: Vec::new(),
            value_sets: Vec::new(),
        }));
        Self { include, exclude: parts("compose.exclude") }
    }

    pub(super) fn membership(
        &self,
        all: &Definitions,
        system: Option<&str>,
        code: &str,
        depth: u8,
    ) -> Membership {
        let mut answer = if self.include.is_empty() { Membership::Unknown } else { Membership::No };
        for part in &self.include {
            match part.membership(all, system, code, depth) {
                Membership::Yes => {
                    answer = Membership::Yes;
                    break;
                }
                Membership::Unknown => answer = Membership::Unknown,
                Membership::No => {}
            }
        }
        if answer == Membership::No {
            return answer;
        }
        for part in &self.exclude {
            match part.membership(all, system, code, depth) {
                Membership::Yes => return Membership::No,
                Membership::Unknown => answer = Membership::Unknown,
                Membership::No => {}
            }
        }
        answer
    }
}

impl Part {
    fn new(include: &Node) -> Self {
        let codes = include.all("concept.code");
        let filter = |f: &Node| {
            let value = f.text_at("value").unwrap_or_default();
            let operation = Text::new(f.text_at("op").unwrap_or_default());
            let pattern =
                (operation == "regex").then(|| Regex::new(&format!("^(?:{value})$")).ok()).flatten();
            Filter {
                property: Text::new(f.text_at("property").unwrap_or_default()),
                operation,
                value: value.into(),
                pattern,
            }
        };
        Self {
            system: include.text_at("system").map(Text::new),
            codes: include
                .get("concept")
                .map(|_| codes.into_iter().filter_map(Node::as_str).map(Text::new).collect()),
            filters: include.all("filter").into_iter().map(filter).collect(),
            value_sets: include.all("valueSet").into_iter().filter_map(Node::as_str).map(Text::new).collect(),
        }
    }

    /// A `code` has no system of its own: `system` is none, and the part's own stands for it.
    fn membership(&self, all: &Definitions, system: Option<&str>, code: &str, depth: u8) -> Membership {
        if let (Some(mine), Some(theirs)) = (self.system.as_deref(), system)
            && mine != theirs
        {
            return Membership::No;
        }
        let own = match (&self.codes, self.system.as_deref()) {
            (Some(codes), _) if codes.contains(code) => Membership::Yes,
            (Some(_), _) => Membership::No,
            // `xml` and `json` stand for types in CapabilityStatement.format, and nothing lists such names.
            (None, Some(MIME_TYPES)) => {
                if mime_type(code) {
                    Membership::Yes
                } else {
                    Membership::Unknown
                }
            }
            (None, Some(system)) => self.in_system(all.code_systems.get(system), code),
            (None, None) => Membership::Yes,
        };
        let parts = self.value_sets.iter().map(|url| all.membership_within(url, system, code, depth));
        parts.fold(own, |so_far, next| match (so_far, next) {
            (Membership::No, _) | (_, Membership::No) => Membership::No,
            (Membership::Unknown, _) | (_, Membership::Unknown) => Membership::Unknown,
            _ => Membership::Yes,
        })
    }

    fn in_system(&self, system: Option<&CodeSystem>, code: &str) -> Membership {
        let Some(system) = system else { return Membership::Unknown };
        let member = system.membership(code);
        if member != Membership::Yes {
            return member;
        }
        for filter in &self.filters {
            match filter.takes(system, code) {
                Some(true) => {}
                Some(false) => return Membership::No,
                None => return Membership::Unknown,
            }
        }
        Membership::Yes
    }
}

impl Filter {
    /// None: a kind of filter that is not decided here.
    fn takes(&self, system: &CodeSystem, code: &str) -> Option<bool> {
        let concept = system.codes.get(code)?;
        let of_concept = matches!(&*self.property, "concept" | "code");
        let values =
            || concept.properties.iter().filter(|(name, _)| *name == self.property).map(|(_, value)| value);
        match &*self.operation {
            "is-a" if of_concept => Some(system.is_a(code, &self.value)),
            "descendent-of" if of_concept => Some(code != self.value && system.is_a(code, &self.value)),
            "is-not-a" if of_concept => Some(!system.is_a(code, &self.value)),
            "regex" if of_concept => Some(self.pattern.as_ref()?.is_match(code)),
            "=" if of_concept => Some(self.value == code),
            "=" => Some(values().any(|v| *v == self.value)),
            "in" if of_concept => Some(self.value.split(',').any(|v| v.trim() == code)),
            "in" => Some(values().any(|v| self.value.split(',').any(|w| w.trim() == v))),
            "exists" => Some(values().next().is_some() == (self.value == "true")),
            _ => None,
        }
    }
}
