//! The town's claims by the house's own engine: right files, every error found, nothing right touched.

// Helpers of tests may stop at the first surprise, as tests do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use calendar::Date;
use claims::{Checker, Claim, Corrected, Group, MemberList, Outcome, Reader, Rule, Severity, correct, judge};
use musubi_town::claims::{ClaimCounts, write};
use musubi_town::formats::{ClaimError, TruthClaimRow};
use musubi_town::{Day, TownPlan};
use tempfile::TempDir;

/// Five years of claims of a town of 900 whose every household has records.
static TOWN: LazyLock<(TempDir, ClaimCounts)> = LazyLock::new(|| {
    let plan = TownPlan::new(11, 900, Day::new(2026, 11, 22)).with_clinical(1000);
    let dir = TempDir::new().unwrap();
    let counts = write(&plan, 60, dir.path()).unwrap();
    (dir, counts)
});

fn files(dir: &Path) -> Vec<(String, PathBuf)> {
    let mut all = Vec::new();
    for institution in fs::read_dir(dir.join("claims")).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(entries) = fs::read_dir(&institution) else { continue };
        let code = institution.file_name().unwrap().to_str().unwrap().to_owned();
        for file in entries.map(|entry| entry.unwrap().path()) {
            all.push((format!("{code}/{}", file.file_name().unwrap().to_str().unwrap()), file));
        }
    }
    all.sort();
    all
}

fn each(path: &Path, mut group: impl FnMut(&Group<'_>)) {
    let mut reader = Reader::new(File::open(path).unwrap());
    while let Some(next) = reader.next_group().unwrap() {
        group(&next);
    }
}

fn truth(dir: &Path) -> BTreeMap<(String, u64), TruthClaimRow> {
    let mut csv = csv::Reader::from_path(dir.join("truth/claims.csv")).unwrap();
    let rows = csv.deserialize::<TruthClaimRow>().map(Result::unwrap);
    rows.map(|row| ((row.file.clone(), row.number), row)).collect()
}

/// Precision and recall on what can be decided; everything else counted.
#[test]
fn every_error_is_found_and_nothing_right_is_touched() {
    let (dir, counts) = &*TOWN;
    let truth = truth(dir.path());
    let members = MemberList::read(File::open(dir.path().join("claims/memberships.csv")).unwrap()).unwrap();
    let known = Date::new(2026, 11, 22).unwrap();
    // By error (None: right): claims, found as expected, found otherwise.
    let mut table: BTreeMap<Option<ClaimError>, [u64; 3]> = BTreeMap::new();
    let (mut undecidable, mut rewritten) = (BTreeMap::<String, u64>::new(), 0);
    for (name, path) in files(dir.path()) {
        each(&path, |group| {
            let Some(claim) = Claim::of(*group) else { return };
            let judged = judge(&claim, &members, known);
            let outcome = &judged.verdict.outcome;
            let row = truth.get(&(name.clone(), claim.number().unwrap()));
            if row.is_some_and(|row| !row.decidable || row.expected == "undecidable") {
                *undecidable.entry(outcome.name().to_owned()).or_default() += 1;
                return;
            }
            let expected = row.map_or("right", |row| row.expected.as_str());
            let figures = table.entry(row.and_then(|row| row.error)).or_default();
            figures[0] += 1;
            if outcome.name() == expected {
                figures[1] += 1;
            } else {
                figures[2] += 1;
                println!(
                    "{name} {:?}: expected {expected}, found {:?}\n{:#?}",
                    claim.number(),
                    outcome,
                    judged.verdict
                );
            }
            if let (Corrected::Goes(parts), Some(row)) = (correct(&claim, &judged), row) {
                let to: Vec<String> = parts.iter().map(|(_, part)| insurer(part)).collect();
                assert_eq!(to.join("+"), row.insurers, "{name} {:?}", claim.number());
                rewritten += 1;
            } else if matches!(outcome, Outcome::OtherInsurer { .. }) {
                panic!("{name} {:?} should have been rewritten", claim.number());
            }
        });
    }
    let (mut wrong, mut found, mut touched) = (0, 0, 0);
    println!("{:<16}{:>8}{:>10}{:>10}", "error", "claims", "as meant", "otherwise");
    for (error, [all, right, otherwise]) in &table {
        let name = error.map_or_else(|| "none".to_owned(), |error| format!("{error:?}"));
        println!("{name:<16}{all:>8}{right:>10}{otherwise:>10}");
        match error {
            Some(_) => (wrong, found) = (wrong + all, found + right),
            None => touched += otherwise,
        }
    }
    let rate = |n: u64| 100.0 * n as f64 / counts.claims as f64;
    println!(
        "claims {}, errors put in {} ({:.2} %), {rewritten} rewritten",
        counts.claims,
        counts.errors,
        rate(counts.errors)
    );
    println!("not decidable by what is known: {undecidable:?}");
    println!(
        "precision {:.3}, recall {:.3} of {wrong} decidable errors",
        found as f64 / (found + touched) as f64,
        found as f64 / wrong as f64
    );
    assert!(wrong > 15, "too few errors to say anything");
    assert_eq!((found, touched), (wrong, 0));
    assert!((0.2..0.9).contains(&rate(counts.errors)), "the report counts 0.47 of a hundred");
}

fn insurer(part: &claims::Draft) -> String {
    let record = part.records.iter().find(|record| record.is("HO")).unwrap();
    String::from_utf8_lossy(record.field(1)).trim().to_owned()
}

/// Right files by our own checks; what they warn of is a mistyped insurer, and found.
#[test]
fn the_files_are_right() {
    let (dir, counts) = &*TOWN;
    let truth = truth(dir.path());
    let (mut claims, mut bad_digits) = (0, Vec::new());
    for (name, path) in files(dir.path()) {
        let mut checker = Checker::new();
        let mut found = Vec::new();
        each(&path, |group| {
            claims += u64::from(Claim::of(*group).is_some());
            checker.group(group, &mut |finding| found.push(finding));
        });
        checker.finish(&mut |finding| found.push(finding));
        for finding in found {
            assert_eq!(finding.severity, Severity::Warning, "{name}: {finding}");
            assert_eq!(finding.rule, Rule::CheckDigit, "{name}: {finding}");
            bad_digits.push((name.clone(), finding.place.receipt.unwrap()));
        }
    }
    assert_eq!(claims, counts.claims);
    let mut mistyped: Vec<_> = truth
        .values()
        .filter(|row| row.error == Some(ClaimError::WrongInsurer))
        .map(|row| (row.file.clone(), row.number))
        .collect();
    mistyped.sort();
    bad_digits.sort();
    assert_eq!(bad_digits, mistyped);
    println!(
        "{} files, {claims} claims without an error, {} wrong check digits found",
        counts.files,
        mistyped.len()
    );
}
