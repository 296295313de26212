//! Ten years of a cancer registry's post: reports of institutions and deaths of a population, the truth apart.
//!
//! Everybody has a day of death by Gompertz's law (the life table written beside), cancers by age, and after each cancer an excess
//! hazard by its site and extent; so net survival, indicators and multiple primaries have a truth that engines can be held against.

mod course;
mod sites;
mod slip;

use std::path::Path;

use serde::Serialize;

use self::course::{Cancer, Course, FIRST_YEAR, YEARS};
use self::slip::Slips;
use crate::{
    day::Day,
    dice::Dice,
    plan::TownError,
    registry_lists::{Places, compact},
    sheet::Sheet,
    vocabulary::Vocabulary,
};

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CancerSummary {
    /// People.
    pub people: u64,
    /// Cancers that were diagnosed in the ten years.
    pub cancers: u64,
    /// Reports of them.
    pub reports: u64,
    /// Deaths of whatever cause.
    pub deaths: u64,
    /// Errors that were put into reports.
    pub errors: u64,
}

/// Writes the registry's post of `people` persons into `out`: `cancer-reports.csv`, `deaths.csv`, `population.csv`, `life-table.csv`,
/// and in `truth/` whose each report is, every cancer, and every error. Equal seeds give equal files; memory does not grow.
///
/// # Errors
/// When a file cannot be written.
pub fn cancer_registry(seed: u64, people: u64, out: &Path) -> Result<CancerSummary, TownError> {
    let mut files = Files::create(out)?;
    let (vocabulary, places) = (Vocabulary::new(), Places::new());
    let mut summary = CancerSummary { people, ..CancerSummary::default() };
    let mut alive = vec![0_u64; YEARS * 2 * AGES];
    for person in 0..people {
        let mut dice = Dice::of(seed, PURPOSE, person);
        let course = Course::throw(&mut dice);
        count(&mut alive, &course);
        if course.cancers.is_empty() && course.died.is_none() {
            continue;
        }
        let who = slip::Who::throw(&mut dice, &course, &vocabulary, &places);
        if let Some(died) = course.died {
            let cause = course.killed_by.map_or("I469".to_owned(), |cancer| cancer.icd10());
            let sex = course.sex_code();
            files.deaths.row(&(
                &who.name,
                &who.kana,
                sex,
                compact(course.born),
                compact(died),
                &who.address,
                cause,
            ))?;
            summary.deaths += 1;
        }
        for (nth, cancer) in course.cancers.iter().enumerate() {
            let slips = Slips::throw(&mut dice, &who, &course, cancer);
            files.cancer(person, nth + 1, &course, cancer, &slips, &mut summary)?;
        }
    }
    files.population(&alive)?;
    files.life_table()?;
    files.finish()?;
    Ok(summary)
}

/// Ages that are counted, the last one open.
const AGES: usize = 110;

/// Adds a person to those alive in the middle of each year.
fn count(alive: &mut [u64], course: &Course) {
    for year in 0..YEARS {
        let middle = Day::new(FIRST_YEAR + year as i32, 7, 1);
        if course.died.is_some_and(|died| died < middle) {
            return;
        }
        let age = (course.born.age_on(middle).max(0) as usize).min(AGES - 1);
        if let Some(slot) = alive.get_mut((year * 2 + usize::from(!course.man)) * AGES + age) {
            *slot += 1;
        }
    }
}

/// The files while they are written.
struct Files {
    reports: Sheet,
    deaths: Sheet,
    population: Sheet,
    life_table: Sheet,
    cancers: Sheet,
    cases: Sheet,
    errors: Sheet,
    truth: Sheet,
}

