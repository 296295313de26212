//! FHIR documents: reading, writing and validating, on one core, beside `serde_json::Value`, which checks nothing.

use std::{
    hint::black_box,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use records::{definitions::Definitions, tree, validate::Validator};

use crate::table::{Goal, Table};

/// Options of `bench records`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The resources, one a file.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Packages of definitions besides the core of R4.
    #[arg(long)]
    package: Vec<PathBuf>,
    /// Seconds for each figure.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

/// Measures it all.
///
/// # Errors
/// When a file or a package cannot be read.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    let read =
        |file: &PathBuf| std::fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    let documents: Vec<Vec<u8>> = arguments.files.iter().map(read).collect::<anyhow::Result<_>>()?;
    let start = Instant::now();
    let validator = Validator::new(Arc::new(Definitions::load(&arguments.package)?));
    let loading = start.elapsed();
    let nodes: Vec<tree::Node> = documents.iter().map(|d| tree::parse(d)).collect::<Result<_, _>>()?;
    let values: Vec<serde_json::Value> =
        documents.iter().map(|d| serde_json::from_slice(d)).collect::<Result<_, _>>()?;
    let bytes: usize = documents.iter().map(Vec::len).sum();
    let megabytes = bytes as f64 / 1e6;
    let mut table = Table::new(format!("{} FHIR resources, {megabytes:.1} MB, one core", documents.len()));
    table.add("definitions read", loading.as_secs_f64() * 1000.0, "ms");
    let time = Duration::from_secs_f64(arguments.seconds);
    let ours = rounds(time, || documents.iter().for_each(|d| drop(black_box(tree::parse(d)))));
    let theirs = rounds(time, || {
        documents.iter().for_each(|d| drop(black_box(serde_json::from_slice::<serde_json::Value>(d))))
    });
    table
        .add("read into a tree", ours * megabytes, "MB/s")
        .note(format!("{:.2} of serde_json", ours / theirs));
    table.add("the same with serde_json::Value", theirs * megabytes, "MB/s");
    let ours = rounds(time, || nodes.iter().for_each(|n| drop(black_box(n.to_vec()))));
    let theirs = rounds(time, || values.iter().for_each(|v| drop(black_box(serde_json::to_vec(v)))));
    table.add("write", ours * megabytes, "MB/s").note(format!("{:.2} of serde_json", ours / theirs));
    table.add("the same with serde_json::Value", theirs * megabytes, "MB/s");
    let checked = rounds(time, || nodes.iter().for_each(|n| drop(black_box(validator.validate(n, &[])))));
    table
        .add("validate a tree", checked * documents.len() as f64, "resources/s")
        .goal(Goal::AtLeast(5_000.0));
    let whole = rounds(time, || {
        for document in &documents {
            drop(black_box(tree::parse(document).map(|node| validator.validate(&node, &[]))));
        }
    });
    table.add("read and validate", whole * documents.len() as f64, "resources/s");
    table.add("read and validate", whole * megabytes, "MB/s");
    Ok(table)
}

/// How often a second the work is done, after a round that warms up.
fn rounds(time: Duration, mut work: impl FnMut()) -> f64 {
    work();
    let start = Instant::now();
    let mut done = 0_u32;
    while start.elapsed() < time {
        work();
        done += 1;
    }
    f64::from(done) / start.elapsed().as_secs_f64()
}
