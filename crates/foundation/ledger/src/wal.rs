//! The write-ahead log: where an entry becomes durable.
//!
//! Segment files `wal/<sequence>` of fixed length hold frames, one a batch, each at a multiple of 4,096 bytes so that
//! writing one never touches a block of another:
//!
//! ```text
//! magic 8 | sequence of the segment u64 | index of the first entry u64 | entries u32 | bytes of entries u32
//! | SHA-256 over the 32 bytes before and the leaf hashes | entries as in a bundle | zeros up to the block
//! ```
//!
//! A segment whose entries are all in durable tiles is used again under a new sequence number: overwriting blocks
//! that exist makes fdatasync cheap. Frames of its former life carry the old number and count for nothing.

use std::{
    collections::VecDeque,
    fs::{self, File, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest, Sha256};

use crate::{
    LedgerError,
    disk::{self, LogFile},
    hash::Hash,
    tile,
};

/// The open end of the log.
pub(crate) struct Wal {
    segments: Arc<Segments>,
    options: Options,
    sequence: u64,
    path: PathBuf,
    file: Box<dyn LogFile>,
    offset: u64,
    buffer: Vec<u8>,
}

/// Makes a log file of an open file.
pub(crate) type Wrap = Arc<dyn Fn(File) -> Box<dyn LogFile> + Send + Sync>;

/// How the log is laid out and how its files are reached.
#[derive(Clone)]
pub(crate) struct Options {
    /// Length of a segment; a multiple of the block, more than a frame.
    pub(crate) segment: u64,
    /// Bytes of entries after which a frame is closed.
    pub(crate) frame: usize,
    /// Makes a log file of an open file.
    pub(crate) wrap: Wrap,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment: 8 << 20, frame: 1 << 20, wrap: Arc::new(|file| Box::new(file)) }
    }
}

/// The closed segments, shared with the keeper that retires them.
pub(crate) struct Segments {
    directory: PathBuf,
    closed: Mutex<VecDeque<Closed>>,
}

struct Closed {
    path: PathBuf,
    /// Index after its last entry.
    end: u64,
}

/// A frame as found on disk.
pub(crate) struct Frame {
    /// Index of the first entry.
    pub(crate) first: u64,
    /// Entries as in a bundle.
    pub(crate) entries: Vec<u8>,
    /// Their leaf hashes.
    pub(crate) hashes: Vec<Hash>,
    /// Where the next frame begins.
    pub(crate) end: u64,
}

impl Wal {
    /// Writes a frame and returns when it is on the disk.
    pub(crate) fn append(
        &mut self,
        first: u64,
        entries: &[&[u8]],
        hashes: &[Hash],
    ) -> Result<(), LedgerError> {
        let length: usize = entries.iter().map(|bytes| bytes.len()).sum();
        if self.offset + blocks(HEADER + length) > self.options.segment {
            self.rotate(first)?;
        }
        self.encode(first, entries, hashes, length);
        let write = self.file.write_at(&self.buffer, self.offset).and_then(|()| self.file.sync());
        write.map_err(|error| LedgerError::io(&self.path, &error))?;
        self.offset += self.buffer.len() as u64;
        Ok(())
    }

    fn encode(&mut self, first: u64, entries: &[&[u8]], hashes: &[Hash], length: usize) {
        self.buffer.clear();
        self.buffer.extend_from_slice(MAGIC);
        self.buffer.extend_from_slice(&self.sequence.to_be_bytes());
        self.buffer.extend_from_slice(&first.to_be_bytes());
        // Bounded by the frame, which is far below 4 GiB.
        self.buffer.extend_from_slice(&(hashes.len() as u32).to_be_bytes());
        self.buffer.extend_from_slice(&(length as u32).to_be_bytes());
        let digest = digest(&self.buffer, hashes);
        self.buffer.extend_from_slice(&digest);
        entries.iter().for_each(|bytes| self.buffer.extend_from_slice(bytes));
        self.buffer.resize(blocks(HEADER + length) as usize, 0);
    }

