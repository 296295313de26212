//! `musubi checkup`: health checks (特定健診) as XML, archives, FHIR reports and tables.

mod input;
mod output;

use std::{
    collections::BTreeMap,
    io::{Write, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use checkup::{Document, FileKind, Finding, Rule, Severity, oid};
use clap::{Args, Subcommand, ValueEnum};
use input::{Piece, progress, read};
use output::{HandOver, Origin, Output};
use serde::Serialize;

use crate::unusable;

/// Options of `musubi checkup`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say what is wrong with check-ups: shape, codes, units, ranges, archive (健診データを検証する)
    Validate {
        /// XML documents, zip archives, FHIR reports (.json) or tables (.csv)
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One JSON object a record or file, and one for all
        #[arg(long)]
        json: bool,
        /// Errors only
        #[arg(long)]
        quiet: bool,
    },
    /// Write check-ups in another form (健診データを変換する)
    Convert(Convert),
    /// Judge the guidance level and the metabolic syndrome, with reasons (階層化・メタボ判定)
    Level {
        /// XML documents, zip archives, FHIR reports (.json) or tables (.csv)
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One JSON object a record
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Convert {
    /// XML documents, zip archives, FHIR reports (.json) or tables (.csv)
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What to write
    #[arg(long)]
    to: Form,
    /// Where to write it: a folder for xml and fhir, a file for csv and zip
    #[arg(long, short)]
    out: PathBuf,
    /// Hand over: the numbers under which the new insurer knows each person, a table with the columns `insurer`, `symbol`,
    /// `number`, `branch`, `new_insurer`, `new_symbol`, `new_number`, `new_branch` (引継ぎ)
    #[arg(long)]
    hand_over: Option<PathBuf>,
    /// For zip: the sender's number, 10 digits of an institution or 8 of an insurer; the first record's institution if left out
    #[arg(long)]
    sender: Option<String>,
    /// For zip: the receiving insurer's number; the first record's insurer if left out
    #[arg(long)]
    receiver: Option<String>,
    /// For zip: 種別 of the exchange, 1 to 13; 6, from an institution to an insurer, where the sender is an institution
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=13))]
    interaction: Option<u8>,
    /// For zip: the day of sending, yyyymmdd; the first record's if left out
    #[arg(long)]
    date: Option<String>,
    /// For zip: which sending of the day
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=9))]
    sequence: u8,
    /// For zip: a folder whose schemas go into XSD
    #[arg(long)]
    schemas: Option<PathBuf>,
    /// For zip: write ix08 in the namespace of 2008
    #[arg(long)]
    first_generation: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// hc08 documents, one a file
    Xml,
    /// 健診結果報告書 bundles, one a file
    Fhir,
    /// One table, one item a line
    Csv,
    /// 送付用アーカイブ
    Zip,
}

/// Exit code 0: nothing wrong but warnings; 1: errors in what was read; 2: a file could not be used.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Validate { files, json, quiet } => validate(files, *json, *quiet),
        Command::Convert(options) => convert(options),
        Command::Level { files, json } => level(files, *json),
    }
    .or_else(unusable::ended)
}

#[derive(Default, Serialize)]
struct Totals {
    files: usize,
    records: usize,
    accepted: usize,
    errors: usize,
    warnings: usize,
    unusable: usize,
    by_rule: BTreeMap<String, usize>,
}

impl Totals {
    fn count(&mut self, findings: &[Finding]) {
        for finding in findings {
            match finding.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
            }
            let rule = serde_json::to_value(finding.rule).ok();
            let rule = rule.as_ref().and_then(|rule| rule.as_str()).unwrap_or_default().to_owned();
            *self.by_rule.entry(rule).or_default() += 1;
        }
    }

    fn code(&self) -> ExitCode {
        ExitCode::from(if self.unusable > 0 {
            2
        } else if self.errors > 0 {
            1
        } else {
            0
        })
    }
}

fn validate(files: &[PathBuf], json: bool, quiet: bool) -> anyhow::Result<ExitCode> {
    let mut totals = Totals { files: files.len(), ..Totals::default() };
    let bar = progress(files);
    let mut failed = None;
    for file in files {
        let usable = read(file, &bar, &mut |piece| {
            totals.count(piece.findings());
            if let Piece::Record { checked, .. } = &piece
                && checked.kind == FileKind::Checkup
            {
                totals.records += 1;
                totals.accepted += usize::from(checked.is_accepted());
            }
            if let Err(error) = piece.tell(file, json, quiet) {
                failed = Some(error);
            }
            failed.is_none()
        })?;
        totals.unusable += usize::from(!usable);
        if let Some(error) = failed {
            return Err(error);
        }
    }
    bar.finish_and_clear();
    let mut out = stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(&totals)?)?;
    } else {
        let Totals { files, records, accepted, errors, warnings, unusable, .. } = &totals;
        writeln!(
            out,
            "{files} files, {records} check-ups, {accepted} acceptable; {errors} errors, {warnings} warnings, {unusable} files unusable"
        )?;
    }
    Ok(totals.code())
}

