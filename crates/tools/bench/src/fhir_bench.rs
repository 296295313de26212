//! A FHIR server's import, reads and searches over HTTP: our institution in this process, or any server by its address.
//!
//! The work is that of the peer's measurement: transaction bundles of 32 resources, shaped like the six kinds of
//! information with Japanese codes, then reads of what was imported.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use access::Directory;
use anyhow::{Context as _, ensure};
use calendar::SystemClock;
use codes::{Custody, FileCustody, InstitutionCode, OrgId};
use institution::{Config, KEYS, Patience, Role};
use wire::{Client, Desk, Server, Shutdown};

use crate::child::Child;
use crate::clock::{process_cpu, threads_cpu};
use crate::disk::{Place, syncs_per_second};
use crate::fhir_client::{Phase, Plan, Seen, Work};
use crate::fhir_samples::BUNDLE;
use crate::table::{Goal, Table};

/// Options of `bench fhir`.
#[derive(clap::Args)]
pub struct Arguments {
    /// A server to measure instead of ours: `http://127.0.0.1:8080` or with a path.
    #[arg(long)]
    base_url: Option<String>,
    /// Bundles for each number of connections.
    #[arg(long, default_value_t = 2_000)]
    bundles: u64,
    /// Seconds of each window of reads.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Print the CPU time of the server's threads to standard error.
    #[arg(long)]
    threads: bool,
    #[command(flatten)]
    place: Place,
}

/// Measures it all.
///
/// # Errors
/// When a server cannot be opened or asked, or refuses.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_name("server").enable_all().build()?;
    runtime.block_on(measure(arguments))
}

async fn measure(arguments: &Arguments) -> anyhow::Result<Table> {
    let place = arguments.place.fresh()?;
    let ours = match &arguments.base_url {
        Some(_) => None,
        None => Some(Ours::open(place.path()).await?),
    };
    let base = match (&ours, &arguments.base_url) {
        (Some(ours), _) => Base { address: ours.address, path: "/fhir".to_owned() },
        (None, Some(url)) => Base::parse(url)?,
        (None, None) => anyhow::bail!("no server"),
    };
    let who = if ours.is_some() { "ours: durable, validated, labelled, in the ledger" } else { "peer" };
    let mut table = Table::new(format!("FHIR server, {who}"));
    if ours.is_some() {
        let syncs = syncs_per_second(place.path(), Duration::from_secs(1))?;
        table.add("the disk: 4 KiB and fdatasync, one after another", syncs, "1/s");
    }
    let plan = Plan { address: base.address, path: base.path, phases: phases(arguments) };
    let threads = arguments.threads;
    let seen = tokio::task::spawn_blocking(move || watch(&plan, threads)).await??;
    for (phase, seen, cpu) in seen {
        tell(&mut table, &phase, &seen, ours.is_some().then_some(cpu));
    }
    if let Some(ours) = ours {
        ours.close(&mut table).await?;
    }
    Ok(table)
}

fn phases(arguments: &Arguments) -> Vec<Phase> {
    let window = Duration::from_secs_f64(arguments.seconds);
    let bundles = arguments.bundles;
    let import = |connections, from| Phase { work: Work::Import { from, bundles }, connections, window };
    let read = |work, connections| Phase { work, connections, window };
    vec![
        import(1, 0),
        import(16, bundles),
        read(Work::Read { of: bundles * 2 }, 1),
        read(Work::Read { of: bundles * 2 }, 16),
        read(Work::Read { of: bundles * 2 }, 64),
        read(Work::ByIdentifier { of: bundles * 2 }, 16),
        read(Work::BySubject { of: bundles * 2 }, 16),
    ]
}

fn tell(table: &mut Table, phase: &Phase, seen: &Seen, cpu: Option<Duration>) {
    let connections = phase.connections;
    let (name, unit_of, goal) = match phase.work {
        Work::Import { .. } => ("resources imported", BUNDLE as f64, Some(5_000.0)),
        Work::Read { .. } => ("patients read by id", 1.0, Some(15_000.0)),
        Work::ByIdentifier { .. } => ("patients by identifier", 1.0, None),
        Work::BySubject { .. } => ("Observation?subject= (15 rows)", 1.0, None),
    };
    let [median, late] = seen.latency;
    let mut note = format!("p50 {median:.2} p99 {late:.2} ms");
    if let Some(cpu) = cpu {
        let micros = cpu.as_secs_f64() * 1e6 / (seen.answers as f64 * unit_of).max(1.0);
        note.push_str(&format!("; server CPU {micros:.0} us each"));
    }
    let rate = seen.answers as f64 * unit_of / seen.seconds;
    let figure = table.add(format!("{name}, {connections} connections"), rate, "1/s").note(note);
    if let (Some(goal), true) = (goal, connections > 1) {
        figure.goal(Goal::AtLeast(goal));
    }
}

