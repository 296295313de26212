//! `musubi claims`: what レセプト電算 files hold, whether they are right, and who has to pay.

use std::fs::File;
use std::io::{Cursor, Read, Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use claims::{Checker, Finding, Group, GroupKind, Info, ReadError, Reader, Severity, Summary};
use clap::{Args, Subcommand, ValueEnum};
use columns::Format;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use crate::claims_readdress::{self, Readdress};
use crate::unusable::{self, Unusable, foreign};

/// Options of `musubi claims`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say what files hold: claims, payers, points, records, character set (件数・点数を数える)
    Info(Show),
    /// Find what is wrong in files, without any server (点検する)
    Check(Show),
    /// Find claims that another insurer has to pay, and write them anew (資格を確認し、振替・分割する)
    Readdress(Readdress),
    /// Write claims, diagnoses, procedures, medicines and visits as tables (表にする)
    Convert(Convert),
}

#[derive(Args)]
struct Show {
    /// The files (RECEIPTC.UKE and the like)
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// JSON, one object a file
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// CSV: one row a file, of `check` one row a finding
    #[arg(long)]
    csv: bool,
}

#[derive(Args)]
struct Convert {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where to write the five tables
    #[arg(long, short)]
    out: PathBuf,
    /// The form of the tables
    #[arg(long, value_enum, default_value = "csv")]
    to: Form,
    /// The counts as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    Csv,
    Parquet,
}

/// Exit code 0: nothing wrong (there may be warnings); 1: errors found, or claims that are not right as addressed; 2: a file
/// that cannot be read or holds no claims.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Info(options) => info(options),
        Command::Check(options) => check(options),
        Command::Readdress(options) => claims_readdress::run(options),
        Command::Convert(options) => convert(options),
    }
    .or_else(unusable::ended)
}

/// How it came out; the worst of all files counts.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Nothing wrong.
    #[default]
    Right,
    /// Something to look at.
    Found,
    /// A file that cannot be read or holds no claims.
    Unusable,
}

impl State {
    /// The command's exit code.
    pub fn exit(self) -> ExitCode {
        match self {
            Self::Right => ExitCode::SUCCESS,
            Self::Found => ExitCode::from(1),
            Self::Unusable => ExitCode::from(2),
        }
    }
}

