//! Health checks: documents read, written and validated a second on one core, beside lxml with the field's own schema.

use std::{
    collections::HashSet,
    hint::black_box,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Context;
use checkup::{
    Address, Code, Document, Identifier, Observation, Organisation, Section, Value, check_file,
    items::{Item, ItemKind, items, meaning},
    oid,
    xml::{Limits, Source, Tree},
};

use crate::{
    clock::thread_cpu,
    table::{Goal, Table},
};

/// Options of `bench checkup`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Documents; made by the bench if none are given.
    files: Vec<PathBuf>,
    /// The schema hc08_V08.xsd for the peer; without it lxml is not asked.
    #[arg(long)]
    schema: Option<PathBuf>,
    /// Where the peer makes its Python environment; a temporary folder if left out, which costs a download each time.
    #[arg(long)]
    work: Option<PathBuf>,
    /// Seconds for each figure.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

/// Measures it all.
///
/// # Errors
/// When a file cannot be read or the peer cannot be started.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    let read =
        |file: &PathBuf| std::fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    let given: Vec<Vec<u8>> = arguments.files.iter().map(read).collect::<anyhow::Result<_>>()?;
    let mut table = Table::new("check-ups, one core");
    if !given.is_empty() {
        add(&mut table, arguments, &given)?;
        return Ok(table);
    }
    for whole in [false, true] {
        let documents: Vec<Vec<u8>> =
            (0..200).map(|number| made(number, whole).to_xml().into_bytes()).collect();
        add(&mut table, arguments, &documents)?;
    }
    Ok(table)
}

fn add(table: &mut Table, arguments: &Arguments, documents: &[Vec<u8>]) -> anyhow::Result<()> {
    let count = documents.len() as f64;
    let kilobytes = documents.iter().map(Vec::len).sum::<usize>() as f64 / count / 1e3;
    let limits = Limits::default();
    let read: Vec<Document> =
        documents.iter().filter_map(|bytes| check_file(bytes, &limits).ok()?.document).collect();
    let items = read.iter().map(|document| document.items().len()).sum::<usize>() as f64 / count;
    let of = |name: &str| format!("{items:.0} items, {kilobytes:.0} kB: {name}");
    let time = Duration::from_secs_f64(arguments.seconds);
    let each = |work: &dyn Fn(&[u8])| rounds(time, || documents.iter().for_each(|bytes| work(bytes))) * count;
    let whole = each(&|bytes| drop(black_box(check_file(bytes, &limits))));
    table
        .add(of("read, schema, codes, units, ranges, level"), whole, "documents/s")
        .goal(Goal::AtLeast(3_000.0));
    let parsed = each(&|bytes| {
        if let Ok(source) = Source::decode(bytes, &limits) {
            drop(black_box(Tree::read(&source, &limits).map(|tree| tree.len())));
        }
    });
    table.add(of("elements alone"), parsed, "documents/s");
    let written =
        rounds(time, || read.iter().for_each(|document| drop(black_box(document.to_xml())))) * count;
    table.add(of("write"), written, "documents/s");
    let judged = rounds(time, || read.iter().for_each(|document| drop(black_box(document.judge())))) * count;
    table.add(of("guidance level"), judged, "documents/s");
    if let Some(schema) = &arguments.schema {
        let peer = peer(arguments, schema, documents)?;
        table.add(of(&format!("lxml {}: read, schema", peer.lxml)), peer.rate, "documents/s").note(format!(
            "{} of them not valid; ours {:.2} of it, doing more",
            peer.invalid,
            whole / peer.rate
        ));
    }
    Ok(())
}

#[derive(serde::Deserialize)]
struct Peer {
    rate: f64,
    invalid: usize,
    lxml: String,
}

