//! The certification authority: keys, certificate profiles, revocation lists, OCSP. No HTTP, no SQL.
//!
//! Profiles follow the published certificates of the Japanese service (利用者証明用 and 署名用);
//! `openssl verify`, `openssl crl` and `openssl ocsp` are the judges in the tests.

mod authority;
mod crl;
mod key;
mod names;
pub mod ocsp;
mod profile;
mod proof;

use x509_cert::builder;

pub(crate) use authority::fresh_common_name;
pub use authority::{Authority, AuthorityKeys, ClearKey, Issued};
pub use crl::Revoked;
pub use key::SigningKey;
pub use profile::{Endpoints, Subject};
pub use proof::{ProvenKey, prove};

/// Why the authority could not make or read something.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// A structure could not be encoded or decoded as DER.
    #[error("{place}: not valid DER: {source}")]
    Der {
        /// What was being read or written.
        place: &'static str,
        /// What the codec said.
        source: der::Error,
    },
    /// The X.509 builder refused.
    #[error("{place}: {source}")]
    Builder {
        /// What was being built.
        place: &'static str,
        /// What the builder said.
        source: builder::Error,
    },
    /// A private key could not be made, opened or used.
    #[error("private key: {0}")]
    Key(String),
    /// The key is unfit, or the asker did not prove to hold its private half.
    #[error("public key: {0}")]
    Proof(&'static str),
    /// A question that cannot be answered.
    #[error("{0}")]
    Question(&'static str),
    /// A time outside what X.509 can say.
    #[error("{0} seconds since 1970 is outside what a certificate can say (1970 to 9999)")]
    Time(i64),
}

impl CaError {
    fn der(place: &'static str) -> impl Fn(der::Error) -> Self {
        move |source| Self::Der { place, source }
    }

    fn builder(place: &'static str) -> impl Fn(builder::Error) -> Self {
        move |source| Self::Builder { place, source }
    }
}

/// Unix seconds as a certificate writes them.
fn x509_time(at: i64) -> Result<x509_cert::time::Time, CaError> {
    date_time(at).map(x509_cert::time::Time::from)
}

fn date_time(at: i64) -> Result<der::DateTime, CaError> {
    let seconds = u64::try_from(at).map_err(|_| CaError::Time(at))?;
    der::DateTime::from_unix_duration(std::time::Duration::from_secs(seconds)).map_err(|_| CaError::Time(at))
}

#[cfg(test)]
mod openssl_tests;
