//! The custody file: a few keys, sealed under a passphrase or a key file.
//!
//! `magic(16) ‖ unlock(1) ‖ Argon2 m, t, p (4 each) ‖ salt(16) ‖ nonce(12) ‖ AES-256-GCM of the keys`; the head is
//! authenticated with the keys. A key: `label length(1) ‖ label ‖ version(1) ‖ secret(32)`.

use std::path::PathBuf;
use std::{fmt, fs};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::names::KeyName;
use super::ring::Secret;

const MAGIC: &[u8; 16] = b"musubi-custody\0\x01";
const SALT: usize = 16;
const NONCE: usize = 12;
const SECRET: usize = 32;

/// Longest custody file read, in bytes: every key in every version fits.
pub(super) const FILE_LIMIT: u64 = 64 << 10;

/// Shortest and longest key file, in bytes.
const KEY_FILE_BYTES: std::ops::RangeInclusive<usize> = 32..=4096;

/// Argon2id costs of new files: 64 MiB, three passes, one lane (RFC 9106, second recommendation, one lane).
const MEMORY_KIB: u32 = 64 << 10;
const PASSES: u32 = 3;
const LANES: u32 = 1;

/// The most that a file may ask of us, so that a hostile one cannot exhaust memory.
const MEMORY_KIB_LIMIT: u32 = 1 << 20;
const PASSES_LIMIT: u32 = 16;
const LANES_LIMIT: u32 = 8;

/// How a custody file is opened. `Debug` does not print the passphrase.
#[derive(Clone)]
pub enum Unlock {
    /// A passphrase, through Argon2id.
    Passphrase(Zeroizing<String>),
    /// A file of at least 32 random bytes, for example on another medium; made where neither it nor the custody
    /// file exists.
    KeyFile(PathBuf),
}

impl Unlock {
    /// By passphrase.
    #[must_use]
    pub fn passphrase(text: impl Into<String>) -> Self {
        Self::Passphrase(Zeroizing::new(text.into()))
    }

    /// What it is, for errors.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Passphrase(_) => "passphrase",
            Self::KeyFile(_) => "key file",
        }
    }

    fn tag(&self) -> u8 {
        match self {
            Self::Passphrase(_) => 1,
            Self::KeyFile(_) => 2,
        }
    }
}

impl fmt::Debug for Unlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passphrase(_) => f.write_str("Unlock::Passphrase(…)"),
            Self::KeyFile(path) => write!(f, "Unlock::KeyFile({})", path.display()),
        }
    }
}

/// Why sealed bytes do not open.
pub(super) enum SealProblem {
    /// Damaged, or no custody file; says what is wrong.
    File(&'static str),
    /// Wrong passphrase or key file, or the bytes were altered.
    Locked,
}

/// The unlocking key of one file, with the head under which it was derived.
pub(super) struct Sealer {
    head: Head,
    key: Zeroizing<[u8; 32]>,
}

struct Head {
    unlock: u8,
    costs: [u32; 3],
    salt: [u8; SALT],
}

impl Sealer {
    /// For a new file.
    pub(super) fn create(unlock: &Unlock) -> Result<Self, SealProblem> {
        let costs = match unlock {
            Unlock::Passphrase(_) => [MEMORY_KIB, PASSES, LANES],
            Unlock::KeyFile(_) => [0; 3],
        };
        Self::derive(Head { unlock: unlock.tag(), costs, salt: rand::random() }, unlock)
    }

    /// For the bytes of a file; gives its keys as well.
    pub(super) fn open(unlock: &Unlock, bytes: &[u8]) -> Result<(Self, Vec<(KeyName, Secret)>), SealProblem> {
        let (head, nonce, sealed) =
            Head::read(bytes).ok_or(SealProblem::File("no custody file of this format"))?;
        let [memory, passes, lanes] = head.costs;
        if memory > MEMORY_KIB_LIMIT || passes > PASSES_LIMIT || lanes > LANES_LIMIT {
            return Err(SealProblem::File("asks for more Argon2 work than we do"));
        }
        if head.unlock != unlock.tag() {
            return Err(SealProblem::Locked);
        }
        let sealer = Self::derive(head, unlock)?;
        let payload = Payload { msg: sealed, aad: &sealer.head.bytes() };
        let opened =
            sealer.cipher().decrypt(&Nonce::from(nonce), payload).map_err(|_| SealProblem::Locked)?;
        let keys =
            read_keys(&Zeroizing::new(opened)).ok_or(SealProblem::File("holds a key of unknown name"))?;
        Ok((sealer, keys))
    }

