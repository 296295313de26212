//! The files of the insurers: first load, events, and the report file for the eligibility service.

use std::path::Path;

use crate::formats::{Columns, InsurerEventRow, MemberRow, REPORT_LAYOUT, ReportRow};
use crate::model::{Family, Membership};
use crate::organisations::{INSURERS, Insurer};
use crate::plan::{TownError, TownPlan};
use crate::rows;
use crate::sheet::Sheet;

/// The files of all insurers.
pub struct InsurerFiles {
    plan: TownPlan,
    sheets: Vec<Sheets>,
}

struct Sheets {
    members: Sheet,
    events: Sheet,
    report: Sheet,
}

impl InsurerFiles {
    /// Creates the files with their headers.
    ///
    /// # Errors
    /// When a file cannot be created or written.
    pub fn create(plan: &TownPlan, out: &Path) -> Result<Self, TownError> {
        let sheets =
            INSURERS.iter().map(|insurer| Sheets::create(plan, out, insurer)).collect::<Result<_, _>>()?;
        Ok(Self { plan: plan.clone(), sheets })
    }

    /// Writes what the insurers learned of a household.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn family(&mut self, family: &Family) -> Result<(), TownError> {
        family.memberships.iter().enumerate().try_for_each(|(i, m)| self.membership(family, m, i))
    }

    /// Writes out what is still in memory; gives the rows of first loads, events and reports.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(self) -> Result<(u64, u64, u64), TownError> {
        let (mut members, mut events, mut reports) = (0, 0, 0);
        for mut sheets in self.sheets {
            members += sheets.members.finish()?;
            events += sheets.events.finish()?;
            let count = sheets.report.rows();
            sheets.report.line(&("end", count))?;
            reports += sheets.report.finish()?;
        }
        Ok((members, events, reports))
    }

    fn membership(
        &mut self,
        family: &Family,
        membership: &Membership,
        index: usize,
    ) -> Result<(), TownError> {
        let Some(sheets) = self.sheets.get_mut(membership.insurer) else { return Ok(()) };
        let learned = rows::learned(membership);
        let (row, events) = rows::first_load(family, membership, &learned, self.plan.opening);
        let person = family.index * 16 + u64::from(membership.slot);
        for (place, report) in rows::reports(row.as_ref(), &events).enumerate() {
            sheets.report.row(&ReportRow { report_id: format!("{person}.{index}.{place}"), ..report })?;
        }
        if let Some(row) = &row {
            sheets.members.row(row)?;
        }
        events.iter().try_for_each(|event| sheets.events.row(event))
    }
}

impl Sheets {
    fn create(plan: &TownPlan, out: &Path, insurer: &Insurer) -> Result<Self, TownError> {
        let number = insurer.number;
        let mut report = Sheet::create(out, &format!("report-{number}"), &[], false)?;
        let file_id = format!("town-{}-{number}", plan.seed);
        let written_at = format!("{}T05:00:00+09:00", plan.today);
        report.line(&[REPORT_LAYOUT, number, &file_id, &written_at])?;
        report.line(ReportRow::COLUMNS)?;
        Ok(Self {
            members: Sheet::create(out, &format!("members-{number}"), MemberRow::COLUMNS, insurer.cp932)?,
            events: Sheet::create(out, &format!("events-{number}"), InsurerEventRow::COLUMNS, insurer.cp932)?,
            report,
        })
    }
}
