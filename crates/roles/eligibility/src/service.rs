//! What this role does. No HTTP and no SQL here: `api` and `store` have those.

mod arrivals;
mod certificate;
mod check;
mod file;
mod journal;
mod links;
mod notices;
mod own_record;
mod personalise;
mod proof;
pub mod recent;
mod report;
pub mod spool;
mod watched;
mod worklist;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use access::{Action, Asking, Permit, Policy, Purpose};
use calendar::{Clock, Timestamp};
use codes::{Custody, DomainCodes, EnvelopeKey, Insurance, InsurerNumber, OrgId, OrgKind};
use ledger::Ledger;
use protocol::reader::ReaderPort;
use wire::Problem;

use crate::problems;
use crate::store::Store;
use recent::Recent;

pub(crate) use arrivals::Arrivals;
pub(crate) use notices::tell_forever;
pub use own_record::OwnReading;

/// Epoch of the organisation codes that this service hands out.
pub const EPOCH: u8 = 0;

/// The eligibility service at work. Clones share it.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

/// The parts of an open service; only this crate reaches into them.
pub struct Inner {
    pub(crate) org: OrgId,
    pub(crate) store: Store,
    pub(crate) ledger: Ledger,
    pub(crate) custody: Arc<dyn Custody>,
    pub(crate) codes: DomainCodes<Insurance>,
    pub(crate) policy: Policy,
    /// Digest of the table of purposes, hexadecimal: every entry names the table it rests on.
    pub(crate) table: String,
    pub(crate) client: wire::Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) reader: Option<Arc<dyn ReaderPort>>,
    pub(crate) spool: PathBuf,
    pub(crate) recent: Recent,
    pub(crate) arrivals: Arrivals,
    /// When each insurer last reported: in memory because every answer says it.
    pub(crate) reporters: RwLock<HashMap<InsurerNumber, Timestamp>>,
    /// One report file at a time: the store has one writer.
    pub(crate) filing: tokio::sync::Mutex<()>,
    /// Rings when somebody may have to be told that their insurer changed.
    pub(crate) telling: tokio::sync::Notify,
    /// One reader of the ledger for the own-record index at a time.
    pub(crate) indexing: tokio::sync::Mutex<()>,
    /// When the service opened; reports before it are the hand-over of the insurers' registers.
    pub(crate) opened: Mutex<Option<Timestamp>>,
}

/// Another role as the directory knows it.
pub(crate) struct Neighbour {
    /// Base URL.
    pub(crate) api: String,
}

impl std::ops::Deref for Service {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Service {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Who this is.
    pub fn org(&self) -> OrgId {
        self.0.org
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// The time by this service's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The insurers that reported last, newest first: name, when, how many reports in all.
    ///
    /// # Errors
    /// The store's.
    pub async fn latest_reporters(&self, limit: i64) -> Result<Vec<(String, Timestamp, i64)>, Problem> {
        let rows = self.store.latest_reporters(limit).await.map_err(problems::internal)?;
        Ok(rows.into_iter().map(|(insurer, at, reports)| (self.insurer_name(insurer), at, reports)).collect())
    }

    /// Numbers for the front page: persons known, reports taken.
    ///
    /// # Errors
    /// The store's.
    pub async fn counts(&self) -> Result<(i64, i64), Problem> {
        let persons = self.store.tally("persons").await.map_err(problems::internal)?;
        let reports = self.store.tally("report").await.map_err(problems::internal)?;
        Ok((persons, reports))
    }

    /// Ends the hand-over of the insurers' registers: what is reported from now on is known from its arrival.
    /// Doing it again changes nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn open_for_service(&self) -> Result<(), Problem> {
        let now = self.clock.now().as_millis();
        let opened = self.store.set_once("opened", now).await.map_err(problems::internal)?;
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(Timestamp::from_millis(opened));
        Ok(())
    }
}

impl Inner {
    pub(crate) fn is_handover(&self) -> bool {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// What the table of purposes says to `asker`, who must be `named`.
    pub(crate) fn permit(
        &self,
        asker: &OrgId,
        named: &OrgId,
        action: Action,
        purpose: Purpose,
    ) -> Result<Permit, Problem> {
        let asking = Asking { asker, action, purpose, on: self.clock.today() };
        self.policy.decide_in_name_of(&asking, named).into_result().map_err(protocol::refusal::denied)
    }

    pub(crate) fn neighbour(&self, kind: OrgKind) -> Result<Neighbour, Problem> {
        let known = self.policy.directory().of_kind(kind).into_iter().find_map(|org| org.api.clone());
        known
            .map(|api| Neighbour { api })
            .ok_or_else(|| problems::internal(format!("the directory names no {kind} with an address")))
    }

    pub(crate) fn envelope_key(&self, org: &OrgId) -> Option<EnvelopeKey> {
        self.policy.directory().get(org).and_then(|org| org.envelope_key)
    }

    /// An insurer's name, or its number when the directory does not know it.
    pub(crate) fn insurer_name(&self, insurer: InsurerNumber) -> String {
        let known = self.policy.directory().get(&OrgId::insurer(&insurer));
        known.map_or_else(|| insurer.to_string(), |org| org.ja.clone())
    }

    pub(crate) fn last_reported(&self, insurer: InsurerNumber) -> Option<Timestamp> {
        self.reporters.read().unwrap_or_else(PoisonError::into_inner).get(&insurer).copied()
    }

    pub(crate) fn note_reporter(&self, insurer: InsurerNumber, at: Timestamp) {
        let mut reporters = self.reporters.write().unwrap_or_else(PoisonError::into_inner);
        let last = reporters.entry(insurer).or_insert(at);
        *last = at.max(*last);
    }
}

/// Keeps the own-record index close behind the ledger until shutdown. What it misses, the next reading catches up.
pub(crate) async fn index_forever(service: Service, shutdown: wire::Shutdown) {
    loop {
        let size = service.ledger.size();
        if let Err(problem) = service.catch_up(size).await {
            tracing::error!(%problem, "the own-record index fell behind");
        }
        tokio::select! {
            () = shutdown.wait() => return,
            () = tokio::time::sleep(INDEX_PAUSE) => {}
        }
    }
}

/// How long the indexer rests. Many entries at once fall on the same pages, and each write makes the readers map the file
/// anew; a reading meanwhile catches up first, within half a second at fifteen thousand checks a second.
const INDEX_PAUSE: std::time::Duration = std::time::Duration::from_secs(10);
