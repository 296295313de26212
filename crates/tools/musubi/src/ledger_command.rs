//! `musubi ledger`: verify a ledger's files, and read its head.

use std::{
    io::{Write, stdout},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use ledger::VerifyReport;

/// Options of `musubi ledger`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Hash everything again and check it against the signed head
    Verify {
        /// The ledger's directory
        dir: PathBuf,
        /// The signer's Ed25519 public key, base64url as in organisations.toml or 64 hexadecimal digits
        // Such a key may begin with a hyphen.
        #[arg(long, allow_hyphen_values = true)]
        key: Option<String>,
        /// The report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the signed head (C2SP signed note)
    Head {
        /// The ledger's directory
        dir: PathBuf,
    },
}

/// Exit code 0: whole; 2: damaged or forged; 1: could not be read.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Verify { dir, key, json } => {
            let key = key.as_deref().map(parse_key).transpose()?;
            let report = ledger::verify(dir, key)?;
            if *json {
                writeln!(stdout(), "{}", serde_json::to_string_pretty(&as_json(&report))?)?;
            } else {
                print_report(&report)?;
            }
            Ok(if report.problem.is_none() { ExitCode::SUCCESS } else { ExitCode::from(2) })
        }
        Command::Head { dir } => {
            let file = dir.join("checkpoint");
            write!(
                stdout(),
                "{}",
                std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?
            )?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn print_report(report: &VerifyReport) -> anyhow::Result<()> {
    let signed = report.signed.map_or("unsigned".to_owned(), |size| format!("signed up to {size}"));
    let signature = if report.signature_verified {
        "signature verified"
    } else {
        "signature not verified (no key given)"
    };
    writeln!(stdout(), "{} entries, {signed}, {signature}", report.entries)?;
    writeln!(stdout(), "root {}", BASE64.encode(&report.root.0))?;
    match &report.problem {
        None => writeln!(stdout(), "whole: every entry, tile and proof agrees\n異常なし")?,
        Some(problem) => {
            let (mut entry, mut entry_ja) = (String::new(), String::new());
            if let Some(index) = problem.index {
                (entry, entry_ja) = (format!("entry {index}, "), format!("{index}番の記録、"));
            }
            let place = &problem.place;
            writeln!(
                stdout(),
                "DAMAGED: {entry}{place}: {}\n異常あり: {entry_ja}{place}: {}",
                problem.what,
                problem.what_ja
            )?;
        }
    }
    Ok(())
}

fn as_json(report: &VerifyReport) -> serde_json::Value {
    let problem = report.problem.as_ref().map(
        |p| serde_json::json!({ "index": p.index, "place": p.place, "what": p.what, "what_ja": p.what_ja }),
    );
    serde_json::json!({
        "entries": report.entries,
        "signed": report.signed,
        "signature_verified": report.signature_verified,
        "root": BASE64.encode(&report.root.0),
        "problem": problem,
    })
}

fn parse_key(text: &str) -> anyhow::Result<[u8; 32]> {
    let bytes = match text.len() {
        64 => HEXLOWER.decode(text.to_ascii_lowercase().as_bytes())?,
        _ => BASE64URL_NOPAD.decode(text.as_bytes())?,
    };
    bytes.try_into().ok().context("a key is 32 bytes")
}
