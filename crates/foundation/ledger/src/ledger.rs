//! The ledger as roles hold it.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use codes::{Custody, KeyName};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tokio::sync::{mpsc, oneshot};

use crate::{
    Entry, Hash, LedgerError, OpenedEntry, PersonDigest, Tail,
    append::{self, Job},
    keeper,
    leaf::Leaf,
    open::{self, Opened},
    shared::Shared,
    tile::{self, FULL, Tile},
    tree,
    wal::Options,
};

/// An open ledger. Cloning is cheap and shares it; the last clone dropped signs a last checkpoint and closes it.
#[derive(Clone)]
pub struct Ledger(Arc<Running>);

/// Proof to the caller that its entry is durable, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which log.
    pub origin: String,
    /// Position of the entry, from 0.
    pub index: u64,
    /// Its time, milliseconds since 1970.
    pub at: i64,
}

struct Running {
    shared: Arc<Shared>,
    queue: Option<mpsc::Sender<Job>>,
    digest: Hmac<Sha256>,
    appender: Option<JoinHandle<()>>,
    keeper: Option<JoinHandle<()>>,
    _lock: File,
}

/// How far entries of writers that append at once may stand out of the order of their times, in milliseconds.
const OUT_OF_ORDER_MILLIS: i64 = 60_000;

impl Ledger {
    /// Opens the ledger in `directory`, creating it if it is not there. `origin` is the log's name in checkpoints: a
    /// URL without scheme, e.g. `musubi.test/eligibility/1`. Custody holds LEDGER_SIGN, LEDGER_SEAL and LEDGER_DIGEST.
    ///
    /// After a crash the torn end of the last write, of which nobody was told, is cut off.
    ///
    /// # Errors
    /// [`LedgerError::Rollback`] or [`LedgerError::Fork`] when the entries on disk are fewer or others than those
    /// signed; [`LedgerError::Locked`], [`LedgerError::Corrupt`], [`LedgerError::Io`], [`LedgerError::Custody`].
    pub fn open(directory: &Path, origin: &str, custody: Arc<dyn Custody>) -> Result<Self, LedgerError> {
        Self::open_with(directory, origin, custody, Options::default())
    }

    pub(crate) fn open_with(
        directory: &Path,
        origin: &str,
        custody: Arc<dyn Custody>,
        options: Options,
    ) -> Result<Self, LedgerError> {
        let frame = options.frame;
        let digest_key =
            custody.mac(&KeyName::LEDGER_DIGEST, &[b"musubi person digest 1", origin.as_bytes()])?;
        let digest =
            Hmac::new_from_slice(&digest_key).map_err(|error| LedgerError::Custody(error.to_string()))?;
        let Opened { shared, wal, lock } = open::open(directory, origin, custody, options)?;
        let shared = Arc::new(shared);
        let segments = wal.segments();
        let (queue, jobs) = mpsc::channel(QUEUE);
        let keeper = spawn("ledger-keeper", {
            let shared = Arc::clone(&shared);
            move || keeper::serve(&shared, &segments)
        })?;
        let appender = spawn("ledger-append", {
            let shared = Arc::clone(&shared);
            move || append::serve(&shared, wal, jobs, frame)
        })?;
        let (appender, keeper) = (Some(appender), Some(keeper));
        Ok(Self(Arc::new(Running { shared, queue: Some(queue), digest, appender, keeper, _lock: lock })))
    }

    /// Seals `entry` and appends it. `Ok` means durable: it survives a kill -9 or a power cut from here on.
    ///
    /// # Errors
    /// [`LedgerError::Leaf`] for an entry that cannot be kept; [`LedgerError::Io`] when the disk refused, and then
    /// [`LedgerError::Failed`] for every later entry until the ledger is opened again.
    pub async fn append(&self, entry: Entry) -> Result<Receipt, LedgerError> {
        let at = entry.at;
        let index = self.submit(std::slice::from_ref(&entry)).await?;
        Ok(self.receipt(index, at))
    }

