//! `clinical/`: what institutions wrote down, in the forms in which they take in real data, and the truth about it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::clinical::{ExchangeStory, exchange_stories};
use crate::fhir::Scribe;
use crate::formats::{Columns, ExchangeStoryRow, TruthClinicalRow};
use crate::model::Family;
use crate::organisations::INSTITUTIONS;
use crate::plan::{TownError, TownPlan};
use crate::rows;
use crate::sheet::Sheet;

/// Writes the visits of households as they come: one NDJSON file an institution, one bundle a line.
pub struct ClinicalFiles {
    files: Vec<(PathBuf, BufWriter<File>)>,
    truth: Sheet,
    /// What the demonstrations should see: they run over several households, in their own order.
    stories: Vec<(usize, ExchangeStoryRow)>,
    out: PathBuf,
    visits: u64,
    line: String,
}

impl ClinicalFiles {
    /// Creates the files in `out`; `None` when the plan has no clinical records.
    ///
    /// # Errors
    /// When a file cannot be created.
    pub fn create(plan: &TownPlan, out: &Path) -> Result<Option<Self>, TownError> {
        if plan.clinical == 0 {
            return Ok(None);
        }
        let mut files = Vec::with_capacity(INSTITUTIONS.len());
        for institution in &INSTITUTIONS {
            let dir = out.join("clinical").join(institution.code);
            let path = dir.join("visits.ndjson");
            let made = fs::create_dir_all(&dir).and_then(|()| File::create(&path));
            let file = made.map_err(|source| TownError::Write { path: path.clone(), source })?;
            files.push((path, BufWriter::with_capacity(1 << 17, file)));
        }
        let truth = Sheet::create(&out.join("truth"), "clinical", TruthClinicalRow::COLUMNS, false)?;
        Ok(Some(Self {
            files,
            truth,
            stories: Vec::new(),
            out: out.to_owned(),
            visits: 0,
            line: String::new(),
        }))
    }

    /// Writes the visits of a household.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn family(&mut self, family: &Family) -> Result<(), TownError> {
        let records: Vec<_> = family.patients.iter().map(|p| rows::patient_row(family, p)).collect();
        let mut that_day: HashMap<_, usize> = HashMap::new();
        for visit in &family.visits {
            let (Some(patient), Some(Some(row))) =
                (family.patients.get(visit.patient), records.get(visit.patient))
            else {
                continue;
            };
            let nth = that_day.entry((visit.patient, visit.day)).or_default();
            let scribe = Scribe::new(family, row, visit, *nth);
            *nth += 1;
            if let Some(scribe) = scribe {
                self.visit(patient.institution, &scribe)?;
            }
        }
        let here = exchange_stories().enumerate().filter(|(_, story)| story.household == family.index);
        self.stories.extend(here.filter_map(|(place, story)| Some((place, story_row(family, &story)?))));
        Ok(())
    }

    fn visit(&mut self, institution: usize, scribe: &Scribe<'_>) -> Result<(), TownError> {
        let Some((path, file)) = self.files.get_mut(institution) else { return Ok(()) };
        self.line.clear();
        let truth = scribe.bundle(&mut self.line);
        let written = file.write_all(self.line.as_bytes());
        written.map_err(|source| TownError::Write { path: path.clone(), source })?;
        self.visits += 1;
        truth.iter().try_for_each(|row| self.truth.row(row))
    }

    /// Writes out what is still in memory; says how many visits and resources there are.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(mut self) -> Result<(u64, u64), TownError> {
        let mut sheet = Sheet::create(&self.out, "exchange-stories", ExchangeStoryRow::COLUMNS, false)?;
        self.stories.sort_by_key(|(place, _)| *place);
        self.stories.iter().try_for_each(|(_, row)| sheet.row(row))?;
        sheet.finish()?;
        for (path, mut file) in self.files {
            file.flush().map_err(|source| TownError::Write { path, source })?;
        }
        Ok((self.visits, self.truth.finish()?))
    }
}

fn story_row(family: &Family, story: &ExchangeStory) -> Option<ExchangeStoryRow> {
    let person = family.person(story.slot)?;
    let record = family
        .patients
        .iter()
        .find(|p| p.slot == story.slot && p.facet == story.facet && Some(p.institution) == story.institution);
    let institution = story.institution.and_then(|i| INSTITUTIONS.get(i));
    let [ja, en] = story.text;
    Some(ExchangeStoryRow {
        story: story.story.to_owned(),
        role: story.role.to_owned(),
        resident_code: format!("{:011}", person.resident_code),
        person: person.number,
        facet: story.facet,
        institution_code: institution.map(|i| i.code.to_owned()).unwrap_or_default(),
        local_number: record.map(|p| p.local_number.clone()).unwrap_or_default(),
        text_ja: ja.to_owned(),
        text_en: en.to_owned(),
    })
}
