//! Record linkage: the town's reports linked, one record found among them, a person found by part of a reading, filters compared.

use std::{fs::File, time::Instant};

use anyhow::Context as _;
use linkage::{Comparer, FuzzyIndex, Index, LinkError, Linkage, Question, clk, evaluate, suggest, table_for};

use crate::{
    clock::{peak_memory, process_cpu, thread_cpu},
    table::{Goal, Table},
};

/// Options of `bench linkage`. Splink beside it: `crates/tools/bench/peers/linkage.py`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Reports to a registry that are linked.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// Searches for each figure.
    #[arg(long, default_value_t = 20_000)]
    searches: usize,
}

/// Measures it all.
///
/// # Errors
/// When the reports cannot be written or linked.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    let dir = tempfile::tempdir()?;
    town::registry_lists(1, arguments.records, dir.path())?;
    let path = dir.path().join("registry-reports.csv");
    let header = csv::Reader::from_path(&path)?.headers()?.iter().map(str::to_owned).collect();
    let config = suggest(&[header], None, None).config;
    let mut table = Table::new(format!("{} reports to a registry", arguments.records));
    let begun = process_cpu();
    let mut records = table_for(&config).map_err(told)?;
    records.read("reports", &config, File::open(&path)?, &|_| {}).map_err(told)?;
    let read = process_cpu();
    table.add("reading and encoding", (read - begun).as_secs_f64(), "CPU s");
    let linkage = Linkage::run(config, records, None, &|_, _, _| {}).map_err(told)?;
    let pairs: u64 = linkage.outcomes.iter().map(|outcome| outcome.pairs).sum();
    let linked = (process_cpu() - read).as_secs_f64();
    table.add("rules, estimation, scoring, clusters", linked, "CPU s").note(format!("{pairs} pairs"));
    table.add("whole", (process_cpu() - begun).as_secs_f64(), "CPU s");
    table.add("memory", peak_memory(), "MiB").goal(Goal::AtMost(512.0));
    scoring(&mut table, &linkage);
    // Nothing is asserted; the share of links that stand in one entity tells that the work was done.
    let entities = evaluate::of_entities(&linkage.table, &linkage.entities);
    table.add("links within entities", (entities.right + entities.wrong) as f64, "pairs");
    let index = Index::of(linkage).map_err(told)?;
    point_search(&mut table, &index, &path, arguments.searches)?;
    part_search(&mut table, &index, arguments.searches)?;
    filters(&mut table)?;
    Ok(table)
}

fn told(error: LinkError) -> anyhow::Error {
    anyhow::anyhow!("{error}")
}

/// Comparing pairs that are alike, one thread.
fn scoring(table: &mut Table, linkage: &Linkage) {
    let mut comparer = Comparer::new(&linkage.table, &linkage.comparisons);
    let (begun, mut sum) = (thread_cpu(), 0_u64);
    let some = linkage.pairs.iter().take(2_000_000);
    let count = some.len();
    for pair in some {
        sum += u64::from(comparer.pattern(pair.a, pair.b)[0]);
    }
    std::hint::black_box(sum);
    let seconds = (thread_cpu() - begun).as_secs_f64().max(1e-9);
    table.add("pairs compared", count as f64 / seconds, "pairs/CPU-s").goal(Goal::AtLeast(8e6));
}

/// One arriving report against all.
fn point_search(
    table: &mut Table,
    index: &Index,
    path: &std::path::Path,
    searches: usize,
) -> anyhow::Result<()> {
    let fields: Vec<(String, String)> = index
        .config()
        .field
        .iter()
        .filter_map(|f| Some((f.name.clone(), f.columns.first()?.clone())))
        .collect();
    let mut reader = csv::Reader::from_path(path)?;
    let header = reader.headers()?.clone();
    let places: Vec<(String, usize)> = fields
        .into_iter()
        .filter_map(|(name, column)| Some((name, header.iter().position(|h| h == column)?)))
        .collect();
    let step = (index.table().len() / searches).max(1);
    let mut searcher = index.searcher();
    let (mut times, mut found) = (Vec::with_capacity(searches), 0);
    for record in reader.records().step_by(step) {
        let record = record?;
        let values: Vec<(&str, &str)> =
            places.iter().map(|(name, at)| (name.as_str(), record.get(*at).unwrap_or_default())).collect();
        let start = Instant::now();
        found += usize::from(!searcher.find(&values, 0.5, 10).is_empty());
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    let share = found as f64 / times.len().max(1) as f64;
    table.add("one report among all, p50", percentile(&mut times, 0.5), "µs").goal(Goal::AtMost(20.0));
    table
        .add("one report among all, p99", percentile(&mut times, 0.99), "µs")
        .goal(Goal::AtMost(100.0))
        .note(format!("{:.2} % found", share * 100.0));
    Ok(())
}

/// Part of a reading, five years about an age, a municipality.
fn part_search(table: &mut Table, index: &Index, searches: usize) -> anyhow::Result<()> {
    let records = index.table();
    let fuzzy = FuzzyIndex::new(records, &["surname_kana", "given_kana"], "birth.year", "address.city")
        .map_err(told)?;
    let column = |name: &str| records.column(name).map_err(told);
    let (kana, year, city) = (column("surname_kana")?, column("birth.year")?, column("address.city")?);
    for everywhere in [false, true] {
        let (mut times, mut found) = (Vec::new(), 0);
        for record in (0..records.len() as u32).step_by((records.len() / (searches / 10).max(1)).max(1)) {
            let part: String = records.text(record, kana).chars().take(3).collect();
            let Ok(born) = records.text(record, year).parse::<u16>() else { continue };
            let area = records.text(record, city).to_owned();
            let question = Question {
                part: &part,
                years: (born.saturating_sub(5), born + 5),
                area: (!everywhere).then_some(area.as_str()),
                most: 100,
            };
            let start = Instant::now();
            found += fuzzy.find(records, &question).len();
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        let where_ = if everywhere { "everywhere" } else { "in a municipality" };
        table
            .add(format!("part of a reading, age ± 5, {where_}, p99"), percentile(&mut times, 0.99), "ms")
            .goal(Goal::AtMost(5.0))
            .note(format!("{:.1} found, 100 at most", found as f64 / times.len().max(1) as f64));
    }
    Ok(())
}

/// Keyed Bloom filters of 1,024 bits by Dice's coefficient, every pair.
fn filters(table: &mut Table) -> anyhow::Result<()> {
    let mut state = 1_u64;
    let mut list = || -> Vec<clk::Clk> {
        let mut byte = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        (0..5_000)
            .map(|_| clk::Clk::from_bytes(&(0..128).map(|_| byte() & byte()).collect::<Vec<_>>()))
            .collect()
    };
    let (left, right) = (list(), list());
    let begun = thread_cpu();
    let found = clk::similar(&left, &right, 0.6);
    let seconds = (thread_cpu() - begun).as_secs_f64();
    anyhow::ensure!(seconds > 0.0, "no time passed");
    let rate = (left.len() * right.len()) as f64 / seconds;
    table
        .add("filters compared (anonlink: 1.2 M)", rate, "pairs/CPU-s")
        .goal(Goal::AtLeast(2e8))
        .note(format!("{} alike", found.len()));
    Ok(())
}

/// The value that this share of the measurements does not exceed.
fn percentile(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let at = (times.len() as f64 * share) as usize;
    times.get(at.min(times.len().saturating_sub(1))).copied().context("no measurements").unwrap_or(f64::NAN)
}
