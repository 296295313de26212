//! What a FHIR request says in its head: form, conditions, who asks.

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use records::search::Query;
use wire::Peer;

use super::BASE;
use super::answer::Refusal;
use crate::service::records::{Caller, RecordError, scan_text};
use crate::store::When;

/// What every interaction needs to know of a request.
pub struct Ask {
    /// The interface's address as the asker sees it, without a slash at its end.
    pub base: String,
    /// Who asks.
    pub caller: Caller,
    /// What a writing interaction answers with.
    pub prefer: Prefer,
    /// The query, as it came.
    pub query: String,
    headers: HeaderMap,
}

/// `Prefer: return=…` (R4 §3.1.0.1.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefer {
    /// The resource.
    Representation,
    /// Nothing.
    Minimal,
    /// That all is well.
    Outcome,
}

impl<S: Send + Sync> FromRequestParts<S> for Ask {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let scheme = if parts.extensions.get::<Peer>().is_some() { "https" } else { "http" };
        let host = text(&parts.headers, header::HOST).unwrap_or("localhost");
        let user = text(&parts.headers, "x-musubi-user").map(|user| user.chars().take(USER).collect());
        Ok(Self {
            base: format!("{scheme}://{host}{BASE}"),
            caller: Caller { user, staff: None },
            prefer: prefer(&parts.headers),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers.clone(),
        })
    }
}

impl Ask {
    /// The condition of an update or deletion.
    pub fn when(&self) -> Result<When, RecordError> {
        if let Some(version) = text(&self.headers, header::IF_MATCH) {
            return if_match(version).map(When::Version);
        }
        match text(&self.headers, header::IF_NONE_MATCH) {
            Some("*") => Ok(When::New),
            _ => Ok(When::Always),
        }
    }

    /// The query that must find nothing for a creation (`If-None-Exist`).
    pub fn if_none_exist(&self, resource_type: &str) -> Result<Option<Query>, RecordError> {
        let query = text(&self.headers, "if-none-exist")
            .map(|query| query.split_once('?').map_or(query, |(_, query)| query));
        Ok(query.map(|query| Query::parse(resource_type, query)).transpose()?)
    }

    /// Whether a resource as JSON is asked for, and not what a Binary holds.
    pub fn wants_json(&self) -> bool {
        let accept = text(&self.headers, header::ACCEPT).unwrap_or_default();
        accept.contains("json") || self.query.contains("_format=")
    }

    /// Whether the asker has this version already.
    pub fn has(&self, version: i64, updated_at: i64) -> bool {
        if let Some(tag) = text(&self.headers, header::IF_NONE_MATCH) {
            return tag.split(',').any(|tag| if_match(tag).is_ok_and(|known| known == version));
        }
        let since = text(&self.headers, header::IF_MODIFIED_SINCE).and_then(super::answer::parse_http_date);
        since.is_some_and(|since| updated_at / 1000 <= since)
    }
}

/// A version as an entity tag says it: `W/"3"`.
pub fn if_match(tag: &str) -> Result<i64, RecordError> {
    let tag = tag.trim();
    let inner = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    inner.parse().map_err(|_| {
        let (ja, en) = ("版の指定は W/\"3\" の形です", "a version is written as W/\"3\"");
        RecordError::request(400, "value", ja, en).at("If-Match")
    })
}

fn prefer(headers: &HeaderMap) -> Prefer {
    let all = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let said =
        all.flat_map(|value| value.split([',', ';'])).find_map(|part| part.trim().strip_prefix("return="));
    match said {
        Some("minimal") => Prefer::Minimal,
        Some("OperationOutcome") => Prefer::Outcome,
        _ => Prefer::Representation,
    }
}

/// A header as a text.
fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Before every interaction: JSON is spoken here, and no My Number stands in an address.
pub async fn guard(request: Request, next: Next) -> Response {
    match check(&request) {
        Ok(()) => next.run(request).await,
        Err(error) => Refusal(error).into_response(),
    }
}

fn check(request: &Request) -> Result<(), RecordError> {
    let uri = request.uri();
    for (n, part) in uri.path().split('/').enumerate() {
        let decoded = decoded(part);
        scan_text(&decoded, || format!("address, part {n}"))?;
    }
    let query = uri.query().unwrap_or_default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        scan_text(&name, || "name of a parameter".to_owned())?;
        scan_text(&value, || name.clone().into_owned())?;
        if name == "_format" && !is_json(&value) {
            return Err(not_acceptable(&value));
        }
    }
    if let Some(accept) = text(request.headers(), header::ACCEPT)
        && !query.contains("_format=")
        && !uri.path().starts_with(BINARY)
        && !accept.split(',').any(is_json)
    {
        return Err(not_acceptable(accept));
    }
    // Many lines are no JSON, and files of a storage no FHIR.
    let is_many = uri.path() == IMPORT || !uri.path().starts_with(BASE);
    let has_body = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) && !is_many;
    if let (true, Some(kind)) = (has_body, text(request.headers(), header::CONTENT_TYPE))
        && !is_json(kind)
        && !kind.starts_with("application/x-www-form-urlencoded")
    {
        return Err(RecordError::request(
            415,
            "not-supported",
            "JSON（application/fhir+json）だけを受け付けます。XMLには対応していません",
            "Only JSON (application/fhir+json) is taken here, no XML",
        )
        .at("Content-Type"));
    }
    Ok(())
}

fn decoded(part: &str) -> String {
    let part = part.replace('+', "%2B");
    form_urlencoded::parse(part.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// Whether a media type, or what `_format` says for one, is JSON.
fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // A plus sign in a query is a space.
    let essence = essence.replace(' ', "+");
    matches!(essence.as_str(), "json" | "application/json" | "text/json" | "application/*" | "*/*" | "")
        || essence.ends_with("/fhir+json")
        || essence.ends_with("/json+fhir")
        || essence.ends_with("ndjson")
}

fn not_acceptable(asked: &str) -> RecordError {
    let asked: String = asked.chars().take(60).collect();
    RecordError::request(
        406,
        "not-supported",
        format!("JSON（application/fhir+json）だけで答えます。「{asked}」には対応していません"),
        format!("answers are JSON (application/fhir+json) only, not {asked:?}"),
    )
    .at("Accept")
}

/// A body that is a form: the query of a `POST _search`.
pub fn form(body: &Bytes) -> Result<String, RecordError> {
    let text = std::str::from_utf8(body).map_err(|_| {
        let (ja, en) = ("本文がUTF-8ではありません", "the body is not UTF-8");
        RecordError::request(400, "structure", ja, en)
    })?;
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        scan_text(&name, || "name of a parameter".to_owned())?;
        scan_text(&value, || name.clone().into_owned())?;
    }
    Ok(text.to_owned())
}

/// Where many resources come at once.
const IMPORT: &str = "/fhir/$import";
/// Where what is answered may be of any media type.
const BINARY: &str = "/fhir/Binary/";
/// Most characters of a user's name in the ledger.
const USER: usize = 128;
