//! The official test cases, and the decisions of one of them.

use std::{
    io::{IsTerminal, Write, stdout},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use immunization::{
    Knowledge, Workspace, cdsi,
    conformance::{self, Expectation, Tally},
};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::assess::{print_report, print_step};
use crate::unusable;

#[derive(Args)]
pub(super) struct Conformance {
    /// The workbook of test cases: the healthy ones, or those with underlying conditions
    #[arg(long, value_name = "FILE.xlsx")]
    pub(super) cases: PathBuf,
    /// The supporting data: a folder of ScheduleSupportingData and AntigenSupportingData XML
    #[arg(long, value_name = "DIR")]
    pub(super) supporting_data: PathBuf,
    /// Print the decisions of one case
    #[arg(long, value_name = "CDC_TEST_ID")]
    pub(super) explain: Option<String>,
    /// The report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) fn run(options: &Conformance) -> anyhow::Result<ExitCode> {
    let progress =
        if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    progress.set_message("reading");
    let knowledge = cdsi::load_folder(&options.supporting_data, "supporting-data")?;
    let file = options.cases.display().to_string();
    let bytes = unusable::bytes(&options.cases)?;
    let cases = conformance::read(&file, &bytes)?;
    progress.finish_and_clear();
    if let Some(id) = &options.explain {
        return explain(&knowledge, &cases, id);
    }
    let report = conformance::run(&knowledge, &cases.cases);
    let mut out = stdout().lock();
    if options.json {
        let unread: Vec<Value> = cases
            .unread
            .iter()
            .map(|row| json!({"row": row.row, "id": row.id, "problem": row.problem}))
            .collect();
        let value =
            json!({"sheet": cases.sheet, "blank_rows": cases.blank, "unread": unread, "report": report});
        writeln!(out, "{value:#}")?;
    } else {
        print_conformance(&mut out, &cases, &report)?;
    }
    let passed = report.cases.passed == report.cases.of && cases.unread.is_empty();
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn print_conformance(
    out: &mut impl Write,
    cases: &conformance::Cases,
    report: &conformance::Report,
) -> anyhow::Result<()> {
    let share = |tally: &Tally| format!("{}/{}", tally.passed, tally.of);
    writeln!(out, "{}: {} cases, {} blank rows", cases.sheet, cases.cases.len(), cases.blank)?;
    let kinds = ["evaluation", "status", "number", "earliest", "recommended", "past due"];
    write!(out, "{:<16}{:>10}", "group", "cases")?;
    for kind in kinds {
        write!(out, "{kind:>13}")?;
    }
    writeln!(out)?;
    let mut totals = [Tally::default(); 6];
    for (group, tally) in &report.groups {
        write!(out, "{group:<16}{:>10}", share(tally))?;
        for (kind, total) in kinds.iter().zip(&mut totals) {
            let tally = report.kinds.get(group).and_then(|all| all.get(kind)).copied().unwrap_or_default();
            total.passed += tally.passed;
            total.of += tally.of;
            write!(out, "{:>13}", share(&tally))?;
        }
        writeln!(out)?;
    }
    write!(out, "{:<16}{:>10}", "all", share(&report.cases))?;
    for total in &totals {
        write!(out, "{:>13}", share(total))?;
    }
    writeln!(out)?;
    for failed in &report.failed {
        writeln!(out, "{} {} {}", failed.group, failed.id, failed.name)?;
        for (what, expected, found) in &failed.unmet {
            let what = match what {
                Expectation::Evaluation(number) => format!("evaluation of dose {number}"),
                Expectation::Status => "status".to_owned(),
                Expectation::Number => "dose number".to_owned(),
                Expectation::Earliest => "earliest".to_owned(),
                Expectation::Recommended => "recommended".to_owned(),
                Expectation::PastDue => "past due".to_owned(),
            };
            writeln!(out, "    {what}: expected {expected}, we say {found}")?;
        }
    }
    for (id, finding) in &report.unknown {
        writeln!(out, "{id}: {}\n    {}", finding.en(), finding.ja())?;
    }
    for row in &cases.unread {
        writeln!(out, "row {} {}: {}", row.row, row.id, row.problem)?;
    }
    Ok(())
}

fn explain(knowledge: &Knowledge, cases: &conformance::Cases, id: &str) -> anyhow::Result<ExitCode> {
    let Some(case) = cases.cases.iter().find(|case| case.id == id) else {
        eprintln!("no case {id}\n事例 {id} はありません");
        return Ok(ExitCode::from(2));
    };
    let mut workspace = Workspace::new().with_trace();
    workspace.assess(knowledge, &case.person, case.assessment);
    let mut out = stdout().lock();
    writeln!(out, "{} {} (born {}, assessed {})", case.id, case.name, case.person.birth, case.assessment)?;
    print_report(&mut out, &workspace.report(knowledge, &case.person))?;
    for step in workspace.steps() {
        print_step(&mut out, step)?;
    }
    Ok(ExitCode::SUCCESS)
}
