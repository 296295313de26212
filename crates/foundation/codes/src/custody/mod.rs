//! Key custody: who holds a key and what may be done with it.
//!
//! Nothing here hands a key out. A hardware module does the same through PKCS#11: `permute` is `CKM_AES_ECB` on
//! a batch (with a key derived by SP 800-108 where a context is given), `mac` is `CKM_SHA256_HMAC`, `sign` is
//! `CKM_EDDSA`, `open_envelope` is `CKM_ECDH1_DERIVE` under HPKE, `seal_row` is `CKM_AES_GCM`.

mod cache;
mod error;
mod file;
mod names;
mod ring;
mod sealed;

use zeroize::Zeroizing;

use crate::envelope::{Envelope, EnvelopeContext, EnvelopeKey, StreamOpener};

pub use error::CustodyError;
pub use file::FileCustody;
pub use names::{KeyName, KeyUse};
pub use sealed::Unlock;

/// Which way a permutation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Forwards.
    Encrypt,
    /// Backwards.
    Decrypt,
}

/// A custodian of keys. Every operation names its key and says nothing about how the key is kept.
pub trait Custody: Send + Sync {
    /// Permutes each block in place with AES-256. Every block is unique by construction and determinism is
    /// required, so this is a pseudo-random permutation, not an encryption mode.
    ///
    /// Without a context the key itself is used; with one, the key derived from it for that context
    /// (SP 800-108, counter mode, HMAC-SHA256).
    ///
    /// # Errors
    /// The key is not held or not meant for this (or needs a context, or has none).
    fn permute(
        &self,
        key: &KeyName,
        context: Option<&[u8]>,
        direction: Direction,
        blocks: &mut [[u8; 16]],
    ) -> Result<(), CustodyError>;

    /// HMAC-SHA256 over the parts, each preceded by its length (64 bits, big-endian).
    ///
    /// # Errors
    /// The key is not held or not meant for this.
    fn mac(&self, key: &KeyName, parts: &[&[u8]]) -> Result<[u8; 32], CustodyError>;

    /// Ed25519 signature.
    ///
    /// # Errors
    /// The key is not held or not meant for this.
    fn sign(&self, key: &KeyName, message: &[u8]) -> Result<[u8; 64], CustodyError>;

    /// Public half of a signing key.
    ///
    /// # Errors
    /// The key is not held or not meant for this.
    fn verifying_key(&self, key: &KeyName) -> Result<[u8; 32], CustodyError>;

    /// Public half of [`KeyName::ENVELOPE`].
    ///
    /// # Errors
    /// The key is not held.
    fn envelope_public_key(&self) -> Result<EnvelopeKey, CustodyError>;

    /// Opens an envelope sealed to [`Self::envelope_public_key`]. Expiry is the caller's to check, who has a
    /// clock: [`EnvelopeContext::check_fresh`].
    ///
    /// # Errors
    /// The key is not held; the envelope is for someone else, for another context, or altered.
    fn open_envelope(
        &self,
        envelope: &Envelope,
        context: &EnvelopeContext,
    ) -> Result<Zeroizing<Vec<u8>>, CustodyError>;

    /// Begins to open a stream sealed to [`Self::envelope_public_key`]; `head` is its encapsulated key. A stream for
    /// another recipient or context shows at its first chunk.
    ///
    /// # Errors
    /// The key is not held, or the head is no usable key.
    fn open_stream(&self, head: &[u8; 32], context: &EnvelopeContext) -> Result<StreamOpener, CustodyError>;

    /// Seals bytes for our own store: AES-256-GCM, a random nonce in front. `aad` ties them to their place
    /// (table, row), so that sealed values cannot be exchanged for one another.
    ///
    /// # Errors
    /// The key is not held or not meant for this.
    fn seal_row(&self, key: &KeyName, aad: &[u8], bytes: &[u8]) -> Result<Vec<u8>, CustodyError>;

    /// Opens what [`Self::seal_row`] sealed.
    ///
    /// # Errors
    /// The key is not held or not meant for this; the bytes were altered or belong to another place.
    fn open_row(&self, key: &KeyName, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CustodyError>;
}

#[cfg(test)]
mod tests;
