//! The membership report files are read by the eligibility service's own reader.

// Helpers of tests may stop at the first surprise, as tests do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use musubi_town::formats::{Columns, REPORT_LAYOUT, ReportRow};
use musubi_town::{Day, TownPlan, generate};
use protocol_admin::report::ReportAct;
use protocol_admin::report_file::{COLUMNS, LAYOUT, Reader};

#[test]
fn every_report_is_taken() {
    assert_eq!((REPORT_LAYOUT, ReportRow::COLUMNS), (LAYOUT, COLUMNS.as_slice()));
    let today = Day::new(2026, 11, 22);
    for opening in [today.plus_years(-10), today] {
        read_all(&TownPlan { opening, ..TownPlan::new(9, 3000, today) });
    }
}

fn read_all(plan: &TownPlan) {
    let dir = tempfile::TempDir::new().unwrap();
    let summary = generate(plan, dir.path()).unwrap();
    let mut reports = 0;
    for insurer in &musubi_town::organisations::INSURERS {
        let path = dir.path().join(format!("report-{}.csv", insurer.number));
        let mut reader = Reader::new(std::fs::File::open(path).unwrap()).unwrap();
        assert_eq!(reader.header().insurer.to_string(), insurer.number);
        while let Some(row) = reader.next_row().unwrap() {
            let report = row.report.unwrap();
            assert_eq!(report.disqualified_on.is_some(), report.act == ReportAct::Loss);
            reports += 1;
        }
    }
    assert_eq!(reports, summary.reports);
}
