//! What the command reads: documents, archives, reports and tables, piece by piece.

use std::{
    fs::{self, File},
    io::{BufReader, IsTerminal, Read, Seek, Write, stderr, stdout},
    path::{Path, PathBuf},
};

use checkup::{
    ArchiveLimits, Checked, CsvReader, Document, FileKind, Finding, Generation, Rule, Severity, check_file,
    fhir::from_bundle, read_archive, xml::Limits,
};
use indicatif::{ProgressBar, ProgressStyle};
use records::tree;
use serde::Serialize;

use crate::unusable::{Unusable, foreign};

/// Something read: a record, a file around records, or what is wrong with a whole.
pub(super) enum Piece {
    Record { name: String, checked: Box<Checked> },
    Whole { name: String, findings: Vec<Finding> },
}

impl Piece {
    pub(super) fn findings(&self) -> &[Finding] {
        match self {
            Self::Record { checked, .. } => &checked.findings,
            Self::Whole { findings, .. } => findings,
        }
    }

    pub(super) fn tell(&self, file: &Path, json: bool, quiet: bool) -> anyhow::Result<()> {
        let inner = match self {
            Self::Record { name, .. } | Self::Whole { name, .. } => name,
        };
        let name =
            if inner.is_empty() { file.display().to_string() } else { format!("{}!{inner}", file.display()) };
        let mut out = stdout().lock();
        if json {
            let accepted = self.findings().iter().all(|finding| finding.severity != Severity::Error);
            let report = match self {
                Self::Record { checked, .. } => Report {
                    file: name,
                    kind: Some(checked.kind),
                    generation: Some(checked.generation),
                    well_shaped: Some(checked.well_shaped),
                    accepted,
                    findings: &checked.findings,
                    unplaced: &checked.unplaced,
                },
                Self::Whole { findings, .. } => Report {
                    file: name,
                    kind: None,
                    generation: None,
                    well_shaped: None,
                    accepted,
                    findings,
                    unplaced: &[],
                },
            };
            return Ok(writeln!(out, "{}", serde_json::to_string(&report)?)?);
        }
        for finding in self.findings().iter().filter(|finding| !quiet || finding.severity == Severity::Error)
        {
            let Finding { severity, rule, place, path, en, ja } = finding;
            let place =
                if place.line > 0 { format!(":{}:{}", place.line, place.column) } else { String::new() };
            let severity = if *severity == Severity::Error { "error" } else { "warning" };
            writeln!(out, "{name}{place}: {severity}: [{rule:?}] {path}: {en}\n    {ja}")?;
        }
        Ok(())
    }
}

/// Reads a file of any kind, piece by piece, until the receiver has enough; false when it could not be used.
pub(super) fn read(
    file: &Path,
    bar: &ProgressBar,
    each: &mut dyn FnMut(Piece) -> bool,
) -> anyhow::Result<bool> {
    let unusable = |each: &mut dyn FnMut(Piece) -> bool, (en, ja): (&str, &str)| {
        each(Piece::Whole { name: String::new(), findings: vec![Finding::error(Rule::File, "", en, ja)] });
        Ok(false)
    };
    let mut start = Vec::new();
    let opened = File::open(file).and_then(|mut input| {
        Read::by_ref(&mut input).take(4).read_to_end(&mut start)?;
        input.rewind()?;
        Ok(input)
    });
    let input = match opened {
        Ok(input) => input,
        Err(error) => return unusable(each, Unusable::unread(file, &error).words()),
    };
    let length = input.metadata().map(|metadata| metadata.len()).unwrap_or(0);
    let extension = file.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    if start.starts_with(b"PK") {
        return read_zip(file, BufReader::new(input), bar, each);
    }
    if extension == "csv" {
        if let Some(words) = foreign(&start) {
            return unusable(each, words);
        }
        return Ok(read_table(bar.wrap_read(BufReader::new(input)), each));
    }
    let limits = Limits::default();
    let mut bytes = Vec::new();
    input.take(limits.bytes as u64 + 1).read_to_end(&mut bytes)?;
    bar.inc(length);
    let json = start.iter().find(|b| !b.is_ascii_whitespace() && **b < 0x80) == Some(&b'{');
    if json || extension == "json" {
        return Ok(read_bundle(&bytes, each));
    }
    match check_file(&bytes, &limits) {
        Ok(checked) => {
            each(Piece::Record { name: String::new(), checked: Box::new(checked) });
            Ok(true)
        }
        Err(error) => {
            each(Piece::Whole { name: String::new(), findings: vec![error.into()] });
            Ok(false)
        }
    }
}

fn read_zip(
    file: &Path,
    input: impl Read + Seek,
    bar: &ProgressBar,
    each: &mut dyn FnMut(Piece) -> bool,
) -> anyhow::Result<bool> {
    let name = file.file_name().and_then(|name| name.to_str());
    let read = read_archive(bar.wrap_read(input), name, &ArchiveLimits::default(), |member| {
        each(Piece::Record { name: member.path, checked: Box::new(member.checked) });
    });
    match read {
        Ok(archive) => {
            each(Piece::Whole { name: String::new(), findings: archive.findings });
            Ok(true)
        }
        Err(error) => {
            let finding = Finding::error(Rule::Archive, "", error.to_string(), error.ja());
            each(Piece::Whole { name: String::new(), findings: vec![finding] });
            Ok(false)
        }
    }
}

fn read_table(input: impl Read, each: &mut dyn FnMut(Piece) -> bool) -> bool {
    let unusable = |each: &mut dyn FnMut(Piece) -> bool, finding| {
        each(Piece::Whole { name: String::new(), findings: vec![finding] });
        false
    };
    let mut table = match CsvReader::new(input) {
        Ok(table) => table,
        Err(finding) => return unusable(each, finding),
    };
    for number in 1.. {
        match table.next_document() {
            Ok(Some(document)) => {
                if !each(record(format!("{number}"), document, Vec::new())) {
                    break;
                }
            }
            Ok(None) => break,
            Err(finding) => return unusable(each, finding),
        }
    }
    each(Piece::Whole { name: String::new(), findings: table.findings() });
    true
}

fn read_bundle(bytes: &[u8], each: &mut dyn FnMut(Piece) -> bool) -> bool {
    let finding = match tree::parse(bytes) {
        Ok(bundle) => match from_bundle(&bundle) {
            Ok((document, notes)) => {
                each(record(String::new(), document, notes));
                return true;
            }
            Err(finding) => finding,
        },
        Err(error) => {
            let mut finding = Finding::error(Rule::Fhir, "", error.to_string(), error.ja());
            finding.place = checkup::xml::Place { line: error.line, column: error.column };
            finding
        }
    };
    each(Piece::Whole { name: String::new(), findings: vec![finding] });
    false
}

/// A document that came from no XML, with what is wrong with what it says.
fn record(name: String, document: Document, mut findings: Vec<Finding>) -> Piece {
    findings.extend(document.check());
    Piece::Record { name, checked: Box::new(Checked::of(document, findings)) }
}

/// A bar over all bytes, on a terminal.
pub(super) fn progress(files: &[PathBuf]) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bytes = files.iter().filter_map(|file| fs::metadata(file).ok()).map(|metadata| metadata.len()).sum();
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    let bar = ProgressBar::new(bytes);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

/// What was read of one file or record, for people and programs.
#[derive(Serialize)]
struct Report<'a> {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<FileKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<Generation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    well_shaped: Option<bool>,
    accepted: bool,
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unplaced: &'a [String],
}
