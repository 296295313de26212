//! `musubi link index|search|add|join|unlink|log|entities`: a register of people on disk, to which records arrive.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Write, stdin, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use calendar::{Clock, SystemClock};
use clap::Args;
use linkage::{
    Decided, Near, Register, Rows,
    entities::{Entities, Entry, Event},
};
use serde_json::json;

use super::{
    batch::Sources,
    directory::{self, Writer},
};
use crate::unusable;

/// What is done with a register.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Link records and keep them as a register that is searched and added to (名寄せ台帳を作る)
    Index {
        /// Where: a new or empty directory
        directory: PathBuf,
        #[command(flatten)]
        sources: Box<Sources>,
    },
    /// Find the records of a person (台帳を検索する)
    Search(Search),
    /// Take arriving records in and decide whose they are; nothing of a file that cannot be read (届いたレコードを加える)
    Add {
        /// The register
        directory: PathBuf,
        /// CSV with the columns of the register
        file: PathBuf,
        /// One JSON object a record
        #[arg(long)]
        json: bool,
    },
    /// Say that two records are one person's (同じ人と決める)
    Join {
        /// The register
        directory: PathBuf,
        /// One record
        a: String,
        /// The other
        b: String,
        /// Who decided
        #[arg(long)]
        by: String,
    },
    /// Say that records are not of the person they were counted to: together they become an entity of their own (別人と決める)
    Unlink {
        /// The register
        directory: PathBuf,
        /// The records that leave
        #[arg(required = true)]
        records: Vec<String>,
        /// Who decided
        #[arg(long)]
        by: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Tell the events of a register: what was decided when, by whom (台帳の履歴)
    Log {
        /// The register
        directory: PathBuf,
        /// Of this record only, and of those that were in its entity
        #[arg(long)]
        record: Option<String>,
    },
    /// Tell the entity of every record (台帳の人物一覧)
    Entities {
        /// The register
        directory: PathBuf,
        /// As it was after this event
        #[arg(long)]
        until: Option<u64>,
    },
}

/// Options of `musubi link search`.
#[derive(Args)]
pub struct Search {
    /// The register
    directory: PathBuf,
    /// Questions: CSV with some of the register's columns, - for standard input, answered line by line
    #[arg(required_unless_present = "set")]
    file: Option<PathBuf>,
    /// One question instead: field=value, such as surname=山田 (fields are named in the register's link.toml)
    #[arg(long, conflicts_with = "file")]
    set: Vec<String>,
    /// The least probability that is told
    #[arg(long, default_value_t = 0.5)]
    at_least: f64,
    /// The most records that are told
    #[arg(long, default_value_t = 10)]
    most: usize,
    /// One JSON object a question
    #[arg(long)]
    json: bool,
}

/// Does it. Exit code 1: somebody was searched for and not found.
pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Index { directory, sources } => index(directory, sources)?,
        Command::Search(search) => return find(search),
        Command::Add { directory, file, json } => add(directory, file, *json)?,
        Command::Join { directory, a, b, by } => {
            let event = |bits| Event::Link { a: a.clone(), b: b.clone(), bits, by: by.clone() };
            by_hand(directory, event(0.0))?;
        }
        Command::Unlink { directory, records, by, reason } => {
            let (records, by, reason) = (records.clone(), by.clone(), reason.clone());
            by_hand(directory, Event::Unlink { records, by, reason })?;
        }
        Command::Log { directory, record } => log(directory, record.as_deref())?,
        Command::Entities { directory, until } => entities(directory, *until)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn index(directory: &Path, sources: &Sources) -> anyhow::Result<()> {
    directory::ensure_free(directory)?;
    let (config, model) = sources.settings(false)?;
    let linkage = sources.link(config, model)?;
    let (toml, model) = (linkage.config.to_toml()?, linkage.model.to_json());
    let (register, log) = Register::of(linkage, &now())?;
    directory::create(directory, &register, &log, &[("link.toml", &toml), ("model.json", &model)])?;
    let entities = register.entities();
    writeln!(stdout(), "{}", json!({ "records": entities.records(), "entities": entities.len() }))?;
    Ok(())
}

fn find(search: &Search) -> anyhow::Result<ExitCode> {
    let register = directory::read(&search.directory)?;
    let index = register.index();
    let fields: Vec<&str> = index.config().field.iter().map(|field| field.name.as_str()).collect();
    let mut searcher = index.searcher();
    let mut missed = false;
    let mut out = stdout().lock();
    if !search.json {
        writeln!(out, "question,record,entity,bits,probability")?;
    }
    let mut answer = |question: &str, values: &[(&str, &str)]| -> anyhow::Result<()> {
        let found = register.find(&mut searcher, values, search.at_least, search.most);
        missed |= found.is_empty();
        if search.json {
            writeln!(out, "{}", json!({ "question": question, "found": found }))?;
        } else {
            for near in &found {
                writeln!(out, "{},{}", cell(question), line(near))?;
            }
        }
        Ok(out.flush()?)
    };
    match &search.file {
        None => {
            let mut values = Vec::new();
            for set in &search.set {
                let (name, value) = set.split_once('=').with_context(|| {
                    format!("“{set}”: expected field=value\n「{set}」は 項目=値 の形ではありません")
                })?;
                let known = fields.contains(&name);
                anyhow::ensure!(
                    known,
                    "no field “{name}”; the register has: {0}\n項目「{name}」はありません（{0} があります）",
                    fields.join(", ")
                );
                values.push((name, value));
            }
            answer("1", &values)?;
        }
        Some(path) => {
            let input: Box<dyn Read> =
                if path.as_os_str() == "-" { Box::new(stdin()) } else { Box::new(unusable::open(path)?) };
            let mut rows = Rows::partial(&path.display().to_string(), index.config(), input)?;
            while rows.advance()? {
                let id = rows.id()?.filter(|id| !id.is_empty()).map(|id| id.into_owned());
                let values = rows.values()?;
                let values: Vec<(&str, &str)> =
                    fields.iter().copied().zip(values.iter().map(String::as_str)).collect();
                answer(&id.unwrap_or_else(|| rows.number().to_string()), &values)?;
            }
        }
    }
    Ok(ExitCode::from(u8::from(missed)))
}

