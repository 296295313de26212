//! `musubi network`: the relay's operator joins two regional networks, after a look at what would happen.

use std::{
    io::{Write as _, stdout},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, bail, ensure};
use calendar::{Clock, SystemClock};
use clap::{Args, Subcommand};
use codes::{ExchangeId, OrgKind};
use consent::NetworkId;
use protocol::{
    clients::RelayClient,
    networks::{JoinReport, NetworkJoin},
};
use wire::{Client, Hosts, Patience};

use crate::settings::{RoleSettings, host_of};

/// Options of `musubi network`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Make one network of two (二つのネットワークを統合する)
    Join(Join),
}

#[derive(Args)]
struct Join {
    /// The running relay's configuration: its address and its certificate
    #[arg(long)]
    config: PathBuf,
    /// The network that stays; its numbers go on
    #[arg(long)]
    stays: NetworkId,
    /// The network that joins it
    #[arg(long)]
    joins: NetworkId,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// The report as JSON
    #[arg(long)]
    json: bool,
}

/// Exit code 0: done, or nothing stands in the way; 2: numbers wait for somebody to look; 1: it did not work.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let Act::Join(options) = options.act;
    let request = NetworkJoin {
        exchange: ExchangeId::new(SystemClock.now().as_millis()),
        stays: options.stays.clone(),
        joins: options.joins.clone(),
        dry_run: options.dry_run,
    };
    let report = relay(&RoleSettings::read(&options.config)?)?.join_networks(&request).await?;
    if options.json {
        writeln!(stdout(), "{}", serde_json::to_string(&report)?)?;
    } else {
        print(&options, &report)?;
    }
    Ok(if report.several_persons.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// The running relay, shown its own certificate.
fn relay(settings: &RoleSettings) -> anyhow::Result<RelayClient> {
    let org = settings.organisation;
    ensure!(org.kind() == OrgKind::Relay, "{org} is no relay: give the relay's own configuration");
    let mut address: SocketAddr =
        settings.listen.parse().with_context(|| format!("listen = {:?}", settings.listen))?;
    if address.port() == 0 {
        bail!(
            "listen = {:?} lets the system choose the port: give the relay a port of its own and start it again, or join \
             the networks on its page",
            settings.listen
        );
    }
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let (hosts, host) = (Hosts::new(), host_of(&org));
    hosts.set(&host, address);
    Ok(RelayClient::new(
        Client::build(Some(&settings.tls()?), hosts, Patience::default()),
        format!("https://{host}"),
    ))
}

fn print(options: &Join, report: &JoinReport) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    let (stays, joins) = (&options.stays, &options.joins);
    let head = if report.done { "joined" } else { "dry run, nothing changed" };
    writeln!(out, "{joins} -> {stays}: {head}")?;
    writeln!(out, "{:>8}  known to both: keep their number of {stays}", report.overlap)?;
    writeln!(out, "{:>8}  only in {joins}: go on as {joins}:NUMBER", report.only_joins)?;
    writeln!(out, "{:>8}  only in {stays}: nothing changes", report.only_stays)?;
    if report.several_numbers > 0 {
        writeln!(
            out,
            "{:>8}  with several numbers in one network: somebody should tidy up",
            report.several_numbers
        )?;
    }
    for conflict in &report.several_persons {
        let (network, number, persons) = (&conflict.network, &conflict.number, conflict.persons);
        writeln!(
            out,
            "{network} {number}: stands for {persons} persons; in {joins} it waits until somebody looked"
        )?;
    }
    if let Some(receipt) = &report.receipt {
        writeln!(out, "entry {} of {}", receipt.index, receipt.origin)?;
    }
    Ok(())
}