    /// Appends entries in their order, a receipt each; all are durable when it returns `Ok`. After an error some of
    /// them may be in the log.
    ///
    /// # Errors
    /// See [`Ledger::append`].
    pub async fn append_all(&self, entries: Vec<Entry>) -> Result<Vec<Receipt>, LedgerError> {
        let mut receipts = Vec::with_capacity(entries.len());
        for chunk in entries.chunks(CHUNK) {
            let first = self.submit(chunk).await?;
            receipts.extend((first..).zip(chunk).map(|(index, entry)| self.receipt(index, entry.at)));
        }
        Ok(receipts)
    }

    /// The keyed digest of a person, from whatever bytes name that person in this role.
    pub fn person_digest(&self, person: &[u8]) -> PersonDigest {
        PersonDigest(self.0.digest.clone().chain_update(person).finalize().into_bytes().into())
    }

    /// Number of durable entries.
    pub fn size(&self) -> u64 {
        self.0.shared.state.size()
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.0.shared.origin
    }

    /// The newest signed checkpoint, a signed note. It is at most about a second behind [`Ledger::size`].
    pub fn checkpoint(&self) -> String {
        self.0.shared.published.borrow().note.clone()
    }

    /// Entries under the newest signed checkpoint.
    pub fn signed_size(&self) -> u64 {
        self.0.shared.signed()
    }

    /// A signed checkpoint of at least `size` entries, signed at once if there is none.
    ///
    /// # Errors
    /// [`LedgerError::OutOfRange`] when the log is shorter; [`LedgerError::Failed`].
    pub async fn checkpoint_covering(&self, size: u64) -> Result<String, LedgerError> {
        let shared = &self.0.shared;
        if size > self.size() {
            return Err(LedgerError::OutOfRange { asked: size, size: self.size() });
        }
        let mut published = shared.published.subscribe();
        shared.want(size);
        let found = published
            .wait_for(|published| published.checkpoint.size >= size || shared.healthy().is_err())
            .await
            .map_err(|_| LedgerError::Closed)?;
        if found.checkpoint.size < size {
            shared.healthy()?;
        }
        Ok(found.note.clone())
    }

