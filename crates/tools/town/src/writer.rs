//! The files of a town, written household by household.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;

use serde::{Deserialize, Serialize};

use crate::claims::{self, ClaimFiles};
use crate::clinical_files::ClinicalFiles;
use crate::dice::Dice;
use crate::families::Families;
use crate::formats::{
    CardRow, Columns, InstitutionRow, InsurerRow, MunicipalityRow, NetworkPatientRow, NetworkRow, PatientRow,
    ResidentEventRow, ResidentRow, StoryRow, TruthErrorRow, TruthMembershipRow, TruthNetworkPatientRow,
    TruthPatientRow, TruthPersonRow, WatchRow,
};
use crate::insurer_files::InsurerFiles;
use crate::maker::{Maker, purpose};
use crate::model::{Family, Person};
use crate::networks;
use crate::organisations::{INSTITUTIONS, INSURERS, MUNICIPALITIES};
use crate::plan::{TownError, TownPlan};
use crate::rows;
use crate::sheet::Sheet;
use crate::stories;
use crate::watch;

/// What a town came to: `town.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The plan.
    pub plan: TownPlan,
    /// Households, those that are no more included.
    pub households: u64,
    /// People living in the town on the plan's day: exactly the plan's number.
    pub residents: u64,
    /// People of the ten years who died.
    pub dead: u64,
    /// People of the ten years who left.
    pub left: u64,
    /// True memberships.
    pub memberships: u64,
    /// Rows of all `members-*.csv`.
    pub members: u64,
    /// Rows of all `events-*.csv`.
    pub events: u64,
    /// Rows of all `report-*.csv`.
    pub reports: u64,
    /// Rows of `cards.csv`.
    pub cards: u64,
    /// Rows of `truth/errors.csv`.
    pub errors: u64,
    /// Bundles in `clinical/`, one a visit or document; 0 without clinical records.
    #[serde(default)]
    pub visits: u64,
    /// Files in the SS-MIX2 storages of `clinical/`.
    #[serde(default)]
    pub stored: u64,
    /// Rows of `truth/clinical.csv`: facts and documents of those visits.
    #[serde(default)]
    pub facts: u64,
    /// Claims in `claims/`; 0 without clinical records.
    #[serde(default)]
    pub claims: u64,
    /// Of these, made wrongly on purpose.
    #[serde(default)]
    pub wrong_claims: u64,
}

/// Makes the town of a plan in `out`, which must be empty or new. `town.json` is written last: without it a town is
/// unfinished, and making it again starts from nothing.
///
/// # Errors
/// When the plan is out of range, the directory holds a finished town or other files, or a file cannot be written.
pub fn generate(plan: &TownPlan, out: &Path) -> Result<Summary, TownError> {
    let families = Families::new(plan)?;
    prepare(out)?;
    let mut files = Files::create(plan, out)?;
    let mut insurers = InsurerFiles::create(plan, out)?;
    let mut clinical = ClinicalFiles::create(plan, out)?;
    let with_claims = plan.clinical > 0;
    let mut claims = with_claims.then(|| ClaimFiles::create(plan, claims::MONTHS, out)).transpose()?;
    // The insurers' files and the clinical ones are most of the bytes: another thread writes them from the same households.
    let residents = thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel::<Arc<Vec<Family>>>(4);
        let others = scope.spawn(|| {
            receiver.into_iter().try_for_each(|part| {
                part.iter().try_for_each(|family| {
                    insurers.family(family)?;
                    claims.as_mut().map_or(Ok(()), |claims| claims.family(out, family))?;
                    clinical.as_mut().map_or(Ok(()), |clinical| clinical.family(family))
                })
            })
        });
        let residents = files.families(families, sender);
        others.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        residents
    })?;
    files.organisations(out)?;
    let mut summary = files.finish(residents, insurers.finish()?)?;
    if let Some(clinical) = clinical {
        [summary.visits, summary.stored, summary.facts] = clinical.finish()?;
    }
    if let Some(claims) = claims {
        let counts = claims.finish()?;
        (summary.claims, summary.wrong_claims) = (counts.claims, counts.errors);
    }
    let path = out.join(SUMMARY);
    let json = serde_json::to_vec_pretty(&summary)
        .map_err(|e| TownError::Write { path: path.clone(), source: e.into() })?;
    fs::write(&path, json).map_err(|source| TownError::Write { path, source })?;
    Ok(summary)
}

