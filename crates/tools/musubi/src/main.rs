//! The command of Musubi: the whole town, one role, and every engine on files.

mod checkup_command;
mod claims_command;
mod claims_readdress;
mod codes_command;
mod directory_command;
mod eligibility_xml_command;
mod fhir_command;
mod fhir_import;
mod health_card_command;
mod immunization_command;
mod ledger_command;
mod link_command;
mod network_command;
mod oncology_command;
mod open;
mod serve;
mod settings;
mod town_command;
mod unusable;
mod up;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A check allocates some hundred times; the system's allocator takes an eighth of its time (decision 0242).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 結び: numbering and linkage for medicine, care and health.
#[derive(Parser)]
#[command(
    name = "musubi",
    version,
    about = "結び: numbering and linkage for medicine, care and health",
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start every role with a generated population, in one process, in the browser (町をまるごと動かす)
    Up(up::Options),
    /// Start one role from its configuration (一つの機関を動かす)
    Serve(serve::Options),
    /// Write a synthetic population in the files that the roles take (町の住民を作る)
    Town(town_command::Options),
    /// Check, complete and explain numbers and codes (番号・符号を調べる)
    Codes(codes_command::Options),
    /// Read and write eligibility XML (オンライン資格確認のXMLを調べる)
    EligibilityXml(eligibility_xml_command::Options),
    /// Read, check, re-address and convert claims (レセプト電算を点検・振替・変換する)
    Claims(claims_command::Options),
    /// Validate, convert and judge health checks (特定健診データを検証・変換・階層化する)
    Checkup(checkup_command::Options),
    /// Check FHIR resources against their profiles (FHIRリソースを検証する)
    Fhir(fhir_command::Options),
    /// Find which records are of the same person (名寄せ)
    Link(link_command::Options),
    /// Judge vaccinations, forecast the next one (予防接種を判定する)
    Immunization(immunization_command::Options),
    /// Issue and verify SMART Health Cards (接種証明書を発行・検証する)
    HealthCard(health_card_command::Options),
    /// List, suspend and reinstate organisations (参加機関を管理する)
    Directory(directory_command::Options),
    /// Check reports of cancer, tell primaries apart, compute indicators and survival (がん登録を調べる)
    Oncology(oncology_command::Options),
    /// Join regional networks (地域医療連携ネットワークを統合する)
    Network(network_command::Options),
    /// Verify and read a ledger (台帳を検証する)
    Ledger(ledger_command::Options),
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        // Whoever read our output has read enough: `musubi … | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("musubi: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Up(options) => runtime()?.block_on(up::run(options)),
        Command::Serve(options) => runtime()?.block_on(serve::run(options)),
        Command::Town(options) => town_command::run(&options),
        Command::Codes(options) => codes_command::run(&options),
        Command::EligibilityXml(options) => eligibility_xml_command::run(&options),
        Command::Claims(options) => claims_command::run(&options),
        Command::Checkup(options) => checkup_command::run(&options),
        Command::Fhir(options) => fhir_command::run(&options),
        Command::Link(options) => link_command::run(&options),
        Command::Immunization(options) => immunization_command::run(&options),
        Command::HealthCard(options) => health_card_command::run(&options),
        Command::Directory(options) => directory_command::run(&options),
        Command::Oncology(options) => oncology_command::run(&options),
        Command::Network(options) => runtime()?.block_on(network_command::run(options)),
        Command::Ledger(options) => ledger_command::run(&options),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    // A log that goes into a file or a journal holds no colours (https://no-color.org for the variable).
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_target(false)
        .with_ansi(!plain && std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
