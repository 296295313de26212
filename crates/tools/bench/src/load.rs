//! Members from a report file, through the service's own door.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use calendar::{Clock, SystemClock};
use protocol::clients::paths;
use protocol_admin::report::FileOutcome;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;

use crate::child::Child;
use crate::clock::{Anonymous, peak_memory, process_cpu};
use crate::connection::{self, Connection};
use crate::disk::Place;
use crate::house::{Certificate, House};
use crate::members;
use crate::table::{Goal, Table};

/// Options of `bench load`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Members in the smaller file; the larger has four times as many.
    #[arg(long, default_value_t = 1_000_000)]
    members: u64,
    #[command(flatten)]
    place: Place,
}

/// Options of one load in a process of its own.
#[derive(clap::Args)]
pub struct One {
    /// Members in the file.
    #[arg(long)]
    members: u64,
    #[command(flatten)]
    place: Place,
}

/// What a load cost.
#[derive(Serialize, Deserialize)]
pub struct Loaded {
    /// Bytes of the file.
    pub bytes: u64,
    /// From the first byte sent to the answer.
    pub seconds: f64,
    /// CPU seconds of the service, the issuer's part (in the same process) included.
    pub cpu: f64,
    /// Most memory of the service's own, in MiB.
    pub own: f64,
    /// Most memory with the pages of the mapped database, in MiB.
    pub mapped: f64,
}

/// Loads a file and one four times as long, each in a fresh process.
///
/// # Errors
/// When a load fails or loses a member.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    let mut table = Table::new("members from a report file, through the service's door over mTLS");
    let mut own = Vec::new();
    for members in [arguments.members, 4 * arguments.members] {
        let members_text = members.to_string();
        let mut words = vec!["load-one", "--members", &members_text];
        let directory = arguments.place.given();
        words.extend(directory.as_deref().map(|directory| ["--dir", directory]).into_iter().flatten());
        let loaded: Loaded = serde_json::from_str(&Child::output(&words)?)?;
        let micros = loaded.cpu * 1e6 / members as f64;
        let megabytes = loaded.bytes as f64 / 1e6;
        table
            .add(format!("members a second, file of {members}"), members as f64 / loaded.seconds, "1/s")
            .goal(Goal::AtLeast(100_000.0))
            .note(format!("{megabytes:.0} MB in {:.1} s, {micros:.1} us of CPU time each", loaded.seconds));
        table
            .add(format!("most memory, file of {members}"), loaded.own, "MiB")
            .note(format!("{:.0} MiB with the pages of the mapped database", loaded.mapped));
        own.push(loaded.own);
    }
    if let [small, large] = own.as_slice() {
        table.add("memory of the larger / the smaller", large / small, "times").goal(Goal::AtMost(1.25));
    }
    Ok(table)
}

/// One load: a house, a file, and nothing else in this process.
///
/// # Errors
/// When the load fails or loses a member.
pub fn run_one(one: &One) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let place = one.place.fresh()?;
    let loaded = runtime.block_on(async {
        let house = House::open(place.path()).await?;
        let loaded = load(&house, place.path(), one.members).await?;
        house.close().await;
        anyhow::Ok(loaded)
    })?;
    println!("{}", serde_json::to_string(&loaded)?);
    Ok(())
}

/// Writes the file, sends it from a second process, and holds the outcome against what was sent.
///
/// # Errors
/// When a member is missing afterwards.
pub async fn load(house: &House, directory: &Path, members: u64) -> anyhow::Result<Loaded> {
    let file = directory.join("members.csv");
    let output = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(&file)?);
    members::write_file(output, members, SystemClock.today())?;
    let bytes = std::fs::metadata(&file)?.len();
    let errand = Errand { address: house.secure, certificate: house.insurer.clone(), file: file.clone() };
    let (memory, cpu) = (Anonymous::watch(), process_cpu());
    let answer = tokio::task::spawn_blocking(move || -> anyhow::Result<Sent> {
        let mut child = Child::start(&["load-client"], &errand)?;
        Ok(serde_json::from_str(&child.line()?.context("the sender ended without an answer")?)?)
    });
    let sent = answer.await??;
    ensure!(
        (sent.outcome.rows, sent.outcome.accepted) == (members, members),
        "{} of {} rows were accepted: {:?}",
        sent.outcome.accepted,
        sent.outcome.rows,
        sent.outcome.refused.first()
    );
    let (persons, _) = house.role.service().counts().await?;
    ensure!(persons == members as i64, "{persons} persons are known, {members} were reported");
    std::fs::remove_file(&file)?;
    Ok(Loaded {
        bytes,
        seconds: sent.took.as_secs_f64(),
        cpu: process_cpu().saturating_sub(cpu).as_secs_f64(),
        own: memory.peak(),
        mapped: peak_memory(),
    })
}

/// What the insurer's process is to do.
#[derive(Serialize, Deserialize)]
struct Errand {
    address: SocketAddr,
    certificate: Certificate,
    file: PathBuf,
}

/// What the insurer's process got.
#[derive(Serialize, Deserialize)]
struct Sent {
    outcome: FileOutcome,
    took: Duration,
}

/// The insurer's process: streams a file to the service.
///
/// # Errors
/// When the file is refused or the connection breaks.
pub fn run_client() -> anyhow::Result<()> {
    let errand: Errand = serde_json::from_reader(std::io::stdin().lock())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sent = runtime.block_on(send(&errand))?;
    println!("{}", serde_json::to_string(&sent)?);
    Ok(())
}

async fn send(errand: &Errand) -> anyhow::Result<Sent> {
    let tls = connection::tls(&errand.certificate)?;
    let mut connection = Connection::open(errand.address, Some(&tls)).await?;
    let length = std::fs::metadata(&errand.file)?.len();
    let mut file = tokio::fs::File::open(&errand.file).await?;
    let begun = Instant::now();
    let path = paths::REPORT_FILES;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: {length}\r\n\r\n"
    );
    connection.send(head.as_bytes()).await?;
    let mut chunk = vec![0; 256 * 1_024];
    loop {
        let count = file.read(&mut chunk).await?;
        if count == 0 {
            break;
        }
        connection.send(chunk.get(..count).unwrap_or_default()).await?;
    }
    let answer = connection.answer().await?;
    ensure!(answer.status == b"200", "the file was refused: {}", String::from_utf8_lossy(answer.body));
    Ok(Sent { outcome: serde_json::from_slice(answer.body)?, took: begun.elapsed() })
}
