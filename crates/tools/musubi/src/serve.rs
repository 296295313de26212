//! `musubi serve`: one role.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use access::Directory;
use calendar::SystemClock;
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use wire::{Desk, Hosts, Server, Shutdown};

use crate::{
    directory_command,
    open::{Seat, Shared, open, spawn_orders},
    settings::RoleSettings,
};

/// Options of `musubi serve`.
#[derive(Args)]
pub struct Options {
    /// The role's configuration (TOML)
    #[arg(long)]
    config: PathBuf,
}

/// Serves the role until it is told to stop.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let settings = RoleSettings::read(&options.config)?;
    let shutdown = Shutdown::new();
    let hosts = Hosts::new();
    for (name, address) in &settings.hosts {
        hosts.set(name, *address);
    }
    let shared = Shared {
        directory: Directory::load(&settings.path(&settings.directory))?,
        hosts,
        clock: Arc::new(SystemClock),
        authority_clock: Arc::new(SystemClock),
        handover: false,
        shutdown: shutdown.clone(),
    };
    let desk = settings.pages.as_ref().map_or_else(Desk::open, |pages| Desk::new(&pages.desk_key));
    let seat = Seat { desk, reader: None };
    spawn_orders(&settings, &shared)?;
    let opened = open(&settings, &shared, &seat).await?;
    opened.spawn_background(&shutdown);
    opened.spawn_witnessed(&settings, &shared)?;
    let directory = settings.path(&settings.directory);
    tokio::spawn(directory_command::follow(shared.directory.clone(), directory, shutdown.clone()));
    let mut tasks = tokio::task::JoinSet::new();
    let stop = Stop::listen()?;
    let server = Server::bind(&settings.listen).await?;
    println!("{}: https://{} (mTLS)", settings.organisation, server.local_addr());
    tasks.spawn(server.serve(opened.api(settings.organisation), Some(settings.tls()?), shutdown.clone()));
    if let (Some(pages), Some(router)) = (&settings.pages, opened.pages(&seat)) {
        let server = Server::bind(&pages.listen).await?;
        println!("{}: http://{}/?key=… (pages)", settings.organisation, server.local_addr());
        tasks.spawn(server.serve(router, None, shutdown.clone()));
    }
    stop.then(&shutdown).await;
    tasks.join_all().await;
    Ok(ExitCode::SUCCESS)
}

/// SIGTERM and Ctrl-C, heard from the moment that this is made: before anybody is told that we are ready.
pub struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Listens from now on.
    pub fn listen() -> anyhow::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for one of them, then throws the switch.
    pub async fn then(mut self, shutdown: &Shutdown) {
        tokio::select! { _ = self.interrupt.recv() => {}, _ = self.terminate.recv() => {} }
        shutdown.trigger();
    }
}
