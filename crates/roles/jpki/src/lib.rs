//! 公的個人認証サービス: certificates, revocation, certificate to code.
//!
//! Two authorities (利用者証明用, 署名用) issue on keys that cards make, renew with a line of succession from
//! old to new, revoke, and answer by OCSP and revocation lists. The eligibility service, and nobody else, may
//! ask for the code behind an authentication certificate: it receives the envelope that the issuer sealed to
//! it when the certificate was issued. No code is here in clear (DESIGN law 2).

pub mod api;
pub mod ca;
pub mod model;
mod pages;
mod problems;
pub mod service;
pub mod store;

use std::path::PathBuf;
use std::sync::Arc;

use ::access::Policy;
use ::calendar::Clock;
use ::codes::{Custody, KeyName, OrgId};
use ::ledger::Ledger;
use ::store::Db;
use axum::Router;

pub use ca::Endpoints;
pub use service::Service;

/// The keys that the authority's custody holds.
pub const KEYS: &[KeyName] =
    &[KeyName::ROW_SEAL, KeyName::LEDGER_SIGN, KeyName::LEDGER_SEAL, KeyName::LEDGER_DIGEST];

/// What the authority needs to open.
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
    /// The addresses written into certificates.
    pub endpoints: Endpoints,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Opens the service; makes the two authorities at the first start.
///
/// # Errors
/// When its store or ledger cannot be opened, or the keys of its authorities not made or unsealed.
pub fn open(config: Config) -> Result<Service, OpenError> {
    let db = Db::open(&config.store, store::MIGRATIONS)?;
    let ledger =
        Ledger::open(&config.ledger, &protocol::ledger::origin(&config.org), config.custody.clone())?;
    let authorities = service::Authorities::open(&db, config.custody.as_ref(), config.clock.now())?;
    Ok(Service {
        org: config.org,
        db,
        ledger,
        policy: config.policy,
        clock: config.clock,
        endpoints: config.endpoints,
        authorities: Arc::new(authorities),
    })
}

/// The mTLS interface for the other roles.
pub fn role(service: Service) -> Router {
    api::router(service)
}

/// OCSP, revocation lists and the authorities' certificates, for anybody.
pub fn public(service: Service) -> Router {
    api::public(service)
}

/// The site for browsers: the counter's pages behind `desk`, and beside them what [`public`] serves.
pub fn site(service: Service, desk: &wire::Desk) -> Router {
    let pages = desk.protect(pages::routes(service.clone()));
    wire::role_router("jpki-counter", pages.merge(api::public_routes(service)))
}

/// Why the service did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its tables.
    #[error("the certificate authority's store: {0}")]
    Store(#[from] ::store::StoreError),
    /// Its ledger.
    #[error("the certificate authority's ledger: {0}")]
    Ledger(#[from] ::ledger::LedgerError),
    /// Its keys at rest.
    #[error("the certificate authority's keys: {0}")]
    Custody(#[from] ::codes::CustodyError),
    /// Its authorities.
    #[error("the certificate authority: {0}")]
    Authority(#[from] ca::CaError),
}

#[cfg(test)]
mod tests;
