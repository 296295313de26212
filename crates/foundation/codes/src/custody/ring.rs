//! A key ring in memory: the operations of [`Custody`](super::Custody) on keys that are at hand.

use aes::Aes256;
use aes::cipher::inout::InOutBuf;
use aes::cipher::{BlockDecrypt, BlockEncrypt, KeyInit as _};
use aes_gcm::aead::{Aead, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::cache::ScheduleCache;
use super::names::{KeyName, KeyUse};
use super::{CustodyError, Direction};
use crate::envelope::{Envelope, EnvelopeContext, EnvelopeKey, EnvelopeSecret, StreamOpener};

/// The 32 secret bytes behind every key of ours.
pub(super) type Secret = Zeroizing<[u8; 32]>;

/// Bytes of the random nonce in front of a sealed row.
const NONCE: usize = 12;

/// Keys ready for use.
pub(super) struct KeyRing {
    /// By [`KeyName::index`].
    keys: Box<[Option<Key>]>,
}

enum Key {
    Permute(Box<Aes256>),
    Derive(Secret, ScheduleCache),
    Mac(Secret),
    Sign(Box<SigningKey>),
    Open(EnvelopeSecret),
    Seal(Box<Aes256Gcm>),
}

impl Key {
    fn new(key_use: KeyUse, secret: &Secret) -> Self {
        match key_use {
            KeyUse::Permute => Self::Permute(Box::new(Aes256::new(&(**secret).into()))),
            KeyUse::Derive => Self::Derive(secret.clone(), ScheduleCache::new()),
            KeyUse::Mac => Self::Mac(secret.clone()),
            KeyUse::Sign => Self::Sign(Box::new(SigningKey::from_bytes(secret))),
            KeyUse::Open => Self::Open(EnvelopeSecret::derive(secret)),
            KeyUse::Seal => Self::Seal(Box::new(Aes256Gcm::new(&(**secret).into()))),
        }
    }
}

impl KeyRing {
    /// Makes the secrets ready.
    pub(super) fn new(secrets: &[(KeyName, Secret)]) -> Self {
        let mut keys: Box<[_]> = (0..KeyName::INDEXES).map(|_| None).collect();
        for (name, secret) in secrets {
            if let Some(place) = keys.get_mut(name.index()) {
                *place = Some(Key::new(name.key_use(), secret));
            }
        }
        Self { keys }
    }

    pub(super) fn permute(
        &self,
        name: &KeyName,
        context: Option<&[u8]>,
        direction: Direction,
        blocks: &mut [[u8; 16]],
    ) -> Result<(), CustodyError> {
        match (self.key(name)?, context) {
            (Key::Permute(schedule), None) => run(schedule, direction, blocks),
            (Key::Derive(master, cache), Some(context)) => {
                cache.with(context, || derive(master, context), |schedule| run(schedule, direction, blocks));
            }
            (Key::Permute(_), Some(_)) => return Err(wrong(name, KeyUse::Derive)),
            _ => return Err(wrong(name, KeyUse::Permute)),
        }
        Ok(())
    }

    pub(super) fn mac(&self, name: &KeyName, parts: &[&[u8]]) -> Result<[u8; 32], CustodyError> {
        let Key::Mac(secret) = self.key(name)? else { return Err(wrong(name, KeyUse::Mac)) };
        let mut mac = hmac(secret);
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        Ok(mac.finalize().into_bytes().into())
    }

    pub(super) fn sign(&self, name: &KeyName, message: &[u8]) -> Result<[u8; 64], CustodyError> {
        Ok(self.signing_key(name)?.sign(message).to_bytes())
    }

    pub(super) fn verifying_key(&self, name: &KeyName) -> Result<[u8; 32], CustodyError> {
        Ok(self.signing_key(name)?.verifying_key().to_bytes())
    }

    pub(super) fn envelope_public_key(&self) -> Result<EnvelopeKey, CustodyError> {
        Ok(self.envelope_secret()?.public())
    }

    pub(super) fn open_envelope(
        &self,
        envelope: &Envelope,
        context: &EnvelopeContext,
    ) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        Ok(self.envelope_secret()?.open(envelope, context)?)
    }

    pub(super) fn open_stream(
        &self,
        head: &[u8; 32],
        context: &EnvelopeContext,
    ) -> Result<StreamOpener, CustodyError> {
        Ok(self.envelope_secret()?.open_stream(head, context)?)
    }

    pub(super) fn seal_row(&self, name: &KeyName, aad: &[u8], bytes: &[u8]) -> Result<Vec<u8>, CustodyError> {
        let nonce: [u8; NONCE] = rand::random();
        let sealed = self
            .sealing_key(name)?
            .encrypt(&Nonce::from(nonce), Payload { msg: bytes, aad })
            .map_err(|_| CustodyError::Sealed { key: *name })?;
        Ok([&nonce[..], &sealed].concat())
    }

    pub(super) fn open_row(
        &self,
        name: &KeyName,
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        let refused = CustodyError::Sealed { key: *name };
        let key = self.sealing_key(name)?;
        let Some((nonce, sealed)) = sealed.split_first_chunk::<NONCE>() else { return Err(refused) };
        let opened = key.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad });
        opened.map(Zeroizing::new).map_err(|_| refused)
    }

    fn key(&self, name: &KeyName) -> Result<&Key, CustodyError> {
        self.keys.get(name.index()).and_then(Option::as_ref).ok_or(CustodyError::NoKey { key: *name })
    }

    fn signing_key(&self, name: &KeyName) -> Result<&SigningKey, CustodyError> {
        match self.key(name)? {
            Key::Sign(key) => Ok(key),
            _ => Err(wrong(name, KeyUse::Sign)),
        }
    }

    fn sealing_key(&self, name: &KeyName) -> Result<&Aes256Gcm, CustodyError> {
        match self.key(name)? {
            Key::Seal(key) => Ok(key),
            _ => Err(wrong(name, KeyUse::Seal)),
        }
    }

    fn envelope_secret(&self) -> Result<&EnvelopeSecret, CustodyError> {
        match self.key(&KeyName::ENVELOPE)? {
            Key::Open(secret) => Ok(secret),
            _ => Err(wrong(&KeyName::ENVELOPE, KeyUse::Open)),
        }
    }
}