/// Reads the summary of a finished town; `None` when there is none in that directory.
///
/// # Errors
/// When `town.json` is there and cannot be read.
pub fn finished(out: &Path) -> Result<Option<Summary>, TownError> {
    let path = out.join(SUMMARY);
    let wrong = |source| TownError::Write { path: path.clone(), source };
    match fs::read(&path) {
        Ok(json) => serde_json::from_slice(&json).map(Some).map_err(|e| wrong(e.into())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(wrong(e)),
    }
}

/// Takes an empty or new directory, or one that holds an unfinished town and nothing else.
fn prepare(out: &Path) -> Result<(), TownError> {
    let write = |source| TownError::Write { path: out.to_owned(), source };
    fs::create_dir_all(out.join("truth")).map_err(write)?;
    for entry in fs::read_dir(out).map_err(write)? {
        let name = entry.map_err(write)?.file_name();
        let name = name.to_string_lossy();
        if !matches!(&*name, "truth" | "clinical" | "checkups" | "claims") && !name.ends_with(".csv") {
            return Err(TownError::NotEmpty { path: out.to_owned() });
        }
    }
    Ok(())
}

struct Files {
    plan: TownPlan,
    maker: Maker,
    residents: Sheet,
    resident_events: Sheet,
    cards: Sheet,
    patients: Vec<Sheet>,
    watch_lists: BTreeMap<usize, Sheet>,
    stories: Sheet,
    truth_persons: Sheet,
    truth_memberships: Sheet,
    truth_errors: Sheet,
    truth_patients: Sheet,
    network_patients: Sheet,
    truth_network_patients: Sheet,
    households: u64,
    dead: u64,
    left: u64,
}

impl Files {
    fn create(plan: &TownPlan, out: &Path) -> Result<Self, TownError> {
        let truth: PathBuf = out.join("truth");
        Ok(Self {
            plan: plan.clone(),
            maker: Maker::new(plan),
            residents: sheet::<ResidentRow>(out, "residents")?,
            resident_events: sheet::<ResidentEventRow>(out, "resident-events")?,
            cards: sheet::<CardRow>(out, "cards")?,
            patients: INSTITUTIONS
                .iter()
                .map(|i| sheet::<PatientRow>(out, &format!("patients-{}", i.code)))
                .collect::<Result<_, _>>()?,
            watch_lists: watch::keepers()
                .filter_map(|index| Some((index, INSTITUTIONS.get(index)?)))
                .map(|(index, i)| Ok((index, sheet::<WatchRow>(out, &format!("watch-list-{}", i.code))?)))
                .collect::<Result<_, TownError>>()?,
            stories: sheet::<StoryRow>(out, "stories")?,
            truth_persons: sheet::<TruthPersonRow>(&truth, "persons")?,
            truth_memberships: sheet::<TruthMembershipRow>(&truth, "memberships")?,
            truth_errors: sheet::<TruthErrorRow>(&truth, "errors")?,
            truth_patients: sheet::<TruthPatientRow>(&truth, "patients")?,
            network_patients: sheet::<NetworkPatientRow>(out, "network-patients")?,
            truth_network_patients: sheet::<TruthNetworkPatientRow>(&truth, "network-patients")?,
            households: 0,
            dead: 0,
            left: 0,
        })
    }

    /// Writes all households, and passes each part on when it is written.
    fn families(
        &mut self,
        mut families: Families,
        to: mpsc::SyncSender<Arc<Vec<Family>>>,
    ) -> Result<u64, TownError> {
        loop {
            let part: Arc<Vec<Family>> = Arc::new(families.by_ref().take(PART).collect());
            // When the other side has failed it says so itself.
            if part.is_empty() || to.send(Arc::clone(&part)).is_err() {
                return Ok(families.residents());
            }
            part.iter().try_for_each(|family| self.family(family))?;
        }
    }

    fn family(&mut self, family: &Family) -> Result<(), TownError> {
        self.households += 1;
        let mut dice = Dice::of(self.plan.seed, purpose::REGISTER, family.index);
        for person in &family.persons {
            self.person(family, person, &mut dice)?;
        }
        for row in family.memberships.iter().filter_map(|m| rows::truth_membership(family, m)) {
            self.truth_memberships.row(&row)?;
        }
        for card in &family.cards {
            if let Some(person) = family.person(card.slot) {
                self.cards.row(&rows::card_row(person, card))?;
            }
        }
        self.records(family)?;
        for (institution, row) in watch::rows(family, self.plan.today) {
            self.watch_lists.get_mut(&institution).map_or(Ok(()), |sheet| sheet.row(&row))?;
        }
        for (row, truth) in networks::registrations(&self.maker, family) {
            self.network_patients.row(&row)?;
            self.truth_network_patients.row(&truth)?;
        }
        for error in rows::truth_errors(family) {
            self.truth_errors.row(&error)?;
        }
        if family.index >= stories::HOUSEHOLDS {
            return Ok(());
        }
        let here = stories::stories().filter(|s| s.household == family.index);
        let mut rows = here.filter_map(|story| rows::story_row(family, &story, self.plan.today));
        rows.try_for_each(|row| self.stories.row(&row))
    }

    fn person(&mut self, family: &Family, person: &Person, dice: &mut Dice) -> Result<(), TownError> {
        let (history, today) = (self.plan.history_start(), self.plan.today);
        self.dead += u64::from(person.death.is_some());
        self.left += u64::from(person.death.is_none() && person.left.is_some());
        self.truth_persons.row(&rows::truth_person(family, person))?;
        if let Some(row) = rows::resident_row(family, person, history, today) {
            self.residents.row(&row)?;
        }
        for event in rows::resident_events(family, person, dice, history, today) {
            self.resident_events.row(&event)?;
        }
        Ok(())
    }

    fn records(&mut self, family: &Family) -> Result<(), TownError> {
        for patient in &family.patients {
            let row = rows::patient_row(family, patient);
            let place = self.patients.get_mut(patient.institution).zip(INSTITUTIONS.get(patient.institution));
            if let Some((row, (sheet, institution))) = row.zip(place) {
                self.truth_patients.row(&TruthPatientRow {
                    institution_code: institution.code.to_owned(),
                    local_number: row.local_number.clone(),
                    person: family.index * 16 + u64::from(patient.slot),
                })?;
                sheet.row(&row)?;
            }
        }
        Ok(())
    }

    fn organisations(&self, out: &Path) -> Result<(), TownError> {
        let mut sheet = self::sheet::<MunicipalityRow>(out, "municipalities")?;
        MUNICIPALITIES.iter().try_for_each(|m| sheet.row(&MunicipalityRow::from(m)))?;
        sheet.finish()?;
        let mut sheet = self::sheet::<InsurerRow>(out, "insurers")?;
        INSURERS.iter().enumerate().try_for_each(|(i, insurer)| sheet.row(&InsurerRow::of(i, insurer)))?;
        sheet.finish()?;
        let mut sheet = self::sheet::<InstitutionRow>(out, "institutions")?;
        INSTITUTIONS.iter().try_for_each(|i| sheet.row(&InstitutionRow::from(i)))?;
        sheet.finish()?;
        let mut sheet = self::sheet::<NetworkRow>(out, "networks")?;
        networks::rows().try_for_each(|row| sheet.row(&row))?;
        sheet.finish().map(drop)
    }

    fn finish(
        self,
        residents: u64,
        (members, events, reports): (u64, u64, u64),
    ) -> Result<Summary, TownError> {
        let watch_lists = self.watch_lists.into_values();
        for sheet in self.patients.into_iter().chain(watch_lists).chain([
            self.residents,
            self.resident_events,
            self.stories,
        ]) {
            sheet.finish()?;
        }
        self.truth_persons.finish()?;
        self.truth_patients.finish()?;
        self.network_patients.finish()?;
        self.truth_network_patients.finish()?;
        Ok(Summary {
            plan: self.plan,
            households: self.households,
            residents,
            dead: self.dead,
            left: self.left,
            memberships: self.truth_memberships.finish()?,
            members,
            events,
            reports,
            cards: self.cards.finish()?,
            errors: self.truth_errors.finish()?,
            visits: 0,
            stored: 0,
            facts: 0,
            claims: 0,
            wrong_claims: 0,
        })
    }
}

fn sheet<R: Columns>(dir: &Path, name: &str) -> Result<Sheet, TownError> {
    Sheet::create(dir, name, R::COLUMNS, false)
}

/// Households that pass from thread to thread at once.
const PART: usize = 256;
const SUMMARY: &str = "town.json";
