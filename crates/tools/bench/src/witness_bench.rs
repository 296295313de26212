//! Checkpoints a second that one witness cosigns, over HTTP, beside the bare disk: the goal is a thousand ledgers with one a
//! second each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use access::{Directory, Organisation, Policy, VerifyingKey};
use anyhow::{Context, ensure};
use calendar::{Date, SystemClock};
use codes::{Custody, ExchangeId, FileCustody, KeyName, OrgId, OrgKind};
use ledger::{
    AddCheckpoint, Algorithm, Checkpoint, Entry, Hash, Ledger, NoteKey, NoteSignature, SignedNote,
    cosigned_at,
};
use protocol::clients::paths;
use wire::{Client, Server, Shutdown};

use crate::crowd::crowd;
use crate::disk::{Place, syncs_per_second};
use crate::table::{Goal, Table};

/// Entries that a ledger gains from one checkpoint to the next.
const STEP: u64 = 7;

/// Options of `bench witness`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Ledgers that submit their heads, each again as soon as it is answered.
    #[arg(long, default_value_t = 1_000)]
    ledgers: u64,
    /// Seconds to measure.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    #[command(flatten)]
    place: Place,
}

/// Measures it, then looks whether every cosignature verifies and every head stands.
///
/// # Errors
/// When something cannot be opened, or the witness does not cosign.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(arguments))
}

async fn measure(arguments: &Arguments) -> anyhow::Result<Table> {
    let mut table = Table::new(format!("witness, {} ledgers", arguments.ledgers));
    let time = Duration::from_secs_f64(arguments.seconds);
    let place = arguments.place.fresh()?;
    let syncs = syncs_per_second(place.path(), Duration::from_secs(2))?;
    table.add("the disk: 4 KiB and fdatasync, one after another", syncs, "1/s");
    let history = Arc::new(History::new(&place.path().join("history")).await?);
    let logs = (0..arguments.ledgers).map(Log::new).collect::<anyhow::Result<Vec<_>>>()?;
    let logs = Arc::new(logs);
    let (service, witness) = overseer(place.path(), &logs)?;
    let shutdown = Shutdown::new();
    let server = Server::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", server.local_addr());
    let serving = tokio::spawn(server.serve(oversight::role(service.clone()), None, shutdown.clone()));
    let client = Client::plain();
    let slowest = Arc::new(AtomicU64::new(0));
    let pace = crowd(arguments.ledgers, time, {
        let (logs, slowest) = (Arc::clone(&logs), Arc::clone(&slowest));
        move |caller, call| {
            let (logs, history) = (Arc::clone(&logs), Arc::clone(&history));
            let (client, base, witness) = (client.clone(), base.clone(), witness.clone());
            let slowest = Arc::clone(&slowest);
            async move {
                let log = logs.get(usize::try_from(caller)?).context("no such ledger")?;
                let request = history.request(log, call)?;
                let begun = Instant::now();
                let body = request.to_string().into_bytes();
                let answer = client.post_raw(&base, paths::ADD_CHECKPOINT, "text/plain", body).await?;
                slowest.fetch_max(begun.elapsed().as_micros().try_into()?, Ordering::Relaxed);
                let lines = String::from_utf8_lossy(&answer.body).into_owned();
                ensure!(answer.status.is_success(), "status {}: {lines}", answer.status);
                let note = format!("{}{lines}", request.note);
                ensure!(cosigned_at(&note, &witness)?.is_some(), "not cosigned: {lines}");
                Ok(())
            }
        }
    })
    .await?;
    let each = pace.rate / arguments.ledgers as f64;
    let cpu = format!(
        "{:.0} us of CPU time each, the ledgers' signing and verifying included; {:.1} a sync",
        pace.cpu_micros,
        pace.rate / syncs
    );
    table.add("checkpoints cosigned, each durable first", pace.rate, "1/s").note(cpu);
    table.add("checkpoints of each ledger", each, "1/s").goal(Goal::AtLeast(1.0));
    table.add("slowest answer", slowest.load(Ordering::Relaxed) as f64 / 1_000.0, "ms");
    let heads = service.heads().await.map_err(|problem| anyhow::anyhow!("{problem}"))?;
    ensure!(heads.len() as u64 == arguments.ledgers, "{} heads stand", heads.len());
    let steps: u64 = heads.iter().map(|head| head.size / STEP).sum();
    ensure!(steps == pace.answers, "{} answers, but heads of {steps} steps", pace.answers);
    shutdown.trigger();
    serving.await?;
    Ok(table)
}

