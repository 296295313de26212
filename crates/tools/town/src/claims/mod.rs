//! Monthly claims (レセプト電算, UKE) of the town's institutions, from what happened at their visits, with the errors of real
//! life in them and the truth kept apart.
//!
//! Hospitals and clinics bill by 医科, dentists by 歯科, pharmacies by 調剤; home nursing and care bill in other systems. Points
//! and codes of services are those of a few common ones; diseases and medicines have invented codes, as the masters are
//! licensed. A right claim goes to who truly insured the person on its days, one claim an insurer.

mod bill;
mod deeds;
mod error;
mod file;
mod write;

use std::fs;
use std::path::Path;

use crate::day::Day;
use crate::families::Families;
use crate::formats::{ClaimMemberRow, Columns, TruthClaimRow};
use crate::model::Family;
use crate::organisations::INSURERS;
use crate::plan::{TownError, TownPlan};
use crate::sheet::Sheet;
use file::ClaimFile;

/// How many months `generate` writes: the last whole ones before the town's day.
pub const MONTHS: u32 = 12;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClaimCounts {
    /// Claims.
    pub claims: u64,
    /// Claims made wrongly.
    pub errors: u64,
    /// Files.
    pub files: u64,
}

/// The files of claims, written household by household: `claims/<institution>/<month>-<agency>.UKE`,
/// `claims/memberships.csv`, `truth/claims.csv`.
pub struct ClaimFiles {
    plan: TownPlan,
    months: u32,
    /// First day of the first month.
    from: Day,
    files: Vec<ClaimFile>,
    members: Sheet,
    truth: Sheet,
    claims: u64,
    errors: u64,
}

impl ClaimFiles {
    /// Creates the files of the last `months` whole months in `out`.
    ///
    /// # Errors
    /// When a file cannot be created.
    pub fn create(plan: &TownPlan, months: u32, out: &Path) -> Result<Self, TownError> {
        let dir = out.join("claims");
        fs::create_dir_all(&dir).map_err(|source| TownError::Write { path: dir.clone(), source })?;
        let (year, month, _) = plan.today.ymd();
        let first = (year * 12 + month as i32 - 1) - months as i32;
        let from = Day::new(first.div_euclid(12), first.rem_euclid(12) as u32 + 1, 1);
        Ok(Self {
            plan: plan.clone(),
            months,
            from,
            files: Vec::new(),
            members: Sheet::create(&dir, "memberships", ClaimMemberRow::COLUMNS, false)?,
            truth: Sheet::create(&out.join("truth"), "claims", TruthClaimRow::COLUMNS, false)?,
            claims: 0,
            errors: 0,
        })
    }

    /// Writes the claims of a household.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn family(&mut self, out: &Path, family: &Family) -> Result<(), TownError> {
        for row in
            family.memberships.iter().filter_map(|membership| member_row(family, membership, self.plan.today))
        {
            self.members.row(&row)?;
        }
        let right = bill::claims(&self.plan, family, self.from, self.months);
        for (claim, error) in error::with_errors(&self.plan, family, right) {
            let file = self.file(out, &claim)?;
            let number = file.claim(&claim)?;
            let file = file.name().to_owned();
            self.claims += 1;
            if let Some(truth) = error {
                self.errors += u64::from(truth.error.is_some());
                self.truth.row(&TruthClaimRow { file, number, ..truth })?;
            }
        }
        Ok(())
    }

    /// Writes the bills at the end of the files.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(self) -> Result<ClaimCounts, TownError> {
        let files = self.files.len() as u64;
        self.files.into_iter().try_for_each(ClaimFile::finish)?;
        self.members.finish()?;
        self.truth.finish()?;
        Ok(ClaimCounts { claims: self.claims, errors: self.errors, files })
    }

    /// The file that a claim goes into.
    fn file(&mut self, out: &Path, claim: &bill::Bill) -> Result<&mut ClaimFile, TownError> {
        let place = self.files.iter().position(|file| file.takes(claim));
        let place = match place {
            Some(place) => place,
            None => {
                self.files.push(ClaimFile::create(out, claim)?);
                self.files.len() - 1
            }
        };
        self.files.get_mut(place).ok_or(TownError::NotEmpty { path: out.to_owned() })
    }
}

/// Writes only the claims of a town, of as many months as asked for: for tests and measurements.
///
/// # Errors
/// When the plan is out of range or a file cannot be written.
pub fn write(plan: &TownPlan, months: u32, out: &Path) -> Result<ClaimCounts, TownError> {
    let truth = out.join("truth");
    fs::create_dir_all(&truth).map_err(|source| TownError::Write { path: truth, source })?;
    let mut files = ClaimFiles::create(plan, months, out)?;
    for family in Families::new(plan)? {
        files.family(out, &family)?;
    }
    files.finish()
}

/// What the eligibility service knows of a membership by the town's day; `None` when it was never told of it.
fn member_row(family: &Family, membership: &crate::model::Membership, today: Day) -> Option<ClaimMemberRow> {
    let person = family.person(membership.slot)?;
    let insurer = INSURERS.get(membership.insurer)?;
    let known = membership.from_reported.filter(|day| *day <= today)?;
    let loss = membership.until.zip(membership.until_reported.filter(|day| *day <= today));
    Some(ClaimMemberRow {
        person: person.number,
        insurer_number: insurer.number.to_owned(),
        symbol: membership.symbol.clone(),
        number: membership.number.clone(),
        branch: membership.branch.clone(),
        relation: membership.relation,
        kana: person.kana_on(membership.from),
        birth: person.birth,
        sex: person.sex,
        acquired_on: membership.from,
        lost_on: loss.map(|(until, _)| until),
        acquisition_known_on: known,
        loss_known_on: loss.map(|(_, known)| known),
    })
}
