//! `musubi up`: every role of a town in one process, on one port, with a population that came in by the same
//! doors as real data. A second start continues where the first stopped.

mod cards;
mod exchange;
mod front;
mod intake;
mod people;
mod replay;
mod settle;

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use calendar::SystemClock;
use clap::Args;
use codes::OrgKind;
use indicatif::ProgressBar;
use protocol::reader::ReaderPort;
use wire::{Desk, Hosts, Server, Shutdown, Vhosts};

use crate::{
    directory_command,
    open::{Opened, Seat, Shared, open, spawn_orders},
    serve::Stop,
    settings::{RoleSettings, host_of},
};
use replay::ReplayClock;
use settle::Town;

/// Options of `musubi up`.
#[derive(Args)]
pub struct Options {
    /// People living in the town, when it is made (a town that is there keeps its people)
    #[arg(long, default_value_t = town::TownPlan::DEFAULT_PEOPLE)]
    people: u64,
    /// Where the town lives: stores, keys, ledgers, files
    #[arg(long, default_value = "town-data")]
    dir: PathBuf,
    /// Port of the pages; 0 lets the system choose
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

/// Starts the town and serves it until told to stop.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let progress = ProgressBar::new_spinner();
    progress.enable_steady_tick(Duration::from_millis(100));
    let say = |text: String| progress.set_message(text);

    say(format!("a town of {} people", options.people));
    let town = settle::town(&options.dir, options.people)?;
    let shutdown = Shutdown::new();
    let clock = Arc::new(ReplayClock::default());
    let tray = cards::tray(&town)?;
    let reader = cards::reader(&town, tray.clone())?;
    let running = start(&town, clock.clone(), &shutdown, reader).await?;

    intake::take_in(&town, &running, &say).await.context("taking in the town's files")?;
    cards::make(&town, &running, &clock, &tray, &say).await.context("making the cards of the tray")?;
    for (settings, opened, _) in &running.roles {
        opened.spawn_background(&shutdown);
        opened.spawn_witnessed(settings, &running.shared)?;
    }
    if let Some((settings, _, _)) = running.roles.first() {
        // One directory serves all roles of this process.
        spawn_orders(settings, &running.shared)?;
    }
    exchange::visit(&town, &running, &say).await.context("the people of the exchange demonstrations")?;
    let desks = exchange::services(&running);
    tokio::spawn(exchange::take_in(town.dir.clone(), town.files.clone(), desks, shutdown.clone()));
    let file = town.dir.join(settle::ORGANISATIONS);
    tokio::spawn(directory_command::follow(town.directory.clone(), file, shutdown.clone()));

    let server = Server::bind(&format!("127.0.0.1:{}", options.port)).await?;
    let port = server.local_addr().port();
    let site = vhosts(&town, &running, port);
    progress.finish_and_clear();
    let stop = Stop::listen()?;
    println!("結び Musubi: http://localhost:{port}/  ready in {:.1} s", begun.elapsed().as_secs_f64());
    println!("{} · stop with Ctrl-C, start again with the same command", options.dir.display());
    let serving = tokio::spawn(server.serve(site, None, shutdown.clone()));
    stop.then(&shutdown).await;
    serving.await?;
    running.servers.join_all().await;
    Ok(ExitCode::SUCCESS)
}

/// The roles of the town, open and serving each other.
pub struct Running {
    /// Settings, the open role, and its desk.
    pub roles: Vec<(RoleSettings, Opened, Seat)>,
    /// What they share.
    pub shared: Shared,
    servers: tokio::task::JoinSet<()>,
}

impl Running {
    /// The issuer.
    pub fn issuer(&self) -> anyhow::Result<&issuer::Service> {
        let found = self.roles.iter().find_map(|(_, opened, _)| match opened {
            Opened::Issuer(service) => Some(service),
            _ => None,
        });
        found.context("the town has no issuer")
    }

    /// The eligibility service.
    pub fn eligibility(&self) -> anyhow::Result<&eligibility::Role> {
        let found = self.roles.iter().find_map(|(_, opened, _)| match opened {
            Opened::Eligibility(role) => Some(role),
            _ => None,
        });
        found.context("the town has no eligibility service")
    }

    /// The insurers.
    pub fn insurers(&self) -> impl Iterator<Item = &insurer::Service> {
        self.roles.iter().filter_map(|(_, opened, _)| match opened {
            Opened::Insurer(service) => Some(service),
            _ => None,
        })
    }
}

/// Opens every role and serves its mTLS interface on a port of its own.
async fn start(
    town: &Town,
    clock: Arc<ReplayClock>,
    shutdown: &Shutdown,
    reader: Arc<dyn ReaderPort>,
) -> anyhow::Result<Running> {
    let hosts = Hosts::new();
    let shared = Shared {
        directory: town.directory.clone(),
        hosts: hosts.clone(),
        clock: Arc::new(SystemClock),
        authority_clock: clock,
        handover: !intake::is_done(town),
        shutdown: shutdown.clone(),
    };
    let (mut roles, mut servers) = (Vec::new(), tokio::task::JoinSet::new());
    for settings in &town.roles {
        let seat = Seat { desk: Desk::open(), reader: Some(reader.clone()) };
        let opened = open(settings, &shared, &seat)
            .await
            .with_context(|| format!("opening {}", settings.organisation))?;
        let server = Server::bind(&settings.listen).await?;
        hosts.set(&host_of(&settings.organisation), server.local_addr());
        servers.spawn(server.serve(
            opened.api(settings.organisation),
            Some(settings.tls()?),
            shutdown.clone(),
        ));
        roles.push((settings.clone(), opened, seat));
    }
    Ok(Running { roles, shared, servers })
}

/// The pages of all roles behind one port, told apart by their names.
fn vhosts(town: &Town, running: &Running, port: u16) -> axum::Router {
    let mut sites = Vhosts::new(front::router(town, running, port));
    for (settings, opened, seat) in &running.roles {
        if let Some(pages) = opened.pages(seat) {
            sites = sites.site(&town.site_of(&settings.organisation), pages);
        }
        if let (OrgKind::Eligibility, Opened::Eligibility(role)) = (settings.organisation.kind(), opened) {
            sites = sites.site(front::ME, role.own_pages());
        }
    }
    sites.into_router()
}
