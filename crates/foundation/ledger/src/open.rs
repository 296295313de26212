//! Opening a ledger: what the disk holds, held against what was signed.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    sync::Arc,
};

use codes::{Custody, KeyName};

use crate::{
    LedgerError,
    append::encoded,
    checkpoint::Checkpoint,
    cosigned, disk,
    hash::Hash,
    keeper::{self, CHECKPOINT},
    note::{NoteKey, SignedNote},
    shared::{self, Published, Shared},
    state::{Edge, State},
    tile::{FULL, Tile, TileKind},
    tree,
    wal::{self, Options, Wal},
};

/// A ledger found or made: its state, the end of its log, and the lock that keeps others out.
pub(crate) struct Opened {
    pub(crate) shared: Shared,
    pub(crate) wal: Wal,
    pub(crate) lock: File,
}

/// Opens or creates the ledger in `directory`.
pub(crate) fn open(
    directory: &Path,
    origin: &str,
    custody: Arc<dyn Custody>,
    options: Options,
) -> Result<Opened, LedgerError> {
    disk::create_directory(directory)?;
    let lock = lock(directory)?;
    let key = shared::log_key(origin, custody.verifying_key(&KeyName::LEDGER_SIGN)?)?;
    let signed = read_checkpoint(directory, &key)?;
    let (edge, wal) = recover(directory, options)?;
    let state = State::new(directory, edge);
    let published = match signed {
        Some(signed) => agree(&state, signed)?,
        None if state.size() == 0 => {
            let head = Checkpoint { origin: origin.to_owned(), size: 0, root: Hash::empty_root() };
            let first = shared::sign(&*custody, &key, head)?;
            keeper::publish(directory, &first)?;
            first
        }
        None => {
            let what = format!("missing, though the log holds {} entries", state.size());
            return Err(LedgerError::corrupt(&directory.join(CHECKPOINT), what));
        }
    };
    let shared = Shared::new(directory.to_owned(), custody, key, state, published);
    if let Some(note) = cosigned::read(directory)? {
        let size = cosigned::head_of(&note, directory)?.size;
        shared.cosigned.send_modify(|cosigned| cosigned.size = size);
    }
    Ok(Opened { shared, wal, lock })
}

/// Takes the lock of the directory; it ends with the file, however the process ends.
fn lock(directory: &Path) -> Result<File, LedgerError> {
    let path = directory.join(LOCK);
    let file = File::create(&path).map_err(|error| LedgerError::io(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::Locked(directory.display().to_string())),
        Err(TryLockError::Error(error)) => Err(LedgerError::io(&path, &error)),
    }
}

/// The checkpoint on disk, its signature verified.
fn read_checkpoint(directory: &Path, key: &NoteKey) -> Result<Option<Published>, LedgerError> {
    let path = directory.join(CHECKPOINT);
    let Some(bytes) = disk::read(&path)? else { return Ok(None) };
    let note = String::from_utf8(bytes).map_err(|_| LedgerError::corrupt(&path, "not UTF-8"))?;
    let parsed: SignedNote = note.parse().map_err(|error| LedgerError::note(&path, error))?;
    let checkpoint: Checkpoint = parsed.text.parse().map_err(|error| LedgerError::note(&path, error))?;
    if checkpoint.origin != key.name() {
        return Err(LedgerError::Origin { expected: key.name().to_owned(), found: checkpoint.origin });
    }
    parsed.verify(key).map_err(|error| LedgerError::note(&path, error))?;
    Ok(Some(Published { checkpoint, note }))
}

/// Rebuilds the edge of the tree: tiles up to where the write-ahead log begins, then the log.
fn recover(directory: &Path, options: Options) -> Result<(Edge, Wal), LedgerError> {
    let mut edge: Option<Edge> = None;
    let wal = wal::recover(&directory.join(WAL), options, |path, frame| {
        let edge = match &mut edge {
            Some(edge) => edge,
            None => edge.insert(edge_before(directory, frame.first)?),
        };
        if frame.first != edge.size {
            let what =
                format!("entry {} follows entry {}: the frames between are gone", frame.first, edge.size);
            return Err(LedgerError::corrupt(path, what));
        }
        encoded(&frame.entries).zip(&frame.hashes).for_each(|(entry, hash)| edge.push(entry, *hash));
        Ok(())
    })?;
    Ok((edge.unwrap_or_default(), wal))
}

/// The edge after `size` entries, all of which are in durable tiles.
fn edge_before(directory: &Path, size: u64) -> Result<Edge, LedgerError> {
    let full = size - size % u64::from(FULL);
    let mut edge = State::load_edge(directory, full)?;
    if size > full {
        let path = directory.join(Tile::full(TileKind::Entries, full / u64::from(FULL)).to_string());
        let bundle = disk::read(&path)?.ok_or_else(|| LedgerError::corrupt(&path, "missing"))?;
        for entry in encoded(&bundle).take((size - full) as usize) {
            edge.push(entry, Hash::leaf(entry.get(2..).unwrap_or_default()));
        }
        if edge.size != size {
            return Err(LedgerError::corrupt(&path, format!("ends at entry {}, expected {size}", edge.size)));
        }
    }
    Ok(edge)
}

/// Holds the entries found against the signed checkpoint: all there, and the same.
fn agree(state: &State, signed: Published) -> Result<Published, LedgerError> {
    let Checkpoint { size, root, .. } = signed.checkpoint;
    let found = state.size();
    if found < size {
        return Err(LedgerError::Rollback { signed: size, found });
    }
    let computed = tree::root(state, size)?;
    if computed != root {
        return Err(LedgerError::Fork { size, signed: root, found: computed });
    }
    Ok(signed)
}

/// Whether another process has the ledger open; an unlocked one stays locked while the file lives.
pub(crate) fn try_lock_existing(directory: &Path) -> Option<File> {
    let file = fs::OpenOptions::new().write(true).open(directory.join(LOCK)).ok()?;
    file.try_lock().ok().map(|()| file)
}

/// Name of the directory of the write-ahead log.
pub(crate) const WAL: &str = "wal";
/// Name of the lock file.
pub(crate) const LOCK: &str = "lock";
