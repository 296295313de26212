//! DHKEM(X25519, HKDF-SHA256) for a receiver that keeps both halves of its key.
//!
//! RFC 9180 puts the receiver's public key into the derivation of the shared secret. Crate `hpke` multiplies it out of
//! the private one at every opening, which is a quarter of the work; here it is at hand. Everything else is `hpke`'s.

use hpke::kdf::Kdf as _;
use hpke::kem::{Kem, SharedSecret};
use hpke::{Deserializable, HpkeError, Serializable};
use subtle::{Choice, ConstantTimeEq};

use super::agreement::Secret;

type Base = hpke::kem::X25519HkdfSha256;
type BaseSecret = <Base as Kem>::PrivateKey;

/// "KEM" and the number of DHKEM(X25519, HKDF-SHA256), RFC 9180 section 4.1.
const SUITE: &[u8; 5] = b"KEM\x00\x20";

/// The KEM as its receiver uses it.
pub(super) struct ReceivingKem;

/// A private key beside its public half.
#[derive(Clone)]
pub(super) struct KeptPair {
    secret: Secret,
    public: <Base as Kem>::PublicKey,
}

impl KeptPair {
    fn new(secret: &BaseSecret) -> Self {
        let mut bytes: [u8; 32] = secret.to_bytes().into();
        let kept = Self { secret: Secret::new(&bytes), public: Base::sk_to_pk(secret) };
        zeroize::Zeroize::zeroize(&mut bytes);
        kept
    }
}

impl ConstantTimeEq for KeptPair {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.secret.as_bytes().ct_eq(other.secret.as_bytes())
    }
}

impl Serializable for KeptPair {
    type OutputSize = <BaseSecret as Serializable>::OutputSize;

    fn write_exact(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(self.secret.as_bytes());
    }
}

impl Deserializable for KeptPair {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        BaseSecret::from_bytes(bytes).map(|secret| Self::new(&secret))
    }
}

impl Kem for ReceivingKem {
    type PublicKey = <Base as Kem>::PublicKey;
    type PrivateKey = KeptPair;
    type EncappedKey = <Base as Kem>::EncappedKey;
    type NSecret = <Base as Kem>::NSecret;

    const KEM_ID: u16 = Base::KEM_ID;

    fn sk_to_pk(secret: &KeptPair) -> Self::PublicKey {
        secret.public.clone()
    }

    fn derive_keypair(seed: &[u8]) -> (KeptPair, Self::PublicKey) {
        let (secret, public) = Base::derive_keypair(seed);
        (KeptPair::new(&secret), public)
    }

    fn decap(
        secret: &KeptPair,
        sender: Option<&Self::PublicKey>,
        encapped: &Self::EncappedKey,
    ) -> Result<SharedSecret<Self>, HpkeError> {
        if sender.is_some() {
            // The house seals in base mode only.
            return Err(HpkeError::DecapError);
        }
        let enc: [u8; 32] = encapped.to_bytes().into();
        let shared = secret.secret.agree(&enc).ok_or(HpkeError::DecapError)?;
        let mut context = [0; 64];
        let halves = enc.into_iter().chain(secret.public.to_bytes());
        context.iter_mut().zip(halves).for_each(|(to, from)| *to = from);
        let mut derived = SharedSecret::<Self>::default();
        hpke::kdf::HkdfSha256::extract_and_expand(&*shared, SUITE, &context, &mut derived.0)?;
        Ok(derived)
    }

    fn encap_with_rng(
        receiver: &Self::PublicKey,
        sender: Option<(&KeptPair, &Self::PublicKey)>,
        rng: &mut impl rand::CryptoRng,
    ) -> Result<(SharedSecret<Self>, Self::EncappedKey), HpkeError> {
        if sender.is_some() {
            return Err(HpkeError::EncapError);
        }
        let (secret, encapped) = Base::encap_with_rng(receiver, None, rng)?;
        let mut same = SharedSecret::<Self>::default();
        same.0.copy_from_slice(&secret.0);
        Ok((same, encapped))
    }
}
