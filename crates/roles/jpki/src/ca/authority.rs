//! One authority: its key, its certificate, its OCSP responder, and what it signs.

use der::{Decode as _, Encode as _};
use protocol::jpki::CertificateKind;
use rand::Rng as _;
use spki::der::referenced::OwnedToRef as _;
use x509_cert::Certificate;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Validity;
use zeroize::Zeroizing;

use super::key::SigningKey;
use super::profile::{self, Endpoints, IssuerFacts, Profile, Subject};
use super::proof::ProvenKey;
use super::{CaError, x509_time};

/// A private key in the clear (PKCS#8); erased when dropped. The role seals it before it is stored.
pub type ClearKey = Zeroizing<Vec<u8>>;

/// What is stored of an authority. Keys are in PKCS#8; the role seals them with its custody.
pub struct AuthorityKeys {
    /// Which authority.
    pub kind: CertificateKind,
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
    /// Its key.
    pub key: ClearKey,
    /// The certificate of its OCSP responder, DER.
    pub responder_certificate: Vec<u8>,
    /// The key of its OCSP responder.
    pub responder_key: ClearKey,
}

/// An authority ready to sign.
pub struct Authority {
    kind: CertificateKind,
    pub(super) certificate: Certificate,
    certificate_der: Vec<u8>,
    pub(super) key: SigningKey,
    pub(super) responder_certificate: Certificate,
    pub(super) responder_key: SigningKey,
}

/// A certificate just made.
#[derive(Debug, Clone)]
pub struct Issued {
    /// Serial number, upper-case hexadecimal.
    pub serial: String,
    /// Common name of the subject.
    pub common_name: String,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// First second of validity, unix seconds.
    pub not_before: i64,
    /// Last second of validity, unix seconds.
    pub not_after: i64,
}

impl Authority {
    /// Makes the keys and certificates of an authority that begins at `now` (unix seconds).
    ///
    /// # Errors
    /// [`CaError`] when a key cannot be made or a certificate cannot be written.
    pub fn create(kind: CertificateKind, now: i64) -> Result<AuthorityKeys, CaError> {
        let (key, key_bytes) = SigningKey::generate()?;
        let serial = fresh_serial()?;
        let span = (now, now + AUTHORITY_SECONDS);
        let profile = profile::root(kind, key.public().owned_to_ref())?;
        let certificate = certify(profile, &serial, span, key.public().clone(), &key)?;

        let (responder, responder_bytes) = SigningKey::generate()?;
        let facts = IssuerFacts { kind, key: key.public().owned_to_ref(), serial: &serial };
        let profile = profile::responder(&facts, responder.public().owned_to_ref())?;
        let delegated = certify(profile, &fresh_serial()?, span, responder.public().clone(), &key)?;
        Ok(AuthorityKeys {
            kind,
            certificate: encode(&certificate)?,
            key: key_bytes,
            responder_certificate: encode(&delegated)?,
            responder_key: responder_bytes,
        })
    }

    /// Opens an authority from what [`Authority::create`] made.
    ///
    /// # Errors
    /// [`CaError`] when a certificate or key is damaged.
    pub fn open(stored: &AuthorityKeys) -> Result<Self, CaError> {
        let parse = |bytes| Certificate::from_der(bytes).map_err(CaError::der("authority certificate"));
        Ok(Self {
            kind: stored.kind,
            certificate: parse(&stored.certificate)?,
            certificate_der: stored.certificate.clone(),
            key: SigningKey::from_pkcs8(&stored.key)?,
            responder_certificate: parse(&stored.responder_certificate)?,
            responder_key: SigningKey::from_pkcs8(&stored.responder_key)?,
        })
    }

    /// Which authority.
    pub fn kind(&self) -> CertificateKind {
        self.kind
    }

    /// Its certificate, DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// Issues a person's certificate on a proven key, valid from `not_before` to `not_after` (unix seconds).
    ///
    /// # Errors
    /// [`CaError`] when a name or address cannot be written, or the signature fails.
    pub fn issue(
        &self,
        subject: &Subject,
        key: &ProvenKey,
        (not_before, not_after): (i64, i64),
        endpoints: &Endpoints,
    ) -> Result<Issued, CaError> {
        let serial = fresh_serial()?;
        let facts = IssuerFacts {
            kind: self.kind,
            key: self.key.public().owned_to_ref(),
            serial: self.certificate.tbs_certificate().serial_number(),
        };
        let profile = profile::person(&facts, subject, key.info.owned_to_ref(), endpoints)?;
        let certificate = certify(profile, &serial, (not_before, not_after), key.info.clone(), &self.key)?;
        Ok(Issued {
            serial: serial_text(&serial),
            common_name: subject.common_name.clone(),
            der: encode(&certificate)?,
            not_before,
            not_after,
        })
    }
}

/// A serial number as the store and the messages write it: upper-case hexadecimal, two digits a byte.
pub(super) fn serial_text(serial: &SerialNumber) -> String {
    let bytes = serial.as_bytes();
    // DER puts a zero before a number whose first bit is set; it is no part of the number.
    let bytes = if bytes.len() > 1 { bytes.strip_prefix(&[0]).unwrap_or(bytes) } else { bytes };
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A new opaque common name: 23 characters, as the published certificates have.
pub(crate) fn fresh_common_name() -> String {
    let mut rng = rand::rng();
    (0..COMMON_NAME_LENGTH)
        .filter_map(|_| COMMON_NAME_LETTERS.get(usize::from(rng.next_u32() as u8 & 0x1f)))
        .map(|letter| char::from(*letter))
        .collect()
}

fn certify(
    profile: Profile,
    serial: &SerialNumber,
    (not_before, not_after): (i64, i64),
    key: SubjectPublicKeyInfoOwned,
    signer: &SigningKey,
) -> Result<Certificate, CaError> {
    let validity = Validity::new(x509_time(not_before)?, x509_time(not_after)?);
    let mut builder = CertificateBuilder::new(profile, serial.clone(), validity, key)
        .map_err(CaError::builder("certificate"))?;
    let message = builder.finalize(signer).map_err(CaError::builder("certificate"))?;
    builder.assemble(signer.sign(&message)?, signer).map_err(CaError::builder("certificate"))
}

/// 127 random bits: unguessable, unique without a counter, positive in DER without a leading zero.
fn fresh_serial() -> Result<SerialNumber, CaError> {
    let mut bytes = [0_u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    if let Some(first) = bytes.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    SerialNumber::new(&bytes).map_err(CaError::der("serial number"))
}

fn encode(certificate: &Certificate) -> Result<Vec<u8>, CaError> {
    certificate.to_der().map_err(CaError::der("certificate"))
}

const AUTHORITY_SECONDS: i64 = 3653 * 86_400; // ten years, leap days included
const COMMON_NAME_LENGTH: usize = 23;
const COMMON_NAME_LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKLMNPQRSTUVWX";
