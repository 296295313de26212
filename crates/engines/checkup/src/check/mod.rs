//! What a check-up says, held against the rules of phase 4: header, codes, units, ranges, what must be there.

mod header;
mod item;
mod together;

pub(crate) use header::age_in_fiscal_year;

use std::fmt::Display;

use crate::{
    finding::{Finding, MOST, Rule, Severity},
    model::{Document, Items, Observation},
};

impl Document {
    /// What is wrong with what the document says; its shape is not looked at.
    pub fn check(&self) -> Vec<Finding> {
        let mut notes = Notes { list: Vec::new() };
        header::check(self, &mut notes);
        for section in &self.sections {
            for observation in &section.observations {
                walk(observation, &section.code.code, &mut notes);
            }
        }
        together::check(self, &Items::of(self), &mut notes);
        notes.list
    }
}

fn walk(observation: &Observation, within: &str, notes: &mut Notes) {
    if !observation.is_group() {
        item::check(observation, within, notes);
    }
    for related in &observation.related {
        walk(&related.observation, within, notes);
    }
}

/// What was found so far.
pub(crate) struct Notes {
    list: Vec<Finding>,
}

impl Notes {
    fn error(&mut self, rule: Rule, path: impl Display, en: impl Into<String>, ja: impl Into<String>) {
        self.add(Severity::Error, rule, path, en.into(), ja.into());
    }

    fn warning(&mut self, rule: Rule, path: impl Display, en: impl Into<String>, ja: impl Into<String>) {
        self.add(Severity::Warning, rule, path, en.into(), ja.into());
    }

    fn add(&mut self, severity: Severity, rule: Rule, path: impl Display, en: String, ja: String) {
        if self.list.iter().filter(|known| known.severity == severity).count() < MOST {
            self.list.push(Finding { severity, ..Finding::error(rule, path.to_string(), en, ja) });
        }
    }
}
