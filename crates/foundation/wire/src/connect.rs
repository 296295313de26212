//! Reaching a role: its name, its address, its connection.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower::Service;

/// Where named roles are to be reached, beside DNS (宛先表). Clones share one table.
///
/// The certificate is always verified by the name, so a wrong address cannot impersonate a role.
#[derive(Debug, Clone, Default)]
pub struct Hosts(Arc<RwLock<HashMap<String, SocketAddr>>>);

impl Hosts {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that `name` (for example `eligibility.musubi.internal`) is reached at `address`, whatever port a URL names.
    pub fn set(&self, name: &str, address: SocketAddr) {
        let mut table = match self.0.write() {
            Ok(table) => table,
            Err(poisoned) => poisoned.into_inner(),
        };
        table.insert(name.to_ascii_lowercase(), address);
    }

    /// The address of `name`, if the table has it.
    pub fn get(&self, name: &str) -> Option<SocketAddr> {
        self.0.read().ok()?.get(&name.to_ascii_lowercase()).copied()
    }
}

/// Makes the connections of a [`Client`](crate::Client).
#[derive(Clone)]
pub(crate) struct Connector {
    tls: Option<Arc<ClientConfig>>,
    hosts: Hosts,
    patience: Duration,
}

impl Connector {
    pub(crate) fn new(tls: Option<Arc<ClientConfig>>, hosts: Hosts, patience: Duration) -> Self {
        Connector { tls, hosts, patience }
    }

    async fn connect(self, uri: Uri) -> io::Result<Link> {
        let host = uri.host().ok_or_else(|| invalid("the address names no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(invalid("expected https:// or http://")),
        };
        let stream = match self.hosts.get(host) {
            Some(address) => TcpStream::connect(address).await?,
            None => {
                let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
                TcpStream::connect((host, port)).await?
            }
        };
        stream.set_nodelay(true)?;
        if !secure {
            return Ok(Link::Plain(TokioIo::new(stream)));
        }
        let config = self.tls.ok_or_else(|| invalid("https:// needs a client with a certificate"))?;
        let name = ServerName::try_from(host.to_owned()).map_err(|e| invalid(&e.to_string()))?;
        let stream = TlsConnector::from(config).connect(name, stream).await?;
        Ok(Link::Tls(Box::new(TokioIo::new(stream))))
    }
}

impl Service<Uri> for Connector {
    type Response = Link;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Link>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let patience = connector.patience;
            let late = || io::Error::new(io::ErrorKind::TimedOut, "no connection in time");
            tokio::time::timeout(patience, connector.connect(uri)).await.unwrap_or_else(|_| Err(late()))
        })
    }
}

/// A connection, plain or mTLS.
pub(crate) enum Link {
    Plain(TokioIo<TcpStream>),
    Tls(Box<TokioIo<TlsStream<TcpStream>>>),
}

impl Connection for Link {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Link {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Link::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Link::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl Write for Link {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Link::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Link::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Link::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Link::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Link::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Link::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Link::Plain(stream) => stream.is_write_vectored(),
            Link::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Link::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Link::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}