fn wrong(key: &KeyName, wanted: KeyUse) -> CustodyError {
    CustodyError::WrongUse { key: *key, actual: key.key_use(), wanted }
}

/// All blocks at once: the AES instructions work on several in parallel.
fn run(schedule: &Aes256, direction: Direction, blocks: &mut [[u8; 16]]) {
    let (blocks, _) = InOutBuf::from(blocks.as_flattened_mut()).into_chunks();
    match direction {
        Direction::Encrypt => schedule.encrypt_blocks_inout(blocks),
        Direction::Decrypt => schedule.decrypt_blocks_inout(blocks),
    }
}

/// What the derived keys are for, in the key derivation (SP 800-108 `Label`).
const DERIVE_LABEL: &[u8] = b"musubi organisation code 1";

/// SP 800-108r1 in counter mode with HMAC-SHA256: `[i]_32 ‖ Label ‖ 0x00 ‖ Context ‖ [L]_32`, one round for the
/// 256 bits of an AES key.
fn derive(master: &Secret, context: &[u8]) -> Aes256 {
    let mut mac = hmac(master);
    mac.update(&1u32.to_be_bytes());
    mac.update(DERIVE_LABEL);
    mac.update(&[0]);
    mac.update(context);
    mac.update(&256u32.to_be_bytes());
    let key = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
    Aes256::new(&(*key).into())
}

fn hmac(secret: &Secret) -> Hmac<Sha256> {
    // HMAC takes keys of any length; 32 bytes are shorter than its block, so this pads and cannot fail.
    let mut block = Zeroizing::new([0u8; 64]);
    for (slot, byte) in block.iter_mut().zip(secret.iter()) {
        *slot = *byte;
    }
    Hmac::new(&(*block).into())
}
