//! `clinical/`: what institutions wrote down, in the forms in which they take in real data, and the truth about it.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::checkups::CheckupFiles;
use crate::clinical::{ExchangeStory, exchange_stories};
use crate::day::Day;
use crate::fhir::Scribe;
use crate::formats::{Columns, ExchangeStoryRow, TruthClinicalRow};
use crate::model::Family;
use crate::organisations::{INSTITUTIONS, Institution};
use crate::plan::{TownError, TownPlan};
use crate::rows;
use crate::sheet::Sheet;
use crate::ssmix2::{self, Lasting, Stored};

/// Writes the visits of households as they come: one NDJSON file an institution, one bundle a line; of the hospitals with
/// an SS-MIX2 storage their documents only, and the rest in the storage.
pub struct ClinicalFiles {
    files: Vec<(PathBuf, BufWriter<File>)>,
    truth: Sheet,
    /// What the demonstrations should see: they run over several households, in their own order.
    stories: Vec<(usize, ExchangeStoryRow)>,
    checkups: CheckupFiles,
    out: PathBuf,
    visits: u64,
    stored: u64,
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
            let path = dir.join(if institution.has_storage() { "documents.ndjson" } else { "visits.ndjson" });
            let made = fs::create_dir_all(&dir).and_then(|()| File::create(&path));
            let file = made.map_err(|source| TownError::Write { path: path.clone(), source })?;
            files.push((path, BufWriter::with_capacity(1 << 17, file)));
        }
        let truth = Sheet::create(&out.join("truth"), "clinical", TruthClinicalRow::COLUMNS, false)?;
        Ok(Some(Self {
            files,
            truth,
            stories: Vec::new(),
            checkups: CheckupFiles::new(plan, out),
            out: out.to_owned(),
            visits: 0,
            stored: 0,
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
        let mut stored: BTreeMap<usize, (Lasting, String, Day)> = BTreeMap::new();
        for visit in &family.visits {
            let (Some(patient), Some(Some(row))) =
                (family.patients.get(visit.patient), records.get(visit.patient))
            else {
                continue;
            };
            let nth = that_day.entry((visit.patient, visit.day)).or_default();
            let scribe = Scribe::new(family, row, visit, *nth);
            *nth += 1;
            let Some(scribe) = scribe else { continue };
            if let (Some(document), Some(institution)) =
                (scribe.checkup_document(family), INSTITUTIONS.get(patient.institution))
            {
                self.checkups.add(institution.code, &document)?;
            }
            let storage = INSTITUTIONS.get(patient.institution).is_some_and(Institution::has_storage);
            if storage {
                let start = || (Lasting::default(), scribe.address.clone(), visit.day);
                let lasting = stored.entry(visit.patient).or_insert_with(start);
                lasting.0.visit(&scribe);
                lasting.2 = visit.day;
                self.store(patient.institution, ssmix2::visit_files(&scribe))?;
            }
            if !storage || visit.letter.is_some() {
                self.visit(patient.institution, &scribe, storage)?;
            }
        }
        for (index, (lasting, address, day)) in stored {
            let record = family.patients.get(index).zip(records.get(index).and_then(Option::as_ref));
            if let Some((patient, row)) = record {
                self.store(patient.institution, lasting.files(row, &address, day))?;
            }
        }
        let here = exchange_stories().enumerate().filter(|(_, story)| story.household == family.index);
        self.stories.extend(here.filter_map(|(place, story)| Some((place, story_row(family, &story)?))));
        Ok(())
    }

    /// Puts files into the storage of a hospital.
    fn store(&mut self, institution: usize, files: Vec<Stored>) -> Result<(), TownError> {
        let code = INSTITUTIONS.get(institution).map_or("", |i| i.code);
        let root = self.out.join("clinical").join(code).join("ssmix2");
        for file in files {
            let path = root.join(&file.path);
            let made = path.parent().map_or(Ok(()), fs::create_dir_all);
            made.and_then(|()| fs::write(&path, &file.bytes))
                .map_err(|source| TownError::Write { path, source })?;
            file.truth.iter().try_for_each(|row| self.truth.row(row))?;
            self.stored += 1;
        }
        Ok(())
    }

    fn visit(
        &mut self,
        institution: usize,
        scribe: &Scribe<'_>,
        documents_only: bool,
    ) -> Result<(), TownError> {
        let Some((path, file)) = self.files.get_mut(institution) else { return Ok(()) };
        self.line.clear();
        let truth = scribe.bundle(documents_only, &mut self.line);
        let written = file.write_all(self.line.as_bytes());
        written.map_err(|source| TownError::Write { path: path.clone(), source })?;
        self.visits += 1;
        truth.iter().try_for_each(|row| self.truth.row(row))
    }

    /// Writes out what is still in memory; says how many bundles, files of storages and facts there are.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(mut self) -> Result<[u64; 3], TownError> {
        let mut sheet = Sheet::create(&self.out, "exchange-stories", ExchangeStoryRow::COLUMNS, false)?;
        self.stories.sort_by_key(|(place, _)| *place);
        self.stories.iter().try_for_each(|(_, row)| sheet.row(row))?;
        sheet.finish()?;
        self.checkups.finish()?;
        for (path, mut file) in self.files {
            file.flush().map_err(|source| TownError::Write { path, source })?;
        }
        Ok([self.visits, self.stored, self.truth.finish()?])
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
