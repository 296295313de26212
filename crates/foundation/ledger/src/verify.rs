//! Verifying a ledger with nothing but its directory: every byte that counts is read and hashed again.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    LedgerError,
    append::encoded,
    checkpoint::Checkpoint,
    cosigned::{self, COSIGNED, WITNESSES},
    disk,
    hash::Hash,
    keeper::CHECKPOINT,
    leaf::Leaf,
    ledger::BUNDLE,
    note::SignedNote,
    open::{self, LOCK, WAL},
    shared,
    tile::{self, FULL, Tile, TileKind},
    wal,
};

/// What a verification found.
#[derive(Debug, Clone)]
pub struct VerifyReport {
    /// Entries read and hashed.
    pub entries: u64,
    /// Root over them.
    pub root: Hash,
    /// Size of the signed checkpoint.
    pub signed: Option<u64>,
    /// Whether the checkpoint's signature was verified; without a key it cannot be.
    pub signature_verified: bool,
    /// The first problem, `None` when all is well.
    pub problem: Option<Problem>,
}

/// A place where the ledger is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Index of the first entry concerned, where one can be named.
    pub index: Option<u64>,
    /// The file.
    pub place: String,
    /// What was found and what was expected.
    pub what: String,
    /// The same in Japanese.
    pub what_ja: String,
}

/// Verifies the ledger in `directory`; with `verifying_key` (the log's Ed25519 key) its checkpoint's signature as well.
/// A ledger that a running process holds is verified up to its signed checkpoint.
///
/// The spare space after the last frame of the write-ahead log is not part of the ledger and not looked at.
///
/// # Errors
/// [`LedgerError::Io`] when a file cannot be read. What the files say wrongly is in the report.
pub fn verify(directory: &Path, verifying_key: Option<[u8; 32]>) -> Result<VerifyReport, LedgerError> {
    fs::read_dir(directory).map_err(|error| LedgerError::io(directory, &error))?;
    let lock = open::try_lock_existing(directory);
    let live = lock.is_none() && directory.join(LOCK).exists();
    let mut scan = Scan::new(directory, live);
    let outcome = scan.run(verifying_key);
    let problem = match outcome {
        Ok(()) => None,
        Err(Stop::Problem(problem)) => Some(problem),
        Err(Stop::Failed(error)) => return Err(error),
    };
    Ok(VerifyReport {
        entries: scan.count,
        root: scan.peaks.root(),
        signed: scan.signed,
        signature_verified: scan.signature_verified,
        problem,
    })
}

/// Why a scan ends early.
enum Stop {
    Problem(Problem),
    Failed(LedgerError),
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        let (place, index) = match &error {
            LedgerError::Io { .. } => return Self::Failed(error),
            LedgerError::Corrupt { place, what } => {
                let what_ja = format!("内容が壊れています（{what}）");
                return Self::Problem(Problem {
                    index: None,
                    place: place.clone(),
                    what: what.clone(),
                    what_ja,
                });
            }
            LedgerError::Note { place, error } => {
                let (what, what_ja) = (error.to_string(), error.ja());
                return Self::Problem(Problem { index: None, place: place.clone(), what, what_ja });
            }
            LedgerError::Rollback { found, .. } => (CHECKPOINT.to_owned(), Some(*found)),
            _ => (CHECKPOINT.to_owned(), None),
        };
        Self::Problem(Problem { index, place, what: error.to_string(), what_ja: error.ja() })
    }
}

/// One pass over the directory.
struct Scan<'a> {
    directory: &'a Path,
    live: bool,
    signed: Option<u64>,
    signature_verified: bool,
    /// Entries hashed so far and the peaks of their tree.
    count: u64,
    peaks: Peaks,
    /// Heads whose roots must come out at their sizes, with the file that claims them.
    heads: BTreeMap<u64, Vec<(Hash, &'static str)>>,
    /// The hashes of each level since the last full tile.
    levels: Vec<Vec<Hash>>,
    /// The entries of the write-ahead log: index of the first, then each as in a bundle.
    log: Option<(u64, Vec<Vec<u8>>)>,
}

impl<'a> Scan<'a> {
    fn new(directory: &'a Path, live: bool) -> Self {
        Self {
            directory,
            live,
            signed: None,
            signature_verified: false,
            count: 0,
            peaks: Peaks::default(),
            heads: BTreeMap::new(),
            levels: Vec::new(),
            log: None,
        }
    }

