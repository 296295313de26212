//! The server and what it puts in front of every role, over loopback.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails fails its test")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use common::{raw, serve, serve_with};
use musubi_wire::{
    Allowance, Client, ClientError, Hosts, Json, Limits, Patience, Problem, RequestId, Vhosts, role_router,
    role_router_with,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sum {
    a: u32,
    b: u32,
}

fn router() -> Router {
    let api = Router::new()
        .route("/sum", post(|Json(sum): Json<Sum>| async move { Json(sum.a + sum.b) }))
        .route("/nothing", post(async || ()))
        .route("/id", get(async || Json(RequestId::current().map(|id| id.to_string()))))
        .route(
            "/echo",
            get(|headers: HeaderMap| async move {
                Json(headers.get("x-request-id").and_then(|v| v.to_str().ok()).map(str::to_owned))
            }),
        )
        .route("/panic", get(async || -> () { panic!("secret detail") }))
        .route("/query", get(|Query(sum): Query<Sum>| async move { Json(sum) }))
        .route(
            "/refuse",
            get(async || -> Problem { Problem::new(409, "taken").ja("使用中").en("Taken").at("x") }),
        );
    role_router("test", api)
}

async fn get_raw(router: Router, path: &str, headers: &str) -> String {
    let running = serve(router, None).await;
    raw(running.addr, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n")).await
}

fn code_of(error: &ClientError) -> (u16, &str) {
    let problem = error.problem().unwrap_or_else(|| panic!("expected a problem: {error}"));
    (problem.parts().status, problem.code())
}

#[tokio::test]
async fn json_there_and_back() {
    let running = serve(router(), None).await;
    let (client, base) = (Client::plain(), format!("http://{}", running.addr));
    assert_eq!(client.post::<_, u32>(&base, "/sum", &Sum { a: 2, b: 3 }).await.unwrap(), 5);
    client.post::<_, ()>(&base, "/nothing", &()).await.unwrap();
    let error =
        client.post::<_, u32>(&base, "/sum", &serde_json::json!({"a": 1, "b": "x"})).await.unwrap_err();
    assert_eq!(code_of(&error), (400, "bad-field"));
    assert_eq!(error.problem().unwrap().parts().place.as_deref(), Some("b"));
    let error = client.post_bytes(&base, "/sum", "text/plain", b"1".to_vec()).await.unwrap_err();
    assert_eq!(code_of(&error), (415, "not-json"));
    let error = client.get::<()>(&base, "/refuse").await.unwrap_err();
    assert_eq!(code_of(&error), (409, "taken"));
    assert!(error.problem().unwrap().parts().request_id.is_some());
    let error = client.get::<u8>(&base, "/id").await.unwrap_err();
    assert!(matches!(error, ClientError::Answer { .. }), "{error}");
}

#[tokio::test]
async fn bare_errors_become_problems() {
    let running = serve(router(), None).await;
    let (client, base) = (Client::plain(), format!("http://{}", running.addr));
    assert_eq!(code_of(&client.get::<()>(&base, "/nowhere").await.unwrap_err()), (404, "not-found"));
    assert_eq!(code_of(&client.get::<()>(&base, "/sum").await.unwrap_err()), (405, "method-not-allowed"));
    let error = client.get::<()>(&base, "/query?a=1&b=x").await.unwrap_err();
    assert_eq!(code_of(&error), (400, "bad-request"));
    assert!(error.problem().unwrap().parts().detail_en.contains("query"), "{error}");
    let answer = raw(running.addr, "GET /sum HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(answer.to_lowercase().contains("\r\nallow: post"), "{answer}");
}

#[tokio::test]
async fn a_panic_is_a_500_without_its_detail_and_the_server_goes_on() {
    let running = serve(router(), None).await;
    let (client, base) = (Client::plain(), format!("http://{}", running.addr));
    for _ in 0..2 {
        let error = client.get::<()>(&base, "/panic").await.unwrap_err();
        assert_eq!(code_of(&error), (500, "internal"));
        assert!(!format!("{error:?}").contains("secret detail"));
    }
}

#[tokio::test]
async fn request_ids_pass_through_when_well_formed() {
    let answer = get_raw(router(), "/id", "X-Request-Id: desk-7.1\r\n").await;
    assert!(answer.contains("x-request-id: desk-7.1\r\n") && answer.ends_with("\"desk-7.1\""), "{answer}");
    let answer = get_raw(router(), "/id", "X-Request-Id: bad id\r\n").await;
    assert!(!answer.contains("bad id") && answer.contains("x-request-id: "), "{answer}");
}

#[tokio::test]
async fn a_call_inside_a_request_carries_its_id() {
    let inner = serve(router(), None).await;
    let (client, base) = (Client::plain(), format!("http://{}", inner.addr));
    let outer = Router::new().route(
        "/relay",
        get(|| async move { Ok::<_, Problem>(Json(client.get::<Option<String>>(&base, "/echo").await?)) }),
    );
    let answer = get_raw(role_router("outer", outer), "/relay", "X-Request-Id: abc\r\n").await;
    assert!(answer.ends_with("\"abc\""), "{answer}");
}

#[tokio::test]
async fn people_get_pages_and_programs_get_json() {
    let answer = get_raw(router(), "/refuse", "Accept: text/html\r\nAccept-Language: en\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 409") && answer.contains("<!DOCTYPE html>"), "{answer}");
    assert!(answer.contains("Taken") && answer.contains("content-security-policy: default-src 'self'"));
    let answer = get_raw(router(), "/nowhere?lang=ja", "Accept: text/html\r\nAccept-Language: en\r\n").await;
    assert!(
        answer.contains("お探しのものは見つかりません") && answer.contains("set-cookie: lang=ja"),
        "{answer}"
    );
    let answer = get_raw(router(), "/refuse", "Accept: */*\r\n").await;
    assert!(answer.contains("application/problem+json"), "{answer}");
}

#[tokio::test]
async fn large_bodies_are_refused_announced_or_not() {
    let api = Router::new().route("/", post(|body: axum::body::Bytes| async move { body.len().to_string() }));
    let router = role_router_with("test", api, Allowance { body: 3_000_000, ..Allowance::default() });
    let running = serve(router, None).await;
    let (client, base) = (Client::plain(), format!("http://{}", running.addr));
    let ok = client.post_bytes(&base, "/", "x/y", vec![0; 3_000_000]).await.unwrap();
    assert_eq!(&ok.body[..], b"3000000", "more than axum's own 2 MB");
    let error = client.post_bytes(&base, "/", "x/y", vec![0; 3_000_001]).await;
    match error.unwrap_err() {
        ClientError::Problem { problem, .. } => assert_eq!(problem.code(), "too-large"),
        // The server may close before the whole body is sent.
        ClientError::Unreachable { .. } => {}
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_body_of_unannounced_size_is_refused_when_it_grows_too_large() {
    let api = Router::new().route("/", post(|body: axum::body::Bytes| async move { body.len().to_string() }));
    let router = role_router_with("test", api, Allowance { body: 10, ..Allowance::default() });
    let running = serve(router, None).await;
    let head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = raw(running.addr, &format!("{head}a\r\n0123456789\r\n0\r\n\r\n")).await;
    assert!(answer.ends_with("10"), "{answer}");
    let answer = raw(running.addr, &format!("{head}b\r\n0123456789x\r\n0\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("problem:too-large"), "{answer}");
}

#[tokio::test]
async fn a_head_that_dribbles_in_and_a_handler_that_hangs_are_ended() {
    let slow = Router::new().route("/hang", get(async || std::future::pending::<()>().await));
    let router =
        role_router_with("test", slow, Allowance { time: Duration::from_millis(50), ..Allowance::default() });
    let limits = Limits { head: Duration::from_millis(50), ..Limits::default() };
    let running = serve_with(router, None, limits).await;
    let answer = raw(running.addr, "GET / HTTP/1.1\r\nHost:").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    let answer = raw(running.addr, "GET /hang HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(answer.contains("urn:musubi:problem:out-of-time"), "{answer}");
}

#[tokio::test]
async fn shutdown_lets_requests_in_flight_finish() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (inside, wait) = (Arc::clone(&begun), Arc::clone(&go_on));
    let api = Router::new().route(
        "/slow",
        get(|| async move {
            inside.notify_one();
            wait.notified().await;
            Json("done")
        }),
    );
    let running = serve(role_router("test", api), None).await;
    let (client, base) = (Client::plain(), format!("http://{}", running.addr));
    let call = tokio::spawn(async move { client.get::<String>(&base, "/slow").await });
    begun.notified().await;
    running.shutdown.trigger();
    go_on.notify_one();
    assert_eq!(call.await.unwrap().unwrap(), "done");
    running.task.await.unwrap();
    assert!(tokio::net::TcpStream::connect(running.addr).await.is_err(), "the socket is closed");
}

#[tokio::test]
async fn only_idempotent_calls_are_tried_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&seen);
    // A server that reads a request and hangs up.
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 1024]).await;
        }
    });
    let client = Client::build(None, Hosts::new(), Patience { retries: 2, ..Patience::default() });
    let error = client.post::<_, ()>(&base, "/", &1).await.unwrap_err();
    assert!(error.is_passing(), "{error}");
    assert_eq!(seen.swap(0, Ordering::SeqCst), 1);
    client.post_idempotent::<_, ()>(&base, "/", &1).await.unwrap_err();
    assert_eq!(seen.swap(0, Ordering::SeqCst), 3);
    client.get::<()>(&base, "/").await.unwrap_err();
    assert_eq!(seen.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn hosts_are_told_apart() {
    let site = |text: &'static str| Router::new().route("/", get(move || async move { text }));
    let router = Vhosts::new(site("front")).site("Portal.localhost", site("portal")).into_router();
    let running = serve(router, None).await;
    for (host, expected) in [
        ("portal.localhost:8080", "portal"),
        ("PORTAL.localhost", "portal"),
        ("x", "front"),
        ("[::1]:80", "front"),
    ] {
        let answer =
            raw(running.addr, &format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.ends_with(expected), "{host}: {answer}");
    }
}

#[tokio::test]
async fn health_metrics_and_assets() {
    let running = serve(router(), None).await;
    let (client, base) = (Client::plain(), format!("http://{}", running.addr));
    client.get::<Option<String>>(&base, "/id").await.unwrap();
    let health = client.get::<serde_json::Value>(&base, "/healthz").await.unwrap();
    assert_eq!(health["status"], "ok");
    let metrics = client.get_bytes(&base, "/metrics").await.unwrap();
    let text = String::from_utf8(metrics.body.to_vec()).unwrap();
    let series = r#"musubi_http_answers_total{role="test",method="GET",route="/id",status="2xx"}"#;
    assert!(text.contains(series), "{text}");
    assert!(text.contains("musubi_http_request_duration_seconds_bucket{role=\"test\""));
    for asset in ["/assets/musubi.css", "/assets/musubi.js", "/assets/musubi.svg"] {
        let answer = client.get_bytes(&base, asset).await.unwrap();
        assert!(answer.headers["cache-control"].to_str().unwrap().contains("immutable"));
    }
}
