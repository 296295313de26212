//! A kept index as bytes: configuration, model and decision, dictionaries, rows and names, and the digest of all that.

#![expect(clippy::indexing_slicing, reason = "chunks have the size that they were cut to")]

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    config::Config,
    dict::{Dict, JointDict},
    error::LinkError,
    model::Model,
    table::Table,
};

/// What stands before the records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub config: Config,
    pub model: Model,
    pub rule: Rule,
    /// Columns of the table, as it was made with.
    pub columns: Vec<String>,
    pub joint_seeds: Vec<u64>,
    pub records: u64,
    /// Events of the log when this was written: a log with fewer lost some.
    pub events: u64,
}

/// The weights, prior not counted, by which an arriving record is decided upon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The logarithm of the odds before looking.
    pub prior: f32,
    /// From here on two records are one person's.
    pub threshold: f32,
    /// From here on a human should look, up to `sure_from`.
    pub review_from: f32,
    /// From here on nobody need look.
    pub sure_from: f32,
}

const MAGIC: &[u8] = b"musubi linkage index 2\n";
const DIGEST: usize = 32;
/// The largest header that is read.
const MAX_HEADER: u64 = 16 << 20;

/// Writes an index.
///
/// # Errors
/// When the bytes cannot be written.
pub(crate) fn write(header: &Header, table: &Table, out: &mut impl Write) -> io::Result<()> {
    let mut out = Hashing { inner: out, digest: Sha256::new() };
    out.write_all(MAGIC)?;
    let json = serde_json::to_vec(header)?;
    put(&mut out, &json, |byte| [*byte])?;
    for dict in &table.domains {
        let (texts, ends) = dict.parts();
        put(&mut out, ends, |end| end.to_le_bytes())?;
        put(&mut out, texts.as_bytes(), |byte| [*byte])?;
    }
    for joint in &table.joints {
        put(&mut out, joint.parts().0, |key| key.to_le_bytes())?;
    }
    put(&mut out, &table.rows, |id| id.to_le_bytes())?;
    let (names, ends) = table.names();
    put(&mut out, ends, |end| end.to_le_bytes())?;
    put(&mut out, names.as_bytes(), |byte| [*byte])?;
    put(&mut out, table.starts(), |start| start.to_le_bytes())?;
    let digest = out.digest.finalize();
    out.inner.write_all(&digest)
}

/// Reads an index.
///
/// # Errors
/// When it is none, of another version, cut off or changed.
pub(crate) fn read(what: &str, input: impl Read) -> Result<(Header, Table), LinkError> {
    let damaged = |problem: &str| LinkError::Damaged { what: what.to_owned(), problem: problem.to_owned() };
    let mut input = Hashing { inner: input, digest: Sha256::new() };
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged("cut off"),
        _ => damaged(&error.to_string()),
    };
    let mut magic = [0; MAGIC.len()];
    input.read_exact(&mut magic).map_err(failed)?;
    if magic != MAGIC {
        return Err(damaged("not a kept index of version 2"));
    }
    let json = bytes(&mut input, MAX_HEADER).map_err(failed)?;
    let header: Header = serde_json::from_slice(&json).map_err(|e| damaged(&e.to_string()))?;
    let mut table = Table::new(&header.config, &header.columns)?;
    if header.joint_seeds.len() != table.joints.len() {
        return Err(damaged("columns and seeds do not fit"));
    }
    for dict in &mut table.domains {
        let ends = words(&mut input).map_err(failed)?;
        let texts = text(&mut input).map_err(failed)?;
        *dict = Dict::from_parts(texts, ends).ok_or_else(|| damaged("a dictionary is not one"))?;
    }
    for (joint, seed) in table.joints.iter_mut().zip(&header.joint_seeds) {
        let keys = long_words(&mut input).map_err(failed)?;
        *joint = JointDict::from_parts(keys, *seed).ok_or_else(|| damaged("a dictionary is not one"))?;
    }
    let rows = words(&mut input).map_err(failed)?;
    let ends = long_words(&mut input).map_err(failed)?;
    let names = text(&mut input).map_err(failed)?;
    let starts = words(&mut input).map_err(failed)?;
    let counted: [u8; DIGEST] = input.digest.clone().finalize().into();
    let mut digest = [0; DIGEST];
    input.inner.read_exact(&mut digest).map_err(failed)?;
    if digest != counted {
        return Err(damaged("its digest does not fit: it was changed"));
    }
    if ends.len() as u64 != header.records || !table.restore(rows, names, ends, starts) {
        return Err(damaged("rows, names and dictionaries do not fit"));
    }
    Ok((header, table))
}

/// Reads or writes and takes the digest of it.
struct Hashing<T> {
    inner: T,
    digest: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(room)?;
        self.digest.update(&room[..read]);
        Ok(read)
    }
}

/// Writes the number of items and their bytes.
fn put<T, const N: usize>(
    out: &mut impl Write,
    items: &[T],
    bytes: impl Fn(&T) -> [u8; N],
) -> io::Result<()> {
    out.write_all(&(items.len() as u64).to_le_bytes())?;
    for part in items.chunks(1 << 14) {
        out.write_all(&part.iter().flat_map(&bytes).collect::<Vec<u8>>())?;
    }
    Ok(())
}

/// Reads what [`put`] wrote; nothing is set aside for what is not there.
fn get<T, const N: usize>(
    input: &mut impl Read,
    most: u64,
    item: impl Fn([u8; N]) -> T,
) -> io::Result<Vec<T>> {
    let mut count = [0; 8];
    input.read_exact(&mut count)?;
    let mut left = u64::from_le_bytes(count);
    if left > most {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut items = Vec::new();
    let mut buffer = vec![0; N << 14];
    while left > 0 {
        let now = left.min(1 << 14) as usize;
        let part = &mut buffer[..now * N];
        input.read_exact(part)?;
        items.extend(part.as_chunks::<N>().0.iter().map(|chunk| item(*chunk)));
        left -= now as u64;
    }
    items.shrink_to_fit();
    Ok(items)
}

fn bytes(input: &mut impl Read, most: u64) -> io::Result<Vec<u8>> {
    get(input, most, |[byte]| byte)
}

fn words(input: &mut impl Read) -> io::Result<Vec<u32>> {
    get(input, u64::MAX, u32::from_le_bytes)
}

fn long_words(input: &mut impl Read) -> io::Result<Vec<u64>> {
    get(input, u64::MAX, u64::from_le_bytes)
}

fn text(input: &mut impl Read) -> io::Result<String> {
    String::from_utf8(bytes(input, u64::MAX)?).map_err(|_| io::Error::other("a text is not UTF-8"))
}
