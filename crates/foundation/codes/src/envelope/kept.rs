//! DHKEM(X25519, HKDF-SHA256) with the fast agreement, for a receiver that keeps both halves of its key.
//!
//! RFC 9180 puts the receiver's public key into the derivation of the shared secret. Crate `hpke` multiplies it out of
//! the private one at every opening, which is a quarter of the work; here it is at hand. Everything else is `hpke`'s.

use hpke::kdf::Kdf as _;
use hpke::kem::{Kem, SharedSecret};
use hpke::{Deserializable, HpkeError, Serializable};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::agreement::Secret;

type Base = hpke::kem::X25519HkdfSha256;
type BaseSecret = <Base as Kem>::PrivateKey;

/// "KEM" and the number of DHKEM(X25519, HKDF-SHA256), RFC 9180 section 4.1.
const SUITE: &[u8; 5] = b"KEM\x00\x20";

/// The KEM as the house uses it, at both ends.
pub(super) struct ReceivingKem;

/// A private key beside its public half.
#[derive(Clone)]
pub(super) struct KeptPair {
    secret: Secret,
    public: <Base as Kem>::PublicKey,
}

impl KeptPair {
    fn new(secret: &BaseSecret, public: <Base as Kem>::PublicKey) -> Self {
        let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(secret.to_bytes().into());
        Self { secret: Secret::new(&bytes), public }
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
        let secret = BaseSecret::from_bytes(bytes)?;
        let public = Base::sk_to_pk(&secret);
        Ok(Self::new(&secret, public))
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
        (KeptPair::new(&secret, public.clone()), public)
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
        derived(&shared, &enc, &secret.public.to_bytes().into())
    }

    fn encap_with_rng(
        receiver: &Self::PublicKey,
        sender: Option<(&KeptPair, &Self::PublicKey)>,
        rng: &mut impl rand::CryptoRng,
    ) -> Result<(SharedSecret<Self>, Self::EncappedKey), HpkeError> {
        if sender.is_some() {
            return Err(HpkeError::EncapError);
        }
        // Any 32 bytes are a private key (RFC 7748 section 5), so that random ones need no derivation.
        let mut ephemeral = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *ephemeral);
        let ephemeral = Secret::new(&ephemeral);
        let receiver: [u8; 32] = receiver.to_bytes().into();
        let shared = ephemeral.agree(&receiver).ok_or(HpkeError::EncapError)?;
        let enc = ephemeral.public();
        let derived = derived(&shared, &enc, &receiver)?;
        Ok((derived, Self::EncappedKey::from_bytes(&enc)?))
    }
}

/// What both ends derive from the agreement (RFC 9180 section 4.1, `ExtractAndExpand`).
fn derived(
    shared: &[u8; 32],
    enc: &[u8; 32],
    receiver: &[u8; 32],
) -> Result<SharedSecret<ReceivingKem>, HpkeError> {
    let mut context = [0; 64];
    context.iter_mut().zip(enc.iter().chain(receiver)).for_each(|(to, from)| *to = *from);
    let mut derived = SharedSecret::<ReceivingKem>::default();
    hpke::kdf::HkdfSha256::extract_and_expand(shared, SUITE, &context, &mut derived.0)?;
    Ok(derived)
}
