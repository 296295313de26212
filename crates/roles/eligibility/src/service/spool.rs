//! A received file on disk until it is read, encrypted under a key that lives in memory only: My Numbers stand
//! nowhere in clear, and a crash leaves bytes that nobody can read.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

/// A file being received.
pub struct Spooling {
    file: io::BufWriter<File>,
    spooled: Spooled,
    chunk: Vec<u8>,
    hash: Sha256,
}

/// A received file. Dropping it deletes it.
pub struct Spooled {
    path: PathBuf,
    key: LessSafeKey,
    chunks: u64,
    digest: [u8; 32],
}

impl Spooling {
    /// Begins a file in `directory`.
    ///
    /// # Errors
    /// The disk's, or no randomness.
    pub fn begin(directory: &Path, name: &str) -> io::Result<Self> {
        let mut secret = [0; 32];
        SystemRandom::new().fill(&mut secret).map_err(|_| io::Error::other("no randomness"))?;
        let key = UnboundKey::new(&AES_256_GCM, &secret).map_err(|_| io::Error::other("no key"))?;
        fs::create_dir_all(directory)?;
        let path = directory.join(format!("{name}.spool"));
        let file = io::BufWriter::new(File::create_new(&path)?);
        let spooled = Spooled { path, key: LessSafeKey::new(key), chunks: 0, digest: [0; 32] };
        Ok(Self { file, spooled, chunk: Vec::with_capacity(CHUNK + TAG), hash: Sha256::new() })
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// The disk's.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            bytes = rest;
            if self.chunk.len() == CHUNK {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The disk's.
    pub fn finish(mut self) -> io::Result<Spooled> {
        self.flush()?;
        self.file.flush()?;
        self.spooled.digest = self.hash.finalize().into();
        Ok(self.spooled)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let nonce = nonce(self.spooled.chunks);
        let sealed = self.spooled.key.seal_in_place_append_tag(nonce, Aad::empty(), &mut self.chunk);
        sealed.map_err(|_| io::Error::other("a chunk cannot be sealed"))?;
        self.file.write_all(&self.chunk)?;
        self.spooled.chunks += 1;
        self.chunk.clear();
        Ok(())
    }
}

impl Spooled {
    /// SHA-256 of the file in clear.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Reads it from the beginning.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(&self) -> io::Result<SpoolReader> {
        let key = self.key.clone();
        let file = BufReader::with_capacity(CHUNK + TAG, File::open(&self.path)?);
        Ok(SpoolReader { file, key, next: 0, chunks: self.chunks, chunk: Vec::new(), at: 0 })
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, "a spooled file could not be removed; nobody can read it");
        }
    }
}

/// A spooled file in clear, as a stream.
pub struct SpoolReader {
    file: BufReader<File>,
    key: LessSafeKey,
    next: u64,
    chunks: u64,
    chunk: Vec<u8>,
    at: usize,
}

impl Read for SpoolReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.chunk.len() {
            self.fill()?;
        }
        let rest = self.chunk.get(self.at..).unwrap_or_default();
        let count = rest.len().min(out.len());
        let (from, to) = (rest.get(..count), out.get_mut(..count));
        if let (Some(from), Some(to)) = (from, to) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}

impl SpoolReader {
    fn fill(&mut self) -> io::Result<()> {
        self.chunk.clear();
        self.at = 0;
        if self.next == self.chunks {
            return Ok(());
        }
        (&mut self.file).take((CHUNK + TAG) as u64).read_to_end(&mut self.chunk)?;
        let opened = self.key.open_in_place(nonce(self.next), Aad::empty(), &mut self.chunk);
        let length = opened.map_err(|_| io::Error::other("the spooled file was altered"))?.len();
        self.chunk.truncate(length);
        self.next += 1;
        Ok(())
    }
}

fn nonce(number: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes.iter_mut().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
    Nonce::assume_unique_for_key(bytes)
}

/// Bytes of clear text in a chunk.
const CHUNK: usize = 64 * 1024;
/// Bytes that AES-GCM adds.
const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_and_is_not_readable_on_disk() {
        let directory = tempfile::tempdir().unwrap();
        let text = "123456789018,".repeat(40_000);
        let mut spooling = Spooling::begin(directory.path(), "x").unwrap();
        for part in text.as_bytes().chunks(1_000) {
            spooling.write(part).unwrap();
        }
        let spooled = spooling.finish().unwrap();
        let on_disk = fs::read(&spooled.path).unwrap();
        assert!(!on_disk.windows(12).any(|w| w == b"123456789018"));
        for _ in 0..2 {
            let mut read = String::new();
            spooled.read().unwrap().read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
        let path = spooled.path.clone();
        drop(spooled);
        assert!(!path.exists());
    }
}
