//! `musubi fhir import`: records on files to an institution.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use institution::{Refused, Report};
use records::ssmix2::Storage;
use wire::Client;

/// Options of `musubi fhir import`.
#[derive(Args)]
pub struct Import {
    /// The institution's own interface on this machine: `http://127.0.0.1:8080`
    #[arg(long)]
    url: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// NDJSON files (a FHIR bundle or resource a line), or folders that are SS-MIX2 storages
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// When a file cannot be read or the institution cannot be reached. Refused lines are told, and make the exit code 1.
pub async fn run(import: &Import) -> anyhow::Result<ExitCode> {
    let client = Client::plain();
    let mut total = Report::default();
    for path in &import.paths {
        let sender = Sender { client: &client, url: &import.url, path };
        if path.is_dir() { sender.storage(&mut total).await? } else { sender.lines(&mut total).await? }
    }
    if import.json {
        println!("{}", serde_json::to_string_pretty(&total)?);
    } else {
        println!(
            "{} lines: {} created, {} updated, {} unchanged, {} deleted, {} lines refused",
            total.lines, total.created, total.updated, total.unchanged, total.deleted, total.refused
        );
        for refused in &total.refusals {
            println!("  {}: {}: {} / {}", refused.line, refused.place, refused.ja, refused.en);
        }
    }
    Ok(if total.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Sender<'a> {
    client: &'a Client,
    url: &'a str,
    path: &'a Path,
}

/// Bytes of lines in one message.
const MESSAGE: usize = 8 * 1024 * 1024;

impl Sender<'_> {
    async fn lines(&self, total: &mut Report) -> anyhow::Result<()> {
        let file = File::open(self.path).with_context(|| self.path.display().to_string())?;
        let mut reader = BufReader::new(file);
        let (mut message, mut first) = (Vec::new(), total.lines);
        loop {
            let read = reader.read_until(b'\n', &mut message)?;
            if message.len() >= MESSAGE || read == 0 {
                if message.is_empty() {
                    return Ok(());
                }
                let report = self
                    .send("/fhir/$import", "application/fhir+ndjson", std::mem::take(&mut message))
                    .await?;
                add(total, report, first);
                first = total.lines;
            }
        }
    }

    /// Of each order of a storage the file that counts.
    async fn storage(&self, total: &mut Report) -> anyhow::Result<()> {
        for stored in Storage::open(self.path).with_context(|| self.path.display().to_string())? {
            let first = total.lines;
            let report = match stored {
                Ok(stored) => {
                    let name = stored.name.to_string();
                    let bytes = std::fs::read(self.path.join(stored.name.folder()).join(&name))?;
                    self.send(&format!("/ssmix2/{name}"), "application/octet-stream", bytes).await?
                }
                Err(error) => {
                    let (ja, en) = (error.ja(), error.to_string());
                    let refused = Refused { line: 1, place: error.path, ja, en };
                    Report { lines: 1, refused: 1, refusals: vec![refused], ..Report::default() }
                }
            };
            add(total, report, first);
        }
        Ok(())
    }

    async fn send(&self, path: &str, kind: &str, bytes: Vec<u8>) -> anyhow::Result<Report> {
        let answer = self.client.post_bytes(self.url, path, kind, bytes).await?;
        Ok(serde_json::from_slice(&answer.body)?)
    }
}

fn add(total: &mut Report, report: Report, first: u64) {
    total.lines += report.lines;
    total.created += report.created;
    total.updated += report.updated;
    total.unchanged += report.unchanged;
    total.deleted += report.deleted;
    total.refused += report.refused;
    let moved = report.refusals.into_iter().map(|mut refused| {
        refused.line += first;
        refused
    });
    total.refusals.extend(moved);
}
