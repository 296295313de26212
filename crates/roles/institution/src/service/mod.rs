//! What the desk does: no HTTP, no SQL.
//!
//! Rooms: [`reception`] receives people, [`statement`] believes readers, [`asking`] asks the eligibility service
//! and the relay and copes with their absence, [`visits`] looks back, [`patients`] links and imports,
//! [`exchange`] asks other institutions and answers them, [`folder`] serves the receipt computer, [`records`] keeps the FHIR resources, [`work`] keeps it all going.

mod asking;
mod corrections;
mod entry;
pub mod exchange;
mod folder;
mod objections;
mod office;
mod own;
mod patients;
mod reception;
pub mod records;
mod statement;
mod visits;
mod watched;
mod watching;
mod work;

use std::sync::Arc;
use std::time::Duration;

use access::Directory;
use calendar::{Clock, Date, Timestamp};
use codes::{Custody, EnvelopeKey, InstitutionCode, OrgId, OrgKind};
use ledger::Ledger;
use protocol::{
    clients::{EligibilityClient, RelayClient},
    reader::{ReaderPort, TrayCard},
};
use tokio::sync::Notify;
use wire::Client;

use crate::error::DeskError;
use crate::oqs::OqsFolders;
use crate::refuse::Field;
use crate::store::Store;

pub use entry::NumberEntry;
pub use folder::{FolderError, FolderWatch};
pub use office::Uploaded;
pub use own::CaredFor;
pub use patients::Imported;
pub use reception::CardOrder;
pub use visits::Search;
pub use work::run;

/// The institution's desk. Shared by pages, interface and background work.
pub struct Service {
    pub(crate) org: OrgId,
    pub(crate) code: InstitutionCode,
    pub(crate) store: Store,
    pub(crate) ledger: Ledger,
    pub(crate) custody: Arc<dyn Custody>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) client: Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) reader: Option<Arc<dyn ReaderPort>>,
    pub(crate) terminal: String,
    pub(crate) oqs: Option<OqsFolders>,
    pub(crate) patience: Patience,
    pub(crate) local_numbers: Field,
    pub(crate) preparer: records::Preparer,
    pub(crate) exports: records::Exports,
    pub(crate) logged: records::Logged,
    pub(crate) policy: access::Policy,
    pub(crate) grants: exchange::Grants,
    pub(crate) over: exchange::Over,
    /// Wakes the background work when something became due.
    pub(crate) wake: Notify,
    /// Where the list lies by which look-ups are marked for the overseer.
    pub(crate) watch_list: std::path::PathBuf,
}

/// How long the desk waits before it goes on without an answer, and how it comes back to the question.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long a clerk waits for the eligibility service.
    pub answer: Duration,
    /// How long the answer waits for the relay's registration before it is shown without.
    pub registration: Duration,
    /// After the first failed attempt; doubled each time.
    pub first_retry: Duration,
    /// The longest pause between two attempts.
    pub last_retry: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(8),
            registration: Duration::from_secs(2),
            first_retry: Duration::from_secs(5),
            last_retry: Duration::from_secs(300),
        }
    }
}

impl Patience {
    /// When to try again after so many attempts.
    fn retry_at(&self, now: Timestamp, attempts: u32) -> Timestamp {
        let factor = 1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
        let pause = self.first_retry.saturating_mul(factor).min(self.last_retry);
        now.add_millis(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX))
    }
}

/// An organisation that the desk speaks to.
pub(crate) struct Peer {
    pub(crate) id: OrgId,
    pub(crate) base: String,
    pub(crate) key: EnvelopeKey,
}

impl Service {
    /// The institution's name in the directory of organisations.
    pub fn org(&self) -> &OrgId {
        &self.org
    }

    /// The institution's ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Today, in Japan.
    pub fn today(&self) -> Date {
        self.clock.today()
    }

    /// The cards that lie ready at the reader, or `None` when the desk has no reader.
    pub fn tray(&self) -> Option<Vec<TrayCard>> {
        self.reader.as_ref().map(|reader| reader.tray())
    }

    /// How local patient numbers are looked at when My Numbers are searched for.
    pub fn local_number_field(&self) -> Field {
        self.local_numbers
    }

    /// Whether the receipt computer's folders are served.
    pub fn serves_folders(&self) -> bool {
        self.oqs.is_some()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn eligibility(&self) -> Result<(Peer, EligibilityClient), DeskError> {
        let peer = self.peer(OrgKind::Eligibility)?;
        let client = EligibilityClient::new(self.client.clone(), peer.base.clone());
        Ok((peer, client))
    }

    fn relay(&self) -> Result<(Peer, RelayClient), DeskError> {
        let peer = self.peer(OrgKind::Relay)?;
        let client = RelayClient::new(self.client.clone(), peer.base.clone());
        Ok((peer, client))
    }
}

impl Service {
    /// The organisation of a kind that the directory names; there is one of each that the desk speaks to.
    fn peer(&self, kind: OrgKind) -> Result<Peer, DeskError> {
        let known = self.directory.of_kind(kind);
        let found = known.iter().find_map(|organisation| {
            let (base, key) = (organisation.api.clone()?, organisation.envelope_key?);
            Some(Peer { id: organisation.id, base, key })
        });
        found.ok_or(DeskError::NoPeer(kind))
    }
}
