//! `musubi link FILES`: duplicates in one file, or links among several.

use std::{
    io::{Write, stdout},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use columns::{Cell, Column, Format, Table as Sheet};
use indicatif::{ProgressBar, ProgressStyle};
use linkage::{
    Config, Linkage, Model, Stage, Table, evaluate,
    explain::Explainer,
    header,
    registry::{self, Beside, Profile},
    report, splink, suggest, table_for,
};
use serde_json::json;

use crate::unusable;

/// Options of `musubi link FILES`.
#[derive(Args)]
pub struct Batch {
    #[command(flatten)]
    sources: Sources,
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

/// Records, and how they are compared.
#[derive(Args)]
pub struct Sources {
    /// The records: one CSV file to find duplicates in, or two and more to link (UTF-8 or CP932)
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
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    Csv,
    Parquet,
}

/// Links and tells what came of it.
pub fn run(options: &Batch) -> anyhow::Result<()> {
    let (mut config, model) = options.sources.settings(options.json)?;
    config.decision.one_to_one |= options.one_to_one;
    if options.registry_rule {
        let asked = config.field.iter().map(|field| field.name.clone());
        config
            .keep
            .extend(asked.filter(|name| ["hospital", "chart", "site", "death"].contains(&name.as_str())));
    }
    let profile = match &options.registry_profile {
        Some(path) => Profile::from_toml(&unusable::text(path)?)?,
        None => Profile::default(),
    };
    let linkage = options.sources.link(config, model)?;
    let beside = options.registry_rule.then(|| registry::beside(&linkage, &profile));
    if let Some(out) = &options.out {
        write(options, &linkage, beside.as_ref(), out)?;
    }
    print(options, &linkage, beside.as_ref())
}

impl Sources {
    /// The configuration, and the weights where there are any.
    pub fn settings(&self, quiet: bool) -> anyhow::Result<(Config, Option<Model>)> {
        if let Some(path) = &self.splink {
            let (mut config, model) = splink::import(&unusable::text(path)?)?;
            config.id.clone_from(&self.id);
            config.truth.clone_from(&self.truth);
            return Ok((config, Some(model)));
        }
        let config = self.configuration(quiet)?;
        let model = self.model.as_deref().map(unusable::text).transpose()?;
        Ok((config, model.map(|text| Model::from_json(&text)).transpose()?))
    }

    fn configuration(&self, quiet: bool) -> anyhow::Result<Config> {
        if let Some(path) = &self.config {
            let mut config = Config::from_toml(&unusable::text(path)?)?;
            config.id = self.id.clone().or(config.id);
            config.truth = self.truth.clone().or(config.truth);
            return Ok(config);
        }
        let mut headers = Vec::new();
        for file in &self.files {
            headers.push(header(&file.display().to_string(), unusable::open(file)?)?);
        }
        let suggestion = suggest(&headers, self.id.as_deref(), self.truth.as_deref());
        if !quiet {
            let fields: Vec<&str> = suggestion.config.field.iter().map(|f| f.name.as_str()).collect();
            eprintln!(
                "no --config: comparing {}; not used: {}",
                fields.join(", "),
                suggestion.unused.join(", ")
            );
            eprintln!(
                "設定がないので列名から決めました。比べる項目：{}。使わない列：{}",
                fields.join("、"),
                suggestion.unused.join("、")
            );
        }
        Ok(suggestion.config)
    }

    /// Reads the records and links them.
    pub fn link(&self, config: Config, model: Option<Model>) -> anyhow::Result<Linkage> {
        let table = self.records(&config)?;
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}")?;
        let bar = ProgressBar::new(1).with_style(style);
        let progress = |stage: Stage, done: u64, of: u64| {
            bar.set_message(match stage {
                Stage::Estimating => "estimating",
                Stage::Scoring => "scoring",
                Stage::Deciding => "deciding",
            });
            bar.set_length(of);
            bar.set_position(done);
        };
        let linkage = Linkage::run(config, table, model, &progress)?;
        bar.finish_and_clear();
        Ok(linkage)
    }

    fn records(&self, config: &Config) -> anyhow::Result<Table> {
        let mut table = table_for(config)?;
        table.expect(self.files.iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum());
        for path in &self.files {
            let file = unusable::open(path)?;
            let bar = ProgressBar::new(file.metadata()?.len()).with_message(path.display().to_string());
            bar.set_style(ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}")?);
            let outcome = table.read(&path.display().to_string(), config, bar.wrap_read(file), &|_| {});
            bar.finish_and_clear();
            outcome?;
        }
        Ok(table)
    }
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

fn write(options: &Batch, linkage: &Linkage, beside: Option<&Beside>, out: &Path) -> anyhow::Result<()> {
    unusable::folder(out)?;
    let format = match options.format {
        Form::Csv => Format::Csv,
        Form::Parquet => Format::Parquet,
    };
    let path = |name: &str| out.join(format!("{name}.{}", format.extension()));
    let names: Vec<String> = options.sources.files.iter().map(|file| file.display().to_string()).collect();
    let file_of = |record: u32| names.get(linkage.table.file_of(record)).map_or("", String::as_str);
    let mut entities = Sheet::create(&path("entities"), format, &ENTITIES)?;
    for (record, entity) in (0..).zip(&linkage.entities) {
        let name = linkage.table.name(record);
        entities.row(&[Cell::Text(file_of(record)), Cell::Text(name), Cell::Integer(i64::from(*entity))])?;
    }
    entities.finish()?;
    let mut explainer = Explainer::new(linkage)?;
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
    unusable::write(&out.join("report.html"), report::html(linkage, &names.join(", "), beside)?)?;
    unusable::write(&out.join("model.json"), linkage.model.to_json())?;
    let splink = splink::export(&linkage.config, &linkage.model, linkage.table.files() > 1)?;
    unusable::write(&out.join("splink.json"), splink)?;
    unusable::write(&out.join("link.toml"), linkage.config.to_toml()?)?;
    Ok(())
}

fn print(options: &Batch, linkage: &Linkage, beside: Option<&Beside>) -> anyhow::Result<()> {
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
