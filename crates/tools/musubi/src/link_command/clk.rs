//! `musubi link clk encode|match`: linkage with a partner that may not send names.

use std::{
    collections::HashMap,
    io::{Write, stdout},
    path::{Path, PathBuf},
};

use data_encoding::BASE64;
use linkage::{
    LinkError,
    clk::{self, Clk, Schema},
};
use serde::Deserialize;
use serde_json::json;

use super::{directory::replace, register::cell};
use crate::unusable;

/// What is done with encodings.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Encode the records of a CSV file by a linkage schema of clkhash (version 3) and a secret that both partners have
    Encode {
        /// The records; the schema names their columns
        file: PathBuf,
        /// The schema, JSON
        #[arg(long)]
        schema: PathBuf,
        /// A file with the secret; its last line end does not count
        #[arg(long)]
        secret: PathBuf,
        /// The column of a record's identifier, written beside its encoding; the record's number without it
        #[arg(long)]
        id: Option<String>,
        /// Where to write: .csv (`record,clk`), or .json (`{"clks": […]}`, as clkhash writes it)
        #[arg(long, short)]
        out: PathBuf,
    },
    /// Tell which encodings are alike: those of two files, or the duplicates of one
    Match {
        /// Encodings: .csv or .json
        first: PathBuf,
        /// The partner's encodings
        second: Option<PathBuf>,
        /// The least Dice coefficient, above 0 to 1
        #[arg(long, default_value_t = 0.8)]
        at_least: f64,
        /// Every pair that is alike; without it each record has at most one partner when there are two files
        #[arg(long)]
        all: bool,
        /// Where to write the pairs, CSV; standard output without it
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
}

/// Does it.
pub fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Encode { file, schema, secret, id, out } => encode(file, schema, secret, id.as_deref(), out),
        Command::Match { first, second, at_least, all, out } => {
            alike(first, second.as_deref(), *at_least, *all, out.as_deref())
        }
    }
}

fn encode(file: &Path, schema: &Path, secret: &Path, id: Option<&str>, out: &Path) -> anyhow::Result<()> {
    let schema = Schema::from_json(&unusable::text(schema)?)?;
    let secret = unusable::bytes(secret)?;
    let secret = secret.strip_suffix(b"\n").map_or(&secret[..], |s| s.strip_suffix(b"\r").unwrap_or(s));
    anyhow::ensure!(
        !secret.is_empty(),
        "the secret is empty: anybody could undo the encodings\n秘密鍵のファイルが空です（誰でも元に戻せてしまいます）"
    );
    let keys = schema.keys(secret);
    let mut rows = schema.rows(&file.display().to_string(), id, unusable::open(file)?)?;
    let mut encoded: Vec<(String, Clk)> = Vec::new();
    while rows.advance()? {
        let name = rows.id()?.map_or_else(|| rows.number().to_string(), |id| id.into_owned());
        let values = rows.values()?;
        let texts: Vec<&str> = values.iter().map(String::as_str).collect();
        encoded.push((name, clk::encode(&schema, &keys, &texts)?));
    }
    let text = |clk: &Clk| BASE64.encode(&clk.to_bytes());
    replace(out, |file| {
        if is_json(out) {
            let all: Vec<String> = encoded.iter().map(|(_, clk)| text(clk)).collect();
            return writeln!(file, "{}", json!({ "clks": all }));
        }
        writeln!(file, "record,clk")?;
        encoded.iter().try_for_each(|(name, clk)| writeln!(file, "{},{}", cell(name), text(clk)))
    })?;
    eprintln!("{} records encoded / {}件を符号化しました", encoded.len(), encoded.len());
    Ok(())
}

