//! 医療保険者: members, changes, reports.
//!
//! The insurer keeps its members by My Number, as the law lets it, and reports every change to the eligibility
//! service: one at a time from the desk, as files after an import. A report sent twice does no harm.

pub mod api;
pub mod file;
pub mod model;
pub mod pages;
mod problems;
pub mod service;
pub mod store;

use std::{path::PathBuf, sync::Arc};

use access::Directory;
use axum::Router;
use calendar::Clock;
use codes::{Custody, InsurerNumber, KeyName, OrgId};
use ledger::Ledger;

pub use service::Service;

/// The keys that an insurer's custody holds.
pub const KEYS: &[KeyName] = &[
    KeyName::MY_NUMBER,
    KeyName::ROW_SEAL,
    KeyName::LEDGER_SIGN,
    KeyName::LEDGER_SEAL,
    KeyName::LEDGER_DIGEST,
    KeyName::ENVELOPE,
];

/// What an insurer needs to open.
pub struct Config {
    /// Its number.
    pub number: InsurerNumber,
    /// Its name, Japanese and English.
    pub name: (String, String),
    /// Where its tables are: `sqlite:` or `postgres://`.
    pub store: String,
    /// Where its ledger is.
    pub ledger: PathBuf,
    /// Its keys ([`KEYS`]).
    pub custody: Arc<dyn Custody>,
    /// Who is who.
    pub directory: Directory,
    /// The way to the other roles.
    pub client: wire::Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Opens the insurer.
///
/// # Errors
/// When its store or ledger cannot be opened.
pub fn open(config: Config) -> Result<Service, OpenError> {
    let org = OrgId::insurer(&config.number);
    let db = ::store::Db::open(&config.store, store::MIGRATIONS)?;
    let ledger = Ledger::open(&config.ledger, &protocol::ledger::origin(&org), config.custody.clone())?;
    Ok(Service {
        org,
        number: config.number,
        name: config.name,
        db,
        ledger,
        custody: config.custody,
        directory: config.directory,
        client: config.client,
        clock: config.clock,
    })
}

/// The insurer's mTLS interface.
pub fn role(service: Service) -> Router {
    api::router(service)
}

/// The insurer's desk for its clerks, behind `desk`.
pub fn desk(service: Service, desk: &wire::Desk) -> Router {
    desk.protect(pages::router(service))
}

/// Why an insurer did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its tables.
    #[error("the insurer's store: {0}")]
    Store(#[from] ::store::StoreError),
    /// Its ledger.
    #[error("the insurer's ledger: {0}")]
    Ledger(#[from] ::ledger::LedgerError),
}

#[cfg(test)]
mod tests;