/// Runs the client's process and accounts for this one while each phase lasts.
fn watch(plan: &Plan, threads: bool) -> anyhow::Result<Vec<(Phase, Seen, Duration)>> {
    let mut child = Child::start(&["fhir-client"], plan)?;
    let mut all = Vec::new();
    for phase in &plan.phases {
        let mut expect = |word: &str| -> anyhow::Result<()> {
            let said = child.line()?.context("the client ended early")?;
            ensure!(said == word, "the client said {said:?} instead of {word:?}");
            Ok(())
        };
        expect("begin")?;
        let (cpu, by_thread) = (process_cpu(), threads_cpu());
        expect("end")?;
        let spent = process_cpu().saturating_sub(cpu);
        let seen: Seen = serde_json::from_str(&child.line()?.context("the client ended early")?)?;
        if threads {
            eprintln!("{:?}, {} connections: {} answers", phase.work, phase.connections, seen.answers);
            for (name, then) in by_thread {
                let now =
                    threads_cpu().iter().find(|(other, _)| *other == name).map_or(then, |(_, now)| *now);
                let micros = now.saturating_sub(then).as_secs_f64() * 1e6 / seen.answers.max(1) as f64;
                if micros > 0.05 {
                    eprintln!("    {name:<18}{micros:>8.2} us an answer");
                }
            }
        }
        all.push((phase.clone(), seen, spent));
    }
    Ok(all)
}

/// Where a server answers.
struct Base {
    address: SocketAddr,
    path: String,
}

impl Base {
    fn parse(url: &str) -> anyhow::Result<Self> {
        let rest = url.strip_prefix("http://").context("a base URL begins with http://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let address = host.to_socket_addrs()?.next().context("the base URL's host has no address")?;
        let path = path.trim_end_matches('/');
        Ok(Self { address, path: if path.is_empty() { String::new() } else { format!("/{path}") } })
    }
}

/// Our institution on disk.
struct Ours {
    role: Role,
    address: SocketAddr,
    shutdown: Shutdown,
    server: tokio::task::JoinHandle<()>,
    ledger: std::path::PathBuf,
}

impl Ours {
    async fn open(directory: &Path) -> anyhow::Result<Self> {
        let code = InstitutionCode::from_body("131123456")?;
        let org = OrgId::institution(&code);
        let custody: Arc<dyn Custody> = Arc::new(FileCustody::ephemeral(KEYS)?);
        let shutdown = Shutdown::new();
        let ledger = directory.join("ledger");
        let role = institution::open(Config {
            store: format!("sqlite:{}", directory.join("institution.db").display()),
            ledger: ledger.clone(),
            origin: "musubi.test/institution/1".to_owned(),
            custody,
            org,
            code,
            name_ja: "結北病院".to_owned(),
            name_en: "Musubi North Hospital".to_owned(),
            directory: Arc::new(Directory::new()),
            client: Client::plain(),
            clock: Arc::new(SystemClock),
            reader: None,
            oqs: None,
            terminal: "1".to_owned(),
            desk: Desk::open(),
            patience: Patience::default(),
            packages: Vec::new(),
            twelve_digit_patients: false,
            background: false,
            shutdown: shutdown.clone(),
        })
        .await?;
        let server = Server::bind("127.0.0.1:0").await?;
        let address = server.local_addr();
        let server = tokio::spawn(server.serve(role.api(), None, shutdown.clone()));
        Ok(Self { role, address, shutdown, server, ledger })
    }

    /// What was answered is in the ledger, read again from the disk.
    async fn close(self, table: &mut Table) -> anyhow::Result<()> {
        let ledger = self.role.service().ledger();
        let entries = ledger.size();
        ledger.checkpoint_covering(entries).await?;
        self.shutdown.trigger();
        // A server that panicked has said so already.
        let _ = self.server.await;
        let report = ledger::verify(&self.ledger, None)?;
        ensure!(report.problem.is_none(), "the ledger does not verify: {:?}", report.problem);
        ensure!(report.entries >= entries, "{} entries verified of {entries}", report.entries);
        table.add("entries in the ledger, verified from the disk", report.entries as f64, "");
        Ok(())
    }
}
