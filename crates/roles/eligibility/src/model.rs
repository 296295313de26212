//! Memberships in two times: what the insurers reported, and what follows from it for a day.
//!
//! Nothing here knows HTTP or SQL. A person's history is the list of accepted reports ([`Version`]) in the order of
//! arrival, never altered; the present, and what was known at any earlier time, are folds over it
//! ([`fold::memberships`]), so a late report can never change an earlier answer to "what did we know then".

pub mod admit;
pub mod change;
pub mod codec;
pub mod explain;
pub mod fold;
pub mod overlap;
pub mod standing;
#[cfg(test)]
mod tests;

use calendar::{Date, Interval, Timestamp};
use codes::{InsuredPersonId, InsurerNumber};
use protocol::eligibility::{LossReason, Person, Relation, Terms};
use protocol_admin::report::{MembershipReport, ReportAct};

/// How many days after the fact a report may lawfully arrive (届出 within 14 days).
pub const LAWFUL_DELAY_DAYS: i32 = 14;

/// One report without the My Number: what is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The insurer's own name for the report.
    pub report_id: String,
    /// What it says.
    pub act: ReportAct,
    /// Insurer, symbol, number, branch.
    pub insured: InsuredPersonId,
    /// First day of the membership; with the insurer it names the membership.
    pub qualified_on: Date,
    /// First day no longer covered.
    pub disqualified_on: Option<Date>,
    /// Why it ended.
    pub loss_reason: Option<LossReason>,
    /// 本人・家族.
    pub relation: Relation,
    /// The member as the insurer knows them.
    pub person: Person,
    /// What is printed and paid.
    pub terms: Terms,
    /// First day of a change.
    pub effective_on: Option<Date>,
    /// When the insurer learned it.
    pub notified_on: Date,
}

impl From<MembershipReport> for Report {
    fn from(r: MembershipReport) -> Self {
        Self {
            report_id: r.report_id,
            act: r.act,
            insured: r.insured,
            qualified_on: r.qualified_on,
            disqualified_on: r.disqualified_on,
            loss_reason: r.loss_reason,
            relation: r.relation,
            person: r.person,
            terms: r.terms,
            effective_on: r.effective_on,
            notified_on: r.notified_on,
        }
    }
}

impl Report {
    /// The insurer that reported.
    pub fn insurer(&self) -> InsurerNumber {
        self.insured.insurer
    }

    /// The day on which the reported fact became true.
    pub fn fact_day(&self) -> Date {
        match self.act {
            ReportAct::Loss => self.disqualified_on.unwrap_or(self.qualified_on),
            ReportAct::Change => self.effective_on.unwrap_or(self.qualified_on),
            ReportAct::Acquisition | ReportAct::Correction | ReportAct::Cancellation => self.qualified_on,
        }
    }

    /// 届出遅延: the insurer learned of a beginning or an end later than the law allows. A membership that is over when
    /// it is first reported is measured from its end: one report of both says when the insurer learned the last of it,
    /// not the first.
    pub fn is_late(&self) -> bool {
        let fact = match self.act {
            ReportAct::Acquisition => self.disqualified_on.unwrap_or(self.qualified_on),
            _ => self.fact_day(),
        };
        matches!(self.act, ReportAct::Acquisition | ReportAct::Loss)
            && fact.days_until(self.notified_on) > LAWFUL_DELAY_DAYS
    }
}

/// An accepted report in a person's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Place in the order of arrival over all persons.
    pub id: i64,
    /// Since when the service knows it.
    pub known_from: Timestamp,
    /// What was reported.
    pub report: Report,
}

/// One membership as it follows from a history; borrows the reports it rests on.
#[derive(Clone, Debug)]
pub struct Membership<'a> {
    /// What was reported first of it, or corrected last: true from the beginning.
    base: &'a Version,
    /// Changes by their first day; of one day, the one that arrived last.
    changes: Vec<&'a Version>,
    /// The version that first told of the membership.
    first: &'a Version,
    /// First day no longer covered.
    pub disqualified_on: Option<Date>,
    /// Why it ended.
    pub loss_reason: Option<LossReason>,
}

impl<'a> Membership<'a> {
    /// The insurer.
    pub fn insurer(&self) -> InsurerNumber {
        self.base.report.insurer()
    }

    /// First day.
    pub fn qualified_on(&self) -> Date {
        self.base.report.qualified_on
    }

    /// The days it covers.
    pub fn span(&self) -> Interval {
        Interval::new(self.qualified_on(), self.disqualified_on)
    }

    /// Number, person and terms as they were on a day (before the first day: as on the first).
    pub fn facts_on(&self, day: Date) -> &'a Report {
        let current =
            self.changes.iter().rev().find(|c| c.report.effective_on.is_some_and(|from| from <= day));
        &current.unwrap_or(&self.base).report
    }

    /// The report that first told of the membership.
    pub fn first_report(&self) -> &'a Report {
        &self.first.report
    }

    /// Since when the service knows of the membership.
    pub fn known_from(&self) -> Timestamp {
        self.first.known_from
    }

    /// Every spelling of the printed number that this membership ever had.
    pub fn numbers(&self) -> impl Iterator<Item = &'a InsuredPersonId> {
        let all = std::iter::once(self.base).chain(self.changes.iter().copied());
        all.map(|version| &version.report.insured)
    }

    /// Every birth date reported for it.
    pub fn birthdates(&self) -> impl Iterator<Item = Date> {
        let all = std::iter::once(self.base).chain(self.changes.iter().copied());
        all.map(|version| version.report.person.birthdate)
    }
}
