//! A public key read together with the proof that the asker holds its private half.

use der::{Decode as _, Encode as _};
use ring::digest::{SHA256, digest};
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::traits::PublicKeyParts as _;
use spki::SubjectPublicKeyInfoOwned;

use super::CaError;
use super::key::{KEY_BITS, RSA_ENCRYPTION, verifies};

/// A public key whose private half the asker has shown to hold.
#[derive(Debug, Clone)]
pub struct ProvenKey {
    pub(super) info: SubjectPublicKeyInfoOwned,
    digest: [u8; 32],
}

impl ProvenKey {
    /// SHA-256 of the key's DER form: two certificates never carry the same one.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

/// Checks `public_key` (SubjectPublicKeyInfo, DER): RSA-2048 with a usable exponent, and `signature`
/// (PKCS#1 v1.5, SHA-256) over `challenge` made by its private half.
///
/// # Errors
/// [`CaError::Der`] when the key cannot be read, [`CaError::Proof`] when it is unfit or nothing is proved.
pub fn prove(public_key: &[u8], challenge: &[u8], signature: &[u8]) -> Result<ProvenKey, CaError> {
    if public_key.len() > MAX_PUBLIC_KEY {
        return Err(CaError::Proof("a public key longer than 1,024 bytes, which no card makes"));
    }
    let info = SubjectPublicKeyInfoOwned::from_der(public_key).map_err(CaError::der("public key"))?;
    check_key(&info)?;
    if !verifies(&info, challenge, signature) {
        return Err(CaError::Proof("the signature was not made by the private half of this key"));
    }
    let encoded = info.to_der().map_err(CaError::der("public key"))?;
    let mut key_digest = [0; 32];
    key_digest.copy_from_slice(digest(&SHA256, &encoded).as_ref());
    Ok(ProvenKey { info, digest: key_digest })
}

fn check_key(info: &SubjectPublicKeyInfoOwned) -> Result<(), CaError> {
    if info.algorithm.oid != RSA_ENCRYPTION {
        return Err(CaError::Proof("the key must be RSA"));
    }
    let pkcs1 = info.subject_public_key.as_bytes().ok_or(CaError::Proof("a key of part of a byte"))?;
    let key = rsa::RsaPublicKey::from_pkcs1_der(pkcs1)
        .map_err(|_| CaError::Proof("the key is not a usable RSA key"))?;
    if key.size() * 8 != KEY_BITS {
        return Err(CaError::Proof("the key must have 2048 bits"));
    }
    Ok(())
}

const MAX_PUBLIC_KEY: usize = 1024;