impl Files {
    fn create(out: &Path) -> Result<Self, TownError> {
        let truth = out.join("truth");
        std::fs::create_dir_all(&truth).map_err(|source| TownError::Write { path: truth.clone(), source })?;
        let patient = [
            "person",
            "tumour",
            "sex",
            "birth",
            "diagnosed",
            "topography",
            "morphology",
            "last_seen",
            "died",
            "site",
        ];
        let case = [
            "year",
            "sex",
            "age",
            "topography",
            "histology",
            "basis",
            "known_first",
            "reports",
            "follow_back",
        ];
        Ok(Self {
            reports: Sheet::create(out, "cancer-reports", &slip::COLUMNS, false)?,
            deaths: Sheet::create(
                out,
                "deaths",
                &["氏名", "カナ氏名", "性別", "生年月日", "死亡日", "死亡時住所", "原死因"],
                false,
            )?,
            population: Sheet::create(out, "population", &["year", "sex", "age", "persons"], false)?,
            life_table: Sheet::create(out, "life-table", &["age", "year", "sex", "hazard"], false)?,
            cancers: Sheet::create(&truth, "cancers", &patient, false)?,
            cases: Sheet::create(&truth, "cases", &case, false)?,
            errors: Sheet::create(&truth, "cancer-errors", &["line", "rule"], false)?,
            truth: Sheet::create(&truth, "cancer-reports", &["line", "person", "tumour"], false)?,
        })
    }

    fn cancer(
        &mut self,
        person: u64,
        nth: usize,
        course: &Course,
        cancer: &Cancer,
        slips: &Slips,
        summary: &mut CancerSummary,
    ) -> Result<(), TownError> {
        for slip in &slips.slips {
            self.reports.line(&slip.values)?;
            summary.reports += 1;
            // The first line of the file is the headings.
            let line = summary.reports + 1;
            self.truth.row(&(line, person, nth))?;
            if let Some(rule) = slip.error {
                self.errors.row(&(line, rule))?;
                summary.errors += 1;
            }
        }
        summary.cancers += 1;
        let last_seen = course.died.unwrap_or(course::LAST_DAY);
        self.cancers.row(&(
            person,
            nth,
            course.sex_code(),
            compact(course.born),
            compact(cancer.diagnosed),
            cancer.topography(),
            cancer.morphology(),
            compact(last_seen),
            u8::from(course.died.is_some()),
            cancer.site.name,
        ))?;
        let age = course.born.age_on(cancer.diagnosed);
        let known_first = if slips.known_by_death { "death" } else { "report" };
        self.cases.row(&(
            cancer.diagnosed.year(),
            course.sex_code(),
            age,
            cancer.topography(),
            cancer.histology,
            slips.basis,
            known_first,
            slips.unasked,
            slips.follow_back,
        ))
    }

    fn population(&mut self, alive: &[u64]) -> Result<(), TownError> {
        for (place, persons) in alive.iter().enumerate() {
            let (block, age) = (place / AGES, place % AGES);
            self.population.row(&(FIRST_YEAR + (block / 2) as i32, block % 2 + 1, age, persons))?;
        }
        Ok(())
    }

    fn life_table(&mut self) -> Result<(), TownError> {
        for sex in [1_u8, 2] {
            for year in 0..YEARS as i32 {
                for age in 0..AGES {
                    let hazard = course::hazard_in_year(sex == 1, age as f64);
                    self.life_table.row(&(age, FIRST_YEAR + year, sex, format!("{hazard:e}")))?;
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), TownError> {
        for sheet in [
            self.reports,
            self.deaths,
            self.population,
            self.life_table,
            self.cancers,
            self.cases,
            self.errors,
            self.truth,
        ] {
            sheet.finish()?;
        }
        Ok(())
    }
}

const PURPOSE: u64 = 302;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_files_and_figures_like_japan() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let summary = cancer_registry(5, 20_000, a.path()).unwrap();
        assert_eq!(cancer_registry(5, 20_000, b.path()).unwrap(), summary);
        for name in ["cancer-reports.csv", "deaths.csv", "truth/cancers.csv", "truth/cancer-errors.csv"] {
            let read = |dir: &Path| std::fs::read(dir.join(name)).unwrap();
            assert!(read(a.path()) == read(b.path()), "{name}");
        }
        // Some 0.8 % of a population are diagnosed each year, 1.1 % die; a cancer has more than one report.
        assert!((1_000..2_400).contains(&summary.cancers), "{summary:?}");
        assert!((1_500..3_600).contains(&summary.deaths), "{summary:?}");
        assert!(summary.reports > summary.cancers, "{summary:?}");
        assert!(summary.errors > 0, "{summary:?}");
    }
}
