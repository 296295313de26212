//! Certificate revocation lists (RFC 5280 §5): signed, numbered, with the time of the next.

use der::Encode as _;
use protocol::jpki::RevocationReason;
use x509_cert::builder::{Builder, CrlBuilder};
use x509_cert::crl::RevokedCert;
use x509_cert::ext::ToExtension as _;
use x509_cert::ext::pkix::{CrlNumber, CrlReason};
use x509_cert::serial_number::SerialNumber;

use super::{Authority, CaError, x509_time};

/// One revoked certificate.
#[derive(Debug, Clone)]
pub struct Revoked {
    /// Serial number, hexadecimal.
    pub serial: String,
    /// When it stopped being valid, unix seconds.
    pub at: i64,
    /// Why.
    pub reason: RevocationReason,
}

impl Authority {
    /// The signed list of `revoked`, number `number`, valid from `now` to `next` (unix seconds); DER.
    ///
    /// # Errors
    /// [`CaError`] when a serial number cannot be read or the signature fails.
    pub fn revocation_list(
        &self,
        revoked: &[Revoked],
        number: u64,
        now: i64,
        next: i64,
    ) -> Result<Vec<u8>, CaError> {
        let number = CrlNumber::try_from(number).map_err(CaError::der("list number"))?;
        let mut builder = CrlBuilder::new_with_this_update(&self.certificate, number, x509_time(now)?)
            .map_err(CaError::der("revocation list"))?
            .with_next_update(Some(x509_time(next)?));
        // An empty sequence is forbidden: the field is left out when nothing is revoked.
        if !revoked.is_empty() {
            let entries = revoked.iter().map(entry).collect::<Result<Vec<_>, CaError>>()?;
            builder = builder.with_certificates(entries.into_iter());
        }
        let message = builder.finalize(&self.key).map_err(CaError::builder("revocation list"))?;
        let list = builder
            .assemble(self.key.sign(&message)?, &self.key)
            .map_err(CaError::builder("revocation list"))?;
        list.to_der().map_err(CaError::der("revocation list"))
    }
}

/// The reason as RFC 5280 §5.3.1 writes it.
pub(super) fn standard(reason: RevocationReason) -> CrlReason {
    match reason {
        RevocationReason::Unspecified => CrlReason::Unspecified,
        RevocationReason::KeyCompromise => CrlReason::KeyCompromise,
        RevocationReason::AffiliationChanged => CrlReason::AffiliationChanged,
        RevocationReason::Superseded => CrlReason::Superseded,
        RevocationReason::CessationOfOperation => CrlReason::CessationOfOperation,
    }
}

fn entry(revoked: &Revoked) -> Result<RevokedCert, CaError> {
    let reason = (&standard(revoked.reason))
        .to_extension(&Default::default(), &[])
        .map_err(CaError::der("revocation reason"))?;
    Ok(RevokedCert {
        serial_number: serial(&revoked.serial)?,
        revocation_date: x509_time(revoked.at)?,
        crl_entry_extensions: Some(vec![reason]),
    })
}

fn serial(text: &str) -> Result<SerialNumber, CaError> {
    let bytes: Option<Vec<u8>> = (0..text.len())
        .step_by(2)
        .map(|at| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    let bytes = bytes.ok_or(CaError::Question("a serial number is pairs of hexadecimal digits"))?;
    SerialNumber::new(&bytes).map_err(CaError::der("serial number"))
}
