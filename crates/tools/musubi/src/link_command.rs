//! `musubi link`: which records are of the same person.

use std::{
    fs,
    io::{Write, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use columns::{Cell, Column, Format, Table as Sheet};
use indicatif::{ProgressBar, ProgressStyle};
use linkage::{
    Config, LinkError, Linkage, Model, Stage, Table, evaluate,
    explain::Explainer,
    registry::{self, Beside, Profile},
    report, splink, suggest, table_for,
};
use serde_json::json;

/// Options of `musubi link`.
#[derive(Args)]
pub struct Options {
    /// The records: one CSV file to find duplicates in, or two and more to link
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Fields, comparisons and decisions (docs/formats/linkage.md); proposed from the column names when not given
    #[arg(long)]
    config: Option<PathBuf>,
    /// Weights that were learned or agreed upon before; learned from the records when not given
    #[arg(long)]
    model: Option<PathBuf>,
    /// A model of Splink (JSON): its comparisons, rules and weights; instead of --config and --model
    #[arg(long, conflicts_with_all = ["config", "model"])]
    splink: Option<PathBuf>,
    /// The column of a record's own identifier
    #[arg(long)]
    id: Option<String>,
    /// The column that says whose record it truly is; only counted against, never compared
    #[arg(long)]
    truth: Option<String>,
    /// Each record has at most one partner in the other file
    #[arg(long)]
    one_to_one: bool,
    /// Apply the cancer registry's rule to the same pairs and compare (全国がん登録の同定規則)
    #[arg(long)]
    registry_rule: bool,
    /// A registry's own combinations, weights and thresholds
    #[arg(long, requires = "registry_rule")]
    registry_profile: Option<PathBuf>,
    /// Where to write entities, pairs, weights, model, configuration and report; a new or empty directory
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// The form of the tables
    #[arg(long, default_value = "csv")]
    format: Form,
    /// The figures as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    Csv,
    Parquet,
}

/// Exit code 0: linked; 2: a file or the configuration cannot be used.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match link(options)? {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            eprintln!("{error}\n{}", error.ja());
            Ok(ExitCode::from(2))
        }
    }
}

fn link(options: &Options) -> anyhow::Result<Result<(), LinkError>> {
    let (mut config, model) = match settings(options)? {
        Ok(settings) => settings,
        Err(error) => return Ok(Err(error)),
    };
    config.decision.one_to_one |= options.one_to_one;
    if options.registry_rule {
        let asked = config.field.iter().map(|field| field.name.clone());
        config
            .keep
            .extend(asked.filter(|name| ["hospital", "chart", "site", "death"].contains(&name.as_str())));
    }
    let profile = match options
        .registry_profile
        .as_deref()
        .map(read)
        .transpose()?
        .map(|text| Profile::from_toml(&text))
    {
        None => Profile::default(),
        Some(Ok(profile)) => profile,
        Some(Err(error)) => return Ok(Err(error)),
    };
    let table = match records(options, &config)? {
        Ok(table) => table,
        Err(error) => return Ok(Err(error)),
    };
    let bar = ProgressBar::new(1).with_style(ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}")?);
    let progress = |stage: Stage, done: u64, of: u64| {
        bar.set_message(match stage {
            Stage::Estimating => "estimating",
            Stage::Scoring => "scoring",
            Stage::Deciding => "deciding",
        });
        bar.set_length(of);
        bar.set_position(done);
    };
    let linkage = match Linkage::run(config, table, model, &progress) {
        Ok(linkage) => linkage,
        Err(error) => return Ok(Err(error)),
    };
    bar.finish_and_clear();
    let beside = options.registry_rule.then(|| registry::beside(&linkage, &profile));
    if let Some(out) = &options.out
        && let Err(error) = write(options, &linkage, beside.as_ref(), out)?
    {
        return Ok(Err(error));
    }
    print(options, &linkage, beside.as_ref())?;
    Ok(Ok(()))
}

