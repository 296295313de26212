//! Durable ledger entries a second, beside the bare disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use codes::{Custody, ExchangeId, FileCustody, KeyName};
use ledger::{Entry, Ledger};

use crate::crowd::crowd;
use crate::disk::{Place, syncs_per_second};
use crate::table::Table;

/// Bytes of an entry's body: about those of an eligibility check.
const BODY: usize = 700;

/// Entries handed over at once in the bulk measurement.
const BULK: u64 = 1_000;

/// Options of `bench ledger`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Seconds for each figure.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    #[command(flatten)]
    place: Place,
}

/// Measures it all, then verifies the whole ledger.
///
/// # Errors
/// When the ledger cannot be written or does not verify.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(arguments))
}

async fn measure(arguments: &Arguments) -> anyhow::Result<Table> {
    let mut table = Table::new(format!("ledger, entries of {BODY} bytes"));
    let time = Duration::from_secs_f64(arguments.seconds);
    let place = arguments.place.fresh()?;
    let syncs = syncs_per_second(place.path(), time)?;
    table.add("the disk: 4 KiB and fdatasync, one after another", syncs, "1/s");
    let directory = place.path().join("ledger");
    let ledger = open(&directory)?;
    let mut acknowledged = 0;
    for callers in [1, 64, 256, 1_024] {
        let shared = ledger.clone();
        let pace = crowd(callers, time, move |_, _| {
            let ledger = shared.clone();
            async move {
                ledger.append(entry(&ledger)).await?;
                Ok(())
            }
        })
        .await?;
        acknowledged += pace.answers;
        let note =
            format!("{:.1} entries a sync, {:.1} us of CPU time each", pace.rate / syncs, pace.cpu_micros);
        table.add(format!("durable entries, {callers} callers"), pace.rate, "1/s").note(note);
    }
    let shared = ledger.clone();
    let pace = crowd(4, time, move |_, _| {
        let ledger = shared.clone();
        async move {
            let entries = (0..BULK).map(|_| entry(&ledger)).collect();
            ledger.append_all(entries).await?;
            Ok(())
        }
    })
    .await?;
    acknowledged += pace.answers * BULK;
    let note = format!("{:.1} us of CPU time each", pace.cpu_micros / BULK as f64);
    table
        .add(format!("durable entries, 4 callers with {BULK} each"), pace.rate * BULK as f64, "1/s")
        .note(note);
    ensure!(ledger.size() == acknowledged, "{} entries for {acknowledged} receipts", ledger.size());
    drop(ledger);
    let begun = Instant::now();
    let report = ledger::verify(&directory, None)?;
    ensure!(report.problem.is_none(), "the ledger does not verify: {:?}", report.problem);
    ensure!(report.entries == acknowledged, "{} entries verified of {acknowledged}", report.entries);
    table
        .add("entries verified", acknowledged as f64 / begun.elapsed().as_secs_f64(), "1/s")
        .note(format!("{acknowledged} acknowledged, all there, all hashes right"));
    Ok(table)
}

fn open(directory: &std::path::Path) -> anyhow::Result<Ledger> {
    let keys = [KeyName::LEDGER_SIGN, KeyName::LEDGER_SEAL, KeyName::LEDGER_DIGEST];
    let custody: Arc<dyn Custody> = Arc::new(FileCustody::ephemeral(&keys)?);
    Ok(Ledger::open(directory, "musubi.test/bench", custody)?)
}

fn entry(ledger: &Ledger) -> Entry {
    let at = 1_795_000_000_000;
    let exchange = ExchangeId::new(at);
    let person = Some(ledger.person_digest(exchange.as_bytes()));
    Entry { kind: "bench.entry", person, exchange, at, body: vec![b'x'; BODY] }
}
