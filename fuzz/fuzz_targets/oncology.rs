#![no_main]
//! Files of a cancer registry: reports with their edits, tumours with their decisions, and the tables behind its figures.

use libfuzzer_sys::fuzz_target;
use oncology::layout::Layout;
use oncology::primaries::{Verdict, decide};
use oncology::tables::{cases, counts, life_table, patients, tumours};
use oncology::{consolidate, edits, report};

fuzz_target!(|bytes: &[u8]| {
    let layout = Layout::national();
    if let Ok(reports) = report::read(bytes, layout) {
        let today = calendar::Date::new(2026, 1, 1).expect("a day");
        for report in &reports {
            for finding in edits::check(report, layout, today) {
                assert!(!finding.ja.is_empty() && !finding.en.is_empty());
            }
        }
        let chosen = consolidate::consolidate(&reports, layout);
        assert!(chosen.iter().all(|chosen| reports.iter().any(|report| report.line == chosen.line)));
    }
    if let Ok(rows) = tumours(bytes) {
        let given: Vec<_> = rows.iter().take(50).map(|row| row.tumour).collect();
        for decision in decide(&given) {
            if let Verdict::Same { of, .. } = decision.verdict {
                assert!(of < given.len());
            }
        }
    }
    let _ = patients(bytes, None);
    let _ = life_table(bytes);
    let _ = cases(bytes);
    let _ = counts(bytes);
});