    /// The bytes of a file with these keys.
    pub(super) fn seal(&self, keys: &[(KeyName, Secret)]) -> Result<Vec<u8>, SealProblem> {
        let mut plain = Zeroizing::new(Vec::with_capacity(keys.len() * 64));
        for (name, secret) in keys {
            let label = name.label().as_bytes();
            plain.push(u8::try_from(label.len()).unwrap_or_default());
            plain.extend_from_slice(label);
            plain.push(name.key_version().number());
            plain.extend_from_slice(secret.as_slice());
        }
        let nonce: [u8; NONCE] = rand::random();
        let head = self.head.bytes();
        let payload = Payload { msg: &plain, aad: &head };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload).map_err(|_| SealProblem::Locked)?;
        Ok([&head[..], &nonce, &sealed].concat())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&(*self.key).into())
    }

    fn derive(head: Head, unlock: &Unlock) -> Result<Self, SealProblem> {
        let mut key = Zeroizing::new([0u8; 32]);
        match unlock {
            Unlock::Passphrase(passphrase) => {
                let [memory, passes, lanes] = head.costs;
                let params = Params::new(memory, passes, lanes, Some(key.len()))
                    .map_err(|_| SealProblem::File("has impossible Argon2 costs"))?;
                Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                    .hash_password_into(passphrase.as_bytes(), &head.salt, key.as_mut_slice())
                    .map_err(|_| SealProblem::Locked)?;
            }
            Unlock::KeyFile(path) => {
                let bytes = Zeroizing::new(fs::read(path).map_err(|_| SealProblem::Locked)?);
                if !KEY_FILE_BYTES.contains(&bytes.len()) {
                    return Err(SealProblem::Locked);
                }
                Hkdf::<Sha256>::new(Some(&head.salt), &bytes)
                    .expand(b"musubi custody key file 1", key.as_mut_slice())
                    .map_err(|_| SealProblem::Locked)?;
            }
        }
        Ok(Self { head, key })
    }
}

impl Head {
    const LENGTH: usize = MAGIC.len() + 1 + 12 + SALT;

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LENGTH);
        bytes.extend_from_slice(MAGIC);
        bytes.push(self.unlock);
        self.costs.iter().for_each(|cost| bytes.extend_from_slice(&cost.to_be_bytes()));
        bytes.extend_from_slice(&self.salt);
        bytes
    }

    fn read(bytes: &[u8]) -> Option<(Self, [u8; NONCE], &[u8])> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (&unlock, mut rest) = rest.split_first()?;
        let mut costs = [0; 3];
        for cost in &mut costs {
            let (number, after) = rest.split_first_chunk::<4>()?;
            (*cost, rest) = (u32::from_be_bytes(*number), after);
        }
        let (salt, rest) = rest.split_first_chunk::<SALT>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
        Some((Self { unlock, costs, salt: *salt }, *nonce, sealed))
    }
}

fn read_keys(mut plain: &[u8]) -> Option<Vec<(KeyName, Secret)>> {
    let mut keys = Vec::new();
    while let Some((&length, rest)) = plain.split_first() {
        let (label, rest) = rest.split_at_checked(usize::from(length))?;
        let (&version, rest) = rest.split_first()?;
        let (secret, rest) = rest.split_first_chunk::<SECRET>()?;
        let name = KeyName::find(std::str::from_utf8(label).ok()?, version)?;
        keys.push((name, Zeroizing::new(*secret)));
        plain = rest;
    }
    Some(keys)
}