/// Reads a file group by group with progress; what could not be read goes to `unread`. Says whether it held any claims.
pub fn walk(
    file: &Path,
    mut each: impl FnMut(&Group<'_>) -> anyhow::Result<()>,
    mut unread: impl FnMut(&ReadError),
) -> anyhow::Result<State> {
    let Some((source, length)) = open(file) else { return Ok(State::Unusable) };
    let bar = ProgressBar::new(length).with_style(ProgressStyle::with_template(
        "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    )?);
    bar.set_message(file.file_name().unwrap_or_default().to_string_lossy().into_owned());
    let mut reader = Reader::new(bar.wrap_read(source));
    let mut claims = 0u64;
    let mut state = State::Right;
    loop {
        match reader.next_group() {
            Ok(Some(group)) => {
                claims += u64::from(group.kind() == GroupKind::Receipt);
                each(&group)?;
            }
            Ok(None) => break,
            Err(ReadError::Io(error)) => {
                say_unusable(file, &error.to_string(), &format!("読み込めません（{error}）"));
                state = State::Unusable;
                break;
            }
            Err(error) => {
                unread(&error);
                state = state.max(State::Found);
            }
        }
    }
    bar.finish_and_clear();
    if claims == 0 && state != State::Unusable {
        say_unusable(file, "holds no claim, expected records RE", "レセプト（RE）がありません");
        state = State::Unusable;
    }
    Ok(state)
}

/// A file and its length; says why there is none.
fn open(file: &Path) -> Option<(impl Read + use<>, u64)> {
    let mut start = Vec::new();
    let opened = File::open(file).and_then(|mut source| {
        Read::by_ref(&mut source).take(4).read_to_end(&mut start)?;
        Ok(source)
    });
    let source = match opened {
        Ok(source) => source,
        Err(error) => {
            let unread = Unusable::unread(file, &error);
            let (en, ja) = unread.words();
            say_unusable(file, en, ja);
            return None;
        }
    };
    if let Some((en, ja)) = foreign(&start) {
        say_unusable(file, en, ja);
        return None;
    }
    let length = source.metadata().map_or(0, |metadata| metadata.len());
    Some((Cursor::new(start).chain(source), length))
}

fn say_unusable(file: &Path, en: &str, ja: &str) {
    // Whoever reads no errors has chosen so.
    let _ = writeln!(stderr(), "{}: {en}\n    {ja}", file.display());
}

pub fn say_unread(file: &Path) -> impl FnMut(&ReadError) {
    let file = file.to_owned();
    move |error| say_unusable(&file, &error.to_string(), &error.ja())
}

fn info(options: &Show) -> anyhow::Result<ExitCode> {
    let mut worst = State::Right;
    let mut out = csv::Writer::from_writer(stdout());
    for (index, file) in options.files.iter().enumerate() {
        let mut info = Info::default();
        let state = walk(
            file,
            |group| {
                info.group(group);
                Ok(())
            },
            say_unread(file),
        )?;
        worst = worst.max(state);
        let name = file.display().to_string();
        if options.json {
            writeln!(stdout(), "{}", serde_json::to_string(&Named { file: &name, of: &info })?)?;
        } else if options.csv {
            if index == 0 {
                out.write_record([
                    "file",
                    "receipts",
                    "insurer_records",
                    "public_records",
                    "counted",
                    "points",
                ])?;
            }
            let figures =
                [info.receipts, info.insurer_records, info.public_records, info.counted, info.points]
                    .map(|n| n.to_string());
            out.write_record(std::iter::once(name).chain(figures))?;
        } else {
            print_info(&name, &info)?;
        }
    }
    out.flush()?;
    Ok(worst.exit())
}

#[derive(Serialize)]
struct Named<'a, T> {
    file: &'a str,
    #[serde(flatten)]
    of: &'a T,
}

fn print_info(name: &str, info: &Info) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{name}")?;
    writeln!(out, "  レセプト receipts      {}", info.receipts)?;
    writeln!(out, "  保険者   HO records    {}", info.insurer_records)?;
    writeln!(out, "  公費     KO records    {}", info.public_records)?;
    writeln!(out, "  総件数   counted       {}", info.counted)?;
    writeln!(out, "  合計点数 points        {}", info.points)?;
    for bill in &info.bills {
        let shown = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
        writeln!(out, "  請求書   GO            {} / {}", shown(bill.claims), shown(bill.points))?;
    }
    let tables: Vec<String> =
        info.tables.iter().map(|(table, count)| format!("{} {count}", table.ja())).collect();
    writeln!(out, "  点数表   tables        {}", tables.join(", "))?;
    if let Some((first, last)) = info.months {
        writeln!(out, "  診療年月 months        {first} to {last}")?;
    }
    let records: Vec<String> = info.records.iter().map(|(code, count)| format!("{code} {count}")).collect();
    writeln!(out, "  レコード records       {}", records.join(", "))?;
    let dates = match (info.era_dates, info.western_dates) {
        (_, 0) => "和暦 GYYMMDD",
        (0, _) => "西暦 YYYYMMDD",
        _ => "和暦・西暦",
    };
    writeln!(
        out,
        "  形式     form          {:?}, {dates}, CRLF {}, LF {}, CR {}",
        info.charset, info.crlf, info.lf, info.cr
    )?;
    Ok(())
}

/// Findings of one file, counted as they are printed.
struct Told<'a> {
    file: String,
    options: &'a Show,
    errors: u64,
    warnings: u64,
    kept: Vec<Finding>,
    csv: csv::Writer<std::io::Stdout>,
    failed: Option<anyhow::Error>,
}

