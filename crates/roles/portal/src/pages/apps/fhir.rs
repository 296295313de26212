//! The read-only FHIR façade over HTTP: what an app calls with its token.

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use records::{Node, node};
use wire::Problem;

use super::{base, origin};
use crate::service::Service;
use crate::service::smart::Answer;
use crate::service::smart::scope::TYPES;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/fhir/metadata", get(metadata).options(preflight))
        .route("/fhir/.well-known/smart-configuration", get(super::oauth::configuration).options(preflight))
        .route("/fhir/{kind}", get(search).options(preflight))
        .route("/fhir/{kind}/{id}", get(read).options(preflight))
        .route("/fhir/{kind}/{id}/$summary", get(summary).options(preflight))
}

/// A browser asks whether an app may ask.
pub(super) async fn preflight() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Apps of any origin may call: what counts is the token, and no cookie is looked at here.
pub(super) async fn anywhere(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, accept, cache-control"),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn search(
    State(service): State<Service>,
    headers: HeaderMap,
    Path(kind): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    if !TYPES.contains(&kind.as_str()) {
        return shown(Ok(Answer::NotServed(format!("{kind} is not served here"))));
    }
    shown(service.app_search(&bearer(&headers), &kind, &query, &base(&headers)).await)
}

async fn read(
    State(service): State<Service>,
    headers: HeaderMap,
    Path((kind, id)): Path<(String, String)>,
) -> Response {
    if !TYPES.contains(&kind.as_str()) {
        return shown(Ok(Answer::NotServed(format!("{kind} is not served here"))));
    }
    shown(service.app_read(&bearer(&headers), &kind, &id).await)
}

async fn summary(
    State(service): State<Service>,
    headers: HeaderMap,
    Path((kind, id)): Path<(String, String)>,
) -> Response {
    if kind != "Patient" {
        return shown(Ok(Answer::NotServed("$summary is of a Patient".into())));
    }
    shown(service.app_summary(&bearer(&headers), &id).await)
}

fn bearer(headers: &HeaderMap) -> String {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.strip_prefix("Bearer ").unwrap_or_default().trim().to_owned()
}

fn shown(answer: Result<Answer, Problem>) -> Response {
    let (status, node) = match answer {
        Ok(Answer::Found(node)) => (StatusCode::OK, node),
        Ok(Answer::NotFound) => (StatusCode::NOT_FOUND, outcome("not-found", "no such resource")),
        Ok(Answer::NotPermitted) => {
            (StatusCode::FORBIDDEN, outcome("forbidden", "the person did not permit this"))
        }
        Ok(Answer::NoToken) => (StatusCode::UNAUTHORIZED, outcome("login", "no token that is good")),
        Ok(Answer::NotServed(words)) => (StatusCode::BAD_REQUEST, outcome("not-supported", &words)),
        Ok(Answer::TooMany) => {
            (StatusCode::TOO_MANY_REQUESTS, outcome("throttled", "too many reads in an hour"))
        }
        Err(problem) => {
            let parts = problem.parts();
            let status = StatusCode::from_u16(parts.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, outcome("processing", problem.code()))
        }
    };
    let mut response = (status, node.to_vec()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn outcome(code: &str, words: &str) -> Node {
    let issue = node!({ "severity": "error", "code": code, "diagnostics": words });
    node!({ "resourceType": "OperationOutcome", "issue": node!([issue]) })
}

async fn metadata(headers: HeaderMap) -> Response {
    let origin = origin(&headers);
    let interactions = || node!([node!({ "code": "read" }), node!({ "code": "search-type" })]);
    let resources: Vec<Node> =
        TYPES.iter().map(|kind| node!({ "type": *kind, "interaction": interactions() })).collect();
    let uri = |name: &str, path: &str| node!({ "url": name, "valueUri": format!("{origin}{path}") });
    let oauth = node!({
        "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
        "extension": node!([
            uri("authorize", "/oauth/authorize"),
            uri("token", "/oauth/token"),
            uri("revoke", "/oauth/revoke"),
            uri("manage", "/apps")
        ]),
    });
    let service = node!({
        "coding": node!([node!({
            "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
            "code": "SMART-on-FHIR",
        })]),
    });
    let rest = node!({
        "mode": "server",
        "security": node!({ "cors": true, "service": node!([service]), "extension": node!([oauth]) }),
        "resource": resources,
        "operation": node!([node!({
            "name": "summary",
            "definition": "http://hl7.org/fhir/uv/ips/OperationDefinition/summary",
        })]),
    });
    let statement = node!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-22",
        "kind": "instance",
        "software": node!({ "name": "Musubi portal" }),
        "implementation": node!({ "description": "マイ・ポータル: the person's own record, live from its holders", "url": format!("{origin}/fhir") }),
        "fhirVersion": "4.0.1",
        "format": node!(["json"]),
        "rest": node!([rest]),
    });
    shown(Ok(Answer::Found(statement)))
}
