//! The authorisation server's endpoints (RFC 6749, 7009, SMART App Launch).

use axum::Json;
use axum::extract::{Form, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use data_encoding::BASE64URL_NOPAD;
use maud::html;
use serde::Deserialize;
use serde_json::json;
use wire::Problem;
use wire::page::{Lang, t};

use super::super::outside;
use super::{base, origin};
use crate::service::Service;
use crate::service::smart::scope::TYPES;
use crate::service::smart::{TokenError, TokenRequest};

/// Keeps what an app asked for while its person comes in.
const WAITING: &str = "portal_app";

/// GET /oauth/authorize: where an app sends its person. The visit's cookie does not come along from another site, so that this page goes on
/// by itself to one of this house; what was asked waits in a cookie for who must come in first.
pub(super) async fn authorize(lang: Lang, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let there = format!("/apps/consent?{query}");
    let page =
        outside(lang, t(lang, "アプリに記録を見せる", "Let an app read my record"), "/oauth/authorize")
            .body(html! { p { a.button href=(there) { (t(lang, "続ける", "Go on")) } } });
    let mut response = page.into_response();
    let kept = BASE64URL_NOPAD.encode(query.as_bytes());
    let cookie = format!("{WAITING}={kept}; Path=/; Max-Age=900; Secure; HttpOnly; SameSite=Strict");
    let fits = query.len() < 2_500;
    if let (true, Ok(cookie), Ok(refresh)) =
        (fits, HeaderValue::from_str(&cookie), HeaderValue::from_str(&format!("0; url={there}")))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response
}

/// Where who has come in goes on to: the question of the app that sent them, or the first page.
pub(in crate::pages) fn onward(headers: &HeaderMap) -> String {
    waiting(headers).unwrap_or_else(|| "/".to_owned())
}

fn waiting(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, kept) = pairs.find(|(name, value)| *name == WAITING && !value.is_empty())?;
    let query = String::from_utf8(BASE64URL_NOPAD.decode(kept.as_bytes()).ok()?).ok()?;
    let plain = query.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| format!("/apps/consent?{query}"))
}

/// The question was asked: nothing waits any more.
pub(super) fn without_waiting(mut response: Response) -> Response {
    let cookie =
        HeaderValue::from_static("portal_app=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// POST /oauth/token
pub(super) async fn token(State(service): State<Service>, Form(request): Form<TokenRequest>) -> Response {
    let refused =
        |code: &str| (StatusCode::BAD_REQUEST, UNCACHED, Json(json!({ "error": code }))).into_response();
    match service.tokens(&request).await {
        Ok(answer) => (UNCACHED, Json(answer)).into_response(),
        Err(TokenError::Grant) => refused("invalid_grant"),
        Err(TokenError::Kind) => refused("unsupported_grant_type"),
        Err(TokenError::Problem(problem)) => problem.into_response(),
    }
}

const UNCACHED: [(header::HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];

#[derive(Deserialize)]
pub(super) struct Revoking {
    #[serde(default)]
    token: String,
}

/// POST /oauth/revoke
pub(super) async fn revoke(
    State(service): State<Service>,
    Form(revoking): Form<Revoking>,
) -> Result<StatusCode, Problem> {
    service.revoke_token(&revoking.token).await?;
    Ok(StatusCode::OK)
}

/// GET /.well-known/smart-configuration
pub(super) async fn configuration(headers: HeaderMap) -> Response {
    let origin = origin(&headers);
    let mut scopes =
        vec!["launch/patient".to_owned(), "offline_access".to_owned(), "patient/*.rs".to_owned()];
    scopes.extend(TYPES.iter().map(|kind| format!("patient/{kind}.rs")));
    let body = json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/oauth/authorize"),
        "token_endpoint": format!("{origin}/oauth/token"),
        "revocation_endpoint": format!("{origin}/oauth/revoke"),
        "management_endpoint": format!("{origin}/apps"),
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "scopes_supported": scopes,
        "capabilities": [
            "launch-standalone", "client-public", "context-standalone-patient", "permission-patient",
            "permission-offline", "permission-v1", "permission-v2"
        ],
        "fhir_base": base(&headers),
    });
    Json(body).into_response()
}