/// The configuration, and the weights where there are any.
fn settings(options: &Options) -> anyhow::Result<Result<(Config, Option<Model>), LinkError>> {
    if let Some(path) = &options.splink {
        return Ok(splink::import(&read(path)?).map(|(mut config, model)| {
            config.id = options.id.clone();
            config.truth.clone_from(&options.truth);
            (config, Some(model))
        }));
    }
    let config = match configuration(options)? {
        Ok(config) => config,
        Err(error) => return Ok(Err(error)),
    };
    let model = options.model.as_deref().map(read).transpose()?.map(|text| Model::from_json(&text));
    Ok(model.transpose().map(|model| (config, model)))
}

fn configuration(options: &Options) -> anyhow::Result<Result<Config, LinkError>> {
    if let Some(path) = &options.config {
        let config = Config::from_toml(&read(path)?);
        return Ok(config.map(|mut config| {
            config.id = options.id.clone().or(config.id);
            config.truth = options.truth.clone().or(config.truth);
            config
        }));
    }
    let mut headers = Vec::new();
    for file in &options.files {
        let mut reader =
            csv::Reader::from_path(file).with_context(|| format!("cannot read {}", file.display()))?;
        let header = reader.headers().with_context(|| format!("cannot read {}", file.display()))?;
        headers
            .push(header.iter().map(|cell| cell.trim_start_matches('\u{feff}').trim().to_owned()).collect());
    }
    let suggestion = suggest(&headers, options.id.as_deref(), options.truth.as_deref());
    if !options.json {
        let fields: Vec<&str> = suggestion.config.field.iter().map(|f| f.name.as_str()).collect();
        eprintln!("no --config: comparing {}; not used: {}", fields.join(", "), suggestion.unused.join(", "));
        eprintln!(
            "設定がないので列名から決めました。比べる項目：{}。使わない列：{}",
            fields.join("、"),
            suggestion.unused.join("、")
        );
    }
    Ok(Ok(suggestion.config))
}

fn records(options: &Options, config: &Config) -> anyhow::Result<Result<Table, LinkError>> {
    let mut table = match table_for(config) {
        Ok(table) => table,
        Err(error) => return Ok(Err(error)),
    };
    for path in &options.files {
        let file = fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let bar = ProgressBar::new(file.metadata()?.len()).with_message(path.display().to_string());
        bar.set_style(ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}")?);
        let outcome = table.read(&path.display().to_string(), config, bar.wrap_read(file), &|_| {});
        bar.finish_and_clear();
        if let Err(error) = outcome {
            return Ok(Err(error));
        }
    }
    Ok(Ok(table))
}

const ENTITIES: [Column; 3] = [Column::text("file"), Column::text("record"), Column::integer("entity")];
const PAIRS: [Column; 7] = [
    Column::text("file_a"),
    Column::text("record_a"),
    Column::text("file_b"),
    Column::text("record_b"),
    Column::real("bits"),
    Column::real("probability"),
    Column::text("decision"),
];
const WEIGHTS: [Column; 6] = [
    Column::text("record_a"),
    Column::text("record_b"),
    Column::text("step"),
    Column::text("level"),
    Column::real("bits"),
    Column::real("rarity"),
];

