//! FHIR answers: resources as they are stored, bundles around them, outcomes.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use calendar::{Date, Timestamp};
use records::Node;
use records::validate::{Issue, operation_outcome};

use super::ask::{Ask, Prefer};
use crate::service::records::{RecordError, unchecked_issue};
use crate::store::{Outcome, Version, Written};

/// What a handler answers.
pub type Answer = Result<Response, Refusal>;

/// A refusal as an OperationOutcome.
pub struct Refusal(pub RecordError);

impl<E: Into<RecordError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = resource(status, operation_outcome(&self.0.issues()).to_vec());
        if let RecordError::Gone { version, .. } = self.0 {
            put_tag(response.headers_mut(), version);
        }
        response
    }
}

/// A resource with a status.
pub fn resource(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FHIR_JSON));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The media type of every answer.
pub const FHIR_JSON: &str = "application/fhir+json; charset=utf-8";

/// A version of a resource, or that the asker has it.
pub fn version(ask: &Ask, version: Version) -> Response {
    let (number, updated_at) = (version.version, version.updated_at);
    let mut response = if ask.has(number, updated_at) {
        let mut response = resource(StatusCode::NOT_MODIFIED, Vec::new());
        response.headers_mut().remove(header::CONTENT_TYPE);
        response
    } else {
        resource(StatusCode::OK, version.body)
    };
    put_tag(response.headers_mut(), number);
    put_time(response.headers_mut(), updated_at);
    response
}

/// What became of a creation or an update.
pub fn written(ask: &Ask, written: Written) -> Response {
    let status = if written.outcome == Outcome::Created { StatusCode::CREATED } else { StatusCode::OK };
    let location = format!("{}/{}/_history/{}", ask.base, written.name, written.version);
    let mut response = match ask.prefer {
        Prefer::Representation => resource(status, written.body),
        Prefer::Minimal => resource(status, Vec::new()),
        Prefer::Outcome => resource(status, operation_outcome(&warnings(&written)).to_vec()),
    };
    let headers = response.headers_mut();
    put_tag(headers, written.version);
    put_time(headers, written.updated_at);
    if let Ok(location) = HeaderValue::from_str(&location) {
        headers.insert(header::CONTENT_LOCATION, location.clone());
        headers.insert(header::LOCATION, location);
    }
    response
}

/// What was not looked at.
pub fn warnings(written: &Written) -> Vec<Issue> {
    let resource_type = written.name.split_once('/').map_or("Resource", |(resource_type, _)| resource_type);
    written.unchecked.iter().map(|profile| unchecked_issue(resource_type, profile)).collect()
}

/// The version as an entity tag.
pub fn put_tag(headers: &mut HeaderMap, version: i64) {
    if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{version}\"")) {
        headers.insert(header::ETAG, tag);
    }
}

fn put_time(headers: &mut HeaderMap, updated_at: i64) {
    if let Ok(time) = HeaderValue::from_str(&http_date(updated_at)) {
        headers.insert(header::LAST_MODIFIED, time);
    }
}

/// A bundle that is written entry by entry, resources as the bytes they are.
pub struct BundleWriter {
    out: Vec<u8>,
    entries: usize,
}

impl BundleWriter {
    /// Begins a bundle of a kind, with its links by relation.
    pub fn new(kind: &str, total: Option<u64>, links: &[(&str, String)]) -> Self {
        let mut out = Vec::with_capacity(4096);
        out.extend_from_slice(format!("{{\"resourceType\":\"Bundle\",\"type\":\"{kind}\"").as_bytes());
        if let Some(total) = total {
            out.extend_from_slice(format!(",\"total\":{total}").as_bytes());
        }
        if !links.is_empty() {
            let links = links
                .iter()
                .map(|(relation, url)| records::node!({ "relation": *relation, "url": url.as_str() }));
            out.extend_from_slice(b",\"link\":");
            out.extend_from_slice(&Node::Array(links.collect()).to_vec());
        }
        Self { out, entries: 0 }
    }

    /// Adds an entry: its address, its resource, and what else stands in it as the inside of a JSON object.
    pub fn entry(&mut self, full_url: Option<&str>, resource: Option<&[u8]>, more: &str) {
        self.out.extend_from_slice(if self.entries == 0 { b",\"entry\":[{" } else { b",{" });
        self.entries += 1;
        let mut comma = false;
        if let Some(url) = full_url {
            self.out.extend_from_slice(b"\"fullUrl\":");
            self.out.extend_from_slice(&Node::from(url).to_vec());
            comma = true;
        }
        if let Some(resource) = resource {
            self.out.extend_from_slice(if comma { b",\"resource\":" } else { b"\"resource\":" });
            self.out.extend_from_slice(resource);
            comma = true;
        }
        if !more.is_empty() {
            if comma {
                self.out.push(b',');
            }
            self.out.extend_from_slice(more.as_bytes());
        }
        self.out.push(b'}');
    }

    /// Ends the bundle.
    pub fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(if self.entries > 0 { b"]}" } else { b"}" });
        self.out
    }
}

/// `Sun, 22 Nov 2026 08:31:05 GMT` (RFC 9110 §5.6.7).
pub fn http_date(millis: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = millis.div_euclid(1000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let date = i32::try_from(days).ok().and_then(|days| Date::from_days(days).ok());
    let Some(date) = date else { return String::new() };
    let place = |n: i64, most: i64| usize::try_from(n.rem_euclid(most)).unwrap_or_default();
    let day = DAYS.get(place(days, 7)).copied().unwrap_or_default();
    let month = MONTHS.get(place(i64::from(date.month()) - 1, 12)).copied().unwrap_or_default();
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{day}, {:02} {month} {} {hour:02}:{minute:02}:{second:02} GMT", date.day(), date.year())
}

/// Seconds since 1970 of such a text.
pub fn parse_http_date(text: &str) -> Option<i64> {
    let mut parts = text.trim().split(' ').skip(1);
    let (day, month, year, time) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months.iter().position(|known| *known == month)? + 1;
    let at: Timestamp = format!("{year}-{month:02}-{day}T{time}Z").parse().ok()?;
    Some(at.as_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_dates() {
        let at: Timestamp = "2026-11-22T17:31:05+09:00".parse().unwrap();
        assert_eq!(http_date(at.as_millis()), "Sun, 22 Nov 2026 08:31:05 GMT");
        assert_eq!(parse_http_date("Sun, 22 Nov 2026 08:31:05 GMT"), Some(at.as_seconds()));
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn a_bundle_is_json_with_and_without_entries() {
        let links = [("self", "http://x/fhir/Patient?name=\"a\"".to_owned())];
        let mut bundle = BundleWriter::new("searchset", Some(1), &links);
        bundle.entry(Some("http://x/fhir/Patient/1"), Some(b"{}"), "\"search\":{\"mode\":\"match\"}");
        bundle.entry(None, None, "\"response\":{\"status\":\"204\"}");
        for bytes in [bundle.finish(), BundleWriter::new("searchset", None, &[]).finish()] {
            let read = records::tree::parse(&bytes).unwrap();
            assert_eq!(read.text_at("resourceType"), Some("Bundle"));
        }
    }
}
