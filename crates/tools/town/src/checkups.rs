//! `checkups/`: the health checks of the town's institutions as archives for the insurers (hc08, ix08).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use checkup::{ArchiveError, ArchiveWriter, Document, Generation, Identifier, Sending, oid};

use crate::day::Day;
use crate::plan::{TownError, TownPlan};

/// One archive for each institution and insurer, the same events as the FHIR reports.
pub struct CheckupFiles {
    folder: PathBuf,
    today: Day,
    archives: BTreeMap<(&'static str, String), ArchiveWriter<BufWriter<File>>>,
}

impl CheckupFiles {
    /// Nothing is made before there is a check-up.
    pub fn new(plan: &TownPlan, out: &Path) -> Self {
        Self { folder: out.join("checkups"), today: plan.today, archives: BTreeMap::new() }
    }

    /// Adds a check-up to the archive of its institution and insurer; one without insurer or number goes to nobody.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn add(&mut self, institution: &'static str, document: &Document) -> Result<(), TownError> {
        let known = document.person.id(oid::NUMBER).is_some();
        let insurer = document.person.id(oid::INSURER).filter(|number| known && number.len() == 8);
        let Some(insurer) = insurer else { return Ok(()) };
        let key = (institution, insurer.to_owned());
        if !self.archives.contains_key(&key) {
            let sending = Sending {
                interaction: "6".to_owned(),
                sender: Identifier::new(oid::INSTITUTION, institution),
                receiver: Identifier::new(oid::INSURER, insurer),
                date: compact(self.today),
                sequence: 0,
                generation: Generation::Current,
            };
            let path = self.folder.join(format!("{}.zip", sending.name()));
            let made = fs::create_dir_all(&self.folder).and_then(|()| File::create(&path));
            let file = made.map_err(|source| TownError::Write { path, source })?;
            self.archives.insert(key.clone(), ArchiveWriter::new(BufWriter::new(file), sending));
        }
        let folder = &self.folder;
        let archive = self.archives.get_mut(&key);
        archive
            .map_or(Ok(()), |archive| archive.add(document).map(drop))
            .map_err(|error| unwritten(folder, error))
    }

    /// Writes the indexes.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(self) -> Result<(), TownError> {
        for (_, archive) in self.archives {
            let (_, mut out) = archive.finish(&[]).map_err(|error| unwritten(&self.folder, error))?;
            out.flush().map_err(|source| TownError::Write { path: self.folder.clone(), source })?;
        }
        Ok(())
    }
}

/// A day as the documents write it: `yyyyMMdd`.
pub fn compact(day: Day) -> String {
    let (year, month, day) = day.ymd();
    format!("{year:04}{month:02}{day:02}")
}

fn unwritten(folder: &Path, error: ArchiveError) -> TownError {
    TownError::Write { path: folder.to_owned(), source: io::Error::other(error) }
}
