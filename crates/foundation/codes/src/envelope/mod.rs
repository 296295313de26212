//! Sealed envelopes: HPKE (RFC 9180) in base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
//!
//! The envelope's context (who may open it, for what, until when, in which exchange, under which consent) is
//! authenticated: an envelope moved to another purpose does not open.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, Serializable};
use kept::{KeptPair, ReceivingKem};
use zeroize::Zeroizing;

use crate::exchange::ExchangeId;
use crate::organisation::OrgId;
use crate::text::text_serde;

mod agreement;
mod kept;
mod stream;

pub use stream::{StreamOpener, StreamSealer};

type Kem = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::AesGcm256;

/// HPKE `info`: names this use of the suite.
const INFO: &[u8] = b"musubi envelope 1";

/// First byte of an envelope: this format.
const FORMAT: u8 = 1;

/// Longest plaintext, in bytes: a batch of 20,000 codes with room to spare.
pub const PLAINTEXT_LIMIT: usize = 4 << 20;

/// Bytes of the encapsulated key.
const ENC: usize = 32;

/// Bytes that AES-GCM adds.
const TAG: usize = 16;

/// The public key to which envelopes are sealed (X25519). Public; text base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvelopeKey([u8; 32]);

impl EnvelopeKey {
    /// The key with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for EnvelopeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for EnvelopeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnvelopeKey({self})")
    }
}

impl FromStr for EnvelopeKey {
    type Err = EnvelopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| EnvelopeError::KeyText)?;
        bytes.try_into().map(Self).map_err(|_| EnvelopeError::KeyText)
    }
}

text_serde!(EnvelopeKey);

/// A sealed message. Opaque; text `env_` and base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    enc: [u8; ENC],
    ciphertext: Vec<u8>,
}

impl Envelope {
    /// Text prefix.
    pub const PREFIX: &'static str = "env_";

    /// The envelope as bytes: format, encapsulated key, ciphertext.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + ENC + self.ciphertext.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.enc);
        bytes.extend_from_slice(&self.ciphertext);
        bytes
    }

    /// Reads an envelope; its seal is verified only when it is opened.
    ///
    /// # Errors
    /// Another format, too short, or longer than [`PLAINTEXT_LIMIT`] allows.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let malformed = EnvelopeError::Malformed { length: bytes.len() };
        let Some((&FORMAT, rest)) = bytes.split_first() else { return Err(malformed) };
        let Some((enc, ciphertext)) = rest.split_first_chunk::<ENC>() else { return Err(malformed) };
        if ciphertext.len() < TAG || ciphertext.len() > PLAINTEXT_LIMIT + TAG {
            return Err(malformed);
        }
        Ok(Self { enc: *enc, ciphertext: ciphertext.to_vec() })
    }
}

impl fmt::Display for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, BASE64URL_NOPAD.encode(&self.to_bytes()))
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope({} bytes)", self.ciphertext.len())
    }
}

impl FromStr for Envelope {
    type Err = EnvelopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = EnvelopeError::Malformed { length: text.len() };
        let body = text.strip_prefix(Self::PREFIX).ok_or(malformed.clone())?;
        let bytes = BASE64URL_NOPAD.decode(body.as_bytes()).map_err(|_| malformed)?;
        Self::from_bytes(&bytes)
    }
}

text_serde!(Envelope);

/// What an envelope is for. Travels beside it or is known to both sides; authenticated, not secret.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EnvelopeContext {
    /// Who may open it.
    pub recipient: OrgId,
    /// For what: the id of a purpose, or the name of a message.
    pub purpose: String,
    /// Until when, seconds since 1970.
    pub expires_at: i64,
    /// In which exchange.
    pub exchange: ExchangeId,
    /// Under which consent, where one is needed.
    pub consent: Option<String>,
    /// Whatever else both sides bind it to (a nonce, a digest, an institution); text base64url.
    #[serde(with = "binding_text")]
    pub binding: Vec<u8>,
}

/// Bytes as one string: a list of numbers would be three times as long and cost a desk's question a fifth of its parsing.
mod binding_text {
    use std::str::FromStr;

    use data_encoding::BASE64URL_NOPAD;
    use serde::{Deserializer, Serializer};

    use crate::text::parse_text;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        parse_text(deserializer).map(|Binding(bytes)| bytes)
    }

    struct Binding(Vec<u8>);

    impl FromStr for Binding {
        type Err = &'static str;

        fn from_str(text: &str) -> Result<Self, Self::Err> {
            BASE64URL_NOPAD.decode(text.as_bytes()).map(Self).map_err(|_| "expected base64url")
        }
    }
}

impl EnvelopeContext {
    /// The bytes that are authenticated: every part with its length in front, so that no two contexts agree.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let recipient = self.recipient.to_string();
        let expires = self.expires_at.to_be_bytes();
        let consent = self.consent.as_deref();
        let mut bytes = Vec::with_capacity(128 + self.binding.len());
        let parts: [&[u8]; 6] = [
            recipient.as_bytes(),
            self.purpose.as_bytes(),
            &expires,
            self.exchange.as_bytes(),
            consent.unwrap_or_default().as_bytes(),
            &self.binding,
        ];
        for part in parts {
            bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes.push(u8::from(consent.is_some()));
        bytes
    }

