//! The file backend: keys sealed in one file, opened into memory for as long as the process lives.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::Zeroizing;

use super::names::KeyName;
use super::ring::{KeyRing, Secret};
use super::sealed::{FILE_LIMIT, SealProblem, Sealer, Unlock};
use super::{Custody, CustodyError, Direction};
use crate::envelope::{Envelope, EnvelopeContext, EnvelopeKey, StreamOpener};

/// Custody by a sealed file: for development, tests, and houses without a hardware module.
///
/// Secrets are zeroised when dropped and never printed.
pub struct FileCustody {
    ring: KeyRing,
}

impl FileCustody {
    /// Opens the custody file, or makes it. Keys of `keys` that it does not hold yet are generated and saved
    /// before this returns. Processes that open the same file at the same time wait for each other.
    ///
    /// # Errors
    /// The file cannot be read or written, is damaged, or does not open with `unlock`.
    pub fn create_or_open(path: &Path, unlock: Unlock, keys: &[KeyName]) -> Result<Self, CustodyError> {
        let io = |source| CustodyError::Io { path: path.to_owned(), source };
        let sealing = |problem| match problem {
            SealProblem::File(problem) => CustodyError::File { path: path.to_owned(), problem },
            SealProblem::Locked => CustodyError::Locked { path: path.to_owned(), unlock: unlock.name() },
        };
        let _lock = lock(path).map_err(io)?;
        let existing = read(path).map_err(io)?;
        let fresh = existing.is_none();
        let (sealer, mut secrets) = match existing {
            Some(bytes) => Sealer::open(&unlock, &bytes).map_err(sealing)?,
            None => {
                make_key_file(&unlock)?;
                (Sealer::create(&unlock).map_err(sealing)?, Vec::new())
            }
        };
        let held = secrets.len();
        for key in keys {
            if !secrets.iter().any(|(name, _)| name == key) {
                secrets.push((*key, generate().map_err(io)?));
            }
        }
        if fresh || secrets.len() > held {
            write_atomically(path, &sealer.seal(&secrets).map_err(sealing)?).map_err(io)?;
        }
        Ok(Self { ring: KeyRing::new(&secrets) })
    }

    /// Fresh keys in memory only, gone with the process: for tests and one-shot tools.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn ephemeral(keys: &[KeyName]) -> Result<Self, CustodyError> {
        let io = |source| CustodyError::Io { path: PathBuf::from("(memory)"), source };
        let secrets: io::Result<Vec<_>> = keys.iter().map(|key| Ok((*key, generate()?))).collect();
        Ok(Self { ring: KeyRing::new(&secrets.map_err(io)?) })
    }

    #[cfg(test)]
    pub(crate) fn with_secrets(secrets: &[(KeyName, [u8; 32])]) -> Self {
        let secrets: Vec<_> = secrets.iter().map(|(name, secret)| (*name, Zeroizing::new(*secret))).collect();
        Self { ring: KeyRing::new(&secrets) }
    }
}

impl Custody for FileCustody {
    fn permute(
        &self,
        key: &KeyName,
        context: Option<&[u8]>,
        direction: Direction,
        blocks: &mut [[u8; 16]],
    ) -> Result<(), CustodyError> {
        self.ring.permute(key, context, direction, blocks)
    }

    fn mac(&self, key: &KeyName, parts: &[&[u8]]) -> Result<[u8; 32], CustodyError> {
        self.ring.mac(key, parts)
    }

    fn sign(&self, key: &KeyName, message: &[u8]) -> Result<[u8; 64], CustodyError> {
        self.ring.sign(key, message)
    }

    fn verifying_key(&self, key: &KeyName) -> Result<[u8; 32], CustodyError> {
        self.ring.verifying_key(key)
    }

    fn envelope_public_key(&self) -> Result<EnvelopeKey, CustodyError> {
        self.ring.envelope_public_key()
    }

    fn open_envelope(
        &self,
        envelope: &Envelope,
        context: &EnvelopeContext,
    ) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        self.ring.open_envelope(envelope, context)
    }

    fn open_stream(&self, head: &[u8; 32], context: &EnvelopeContext) -> Result<StreamOpener, CustodyError> {
        self.ring.open_stream(head, context)
    }

    fn seal_row(&self, key: &KeyName, aad: &[u8], bytes: &[u8]) -> Result<Vec<u8>, CustodyError> {
        self.ring.seal_row(key, aad, bytes)
    }

    fn open_row(&self, key: &KeyName, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        self.ring.open_row(key, aad, sealed)
    }
}

impl std::fmt::Debug for FileCustody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileCustody(…)")
    }
}

/// A key from the system's own source of randomness.
fn generate() -> io::Result<Secret> {
    let mut secret = Zeroizing::new([0u8; 32]);
    SysRng.try_fill_bytes(secret.as_mut_slice()).map_err(io::Error::other)?;
    Ok(secret)
}

/// Makes the key file where there is none yet.
fn make_key_file(unlock: &Unlock) -> Result<(), CustodyError> {
    let Unlock::KeyFile(path) = unlock else { return Ok(()) };
    let io = |source| CustodyError::Io { path: path.clone(), source };
    if path.try_exists().map_err(io)? {
        return Ok(());
    }
    write_atomically(path, generate().map_err(io)?.as_slice()).map_err(io)
}

/// Held while a custody file is read, completed and written; released when dropped.
fn lock(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    let file = private(OpenOptions::new().create(true).truncate(false)).open(beside(path, "lock"))?;
    file.lock()?;
    Ok(file)
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(FILE_LIMIT + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Writes a file that its owner alone reads: whole or not at all, and on the disk when this returns.
fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = beside(path, "draft");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private(OpenOptions::new().create_new(true)).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

/// `name.suffix` in the same directory.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}

/// Open for writing, readable by the owner alone.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.write(true)
}
