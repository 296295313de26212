//! The guards at the HTTP doors: who may come in at all, and what nobody may bring: path, query and body are looked at
//! before any handler, decoder or log sees them.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use codes::OrgId;
use wire::{Peer, Problem};

use crate::error::{my_number, not_ours};
use crate::refuse::{self, Field, MyNumberFound};

/// Puts the guard before all `routes`; `local_number` is how the institution's own patient numbers are taken.
pub fn guard(routes: Router, local_number: Field) -> Router {
    routes.layer(from_fn_with_state(Declared { local_number }, look))
}

/// Lets only the institution's own systems in: another organisation of the house has a certificate as well, and no
/// business with the visits kept here.
pub fn own_only(routes: Router, own: OrgId) -> Router {
    routes.layer(from_fn_with_state(own, is_own))
}

async fn is_own(State(own): State<OrgId>, request: Request, next: Next) -> Response {
    match request.extensions().get::<Peer>() {
        Some(Peer(other)) if *other != own => {
            tracing::warn!(%other, "another organisation was refused at the institution's own interface");
            not_ours().into_response()
        }
        _ => next.run(request).await,
    }
}

/// What each field of our forms and messages is declared to hold.
#[derive(Clone, Copy)]
struct Declared {
    local_number: Field,
}

impl Declared {
    fn of(self, field: &str) -> Field {
        match field {
            "exchange" | "before" | "rule" => Field::Exchange,
            "_csrf" => Field::Token,
            "key" => Field::Secret,
            "patient" | "local_number" => self.local_number,
            _ => Field::Text,
        }
    }
}

async fn look(State(declared): State<Declared>, request: Request, next: Next) -> Response {
    match scan(declared, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => {
            tracing::warn!(place = problem.parts().place, "a request held a My Number and was refused");
            problem.into_response()
        }
    }
}

async fn scan(declared: Declared, request: Request) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    let refused = |found: MyNumberFound| my_number(&found);
    scan_path(declared, parts.uri.path()).map_err(refused)?;
    refuse::scan_pairs(parts.uri.query().unwrap_or_default().as_bytes(), |name| declared.of(name))
        .map_err(refused)?;
    let body = to_bytes(body, crate::BODY).await.map_err(|_| Problem::new(413, "too-large"))?;
    scan_body(declared, &parts.headers, &body).map_err(refused)?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

fn scan_path(declared: Declared, path: &str) -> Result<(), MyNumberFound> {
    let mut previous = String::new();
    for (index, segment) in path.split('/').enumerate() {
        let decoded = form_urlencoded::parse(segment.replace('+', "%2B").as_bytes())
            .next()
            .map(|(name, _)| name.into_owned())
            .unwrap_or_default();
        let field = if previous == "patients" {
            declared.local_number
        } else if previous == "visits" || previous == "emergencies" {
            Field::Exchange
        } else {
            Field::Text
        };
        refuse::scan(field, &decoded, || format!("address, part {index}"))?;
        previous = decoded;
    }
    Ok(())
}

fn scan_body(declared: Declared, headers: &HeaderMap, body: &Bytes) -> Result<(), MyNumberFound> {
    if body.is_empty() {
        return Ok(());
    }
    let kind = headers.get(header::CONTENT_TYPE).map(|kind| kind.as_bytes()).unwrap_or_default();
    if kind.starts_with(b"application/x-www-form-urlencoded") {
        return refuse::scan_pairs(body, |name| declared.of(name));
    }
    if kind.starts_with(b"text/csv") || kind.starts_with(b"multipart/form-data") {
        // Only patient lists and network numbers come so; their own readers scan them field by field and name line and column.
        return Ok(());
    }
    match serde_json::from_slice(body) {
        Ok(document) => refuse::scan_json(&document, |name| declared.of(name)),
        Err(_) => refuse::scan(Field::Text, &String::from_utf8_lossy(body), || "body".to_owned()),
    }
}
