//! What the callers, the appending thread and the keeper share.

use std::{
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use codes::{Custody, KeyName};
use tokio::sync::watch;

use crate::{
    LedgerError,
    checkpoint::Checkpoint,
    keeper,
    note::{Algorithm, NoteKey},
    state::State,
};

/// See the module.
pub(crate) struct Shared {
    pub(crate) directory: PathBuf,
    pub(crate) origin: String,
    pub(crate) custody: Arc<dyn Custody>,
    pub(crate) key: NoteKey,
    pub(crate) state: State,
    /// Entries durable so far, for those who follow the log.
    pub(crate) sizes: watch::Sender<u64>,
    /// The newest checkpoint that is on disk.
    pub(crate) published: watch::Sender<Published>,
    signals: Mutex<Signals>,
    wake: Condvar,
    settled: Condvar,
    failure: Mutex<Option<String>>,
    /// Held while the cosigned checkpoint is replaced.
    pub(crate) cosigning: Mutex<()>,
    /// Size of the head cosigned last, and whether a witness answered when it was last asked.
    pub(crate) cosigned: watch::Sender<Cosigned>,
}

/// How far witnesses have followed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cosigned {
    /// Entries under the newest cosigned head.
    pub(crate) size: u64,
    /// Whether waiting for a cosignature is worth it.
    pub(crate) attended: bool,
}

/// A signed checkpoint.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub(crate) checkpoint: Checkpoint,
    /// The whole note.
    pub(crate) note: String,
}

/// What the keeper is asked for.
#[derive(Default)]
pub(crate) struct Signals {
    /// A checkpoint of at least this size is waited for.
    pub(crate) wanted: u64,
    /// Finish and end.
    pub(crate) stop: bool,
}

impl Shared {
    pub(crate) fn new(
        directory: PathBuf,
        custody: Arc<dyn Custody>,
        key: NoteKey,
        state: State,
        published: Published,
    ) -> Self {
        Self {
            directory,
            origin: key.name().to_owned(),
            custody,
            key,
            sizes: watch::Sender::new(state.size()),
            state,
            published: watch::Sender::new(published),
            signals: Mutex::default(),
            wake: Condvar::new(),
            settled: Condvar::new(),
            failure: Mutex::default(),
            cosigning: Mutex::default(),
            cosigned: watch::Sender::default(),
        }
    }

    /// Refuses once a write has failed.
    pub(crate) fn healthy(&self) -> Result<(), LedgerError> {
        match &*self.failure.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(()),
            Some(what) => Err(LedgerError::Failed(what.clone())),
        }
    }

    /// Remembers the first failure: what is on disk is uncertain from here on.
    pub(crate) fn fail(&self, error: &LedgerError) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.is_none() {
            *failure = Some(error.to_string());
        }
        drop(failure);
        let signals = self.signals();
        self.wake.notify_all();
        self.settled.notify_all();
        drop(signals);
        // Whoever waits for a checkpoint looks at the failure when he is woken.
        self.published.send_modify(|_| {});
    }

    /// Called by the appending thread when new entries are durable: tells the followers, wakes the keeper if there
    /// is work for it, and waits if it is too far behind. `before` is the size without them.
    pub(crate) fn appended(&self, before: u64) {
        let (size, pending) = self.state.read(|edge| (edge.size, edge.pending()));
        self.sizes.send_replace(size);
        let mut signals = self.signals();
        // While some entries are unsigned the keeper sleeps on a timer: it needs no waking for every batch.
        let signed = self.signed();
        if before <= signed || keeper::is_urgent(size - signed, pending) {
            self.wake.notify_one();
        }
        while self.state.read(|edge| edge.pending()) > PENDING && self.healthy().is_ok() {
            signals = self.settled.wait(signals).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Called by the keeper when tiles went to disk.
    pub(crate) fn caught_up(&self) {
        let _signals = self.signals();
        self.settled.notify_all();
    }

    /// Asks the keeper for a checkpoint of at least `size`.
    pub(crate) fn want(&self, size: u64) {
        let mut signals = self.signals();
        signals.wanted = signals.wanted.max(size);
        self.wake.notify_one();
    }

    /// Asks the keeper to finish and tells the followers that nothing more will come.
    pub(crate) fn stop(&self) {
        let mut signals = self.signals();
        signals.stop = true;
        self.wake.notify_one();
        drop(signals);
        self.sizes.send_modify(|_| {});
    }

    /// Whether the ledger has been closed.
    pub(crate) fn closed(&self) -> bool {
        self.signals().stop
    }

    pub(crate) fn signals(&self) -> MutexGuard<'_, Signals> {
        self.signals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of `signals` until somebody wakes the keeper or `limit` has passed.
    pub(crate) fn wait<'a>(
        &self,
        signals: MutexGuard<'a, Signals>,
        limit: Option<std::time::Duration>,
    ) -> MutexGuard<'a, Signals> {
        match limit {
            None => self.wake.wait(signals).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => self.wake.wait_timeout(signals, limit).unwrap_or_else(PoisonError::into_inner).0,
        }
    }

    /// The size of the newest signed checkpoint.
    pub(crate) fn signed(&self) -> u64 {
        self.published.borrow().checkpoint.size
    }
}

/// The log's own key under its origin.
pub(crate) fn log_key(origin: &str, public: [u8; 32]) -> Result<NoteKey, LedgerError> {
    NoteKey::new(origin, Algorithm::Ed25519, public)
        .map_err(|error| LedgerError::Note { place: origin.to_owned(), error })
}

/// Signs a checkpoint with LEDGER_SIGN.
pub(crate) fn sign(
    custody: &dyn Custody,
    key: &NoteKey,
    checkpoint: Checkpoint,
) -> Result<Published, LedgerError> {
    let text = checkpoint.to_string();
    let bytes = custody.sign(&KeyName::LEDGER_SIGN, text.as_bytes())?.to_vec();
    let signature = crate::note::NoteSignature { name: key.name().to_owned(), key_id: key.id(), bytes };
    let note = crate::note::SignedNote { text, signatures: vec![signature] }.to_string();
    Ok(Published { checkpoint, note })
}

/// Full tiles and bundles in memory before appending waits for the keeper: 131,072 entries.
const PENDING: usize = 1024;
