//! 診療報酬請求書: does the bill say what the claims come to?

use crate::layouts::common::Bill;
use crate::{Claim, Finding, Rule, Severity, Table};

use super::{field_place, sure};

/// What an institution's claims come to so far, over all its volumes.
#[derive(Default)]
pub struct Tally {
    /// HO and KO records: a claim counts once for each payer.
    payers: u64,
    points: u64,
    /// Of these, 総括対象 claims of DPC hospitals: some bills count them, some do not.
    part_payers: u64,
    part_points: u64,
    /// Claims whose payers we do not know (労災 and others), or lines that were not read: nothing can be said.
    unknown: bool,
    /// Earlier volumes are in another file.
    partial: bool,
    billed: bool,
}

impl Tally {
    pub fn begins(&mut self, volume: u64) {
        self.partial |= volume > 0 && self.payers == 0;
        self.billed = false;
    }

    pub fn is_incomplete(&mut self) {
        self.unknown = true;
    }

    pub fn is_billed(&self) -> bool {
        self.billed
    }

    pub fn claim(&mut self, claim: &Claim<'_>) {
        let insurer = u64::from(claim.insurer().is_some());
        let payers = insurer + claim.public_payers().count() as u64;
        let points = claim.points();
        self.unknown |= payers == 0 || points.is_none() || claim.table() == Table::Nursing;
        self.payers += payers;
        self.points += points.unwrap_or(0);
        if claim.is_part() {
            self.part_payers += payers;
            self.part_points += points.unwrap_or(0);
        }
    }

    pub fn bill(&mut self, bill: &Bill<'_>, table: Table, found: &mut dyn FnMut(Finding)) {
        self.billed = true;
        // Only the last volume has the sums.
        let last = bill.volume().number().is_none_or(|volume| volume == 99);
        if !last || self.partial || self.unknown {
            return;
        }
        let returned = bill.0.is("HG");
        let severity = if returned { Severity::Warning } else { sure(table) };
        let mut compare = |at: usize, name, said: Option<u64>, whole: u64, part: u64, rule| {
            let Some(said) = said else { return };
            if said == whole || said == whole - part {
                return;
            }
            found(
                Finding::new(severity, rule, field_place(&bill.0, None, at, name))
                    .found(said.to_string())
                    .expected(
                        format!("{whole}, what the claims come to"),
                        format!("レセプトの合計{whole}であるべきです"),
                    ),
            );
        };
        compare(1, "総件数", bill.claims().number(), self.payers, self.part_payers, Rule::Count);
        compare(2, "総合計点数", bill.points().number(), self.points, self.part_points, Rule::Sum);
    }
}
