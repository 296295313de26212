//! The growing edge of the tree in memory, and the files behind it.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use crate::{
    LedgerError, disk,
    hash::Hash,
    tile::{self, FULL, Tile, TileKind},
    tree::{Nodes, Tiles},
};

/// Everything of the tree that is not certainly on disk.
#[derive(Default)]
pub(crate) struct Edge {
    /// Number of entries.
    pub(crate) size: u64,
    /// The partial tile of each level.
    levels: Vec<Vec<Hash>>,
    /// The partial bundle.
    bundle: Vec<u8>,
    /// Full tiles and bundles that the keeper has not yet made durable.
    pending: BTreeMap<Tile, Arc<Vec<u8>>>,
}

/// The tree: its edge in memory, the rest in tile files.
pub(crate) struct State {
    directory: PathBuf,
    edge: RwLock<Edge>,
    cache: Mutex<Cache>,
}

/// Full tiles with their inner nodes, by level and index.
type Cache = HashMap<(u8, u64), Arc<Nodes>>;

impl Edge {
    /// Appends an entry given as in a bundle, with its leaf hash.
    pub(crate) fn push(&mut self, encoded: &[u8], hash: Hash) {
        self.bundle.extend_from_slice(encoded);
        self.size += 1;
        if self.size.is_multiple_of(FULL.into()) {
            let tile = Tile::full(TileKind::Entries, self.size / u64::from(FULL) - 1);
            // The next one will be about as long.
            let next = Vec::with_capacity(self.bundle.len() + self.bundle.len() / 8);
            self.pending.insert(tile, Arc::new(std::mem::replace(&mut self.bundle, next)));
        }
        self.push_hash(0, hash);
    }

    fn push_hash(&mut self, level: u8, hash: Hash) {
        let mut carry = Some((level, hash));
        while let Some((level, hash)) = carry.take() {
            let depth = usize::from(level);
            while self.levels.len() <= depth {
                self.levels.push(Vec::with_capacity(FULL.into()));
            }
            let Some(tile) = self.levels.get_mut(depth) else { return };
            tile.push(hash);
            if tile.len() == usize::from(FULL) {
                let full = std::mem::replace(tile, Vec::with_capacity(FULL.into()));
                let index = (self.size >> (8 * (u32::from(level) + 1))) - 1;
                let bytes = Arc::new(tile::encode_hashes(&full));
                self.pending.insert(Tile::full(TileKind::Hashes(level), index), bytes);
                carry = Some((level + 1, Hash::of_complete(&full)));
            }
        }
    }

    /// The partial tiles and bundle of the present size, as files.
    pub(crate) fn partials(&self) -> Vec<(Tile, Vec<u8>)> {
        let mut partials = Vec::new();
        for (level, hashes) in self.levels.iter().enumerate().filter(|(_, hashes)| !hashes.is_empty()) {
            // Levels go up to 7, widths to 255.
            let (kind, width) = (TileKind::Hashes(level as u8), hashes.len() as u16);
            let index = self.size >> (8 * (level as u32 + 1));
            partials.push((Tile { kind, index, width }, tile::encode_hashes(hashes)));
        }
        let width = (self.size % u64::from(FULL)) as u16;
        if width > 0 {
            let tile = Tile { kind: TileKind::Entries, index: self.size / u64::from(FULL), width };
            partials.push((tile, self.bundle.clone()));
        }
        partials
    }

    /// Number of pending tiles and bundles.
    pub(crate) fn pending(&self) -> usize {
        self.pending.len()
    }
}

/// The peaks of the tree are all in the partial tiles, so a root of the present size needs no file.
impl Tiles for Edge {
    fn node(&self, level: u8, index: u64, range: Range<usize>) -> Result<Hash, LedgerError> {
        let partial = self.levels.get(usize::from(level)).and_then(|hashes| hashes.get(range.clone()));
        match partial {
            Some(hashes) if index == self.size >> (8 * (u32::from(level) + 1)) => {
                Ok(Hash::of_complete(hashes))
            }
            _ => {
                let pending = self.pending.get(&Tile::full(TileKind::Hashes(level), index));
                let hashes = pending.and_then(|bytes| tile::decode_hashes(bytes));
                let wanted = hashes.as_ref().and_then(|hashes| hashes.get(range));
                wanted.map(Hash::of_complete).ok_or(LedgerError::OutOfRange { asked: index, size: self.size })
            }
        }
    }
}

impl State {
    pub(crate) fn new(directory: &Path, edge: Edge) -> Self {
        Self { directory: directory.to_owned(), edge: RwLock::new(edge), cache: Mutex::default() }
    }

