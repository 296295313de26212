//! マイ・ポータル: the person sees who looked at their records, and decides who may.
//!
//! A person comes in with card and PIN. The portal learns its own code of that person and nothing else that names
//! them, holds it for the visit only, and asks the relay in their name. It gathers no record.

mod api;
pub mod model;
mod pages;
mod problems;
pub mod service;
pub mod store;

use std::path::PathBuf;
use std::sync::Arc;

use ::store::{Db, StoreError};
use access::Policy;
use axum::Router;
use calendar::Clock;
use codes::{Custody, KeyName, OrgId};
use ledger::{Ledger, LedgerError};
use protocol::reader::ReaderPort;
use wire::Shutdown;

pub use service::Service;
pub use service::notices::{MailRoad, PushRoad, Roads, Smtp};

/// The keys that a portal's custody holds.
pub const KEYS: &[KeyName] = &[
    KeyName::ENVELOPE,
    KeyName::ROW_SEAL,
    KeyName::LEDGER_SIGN,
    KeyName::LEDGER_SEAL,
    KeyName::LEDGER_DIGEST,
];

/// What a portal needs to open.
pub struct Config {
    /// Who it is.
    pub org: OrgId,
    /// Where its tables are: `sqlite:` or `postgres://`.
    pub store: String,
    /// Where its ledger is.
    pub ledger: PathBuf,
    /// Its keys ([`KEYS`]).
    pub custody: Arc<dyn Custody>,
    /// Who is who, and what is lawful.
    pub policy: Policy,
    /// The way to the eligibility service and the relay.
    pub client: wire::Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// By which roads people are told that there is a notice.
    pub roads: Roads,
    /// The card reader that people use, if there is one here.
    pub reader: Option<Arc<dyn ReaderPort>>,
}

/// Why a portal did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its tables.
    #[error("the portal's store: {0}")]
    Store(#[from] StoreError),
    /// Its ledger.
    #[error("the portal's ledger: {0}")]
    Ledger(#[from] LedgerError),
}

/// Opens the portal.
///
/// # Errors
/// When its store or ledger cannot be opened.
pub fn open(config: Config) -> Result<Service, OpenError> {
    let db = Db::open(&config.store, store::MIGRATIONS)?;
    let ledger =
        Ledger::open(&config.ledger, &protocol::ledger::origin(&config.org), config.custody.clone())?;
    Ok(Service {
        org: config.org,
        db,
        ledger,
        custody: config.custody,
        policy: config.policy,
        client: config.client,
        clock: config.clock,
        roads: config.roads,
        delivering: Arc::default(),
        reader: config.reader,
        limits: service::limits::Limits::default(),
    })
}

/// The portal's mTLS interface: its ledger, for who watches over it.
pub fn role(service: &Service) -> Router {
    api::router(service)
}

/// The pages for people, open to anybody: who may see what is decided by card and PIN.
pub fn pages(service: Service) -> Router {
    pages::router(service)
}

impl Service {
    /// Forgets visits that have ended, until shutdown. A visit that ended opens nothing even before it is forgotten.
    pub async fn run_sweeper(self, shutdown: Shutdown) {
        loop {
            if let Err(problem) = self.sweep().await {
                tracing::error!(%problem, "ended visits could not be forgotten");
            }
            tokio::select! {
                () = shutdown.wait() => return,
                () = tokio::time::sleep(SWEEP_PAUSE) => {}
            }
        }
    }
}

/// How often ended visits are forgotten.
const SWEEP_PAUSE: std::time::Duration = std::time::Duration::from_secs(60);

#[cfg(test)]
mod http_tests;
#[cfg(test)]
mod people_tests;
#[cfg(test)]
mod tests;
