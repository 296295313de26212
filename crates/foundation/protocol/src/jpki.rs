//! The certificate authority of the card (公的個人認証サービス): issuance, status, and certificate to code.

use calendar::{Date, Timestamp};
use codes::ExchangeId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Sealed, eligibility::Sex};

/// Which of the card's two certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateKind {
    /// 利用者証明用: no name inside.
    Authentication,
    /// 署名用: name, birth, sex, address inside.
    Signing,
}

/// The issuer's counter asks for a certificate on a key that a card made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssueRequest {
    /// Key of this exchange: a retry gets the same certificate.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Which certificate.
    pub kind: CertificateKind,
    /// SubjectPublicKeyInfo, DER, base64 (RSA-2048).
    pub public_key: String,
    /// RSA PKCS#1 v1.5 SHA-256 signature of the new key over the exchange's text form, base64: proof of
    /// possession.
    pub proof: String,
    /// Link code of the insurance domain, sealed by the issuer to the eligibility service; opaque here.
    pub holder: Sealed,
    /// Serial number (hexadecimal) of the certificate that this one succeeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// What a signing certificate states about its holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// The holder's birth date, for the end of validity (the fifth birthday): an authentication certificate does not
    /// state it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub birthdate: Option<Date>,
}

/// What a signing certificate states about its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Identity {
    /// 氏名
    pub name: String,
    /// 性別
    pub sex: Sex,
    /// 生年月日
    #[schema(value_type = String, format = Date)]
    pub birthdate: Date,
    /// 住所
    pub address: String,
}

/// A certificate as issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssueAnswer {
    /// DER, base64.
    pub certificate: String,
    /// The authority's certificate, DER, base64.
    pub authority: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// End of validity.
    #[schema(value_type = String, format = DateTime)]
    pub not_after: Timestamp,
}

/// Revocation at the counter, by the holder's wish, loss, death or move abroad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevokeRequest {
    /// Key of this exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Why.
    pub reason: RevocationReason,
}

/// RFC 5280 §5.3.1, the reasons that the Japanese card knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationReason {
    /// 0
    Unspecified,
    /// 1: the card was lost or stolen.
    KeyCompromise,
    /// 3: name, address or life ended.
    AffiliationChanged,
    /// 4: renewed.
    Superseded,
    /// 5: the holder no longer wants it.
    CessationOfOperation,
}

/// The eligibility service asks what certificates are worth, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateCodeRequest {
    /// Key of this exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The certificates, at most 1,000.
    pub certificates: Vec<CertificateRef>,
}

/// Names one certificate beyond doubt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateRef {
    /// Serial number, hexadecimal.
    pub serial: String,
    /// SHA-256 of the DER, hexadecimal.
    pub fingerprint: String,
}

/// The answers, in the order of the question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateCodeAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// One a certificate.
    pub certificates: Vec<CertificateCode>,
}

/// What one certificate is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateCode {
    /// Its standing now.
    pub status: CertificateStatus,
    /// The envelope of its holder, sealed to the eligibility service; only with a good certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Sealed>,
}

/// Standing of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum CertificateStatus {
    /// Issued here, in its validity, not revoked.
    Good,
    /// Revoked, with the time and reason.
    Revoked {
        /// When.
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
        /// Serial number of the newest certificate that took its place, when it was renewed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        successor: Option<String>,
    },
    /// Its five years are over.
    Expired {
        /// When they ended.
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
    },
    /// Never issued here, or altered.
    Unknown,
}
