//! Read, vread and history.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use calendar::Timestamp;
use data_encoding::BASE64;

use super::answer::{self, Answer, BundleWriter};
use super::ask::Ask;
use crate::service::Service;
use crate::service::records::RecordError;
use crate::store::{HistoryOf, HistoryPage, Version};

type Desk = State<Arc<Service>>;

pub async fn read(State(service): Desk, Path((kind, id)): Path<(String, String)>, ask: Ask) -> Answer {
    let version = service.read_record(&ask.caller, &format!("{kind}/{id}")).await?;
    if kind == "Binary" && !ask.wants_json() {
        return Ok(raw(&ask, version));
    }
    Ok(super::search::shaped(&ask, &kind, version)?)
}

/// What a Binary holds, as it is (R4 §2.41.1; MHD: ITI-68). One without content is answered as a resource.
fn raw(ask: &Ask, version: Version) -> Response {
    let node = records::tree::parse(&version.body).ok();
    let text = |key: &str| node.as_ref().and_then(|node| node.text_at(key));
    let data = text("data").and_then(|data| BASE64.decode(data.as_bytes()).ok());
    let kind = text("contentType").and_then(|kind| HeaderValue::from_str(kind).ok());
    let (Some(data), Some(kind)) = (data, kind) else { return answer::version(ask, version) };
    let mut response = answer::version(ask, Version { body: data, ..version });
    if response.status() == StatusCode::OK {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, kind);
        // Somebody else's bytes: nothing of them may run in a browser that looks at them.
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers
            .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    response
}

pub async fn version(
    State(service): Desk,
    Path((kind, id, number)): Path<(String, String, String)>,
    ask: Ask,
) -> Answer {
    let name = format!("{kind}/{id}");
    let number = number.parse().map_err(|_| RecordError::NotFound(format!("{name}/_history")))?;
    let version = service.read_record_version(&ask.caller, &name, number).await?;
    Ok(answer::version(&ask, version))
}

pub async fn instance_history(
    State(service): Desk,
    Path((kind, id)): Path<(String, String)>,
    ask: Ask,
) -> Answer {
    let name = format!("{kind}/{id}");
    let path = format!("{}/{name}/_history", ask.base);
    history(&service, &ask, HistoryOf::Resource(name), &path).await
}

pub async fn type_history(State(service): Desk, Path(kind): Path<String>, ask: Ask) -> Answer {
    let path = format!("{}/{kind}/_history", ask.base);
    history(&service, &ask, HistoryOf::Type(kind), &path).await
}

pub async fn system_history(State(service): Desk, ask: Ask) -> Answer {
    let path = format!("{}/_history", ask.base);
    history(&service, &ask, HistoryOf::Everything, &path).await
}

async fn history(service: &Service, ask: &Ask, of: HistoryOf, path: &str) -> Answer {
    let page = page(&ask.query)?;
    let (total, versions) = service.record_history(&ask.caller, of, page.clone()).await?;
    let mut links = vec![("self", format!("{path}?{}", ask.query))];
    let shown = u64::from(page.skip) + versions.len() as u64;
    if shown < total && !versions.is_empty() {
        links.push(("next", format!("{path}?{}", with(&ask.query, "_page", &shown.to_string()))));
    }
    let mut bundle = BundleWriter::new("history", Some(total), &links);
    for version in &versions {
        entry(&mut bundle, ask, version);
    }
    Ok(answer::resource(StatusCode::OK, bundle.finish()))
}

fn entry(bundle: &mut BundleWriter, ask: &Ask, version: &Version) {
    let url = match version.method.as_str() {
        "POST" => version.name.split('/').next().unwrap_or_default(),
        _ => &version.name,
    };
    let status = match (version.method.as_str(), version.version) {
        ("DELETE", _) => "204",
        (_, 1) => "201",
        _ => "200",
    };
    let time = Timestamp::from_millis(version.updated_at).to_rfc3339();
    let more = format!(
        "\"request\":{{\"method\":\"{}\",\"url\":\"{url}\"}},\"response\":{{\"status\":\"{status}\",\
         \"etag\":\"W/\\\"{}\\\"\",\"lastModified\":\"{time}\"}}",
        version.method, version.version
    );
    let body = (!version.deleted).then_some(version.body.as_slice());
    bundle.entry(Some(&format!("{}/{}", ask.base, version.name)), body, &more);
}

fn page(query: &str) -> Result<HistoryPage, RecordError> {
    let mut page = HistoryPage { since: i64::MIN, at: i64::MAX, skip: 0, count: 50 };
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let wrong =
            |ja: &str, en: &str| RecordError::request(400, "value", ja, en).at(name.clone().into_owned());
        let number =
            || value.parse::<u32>().map_err(|_| wrong("0以上の整数が必要です", "expected a whole number"));
        match &*name {
            "_count" => page.count = number()?.clamp(1, 1000),
            "_page" => page.skip = number()?,
            "_since" => {
                let span = records::search::Span::parse(&value);
                page.since = span.ok_or_else(|| wrong("日時が必要です", "expected an instant"))?.from;
            }
            "_at" => {
                let span = records::search::Span::parse(&value);
                page.at =
                    span.ok_or_else(|| wrong("日時が必要です", "expected a date or instant"))?.until - 1;
            }
            "_format" | "_pretty" => {}
            _ => return Err(wrong("履歴では使えません", "not served for a history")),
        }
    }
    Ok(page)
}

/// A query with one parameter set.
pub fn with(query: &str, name: &str, value: &str) -> String {
    let others = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known != name);
    form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair(name, value).finish()
}