fn add(directory: &Path, file: &Path, json: bool) -> anyhow::Result<()> {
    let mut writer = Writer::open(directory)?;
    let config = writer.register.index().config().clone();
    let mut rows: Rows<File> = Rows::new(&file.display().to_string(), &config, unusable::open(file)?)?;
    let batch = writer.register.add(&mut rows, &now())?;
    writer.keep(&batch)?;
    let mut out = stdout().lock();
    if !json {
        writeln!(out, "record,entity,decision,other,other_entity,bits,probability")?;
    }
    for decided in &batch.decided {
        if json {
            writeln!(out, "{}", serde_json::to_string(decided)?)?;
        } else {
            tell(&mut out, decided)?;
        }
    }
    let linked = batch.decided.iter().filter(|decided| decided.linked.is_some()).count();
    let review = batch.decided.iter().filter(|decided| !decided.review.is_empty()).count();
    let (new, known) = (batch.decided.len(), batch.known);
    eprintln!("{new} new records, {linked} linked, {review} to be looked at; {known} were there already");
    eprintln!("新しいレコード{new}件、うち既知の人物{linked}件、要確認{review}件。登録済み{known}件");
    Ok(())
}

/// One line for what was decided, one for each record to be looked at.
fn tell(out: &mut impl Write, decided: &Decided) -> anyhow::Result<()> {
    let own = format!("{},{}", cell(&decided.record), decided.entity);
    match &decided.linked {
        Some(near) => writeln!(out, "{own},linked,{}", line(near))?,
        None => writeln!(out, "{own},new,,,,")?,
    }
    for near in &decided.review {
        writeln!(out, "{own},review,{}", line(near))?;
    }
    Ok(())
}

fn by_hand(directory: &Path, event: Event) -> anyhow::Result<()> {
    let mut writer = Writer::open(directory)?;
    let (entity, lines) = writer.register.decide_by_hand(&now(), event)?;
    writer.log_lines(&lines)?;
    writeln!(stdout(), "{}", json!({ "entity": entity }))?;
    Ok(())
}

fn log(directory: &Path, record: Option<&str>) -> anyhow::Result<()> {
    // Whoever was ever in one entity with the record: its story needs theirs.
    let mut company = BTreeMap::new();
    if let Some(record) = record {
        company.insert(record.to_owned(), ());
        let mut events = Vec::new();
        let last = Entities::read_with(directory::log(directory)?, u64::MAX, |_, entry| {
            if !matches!(entry.event, Event::Seen { .. }) {
                events.push(entry.event.clone());
            }
        })?;
        anyhow::ensure!(
            last.of(record).is_some(),
            "record “{record}” was never seen\nレコード「{record}」は届いていません"
        );
        let mut before = 0;
        while before < company.len() {
            before = company.len();
            for event in &events {
                let names = named(event);
                if names.iter().any(|name| company.contains_key(*name)) {
                    company.extend(names.iter().map(|name| ((*name).to_owned(), ())));
                }
            }
        }
    }
    let mut told = Ok(());
    let mut out = std::io::BufWriter::new(stdout().lock());
    Entities::read_with(directory::log(directory)?, u64::MAX, |number, entry: &Entry| {
        let wanted = company.is_empty() || named(&entry.event).iter().any(|name| company.contains_key(*name));
        if wanted && told.is_ok() {
            let mut value = serde_json::to_value(entry).unwrap_or_default();
            if let Some(object) = value.as_object_mut() {
                object.insert("number".to_owned(), json!(number));
            }
            told = writeln!(out, "{value}");
        }
    })?;
    told?;
    Ok(out.flush()?)
}

fn named(event: &Event) -> Vec<&str> {
    match event {
        Event::Seen { record } => vec![record],
        Event::Link { a, b, .. } => vec![a, b],
        Event::Unlink { records, .. } => records.iter().map(String::as_str).collect(),
    }
}

fn entities(directory: &Path, until: Option<u64>) -> anyhow::Result<()> {
    let entities = Entities::read_with(directory::log(directory)?, until.unwrap_or(u64::MAX), |_, _| {})?;
    let mut out = std::io::BufWriter::new(stdout().lock());
    writeln!(out, "record,entity")?;
    for record in 0..entities.records() as u32 {
        let entity = entities.of_number(record).unwrap_or_default();
        writeln!(out, "{},{entity}", cell(entities.name(record)))?;
    }
    Ok(out.flush()?)
}

fn line(near: &Near) -> String {
    format!("{},{},{:.2},{:.6}", cell(&near.record), near.entity, near.bits, near.probability)
}

/// A text as a cell of CSV.
pub fn cell(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn now() -> String {
    SystemClock.now().to_string()
}