impl Told<'_> {
    fn tell(&mut self, finding: Finding) {
        match finding.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
        if self.failed.is_none()
            && let Err(error) = self.print(finding)
        {
            self.failed = Some(error);
        }
    }

    fn print(&mut self, finding: Finding) -> anyhow::Result<()> {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        if self.options.json {
            // A report of one object cannot hold more than fits: beyond that the counts go on.
            if self.kept.len() < KEPT {
                self.kept.push(finding);
            }
        } else if self.options.csv {
            let optional = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
            let place = &finding.place;
            self.csv.write_record([
                self.file.as_str(),
                severity,
                finding.rule.name(),
                &place.line.to_string(),
                &optional(place.receipt),
                &place.record,
                &optional(place.field.map(|at| at as u64)),
                place.name.unwrap_or_default(),
                &finding.value,
                &finding.expected,
                &finding.expected_ja,
            ])?;
        } else {
            let rule = finding.rule.name();
            writeln!(stdout(), "{}: {severity} [{rule}] {finding}\n    {}", self.file, finding.ja())?;
        }
        Ok(())
    }
}

fn check(options: &Show) -> anyhow::Result<ExitCode> {
    let mut worst = State::Right;
    for (index, file) in options.files.iter().enumerate() {
        let mut told = Told {
            file: file.display().to_string(),
            options,
            errors: 0,
            warnings: 0,
            kept: Vec::new(),
            csv: csv::Writer::from_writer(stdout()),
            failed: None,
        };
        if options.csv && index == 0 {
            told.csv.write_record([
                "file",
                "severity",
                "rule",
                "line",
                "claim",
                "record",
                "field",
                "name",
                "value",
                "expected",
                "expected_ja",
            ])?;
        }
        let (state, receipts) = check_file(file, &mut told)?;
        worst = worst.max(state).max(if told.errors > 0 { State::Found } else { State::Right });
        told.csv.flush()?;
        if let Some(error) = told.failed {
            return Err(error);
        }
        let (errors, warnings) = (told.errors, told.warnings);
        if options.json {
            let report = json!({ "file": told.file, "receipts": receipts, "errors": errors, "warnings": warnings, "findings": told.kept });
            writeln!(stdout(), "{report}")?;
        } else if !options.csv {
            writeln!(stdout(), "{}: {receipts} claims, {errors} errors, {warnings} warnings", told.file)?;
        }
    }
    Ok(worst.exit())
}

fn check_file(file: &Path, told: &mut Told<'_>) -> anyhow::Result<(State, u64)> {
    let mut receipts = 0;
    // The reader's own errors are findings too; they come between the groups.
    let pending = std::cell::RefCell::new(Vec::new());
    let mut checker = Checker::new();
    let state = walk(
        file,
        |group| {
            for error in pending.borrow_mut().drain(..) {
                checker.unread(&error, &mut |finding| told.tell(finding));
            }
            receipts += u64::from(group.kind() == GroupKind::Receipt);
            checker.group(group, &mut |finding| told.tell(finding));
            told.failed.take().map_or(Ok(()), Err)
        },
        |error| pending.borrow_mut().extend(error.passed_over()),
    )?;
    for error in pending.into_inner() {
        checker.unread(&error, &mut |finding| told.tell(finding));
    }
    checker.finish(&mut |finding| told.tell(finding));
    Ok((state, receipts))
}

fn convert(options: &Convert) -> anyhow::Result<ExitCode> {
    unusable::folder(&options.out)?;
    let format = match options.to {
        Form::Csv => Format::Csv,
        Form::Parquet => Format::Parquet,
    };
    let told = |error: columns::TableError| anyhow::anyhow!("{error}\n{}", error.ja());
    let mut summary = Summary::create(&options.out, format).map_err(told)?;
    let mut worst = State::Right;
    for file in &options.files {
        worst = worst.max(walk(file, |group| summary.group(group).map_err(told), say_unread(file))?);
    }
    let counts = summary.finish().map_err(told)?;
    if options.json {
        writeln!(stdout(), "{}", serde_json::to_string(&counts)?)?;
    } else {
        writeln!(
            stdout(),
            "claims {}, diagnoses {}, procedures {}, medicines {}, visits {}",
            counts.claims,
            counts.diagnoses,
            counts.procedures,
            counts.medicines,
            counts.visits
        )?;
    }
    Ok(worst.exit())
}

/// How many findings a report of one file holds.
const KEPT: usize = 10_000;