fn alike(
    first: &Path,
    second: Option<&Path>,
    at_least: f64,
    all: bool,
    out: Option<&Path>,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        at_least > 0.0 && at_least <= 1.0,
        "--at-least {at_least}: expected above 0, at most 1\n--at-least は 0 より大きく 1 以下であるべきです"
    );
    let left = filters(first)?;
    let right = second.map(filters).transpose()?;
    let (names, other_names) = (&left.0, right.as_ref().map_or(&left.0, |right| &right.0));
    let others = right.as_ref().map_or(&left.1, |right| &right.1);
    if let (Some(a), Some(b)) = (left.1.first(), others.first())
        && a.bits() != b.bits()
    {
        anyhow::bail!(
            "{}: filters of {} bits, the other file's have {}",
            first.display(),
            a.bits(),
            b.bits()
        );
    }
    let mut pairs = clk::similar(&left.1, others, at_least);
    match right {
        None => pairs.retain(|(a, b, _)| a < b),
        Some(_) if !all => pairs = clk::one_to_one(&pairs, left.1.len() as u32),
        Some(_) => {}
    }
    pairs.sort_unstable_by_key(|(a, b, _)| (*a, *b));
    let name = |names: &[String], at: u32| names.get(at as usize).map_or(String::new(), |name| cell(name));
    let write = |out: &mut dyn Write| -> std::io::Result<()> {
        writeln!(out, "record_a,record_b,dice")?;
        pairs.iter().try_for_each(|(a, b, dice)| {
            writeln!(out, "{},{},{dice:.6}", name(names, *a), name(other_names, *b))
        })
    };
    match out {
        Some(path) => replace(path, |file| write(file))?,
        None => write(&mut std::io::BufWriter::new(stdout().lock()))?,
    }
    eprintln!("{} pairs of {} and {} records", pairs.len(), names.len(), other_names.len());
    eprintln!("{}件と{}件のうち{}組が一致", names.len(), other_names.len(), pairs.len());
    Ok(())
}

#[derive(Deserialize)]
struct Clks {
    clks: Vec<String>,
}

/// Names and filters of a file, all of one size.
fn filters(path: &Path) -> anyhow::Result<(Vec<String>, Vec<Clk>)> {
    let file = path.display().to_string();
    let wrong = |problem: String| LinkError::Damaged { what: file.clone(), problem };
    let mut texts: Vec<(String, String)> = Vec::new();
    if is_json(path) {
        let clks: Clks = serde_json::from_str(&unusable::text(path)?).map_err(|e| wrong(e.to_string()))?;
        texts.extend(clks.clks.into_iter().enumerate().map(|(at, clk)| ((at + 1).to_string(), clk)));
    } else {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(unusable::open(path)?);
        let header = reader.headers().map_err(|e| wrong(e.to_string()))?.clone();
        let place = |name: &str| header.iter().position(|h| h.trim_start_matches('\u{feff}').trim() == name);
        let clk = place("clk").ok_or_else(|| LinkError::Column {
            file: file.clone(),
            column: "clk".to_owned(),
            found: header.iter().collect::<Vec<_>>().join(", "),
        })?;
        let record = place("record");
        for (at, line) in reader.records().enumerate() {
            let line = line.map_err(|e| wrong(e.to_string()))?;
            let name = record
                .and_then(|record| line.get(record))
                .map_or_else(|| (at + 1).to_string(), str::to_owned);
            texts.push((name, line.get(clk).unwrap_or_default().trim().to_owned()));
        }
    }
    let (mut names, mut filters, mut seen) = (Vec::new(), Vec::<Clk>::new(), HashMap::new());
    for (at, (name, text)) in texts.into_iter().enumerate() {
        let number = at + 1;
        let bytes = BASE64.decode(text.as_bytes()).map_err(|e| wrong(format!("encoding {number}: {e}")))?;
        let clk = Clk::from_bytes(&bytes);
        let expected = filters.first().map_or(clk.bits(), Clk::bits);
        if bytes.is_empty() || clk.bits() != expected {
            let found = bytes.len() * 8;
            return Err(wrong(format!("encoding {number}: {found} bits, expected {expected}")).into());
        }
        if let Some(other) = seen.insert(name.clone(), number) {
            return Err(wrong(format!("encoding {number}: record “{name}” is encoding {other} too")).into());
        }
        names.push(name);
        filters.push(clk);
    }
    Ok((names, filters))
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}