    /// Lets an envelope pass that has not expired at `now`, seconds since 1970.
    ///
    /// # Errors
    /// [`EnvelopeError::Expired`] at `expires_at` and after it.
    pub fn check_fresh(&self, now: i64) -> Result<(), EnvelopeError> {
        if now < self.expires_at {
            return Ok(());
        }
        Err(EnvelopeError::Expired { at: self.expires_at })
    }
}

/// Seals `plaintext` so that only the holder of `to`'s private key opens it, under this context.
///
/// # Errors
/// A public key that is no point of use, or a plaintext longer than [`PLAINTEXT_LIMIT`].
pub fn seal(
    to: &EnvelopeKey,
    context: &EnvelopeContext,
    plaintext: &[u8],
) -> Result<Envelope, EnvelopeError> {
    if plaintext.len() > PLAINTEXT_LIMIT {
        return Err(EnvelopeError::TooLong { length: plaintext.len() });
    }
    let key = <Kem as hpke::Kem>::PublicKey::from_bytes(&to.0).map_err(|_| EnvelopeError::KeyText)?;
    let (enc, ciphertext) = hpke::single_shot_seal_with_rng::<Aead, Kdf, ReceivingKem>(
        &OpModeS::Base,
        &key,
        INFO,
        plaintext,
        &context.encode(),
        &mut rand::rng(),
    )
    .map_err(|_| EnvelopeError::KeyText)?;
    Ok(Envelope { enc: enc.to_bytes().into(), ciphertext })
}

/// A private key to open envelopes with: the backend of [`crate::Custody::open_envelope`], and what a chip
/// with a key of its own (the card's applet) opens with.
pub struct EnvelopeSecret {
    key: KeptPair,
    public: EnvelopeKey,
}

impl EnvelopeSecret {
    /// The key pair derived from 32 secret bytes (RFC 9180 `DeriveKeyPair`).
    #[must_use]
    pub fn derive(seed: &[u8; 32]) -> Self {
        let (key, public) = ReceivingKem::derive_keypair(seed);
        Self { key, public: EnvelopeKey(public.to_bytes().into()) }
    }

    /// The public half, to which others seal.
    #[must_use]
    pub fn public(&self) -> EnvelopeKey {
        self.public
    }

    /// Opens an envelope sealed to [`Self::public`] under this context.
    ///
    /// # Errors
    /// [`EnvelopeError::Refused`] for another recipient, another context, or altered bytes.
    pub fn open(
        &self,
        envelope: &Envelope,
        context: &EnvelopeContext,
    ) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
        open_with::<Aead>(&self.key, &envelope.enc, INFO, &context.encode(), &envelope.ciphertext)
            .map(Zeroizing::new)
            .ok_or(EnvelopeError::Refused)
    }

    /// Begins to open a stream sealed to [`Self::public`] under this context; a wrong one shows at its first chunk.
    ///
    /// # Errors
    /// [`EnvelopeError::Refused`] for a head that is no usable key.
    pub fn open_stream(
        &self,
        head: &[u8; ENC],
        context: &EnvelopeContext,
    ) -> Result<StreamOpener, EnvelopeError> {
        StreamOpener::new(&self.key, head, context).ok_or(EnvelopeError::Refused)
    }
}

/// Opens the first message of an HPKE base-mode context. Generic in the AEAD, so that published vectors of other
/// suites pass through the same lines.
fn open_with<A: hpke::aead::Aead>(
    key: &KeptPair,
    enc: &[u8; ENC],
    info: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
) -> Option<Vec<u8>> {
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(enc).ok()?;
    hpke::single_shot_open::<A, Kdf, ReceivingKem>(&OpModeR::Base, key, &enc, info, ciphertext, aad).ok()
}

/// Why an envelope cannot be sealed, read or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// It does not open: another recipient, another context, or altered. Says no more, on purpose.
    #[error("the envelope does not open for this recipient and context")]
    Refused,
    /// It is past its time.
    #[error("the envelope expired at {at} (seconds since 1970)")]
    Expired {
        /// When it expired, seconds since 1970.
        at: i64,
    },
    /// It is no envelope.
    #[error("{length} bytes that are no envelope; expected env_ and base64url of format 1")]
    Malformed {
        /// How long it is.
        length: usize,
    },
    /// The plaintext is too long.
    #[error("{length} bytes are too long for an envelope; the limit is {PLAINTEXT_LIMIT}")]
    TooLong {
        /// How long it is, in bytes.
        length: usize,
    },
    /// The recipient's public key is unusable.
    #[error("the envelope key is not 32 bytes in base64url, or not a usable X25519 key")]
    KeyText,
}

impl EnvelopeError {
    /// The error in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        match self {
            Self::Refused => "封筒は、この宛先・この用途では開けません".to_owned(),
            Self::Expired { .. } => "封筒の有効期限が切れています".to_owned(),
            Self::Malformed { .. } => "封筒の形式ではありません".to_owned(),
            Self::TooLong { length } => format!("封筒に入れるには長すぎます（{length}バイト）"),
            Self::KeyText => "封筒の宛先の公開鍵が正しくありません".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