fn write(
    options: &Options,
    linkage: &Linkage,
    beside: Option<&Beside>,
    out: &Path,
) -> anyhow::Result<Result<(), LinkError>> {
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let format = match options.format {
        Form::Csv => Format::Csv,
        Form::Parquet => Format::Parquet,
    };
    let path = |name: &str| out.join(format!("{name}.{}", format.extension()));
    let names: Vec<String> = options.files.iter().map(|file| file.display().to_string()).collect();
    let file_of = |record: u32| names.get(linkage.table.file_of(record)).map_or("", String::as_str);
    let mut entities = Sheet::create(&path("entities"), format, &ENTITIES)?;
    for (record, entity) in (0..).zip(&linkage.entities) {
        let name = linkage.table.name(record);
        entities.row(&[Cell::Text(file_of(record)), Cell::Text(name), Cell::Integer(i64::from(*entity))])?;
    }
    entities.finish()?;
    let mut explainer = match Explainer::new(linkage) {
        Ok(explainer) => explainer,
        Err(error) => return Ok(Err(error)),
    };
    let mut pairs = Sheet::create(&path("pairs"), format, &PAIRS)?;
    let mut weights = Sheet::create(&path("weights"), format, &WEIGHTS)?;
    for pair in &linkage.pairs {
        let w = explainer.waterfall(pair.a, pair.b);
        let decision = serde_json::to_value(w.decision)?;
        pairs.row(&[
            Cell::Text(file_of(pair.a)),
            Cell::Text(&w.a),
            Cell::Text(file_of(pair.b)),
            Cell::Text(&w.b),
            Cell::Real(f64::from(w.total)),
            Cell::Real(w.probability),
            Cell::Text(decision.as_str().unwrap_or_default()),
        ])?;
        let mut step = |name: &str, level: &str, bits: f32, rarity: f32| {
            let bits = (Cell::Real(f64::from(bits)), Cell::Real(f64::from(rarity)));
            weights.row(&[
                Cell::Text(&w.a),
                Cell::Text(&w.b),
                Cell::Text(name),
                Cell::Text(level),
                bits.0,
                bits.1,
            ])
        };
        step("prior", "", w.prior, 0.0)?;
        for s in &w.steps {
            step(&s.comparison, &s.level, s.bits, s.rarity)?;
        }
        step("relatives", "", w.relatives, 0.0)?;
    }
    pairs.finish()?;
    weights.finish()?;
    let page = match report::html(linkage, &names.join(", "), beside) {
        Ok(page) => page,
        Err(error) => return Ok(Err(error)),
    };
    fs::write(out.join("report.html"), page)?;
    fs::write(out.join("model.json"), linkage.model.to_json())?;
    match splink::export(&linkage.config, &linkage.model, linkage.table.files() > 1) {
        Ok(text) => fs::write(out.join("splink.json"), text)?,
        Err(error) => return Ok(Err(error)),
    }
    match linkage.config.to_toml() {
        Ok(text) => fs::write(out.join("link.toml"), text)?,
        Err(error) => return Ok(Err(error)),
    }
    Ok(Ok(()))
}

fn print(options: &Options, linkage: &Linkage, beside: Option<&Beside>) -> anyhow::Result<()> {
    let entities: std::collections::HashSet<&u32> = linkage.entities.iter().collect();
    let known = linkage.table.knows_truth();
    let truth = known.then(|| {
        json!({
            "entities": evaluate::of_entities(&linkage.table, &linkage.entities),
            "links": evaluate::of_pairs(&linkage.table, linkage.links.iter()),
        })
    });
    let rules = linkage.rules.iter().zip(&linkage.outcomes).map(|(rule, outcome)| {
        json!({ "rule": rule.text, "predicted": rule.predicted, "pairs": outcome.pairs, "left_out": outcome.left_out })
    });
    let rules: Vec<_> = rules.collect();
    let summary = json!({
        "records": linkage.table.len(),
        "pairs": linkage.outcomes.iter().map(|o| o.pairs).sum::<u64>(),
        "links": linkage.links.len(),
        "entities": entities.len(),
        "link_from": { "bits": linkage.threshold + linkage.prior, "probability": linkage.probability(linkage.threshold) },
        "review": { "pairs": linkage.bands.review, "from_bits": linkage.bands.review_from + linkage.prior,
            "to_bits": linkage.bands.link_from + linkage.prior },
        "rules": rules,
        "truth": truth,
        "registry_rule": beside,
    });
    if options.json {
        writeln!(stdout(), "{summary}")?;
    } else {
        writeln!(stdout(), "{}", serde_json::to_string_pretty(&summary)?)?;
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
