//! Mutual TLS over loopback: who is let in, who is not, and what each side is told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails fails its test")]

mod common;

use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::get;
use codes::{OrgId, OrgKind};
use common::{House, NAME, client, serve};
use musubi_wire::dev_ca::DevCa;
use musubi_wire::{Client, ClientError, Hosts, Json, Patience, Peer, Tls, role_router};

fn who_am_i() -> Router {
    role_router(
        "test",
        Router::new().route("/who", get(|Peer(org): Peer| async move { Json(org.to_string()) })),
    )
}

fn base() -> String {
    format!("https://{NAME}")
}

async fn refused(tls: &Tls, house: &House) -> String {
    let running = serve(who_am_i(), Some(house.server())).await;
    match client(tls, running.addr).get::<String>(&base(), "/who").await {
        Err(ClientError::Unreachable { reason, .. }) => reason,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn the_peer_is_who_its_certificate_says() {
    let house = House::new();
    let running = serve(who_am_i(), Some(house.server())).await;
    let client = client(&house.hospital(), running.addr);
    for _ in 0..3 {
        assert_eq!(client.get::<String>(&base(), "/who").await.unwrap(), "institution/1310000001");
    }
}

#[tokio::test]
async fn many_at_once_over_the_pool() {
    let house = House::new();
    let running = serve(who_am_i(), Some(house.server())).await;
    let client = client(&house.hospital(), running.addr);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get::<String>(&base(), "/who").await.unwrap() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "institution/1310000001");
    }
}

#[tokio::test]
async fn a_resumed_session_still_knows_its_peer() {
    let house = House::new();
    let running = serve(who_am_i(), Some(house.server())).await;
    let tls = house.hospital();
    // Two pools with one TLS configuration: the second connection resumes the session of the first.
    for _ in 0..2 {
        let answer = client(&tls, running.addr).get::<String>(&base(), "/who").await.unwrap();
        assert_eq!(answer, "institution/1310000001");
    }
}

#[tokio::test]
async fn an_expired_client_certificate_is_refused_and_says_so() {
    let house = House::new();
    let id = OrgId::new(OrgKind::Institution, "1310000001").unwrap();
    let day = Duration::from_secs(86_400);
    let now = SystemTime::now();
    let pem = house.ca.issue_between(&id, &[], now - 2 * day, now - day).unwrap();
    let reason = refused(&pem.tls().unwrap(), &house).await;
    assert!(reason.to_lowercase().contains("expired"), "{reason}");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_by_both_sides() {
    let (house, strangers) = (House::new(), House::new());
    let reason = refused(&strangers.hospital(), &house).await;
    assert!(reason.contains("UnknownIssuer"), "the client distrusts the server: {reason}");

    let stranger = strangers.pem(OrgKind::Institution, "1310000001", &[]);
    let trusting = Tls::from_pem(&stranger.cert_chain, &stranger.key, house.ca.certificate_pem()).unwrap();
    let reason = refused(&trusting, &house).await;
    assert!(
        reason.contains("UnknownCA") || reason.contains("DecryptError"),
        "the server distrusts the client: {reason}"
    );
}

#[tokio::test]
async fn without_a_client_certificate_nothing_is_answered() {
    let house = House::new();
    let running = serve(who_am_i(), Some(house.server())).await;
    let mut roots = rustls::RootCertStore::empty();
    let pem = house.ca.certificate_pem();
    roots.add(rustls::pki_types::pem::PemObject::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(running.addr).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let mut stream = connector.connect(NAME.try_into().unwrap(), stream).await.unwrap();
    let error = tokio::io::AsyncReadExt::read_u8(&mut stream).await.unwrap_err();
    assert!(error.to_string().contains("CertificateRequired"), "{error}");
}

#[tokio::test]
async fn a_server_of_another_name_is_not_believed() {
    let house = House::new();
    let running = serve(who_am_i(), Some(house.server())).await;
    let hosts = Hosts::new();
    hosts.set("relay.musubi.internal", running.addr);
    let client =
        Client::build(Some(&house.hospital()), hosts, Patience { retries: 0, ..Patience::default() });
    let error = client.get::<String>("https://relay.musubi.internal", "/who").await.unwrap_err();
    assert!(error.to_string().contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn plain_http_has_no_peer() {
    let running = serve(who_am_i(), None).await;
    let error = Client::plain().get::<String>(&format!("http://{}", running.addr), "/who").await.unwrap_err();
    let problem = error.problem().unwrap();
    assert_eq!((problem.parts().status, problem.code()), (401, "no-peer"));
}

#[test]
fn the_authority_is_the_same_when_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let id = OrgId::new(OrgKind::Relay, "1").unwrap();
    let first = DevCa::create_or_open(dir.path()).unwrap();
    let pem = first.issue_once(&id, &["relay.musubi.internal"]).unwrap();
    let again = DevCa::create_or_open(dir.path()).unwrap();
    assert_eq!(again.certificate_pem(), first.certificate_pem());
    assert_eq!(again.issue_once(&id, &["relay.musubi.internal"]).unwrap().cert_chain, pem.cert_chain);
    assert_ne!(again.issue_once(&id, &["other.musubi.internal"]).unwrap().cert_chain, pem.cert_chain);
    again.issue(&id, &[]).unwrap().tls().unwrap();
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("ca");
    DevCa::create_or_open(&dir).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("ca.key")), 0o600);
    std::fs::remove_file(dir.join("ca.pem")).unwrap();
    assert!(DevCa::create_or_open(&dir).unwrap_err().to_string().contains("only one"));
}

#[test]
fn a_certificate_without_an_organisation_is_no_identity() {
    let house = House::new();
    let pem = house.pem(OrgKind::Relay, "1", &[]);
    let error = Tls::from_pem("", &pem.key, &pem.ca).unwrap_err();
    assert!(error.to_string().contains("certificate chain"), "{error}");
    let error = Tls::from_pem(&pem.ca, &pem.key, &pem.ca).unwrap_err();
    assert!(error.to_string().contains("musubi:"), "{error}");
    let other = house.pem(OrgKind::Relay, "2", &[]);
    let error = Tls::from_pem(&pem.cert_chain, &other.key, &pem.ca).unwrap_err();
    assert!(error.to_string().contains("do not fit together"), "{error}");
}
