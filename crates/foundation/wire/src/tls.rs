//! Mutual TLS between organisations: TLS 1.3 only, both sides show a certificate of the house CA.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use codes::OrgId;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use x509_parser::extensions::GeneralName;

use crate::Problem;

/// What the SAN URI of every certificate of the house begins with; the [`OrgId`] follows.
pub const SAN_PREFIX: &str = "musubi:";

/// Who is at the other end of the mTLS connection, from the SAN URI `musubi:<orgid>` of its certificate (接続元機関).
///
/// A request extension set by [`Server`](crate::Server). As an extractor it refuses a request that came without a
/// client certificate with 401.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer(pub OrgId);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Peer>().cloned().ok_or_else(|| {
            Problem::new(401, "no-peer").detail(
                "この窓口は機関の証明書による接続（相互TLS）だけを受け付けます",
                "This address answers only to organisations that connect with their certificate (mutual TLS)",
            )
        })
    }
}

/// One organisation's certificate, key and trust, ready for both serving and calling.
#[derive(Clone)]
pub struct Tls {
    org: OrgId,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

/// Why a certificate, key or CA cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// PEM text that does not hold what it should.
    #[error("{what}: expected PEM: {reason}")]
    Pem {
        /// Which of the three inputs.
        what: &'static str,
        /// What the reader said.
        reason: String,
    },
    /// The certificate names no organisation, or not exactly one.
    #[error("certificate: expected one SAN URI \"musubi:<kind>/<number>\": {0}")]
    Identity(String),
    /// The certificate's validity does not include this moment.
    #[error("certificate of {org} is valid from {from} to {until} only")]
    Validity {
        /// Whose certificate.
        org: OrgId,
        /// First moment of validity.
        from: String,
        /// Last moment of validity.
        until: String,
    },
    /// Certificate, key and CA do not go together.
    #[error("certificate, key and CA do not fit together: {0}")]
    Config(String),
}

impl Tls {
    /// Reads a certificate chain (own certificate first), its PKCS#8 key and the CA certificates to trust.
    ///
    /// # Errors
    /// [`TlsError`] names the input that is wrong.
    pub fn from_pem(cert_chain_pem: &str, key_pem: &str, ca_pem: &str) -> Result<Self, TlsError> {
        let chain = certificates("certificate chain", cert_chain_pem)?;
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes())
            .map_err(|e| TlsError::Pem { what: "key", reason: e.to_string() })?;
        let mut roots = RootCertStore::empty();
        for ca in certificates("CA", ca_pem)? {
            roots.add(ca).map_err(|e| TlsError::Config(e.to_string()))?;
        }
        let roots = Arc::new(roots);
        let own = chain.first().ok_or_else(|| TlsError::Identity("the chain is empty".into()))?;
        let org = organisation(own)?;
        let client = client_config(Arc::clone(&roots), chain.clone(), key.clone_key())?;
        let server = server_config(roots, chain, key)?;
        Ok(Tls { org, server: Arc::new(server), client: Arc::new(client) })
    }

    /// Whose certificate this is.
    pub fn org(&self) -> &OrgId {
        &self.org
    }

    pub(crate) fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }

    pub(crate) fn client_config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.client)
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("org", &self.org).finish_non_exhaustive()
    }
}

/// The organisation that a verified certificate names, provided the certificate is valid now: a resumed session was
/// verified when it was first made, which may be hours ago.
pub(crate) fn peer_of(certificate: &CertificateDer<'_>) -> Result<Peer, TlsError> {
    let org = organisation(certificate)?;
    let parsed = parse(certificate)?;
    let validity = parsed.validity();
    if validity.is_valid() {
        Ok(Peer(org))
    } else {
        Err(TlsError::Validity {
            org,
            from: validity.not_before.to_string(),
            until: validity.not_after.to_string(),
        })
    }
}

fn server_config(
    roots: Arc<RootCertStore>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, TlsError> {
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
        .build()
        .map_err(|e| TlsError::Config(e.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|builder| builder.with_client_cert_verifier(verifier).with_single_cert(chain, key))
        .map_err(|e| TlsError::Config(e.to_string()))?;
    config.ticketer = rustls::crypto::ring::Ticketer::new().map_err(|e| TlsError::Config(e.to_string()))?;
    config.send_tls13_tickets = 1;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn client_config(
    roots: Arc<RootCertStore>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|builder| builder.with_root_certificates(roots).with_client_auth_cert(chain, key))
        .map_err(|e| TlsError::Config(e.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn certificates(what: &'static str, pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let list = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| TlsError::Pem { what, reason: e.to_string() })?;
    if list.is_empty() {
        return Err(TlsError::Pem { what, reason: "no CERTIFICATE block".into() });
    }
    Ok(list)
}

fn organisation(certificate: &CertificateDer<'_>) -> Result<OrgId, TlsError> {
    let parsed = parse(certificate)?;
    let names = parsed
        .subject_alternative_name()
        .map_err(|e| TlsError::Identity(e.to_string()))?
        .map(|extension| extension.value.general_names.as_slice())
        .unwrap_or_default();
    let mut orgs = names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => uri.strip_prefix(SAN_PREFIX),
        _ => None,
    });
    match (orgs.next(), orgs.next()) {
        (Some(text), None) => {
            text.parse().map_err(|e| TlsError::Identity(format!("{text:?} is no organisation: {e}")))
        }
        (None, _) => Err(TlsError::Identity("it has none".into())),
        (Some(_), Some(_)) => Err(TlsError::Identity("it has several".into())),
    }
}

fn parse<'a>(
    certificate: &'a CertificateDer<'_>,
) -> Result<x509_parser::certificate::X509Certificate<'a>, TlsError> {
    x509_parser::parse_x509_certificate(certificate.as_ref())
        .map(|(_, parsed)| parsed)
        .map_err(|e| TlsError::Identity(format!("not an X.509 certificate: {e}")))
}
