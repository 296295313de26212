//! RSA-2048 keys of the authority: made by `rsa`, used by `ring`.

use der::Encode as _;
use der::asn1::{Any, BitString, Null, ObjectIdentifier};
use ring::rand::SystemRandom;
use ring::signature::{
    self, KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use rsa::RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::signature::Keypair;
use spki::{
    AlgorithmIdentifierOwned, Document, DynSignatureAlgorithmIdentifier, EncodePublicKey,
    SubjectPublicKeyInfoOwned,
};
use zeroize::Zeroizing;

use super::CaError;

/// An RSA-2048 key that signs with PKCS#1 v1.5 and SHA-256, the only scheme of the card world.
pub struct SigningKey {
    pair: RsaKeyPair,
    public: SubjectPublicKeyInfoOwned,
}

impl SigningKey {
    /// Makes a key; the second half is its PKCS#8 form, to be sealed and stored.
    ///
    /// # Errors
    /// [`CaError::Key`] when the generator fails.
    pub fn generate() -> Result<(Self, Zeroizing<Vec<u8>>), CaError> {
        let private = RsaPrivateKey::new(&mut rand::rng(), KEY_BITS)
            .map_err(|error| CaError::Key(error.to_string()))?;
        let pkcs8 = private.to_pkcs8_der().map_err(|error| CaError::Key(error.to_string()))?;
        let pkcs8 = Zeroizing::new(pkcs8.as_bytes().to_vec());
        Ok((Self::from_pkcs8(&pkcs8)?, pkcs8))
    }

    /// Opens a key from its PKCS#8 form.
    ///
    /// # Errors
    /// [`CaError::Key`] when the bytes are not an RSA key of 2048 bits or more.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, CaError> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|error| CaError::Key(error.to_string()))?;
        let public = public_key_info(pair.public_key().as_ref())?;
        Ok(Self { pair, public })
    }

    /// The public half, as a certificate carries it.
    pub fn public(&self) -> &SubjectPublicKeyInfoOwned {
        &self.public
    }

    /// Signs `message`.
    ///
    /// # Errors
    /// [`CaError::Key`] when the machine gives no randomness for blinding.
    pub fn sign(&self, message: &[u8]) -> Result<BitString, CaError> {
        let mut bytes = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut bytes)
            .map_err(|_| CaError::Key("signing failed".into()))?;
        BitString::from_bytes(&bytes).map_err(CaError::der("signature"))
    }
}

/// True when `signature` over `message` was made by the private half of `public` (PKCS#1 v1.5, SHA-256).
pub(super) fn verifies(public: &SubjectPublicKeyInfoOwned, message: &[u8], signature: &[u8]) -> bool {
    public.subject_public_key.as_bytes().is_some_and(|pkcs1| {
        UnparsedPublicKey::<&[u8]>::new(
            &RSA_PKCS1_2048_8192_SHA256 as &'static signature::RsaParameters,
            pkcs1,
        )
        .verify(message, signature)
        .is_ok()
    })
}

/// `sha256WithRSAEncryption` with the NULL parameter that RFC 4055 asks for.
pub(super) fn sha256_with_rsa() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: SHA256_WITH_RSA, parameters: Some(Any::null()) }
}

fn public_key_info(pkcs1: &[u8]) -> Result<SubjectPublicKeyInfoOwned, CaError> {
    Ok(SubjectPublicKeyInfoOwned {
        algorithm: AlgorithmIdentifierOwned {
            oid: RSA_ENCRYPTION,
            parameters: Some(Any::encode_from(&Null).map_err(CaError::der("public key"))?),
        },
        subject_public_key: BitString::from_bytes(pkcs1).map_err(CaError::der("public key"))?,
    })
}

/// What the X.509 builders want to know of a signer: its public key and its algorithm.
#[derive(Clone)]
pub struct PublicHalf(SubjectPublicKeyInfoOwned);

impl EncodePublicKey for PublicHalf {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(Document::try_from(self.0.to_der()?)?)
    }
}

impl Keypair for SigningKey {
    type VerifyingKey = PublicHalf;

    fn verifying_key(&self) -> PublicHalf {
        PublicHalf(self.public.clone())
    }
}

impl DynSignatureAlgorithmIdentifier for SigningKey {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(sha256_with_rsa())
    }
}

pub(super) const KEY_BITS: usize = 2048;
pub(super) const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
