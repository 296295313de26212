//! The institutions' side of `bench eligibility`, in a process of its own: a closed loop over keep-alive connections.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use calendar::{Clock, SystemClock, Timestamp};
use codes::{EnvelopeContext, ExchangeId};
use protocol::Sealed;
use protocol::card::AppletContents;
use protocol::clients::paths;
use protocol::eligibility::{CheckAnswer, CheckRequest, Presented, ReadProof, Validity};
use protocol::reader::ReaderMode;
use protocol::sealed::purpose;
use serde::{Deserialize, Serialize};
use tokio::task::LocalSet;

use crate::clock::process_cpu;
use crate::connection::{self, Connection};
use crate::house::Asking;
use crate::members;
use crate::mix::mix;

/// Of how many answers one is read whole and held against what is known of the person.
const LOOKED_AT: usize = 256;

/// How long questions are made: a proof of presence lives a minute, and the window lies within it.
const PREPARING: Duration = Duration::from_secs(25);

/// What the client is to do; read from standard input.
#[derive(Serialize, Deserialize)]
pub struct Plan {
    /// Who asks whom.
    pub asking: Asking,
    /// Where.
    pub address: SocketAddr,
    /// Over mTLS.
    pub secure: bool,
    /// By what.
    pub road: Road,
    /// Connections at once, each with one question under way.
    pub connections: usize,
    /// Before the measured window.
    pub warm_up: Duration,
    /// The measured window.
    pub window: Duration,
    /// Questions made beforehand, if there is time for so many.
    pub questions: usize,
    /// Persons to ask about: question `i` is about [`subject`] `i`.
    pub members: u64,
    /// What their cards hold, [`AppletContents::LENGTH`] bytes a question.
    pub cards: PathBuf,
    /// Whether answers are those of the service, to be looked at.
    pub real: bool,
}

/// What is presented at the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Road {
    /// The card's sealed insurance code.
    Card,
    /// The printed number and the birth date.
    Number,
}

/// What the client saw.
#[derive(Serialize, Deserialize)]
pub struct Outcome {
    /// Answers in the window, a second.
    pub rate: f64,
    /// Answers in all, warm-up included.
    pub answers: u64,
    /// Median, 99th and 99.9th percentile in milliseconds.
    pub latency: [f64; 3],
    /// CPU microseconds of the client an answer.
    pub cpu_micros: f64,
    /// CPU microseconds that a card spends on sealing, which the window does not hold.
    pub seal_micros: f64,
    /// Whether the questions ran out before the window ended.
    pub ran_out: bool,
}

/// Whom question `i` is about.
pub fn subject(i: usize, members: u64) -> u64 {
    mix(i as u64 ^ 0x5eed) % members
}

/// Carries out the plan on standard input; says `begin` and `end` of the window on standard output, then the outcome.
///
/// # Errors
/// A refused question, a wrong answer, a broken connection.
pub fn run() -> anyhow::Result<()> {
    let plan: Plan = serde_json::from_reader(std::io::stdin().lock())?;
    let begun = Instant::now();
    let questions = prepare(&plan, begun + PREPARING)?;
    let seal_micros = begun.elapsed().as_secs_f64() * 2e6 / questions.len().max(1) as f64;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = LocalSet::new().block_on(&runtime, ask_all(Rc::new(plan), questions))?;
    println!("{}", serde_json::to_string(&Outcome { seal_micros, ..outcome })?);
    Ok(())
}

/// A question as it goes over the wire, and whom it is about.
struct Question {
    subject: u64,
    bytes: Vec<u8>,
}

/// Makes the questions on two threads, as many as there is time for.
fn prepare(plan: &Plan, until: Instant) -> anyhow::Result<Vec<Question>> {
    let contents = match plan.road {
        Road::Card => std::fs::read(&plan.cards)?,
        Road::Number => vec![0; AppletContents::LENGTH * plan.questions],
    };
    let cards: Vec<&[u8]> = contents.chunks_exact(AppletContents::LENGTH).collect();
    ensure!(cards.len() == plan.questions, "{} cards for {} questions", cards.len(), plan.questions);
    let at = SystemClock.now();
    let half = plan.questions.div_ceil(2);
    std::thread::scope(|scope| {
        let parts: Vec<_> = cards
            .chunks(half.max(1))
            .enumerate()
            .map(|(part, cards)| {
                scope.spawn(move || {
                    let numbered = cards.iter().enumerate().take_while(|_| Instant::now() < until);
                    numbered.map(|(i, card)| question(plan, part * half + i, card, at)).collect()
                })
            })
            .collect();
        let mut all = Vec::with_capacity(plan.questions);
        for part in parts {
            let part: anyhow::Result<Vec<_>> =
                part.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?;
            all.extend(part?);
        }
        Ok(all)
    })
}

