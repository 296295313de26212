//! 保険医療機関: the reception desk of a hospital, clinic, dental practice or pharmacy, and its folders.
//!
//! A person comes, a card is read, the eligibility service is asked, the answer stays with the visit. The
//! institution knows the person by codes of its own; it links them once to its own patient list and from then on
//! finds the patient without names. It never holds a My Number: every door looks for one and refuses it.

mod api;
mod api_exchange;
mod doors;
mod error;
mod fhir;
mod model;
pub mod oqs;
mod pages;
pub mod patient_list;
pub mod refuse;
mod service;
mod store;
pub mod watch_list;

use std::path::PathBuf;
use std::sync::Arc;

use ::store::StoreError;
use access::Directory;
use axum::Router;
use calendar::Clock;
use codes::{Custody, InstitutionCode, KeyName, OrgId};
use ledger::{Ledger, LedgerError};
use protocol::reader::ReaderPort;
use wire::{Allowance, Client, Desk, Shutdown, role_router_with};

pub use error::{DeskError, FieldError, LineError, StatementError};
pub use model::*;
pub use oqs::OqsFolders;
pub use service::exchange::{Declaration, Gathered, Order, Received, Source, Unreached, Why};
pub use service::records;
pub use service::records::{Caller, Disclosed, Fetch, RecordError, Refused, Report};
pub use store::MIGRATIONS;

pub use service::{CardOrder, FolderError, FolderWatch, Imported, NumberEntry, Patience, Search, Service};

/// What an institution needs to open (設定).
pub struct Config {
    /// Store URL, see [`store::Db::open`](::store::Db::open).
    pub store: String,
    /// Directory of the ledger.
    pub ledger: PathBuf,
    /// The ledger's name in checkpoints: a URL without scheme.
    pub origin: String,
    /// Holds [`KEYS`].
    pub custody: Arc<dyn Custody>,
    /// The institution among organisations.
    pub org: OrgId,
    /// 医療機関コード, printed into files.
    pub code: InstitutionCode,
    /// Name, Japanese.
    pub name_ja: String,
    /// Name, English.
    pub name_en: String,
    /// Who the eligibility service and the relay are, where, and their keys.
    pub directory: Arc<Directory>,
    /// Speaks mTLS with the institution's certificate.
    pub client: Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The card reader of the desk.
    pub reader: Option<Arc<dyn ReaderPort>>,
    /// The receipt computer's folders.
    pub oqs: Option<OqsFolders>,
    /// The terminal's name inside the institution.
    pub terminal: String,
    /// Who may sit at the desk's pages.
    pub desk: Desk,
    /// How long to wait for others.
    pub patience: Patience,
    /// Sets of FHIR packages, each read in its order: a resource that claims a profile of one is held against it at the door.
    pub packages: Vec<Vec<PathBuf>>,
    /// The institution's own patient numbers have twelve digits, so that they may look like a My Number.
    pub twelve_digit_patients: bool,
    /// Whether open questions, registrations and folders are worked on in the background; tools and tests may
    /// do it by hand, see [`Service::run_due`] and [`Service::serve_folder`].
    pub background: bool,
    /// Ends the background work.
    pub shutdown: Shutdown,
}

/// The keys that an institution's custody holds.
pub const KEYS: &[KeyName] = &[
    KeyName::LEDGER_SIGN,
    KeyName::LEDGER_SEAL,
    KeyName::LEDGER_DIGEST,
    KeyName::ENVELOPE,
    KeyName::ROW_SEAL,
];

/// Why an institution could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The folders.
    #[error(transparent)]
    Folders(#[from] oqs::FileError),
    /// What the program itself knows of records.
    #[error(transparent)]
    Records(#[from] service::records::RecordError),
    /// The table of purposes.
    #[error(transparent)]
    Policy(#[from] access::TableError),
}

/// An open institution (開いた窓口).
#[derive(Clone)]
pub struct Role {
    service: Arc<Service>,
    desk: Desk,
    names: pages::Names,
}

/// Opens the institution: store, ledger, folders, and the background work, which ends with the shutdown.
///
/// # Errors
/// [`OpenError`].
pub async fn open(config: Config) -> Result<Role, OpenError> {
    let store = store::Store::open(&config.store)?;
    let ledger = Ledger::open(&config.ledger, &config.origin, Arc::clone(&config.custody))?;
    if let Some(folders) = &config.oqs {
        folders.prepare()?;
    }
    let local_numbers =
        if config.twelve_digit_patients { refuse::Field::LocalNumber } else { refuse::Field::Text };
    let profiles = service::records::Profiles::open(&config.packages)?;
    let preparer = service::records::Preparer::new(
        profiles,
        config.clock.today(),
        local_numbers,
        config.org.to_string(),
    )?;
    let policy = access::Policy::builtin(Directory::clone(&config.directory))?;
    let watch_list = config.ledger.with_file_name("watch-list.csv");
    let service = Arc::new(Service {
        org: config.org,
        code: config.code,
        store,
        ledger,
        custody: config.custody,
        directory: config.directory,
        client: config.client,
        clock: config.clock,
        reader: config.reader,
        terminal: config.terminal,
        oqs: config.oqs,
        patience: config.patience,
        local_numbers,
        preparer,
        exports: service::records::Exports::default(),
        logged: service::records::Logged::default(),
        policy,
        grants: service::exchange::Grants::default(),
        over: service::exchange::Over::default(),
        wake: tokio::sync::Notify::new(),
        watch_list,
    });
    service.recall_grants()?;
    service.tell_unlogged().await?;
    if config.background {
        tokio::spawn(service::run(Arc::clone(&service), config.shutdown));
    }
    let names = pages::Names { ja: config.name_ja, en: config.name_en };
    Ok(Role { service, desk: config.desk, names })
}

impl Role {
    /// What the desk does, for programs in the same process (the town, tests).
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// The JSON interface for receipt computers and hospital systems, with the ledger's public routes. Over mTLS only
    /// who shows the institution's own certificate reaches more than the ledger; without TLS everybody does, so
    /// that such a listener belongs on loopback.
    pub fn api(&self) -> Router {
        let routes = doors::guard(api::routes(&self.service), self.service.local_number_field());
        let routes = routes.merge(fhir::routes(&self.service)).merge(api_exchange::own(&self.service));
        let routes = doors::own_only(routes, self.service.org).merge(api_exchange::between(&self.service));
        let routes = routes.merge(protocol::ledger_routes(self.service.ledger().clone()));
        role_router_with("institution", routes, Allowance { body: BODY, ..Allowance::default() })
    }

    /// The pages for the clerks.
    pub fn pages(&self) -> Router {
        let routes = self.desk.protect(pages::routes(&self.service, &self.names));
        let routes = doors::guard(routes, self.service.local_number_field());
        role_router_with("institution-desk", routes, Allowance { body: BODY, ..Allowance::default() })
    }
}

/// Most bytes of a request: a patient list of a large hospital.
const BODY: usize = 32 * 1024 * 1024;