    /// Proof that entry `index` is under the signed checkpoint of `size` entries.
    ///
    /// # Errors
    /// [`LedgerError::OutOfRange`] when `index` is not below `size`, or `size` was not signed yet: ask
    /// [`Ledger::checkpoint_covering`] first.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, LedgerError> {
        self.within_signed(size)?;
        if index >= size {
            return Err(LedgerError::OutOfRange { asked: index, size });
        }
        tree::inclusion(&self.0.shared.state, index, size)
    }

    /// Proof that the log of `old` entries is the beginning of that of `new` entries.
    ///
    /// # Errors
    /// [`LedgerError::OutOfRange`] when `old` is above `new`, or `new` was not signed yet.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, LedgerError> {
        self.within_signed(new)?;
        if old > new {
            return Err(LedgerError::OutOfRange { asked: old, size: new });
        }
        tree::consistency(&self.0.shared.state, old, new)
    }

    /// Root of the first `size` entries.
    ///
    /// # Errors
    /// [`LedgerError::OutOfRange`].
    pub fn root(&self, size: u64) -> Result<Hash, LedgerError> {
        if size > self.size() {
            return Err(LedgerError::OutOfRange { asked: size, size: self.size() });
        }
        tree::root(&self.0.shared.state, size)
    }

    /// The leaf at `index`, as it is hashed; decode it with [`Leaf::decode`].
    ///
    /// # Errors
    /// [`LedgerError::OutOfRange`], [`LedgerError::Corrupt`].
    pub fn leaf_bytes(&self, index: u64) -> Result<Vec<u8>, LedgerError> {
        self.0.shared.state.leaf(index)
    }

    /// The entry at `index` with its seal opened.
    ///
    /// # Errors
    /// See [`Ledger::leaf_bytes`]; also custody's refusal.
    pub fn read_entry(&self, index: u64) -> Result<OpenedEntry, LedgerError> {
        open_leaf(&*self.0.shared.custody, index, &self.leaf_bytes(index)?)
    }

    /// The file behind a path of the tiled log (`checkpoint`, `tile/0/x001/234`, `tile/entries/000.p/7`), for serving;
    /// `None` when there is no such file. A path that leads elsewhere is none of these.
    pub fn tile_path(&self, path: &str) -> Option<PathBuf> {
        let shared = &self.0.shared;
        let known = path == keeper::CHECKPOINT || path.parse::<Tile>().is_ok();
        let file = shared.directory.join(path);
        (known && file.is_file()).then_some(file)
    }

    /// Index of the first entry that may have been made at `at` (Unix milliseconds) or later, found by halving. Writers that
    /// append at once may stand a little out of order: it looks a minute further back.
    ///
    /// # Errors
    /// See [`Ledger::read_entry`].
    pub fn first_since(&self, at: i64) -> Result<u64, LedgerError> {
        let (mut low, mut high) = (0, self.size());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.read_entry(middle)?.at < at - OUT_OF_ORDER_MILLIS {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Follows the log from entry `from` on: those that are there, then those to come.
    pub fn tail(&self, from: u64) -> Tail {
        Tail::new(Arc::clone(&self.0.shared), from)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    async fn submit(&self, entries: &[Entry]) -> Result<u64, LedgerError> {
        self.0.shared.healthy()?;
        let (reply, answer) = oneshot::channel();
        let mut job = Job { entries: Vec::new(), hashes: Vec::with_capacity(entries.len()), reply };
        for entry in entries {
            self.seal(entry, &mut job)?;
        }
        let queue = self.0.queue.as_ref().ok_or(LedgerError::Closed)?;
        queue.send(job).await.map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }

    /// Sealing and hashing happen on the caller's thread, so that many cores share them.
    fn seal(&self, entry: &Entry, job: &mut Job) -> Result<(), LedgerError> {
        let header = entry.header()?;
        let sealed = self.0.shared.custody.seal_row(&KeyName::LEDGER_SEAL, &header, &entry.body)?;
        let length = u16::try_from(header.len() + sealed.len())
            .map_err(|_| crate::leaf::LeafError::BodyTooLong(entry.body.len()))?;
        let start = job.entries.len() + 2;
        tile::push_entry(&mut job.entries, length, [&header, &sealed]);
        job.hashes.push(Hash::leaf(job.entries.get(start..).unwrap_or_default()));
        Ok(())
    }

    fn receipt(&self, index: u64, at: i64) -> Receipt {
        Receipt { origin: self.0.shared.origin.clone(), index, at }
    }

    fn within_signed(&self, size: u64) -> Result<(), LedgerError> {
        let signed = self.signed_size();
        if size > signed { Err(LedgerError::OutOfRange { asked: size, size: signed }) } else { Ok(()) }
    }
}

/// Opens the seal of a leaf.
pub(crate) fn open_leaf(custody: &dyn Custody, index: u64, bytes: &[u8]) -> Result<OpenedEntry, LedgerError> {
    let leaf = Leaf::decode(bytes)?;
    let body = custody.open_row(&KeyName::LEDGER_SEAL, leaf.header, leaf.sealed)?;
    Ok(OpenedEntry {
        index,
        kind: leaf.kind.to_owned(),
        person: leaf.person,
        exchange: leaf.exchange,
        at: leaf.at,
        body: body.to_vec(),
    })
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.queue.take());
        join(self.appender.take());
        self.shared.stop();
        join(self.keeper.take());
    }
}

/// Waits for a thread; a panic of its own was reported by its channel closing.
fn join(thread: Option<JoinHandle<()>>) {
    if let Some(thread) = thread {
        let _ = thread.join();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, LedgerError> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(work);
    spawned.map_err(|error| LedgerError::io(Path::new(name), &error))
}

/// Jobs that may wait; beyond it callers wait to enqueue.
const QUEUE: usize = 4096;
/// Entries of [`Ledger::append_all`] in one job: with the longest bodies still no more than 2 MiB.
const CHUNK: usize = 32;
/// A bundle holds as many entries as a tile has hashes.
pub(crate) const BUNDLE: u64 = FULL as u64;