    fn run(&mut self, key: Option<[u8; 32]>) -> Result<(), Stop> {
        let signed = self.checkpoint(key)?;
        self.cosigned(&signed, key)?;
        if !self.live {
            self.read_log()?;
        }
        let in_log = self.log.as_ref().map(|(first, entries)| first + entries.len() as u64);
        let total = if self.live { signed.size } else { in_log.unwrap_or(0) };
        self.check_heads()?;
        for number in 0..total.div_ceil(BUNDLE) {
            self.bundle(number, (total - number * BUNDLE).min(BUNDLE))?;
        }
        for level in 0..self.levels.len() {
            self.partial_hashes(level)?;
        }
        if signed.size > total {
            return Err(LedgerError::Rollback { signed: signed.size, found: total }.into());
        }
        if self.live { Ok(()) } else { self.nothing_else(total) }
    }

    /// Reads the checkpoint and verifies its signature.
    fn checkpoint(&mut self, key: Option<[u8; 32]>) -> Result<Checkpoint, Stop> {
        let path = self.directory.join(CHECKPOINT);
        let bytes = disk::read(&path)?.ok_or_else(|| problem(None, &path, "missing", "ありません"))?;
        let text = String::from_utf8(bytes).map_err(|_| LedgerError::corrupt(&path, "not UTF-8"))?;
        let note: SignedNote = text.parse().map_err(|error| LedgerError::note(&path, error))?;
        let head = self.head(&note, key, &path)?;
        self.signature_verified = key.is_some();
        self.signed = Some(head.size);
        self.heads.entry(head.size).or_default().push((head.root, CHECKPOINT));
        Ok(head)
    }

    /// Reads the cosigned checkpoint, if there is one, and verifies every cosignature on it.
    fn cosigned(&mut self, signed: &Checkpoint, key: Option<[u8; 32]>) -> Result<(), Stop> {
        let path = self.directory.join(COSIGNED);
        let Some(note) = cosigned::read(self.directory)? else { return Ok(()) };
        let head = self.head(&note, key, &path)?;
        if head.origin != signed.origin || head.size > signed.size {
            return Err(LedgerError::corrupt(&path, "is of another log or ahead of the checkpoint").into());
        }
        let witnesses = cosigned::witnesses(self.directory)?;
        for line in note.signatures.iter().skip(1) {
            let witness = witnesses.iter().find(|witness| witness.claims(line));
            let witness = witness
                .ok_or_else(|| LedgerError::corrupt(&path, format!("no key of {} is kept", line.name)))?;
            note.verify(witness).map_err(|error| LedgerError::note(&path, error))?;
        }
        self.heads.entry(head.size).or_default().push((head.root, COSIGNED));
        Ok(())
    }

    /// The head in a note, its signature by the log verified if there is a key.
    fn head(&self, note: &SignedNote, key: Option<[u8; 32]>, path: &Path) -> Result<Checkpoint, Stop> {
        let head: Checkpoint = note.text.parse().map_err(|error| LedgerError::note(path, error))?;
        if let Some(public) = key {
            let key = shared::log_key(&head.origin, public)?;
            note.verify(&key).map_err(|error| LedgerError::note(path, error))?;
        } else if note.signatures.first().is_none_or(|line| line.name != head.origin) {
            return Err(LedgerError::corrupt(path, "the first signature is not by the log").into());
        }
        Ok(head)
    }

