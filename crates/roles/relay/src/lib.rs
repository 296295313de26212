//! 医療等中継DB・情報連携基盤: registration, what people decided, grants; holds no record and no My Number.
//!
//! The relay is one of the two custodians of the medical domain: it holds K2 and the organisations' keys.
//! Alone it cannot turn a code into a person (DESIGN §4).

pub mod api;
mod fhir;
pub mod model;
mod pages;
mod problems;
pub mod service;
pub mod store;

use std::{path::PathBuf, sync::Arc};

use access::Policy;
use axum::Router;
use calendar::Clock;
use codes::{Custody, DomainCodes, KeyName, OrgId};
use ledger::Ledger;

pub use service::Service;

/// The keys that a relay's custody holds.
pub const KEYS: &[KeyName] = &[
    KeyName::MEDICAL_K2,
    KeyName::MEDICAL_ORG,
    KeyName::LEDGER_SIGN,
    KeyName::LEDGER_SEAL,
    KeyName::LEDGER_DIGEST,
    KeyName::ENVELOPE,
    KeyName::ROW_SEAL,
    KeyName::GRANT_SIGN,
];

/// What a relay needs to open.
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
    /// The way to the holders.
    pub client: wire::Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Opens the relay.
///
/// # Errors
/// When its store or ledger cannot be opened.
pub fn open(config: Config) -> Result<Service, OpenError> {
    let db = ::store::Db::open(&config.store, store::MIGRATIONS)?;
    let ledger =
        Ledger::open(&config.ledger, &protocol::ledger::origin(&config.org), config.custody.clone())?;
    Ok(Service {
        codes: DomainCodes::new(config.custody.clone()),
        org: config.org,
        db,
        ledger,
        custody: config.custody,
        policy: config.policy,
        client: config.client,
        clock: config.clock,
        counted: service::Counted::default(),
    })
}

/// The relay's mTLS interface.
pub fn role(service: Service) -> Router {
    api::router(service)
}

/// The relay's site for browsers: what it publishes, and beside it its operator's pages behind `desk`.
pub fn site(service: Service, desk: &wire::Desk) -> Router {
    pages::router(service, desk)
}

/// Why a relay did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its tables.
    #[error("the relay's store: {0}")]
    Store(#[from] ::store::StoreError),
    /// Its ledger.
    #[error("the relay's ledger: {0}")]
    Ledger(#[from] ::ledger::LedgerError),
}

#[cfg(test)]
mod tests;
