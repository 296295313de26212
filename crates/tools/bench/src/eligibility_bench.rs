//! The desk's question over HTTP: how many a second, how soon, and what the bare server does on the same machine.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::child::Child;
use crate::client::{Outcome, Plan, Road, subject};
use crate::clock::{process_cpu, threads_cpu};
use crate::disk::Place;
use crate::house::House;
use crate::load::load;
use crate::table::{Goal, Table};

/// Options of `bench eligibility`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Members; several sizes show the curve.
    #[arg(long, value_delimiter = ',', default_value = "1000000")]
    members: Vec<u64>,
    /// Connections, each with one question under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Seconds of each measured window.
    #[arg(long, default_value_t = 8.0)]
    seconds: f64,
    /// Seconds of questions before each window; a register larger than the caches wants more of them.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
    /// Questions a second to make ready beforehand: more than will be asked.
    #[arg(long, default_value_t = 30_000.0)]
    ready: f64,
    /// Only this kind of question (`card` or `number`).
    #[arg(long)]
    only: Option<String>,
    /// Print the CPU time of the server's threads to standard error.
    #[arg(long)]
    threads: bool,
    #[command(flatten)]
    place: Place,
}

/// Measures each size in turn.
///
/// # Errors
/// When a part fails, or when an acknowledged check is not in the ledger.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    let mut table = Table::new(format!(
        "eligibility checks, {} connections of one client process",
        arguments.connections
    ));
    for members in &arguments.members {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().thread_name("server").enable_all().build()?;
        let place = arguments.place.fresh()?;
        let bench = Bench { arguments, members: *members, directory: place.path() };
        runtime.block_on(bench.measure(&mut table))?;
    }
    Ok(table)
}

/// One size.
struct Bench<'a> {
    arguments: &'a Arguments,
    members: u64,
    directory: &'a Path,
}

/// What both processes spent and saw in one window.
struct Window {
    seen: Outcome,
    server_micros: f64,
}

