//! What a file holds, in figures.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::layouts::common::Bill;
use crate::{Charset, Claim, Group, GroupKind, LineEnds, Month, Table};

/// What a file holds; gathered group by group.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Info {
    /// Claims (レセプト).
    pub receipts: u64,
    /// `HO` records.
    pub insurer_records: u64,
    /// `KO` records.
    pub public_records: u64,
    /// What the bill counts: a claim once for each payer.
    pub counted: u64,
    /// Points of the main payers: what the bill sums up.
    pub points: u64,
    /// The bills (`GO`, `HG`): what they say.
    pub bills: Vec<BillSays>,
    /// Institutions' records.
    pub institutions: u64,
    /// Claims by specification.
    pub tables: BTreeMap<Table, u64>,
    /// Character set.
    pub charset: Charset,
    /// Claims whose dates count by eras (GYYMMDD).
    pub era_dates: u64,
    /// Claims whose dates count by western years.
    pub western_dates: u64,
    /// First and last month of treatment.
    pub months: Option<(Month, Month)>,
    /// Lines by kind of record; `?` what is no record.
    pub records: BTreeMap<String, u64>,
    /// Lines that end with CR and LF.
    pub crlf: u64,
    /// Lines that end with LF alone.
    pub lf: u64,
    /// Lines that end with CR alone.
    pub cr: u64,
    /// Whether an end-of-file mark (0x1A) was found.
    pub end_mark: bool,
}

/// What a bill says; the fields stay out where it leaves them out.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct BillSays {
    /// 総件数.
    pub claims: Option<u64>,
    /// 総合計点数.
    pub points: Option<u64>,
    /// マルチボリューム識別情報: 99 the last.
    pub volume: Option<u64>,
}

impl Info {
    /// Takes in the next group.
    pub fn group(&mut self, group: &Group<'_>) {
        self.charset = group.charset();
        let LineEnds { crlf, lf, cr, mark, .. } = group.line_ends();
        self.crlf += crlf;
        self.lf += lf;
        self.cr += cr;
        self.end_mark |= mark;
        for record in group.records() {
            let code = match &record.code() {
                b"  " => "?".to_owned(),
                code => String::from_utf8_lossy(code).into_owned(),
            };
            *self.records.entry(code).or_default() += 1;
        }
        match group.kind() {
            GroupKind::Head => self.institutions += 1,
            GroupKind::Total => {
                let bills = group.records().filter(|record| record.is("GO") || record.is("HG")).map(Bill);
                self.bills.extend(bills.map(|bill| BillSays {
                    claims: bill.claims().number(),
                    points: bill.points().number(),
                    volume: bill.volume().number(),
                }));
            }
            GroupKind::Receipt | GroupKind::Stray => {}
        }
        if let Some(claim) = Claim::of(*group) {
            self.claim(&claim);
        }
    }

    fn claim(&mut self, claim: &Claim<'_>) {
        self.receipts += 1;
        let (insurers, public) = (u64::from(claim.insurer().is_some()), claim.public_payers().count() as u64);
        self.insurer_records += insurers;
        self.public_records += public;
        // The sum of a claim that is summed up is that of its parts.
        if !claim.is_part() {
            self.counted += insurers + public;
            self.points += claim.points().unwrap_or(0);
        }
        *self.tables.entry(claim.table()).or_default() += 1;
        match claim.receipt().month().trimmed().len() {
            5 => self.era_dates += 1,
            6 => self.western_dates += 1,
            _ => {}
        }
        if let Some(month) = claim.month() {
            let (first, last) = self.months.unwrap_or((month, month));
            self.months = Some((first.min(month), last.max(month)));
        }
    }
}
