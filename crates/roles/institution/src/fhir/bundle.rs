//! Batch and transaction at the base address.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use calendar::Timestamp;
use records::bundle::Kind;
use records::validate::operation_outcome;

use super::answer::{self, Answer, BundleWriter};
use super::ask::{Ask, Prefer};
use super::search;
use crate::service::Service;
use crate::service::records::{Done, RecordError};
use crate::store::{Outcome, Written};

pub async fn bundle(State(service): State<Arc<Service>>, ask: Ask, body: Bytes) -> Answer {
    let bundle = service.read_resource(&body)?;
    let (kind, done) = service.do_bundle(&ask.caller, bundle).await?;
    let kind = if kind == Kind::Batch { "batch-response" } else { "transaction-response" };
    let mut bundle = BundleWriter::new(kind, None, &[]);
    for done in done {
        match done {
            Done::Written(written) => changed(&mut bundle, &ask, &written),
            Done::Nothing => bundle.entry(None, None, &response("204", "")),
            Done::Failed(error) => failed(&mut bundle, &error),
            Done::Get(url) => match get(&service, &ask, &url).await {
                Ok(body) => bundle.entry(None, Some(&body), &response("200", "")),
                Err(error) if kind == "batch-response" => failed(&mut bundle, &error),
                Err(error) => return Err(error.into()),
            },
        }
    }
    Ok(answer::resource(StatusCode::OK, bundle.finish()))
}

fn changed(bundle: &mut BundleWriter, ask: &Ask, written: &Written) {
    let status = match written.outcome {
        Outcome::Created => "201",
        Outcome::Updated | Outcome::Unchanged | Outcome::Relabelled => "200",
        Outcome::Deleted | Outcome::Absent => return bundle.entry(None, None, &response("204", "")),
    };
    let time = Timestamp::from_millis(written.updated_at).to_rfc3339();
    let warnings = answer::warnings(written);
    let outcome = match warnings.as_slice() {
        [] => String::new(),
        some => format!(",\"outcome\":{}", operation_outcome(some)),
    };
    let more = format!(
        ",\"location\":\"{}/_history/{}\",\"etag\":\"W/\\\"{}\\\"\",\"lastModified\":\"{time}\"{outcome}",
        written.name, written.version, written.version
    );
    let body = (ask.prefer == Prefer::Representation).then_some(written.body.as_slice());
    bundle.entry(Some(&format!("{}/{}", ask.base, written.name)), body, &response(status, &more));
}

fn failed(bundle: &mut BundleWriter, error: &RecordError) {
    let outcome = format!(",\"outcome\":{}", operation_outcome(&error.issues()));
    bundle.entry(None, None, &response(&error.status().to_string(), &outcome));
}

fn response(status: &str, more: &str) -> String {
    format!("\"response\":{{\"status\":\"{status}\"{more}}}")
}

/// A read inside a bundle: one resource, one version, or a search.
async fn get(service: &Service, ask: &Ask, url: &str) -> Result<Vec<u8>, RecordError> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        [kind] => search::searchset(service, ask, kind, query).await,
        [kind, id] => Ok(service.read_record(&ask.caller, &format!("{kind}/{id}")).await?.body),
        [kind, id, "_history", version] => {
            let name = format!("{kind}/{id}");
            let version = version.parse().map_err(|_| RecordError::NotFound(format!("{name}/_history")))?;
            Ok(service.read_record_version(&ask.caller, &name, version).await?.body)
        }
        _ => {
            let (ja, en) = (
                "バンドルの中のGETは、リソース、その版、検索だけです",
                "a GET in a bundle is a resource, a version or a search",
            );
            Err(RecordError::request(400, "not-supported", ja, en))
        }
    }
}
