//! Survival against the reference implementation: Debian's `r-cran-relsurv` with its own patients and life table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::process::Command;

use musubi_oncology::icdo::Sex;
use musubi_oncology::survival::{
    Curve, DAYS_OF_YEAR, Estimator, LifeTable, LifeTableRow, Mortality, Patient, estimate,
};

/// Writes patients, life table and the reference's own estimates as CSV into the working directory.
const REFERENCE: &str = r#"
suppressMessages({library(relsurv); library(survival)}); data(colrec); data(slopop)
p <- data.frame(sex=colrec$sex, age=colrec$age, diag=as.integer(colrec$diag)-3653L, time=colrec$time, stat=colrec$stat, site=colrec$site)
write.csv(p, "patients.csv", row.names=FALSE, quote=FALSE)
a <- attributes(slopop)
g <- expand.grid(age=a$dimnames$age, year=a$dimnames$year, sex=1:2); g$hazard <- sprintf("%.17g", as.vector(slopop))
write.csv(g, "table.csv", row.names=FALSE, quote=FALSE)
at <- c(30, 365, 365.241, 1000, 1826.205, 3652.41)
out <- NULL
for (site in c("all", "colon", "rectum")) for (m in c("pohar-perme", "ederer2")) {
  d <- if (site == "all") colrec else colrec[colrec$site == site, ]
  f <- if (m == "pohar-perme") rs.surv(Surv(time,stat)~1, rmap=list(age=age,sex=sex,year=diag), ratetable=slopop, data=d, method=m, add.times=at)
       else rs.surv(Surv(time,stat)~1, rmap=list(age=age,sex=sex,year=diag), ratetable=slopop, data=d, method=m)
  s <- summary(f, times=at)
  out <- rbind(out, data.frame(site=site, method=m, time=s$time, surv=sprintf("%.12f", s$surv), se=sprintf("%.12f", s$std.err)))
}
k <- summary(survfit(Surv(time,stat)~1, data=colrec), times=c(30, 365, 1000, 3652))
out <- rbind(out, data.frame(site="all", method="kaplan-meier", time=k$time, surv=sprintf("%.12f", k$surv), se=sprintf("%.12f", k$std.err)))
write.csv(out, "estimates.csv", row.names=FALSE, quote=FALSE)
"#;

#[test]
fn estimates_are_those_of_the_reference_to_six_digits() {
    let folder = std::env::temp_dir().join(format!("musubi-relsurv-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let ran = Command::new("Rscript").args(["-e", REFERENCE]).current_dir(&folder).output();
    if !ran.is_ok_and(|ran| ran.status.success()) {
        println!("skipped: Rscript with the package relsurv is not installed (Debian: r-cran-relsurv)");
        return;
    }
    let table = LifeTable::new(&life_table(&folder)).unwrap();
    let patients = patients(&folder);
    let mut compared = 0;
    for row in rows(&folder.join("estimates.csv")) {
        let of: Vec<Patient> =
            patients.iter().filter(|(site, _)| row[0] == "all" || *site == row[0]).map(|(_, p)| *p).collect();
        let estimator = match row[1].as_str() {
            "pohar-perme" => Estimator::PoharPerme,
            "ederer2" => Estimator::EdererTwo,
            _ => Estimator::KaplanMeier,
        };
        let ours = estimate(estimator, &table, &of, &[number(&row[2])]);
        let point = ours.points[0];
        let close = |ours: f64, theirs: &str| (ours - number(theirs)).abs() < 5e-7;
        assert!(close(point.survival, &row[3]), "{row:?}: {point:?}");
        assert!(close(point.standard_error, &row[4]), "{row:?}: {point:?}");
        compared += 1;
    }
    let all: Vec<Patient> = patients.iter().map(|(_, patient)| *patient).collect();
    oracle(
        &estimate(Estimator::PoharPerme, &table, &all, &years(&[1.0, 5.0, 10.0])),
        &[0.681854, 0.441344, 0.421168],
    );
    oracle(&estimate(Estimator::EdererTwo, &table, &all, &years(&[5.0])), &[0.441070]);
    println!("relsurv: {compared} estimates and {} patients compared", all.len());
    std::fs::remove_dir_all(&folder).unwrap();
}

fn oracle(curve: &Curve, expected: &[f64]) {
    let found: Vec<String> = curve.points.iter().map(|point| format!("{:.6}", point.survival)).collect();
    let expected: Vec<String> = expected.iter().map(|figure| format!("{figure:.6}")).collect();
    assert_eq!(found, expected);
}

fn years(years: &[f64]) -> Vec<f64> {
    years.iter().map(|year| year * DAYS_OF_YEAR).collect()
}

fn patients(folder: &Path) -> Vec<(String, Patient)> {
    let patient = |row: Vec<String>| {
        let patient = Patient {
            sex: Sex::parse(&row[0]).unwrap(),
            age_in_days: number(&row[1]) as u32,
            diagnosed: number(&row[2]) as i32,
            days: number(&row[3]) as u32,
            died: row[4] == "1",
        };
        (row[5].clone(), patient)
    };
    rows(&folder.join("patients.csv")).into_iter().map(patient).collect()
}

fn life_table(folder: &Path) -> Vec<LifeTableRow> {
    let row = |row: Vec<String>| LifeTableRow {
        age: row[0].parse().unwrap(),
        year: row[1].parse().unwrap(),
        sex: Sex::parse(&row[2]).unwrap(),
        rate: Mortality::HazardADay(number(&row[3])),
    };
    rows(&folder.join("table.csv")).into_iter().map(row).collect()
}

fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}
