//! 付番機関: issues codes to who asks, keeps the issue state.
//!
//! The issuer is one of the two custodians of both domains: it holds K1. Alone it cannot turn a code into a
//! person, nor a person into a code that an institution knows (DESIGN §4).

pub mod api;
pub mod file;
pub mod model;
pub mod pages;
mod problems;
pub mod service;
pub mod store;

use std::{path::PathBuf, sync::Arc};

use access::Policy;
use axum::Router;
use calendar::Clock;
use codes::{Custody, IssuerCodes, KeyName, KeyVersion, OrgId};
use ledger::Ledger;
use protocol::reader::ReaderPort;

pub use service::Service;

/// The keys that an issuer's custody holds.
pub const KEYS: &[KeyName] = &[
    KeyName::MEDICAL_K1,
    KeyName::INSURANCE_K1,
    KeyName::MY_NUMBER,
    KeyName::ROW_SEAL,
    KeyName::LEDGER_SIGN,
    KeyName::LEDGER_SEAL,
    KeyName::LEDGER_DIGEST,
    KeyName::ENVELOPE,
];

/// What an issuer needs to open.
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
    /// The way to the other roles.
    pub client: wire::Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Opens the issuer.
///
/// # Errors
/// When its store or ledger cannot be opened.
pub fn open(config: Config) -> Result<Service, OpenError> {
    let db = ::store::Db::open(&config.store, store::MIGRATIONS)?;
    let ledger =
        Ledger::open(&config.ledger, &protocol::ledger::origin(&config.org), config.custody.clone())?;
    Ok(Service {
        medical: IssuerCodes::new(config.custody.clone(), KeyVersion::FIRST),
        insurance: IssuerCodes::new(config.custody.clone(), KeyVersion::FIRST),
        org: config.org,
        db,
        ledger,
        custody: config.custody,
        policy: config.policy,
        client: config.client,
        clock: config.clock,
    })
}

/// The issuer's mTLS interface.
pub fn role(service: Service) -> Router {
    api::router(service)
}

/// The issuer's own counter (医療等IDの窓口), behind `desk`.
pub fn desk(service: Service, desk: &wire::Desk, reader: Option<Arc<dyn ReaderPort>>) -> Router {
    desk.protect(pages::router(service, reader))
}

/// Why an issuer did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its tables.
    #[error("the issuer's store: {0}")]
    Store(#[from] ::store::StoreError),
    /// Its ledger.
    #[error("the issuer's ledger: {0}")]
    Ledger(#[from] ::ledger::LedgerError),
}

#[cfg(test)]
mod tests;