fn level(files: &[PathBuf], json: bool) -> anyhow::Result<ExitCode> {
    let mut unusable = false;
    let bar = progress(files);
    for file in files {
        let mut failed: Option<anyhow::Error> = None;
        unusable |= !read(file, &bar, &mut |piece| {
            let told = match &piece {
                Piece::Record { name, checked } => match &checked.document {
                    Some(document) => judge(file, name, document, json),
                    None => Ok(()),
                },
                Piece::Whole { findings, .. } => {
                    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
                    errors.for_each(|finding| {
                        eprintln!("{}: {}\n    {}", file.display(), finding.en, finding.ja)
                    });
                    Ok(())
                }
            };
            failed = told.err();
            failed.is_none()
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
    }
    bar.finish_and_clear();
    Ok(if unusable { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

fn judge(file: &Path, name: &str, document: &Document, json: bool) -> anyhow::Result<()> {
    let judged = document.judge();
    let mut out = stdout().lock();
    if json {
        let mut line = serde_json::to_value(&judged)?;
        if let Some(object) = line.as_object_mut() {
            let person = document.person.id(oid::NUMBER);
            object.insert("file".to_owned(), file.display().to_string().into());
            object.insert("record".to_owned(), name.into());
            object.insert("number".to_owned(), person.into());
            object.insert("level_code".to_owned(), judged.level.code().into());
            object.insert("metabolic_code".to_owned(), judged.metabolic.code().into());
        }
        return Ok(writeln!(out, "{line}")?);
    }
    let (level, metabolic) = (judged.level, judged.metabolic);
    writeln!(
        out,
        "{} {name}\n  保健指導レベル {} {} ({})\n  メタボ判定 {} {} ({})",
        file.display(),
        level.code(),
        level.ja(),
        level.en(),
        metabolic.code(),
        metabolic.ja(),
        metabolic.en()
    )?;
    for reason in &judged.reasons {
        let mark = match reason.met {
            Some(true) => '●',
            Some(false) => '○',
            None => '・',
        };
        let remark = if reason.verified { "" } else { " [not verified / 未検証]" };
        writeln!(out, "    {mark} {:9} {}  {}{remark}", reason.judgement, reason.ja, reason.en)?;
    }
    Ok(())
}

fn convert(options: &Convert) -> anyhow::Result<ExitCode> {
    let hand_over = options.hand_over.as_deref().map(HandOver::read).transpose()?;
    let mut writer = Output::open(options)?;
    let mut unusable = false;
    let mut failed: Option<anyhow::Error> = None;
    let mut lost = 0;
    let bar = progress(&options.files);
    for file in &options.files {
        unusable |= !read(file, &bar, &mut |piece| {
            let (name, checked) = match piece {
                Piece::Record { name, checked } => (name, checked),
                Piece::Whole { findings, .. } => {
                    for finding in findings {
                        eprintln!("{}: {}: {}\n    {}", file.display(), finding.path, finding.en, finding.ja);
                    }
                    return true;
                }
            };
            for path in &checked.unplaced {
                eprintln!("{} {name}: not carried over / 引き継がれません: {path}", file.display());
            }
            for note in checked.findings.iter().filter(|finding| finding.rule == Rule::Fhir) {
                eprintln!("{} {name}: {}: {}\n    {}", file.display(), note.path, note.en, note.ja);
            }
            lost += checked.unplaced.len();
            let origin = Origin::of(file, &name);
            if let Some(claim) = checked.claim {
                // What was settled with the old insurer is not the new one's.
                if hand_over.is_some() || !writer.claim(origin, claim) {
                    eprintln!(
                        "{} {name}: the claim is not carried over / 決済情報は引き継がれません",
                        file.display()
                    );
                    lost += 1;
                }
                return true;
            }
            let Some(document) = checked.document else { return true };
            let document = match &hand_over {
                Some(table) => match table.apply(document) {
                    Ok(document) => document,
                    Err(error) => {
                        failed = Some(error);
                        return false;
                    }
                },
                None => document,
            };
            failed = writer.write(origin, &document).err();
            failed.is_none()
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
    }
    bar.finish_and_clear();
    let written = writer.finish()?;
    eprintln!("{written} check-ups written, {lost} parts not carried over");
    Ok(if unusable { ExitCode::from(2) } else { ExitCode::SUCCESS })
}
