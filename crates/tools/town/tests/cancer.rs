//! The cancer registry's post, read by the engine that registries use: every error found, nothing right touched.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use calendar::Date;
use musubi_town::cancer_registry;
use oncology::edits::check;
use oncology::layout::Layout;
use oncology::survival::{DAYS_OF_YEAR, Estimator, estimate};

#[test]
fn every_error_is_found_and_nothing_else() {
    let out = tempfile::tempdir().unwrap();
    let summary = cancer_registry(3, 60_000, out.path()).unwrap();
    let read = |name: &str| std::fs::read(out.path().join(name)).unwrap();
    let layout = Layout::national();
    let reports = oncology::report::read(&read("cancer-reports.csv"), layout).unwrap();
    assert_eq!(reports.len() as u64, summary.reports);
    let today = Date::new(2026, 1, 1).unwrap();
    let found: BTreeSet<(u64, String)> = reports
        .iter()
        .flat_map(|report| check(report, layout, today))
        .map(|finding| (finding.line, finding.rule))
        .collect();
    let mut truth = csv::Reader::from_reader(&*read("truth/cancer-errors.csv").leak());
    let errors: BTreeSet<(u64, String)> = truth.deserialize().map(|row| row.unwrap()).collect();
    let missed: Vec<_> = errors.difference(&found).take(5).collect();
    // One error may break two rules: a wrong sex that of the site and that of the histology.
    let wrong: BTreeSet<u64> = errors.iter().map(|(line, _)| *line).collect();
    let false_alarms: Vec<_> = found.iter().filter(|(line, _)| !wrong.contains(line)).take(5).collect();
    println!(
        "reports {}, errors {}, found {}",
        reports.len(),
        errors.len(),
        found.intersection(&errors).count()
    );
    assert!(missed.is_empty(), "missed {missed:?}");
    assert!(false_alarms.is_empty(), "false alarms {false_alarms:?}");
}

#[test]
fn net_survival_is_what_was_thrown() {
    let out = tempfile::tempdir().unwrap();
    cancer_registry(4, 150_000, out.path()).unwrap();
    let read = |name: &str| std::fs::read(out.path().join(name)).unwrap();
    let table = oncology::tables::life_table(&read("life-table.csv")).unwrap();
    let groups = oncology::tables::patients(&read("truth/cancers.csv"), Some("site")).unwrap();
    // The pancreas kills at 0.5 a year when localised, by 3, 5 and 15 times that otherwise.
    let (_, pancreas) = groups.iter().find(|(site, _)| site == "pancreas").unwrap();
    let curve = estimate(Estimator::PoharPerme, &table, pancreas, &[DAYS_OF_YEAR]);
    let thrown: f64 = [(0.55, 1.0), (0.18, 3.0), (0.12, 5.0), (0.15, 15.0)]
        .iter()
        .map(|(share, times): &(f64, f64)| share * (-0.5 * times).exp())
        .sum();
    let point = curve.points[0];
    println!("pancreas: {} patients, net survival {:.3}, thrown {thrown:.3}", curve.patients, point.survival);
    assert!((point.survival - thrown).abs() < 4.0 * point.standard_error + 0.01, "{point:?}");
}
