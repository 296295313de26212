//! A desk's pages: opened by a key, kept by a cookie, changed only with a token.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails fails its test")]

mod common;

use axum::Router;
use axum::routing::get;
use common::{raw, serve};
use musubi_wire::{Csrf, Desk, DeskSession, Json, role_router};

const KEY: &str = "a key of the north desk";

fn pages() -> Router {
    Router::new().route(
        "/",
        get(|csrf: Csrf| async move { csrf.token().to_owned() })
            .post(|session: DeskSession, body: String| async move { format!("{} {body}", session.id()) }),
    )
}

fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    answer.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in {answer}"))
}

struct Site(std::net::SocketAddr);

impl Site {
    async fn open(desk: Desk) -> Self {
        Site(serve(role_router("desk", desk.protect(pages())), None).await.addr)
    }

    async fn get(&self, path: &str, headers: &str) -> String {
        raw(self.0, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n")).await
    }

    async fn post(&self, headers: &str, body: &str) -> String {
        let length = body.len();
        let form = "Content-Type: application/x-www-form-urlencoded";
        raw(self.0, &format!("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{form}\r\nContent-Length: {length}\r\n{headers}\r\n{body}")).await
    }
}

fn cookie_of(answer: &str) -> String {
    format!("Cookie: {}\r\n", header(answer, "set-cookie: ").split(';').next().unwrap())
}

#[tokio::test]
async fn the_key_opens_and_the_cookie_stays() {
    let site = Site::open(Desk::new(KEY)).await;
    let closed = site.get("/", "Accept: text/html\r\n").await;
    assert!(closed.starts_with("HTTP/1.1 403") && closed.contains("窓口が開いていません"), "{closed}");
    let wrong = site.get("/?key=guess", "").await;
    assert!(wrong.contains("wrong-desk-key") && !wrong.contains("set-cookie"), "{wrong}");

    let entered = site.get("/?key=a+key%20of+the+north+desk", "").await;
    let cookie = header(&entered, "set-cookie: ");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert_eq!(header(&entered, "refresh: "), "0; url=/");
    let inside = site.get("/", &cookie_of(&entered)).await;
    assert!(inside.starts_with("HTTP/1.1 200"), "{inside}");
    let forged = cookie_of(&entered).replace("desk=", "desk=0");
    assert!(site.get("/", &forged).await.starts_with("HTTP/1.1 403"));
}

#[tokio::test]
async fn nothing_is_changed_without_the_token() {
    let site = Site::open(Desk::new(KEY)).await;
    let cookie = cookie_of(&site.get("/?key=a+key+of+the+north+desk", "").await);
    let page = site.get("/", &cookie).await;
    let token = page.rsplit("\r\n").next().unwrap();
    for (headers, body) in [("", ""), ("", "_csrf=00"), ("", "a=b"), ("X-Csrf-Token: 00\r\n", "")] {
        let answer = site.post(&format!("{cookie}{headers}"), body).await;
        assert!(answer.contains("wrong-form-token"), "{headers:?} {body:?}: {answer}");
    }
    let body = format!("a=b&_csrf={token}");
    let answer = site.post(&cookie, &body).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with(&body),
        "the form arrives whole: {answer}"
    );
    let answer = site.post(&format!("{cookie}X-Csrf-Token: {token}\r\n"), "a=b").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(site.post("", &body).await.contains("no-desk-session"), "a token without its session is nothing");
}

#[tokio::test]
async fn an_open_desk_gives_everybody_a_session() {
    let site = Site::open(Desk::open()).await;
    let page = site.get("/", "").await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    let token = page.rsplit("\r\n").next().unwrap();
    assert!(site.post(&cookie_of(&page), &format!("_csrf={token}")).await.starts_with("HTTP/1.1 200"));
    assert!(site.post("", &format!("_csrf={token}")).await.starts_with("HTTP/1.1 403"));
    assert!(site.get("/?key=", "").await.contains("wrong-desk-key"));
}

#[tokio::test]
async fn an_unprotected_route_has_no_session() {
    let api =
        Router::new().route("/", get(|session: DeskSession| async move { Json(session.id().to_owned()) }));
    let site = Site(serve(role_router("bare", api), None).await.addr);
    assert!(site.get("/", "").await.contains("no-desk-session"));
}