impl Bench<'_> {
    async fn measure(&self, table: &mut Table) -> anyhow::Result<()> {
        let house = House::open(self.directory).await?;
        let members = self.members;
        let loaded = load(&house, self.directory, members).await?;
        table.add(format!("{members} members: loaded"), members as f64 / loaded.seconds, "1/s");
        house.hand_out_cards(members)?;
        let before = house.role.service().ledger().size();
        let mut acknowledged = 0;
        for (secure, name, real, bare) in
            [(false, "HTTP", house.plain, house.bare_plain), (true, "mTLS", house.secure, house.bare_secure)]
        {
            let limit = self.window(&house, bare, secure, Road::Number, false).await?;
            self.tell(table, &format!("{members} members: bare server, {name}"), &limit);
            for (road, what) in [(Road::Card, "card"), (Road::Number, "number")] {
                if self.arguments.only.as_ref().is_some_and(|only| only != what) {
                    continue;
                }
                let window = self.window(&house, real, secure, road, true).await?;
                acknowledged += window.seen.answers;
                self.tell(table, &format!("{members} members: checks by {what}, {name}"), &window)
                    .goal(Goal::AtLeast(15_000.0));
                table
                    .add(
                        format!("{members} members: checks by {what}, {name}, p99"),
                        window.seen.latency[1],
                        "ms",
                    )
                    .goal(Goal::AtMost(20.0));
                table.add(
                    format!("{members} members: checks by {what} / bare, {name}"),
                    window.seen.rate / limit.seen.rate,
                    "times",
                );
            }
        }
        let ledger = house.role.service().ledger();
        let entries = ledger.size() - before;
        ledger.checkpoint_covering(ledger.size()).await?;
        house.close().await;
        self.verify(table, entries, acknowledged)
    }

    /// What was acknowledged is in the ledger, read again from the disk.
    fn verify(&self, table: &mut Table, entries: u64, acknowledged: u64) -> anyhow::Result<()> {
        let report = ledger::verify(&self.directory.join("ledger"), None)?;
        ensure!(report.problem.is_none(), "the ledger does not verify: {:?}", report.problem);
        ensure!(entries >= acknowledged, "{acknowledged} checks were answered, {entries} are in the ledger");
        ensure!(report.entries >= entries, "{} entries verified of {entries}", report.entries);
        table
            .add(format!("{} members: checks answered", self.members), acknowledged as f64, "")
            .note(format!("{entries} in the ledger, verified from the disk"));
        Ok(())
    }

    fn tell<'t>(&self, table: &'t mut Table, name: &str, window: &Window) -> &'t mut crate::table::Figure {
        let [median, late, last] = window.seen.latency;
        let mut note = format!(
            "p50 {median:.1} p99 {late:.1} p99.9 {last:.1} ms; CPU us: server {:.0}, client {:.0}",
            window.server_micros, window.seen.cpu_micros
        );
        if window.seen.ran_out {
            note.push_str("; the questions RAN OUT: raise --ready");
        }
        table.add(name, window.seen.rate, "1/s").note(note)
    }

    async fn window(
        &self,
        house: &House,
        address: SocketAddr,
        secure: bool,
        road: Road,
        real: bool,
    ) -> anyhow::Result<Window> {
        let window = Duration::from_secs_f64(self.arguments.seconds);
        let warm_up = Duration::from_secs_f64(self.arguments.warm_up);
        let ready = if real { self.arguments.ready } else { 6.0 * self.arguments.ready };
        let questions = (ready * (window + warm_up).as_secs_f64()) as usize;
        let cards = self.cards(house, questions)?;
        let plan = Plan {
            asking: house.asking.clone(),
            address,
            secure,
            road,
            connections: self.arguments.connections,
            warm_up,
            window,
            questions,
            members: self.members,
            cards,
            real,
        };
        let threads = self.arguments.threads;
        tokio::task::spawn_blocking(move || watch(&plan, threads)).await?
    }

    /// What the cards of those asked about hold.
    fn cards(&self, house: &House, questions: usize) -> anyhow::Result<PathBuf> {
        let persons: Vec<u64> = (0..questions).map(|i| subject(i, self.members)).collect();
        let cards = house.cards(&persons)?;
        let bytes: Vec<u8> = cards.iter().flat_map(|card| *card.to_bytes()).collect();
        let path = self.directory.join("cards");
        std::fs::write(&path, bytes)?;
        Ok(path)
    }
}

/// Runs the client and accounts for this process while its window lasts.
fn watch(plan: &Plan, threads: bool) -> anyhow::Result<Window> {
    let mut child = Child::start(&["eligibility-client"], plan)?;
    let mut expect = |word: &str| -> anyhow::Result<()> {
        let said = child.line()?.context("the client ended early")?;
        ensure!(said == word, "the client said {said:?} instead of {word:?}");
        Ok(())
    };
    expect("begin")?;
    let (cpu, by_thread) = (process_cpu(), threads_cpu());
    expect("end")?;
    let (spent, after) = (process_cpu().saturating_sub(cpu), threads_cpu());
    let seen: Outcome = serde_json::from_str(&child.line()?.context("the client ended early")?)?;
    let inside = (seen.rate * plan.window.as_secs_f64()).max(1.0);
    if threads {
        for (name, then) in by_thread {
            let now = after.iter().find(|(other, _)| *other == name).map_or(then, |(_, now)| *now);
            let micros = now.saturating_sub(then).as_secs_f64() * 1e6 / inside;
            if micros > 0.05 {
                eprintln!("    {name:<18}{micros:>8.2} us an answer");
            }
        }
        eprintln!("    sealing on the card's side{:>8.1} us", seen.seal_micros);
    }
    Ok(Window { server_micros: spent.as_secs_f64() * 1e6 / inside, seen })
}