    fn read_log(&mut self) -> Result<(), Stop> {
        let log = &mut self.log;
        for (sequence, path) in wal::list(&self.directory.join(WAL))? {
            let file = fs::File::open(&path).map_err(|error| LedgerError::io(&path, &error))?;
            wal::read_segment(&path, &file, sequence, |frame| {
                let (first, entries) = log.get_or_insert_with(|| (frame.first, Vec::new()));
                let next = *first + entries.len() as u64;
                if frame.first != next {
                    return Err(LedgerError::corrupt(&path, format!("entry {} follows {next}", frame.first)));
                }
                entries.extend(encoded(&frame.entries).map(<[u8]>::to_vec));
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Reads bundle `number`, which has `width` entries, from its file and from the log.
    fn bundle(&mut self, number: u64, width: u64) -> Result<(), Stop> {
        let start = number * BUNDLE;
        let full = Tile::full(TileKind::Entries, number);
        let path = self.directory.join(full.to_string());
        let logged = self.logged(start, width);
        let whole_in_log = logged.iter().all(Option::is_some);
        let file = if width == BUNDLE { disk::read(&path)? } else { None };
        let bundle = match file {
            Some(bundle) => bundle,
            None if whole_in_log => logged.iter().flatten().flat_map(|entry| entry.iter().copied()).collect(),
            None if self.live && width < BUNDLE => self.partial_of_checkpoint(number, width)?,
            None => return Err(problem(Some(start), &path, "missing", "ありません")),
        };
        let entries: Vec<&[u8]> = encoded(&bundle).collect();
        let read: usize = entries.iter().map(|entry| entry.len()).sum();
        if entries.len() as u64 != width || read != bundle.len() {
            let index = start + entries.len() as u64;
            return Err(problem(
                Some(index),
                &path,
                "the bundle does not end with its last entry",
                "件数が合いません",
            ));
        }
        let mut hashes = Vec::with_capacity(entries.len());
        for ((index, entry), logged) in (start..).zip(&entries).zip(&logged) {
            if logged.as_ref().is_some_and(|logged| logged != entry) {
                return Err(problem(
                    Some(index),
                    &path,
                    "differs from the write-ahead log",
                    "書込みログと異なります",
                ));
            }
            let leaf = entry.get(2..).unwrap_or_default();
            if let Err(error) = Leaf::decode(leaf) {
                return Err(problem(Some(index), &path, &error.to_string(), &error.ja()));
            }
            hashes.push(Hash::leaf(leaf));
        }
        self.partial_files(full, &bundle, |width| entries.iter().take(width).map(|entry| entry.len()).sum())?;
        for hash in hashes {
            self.leaf(hash)?;
        }
        Ok(())
    }

    /// What the write-ahead log holds of the entries `start..start + width`.
    fn logged(&self, start: u64, width: u64) -> Vec<Option<Vec<u8>>> {
        let entry = |index: u64| {
            let (first, entries) = self.log.as_ref()?;
            entries.get(usize::try_from(index.checked_sub(*first)?).ok()?).cloned()
        };
        (start..start + width).map(entry).collect()
    }

    /// The last bundle of a running log, which is in the file of its checkpoint.
    fn partial_of_checkpoint(&self, number: u64, width: u64) -> Result<Vec<u8>, Stop> {
        let partial = Tile { kind: TileKind::Entries, index: number, width: width as u16 };
        for tile in [partial, Tile::full(TileKind::Entries, number)] {
            if let Some(bytes) = disk::read(&self.directory.join(tile.to_string()))? {
                return Ok(encoded(&bytes).take(width as usize).flatten().copied().collect());
            }
        }
        let path = self.directory.join(partial.to_string());
        Err(problem(Some(number * BUNDLE), &path, "missing", "ありません"))
    }

    fn leaf(&mut self, hash: Hash) -> Result<(), Stop> {
        self.count += 1;
        self.peaks.push(hash);
        self.check_heads()?;
        let mut carry = Some(hash);
        let mut level = 0;
        while let Some(hash) = carry.take() {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some(tile) = self.levels.get_mut(level) else { break };
            tile.push(hash);
            if tile.len() == usize::from(FULL) {
                let full = std::mem::take(tile);
                self.full_hashes(level, &full)?;
                carry = Some(Hash::of_complete(&full));
                level += 1;
            }
        }
        Ok(())
    }

    /// Holds a full tile against its file. It may be absent only while the write-ahead log can make it again.
    fn full_hashes(&self, level: usize, hashes: &[Hash]) -> Result<(), Stop> {
        let span = BUNDLE << (8 * level);
        let index = self.count / span - 1;
        let full = Tile::full(TileKind::Hashes(level as u8), index);
        let path = self.directory.join(full.to_string());
        match disk::read(&path)? {
            Some(bytes) => self.same_hashes(&path, level, index, hashes, &bytes)?,
            None if self.log.as_ref().is_some_and(|(first, _)| self.count > *first) => {}
            None => return Err(problem(Some(self.count - span), &path, "missing", "ありません")),
        }
        self.partial_files(full, &tile::encode_hashes(hashes), |width| width * 32)
    }

    fn partial_hashes(&self, level: usize) -> Result<(), Stop> {
        let hashes = self.levels.get(level).map_or(&[][..], |hashes| hashes);
        let index = self.count / (BUNDLE << (8 * level));
        let full = Tile::full(TileKind::Hashes(level as u8), index);
        self.partial_files(full, &tile::encode_hashes(hashes), |width| width * 32)
    }

    fn same_hashes(
        &self,
        path: &Path,
        level: usize,
        index: u64,
        hashes: &[Hash],
        bytes: &[u8],
    ) -> Result<(), Stop> {
        let found = tile::decode_hashes(bytes).unwrap_or_default();
        let differs = hashes.iter().zip(&found).position(|(computed, found)| computed != found);
        match differs {
            None if found.len() == hashes.len() => Ok(()),
            None => Err(problem(
                Some((index * BUNDLE) << (8 * level)),
                path,
                "is not 8192 bytes long",
                "長さが違います",
            )),
            Some(position) => {
                let entry = (index * BUNDLE + position as u64) << (8 * level);
                let what = format!("hash {position} is not that of the entries");
                Err(problem(Some(entry), path, &what, &format!("{position}番目のハッシュが記録と合いません")))
            }
        }
    }

    /// Holds every partial file of a tile against the beginning of its whole content.
    fn partial_files(&self, full: Tile, whole: &[u8], length: impl Fn(usize) -> usize) -> Result<(), Stop> {
        let directory = self.directory.join(format!("{full}.p"));
        let Ok(listing) = fs::read_dir(&directory) else { return Ok(()) };
        for item in listing {
            let path = item.map_err(|error| LedgerError::io(&directory, &error))?.path();
            if is_temporary(&path) {
                continue;
            }
            let width = path.file_name().and_then(|name| name.to_str()?.parse::<u16>().ok());
            // A running ledger removes them under our eyes.
            let Some(bytes) = disk::read(&path)? else { continue };
            let expected = width.filter(|w| (1..FULL).contains(w)).map(|width| length(width.into()));
            if expected.is_none_or(|expected| whole.get(..expected) != Some(&bytes[..]))
                && !self.beyond(full, width)
            {
                return Err(problem(
                    None,
                    &path,
                    "is not the beginning of its tile",
                    "タイルの先頭部分と一致しません",
                ));
            }
        }
        Ok(())
    }

    /// A running ledger has partial tiles of checkpoints after the one we verify.
    fn beyond(&self, full: Tile, width: Option<u16>) -> bool {
        let level = if let TileKind::Hashes(level) = full.kind { u32::from(level) } else { 0 };
        let end = (full.index * BUNDLE + u64::from(width.unwrap_or(0))) << (8 * level);
        self.live && end > self.signed.unwrap_or(0)
    }

    /// Holds the root at the present size against the heads that claim one.
    fn check_heads(&self) -> Result<(), Stop> {
        for (signed, place) in self.heads.get(&self.count).into_iter().flatten() {
            let found = self.peaks.root();
            if found != *signed {
                let error = LedgerError::Fork { size: self.count, signed: *signed, found };
                let path = self.directory.join(place);
                return Err(problem(Some(self.count), &path, &error.to_string(), &error.ja()));
            }
        }
        Ok(())
    }

    /// No file but those that belong to a log of `total` entries.
    fn nothing_else(&self, total: u64) -> Result<(), Stop> {
        let known = [CHECKPOINT, COSIGNED, WITNESSES, LOCK];
        for path in files(self.directory)? {
            let name = path.strip_prefix(self.directory).ok().and_then(Path::to_str).unwrap_or_default();
            let level =
                |tile: &Tile| if let TileKind::Hashes(level) = tile.kind { u32::from(level) } else { 0 };
            let fits = |tile: Tile| {
                let end = u128::from(tile.index) * 256 + u128::from(tile.width);
                end.checked_shl(8 * level(&tile)).is_some_and(|end| end <= u128::from(total))
            };
            let belongs = known.contains(&name) || is_temporary(&path) || name.parse().is_ok_and(fits);
            if !belongs && !name.starts_with(WAL) {
                return Err(problem(
                    None,
                    &path,
                    "does not belong to the ledger",
                    "この台帳のものではありません",
                ));
            }
        }
        Ok(())
    }
}

/// Roots of the complete subtrees of a growing tree, by height.
#[derive(Default)]
struct Peaks(Vec<Option<Hash>>);

impl Peaks {
    fn push(&mut self, leaf: Hash) {
        let mut carry = leaf;
        for peak in &mut self.0 {
            match peak.take() {
                Some(left) => carry = Hash::node(&left, &carry),
                None => {
                    *peak = Some(carry);
                    return;
                }
            }
        }
        self.0.push(Some(carry));
    }

    fn root(&self) -> Hash {
        let mut peaks = self.0.iter().flatten();
        let last = peaks.next().copied().unwrap_or_else(Hash::empty_root);
        peaks.fold(last, |right, left| Hash::node(left, &right))
    }
}

fn problem(index: Option<u64>, path: &Path, what: &str, what_ja: &str) -> Stop {
    let place = path.display().to_string();
    Stop::Problem(Problem { index, place, what: what.to_owned(), what_ja: what_ja.to_owned() })
}

/// What a crash leaves of a file that was being replaced.
fn is_temporary(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "new")
}

/// All files under `directory`.
fn files(directory: &Path) -> Result<Vec<PathBuf>, LedgerError> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(place) = open.pop() {
        for item in fs::read_dir(&place).map_err(|error| LedgerError::io(&place, &error))? {
            let path = item.map_err(|error| LedgerError::io(&place, &error))?.path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    Ok(found)
}
