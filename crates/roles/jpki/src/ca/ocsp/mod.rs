//! Online status of certificates (OCSP, RFC 6960): questions read, answers signed.
//!
//! A responder to whom the authority delegated signs the answers, so that the authority's own key is
//! used for certificates and lists only.

mod message;

use der::asn1::{GeneralizedTime, Null, OctetString};
use der::{Decode as _, Encode as _};
use protocol::jpki::RevocationReason;
use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use spki::ObjectIdentifier;
use x509_cert::Certificate;
use x509_cert::ext::Extension;

use self::message::{
    BASIC, BasicResponse, CertId, CertStatus, NONCE, OcspRequest, OcspResponse, ResponderId, ResponseBytes,
    ResponseData, ResponseStatus, RevokedInfo, SingleResponse, Version,
};
use super::authority::serial_text;
use super::crl::standard;
use super::key::sha256_with_rsa;
use super::{Authority, CaError, date_time};

/// A question that could be read.
#[derive(Debug, Clone)]
pub struct Question {
    request: OcspRequest,
    nonce: Option<Extension>,
}

/// What the register says of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Issued here and not revoked.
    Good,
    /// Revoked.
    Revoked {
        /// Since when, unix seconds.
        at: i64,
        /// Why.
        reason: RevocationReason,
    },
    /// Not issued by this authority.
    Unknown,
}

/// Answers that need no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The question was no OCSP request.
    Malformed,
    /// The responder could not answer now.
    Internal,
    /// The certificate's issuer is none of the authorities here.
    Unauthorized,
}

/// Reads a DER request: at most 8 KiB, 1 to 32 certificates, a nonce of 1 to 128 bytes (RFC 9654).
///
/// # Errors
/// [`CaError`] saying what is wrong; the asker receives [`Refusal::Malformed`].
pub fn read(request: &[u8]) -> Result<Question, CaError> {
    if request.len() > MAX_REQUEST {
        return Err(CaError::Question("an OCSP request longer than 8,192 bytes"));
    }
    let request = OcspRequest::from_der(request).map_err(CaError::der("OCSP request"))?;
    if request.tbs.list.is_empty() || request.tbs.list.len() > MAX_CERTIFICATES {
        return Err(CaError::Question("an OCSP request must name 1 to 32 certificates"));
    }
    let nonce = nonce(&request)?;
    Ok(Question { request, nonce })
}

impl Question {
    /// The authority among `authorities` that issued the first certificate asked about.
    pub fn authority<'a>(
        &self,
        authorities: impl IntoIterator<Item = &'a Authority>,
    ) -> Option<&'a Authority> {
        let first = self.request.tbs.list.first()?;
        authorities.into_iter().find(|authority| authority.issued(&first.id))
    }

    /// Serial numbers asked about, in order, as the register writes them.
    pub fn serials(&self) -> Vec<String> {
        self.request.tbs.list.iter().map(|single| serial_text(&single.id.serial)).collect()
    }
}

/// A refusal as it goes on the wire.
///
/// # Errors
/// [`CaError`] when it cannot be encoded.
pub fn refuse(refusal: Refusal) -> Result<Vec<u8>, CaError> {
    let status = match refusal {
        Refusal::Malformed => ResponseStatus::MalformedRequest,
        Refusal::Internal => ResponseStatus::InternalError,
        Refusal::Unauthorized => ResponseStatus::Unauthorized,
    };
    OcspResponse { status, body: None }.to_der().map_err(CaError::der("OCSP response"))
}