    /// The edge after the first `size` entries, a multiple of 256, from the tiles in `directory`.
    pub(crate) fn load_edge(directory: &Path, size: u64) -> Result<Edge, LedgerError> {
        let mut levels = vec![Vec::with_capacity(FULL.into())];
        for level in 0..8 {
            let complete = size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0);
            if complete == 0 {
                break;
            }
            // The partial tile above holds the roots of the full tiles since the last full one there.
            let first = complete - complete % u64::from(FULL);
            let mut above = Vec::with_capacity(FULL.into());
            for index in first..complete {
                above.push(Hash::of_complete(&read_hashes(directory, level, index)?));
            }
            levels.push(above);
        }
        Ok(Edge { size, levels, ..Edge::default() })
    }

    pub(crate) fn size(&self) -> u64 {
        self.read(|edge| edge.size)
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&Edge) -> T) -> T {
        read(&self.edge.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Edge) -> T) -> T {
        change(&mut self.edge.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// The pending tiles; they stay pending until [`State::settled`].
    pub(crate) fn pending(&self) -> Vec<(Tile, Arc<Vec<u8>>)> {
        self.read(|edge| edge.pending.iter().map(|(tile, bytes)| (*tile, Arc::clone(bytes))).collect())
    }

    /// Forgets tiles that are on disk now.
    pub(crate) fn settled(&self, tiles: &[(Tile, Arc<Vec<u8>>)]) {
        self.change(|edge| tiles.iter().for_each(|(tile, _)| drop(edge.pending.remove(tile))));
    }

    /// The bundle that holds entry `index`, with at least the entries up to it.
    pub(crate) fn bundle(&self, index: u64) -> Result<Arc<Vec<u8>>, LedgerError> {
        let number = index / u64::from(FULL);
        let tile = Tile::full(TileKind::Entries, number);
        let in_memory = self.read(|edge| {
            if index >= edge.size {
                Err(LedgerError::OutOfRange { asked: index, size: edge.size })
            } else if number == edge.size / u64::from(FULL) {
                Ok(Some(Arc::new(edge.bundle.clone())))
            } else {
                Ok(edge.pending.get(&tile).cloned())
            }
        })?;
        match in_memory {
            Some(bundle) => Ok(bundle),
            None => read_file(&self.directory, tile).map(Arc::new),
        }
    }

    /// The leaf at `index`.
    pub(crate) fn leaf(&self, index: u64) -> Result<Vec<u8>, LedgerError> {
        let bundle = self.bundle(index)?;
        let position = (index % u64::from(FULL)) as usize;
        match tile::entries(&bundle).nth(position) {
            Some(Some(leaf)) => Ok(leaf.to_vec()),
            _ => {
                let place =
                    self.directory.join(Tile::full(TileKind::Entries, index / u64::from(FULL)).to_string());
                Err(LedgerError::corrupt(&place, format!("entry {index} is cut off")))
            }
        }
    }
}

impl Tiles for State {
    fn node(&self, level: u8, index: u64, range: Range<usize>) -> Result<Hash, LedgerError> {
        if let Ok(node) = self.read(|edge| edge.node(level, index, range.clone())) {
            return Ok(node);
        }
        let beyond = || LedgerError::OutOfRange { asked: index, size: self.size() };
        let key = (level, index);
        if let Some(nodes) = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return nodes.over(&range).ok_or_else(beyond);
        }
        let nodes = Arc::new(Nodes::new(read_hashes(&self.directory, level, index)?));
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHE {
            cache.clear();
        }
        cache.insert(key, Arc::clone(&nodes));
        nodes.over(&range).ok_or_else(beyond)
    }
}

fn read_hashes(directory: &Path, level: u8, index: u64) -> Result<Vec<Hash>, LedgerError> {
    let tile = Tile::full(TileKind::Hashes(level), index);
    let bytes = read_file(directory, tile)?;
    match tile::decode_hashes(&bytes) {
        Some(hashes) if hashes.len() == usize::from(FULL) => Ok(hashes),
        _ => {
            let what = format!("expected 8192 bytes, found {}", bytes.len());
            Err(LedgerError::corrupt(&directory.join(tile.to_string()), what))
        }
    }
}

fn read_file(directory: &Path, tile: Tile) -> Result<Vec<u8>, LedgerError> {
    let path = directory.join(tile.to_string());
    disk::read(&path)?.ok_or_else(|| LedgerError::corrupt(&path, "missing"))
}

/// Tiles kept in memory for proofs: 16 KiB each with their inner nodes.
const CACHE: usize = 1024;
