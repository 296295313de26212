//! The keeper: a thread that puts full tiles on disk, signs checkpoints and retires segments of the write-ahead log,
//! so that appending does none of it.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crate::{
    LedgerError,
    checkpoint::Checkpoint,
    disk,
    shared::{self, Published, Shared},
    tile::{FULL, Tile, TileKind},
    tree,
    wal::Segments,
};

/// Works until told to stop; then signs a last checkpoint over everything.
pub(crate) fn serve(shared: &Arc<Shared>, segments: &Segments) {
    let mut last = Instant::now();
    loop {
        let due = wait(shared, last);
        if shared.healthy().is_err() {
            return;
        }
        let outcome = match due {
            Due::Settle => settle(shared, segments),
            Due::Checkpoint | Due::Stop => {
                last = Instant::now();
                checkpoint(shared, segments)
            }
        };
        if let Err(error) = outcome {
            shared.fail(&error);
            return;
        }
        if due == Due::Stop {
            return;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    Settle,
    Checkpoint,
    Stop,
}

/// Whether so many unsigned entries, or pending tiles, are not to wait for the keeper's timer.
pub(crate) fn is_urgent(unsigned: u64, pending: usize) -> bool {
    unsigned >= ENTRIES || pending >= TILES
}

/// Sleeps until something is due.
fn wait(shared: &Shared, last: Instant) -> Due {
    let mut signals = shared.signals();
    loop {
        let (size, pending) = shared.state.read(|edge| (edge.size, edge.pending()));
        let signed = shared.signed();
        if signals.stop {
            return Due::Stop;
        }
        if signed < signals.wanted.min(size) || size - signed >= ENTRIES {
            return Due::Checkpoint;
        }
        if pending >= TILES {
            return Due::Settle;
        }
        let left = (size > signed).then(|| PERIOD.saturating_sub(last.elapsed()));
        if left == Some(Duration::ZERO) || shared.healthy().is_err() {
            return Due::Checkpoint;
        }
        signals = shared.wait(signals, left);
    }
}

/// Signs the present head. The order makes the file true at any instant: tiles, then the checkpoint that needs them.
fn checkpoint(shared: &Shared, segments: &Segments) -> Result<(), LedgerError> {
    let (size, root, partials) =
        shared.state.read(|edge| (edge.size, tree::root(edge, edge.size), edge.partials()));
    settle(shared, segments)?;
    if size == shared.signed() {
        return Ok(());
    }
    for (tile, bytes) in partials {
        write_partial(&shared.directory, tile, &bytes)?;
    }
    let head = Checkpoint { origin: shared.origin.clone(), size, root: root? };
    let published = shared::sign(&*shared.custody, &shared.key, head)?;
    publish(&shared.directory, &published)?;
    shared.published.send_replace(published);
    Ok(())
}

/// Puts a checkpoint on disk in the place of the one before.
pub(crate) fn publish(directory: &Path, published: &Published) -> Result<(), LedgerError> {
    disk::replace(&directory.join(CHECKPOINT), published.note.as_bytes())
}

/// Makes the pending tiles durable and retires what the write-ahead log no longer has to keep.
fn settle(shared: &Shared, segments: &Segments) -> Result<(), LedgerError> {
    let pending = shared.state.pending();
    write_tiles(&shared.directory, &pending)?;
    shared.state.settled(&pending);
    shared.caught_up();
    let bundles = pending.iter().filter(|(tile, _)| tile.kind == TileKind::Entries);
    match bundles.map(|(tile, _)| tile.index + 1).max() {
        Some(count) => segments.retire(count * u64::from(FULL)),
        None => Ok(()),
    }
}

/// Writes tiles under other names, syncs them all, then gives them their names: a tile that is there is whole.
fn write_tiles(directory: &Path, tiles: &[(Tile, Arc<Vec<u8>>)]) -> Result<(), LedgerError> {
    for group in tiles.chunks(TILES) {
        let mut fresh = Vec::with_capacity(group.len());
        let mut parents = BTreeSet::new();
        for (tile, bytes) in group {
            let path = directory.join(tile.to_string());
            let parent = path.parent().unwrap_or(directory).to_owned();
            if !parent.is_dir() {
                parents.extend(create(directory, &parent)?);
            }
            parents.insert(parent);
            let temporary = path.with_extension("new");
            let file = File::create(&temporary).and_then(|mut file| file.write_all(bytes).map(|()| file));
            let file = file.map_err(|error| LedgerError::io(&temporary, &error))?;
            fresh.push((temporary, path, file));
        }
        sync_and_name(&fresh)?;
        parents.iter().try_for_each(|parent| disk::sync_directory(parent))?;
        group.iter().try_for_each(|(tile, _)| remove_partials(directory, *tile))?;
    }
    Ok(())
}

/// Syncs files and gives them their names. Several at once: the file system commits them together, so that a slow disk
/// takes many times as many files a second.
fn sync_and_name(fresh: &[(PathBuf, PathBuf, File)]) -> Result<(), LedgerError> {
    let finish = |files: &[(PathBuf, PathBuf, File)]| {
        files.iter().try_for_each(|(temporary, path, file)| {
            let named = file.sync_all().and_then(|()| fs::rename(temporary, path));
            named.map_err(|error| LedgerError::io(path, &error))
        })
    };
    thread::scope(|scope| {
        let lanes: Vec<_> = fresh.chunks(LANE).map(|files| scope.spawn(move || finish(files))).collect();
        let mut outcomes = lanes.into_iter().map(|lane| lane.join().unwrap_or(Err(LedgerError::Closed)));
        outcomes.try_for_each(|outcome| outcome)
    })
}

/// Creates `parent` and answers the directories whose entries changed.
fn create(directory: &Path, parent: &Path) -> Result<Vec<PathBuf>, LedgerError> {
    disk::create_directory(parent)?;
    Ok(parent
        .ancestors()
        .skip(1)
        .take_while(|above| above.starts_with(directory))
        .map(Path::to_owned)
        .collect())
}

/// A full tile makes its partial ones superfluous.
fn remove_partials(directory: &Path, tile: Tile) -> Result<(), LedgerError> {
    let place = directory.join(format!("{tile}.p"));
    match fs::remove_dir_all(&place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LedgerError::io(&place, &error)),
        _ => Ok(()),
    }
}

/// Partial tiles are not synced: after a crash they are made again from the write-ahead log.
fn write_partial(directory: &Path, tile: Tile, bytes: &[u8]) -> Result<(), LedgerError> {
    let path = directory.join(tile.to_string());
    disk::create_directory(path.parent().unwrap_or(directory))?;
    let temporary = path.with_extension("new");
    let write = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, &path));
    write.map_err(|error| LedgerError::io(&path, &error))
}

/// Name of the file of the newest checkpoint.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// Longest time an entry is without a signed checkpoint.
const PERIOD: Duration = Duration::from_millis(1_000);
/// Entries after which a checkpoint is signed before that time.
const ENTRIES: u64 = 65_536;
/// Pending tiles that make the keeper work, and files synced in one go.
const TILES: usize = 64;
/// Files that one of the syncing threads takes.
const LANE: usize = 4;
