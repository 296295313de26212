//! `musubi health-card`: SMART Health Cards issued, verified, drawn.

use std::{
    io::{Write, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use calendar::{Clock, SystemClock};
use clap::{Args, Subcommand};
use health_card::{Form, Issuer, Severity, Trust, chunks, svg, verify};
use serde_json::json;

use crate::unusable;

/// Options of `musubi health-card`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Judge cards: JWS, files, or the texts of QR codes (証明書を検証する)
    Verify(Verify),
    /// Make a card of a FHIR bundle (証明書を発行する)
    Issue(Issue),
}

#[derive(Args)]
struct Verify {
    /// The card; the chunks of one card where its QR codes are several
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// An issuer's key set: URL=FILE, as often as needed
    #[arg(long, value_name = "URL=FILE")]
    keys: Vec<String>,
    /// A revocation list, as often as needed
    #[arg(long, value_name = "FILE")]
    revocations: Vec<PathBuf>,
    /// The judgement as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Issue {
    /// The FHIR bundle (JSON), such as `musubi immunization fhir` writes
    bundle: PathBuf,
    /// The issuer's URL
    #[arg(long)]
    issuer: String,
    /// The issuer's private key (JWK with d)
    #[arg(long)]
    key: PathBuf,
    /// The identifier by which the card can be revoked
    #[arg(long)]
    rid: Option<String>,
    /// Where to write the card (.smart-health-card)
    #[arg(long, short)]
    out: PathBuf,
    /// Where to write the QR codes (SVG; -2, -3 … where one is not enough)
    #[arg(long)]
    qr: Option<PathBuf>,
    /// Where to write the public key set, to publish and to archive
    #[arg(long)]
    public_keys: Option<PathBuf>,
}

/// Exit code 0: accepted or made; 1: not to be accepted; 2: an input cannot be used.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Verify(options) => check(options),
        Command::Issue(options) => issue(options),
    }
    .or_else(unusable::ended)
}

fn check(options: &Verify) -> anyhow::Result<ExitCode> {
    let mut trust = Trust::default();
    for entry in &options.keys {
        let (url, file) = entry.split_once('=').context("--keys takes URL=FILE")?;
        let text = unusable::text(Path::new(file))?;
        for problem in trust.keys.add(url, &text) {
            eprintln!("{file}: {} / {}", problem.text, problem.ja());
        }
    }
    for file in &options.revocations {
        let text = unusable::text(file)?;
        for problem in trust.revocations.add(&text) {
            eprintln!("{}: {} / {}", file.display(), problem.text, problem.ja());
        }
    }
    let mut texts = Vec::new();
    for file in &options.files {
        let bytes = unusable::bytes(file)?;
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    let form = Form::of(texts.first().map_or("", String::as_str));
    let judgement = verify(form, &texts, &trust, SystemClock.now().as_seconds());
    let mut out = stdout().lock();
    if options.json {
        let accepted = judgement.is_accepted();
        writeln!(out, "{:#}", json!({"accepted": accepted, "form": form, "judgement": judgement}))?;
    } else {
        for card in &judgement.cards {
            writeln!(out, "{}", card.issuer)?;
        }
        for problem in &judgement.problems {
            let severity = if problem.severity == Severity::Error { "誤り" } else { "注意" };
            writeln!(out, "{severity}: {} / {}", problem.ja(), problem.text)?;
        }
        writeln!(out, "{}", if judgement.is_accepted() { "有効 / accepted" } else { "無効 / not accepted" })?;
    }
    Ok(if judgement.is_accepted() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn issue(options: &Issue) -> anyhow::Result<ExitCode> {
    let bundle = match serde_json::from_str(&unusable::text(&options.bundle)?) {
        Ok(bundle) => bundle,
        Err(error) => {
            eprintln!("{}: {error}\nJSONとして読めません", options.bundle.display());
            return Ok(ExitCode::from(2));
        }
    };
    let made = Issuer::new(&options.issuer, &unusable::text(&options.key)?).and_then(|issuer| {
        let types = ["https://smarthealth.cards#immunization"];
        let now = SystemClock.now().as_seconds();
        issuer.issue(&bundle, now, &types, options.rid.as_deref()).map(|jws| (issuer.public_keys(), jws))
    });
    let (public, jws) = match made {
        Ok(made) => made,
        Err(error) => {
            eprintln!("{error}\n{}", error.ja());
            return Ok(ExitCode::from(2));
        }
    };
    unusable::write(&options.out, json!({"verifiableCredential": [jws]}).to_string())?;
    if let Some(file) = &options.public_keys {
        unusable::write(file, public.to_string())?;
    }
    let texts = chunks(&jws);
    if let Some(file) = &options.qr {
        for (number, text) in texts.iter().enumerate() {
            let path = if number == 0 {
                file.clone()
            } else {
                let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
                file.with_file_name(format!("{stem}-{}.svg", number + 1))
            };
            unusable::write(&path, svg(text).context("too long for a QR code")?)?;
        }
    }
    writeln!(stdout(), "{} characters, {} QR code(s)", jws.len(), texts.len())?;
    Ok(ExitCode::SUCCESS)
}
