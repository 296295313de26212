//! 監督・第三者機関: witness of every ledger, matching of both sides' records of exchange, objections, orders, statistics and
//! the impact assessment.
//!
//! The overseer holds no record and no name of a person. It cosigns ledgers' heads and never lets one go back; it reads of
//! exchanges what [`protocol::oversight::SideRecord`] says and no more; what its officers look into, the person reads.

mod api;
pub mod model;
mod pages;
mod problems;
pub mod rules;
pub mod service;
pub mod store;

use std::{path::PathBuf, sync::Arc};

use ::store::{Db, StoreError};
use access::Policy;
use axum::Router;
use calendar::Clock;
use codes::{Custody, KeyName, OrgId};
use ledger::{Ledger, LedgerError};
use wire::Desk;

pub use service::Service;

/// The keys that an overseer's custody holds.
pub const KEYS: &[KeyName] = &[
    KeyName::ENVELOPE,
    KeyName::ROW_SEAL,
    KeyName::WITNESS_SIGN,
    KeyName::LEDGER_SIGN,
    KeyName::LEDGER_SEAL,
    KeyName::LEDGER_DIGEST,
];

/// What an overseer needs to open.
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
    /// The way to the roles that it watches.
    pub client: wire::Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Why an overseer did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its tables.
    #[error("the overseer's store: {0}")]
    Store(#[from] StoreError),
    /// Its ledger.
    #[error("the overseer's ledger: {0}")]
    Ledger(#[from] LedgerError),
    /// The rules that it looks for.
    #[error("the overseer's rules: {0}")]
    Rules(#[from] rules::RulesError),
}

/// Opens the overseer.
///
/// # Errors
/// When its store, ledger or rules cannot be opened.
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
        rules: Arc::new(rules::Rules::builtin()?),
        repeats: service::Repeats::default(),
    })
}

/// The overseer's mTLS interface.
pub fn role(service: Service) -> Router {
    api::router(service)
}

/// The officers' pages behind `desk`, and beside them what is published for everybody.
pub fn site(service: Service, desk: &Desk) -> Router {
    pages::router(service, desk)
}

#[cfg(test)]
mod tests;
