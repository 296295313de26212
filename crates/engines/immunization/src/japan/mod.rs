//! The Japanese knowledge base: versioned files of our own, a superset of what CDSi can say.
//!
//! Each file is in force between two days; the knowledge of a day is all files in force on it. Documented in
//! `docs/formats/immunization-knowledge.md`.

mod compile;
mod format;
mod grammar;

use std::collections::BTreeMap;

use calendar::Date;

use crate::{Knowledge, LoadError};

/// The built-in files: name and content.
const FILES: [(&str, &str); 21] = [
    ("common.toml", include_str!("../../knowledge/jp/common.toml")),
    ("intervals.toml", include_str!("../../knowledge/jp/intervals.toml")),
    ("dpt-ipv-hib.toml", include_str!("../../knowledge/jp/dpt-ipv-hib.toml")),
    ("dt.toml", include_str!("../../knowledge/jp/dt.toml")),
    ("bcg.toml", include_str!("../../knowledge/jp/bcg.toml")),
    ("mr.toml", include_str!("../../knowledge/jp/mr.toml")),
    ("varicella.toml", include_str!("../../knowledge/jp/varicella.toml")),
    ("je.toml", include_str!("../../knowledge/jp/je.toml")),
    ("hpv-2023.toml", include_str!("../../knowledge/jp/hpv-2023.toml")),
    ("hpv-2026.toml", include_str!("../../knowledge/jp/hpv-2026.toml")),
    ("hepb.toml", include_str!("../../knowledge/jp/hepb.toml")),
    ("rota.toml", include_str!("../../knowledge/jp/rota.toml")),
    ("pcv.toml", include_str!("../../knowledge/jp/pcv.toml")),
    ("elderly.toml", include_str!("../../knowledge/jp/elderly.toml")),
    ("elderly-pneumococcal.toml", include_str!("../../knowledge/jp/elderly-pneumococcal.toml")),
    ("covid-2024.toml", include_str!("../../knowledge/jp/covid-2024.toml")),
    ("covid-2025.toml", include_str!("../../knowledge/jp/covid-2025.toml")),
    ("covid-2026.toml", include_str!("../../knowledge/jp/covid-2026.toml")),
    ("influenza-2025.toml", include_str!("../../knowledge/jp/influenza-2025.toml")),
    ("influenza-2026.toml", include_str!("../../knowledge/jp/influenza-2026.toml")),
    ("adverse.toml", include_str!("../../knowledge/jp/adverse.toml")),
];

/// Several versions of a body of knowledge, each in force from a day on; chosen by date.
#[derive(Debug, Default)]
pub struct Library {
    /// By the first day of being in force.
    versions: BTreeMap<Date, Knowledge>,
}

impl Library {
    /// The knowledge base that is built in.
    ///
    /// # Errors
    /// Never for the built-in files, which the tests load; the type is that of [`Library::read`].
    pub fn japan() -> Result<Self, LoadError> {
        let files: Vec<_> =
            FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Self::read("jp", &files)
    }

    /// Reads knowledge files: (name, content). Makes a version for every day on which a file comes into force or
    /// goes out of it.
    ///
    /// # Errors
    /// When a file is not what the format says, or names what no file in force defines.
    pub fn read(name: &str, files: &[(String, String)]) -> Result<Self, LoadError> {
        let mut read = Vec::new();
        for (file, text) in files {
            let parsed: format::File = toml::from_str(text)
                .map_err(|error| LoadError::Knowledge { file: file.clone(), problem: error.to_string() })?;
            let twin = read.iter().find(|(_, other): &&(&str, format::File)| {
                let (a, b) = (&other.file, &parsed.file);
                let apart = |until: Option<Date>, from: Date| until.is_some_and(|until| until < from);
                a.id == b.id && !apart(a.valid_until, b.valid_from) && !apart(b.valid_until, a.valid_from)
            });
            if let Some((other, _)) = twin {
                return Err(LoadError::Knowledge {
                    file: file.clone(),
                    problem: format!("{:?} is in force together with that of {other}", parsed.file.id),
                });
            }
            read.push((file.as_str(), parsed));
        }
        let mut days: Vec<Date> = read.iter().map(|(_, file)| file.file.valid_from).collect();
        days.extend(read.iter().filter_map(|(_, file)| file.file.valid_until).map(|day| day.add_days(1)));
        days.sort();
        days.dedup();
        let mut library = Self::default();
        for day in days {
            let in_force: Vec<_> = read
                .iter()
                .filter(|(_, f)| {
                    f.file.valid_from <= day && f.file.valid_until.is_none_or(|until| day <= until)
                })
                .map(|(name, file)| (*name, file))
                .collect();
            if !in_force.is_empty() {
                library.versions.insert(day, compile::knowledge(name, day, &in_force)?);
            }
        }
        Ok(library)
    }

    /// Adds a version that was loaded elsewhere, in force from a day on.
    pub fn insert(&mut self, from: Date, knowledge: Knowledge) {
        self.versions.insert(from, knowledge);
    }

    /// The knowledge in force on a day: none before the first.
    pub fn in_force(&self, day: Date) -> Option<&Knowledge> {
        self.versions.range(..=day).next_back().map(|(_, knowledge)| knowledge)
    }

    /// A version by its name.
    pub fn version(&self, version: &str) -> Option<&Knowledge> {
        self.versions.values().find(|knowledge| knowledge.version == version)
    }

    /// Every version, oldest first, with its first day.
    pub fn versions(&self) -> impl Iterator<Item = (Date, &Knowledge)> {
        self.versions.iter().map(|(day, knowledge)| (*day, knowledge))
    }
}
