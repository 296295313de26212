//! `musubi immunization`: doses judged, the next one forecast, plans, charts, the official test cases.

mod assess;
mod conformance;
mod fhir;
mod input;
mod plan;

use std::{
    io::{Write, stdout},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use immunization::{Library, LoadError};
use input::About;
use serde_json::{Value, json};

use crate::unusable;

/// Options of `musubi immunization`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Judge every dose of a person and say what comes next (接種歴を判定する)
    Assess(assess::Assess),
    /// The visits still to come, for a whole family on one page (家族の接種計画を作る)
    Plan(plan::Plan),
    /// What may be given together on a day (同じ日に受けられるもの)
    Together(About),
    /// Whether an event after a vaccination must be reported (副反応疑い報告の基準に当たるか)
    Adverse(assess::Adverse),
    /// Answer FHIR Parameters of $immds-forecast, from a file or the standard input
    Forecast(fhir::Forecast),
    /// A person's doses as a FHIR bundle of JP Core's Immunization
    Fhir(About),
    /// The knowledge that is built in: versions and sources (知識の版と出典)
    Knowledge {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Run the official CDSi test cases against official supporting data
    Conformance(conformance::Conformance),
}

/// Exit code 0: everything in order; 1: findings (doubtful doses, cases that failed, an event to report); 2: a file
/// cannot be used.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Assess(options) => assess::assess(options),
        Command::Plan(options) => plan::plan(options),
        Command::Together(options) => plan::together(options),
        Command::Adverse(options) => assess::adverse(options),
        Command::Forecast(options) => fhir::forecast(options),
        Command::Fhir(options) => fhir::bundle(options),
        Command::Knowledge { json } => knowledge(*json),
        Command::Conformance(options) => conformance::run(options),
    }
    .or_else(unusable)
}

/// What ended the command: the loaders' errors have two languages.
fn unusable(error: anyhow::Error) -> anyhow::Result<ExitCode> {
    match error.downcast_ref::<LoadError>() {
        Some(load) => {
            eprintln!("{load}\n{}", load.ja());
            Ok(ExitCode::from(2))
        }
        None => unusable::ended(error),
    }
}

fn knowledge(json: bool) -> anyhow::Result<ExitCode> {
    let library = Library::japan()?;
    let mut out = stdout().lock();
    if json {
        let versions: Vec<Value> = library
            .versions()
            .map(|(from, k)| json!({"from": from, "name": k.name, "version": k.version, "sources": k.sources()}))
            .collect();
        writeln!(out, "{:#}", Value::from(versions))?;
        return Ok(ExitCode::SUCCESS);
    }
    for (from, knowledge) in library.versions() {
        writeln!(out, "{} {} ({from} から)", knowledge.name, knowledge.version)?;
    }
    for source in library.versions().last().map(|(_, k)| k.sources()).unwrap_or_default() {
        writeln!(
            out,
            "  {} {} [{} {}] {}",
            source.key, source.title, source.reading, source.checked, source.url
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