    /// Closes the segment, which ends before entry `end`, and goes on in the next.
    fn rotate(&mut self, end: u64) -> Result<(), LedgerError> {
        let next = self.segments.open_next(self.sequence + 1, self.options.segment)?;
        let closed = Closed { path: std::mem::replace(&mut self.path, next.0), end };
        self.segments.closed.lock().unwrap_or_else(PoisonError::into_inner).push_back(closed);
        self.file = (self.options.wrap)(next.1);
        self.sequence += 1;
        self.offset = 0;
        Ok(())
    }

    /// The closed segments.
    pub(crate) fn segments(&self) -> Arc<Segments> {
        Arc::clone(&self.segments)
    }
}

impl Segments {
    /// Retires segments whose entries below `settled` are in durable tiles. The last closed one stays: if the open
    /// one is still empty after a crash, it says where the log ends.
    pub(crate) fn retire(&self, settled: u64) -> Result<(), LedgerError> {
        loop {
            let path = {
                let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
                match closed.front() {
                    Some(oldest) if oldest.end <= settled && closed.len() > 1 => {
                        closed.pop_front().map(|c| c.path)
                    }
                    _ => None,
                }
            };
            let Some(path) = path else { return Ok(()) };
            let spare = self.directory.join(SPARE);
            let retired = if spare.exists() { fs::remove_file(&path) } else { fs::rename(&path, &spare) };
            retired.map_err(|error| LedgerError::io(&path, &error))?;
        }
    }

    /// The file of a new segment: the spare one if there is one. Its name is durable when this returns.
    fn open_next(&self, sequence: u64, length: u64) -> Result<(PathBuf, File), LedgerError> {
        let path = self.directory.join(format!("{sequence:016x}"));
        let spare = self.directory.join(SPARE);
        let open = || {
            if spare.exists() {
                fs::rename(&spare, &path)?;
            }
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
            file.set_len(length)?;
            Ok(file)
        };
        let file = open().map_err(|error| LedgerError::io(&path, &error))?;
        disk::sync_directory(&self.directory)?;
        Ok((path, file))
    }
}

/// Reads the log in `directory`, hands every frame in order to `visit`, and opens its end for writing.
pub(crate) fn recover(
    directory: &Path,
    options: Options,
    mut visit: impl FnMut(&Path, Frame) -> Result<(), LedgerError>,
) -> Result<Wal, LedgerError> {
    disk::create_directory(directory)?;
    let segments = Segments { directory: directory.to_owned(), closed: Mutex::default() };
    let found = list(directory)?;
    let mut last = None;
    let mut end_index = 0;
    for (sequence, path) in found {
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(|error| LedgerError::io(&path, &error))?;
        let offset = read_segment(&path, &file, sequence, |frame| {
            end_index = frame.first + frame.hashes.len() as u64;
            visit(&path, frame)
        })?;
        rewrite(&path, &file, offset)?;
        if let Some((_, path, _, _, end)) = last.replace((sequence, path, file, offset, end_index)) {
            let closed = Closed { path, end };
            segments.closed.lock().unwrap_or_else(PoisonError::into_inner).push_back(closed);
        }
    }
    let (sequence, path, file, offset) = match last {
        Some((sequence, path, file, offset, _)) => (sequence, path, file, offset),
        None => {
            let (path, file) = segments.open_next(0, options.segment)?;
            (0, path, file, 0)
        }
    };
    file.set_len(options.segment.max(offset)).map_err(|error| LedgerError::io(&path, &error))?;
    let file = (options.wrap)(file);
    Ok(Wal { segments: Arc::new(segments), options, sequence, path, file, offset, buffer: Vec::new() })
}

/// The segments in order of their numbers, which must follow one another.
pub(crate) fn list(directory: &Path) -> Result<Vec<(u64, PathBuf)>, LedgerError> {
    let io = |error| LedgerError::io(directory, &error);
    let mut found = Vec::new();
    for item in fs::read_dir(directory).map_err(io)? {
        let path = item.map_err(io)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name == SPARE {
            continue;
        }
        match u64::from_str_radix(name, 16) {
            Ok(sequence) if name.len() == 16 => found.push((sequence, path)),
            _ => return Err(LedgerError::corrupt(&path, "not a segment of the write-ahead log")),
        }
    }
    found.sort();
    for pair in found.windows(2) {
        if let [(before, _), (after, path)] = pair
            && before + 1 != *after
        {
            return Err(LedgerError::corrupt(
                path,
                format!("segment {:016x} before it is missing", after - 1),
            ));
        }
    }
    Ok(found)
}

