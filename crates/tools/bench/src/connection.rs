//! An HTTP/1.1 client that costs next to nothing: bytes made beforehand, answers taken as they are.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::house::Certificate;

/// A connection that is kept alive.
pub struct Connection {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// An answer's status and body, until the next question.
pub struct Answer<'a> {
    /// Three digits.
    pub status: &'a [u8],
    /// The body.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects, with a certificate over mTLS or without one over plain TCP.
    ///
    /// # Errors
    /// When the other side cannot be reached or refuses.
    pub async fn open(address: SocketAddr, tls: Option<&Arc<ClientConfig>>) -> anyhow::Result<Self> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match tls {
            None => Box::new(tcp),
            Some(config) => {
                let name = ServerName::try_from("localhost")?;
                Box::new(TlsConnector::from(Arc::clone(config)).connect(name, tcp).await?)
            }
        };
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends bytes without waiting for an answer.
    ///
    /// # Errors
    /// When the connection broke.
    pub async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Waits for one answer.
    ///
    /// # Errors
    /// When the connection broke or what came is no answer of a known length.
    pub async fn answer(&mut self) -> anyhow::Result<Answer<'_>> {
        self.stream.flush().await?;
        self.buffer.clear();
        let (head, length) = loop {
            if let Some(head) = find(&self.buffer, b"\r\n\r\n") {
                let text = std::str::from_utf8(self.buffer.get(..head).unwrap_or_default())?;
                break (head + 4, content_length(text)?);
            }
            self.fill().await?;
        };
        while self.buffer.len() < head + length {
            self.fill().await?;
        }
        ensure!(self.buffer.len() == head + length, "more came than one answer");
        let body = self.buffer.get(head..).unwrap_or_default();
        Ok(Answer { status: self.buffer.get(9..12).unwrap_or_default(), body })
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the connection ended before the answer");
        }
        Ok(())
    }
}

/// mTLS as the house speaks it.
///
/// # Errors
/// When the certificate, key or CA is none.
pub fn tls(certificate: &Certificate) -> anyhow::Result<Arc<ClientConfig>> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.chain.as_bytes()).collect();
    let mut roots = RootCertStore::empty();
    for ca in CertificateDer::pem_slice_iter(certificate.ca.as_bytes()) {
        roots.add(ca?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain?, PrivateKeyDer::from_pem_slice(certificate.key.as_bytes())?)?;
    Ok(Arc::new(config))
}

/// A question as it goes over the wire.
pub fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn content_length(head: &str) -> anyhow::Result<usize> {
    let line = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    line.context("an answer without content-length")?.parse().context("content-length")
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
