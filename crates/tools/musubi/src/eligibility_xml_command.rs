//! `musubi eligibility-xml`: inspect and convert the messages of オンライン資格確認.

use std::{
    fs,
    io::{Write, stdout},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use eligibility_xml::{Charset, Limits};

/// Options of `musubi eligibility-xml`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say what a message holds and what is wrong with it
    Inspect {
        /// The messages
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The reports as JSON, one a line
        #[arg(long)]
        json: bool,
    },
    /// Write a message in another character set
    Convert {
        /// The message
        file: PathBuf,
        /// Where to write it
        #[arg(long, short)]
        out: PathBuf,
        /// The character set
        #[arg(long)]
        to: Target,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    Utf8,
    ShiftJis,
}

/// Exit code 0: all readable; 2: a message is not.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Inspect { files, json } => inspect(files, *json),
        Command::Convert { file, out, to } => {
            let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            let charset = match to {
                Target::Utf8 => Charset::Utf8,
                Target::ShiftJis => Charset::ShiftJis,
            };
            let converted = match eligibility_xml::convert(&bytes, charset, &Limits::default()) {
                Ok(converted) => converted,
                Err(error) => {
                    eprintln!("{}: {error}\n{}", file.display(), error.ja());
                    return Ok(ExitCode::from(2));
                }
            };
            for loss in converted.losses {
                eprintln!("{}: {loss:?}", file.display());
            }
            fs::write(out, converted.bytes).with_context(|| format!("cannot write {}", out.display()))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn inspect(files: &[PathBuf], json: bool) -> anyhow::Result<ExitCode> {
    let mut wrong = false;
    for file in files {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        match eligibility_xml::inspect(&bytes, &Limits::default()) {
            Ok(report) if json => writeln!(stdout(), "{}", serde_json::to_string(&report)?)?,
            Ok(report) => {
                writeln!(stdout(), "{}\n{}", file.display(), serde_json::to_string_pretty(&report)?)?
            }
            Err(error) => {
                wrong = true;
                eprintln!("{}: {error}\n{}", file.display(), error.ja());
            }
        }
    }
    Ok(if wrong { ExitCode::from(2) } else { ExitCode::SUCCESS })
}
