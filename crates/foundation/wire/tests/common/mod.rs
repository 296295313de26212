//! What the tests over loopback share.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test program uses its part; a helper that fails fails its test"
)]

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use codes::{OrgId, OrgKind};
use musubi_wire::dev_ca::{DevCa, TlsPem};
use musubi_wire::{Client, Hosts, Limits, Patience, Server, Shutdown, Tls};
use tokio::task::JoinHandle;

/// The name that the server's certificate bears.
pub const NAME: &str = "eligibility.musubi.internal";

pub struct House {
    pub ca: DevCa,
    _dir: tempfile::TempDir,
}

impl House {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        House { ca: DevCa::create_or_open(dir.path()).unwrap(), _dir: dir }
    }

    pub fn server(&self) -> Tls {
        self.pem(OrgKind::Eligibility, "1", &[NAME]).tls().unwrap()
    }

    pub fn hospital(&self) -> Tls {
        self.pem(OrgKind::Institution, "1310000001", &[]).tls().unwrap()
    }

    pub fn pem(&self, kind: OrgKind, number: &str, names: &[&str]) -> TlsPem {
        self.ca.issue(&OrgId::new(kind, number).unwrap(), names).unwrap()
    }
}

pub struct Running {
    pub addr: SocketAddr,
    pub shutdown: Shutdown,
    pub task: JoinHandle<()>,
}

pub async fn serve(router: Router, tls: Option<Tls>) -> Running {
    serve_with(router, tls, Limits::default()).await
}

pub async fn serve_with(router: Router, tls: Option<Tls>, limits: Limits) -> Running {
    let server = Server::bind("127.0.0.1:0").await.unwrap().with_limits(limits);
    let (addr, shutdown) = (server.local_addr(), Shutdown::new());
    let task = tokio::spawn(server.serve(router, tls, shutdown.clone()));
    Running { addr, shutdown, task }
}

/// A client that finds `NAME` at `addr` and does not wait long for a refusal.
pub fn client(tls: &Tls, addr: SocketAddr) -> Client {
    let hosts = Hosts::new();
    hosts.set(NAME, addr);
    Client::build(
        Some(tls),
        hosts,
        Patience { retries: 0, answer: Duration::from_secs(10), ..Patience::default() },
    )
}

/// Sends raw bytes and reads until the server closes.
pub async fn raw(addr: SocketAddr, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}
