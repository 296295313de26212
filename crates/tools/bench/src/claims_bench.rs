//! Claims (レセプト電算): read, checked and judged on one core, beside a splitter that only finds the ends of lines and fields;
//! and the memory that a file of gigabytes takes.

use std::hint::black_box;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use calendar::Date;
use claims::{Checker, Claim, Info, MemberList, Reader, judge};

use crate::clock::{Anonymous, Cost, repeat};
use crate::table::{Goal, Table};

/// Options of `bench claims`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Files of claims; they are repeated to the sizes that are measured.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Memberships to judge the claims by (`claims/memberships.csv` of a town).
    #[arg(long)]
    members: Option<PathBuf>,
    /// Megabytes of each speed's run.
    #[arg(long, default_value_t = 64)]
    megabytes: usize,
    /// Gigabytes of the run that is watched for memory.
    #[arg(long, default_value_t = 2.0)]
    gigabytes: f64,
    /// Seconds for each figure.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

/// Measures it all.
///
/// # Errors
/// When a file cannot be read.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    let mut once = Vec::new();
    for file in &arguments.files {
        once.extend(std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    anyhow::ensure!(!once.is_empty(), "the files are empty");
    let times = (arguments.megabytes * 1_000_000).div_ceil(once.len());
    let bytes = once.repeat(times);
    let megabytes = bytes.len() as f64 / 1e6;
    let receipts = claims_of(&once)? as f64 * times as f64;
    let mut table = Table::new(format!("{receipts} claims, {megabytes:.0} MB, one core"));
    let time = Duration::from_secs_f64(arguments.seconds);
    let rate = |cost: Cost, amount: f64| amount / cost.cpu.as_secs_f64();

    let lines = repeat(time, || Ok(memchr::memchr_iter(b'\n', &bytes).count()))?;
    let fields = repeat(time, || Ok(memchr::memchr2_iter(b'\n', b',', &bytes).count()))?;
    let copied = repeat(time, || split(&bytes))?;
    let read = repeat(time, || groups(&bytes))?;
    let info = repeat(time, || figures(&bytes))?;
    let checked = repeat(time, || check(bytes.as_slice()))?;
    table.add("limit: ends of lines in memory (memchr)", rate(lines, megabytes), "MB/s");
    table.add("limit: ends of lines and fields in memory (memchr2)", rate(fields, megabytes), "MB/s");
    table.add("limit: a line after the other from a reader, commas counted", rate(copied, megabytes), "MB/s");
    table
        .add("read: claims, records, fields", rate(read, megabytes), "MB/s")
        .goal(Goal::AtLeast(200.0))
        .note(format!("{:.2} of memchr2", rate(read, 1.0) / rate(fields, 1.0)));
    table.add("info: counts, points, months", rate(info, megabytes), "MB/s");
    table
        .add("check", rate(checked, receipts), "claims/s")
        .goal(Goal::AtLeast(50_000.0))
        .note(format!("{:.0} MB/s", rate(checked, megabytes)));
    if let Some(members) = &arguments.members {
        let source =
            std::fs::File::open(members).with_context(|| format!("cannot read {}", members.display()))?;
        let members = MemberList::read(source)?;
        let judged = repeat(time, || judged(&bytes, &members))?;
        table
            .add("judge by memberships, then and now", rate(judged, receipts), "claims/s")
            .note(format!("{} persons", members.size().0));
    }
    memory(&mut table, once, arguments.gigabytes)?;
    Ok(table)
}

fn claims_of(bytes: &[u8]) -> anyhow::Result<u64> {
    Ok(figures(bytes)?.receipts)
}

/// What any reader of lines does at least: it finds the end of each line and field, and knows a line's beginning.
fn split(bytes: &[u8]) -> anyhow::Result<usize> {
    let mut reader = io::BufReader::with_capacity(1 << 20, bytes);
    let (mut line, mut count) = (Vec::new(), 0);
    loop {
        line.clear();
        if io::BufRead::read_until(&mut reader, b'\n', &mut line)? == 0 {
            return Ok(count);
        }
        count += memchr::memchr_iter(b',', &line).count();
    }
}

fn groups(bytes: &[u8]) -> anyhow::Result<usize> {
    let mut reader = Reader::new(bytes);
    let mut fields = 0;
    while let Some(group) = reader.next_group()? {
        for record in group.records() {
            fields += black_box(record).len();
        }
    }
    Ok(fields)
}

fn figures(bytes: &[u8]) -> anyhow::Result<Info> {
    let (mut reader, mut info) = (Reader::new(bytes), Info::default());
    while let Some(group) = reader.next_group()? {
        info.group(&group);
    }
    Ok(info)
}

fn check(source: impl Read) -> anyhow::Result<u64> {
    let (mut reader, mut checker, mut found) = (Reader::new(source), Checker::new(), 0);
    while let Some(group) = reader.next_group()? {
        checker.group(&group, &mut |_| found += 1);
    }
    checker.finish(&mut |_| found += 1);
    Ok(found)
}

fn judged(bytes: &[u8], members: &MemberList) -> anyhow::Result<usize> {
    let known = Date::new(2026, 11, 22)?;
    let (mut reader, mut spells) = (Reader::new(bytes), 0);
    while let Some(group) = reader.next_group()? {
        if let Some(claim) = Claim::of(group) {
            spells += judge(&claim, members, known).verdict.now.len();
        }
    }
    Ok(spells)
}

/// Checks a file of that size, which never lies in memory.
fn memory(table: &mut Table, once: Vec<u8>, gigabytes: f64) -> anyhow::Result<()> {
    let small = watched(&once, 0.01)?;
    let large = watched(&once, gigabytes)?;
    table.add("memory of a check of 10 MB", small, "MiB");
    table.add(format!("memory of a check of {gigabytes} GB"), large, "MiB").goal(Goal::AtMost(small + 16.0));
    Ok(())
}

fn watched(once: &[u8], gigabytes: f64) -> anyhow::Result<f64> {
    let source = Again { bytes: once, at: 0, left: (gigabytes * 1e9) as usize };
    let watch = Anonymous::watch();
    check(source)?;
    Ok(watch.peak())
}

/// The same bytes again and again.
struct Again<'a> {
    bytes: &'a [u8],
    at: usize,
    left: usize,
}

impl Read for Again<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.at == self.bytes.len() {
            // Whole files only: a cut one would be another file.
            if self.left < self.bytes.len() {
                return Ok(0);
            }
            self.at = 0;
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.len().min(room.len());
        if let (Some(to), Some(from)) = (room.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        self.left = self.left.saturating_sub(count);
        Ok(count)
    }
}