impl Authority {
    /// Signs the answer to `question`; `standings` in the order of [`Question::serials`]. A certificate of
    /// another authority is answered as unknown. Valid from `now` to `next` (unix seconds).
    ///
    /// # Errors
    /// [`CaError`] when a time cannot be written or the signature fails.
    pub fn answer_status(
        &self,
        question: &Question,
        standings: &[Standing],
        now: i64,
        next: i64,
    ) -> Result<Vec<u8>, CaError> {
        let mut responses = Vec::with_capacity(standings.len());
        for (single, standing) in question.request.tbs.list.iter().zip(standings) {
            let standing = if self.issued(&single.id) { *standing } else { Standing::Unknown };
            responses.push(SingleResponse {
                id: single.id.clone(),
                status: status(standing)?,
                this_update: generalized(now)?,
                next_update: Some(generalized(next)?),
            });
        }
        let data = ResponseData {
            version: Version::V1,
            responder: ResponderId::ByKey(key_hash(&self.responder_certificate)?),
            produced_at: generalized(now)?,
            responses,
            extensions: question.nonce.clone().map(|nonce| vec![nonce]),
        };
        self.seal(data)
    }

    fn seal(&self, data: ResponseData) -> Result<Vec<u8>, CaError> {
        let message = data.to_der().map_err(CaError::der("OCSP response"))?;
        let basic = BasicResponse {
            data,
            algorithm: sha256_with_rsa(),
            signature: self.responder_key.sign(&message)?,
            certificates: Some(vec![self.responder_certificate.clone()]),
        };
        let response = basic.to_der().and_then(OctetString::new).map_err(CaError::der("OCSP response"))?;
        OcspResponse {
            status: ResponseStatus::Successful,
            body: Some(ResponseBytes { kind: BASIC, response }),
        }
        .to_der()
        .map_err(CaError::der("OCSP response"))
    }

    /// True when the certificate asked about names this authority as its issuer, by name and by key.
    fn issued(&self, id: &CertId) -> bool {
        let Some(algorithm) = hash(id.algorithm.oid) else { return false };
        let Ok(name) = self.certificate.tbs_certificate().subject().to_der() else { return false };
        let Some(key) = self.key.public().subject_public_key.as_bytes() else { return false };
        digest(algorithm, &name).as_ref() == id.issuer_name.as_bytes()
            && digest(algorithm, key).as_ref() == id.issuer_key.as_bytes()
    }
}

fn nonce(request: &OcspRequest) -> Result<Option<Extension>, CaError> {
    let all = request.tbs.extensions.as_deref().unwrap_or_default();
    let Some(found) = all.iter().find(|extension| extension.extn_id == NONCE) else { return Ok(None) };
    let inner = OctetString::from_der(found.extn_value.as_bytes()).map_err(CaError::der("OCSP nonce"))?;
    if inner.as_bytes().is_empty() || inner.as_bytes().len() > MAX_NONCE {
        return Err(CaError::Question("an OCSP nonce has 1 to 128 bytes"));
    }
    Ok(Some(Extension { extn_id: NONCE, critical: false, extn_value: found.extn_value.clone() }))
}

fn status(standing: Standing) -> Result<CertStatus, CaError> {
    Ok(match standing {
        Standing::Good => CertStatus::Good(Null),
        Standing::Unknown => CertStatus::Unknown(Null),
        Standing::Revoked { at, reason } => {
            CertStatus::Revoked(RevokedInfo { at: generalized(at)?, reason: Some(standard(reason)) })
        }
    })
}

fn generalized(at: i64) -> Result<GeneralizedTime, CaError> {
    date_time(at).map(GeneralizedTime::from_date_time)
}

fn key_hash(certificate: &Certificate) -> Result<OctetString, CaError> {
    let key = certificate.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes();
    OctetString::new(digest(&SHA1_FOR_LEGACY_USE_ONLY, key).as_ref()).map_err(CaError::der("key hash"))
}

fn hash(oid: ObjectIdentifier) -> Option<&'static Algorithm> {
    // SHA-1 only names the issuer here; it is what RFC 5019 clients and openssl send.
    match oid {
        SHA1_OID => Some(&SHA1_FOR_LEGACY_USE_ONLY),
        SHA256_OID => Some(&SHA256),
        _ => None,
    }
}

const MAX_REQUEST: usize = 8192;
const MAX_CERTIFICATES: usize = 32;
const MAX_NONCE: usize = 128;
const SHA1_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_no_question() {
        assert!(read(&[]).is_err());
        assert!(read(&vec![0x30; MAX_REQUEST + 1]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&bytes);
        }
    }
}
