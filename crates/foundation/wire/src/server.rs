//! The HTTP server: one listening socket, plain or mTLS, that ends gracefully.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::Service as _;

use crate::Shutdown;
use crate::guard::Guarded;
use crate::tls::{Peer, Tls, peer_of};

/// What a server allows its peers; the defaults suit a role of the house.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; further ones wait in the accept queue of the system.
    pub connections: usize,
    /// From accept to the end of the TLS handshake.
    pub handshake: Duration,
    /// From a connection's first byte of waiting to a complete request head; also ends idle connections.
    pub head: Duration,
    /// How long a peer may stop reading an answer.
    pub stalled_write: Duration,
    /// Most bytes of a request head.
    pub head_bytes: usize,
    /// After the shutdown signal: how long requests in flight may take to finish.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 10_000,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(30),
            stalled_write: Duration::from_secs(30),
            head_bytes: 32 * 1024,
            drain: Duration::from_secs(10),
        }
    }
}

/// A bound, not yet serving, HTTP server (受付口).
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    limits: Limits,
}

/// Why a server could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {addr}: {source}")]
pub struct BindError {
    /// The address asked for.
    pub addr: String,
    /// What the system said.
    pub source: io::Error,
}

impl Server {
    /// Binds `addr` (`host:port`; port 0 lets the system choose, see [`local_addr`](Self::local_addr)).
    ///
    /// # Errors
    /// [`BindError`], for example when the port is taken.
    pub async fn bind(addr: &str) -> Result<Self, BindError> {
        let bind = async {
            let listener = TcpListener::bind(addr).await?;
            let local_addr = listener.local_addr()?;
            Ok(Server { listener, local_addr, limits: Limits::default() })
        };
        bind.await.map_err(|source| BindError { addr: addr.to_owned(), source })
    }

    /// Replaces the default limits.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The address actually bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until `shutdown` is triggered, then lets requests in flight finish (at most [`Limits::drain`]).
    /// In a box, so that it is compiled here and not in each program that serves.
    pub fn serve(
        self,
        router: Router,
        tls: Option<Tls>,
        shutdown: Shutdown,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(self.serve_until(router, tls, shutdown))
    }

    async fn serve_until(self, router: Router, tls: Option<Tls>, shutdown: Shutdown) {
        let Server { listener, limits, .. } = self;
        let shared = Arc::new(Shared {
            // Turns handlers into routes once instead of once a request.
            router: router.with_state(()),
            acceptor: tls.map(|tls| TlsAcceptor::from(tls.server_config())),
            limits,
            shutdown: shutdown.clone(),
        });
        let slots = Arc::new(Semaphore::new(limits.connections));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = shutdown.wait() => break,
                Some(_) = connections.join_next() => continue,
                accepted = accept(&listener, &slots) => accepted,
            };
            if let Some((stream, peer, slot)) = accepted {
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    shared.connection(stream, peer).await;
                    drop(slot);
                });
            }
        }
        drop(listener);
        let drained = timeout(limits.drain, async { while connections.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            tracing::warn!(left = connections.len(), "connections were still busy at the end and are cut");
        }
    }
}

/// The next connection with its slot; None after a passing failure (for example no file descriptors left).
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, slot)),
        Err(error) => {
            tracing::warn!(%error, "accept failed");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// What all connections of a server have in common.
struct Shared {
    router: Router,
    acceptor: Option<TlsAcceptor>,
    limits: Limits,
    shutdown: Shutdown,
}

impl Shared {
    async fn connection(&self, stream: TcpStream, from: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%from, %error, "TCP_NODELAY");
        }
        let Some(acceptor) = &self.acceptor else {
            return self.http(stream, None, from).await;
        };
        let handshake = timeout(self.limits.handshake, acceptor.accept(stream)).await;
        let stream = match handshake {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::warn!(%from, %error, "TLS handshake refused"),
            Err(_) => return tracing::warn!(%from, "TLS handshake took too long"),
        };
        let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        match certificate.map(peer_of) {
            Some(Ok(peer)) => self.http(stream, Some(peer), from).await,
            Some(Err(error)) => tracing::warn!(%from, %error, "client certificate refused"),
            None => tracing::warn!(%from, "no client certificate"),
        }
    }

    async fn http<C>(&self, connection: C, peer: Option<Peer>, from: SocketAddr)
    where
        C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(move |mut request: Request<Incoming>| {
            if let Some(peer) = &peer {
                request.extensions_mut().insert(peer.clone());
            }
            self.router.clone().call(request)
        });
        let io = TokioIo::new(Guarded::new(connection, self.limits.stalled_write));
        let http = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .max_header_size(self.limits.head_bytes)
            .pipeline_flush(true)
            .serve_connection(io, service);
        let mut http = std::pin::pin!(http);
        let ended = tokio::select! {
            biased;
            ended = http.as_mut() => ended,
            () = self.shutdown.wait() => {
                http.as_mut().graceful_shutdown();
                http.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%from, %error, "connection ended early");
        }
    }
}