/// Hands the whole frames of a segment to `visit` and answers where they end. What follows is the torn write of a
/// batch nobody was told of, unless a whole frame follows it: then something in between was damaged.
pub(crate) fn read_segment(
    path: &Path,
    file: &File,
    sequence: u64,
    mut visit: impl FnMut(Frame) -> Result<(), LedgerError>,
) -> Result<u64, LedgerError> {
    let io = |error| LedgerError::io(path, &error);
    let length = file.metadata().map_err(io)?.len();
    let mut offset = 0;
    while let Some(frame) = read_frame(file, sequence, offset, length).map_err(io)? {
        offset = frame.end;
        visit(frame)?;
    }
    let mut beyond = offset + BLOCK;
    while beyond < length {
        if let Some(frame) = read_frame(file, sequence, beyond, length).map_err(io)? {
            let what = format!("damaged at byte {offset}: entry {} follows it whole", frame.first);
            return Err(LedgerError::corrupt(path, what));
        }
        beyond += BLOCK;
    }
    Ok(offset)
}

/// The frame at `offset`, if there is a whole one of this segment.
fn read_frame(file: &File, sequence: u64, offset: u64, length: u64) -> std::io::Result<Option<Frame>> {
    let mut header = [0; HEADER];
    if offset + HEADER as u64 > length {
        return Ok(None);
    }
    file.read_exact_at(&mut header, offset)?;
    let Some((first, count, bytes)) = parse_header(&header, sequence) else { return Ok(None) };
    let end = offset + blocks(HEADER + bytes);
    if end > length {
        return Ok(None);
    }
    let mut body = vec![0; (end - offset) as usize - HEADER];
    file.read_exact_at(&mut body, offset + HEADER as u64)?;
    let padding = body.split_off(bytes);
    let Some(hashes) = tile::entries(&body).map(|entry| entry.map(Hash::leaf)).collect::<Option<Vec<_>>>()
    else {
        return Ok(None);
    };
    let (signed, found) = header.split_at(HEADER - 32);
    let whole =
        hashes.len() == count && digest(signed, &hashes) == *found && padding.iter().all(|byte| *byte == 0);
    Ok(whole.then_some(Frame { first, entries: body, hashes, end }))
}

/// First index, entries and bytes of a frame header of segment `sequence`.
fn parse_header(header: &[u8; HEADER], sequence: u64) -> Option<(u64, usize, usize)> {
    let (magic, rest) = header.split_first_chunk::<8>()?;
    let (own, rest) = rest.split_first_chunk::<8>()?;
    let (first, rest) = rest.split_first_chunk::<8>()?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let (bytes, _) = rest.split_first_chunk::<4>()?;
    let ours = magic == MAGIC && u64::from_be_bytes(*own) == sequence;
    ours.then(|| {
        (u64::from_be_bytes(*first), u32::from_be_bytes(*count) as usize, u32::from_be_bytes(*bytes) as usize)
    })
}

/// Writes the frames again and syncs. After a failed sync the system may show blocks that never reached the disk;
/// whoever trusts what he read at opening must have written it.
fn rewrite(path: &Path, file: &File, length: u64) -> Result<(), LedgerError> {
    let write = || {
        let mut bytes = vec![0; length as usize];
        file.read_exact_at(&mut bytes, 0)?;
        file.write_all_at(&bytes, 0)?;
        file.sync_all()
    };
    write().map_err(|error| LedgerError::io(path, &error))
}

fn digest(header: &[u8], hashes: &[Hash]) -> [u8; 32] {
    let mut digest = Sha256::new_with_prefix(header);
    hashes.iter().for_each(|hash| digest.update(hash.0));
    digest.finalize().into()
}

/// `bytes` rounded up to whole blocks.
fn blocks(bytes: usize) -> u64 {
    (bytes as u64).next_multiple_of(BLOCK)
}

const MAGIC: &[u8; 8] = b"MUSUBIW1";
const HEADER: usize = 64;
const BLOCK: u64 = 4096;
/// Name of the retired segment kept for the next rotation.
const SPARE: &str = "spare";
