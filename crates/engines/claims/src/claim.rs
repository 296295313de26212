//! A claim as a whole: whom it is about, who pays, on which days.

use std::borrow::Cow;

use calendar::Date;

use crate::layouts::{common::EligibilityCheck, medical};
use crate::lines::{CostColumns, CostLine, Days};
use crate::{Charset, Group, GroupKind, Month, Record, Table};

/// A claim (レセプト): a view of its group, nothing decoded or copied.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    group: Group<'a>,
    table: Table,
    receipt: Record<'a>,
}

impl<'a> Claim<'a> {
    /// The claim of a group; `None` for a group that is none.
    #[must_use]
    pub fn of(group: Group<'a>) -> Option<Self> {
        if group.kind() != GroupKind::Receipt {
            return None;
        }
        let receipt = group
            .records()
            .find(|record| record.is("RE") && record.is_claim())
            .or_else(|| group.find("RE"))?;
        Some(Self { group, table: group.table(), receipt })
    }

    /// Its lines.
    #[must_use]
    pub fn group(&self) -> Group<'a> {
        self.group
    }

    /// By which specification it is laid out.
    #[must_use]
    pub fn table(&self) -> Table {
        self.table
    }

    /// The character set of the file.
    #[must_use]
    pub fn charset(&self) -> Charset {
        self.group.charset()
    }

    /// The records of the claim itself: without the history of a returned claim and what an agency added.
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let managed = self.receipt.data_kind();
        self.group.records().filter(move |record| record.data_kind() == managed)
    }

    /// `RE`; the first six fields are the same in every table but 訪問看護.
    #[must_use]
    pub fn receipt(&self) -> medical::Receipt<'a> {
        medical::Receipt(self.receipt)
    }

    /// レセプト番号.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.receipt().number().number()
    }

    /// 診療年月.
    #[must_use]
    pub fn month(&self) -> Option<Month> {
        self.receipt().month().month()
    }

    /// 生年月日.
    #[must_use]
    pub fn birth(&self) -> Option<Date> {
        self.receipt().birth().date()
    }

    /// 氏名.
    #[must_use]
    pub fn name(&self) -> Cow<'a, str> {
        self.receipt().name().text(self.charset())
    }

    /// カタカナ氏名, where the table has it; empty in older files.
    #[must_use]
    pub fn kana(&self) -> Cow<'a, str> {
        let at = match self.table {
            Table::Medical => 36,
            Table::Dpc => 28,
            Table::Dental => 25,
            Table::Dispensing => 41,
            Table::Nursing => return Cow::Borrowed(""),
        };
        self.receipt.field(at).text(self.charset())
    }

    /// 入院: an inpatient's claim, by the last digit of its kind.
    #[must_use]
    pub fn is_inpatient(&self) -> bool {
        let inside = matches!(self.receipt().kind().trimmed(), [_, _, _, b'1' | b'3' | b'5' | b'7' | b'9']);
        inside && self.table != Table::Dispensing
    }

    /// 総括対象: a part of a DPC hospital's summed-up claim, which the bill does not count.
    #[must_use]
    pub fn is_part(&self) -> bool {
        self.table == Table::Dpc && matches!(self.receipt.field(18).trimmed(), b"2" | b"3")
    }

    /// `HO`, the health insurance; the first five fields are the same in every table.
    #[must_use]
    pub fn insurer(&self) -> Option<medical::Insurer<'a>> {
        self.records().find(|record| record.is("HO")).map(medical::Insurer)
    }

    /// `KO`, the public schemes in order; the first five fields are the same in every table.
    pub fn public_payers(&self) -> impl Iterator<Item = medical::PublicPayer<'a>> + use<'a> {
        self.records().filter(|record| record.is("KO")).map(medical::PublicPayer)
    }

    /// 枝番 that the desk recorded with the eligibility check.
    #[must_use]
    pub fn branch(&self) -> Option<&'a [u8]> {
        let checks = self.records().filter(|record| record.is("SN")).map(EligibilityCheck);
        let mut own =
            checks.filter(|check| check.payer().trimmed() == b"1").map(|check| check.branch().trimmed());
        own.find(|branch| !branch.is_empty())
    }

    /// What the main payer owes in points: the health insurance's sum, else the first public scheme's.
    #[must_use]
    pub fn points(&self) -> Option<u64> {
        let public = || self.public_payers().next().and_then(|payer| payer.points().number());
        self.insurer().map_or_else(public, |insurer| insurer.points().number())
    }

    /// The lines that cost something, each with the 診療識別 that it stands under.
    pub fn cost_lines(&self) -> impl Iterator<Item = CostLine<'a>> + use<'a> {
        let table = self.table;
        let mut class = 0;
        self.records().filter_map(move |record| {
            let columns = CostColumns::of(table, record.code());
            if columns.is_some() || record.is("CO") {
                class = record.field(1).number().and_then(|n| u8::try_from(n).ok()).unwrap_or(class);
            }
            Some(CostLine { record, columns: columns?, class })
        })
    }

    /// The days on which the person was cared for: of the JD record of the health insurance (else of the first payer that
    /// has one), else all days of the lines. Of a dispensing claim the days of its `CZ` and `KI`, of a DPC claim those
    /// of `CD` besides.
    #[must_use]
    pub fn days(&self) -> Days {
        let visits = self.records().find(|record| record.is("JD"));
        let visited: Days = visits.map_or_else(Days::default, |jd| {
            (1..=31).filter(|day| matches!(jd.field(usize::from(*day) + 1).number(), Some(1..=8))).collect()
        });
        if !visited.is_empty() {
            return visited;
        }
        let lines = self.cost_lines().fold(Days::default(), |all, line| all.with(line.days()));
        lines.with(self.dated_days())
    }

    fn dated_days(&self) -> Days {
        let month = self.month();
        let day_of = |record: Record<'a>, at| {
            let date = record.field(at).date().filter(|date| Some(Month::of(*date)) == month)?;
            u8::try_from(date.day()).ok()
        };
        let dated = self.records().filter_map(|record| match (&record.code(), self.table) {
            (b"CZ", Table::Dispensing) => day_of(record, 3),
            (b"KI", Table::Dispensing) => day_of(record, 1),
            (b"CD", Table::Dpc) => day_of(record, 1),
            _ => None,
        });
        dated.collect()
    }
}
