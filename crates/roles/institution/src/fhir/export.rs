//! Bulk Data `$export`: kick-off, status, files, deletion.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use calendar::Timestamp;
use records::{Node, node};

use super::answer::{self, Answer};
use super::ask::Ask;
use crate::service::Service;
use crate::service::records::{Export, RecordError};

type Desk = State<Arc<Service>>;

pub async fn of_everything(State(service): Desk, ask: Ask) -> Answer {
    let export = read(&ask, "$export")?;
    begin(&service, &ask, export)
}

pub async fn of_patients(State(service): Desk, ask: Ask) -> Answer {
    let export = Export { of_patients: true, ..read(&ask, "Patient/$export")? };
    begin(&service, &ask, export)
}

pub async fn of_group(State(service): Desk, Path(id): Path<String>, ask: Ask) -> Answer {
    let members = service.group_members(&ask.caller, &id).await?;
    let export = read(&ask, &format!("Group/{id}/$export"))?;
    begin(&service, &ask, Export { of_patients: true, patients: Some(members), ..export })
}

fn read(ask: &Ask, path: &str) -> Result<Export, RecordError> {
    let mut export = Export { request: format!("{}/{path}?{}", ask.base, ask.query), ..Export::default() };
    for (name, value) in form_urlencoded::parse(ask.query.as_bytes()) {
        let wrong =
            |ja: &str, en: &str| RecordError::request(400, "value", ja, en).at(name.clone().into_owned());
        match &*name {
            "_type" => {
                export.types.extend(value.split(',').filter(|kind| !kind.is_empty()).map(str::to_owned))
            }
            "_since" => {
                let span = records::search::Span::parse(&value);
                export.since = span.ok_or_else(|| wrong("日時が必要です", "expected an instant"))?.from;
            }
            "_outputFormat" => {
                let value = value.replace(' ', "+");
                if !matches!(value.as_str(), "application/fhir+ndjson" | "application/ndjson" | "ndjson") {
                    return Err(wrong(
                        "application/fhir+ndjson だけに対応しています",
                        "only application/fhir+ndjson is served",
                    ));
                }
            }
            "_format" => {}
            _ => return Err(wrong("この操作では使えません", "not served for this operation")),
        }
    }
    Ok(export)
}

fn begin(service: &Service, ask: &Ask, export: Export) -> Answer {
    let id = service.begin_export(export)?;
    let mut response =
        answer::resource(StatusCode::ACCEPTED, records::validate::operation_outcome(&[]).to_vec());
    if let Ok(location) = HeaderValue::from_str(&format!("{}/$export-status/{id}", ask.base)) {
        response.headers_mut().insert(header::CONTENT_LOCATION, location);
    }
    Ok(response)
}

/// The manifest: which files there are.
pub async fn status(State(service): Desk, Path(id): Path<String>, ask: Ask) -> Answer {
    let export = service.export(&id)?;
    let types = service.export_types(&export).await?;
    let outputs: Vec<Node> = types
        .iter()
        .map(|(kind, count)| {
            let url = format!("{}/$export-file/{id}/{kind}.ndjson", ask.base);
            node!({ "type": kind.as_str(), "url": url, "count": i64::try_from(*count).unwrap_or(i64::MAX) })
        })
        .collect();
    let manifest = node!({
        "transactionTime": Timestamp::from_millis(export.at).to_rfc3339(),
        "request": export.request,
        "requiresAccessToken": false,
        "output": outputs,
        "error": Vec::<Node>::new(),
    });
    let mut response = answer::resource(StatusCode::OK, manifest.to_vec());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

pub async fn end(State(service): Desk, Path(id): Path<String>) -> Answer {
    service.end_export(&id)?;
    Ok(answer::resource(StatusCode::ACCEPTED, Vec::new()))
}

/// One file, page by page as it is taken.
pub async fn file(State(service): Desk, Path((id, name)): Path<(String, String)>, ask: Ask) -> Answer {
    let export = service.export(&id)?;
    let kind =
        name.strip_suffix(".ndjson").ok_or_else(|| RecordError::NotFound(format!("$export-file/{name}")))?;
    let taken = Taken { service, export, ask, kind: kind.to_owned(), after: None, done: false };
    let body = futures_util::stream::unfold(taken, Taken::next);
    let mut response = Response::new(Body::from_stream(body));
    let kind = HeaderValue::from_static("application/fhir+ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A file on its way.
struct Taken {
    service: Arc<Service>,
    export: Export,
    ask: Ask,
    kind: String,
    after: Option<(i64, String)>,
    done: bool,
}

impl Taken {
    async fn next(mut self) -> Option<(Result<Bytes, std::io::Error>, Self)> {
        if self.done {
            return None;
        }
        let page =
            self.service.export_page(&self.ask.caller, &self.export, &self.kind, self.after.take()).await;
        match page {
            Ok(versions) => {
                self.after = versions.last().map(|last| (last.updated_at, last.name.clone()));
                self.after.as_ref()?;
                let mut out = Vec::with_capacity(versions.iter().map(|version| version.body.len() + 1).sum());
                for version in &versions {
                    out.extend_from_slice(&version.body);
                    out.push(b'\n');
                }
                Some((Ok(out.into()), self))
            }
            Err(error) => {
                tracing::error!(%error, "an export file broke off");
                self.done = true;
                Some((Err(std::io::Error::other("the export broke off")), self))
            }
        }
    }
}
