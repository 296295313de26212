//! 資格確認サービス機関: memberships in two times, and the answer at the desk.
//!
//! Insurers report their members by My Number; institutions ask by the card's insurance code, by its certificate, or
//! by the printed number. The service answers whether, by whom and on what terms the person is insured, always with a
//! reason and a next step, and writes each answer to its ledger before it leaves. No My Number reaches an institution:
//! the number is sealed at rest, and stands in no message of the institutions' protocol.

pub mod api;
mod fhir;
pub mod model;
mod openapi;
mod pages;
mod problems;
pub mod service;
pub mod store;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use access::Policy;
use axum::Router;
use calendar::{Clock, Timestamp};
use codes::{Custody, DomainCodes, KeyName, OrgId};
use ledger::{Ledger, LedgerError};
use protocol::reader::ReaderPort;
use wire::{Problem, Shutdown};

pub use service::Service;

/// The keys that this role's custody holds.
pub const KEYS: &[KeyName] = &[
    KeyName::INSURANCE_K2,
    KeyName::INSURANCE_ORG,
    KeyName::MY_NUMBER,
    KeyName::ENVELOPE,
    KeyName::LEDGER_SIGN,
    KeyName::LEDGER_SEAL,
    KeyName::LEDGER_DIGEST,
];

/// What the eligibility service needs to open.
pub struct Config {
    /// Who it is.
    pub org: OrgId,
    /// Where its tables are: `sqlite:` or `postgres://`.
    pub store: String,
    /// Where its ledger is.
    pub ledger: PathBuf,
    /// The ledger's name in checkpoints, a URL without scheme.
    pub origin: String,
    /// Where report files wait, encrypted, until they are read.
    pub spool: PathBuf,
    /// Its keys ([`KEYS`]).
    pub custody: Arc<dyn Custody>,
    /// Who is who, and what is lawful.
    pub policy: Policy,
    /// The way to the other roles.
    pub client: wire::Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// A card reader for people who read their own record here, if there is one.
    pub reader: Option<Arc<dyn ReaderPort>>,
    /// True while insurers hand over the registers that they kept before this service: what they report then is known
    /// since they knew it (届出日). Ends for good with [`Service::open_for_service`].
    pub handover: bool,
    /// Ends the background work.
    pub shutdown: Shutdown,
}

/// Why the role cannot open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its tables.
    #[error("eligibility store: {0}")]
    Store(#[from] ::store::StoreError),
    /// Its ledger.
    #[error("eligibility ledger: {0}")]
    Ledger(#[from] LedgerError),
    /// Anything else, already logged.
    #[error("eligibility: {0}")]
    Problem(#[from] Problem),
}

/// The eligibility service, open.
#[derive(Clone)]
pub struct Role {
    service: Service,
}

/// Opens the role: brings its tables up to date, its ledger to its last durable entry, remembers the checks of the
/// last minute, and starts the indexer of the own-record view.
///
/// # Errors
/// When a part cannot be opened; then nothing runs.
pub async fn open(config: Config) -> Result<Role, OpenError> {
    let db = ::store::Db::open_mapped(&config.store, store::MIGRATIONS)?;
    let store = store::Store::new(db);
    let ledger = Ledger::open(&config.ledger, &config.origin, Arc::clone(&config.custody))?;
    let reporters = store.insurers().await?;
    let opened = store.tally("opened").await?;
    let service = Service::new(service::Inner {
        org: config.org,
        codes: DomainCodes::new(Arc::clone(&config.custody)),
        store,
        ledger,
        custody: config.custody,
        table: data_encoding::HEXLOWER.encode(&config.policy.digest()),
        policy: config.policy,
        client: config.client,
        clock: config.clock,
        reader: config.reader,
        spool: config.spool,
        recent: service::recent::Recent::new(),
        arrivals: service::Arrivals::default(),
        reporters: std::sync::RwLock::new(reporters),
        filing: tokio::sync::Mutex::new(()),
        telling: tokio::sync::Notify::new(),
        indexing: tokio::sync::Mutex::new(()),
        opened: Mutex::new((opened > 0).then(|| Timestamp::from_millis(opened))),
    });
    if !config.handover {
        service.open_for_service().await?;
    }
    service.restore_recent()?;
    service.log_table().await?;
    tokio::spawn(service::tell_forever(service.clone(), config.shutdown.clone()));
    tokio::spawn(service::index_forever(service.clone(), config.shutdown));
    Ok(Role { service })
}

impl Role {
    /// The service itself, for what runs in the same process.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The API for other organisations, to be served over mTLS.
    pub fn api(&self) -> Router {
        api::router(self.service.clone())
    }

    /// The public front page and the person's JSON endpoint.
    pub fn pages(&self) -> Router {
        pages::front(self.service.clone())
    }

    /// The page on which a person reads their own record with card and PIN.
    pub fn own_pages(&self) -> Router {
        pages::own_record(self.service.clone())
    }
}
