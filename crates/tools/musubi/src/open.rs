//! Opening a role from its configuration: the same code for `serve` and `up`.

use std::{path::Path, sync::Arc};

use access::{Directory, Policy};
use anyhow::{Context, bail};
use axum::Router;
use calendar::Clock;
use codes::{Custody, OrgId, OrgKind};
use protocol::oversight::{Holdings, follow_orders, keep_cosigned};
use protocol::reader::ReaderPort;
use wire::{Client, Desk, Patience, Shutdown};

use crate::settings::{RoleSettings, keys_of};

/// What the roles of one process share.
#[derive(Clone)]
pub struct Shared {
    /// Who is who.
    pub directory: Directory,
    /// The addresses of the others.
    pub hosts: wire::Hosts,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The time of who makes and stops cards (issuer, certificate authority): the town plays past issuances again.
    pub authority_clock: Arc<dyn Clock>,
    /// True while the insurers hand over the registers they kept before the service began.
    pub handover: bool,
    /// Ends the background work.
    pub shutdown: Shutdown,
}

/// What a desk has, beside its role's settings.
pub struct Seat {
    /// Who may sit there.
    pub desk: Desk,
    /// The card reader.
    pub reader: Option<Arc<dyn ReaderPort>>,
}

/// Keeps the shared directory under the overseer's orders, asking as the role of `settings`.
pub fn spawn_orders(settings: &RoleSettings, shared: &Shared) -> anyhow::Result<()> {
    let client = Client::build(Some(&settings.tls()?), shared.hosts.clone(), Patience::default());
    let file = settings.path(Path::new(ORDERS));
    tokio::spawn(follow_orders(shared.directory.clone(), client, file, shared.shutdown.clone()));
    Ok(())
}

/// Where a role keeps the overseer's last orders, beside its configuration.
const ORDERS: &str = "orders.note";

/// An open role.
pub enum Opened {
    /// 付番機関
    Issuer(issuer::Service),
    /// 公的個人認証サービス
    Jpki(jpki::Service),
    /// 情報連携基盤
    Relay(relay::Service),
    /// 資格確認サービス機関
    Eligibility(eligibility::Role),
    /// 医療保険者
    Insurer(insurer::Service),
    /// 保険医療機関
    Institution(institution::Role),
    /// マイ・ポータル
    Portal(portal::Service),
    /// 監督機関
    Oversight(oversight::Service),
}

/// Opens the role that `settings` describe.
pub async fn open(settings: &RoleSettings, shared: &Shared, seat: &Seat) -> anyhow::Result<Opened> {
    let org = settings.organisation;
    let custody: Arc<dyn Custody> = Arc::new(settings.custody(keys_of(org.kind()))?);
    let client = Client::build(Some(&settings.tls()?), shared.hosts.clone(), Patience::default());
    let clock = shared.clock.clone();
    let (store, ledger) = (settings.store_url(), settings.path(&settings.ledger));
    let policy = Policy::builtin(shared.directory.clone())?;
    Ok(match org.kind() {
        OrgKind::Issuer => Opened::Issuer(issuer::open(issuer::Config {
            org,
            store,
            ledger,
            custody,
            policy,
            client,
            clock: shared.authority_clock.clone(),
        })?),
        OrgKind::Relay => {
            Opened::Relay(relay::open(relay::Config { org, store, ledger, custody, policy, client, clock })?)
        }
        OrgKind::Insurer => Opened::Insurer(insurer::open(insurer::Config {
            number: settings.insurer_number()?,
            name: (settings.ja.clone(), settings.en.clone()),
            store,
            ledger,
            custody,
            directory: shared.directory.clone(),
            client,
            clock,
        })?),
        OrgKind::Institution => {
            let desk = settings.desk.clone().unwrap_or_default();
            Opened::Institution(
                institution::open(institution::Config {
                    store,
                    ledger,
                    origin: protocol::ledger::origin(&org),
                    custody,
                    org,
                    code: settings.institution_code()?,
                    name_ja: settings.ja.clone(),
                    name_en: settings.en.clone(),
                    directory: Arc::new(shared.directory.clone()),
                    client,
                    clock,
                    reader: seat.reader.clone(),
                    oqs: desk.oqs.map(|dir| institution::OqsFolders::new(settings.path(&dir))),
                    terminal: desk.terminal,
                    desk: seat.desk.clone(),
                    patience: institution::Patience::default(),
                    packages: desk
                        .fhir
                        .iter()
                        .map(|set| set.packages.iter().map(|path| settings.path(path)).collect())
                        .collect(),
                    twelve_digit_patients: false,
                    background: true,
                    shutdown: shared.shutdown.clone(),
                })
                .await?,
            )
        }
        OrgKind::Eligibility => Opened::Eligibility(
            eligibility::open(eligibility::Config {
                org,
                store,
                ledger,
                origin: protocol::ledger::origin(&org),
                spool: settings.path(Path::new("spool")),
                custody,
                policy,
                client,
                clock,
                reader: seat.reader.clone(),
                handover: shared.handover,
                shutdown: shared.shutdown.clone(),
            })
            .await?,
        ),
        OrgKind::Jpki => Opened::Jpki(jpki::open(jpki::Config {
            org,
            store,
            ledger,
            custody,
            policy,
            endpoints: endpoints(settings)?,
            clock: shared.authority_clock.clone(),
        })?),
        OrgKind::Portal => Opened::Portal(portal::open(portal::Config {
            org,
            store,
            ledger,
            custody,
            policy,
            client,
            clock,
            reader: seat.reader.clone(),
            roads: settings.roads()?,
        })?),
        OrgKind::Oversight => {
            let config = oversight::Config { org, store, ledger, custody, policy, client, clock };
            let service = oversight::open(config)?;
            // What was ordered before the start is in force before the first question.
            service.put_in_force().await.map_err(|problem| anyhow::anyhow!("{problem}"))?;
            Opened::Oversight(service)
        }
        kind => bail!("no role runs for organisations of the kind {kind}"),
    })
}

