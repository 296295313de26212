//! Load and benchmark programs, peers side by side.
//!
//! Every figure is printed beside what it is compared with, measured in the same run: another library, a bare server,
//! the disk itself. `docs/benchmarks.md` tells the method and the figures.

mod checkup_bench;
mod child;
mod claims_bench;
mod client;
mod clock;
mod codes_bench;
mod connection;
mod consent_bench;
mod crowd;
mod disk;
mod eligibility_bench;
mod exchange_bench;
mod fhir_bench;
mod fhir_client;
mod fhir_samples;
mod house;
mod immunization_bench;
mod ledger_bench;
mod linkage_bench;
mod load;
mod members;
mod mix;
mod oncology_bench;
mod portal_bench;
mod records_bench;
mod store_bench;
mod table;
mod witness_bench;

use clap::{Parser, Subcommand};

/// The allocator of `musubi` itself: what is measured is what runs (decision 0242).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Speeds of the house, each beside its peer.
#[derive(Parser)]
#[command(name = "bench", version)]
struct Arguments {
    /// Print one JSON object instead of a table.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Health checks read and validated a second on one core, beside lxml with the field's schema.
    Checkup(checkup_bench::Arguments),
    /// Claims read, checked and judged on one core, beside a splitter of lines; memory of a file of gigabytes.
    Claims(claims_bench::Arguments),
    /// Codes a second on one core, beside libpep.
    Codes(codes_bench::Arguments),
    /// Decisions a second on one core for a person with twenty rules.
    Consent(consent_bench::Arguments),
    /// Eligibility checks a second over HTTP, beside the bare server.
    Eligibility(eligibility_bench::Arguments),
    /// Exchanges of records a second between two institutions under the relay's grants.
    Exchange(exchange_bench::Arguments),
    /// A FHIR server's import, reads and searches: ours, or any by its address.
    Fhir(fhir_bench::Arguments),
    /// Whole persons' vaccinations judged and forecast a second on one core.
    Immunization(immunization_bench::Arguments),
    /// Members a second from a report file, and the memory that it takes.
    Load(load::Arguments),
    /// Records linked, one found among many, a person by part of a reading, filters compared.
    Linkage(linkage_bench::Arguments),
    /// Durable ledger entries a second, beside the disk.
    Ledger(ledger_bench::Arguments),
    /// Net survival of a million patients on one core.
    Oncology(oncology_bench::Arguments),
    /// The portal's first page for somebody with ten years of entries.
    Portal(portal_bench::Arguments),
    /// FHIR resources read, written and validated a second on one core, beside serde_json.
    Records(records_bench::Arguments),
    /// Durable transactions, rows and lookups a second of the embedded store, beside the disk.
    Store(store_bench::Arguments),
    /// Checkpoints of a thousand ledgers cosigned a second, beside the disk.
    Witness(witness_bench::Arguments),
    /// The institutions' process of `eligibility`; takes its plan on standard input.
    #[command(hide = true)]
    EligibilityClient,
    /// The client's process of `fhir`; takes its plan on standard input.
    #[command(hide = true)]
    FhirClient,
    /// The insurer's process of `load` and `eligibility`; takes its errand on standard input.
    #[command(hide = true)]
    LoadClient,
    /// One load of `load` in a process of its own.
    #[command(hide = true)]
    LoadOne(load::One),
}

fn main() -> anyhow::Result<()> {
    let Arguments { json, what } = Arguments::parse();
    let table = match what {
        What::Checkup(arguments) => checkup_bench::run(&arguments)?,
        What::Claims(arguments) => claims_bench::run(&arguments)?,
        What::Codes(arguments) => codes_bench::run(&arguments)?,
        What::Consent(arguments) => consent_bench::run(&arguments)?,
        What::Eligibility(arguments) => eligibility_bench::run(&arguments)?,
        What::Exchange(arguments) => exchange_bench::run(&arguments)?,
        What::Fhir(arguments) => fhir_bench::run(&arguments)?,
        What::Immunization(arguments) => immunization_bench::run(&arguments)?,
        What::Load(arguments) => load::run(&arguments)?,
        What::Linkage(arguments) => linkage_bench::run(&arguments)?,
        What::Ledger(arguments) => ledger_bench::run(&arguments)?,
        What::Oncology(arguments) => oncology_bench::run(&arguments)?,
        What::Portal(arguments) => portal_bench::run(&arguments)?,
        What::Records(arguments) => records_bench::run(&arguments)?,
        What::Store(arguments) => store_bench::run(&arguments)?,
        What::Witness(arguments) => witness_bench::run(&arguments)?,
        What::EligibilityClient => return client::run(),
        What::FhirClient => return fhir_client::run(),
        What::LoadClient => return load::run_client(),
        What::LoadOne(one) => return load::run_one(&one),
    };
    table.print(json)
}