fn peer(arguments: &Arguments, schema: &PathBuf, documents: &[Vec<u8>]) -> anyhow::Result<Peer> {
    let folder = tempfile::tempdir()?;
    let files = folder.path().join("documents");
    std::fs::create_dir(&files)?;
    for (number, bytes) in documents.iter().enumerate() {
        std::fs::write(files.join(format!("{number:06}.xml")), bytes)?;
    }
    let work = match &arguments.work {
        Some(work) => work.clone(),
        None => folder.path().join("python"),
    };
    std::fs::create_dir_all(&work)?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/checkup.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(&work)
        .arg(schema)
        .arg(&files)
        .arg(arguments.seconds.to_string())
        .output()
        .context("cannot start python3")?;
    anyhow::ensure!(output.status.success(), "the peer failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A check with what the law asks for, a blood count and the questionnaire; a whole one with 110 items.
fn made(number: usize, whole: bool) -> Document {
    let institution = Organisation {
        ids: vec![Identifier::new(oid::INSTITUTION, "1311234569")],
        name: Some("北病院".to_owned()),
        telecoms: vec!["tel:03-0000-0000".to_owned()],
        address: Some(Address {
            postal_code: Some("100-0001".to_owned()),
            text: "東京都千代田区".to_owned(),
        }),
    };
    let mut document = Document {
        report: Code::new("10", oid::REPORT),
        program: Code::new("010", oid::PROGRAM),
        created: "20261120".to_owned(),
        date: "20261101".to_owned(),
        author: institution.clone(),
        performer: institution,
        ..Document::default()
    };
    document.person.ids = vec![
        Identifier::new(oid::INSURER, "01130012"),
        Identifier::new(oid::SYMBOL, "１２３"),
        Identifier::new(oid::NUMBER, format!("{number}")),
    ];
    document.person.name = Some("ケンシン　タロウ".to_owned());
    document.person.sex = Code::new("1", oid::SEX);
    document.person.birth = "19740504".to_owned();
    // One item of each analyte, as a person's check has them.
    let mut analytes = HashSet::new();
    let asked = |item: &&Item| {
        let questions = item.code.starts_with("9N7") && item.code.ends_with("0000000011");
        whole || item.required().is_some() || item.need == "conditional:anaemia" || questions
    };
    let observations = items()
        .iter()
        .filter(asked)
        .filter(|item| analytes.insert(item.code.get(..5)))
        .take(110)
        .map(|item| {
            let value = match item.kind {
                ItemKind::Quantity => {
                    let (low, high) = (item.low.unwrap_or(0.0), item.high.unwrap_or(100.0));
                    let share = ((number * 7 + item.code.len()) % 20) as f64 / 40.0;
                    let decimals = usize::from(item.decimals.unwrap_or(0));
                    Value::Quantity {
                        value: format!("{:.decimals$}", low + (high - low) * share),
                        unit: item.ucum.clone(),
                    }
                }
                ItemKind::Coded | ItemKind::Ordinal => {
                    let code = if meaning(&item.system, "2").is_some() { "2" } else { "1" };
                    Value::Coded {
                        code: Code::new(code, &item.system),
                        ordinal: item.kind == ItemKind::Ordinal,
                    }
                }
                ItemKind::Text => Value::Text { text: "特記すべきことなし".to_owned() },
            };
            let method = Some(&item.method).filter(|method| !method.is_empty());
            Observation {
                code: Code::new(&item.code, oid::ITEM).named(&item.name),
                value: Some(value),
                method: method.map(|method| Code::new(method, oid::METHOD)),
                ..Observation::default()
            }
        })
        .collect();
    let code = Code::new("01010", oid::SECTION).named("検査・問診結果セクション");
    document.sections =
        vec![Section { code, title: Some("検査・問診結果セクション".to_owned()), observations }];
    document
}

/// How often a second of CPU time the work is done, after a round that warms up.
fn rounds(time: Duration, mut work: impl FnMut()) -> f64 {
    work();
    let (start, cpu) = (Instant::now(), thread_cpu());
    let mut done = 0_u32;
    while start.elapsed() < time {
        work();
        done += 1;
    }
    f64::from(done) / thread_cpu().saturating_sub(cpu).as_secs_f64()
}