fn question(plan: &Plan, i: usize, card: &[u8], at: Timestamp) -> anyhow::Result<Question> {
    let subject = subject(i, plan.members);
    let exchange = ExchangeId::new(at.as_millis());
    let presented = match plan.road {
        Road::Card => {
            let nonce = format!("{:032x}", u128::from_be_bytes(ExchangeId::new(at.as_millis()).to_bytes()));
            let context = EnvelopeContext {
                recipient: plan.asking.eligibility,
                purpose: purpose::CARD_READ.to_owned(),
                expires_at: at.as_seconds() + 60,
                exchange,
                consent: None,
                binding: ReadProof::binding(&plan.asking.institution, at, &nonce),
            };
            let statement = "5a".repeat(32);
            Presented::InsuranceCode {
                code: Sealed::new(&plan.asking.envelope_key, context, card)?,
                proof: ReadProof { mode: ReaderMode::Face, at, nonce, statement },
            }
        }
        Road::Number => Presented::InsuredPerson {
            insured: members::insured(subject)?,
            birthdate: members::person(subject)?.birthdate,
        },
    };
    let request = CheckRequest {
        exchange,
        institution: plan.asking.institution,
        terminal: "desk-1".to_owned(),
        on: at.date(),
        known_at: None,
        presented,
    };
    Ok(Question { subject, bytes: connection::post(paths::CHECKS, &serde_json::to_vec(&request)?) })
}

/// What all connections share.
struct Shared {
    plan: Rc<Plan>,
    questions: Vec<Question>,
    next: AtomicUsize,
    from: Instant,
    until: Instant,
}

async fn ask_all(plan: Rc<Plan>, questions: Vec<Question>) -> anyhow::Result<Outcome> {
    let tls = if plan.secure { Some(connection::tls(&plan.asking.certificate)?) } else { None };
    let mut connections = Vec::with_capacity(plan.connections);
    for _ in 0..plan.connections {
        connections.push(Connection::open(plan.address, tls.as_ref()).await?);
    }
    let from = Instant::now() + plan.warm_up;
    let until = from + plan.window;
    let shared = Rc::new(Shared { plan, questions, next: AtomicUsize::new(0), from, until });
    let watch = tokio::task::spawn_local(watch(from, until));
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|connection| tokio::task::spawn_local(ask(Rc::clone(&shared), connection)))
        .collect();
    let (mut micros, mut answers) = (Vec::new(), 0);
    for task in tasks {
        let (took, all) = task.await??;
        micros.extend(took);
        answers += all;
    }
    let cpu = watch.await??;
    micros.sort_unstable();
    let ran_out = shared.next.load(Ordering::Relaxed) >= shared.questions.len();
    let inside = micros.len() as f64;
    Ok(Outcome {
        rate: inside / shared.plan.window.as_secs_f64(),
        answers,
        latency: [0.5, 0.99, 0.999].map(|part| percentile(&micros, part)),
        cpu_micros: cpu.as_secs_f64() * 1e6 / inside.max(1.0),
        seal_micros: 0.0,
        ran_out,
    })
}

/// Tells the server's process when the window begins and ends; answers the client's CPU time in it.
async fn watch(from: Instant, until: Instant) -> anyhow::Result<Duration> {
    tokio::time::sleep_until(from.into()).await;
    say("begin")?;
    let before = process_cpu();
    tokio::time::sleep_until(until.into()).await;
    say("end")?;
    Ok(process_cpu().saturating_sub(before))
}

fn say(word: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{word}")?;
    Ok(out.flush()?)
}

/// One desk after another on one connection: microseconds of the answers in the window, and answers in all.
async fn ask(shared: Rc<Shared>, mut connection: Connection) -> anyhow::Result<(Vec<u32>, u64)> {
    let (mut micros, mut answers) = (Vec::with_capacity(16 * 1_024), 0);
    loop {
        let i = shared.next.fetch_add(1, Ordering::Relaxed);
        let sent = Instant::now();
        let Some(question) = shared.questions.get(i).filter(|_| sent < shared.until) else {
            return Ok((micros, answers));
        };
        connection.send(&question.bytes).await?;
        let answer = connection.answer().await?;
        let status = String::from_utf8_lossy(answer.status);
        ensure!(status == "200", "question {i}: {status} {}", String::from_utf8_lossy(answer.body));
        answers += 1;
        let now = Instant::now();
        if sent >= shared.from && now <= shared.until {
            micros.push(u32::try_from(now.duration_since(sent).as_micros()).unwrap_or(u32::MAX));
        }
        if shared.plan.real && i.is_multiple_of(LOOKED_AT) {
            look_at(question.subject, answer.body).with_context(|| format!("question {i}"))?;
        }
    }
}

fn look_at(subject: u64, body: &[u8]) -> anyhow::Result<()> {
    let answer: CheckAnswer = serde_json::from_slice(body)?;
    let expected = members::person(subject)?;
    let shown = answer.memberships.first().map(|membership| &membership.person);
    ensure!(answer.validity == Validity::Valid, "{:?}", answer.validity);
    ensure!(shown == Some(&expected), "another person's membership came");
    ensure!(answer.person_code.is_some(), "no code of the institution's own");
    Ok(())
}

/// Milliseconds below which this part of the answers came.
fn percentile(sorted: &[u32], part: f64) -> f64 {
    // Below the length, because the part is below one.
    let place = (sorted.len() as f64 * part) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).map_or(0.0, |micros| f64::from(*micros) / 1e3)
}