fn endpoints(settings: &RoleSettings) -> anyhow::Result<jpki::Endpoints> {
    let authority = settings.authority.clone().context("[authority] is missing from the configuration")?;
    Ok(jpki::Endpoints {
        ocsp: authority.ocsp,
        cps: authority.cps,
        prefecture: authority.prefecture,
        municipality: authority.municipality,
    })
}

impl Opened {
    /// The mTLS interface.
    pub fn api(&self, org: OrgId) -> Router {
        let api = match self {
            Self::Issuer(service) => issuer::role(service.clone()),
            Self::Jpki(service) => jpki::role(service.clone()),
            Self::Relay(service) => relay::role(service.clone()),
            Self::Eligibility(role) => role.api(),
            Self::Insurer(service) => insurer::role(service.clone()),
            Self::Institution(role) => role.api(),
            Self::Portal(service) => portal::role(service),
            Self::Oversight(service) => oversight::role(service.clone()),
        };
        let tables = protocol::oversight::tables_of(self.migrations());
        api.merge(protocol::oversight::holdings_routes(Holdings { organisation: org, tables }))
    }

    /// The role's ledger.
    pub fn ledger(&self) -> ledger::Ledger {
        match self {
            Self::Issuer(service) => service.ledger.clone(),
            Self::Jpki(service) => service.ledger.clone(),
            Self::Relay(service) => service.ledger.clone(),
            Self::Eligibility(role) => role.service().ledger().clone(),
            Self::Insurer(service) => service.ledger.clone(),
            Self::Institution(role) => role.service().ledger().clone(),
            Self::Portal(service) => service.ledger.clone(),
            Self::Oversight(service) => service.ledger.clone(),
        }
    }

    /// The texts by which the role's tables were made: what it holds, in its own words.
    fn migrations(&self) -> Vec<&'static str> {
        let of = match self {
            Self::Issuer(_) => issuer::store::MIGRATIONS,
            Self::Jpki(_) => jpki::store::MIGRATIONS,
            Self::Relay(_) => relay::store::MIGRATIONS,
            Self::Eligibility(_) => eligibility::store::MIGRATIONS,
            Self::Insurer(_) => insurer::store::MIGRATIONS,
            Self::Institution(_) => institution::MIGRATIONS,
            Self::Portal(_) => portal::store::MIGRATIONS,
            Self::Oversight(_) => oversight::store::MIGRATIONS,
        };
        of.iter().map(|migration| migration.sql).collect()
    }

    /// Has the head of the role's ledger cosigned by the overseer, as long as the role runs.
    pub fn spawn_witnessed(&self, settings: &RoleSettings, shared: &Shared) -> anyhow::Result<()> {
        let client = Client::build(Some(&settings.tls()?), shared.hosts.clone(), Patience::default());
        let directory = shared.directory.clone();
        tokio::spawn(keep_cosigned(self.ledger(), directory, client, shared.shutdown.clone()));
        Ok(())
    }

    /// The pages for people, for roles that have some.
    pub fn pages(&self, seat: &Seat) -> Option<Router> {
        match self {
            Self::Relay(service) => Some(relay::site(service.clone(), &seat.desk)),
            Self::Issuer(service) => Some(issuer::desk(service.clone(), &seat.desk, seat.reader.clone())),
            Self::Jpki(service) => Some(jpki::site(service.clone(), &seat.desk)),
            Self::Eligibility(role) => Some(role.pages()),
            Self::Insurer(service) => Some(insurer::desk(service.clone(), &seat.desk)),
            Self::Institution(role) => Some(role.pages()),
            Self::Portal(service) => Some(portal::pages(service.clone())),
            Self::Oversight(service) => Some(oversight::site(service.clone(), &seat.desk)),
        }
    }

    /// Starts what the role does by itself.
    pub fn spawn_background(&self, shutdown: &Shutdown) {
        match self {
            Self::Issuer(service) => {
                tokio::spawn(service.clone().run_outbox(shutdown.clone()));
            }
            Self::Insurer(service) => {
                tokio::spawn(service.clone().run_reports(shutdown.clone()));
            }
            Self::Relay(service) => {
                tokio::spawn(service.clone().run_notices(shutdown.clone()));
            }
            Self::Portal(service) => {
                tokio::spawn(service.clone().run_sweeper(shutdown.clone()));
                tokio::spawn(service.clone().run_deliveries(shutdown.clone()));
            }
            Self::Oversight(service) => {
                tokio::spawn(service.clone().run(shutdown.clone()));
            }
            // The others start their own background work when they open.
            Self::Jpki(_) | Self::Eligibility(_) | Self::Institution(_) => {}
        }
    }
}
