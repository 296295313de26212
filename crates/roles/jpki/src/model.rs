//! What the register knows of a certificate.

use calendar::Timestamp;
use protocol::Sealed;
use protocol::jpki::{CertificateKind, CertificateStatus, RevocationReason};

/// A certificate in the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Serial number, upper-case hexadecimal.
    pub serial: String,
    /// Which of the card's two.
    pub kind: CertificateKind,
    /// The opaque common name.
    pub common_name: String,
    /// Name of the holder; only a signing certificate tells it.
    pub name: Option<String>,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// SHA-256 of the DER.
    pub fingerprint: [u8; 32],
    /// The holder's code, sealed to the eligibility service; opaque here.
    pub holder: Sealed,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Last second of validity.
    pub not_after: Timestamp,
    /// Serial number of the certificate it took the place of.
    pub predecessor: Option<String>,
    /// Serial number of the one that took its place.
    pub successor: Option<String>,
    /// Since when and why it is revoked.
    pub revoked: Option<Revocation>,
}

/// A revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
    /// Where it stands in the ledger, as it was acknowledged.
    pub receipt: ledger::Receipt,
}

impl Certificate {
    /// Its standing at `now`. A revoked certificate stays revoked when its time is over.
    pub fn status(&self, now: Timestamp) -> CertificateStatus {
        if let Some(revocation) = &self.revoked {
            return CertificateStatus::Revoked {
                at: revocation.at,
                reason: revocation.reason,
                successor: self.successor.clone(),
            };
        }
        if self.not_after < now {
            return CertificateStatus::Expired { at: self.not_after };
        }
        CertificateStatus::Good
    }
}

/// What became of an attempt to record an issuance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is recorded now.
    New,
    /// The exchange was answered before.
    Before,
    /// The public key is in another certificate.
    KeyTaken,
    /// The certificate to be replaced already has a successor.
    AlreadyReplaced,
}

/// How the store and the pages' addresses write a kind.
pub fn kind_text(kind: CertificateKind) -> &'static str {
    match kind {
        CertificateKind::Authentication => "authentication",
        CertificateKind::Signing => "signing",
    }
}

/// The kind by its text.
pub fn kind_of(text: &str) -> Option<CertificateKind> {
    [CertificateKind::Authentication, CertificateKind::Signing]
        .into_iter()
        .find(|kind| kind_text(*kind) == text)
}
