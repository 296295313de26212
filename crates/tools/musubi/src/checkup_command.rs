//! `musubi checkup`: health checks (特定健診) as XML, archives, FHIR reports and tables.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufReader, BufWriter, IsTerminal, Read, Seek, Write, stderr, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use checkup::{
    ArchiveLimits, ArchiveWriter, Checked, CsvReader, CsvWriter, Document, FileKind, Finding, Generation,
    Identifier, Insured, Rule, Sending, Severity, check_file, fhir::from_bundle, oid, read_archive,
    xml::Limits,
};
use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use records::tree;
use serde::Serialize;

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

/// Something read: a record, a file around records, or what is wrong with a whole.
enum Piece {
    Record { name: String, checked: Box<Checked> },
    Whole { name: String, findings: Vec<Finding> },
}

impl Piece {
    fn findings(&self) -> &[Finding] {
        match self {
            Self::Record { checked, .. } => &checked.findings,
            Self::Whole { findings, .. } => findings,
        }
    }

    fn tell(&self, file: &Path, json: bool, quiet: bool) -> anyhow::Result<()> {
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
fn read(file: &Path, bar: &ProgressBar, each: &mut dyn FnMut(Piece) -> bool) -> anyhow::Result<bool> {
    let open = || File::open(file).with_context(|| format!("cannot read {}", file.display()));
    let mut start = [0; 4];
    let mut input = open()?;
    let length = input.metadata().map(|metadata| metadata.len()).unwrap_or(0);
    let filled = input.read(&mut start)?;
    input.rewind()?;
    let extension = file.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    let start = start.get(..filled).unwrap_or_default();
    if start.starts_with(b"PK") {
        return read_zip(file, BufReader::new(input), bar, each);
    }
    if extension == "csv" {
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
fn progress(files: &[PathBuf]) -> ProgressBar {
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
            failed = writer.write(&document).err();
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

/// Where converted records go.
enum Output<'o> {
    Folder {
        form: Form,
        written: u32,
        options: &'o Convert,
    },
    Table {
        table: CsvWriter<BufWriter<File>>,
        written: u32,
    },
    /// Who sends to whom may be left to the first record, so the archive begins with it.
    Archive {
        archive: Option<ArchiveWriter<BufWriter<File>>>,
        options: &'o Convert,
    },
}

impl<'o> Output<'o> {
    fn open(options: &'o Convert) -> anyhow::Result<Self> {
        let cannot = || format!("cannot write {}", options.out.display());
        Ok(match options.to {
            Form::Xml | Form::Fhir => {
                fs::create_dir_all(&options.out).with_context(cannot)?;
                Self::Folder { form: options.to, written: 0, options }
            }
            Form::Csv => {
                let file = File::create(&options.out).with_context(cannot)?;
                Self::Table { table: CsvWriter::new(BufWriter::new(file))?, written: 0 }
            }
            Form::Zip => Self::Archive { archive: None, options },
        })
    }

    fn write(&mut self, document: &Document) -> anyhow::Result<()> {
        match self {
            Self::Folder { form, written, options } => {
                *written += 1;
                let digits = |text: &str, most| {
                    text.chars().filter(char::is_ascii_digit).take(most).collect::<String>()
                };
                let institution = digits(document.performer.id(oid::INSTITUTION).unwrap_or_default(), 10);
                let stem = format!("h{institution:0>10}{:0>8}01{written:06}", digits(&document.created, 8));
                let (name, bytes) = match form {
                    Form::Fhir => (format!("{stem}.json"), document.to_bundle().to_vec()),
                    _ => (format!("{stem}.xml"), document.to_xml().into_bytes()),
                };
                let path = options.out.join(name);
                fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
            }
            Self::Table { table, written } => {
                *written += 1;
                Ok(table.write(document)?)
            }
            Self::Archive { archive, options } => {
                let open = match archive {
                    Some(open) => open,
                    None => archive.insert(start(options, document)?),
                };
                Ok(open.add(document)?)
            }
        }
    }

    /// How many records were written.
    fn finish(self) -> anyhow::Result<u32> {
        match self {
            Self::Folder { written, .. } => Ok(written),
            Self::Table { table, written } => {
                table.finish()?;
                Ok(written)
            }
            Self::Archive { archive, options } => {
                let archive = archive.context("there is no record to send\n送る健診データがありません")?;
                let schemas = options.schemas.as_deref().map(schemas).transpose()?.unwrap_or_default();
                let (written, out) = archive.finish(None, &schemas)?;
                out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
                Ok(written)
            }
        }
    }
}

fn start(options: &Convert, first: &Document) -> anyhow::Result<ArchiveWriter<BufWriter<File>>> {
    let sending = sending(options, first)?;
    let name = format!("{}.zip", sending.name());
    if options.out.file_name().and_then(|own| own.to_str()) != Some(&name) {
        eprintln!("the specification names this archive {name} / 仕様上の名前は {name} です");
    }
    let file =
        File::create(&options.out).with_context(|| format!("cannot write {}", options.out.display()))?;
    Ok(ArchiveWriter::new(BufWriter::new(file), sending))
}

/// Who sends to whom: what the options say, else what the first record says.
fn sending(options: &Convert, first: &Document) -> anyhow::Result<Sending> {
    let of = |own: &Option<String>, found: Option<&str>, name: &str| {
        let number = own.clone().or_else(|| found.map(str::to_owned));
        number.with_context(|| {
            format!("--{name} is needed: the record does not say it\n--{name} を指定してください")
        })
    };
    let sender = of(&options.sender, first.performer.id(oid::INSTITUTION), "sender")?;
    let receiver = of(&options.receiver, first.person.id(oid::INSURER), "receiver")?;
    let date = of(&options.date, first.created.get(..8), "date")?;
    calendar::Date::from_compact(&date)
        .map_err(|error| anyhow::anyhow!("--date: {error}\n{}", error.ja()))?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    anyhow::ensure!(
        digits(&sender) && digits(&receiver) && receiver.len() <= 8 && matches!(sender.len(), 8 | 10),
        "--sender has 10 digits (institution) or 8 (insurer), --receiver 8\n送付元は10桁（健診機関）か8桁（保険者）、送付先は8桁の数字です"
    );
    let root = if sender.len() == 10 { oid::INSTITUTION } else { oid::INSURER };
    let interaction = options.interaction.or((root == oid::INSTITUTION).then_some(6));
    let interaction = interaction.context(
        "--interaction is needed where an insurer sends\n保険者が送る場合は --interaction を指定してください",
    )?;
    Ok(Sending {
        interaction: interaction.to_string(),
        sender: Identifier::new(root, sender),
        receiver: Identifier::new(oid::INSURER, format!("{receiver:0>8}")),
        date,
        sequence: options.sequence,
        generation: if options.first_generation { Generation::First } else { Generation::Current },
    })
}

/// The schemas of a folder and of its `coreschemas`.
fn schemas(folder: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for (prefix, folder) in [("", folder.to_owned()), ("coreschemas/", folder.join("coreschemas"))] {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "xsd") {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                found.push((format!("{prefix}{name}"), fs::read(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Old numbers and the new ones.
struct HandOver(BTreeMap<(String, String, String, String), Insured>);

#[derive(serde::Deserialize)]
struct HandOverRow {
    insurer: String,
    #[serde(default)]
    symbol: String,
    number: String,
    #[serde(default)]
    branch: String,
    new_insurer: String,
    #[serde(default)]
    new_symbol: String,
    new_number: String,
    #[serde(default)]
    new_branch: String,
}

impl HandOver {
    fn read(file: &Path) -> anyhow::Result<Self> {
        let mut table =
            csv::Reader::from_path(file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut rows = BTreeMap::new();
        for row in table.deserialize() {
            let row: HandOverRow = row.with_context(|| format!("in {}", file.display()))?;
            let some = |text: String| Some(text).filter(|text| !text.is_empty());
            let to = Insured {
                insurer: row.new_insurer,
                symbol: some(row.new_symbol),
                number: row.new_number,
                branch: some(row.new_branch),
            };
            let old = key(&row.insurer, &row.symbol, &row.number, &row.branch);
            anyhow::ensure!(
                rows.insert(old, to).is_none(),
                "{}: {} {} stands twice\n同じ番号が2回あります",
                file.display(),
                row.insurer,
                row.number
            );
        }
        Ok(Self(rows))
    }

    fn apply(&self, document: Document) -> anyhow::Result<Document> {
        let old = document.numbers().old;
        let symbol = old.symbol.unwrap_or_default();
        let branch = old.branch.unwrap_or_default();
        let found = self.0.get(&key(&old.insurer, &symbol, &old.number, &branch));
        let found = found.or_else(|| self.0.get(&key(&old.insurer, &symbol, &old.number, "")));
        let to = found.with_context(|| {
            format!(
                "no new number for {} {symbol} {}\n新しい番号がありません：{} {symbol} {}",
                old.insurer, old.number, old.insurer, old.number
            )
        })?;
        Ok(document.handed_over(to))
    }
}

/// Numbers without the differences of width and of leading zeros.
fn key(insurer: &str, symbol: &str, number: &str, branch: &str) -> (String, String, String, String) {
    let plain = |text: &str| kotoba::fold_width(text.trim()).into_owned();
    (plain(insurer).trim_start_matches('0').to_owned(), plain(symbol), plain(number), plain(branch))
}