/// The tree that all ledgers grow along: what a witness does is the same as for a thousand different ones.
struct History {
    ledger: Ledger,
}

impl History {
    async fn new(directory: &std::path::Path) -> anyhow::Result<Self> {
        let keys = [KeyName::LEDGER_SIGN, KeyName::LEDGER_SEAL, KeyName::LEDGER_DIGEST];
        let custody: Arc<dyn Custody> = Arc::new(FileCustody::ephemeral(&keys)?);
        let ledger = Ledger::open(directory, "musubi.test/bench", custody)?;
        let entry = |number: u64| Entry {
            kind: "bench.entry",
            person: None,
            exchange: ExchangeId::from_bytes(u128::from(number).to_be_bytes()),
            at: 0,
            body: Vec::new(),
        };
        ledger.append_all((0..STEP * CALLS_MAX).map(entry).collect()).await?;
        ledger.checkpoint_covering(ledger.size()).await?;
        Ok(Self { ledger })
    }

    /// The request with which `log` submits its head after `call` others.
    fn request(&self, log: &Log, call: u64) -> anyhow::Result<AddCheckpoint> {
        ensure!(
            call < CALLS_MAX,
            "more than {CALLS_MAX} checkpoints of one ledger: measure for a shorter time"
        );
        let (old, size) = (call * STEP, (call + 1) * STEP);
        let proof: Vec<Hash> =
            if old == 0 { Vec::new() } else { self.ledger.consistency_proof(old, size)? };
        let head = Checkpoint { origin: log.origin.clone(), size, root: self.ledger.root(size)? };
        let text = head.to_string();
        let bytes = log.custody.sign(&KeyName::LEDGER_SIGN, text.as_bytes())?.to_vec();
        let key = NoteKey::new(&log.origin, Algorithm::Ed25519, log.public)?;
        let signature = NoteSignature { name: log.origin.clone(), key_id: key.id(), bytes };
        Ok(AddCheckpoint { old, proof, note: SignedNote { text, signatures: vec![signature] }, head })
    }
}

/// One of the ledgers: a name and a key of its own.
struct Log {
    org: OrgId,
    origin: String,
    custody: FileCustody,
    public: [u8; 32],
}

impl Log {
    fn new(number: u64) -> anyhow::Result<Self> {
        let org = OrgId::new(OrgKind::Institution, &format!("{number:010}"))?;
        let custody = FileCustody::ephemeral(&[KeyName::LEDGER_SIGN])?;
        let public = custody.verifying_key(&KeyName::LEDGER_SIGN)?;
        Ok(Self { org, origin: protocol::ledger::origin(&org), custody, public })
    }
}

/// An overseer whose directory knows all ledgers, and the key of its cosignatures.
fn overseer(place: &std::path::Path, logs: &[Log]) -> anyhow::Result<(oversight::Service, NoteKey)> {
    let custody: Arc<dyn Custody> = Arc::new(FileCustody::ephemeral(oversight::KEYS)?);
    let since = Date::new(2026, 1, 1)?;
    let org = OrgId::new(OrgKind::Oversight, "1")?;
    let mut overseer = Organisation::new(org, "監督機関", "Overseer", since);
    let key = custody.verifying_key(&KeyName::WITNESS_SIGN)?;
    overseer.witness_key = Some(VerifyingKey::from_bytes(key));
    let watched = logs.iter().map(|log| {
        let mut member = Organisation::new(log.org, "機関", "Organisation", since);
        member.ledger_key = Some(VerifyingKey::from_bytes(log.public));
        member
    });
    let directory = Directory::of(watched.chain(std::iter::once(overseer)))?;
    let witness = protocol::oversight::witness_key(&directory).context("no witness key")?;
    let service = oversight::open(oversight::Config {
        org,
        store: format!("sqlite:{}", place.join("overseer.db").display()),
        ledger: place.join("overseer"),
        custody,
        policy: Policy::builtin(directory)?,
        client: Client::plain(),
        clock: Arc::new(SystemClock),
    })?;
    Ok((service, witness))
}

/// Most checkpoints of one ledger: what the history holds.
const CALLS_MAX: u64 = 2_000;
