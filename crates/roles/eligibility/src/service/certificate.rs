//! The road by authentication certificate: read it, verify the card's signature, ask the certification service.

use calendar::Timestamp;
use codes::{ExchangeId, InsuranceCode, LinkCode, OrgKind};
use data_encoding::{BASE64, HEXLOWER};
use protocol::Sealed;
use protocol::clients::JpkiClient;
use protocol::eligibility::ReadProof;
use protocol::jpki::{CertificateCodeRequest, CertificateRef, CertificateStatus};
use protocol::reader::ReaderMode;
use protocol::sealed::purpose;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use wire::Problem;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;

use super::Inner;
use crate::problems;

/// Longest certificate accepted, in bytes of base64; a real one takes about 2,000.
const CERTIFICATE_MAX: usize = 16 * 1024;

/// Policy of authentication certificates (公的個人認証サービス 利用者証明用).
const AUTHENTICATION_POLICY: &str = "1.2.392.200149.8.5.1.3.30";

/// A certificate read, its card's signature verified where PIN mode demands it.
pub(super) struct Shown {
    reference: CertificateRef,
}

/// Reads what a card presented; nothing is asked of anybody yet.
///
/// # Errors
/// Unreadable, of another kind, expired by its own dates, or without the signature that PIN mode needs.
pub(super) fn read(
    certificate: &str,
    signature: Option<&str>,
    proof: &ReadProof,
    binding: &[u8],
    now: Timestamp,
) -> Result<Shown, Problem> {
    if certificate.len() > CERTIFICATE_MAX {
        return Err(problems::certificate_unreadable("it is too long"));
    }
    let der = BASE64.decode(certificate.as_bytes());
    let der = der.map_err(|e| problems::certificate_unreadable(&e.to_string()))?;
    let (rest, parsed) =
        X509Certificate::from_der(&der).map_err(|e| problems::certificate_unreadable(&e.to_string()))?;
    if !rest.is_empty() {
        return Err(problems::certificate_unreadable("bytes follow it"));
    }
    if !is_authentication(&parsed) {
        return Err(problems::certificate_wrong_kind());
    }
    let ends = Timestamp::from_seconds(parsed.validity().not_after.timestamp());
    if ends < now {
        return Err(problems::certificate_expired(ends));
    }
    match (proof.mode, signature) {
        (ReaderMode::Pin, None) => return Err(problems::signature_missing()),
        (_, Some(signature)) => verify(&parsed, signature, binding)?,
        (ReaderMode::Face | ReaderMode::Visual, None) => {}
    }
    let reference = CertificateRef {
        serial: HEXLOWER.encode(parsed.raw_serial()),
        fingerprint: HEXLOWER.encode(&Sha256::digest(&der)),
    };
    Ok(Shown { reference })
}

impl Inner {
    /// Asks the certification service for the holder of a certificate.
    ///
    /// # Errors
    /// Revoked, expired, unknown; or the service cannot be reached.
    pub(super) async fn holder(&self, shown: Shown, exchange: ExchangeId) -> Result<InsuranceCode, Problem> {
        let jpki = self.neighbour(OrgKind::Jpki)?;
        let question = CertificateCodeRequest { exchange, certificates: vec![shown.reference] };
        let answer = JpkiClient::new(self.client.clone(), jpki.api).certificate_codes(&question).await?;
        let certificate = answer.certificates.into_iter().next().ok_or_else(problems::certificate_unknown)?;
        match certificate.status {
            CertificateStatus::Good => {}
            CertificateStatus::Revoked { at, successor, .. } => {
                return Err(problems::certificate_revoked(at, successor.is_some()));
            }
            CertificateStatus::Expired { at } => return Err(problems::certificate_expired(at)),
            CertificateStatus::Unknown => return Err(problems::certificate_unknown()),
        }
        let holder =
            certificate.holder.ok_or_else(|| problems::internal("a good certificate without holder"))?;
        self.open_link(&holder, "presented.certificate")
    }

    /// The insurance code behind an issuer's envelope.
    pub(super) fn open_link(&self, link: &Sealed, place: &str) -> Result<InsuranceCode, Problem> {
        let bytes = self.open(link, purpose::INSURANCE_LINK, place)?;
        let link = <[u8; 16]>::try_from(bytes.as_slice()).map_err(|_| problems::envelope(place))?;
        self.codes.root_one(&LinkCode::from_bytes(link)).map_err(problems::internal)
    }

    /// Opens an envelope that must be for us, for this purpose, and not expired.
    pub(super) fn open(
        &self,
        sealed: &Sealed,
        purpose: &str,
        place: &str,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, Problem> {
        let now = self.clock.now().as_seconds();
        if sealed.context.recipient != self.org || !sealed.is_current(purpose, now) {
            return Err(problems::envelope(place));
        }
        sealed.open(&*self.custody).map_err(|_| problems::envelope(place))
    }
}

fn is_authentication(certificate: &X509Certificate<'_>) -> bool {
    certificate.extensions().iter().any(|extension| match extension.parsed_extension() {
        ParsedExtension::CertificatePolicies(policies) => {
            policies.iter().any(|policy| policy.policy_id.to_id_string() == AUTHENTICATION_POLICY)
        }
        _ => false,
    })
}

fn verify(certificate: &X509Certificate<'_>, signature: &str, binding: &[u8]) -> Result<(), Problem> {
    let signature = BASE64.decode(signature.as_bytes()).map_err(|_| problems::signature_wrong())?;
    let key = &certificate.public_key().subject_public_key.data;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
        .verify(binding, &signature)
        .map_err(|_| problems::signature_wrong())
}
