//! The client's side of `bench fhir`, in a process of its own: a closed loop over keep-alive connections.

use std::cell::Cell;
use std::io::Write as _;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde::{Deserialize, Serialize};
use tokio::task::LocalSet;

use crate::connection::Connection;
use crate::fhir_samples::{bundle, patient_id, patient_number};
use crate::mix::mix;

/// What the client is to do; read from standard input.
#[derive(Serialize, Deserialize)]
pub struct Plan {
    /// Where.
    pub address: SocketAddr,
    /// The path of the FHIR interface, without a slash at its end.
    pub path: String,
    /// One after the other.
    pub phases: Vec<Phase>,
}

/// One kind of work over some connections.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Phase {
    /// What.
    pub work: Work,
    /// Over how many connections.
    pub connections: usize,
    /// How long, where the work itself has no end.
    pub window: Duration,
}

/// What is asked.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Work {
    /// Transaction bundles.
    Import {
        /// The first.
        from: u64,
        /// How many.
        bundles: u64,
    },
    /// A patient by id.
    Read {
        /// Of how many.
        of: u64,
    },
    /// A patient by identifier.
    ByIdentifier {
        /// Of how many.
        of: u64,
    },
    /// A patient's observations.
    BySubject {
        /// Of how many.
        of: u64,
    },
}

/// What the client saw.
#[derive(Serialize, Deserialize)]
pub struct Seen {
    /// Answers.
    pub answers: u64,
    /// In how long.
    pub seconds: f64,
    /// Median and 99th percentile in milliseconds.
    pub latency: [f64; 2],
}

/// Carries out the plan on standard input; of each phase says `begin` and `end`, then what it saw.
///
/// # Errors
/// A refused question or a broken connection.
pub fn run() -> anyhow::Result<()> {
    let plan: Plan = serde_json::from_reader(std::io::stdin().lock())?;
    let plan = Rc::new(plan);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for phase in &plan.phases {
        let seen = LocalSet::new().block_on(&runtime, one(&plan, phase))?;
        println!("{}", serde_json::to_string(&seen)?);
    }
    Ok(())
}

async fn one(plan: &Rc<Plan>, phase: &Phase) -> anyhow::Result<Seen> {
    let questions = Rc::new(questions(plan, phase));
    let next = Rc::new(Cell::new(0_usize));
    let mut connections = Vec::with_capacity(phase.connections);
    for _ in 0..phase.connections {
        connections.push(Connection::open(plan.address, None).await?);
    }
    say("begin")?;
    let begun = Instant::now();
    let until = begun + phase.window;
    let is_import = matches!(phase.work, Work::Import { .. });
    let tasks = connections.into_iter().map(|connection| {
        let (questions, next) = (Rc::clone(&questions), Rc::clone(&next));
        tokio::task::spawn_local(ask(connection, questions, next, (!is_import).then_some(until)))
    });
    let tasks: Vec<_> = tasks.collect();
    let mut micros = Vec::new();
    for task in tasks {
        micros.extend(task.await??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    say("end")?;
    micros.sort_unstable();
    let percentile = |part: f64| {
        // Below the length, because the part is below one.
        let place = (micros.len() as f64 * part) as usize;
        micros.get(place.min(micros.len().saturating_sub(1))).map_or(0.0, |micros| f64::from(*micros) / 1e3)
    };
    Ok(Seen { answers: micros.len() as u64, seconds, latency: [percentile(0.5), percentile(0.99)] })
}

/// Asks one after another; work without an end goes round until the time is over.
async fn ask(
    mut connection: Connection,
    questions: Rc<Vec<Vec<u8>>>,
    next: Rc<Cell<usize>>,
    until: Option<Instant>,
) -> anyhow::Result<Vec<u32>> {
    let mut micros = Vec::with_capacity(16 * 1_024);
    loop {
        let place = next.replace(next.get() + 1);
        let sent = Instant::now();
        let place = match until {
            Some(until) if sent >= until => return Ok(micros),
            Some(_) => place % questions.len().max(1),
            None => place,
        };
        let Some(question) = questions.get(place) else { return Ok(micros) };
        connection.send(question).await?;
        let answer = connection.answer().await?;
        let is_good = matches!(answer.status, b"200" | b"201");
        ensure!(
            is_good,
            "{}",
            String::from_utf8_lossy(answer.body.get(..answer.body.len().min(2_000)).unwrap_or_default())
        );
        micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
}

/// The questions of a phase as they go over the wire; of reads some thousand, asked round and round.
fn questions(plan: &Plan, phase: &Phase) -> Vec<Vec<u8>> {
    const ROUND: u64 = 4_096;
    let get = |path: String| {
        format!(
            "GET {}{path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/fhir+json\r\n\r\n",
            plan.path
        )
    };
    let some = |of: u64, path: &dyn Fn(u64) -> String| {
        (0..ROUND).map(|n| get(path(mix(n) % of)).into_bytes()).collect()
    };
    match phase.work {
        Work::Import { from, bundles } => {
            (from..from + bundles).map(|n| post(&plan.path, &bundle(n))).collect()
        }
        Work::Read { of } => some(of, &|n| format!("/Patient/{}", patient_id(n))),
        Work::ByIdentifier { of } => some(of, &|n| {
            format!("/Patient?identifier=urn:oid:1.2.392.100495.20.3.51.11311234567%7C{}", patient_number(n))
        }),
        Work::BySubject { of } => some(of, &|n| format!("/Observation?subject=Patient/{}", patient_id(n))),
    }
}

fn post(path: &str, body: &str) -> Vec<u8> {
    let path = if path.is_empty() { "/" } else { path };
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/fhir+json\r\nPrefer: return=minimal\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn say(word: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{word}")?;
    Ok(out.flush()?)
}
