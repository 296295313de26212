//! `musubi fhir`: FHIR resources against their definitions.

use std::{
    fs,
    io::{Write, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use records::{
    Node,
    definitions::Definitions,
    node, tree,
    validate::{Issue, Severity, Validator, has_errors, operation_outcome},
};

use crate::fhir_import::{self, Import};

/// Options of `musubi fhir`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say where resources are not what their type and profiles ask
    Validate(Validate),
    /// Send NDJSON files, or SS-MIX2 storages, to an institution (記録を取り込む)
    Import(Import),
}

#[derive(Args)]
struct Validate {
    /// The resources, one a file
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A package of definitions besides the core of R4: .tgz, .ndjson.gz or a directory; a later one replaces what an
    /// earlier one says
    #[arg(long)]
    package: Vec<PathBuf>,
    /// A profile that the resources must follow besides those that they claim
    #[arg(long)]
    profile: Vec<String>,
    /// An OperationOutcome for each file, one a line
    #[arg(long)]
    json: bool,
}

/// Exit code 0: no errors, though there may be warnings; 2: a resource has errors or is none.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Validate(options) => validate(options),
        Command::Import(options) => crate::runtime()?.block_on(fhir_import::run(options)),
    }
}

fn validate(options: &Validate) -> anyhow::Result<ExitCode> {
    let definitions = match Definitions::load(&options.package) {
        Ok(definitions) => definitions,
        Err(error) => anyhow::bail!("{error}\n{}", error.ja()),
    };
    for url in &options.profile {
        anyhow::ensure!(
            definitions.knows(url),
            "no package has the profile {url}\nプロファイル {url} の定義がありません"
        );
    }
    let validator = Validator::new(Arc::new(definitions));
    let profiles: Vec<&str> = options.profile.iter().map(String::as_str).collect();
    let mut wrong = false;
    for file in &options.files {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let issues = match tree::parse(&bytes) {
            Ok(resource) => validator.validate(&resource, &profiles),
            Err(error) => vec![Issue {
                severity: Severity::Error,
                code: "structure",
                path: format!("{}:{}", error.line, error.column),
                en: error.to_string(),
                ja: error.ja(),
                profile: None,
                rule: None,
            }],
        };
        wrong |= has_errors(&issues);
        if options.json {
            let outcome = operation_outcome(&issues);
            let line: Node = node!({ "file": file.display().to_string(), "outcome": outcome });
            writeln!(stdout(), "{line}")?;
        } else {
            print(file, &issues)?;
        }
    }
    Ok(if wrong { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

fn print(file: &Path, issues: &[Issue]) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    for issue in issues {
        let rule = issue.rule.as_deref().unwrap_or(issue.code);
        writeln!(out, "{}: {}: {} [{rule}] {}", file.display(), issue.severity.code(), issue.path, issue.en)?;
        writeln!(out, "    {}", issue.ja)?;
    }
    let errors = issues.iter().filter(|issue| issue.severity == Severity::Error).count();
    writeln!(out, "{}: {errors} errors, {} other issues", file.display(), issues.len() - errors)?;
    Ok(())
}
