//! Operations on resources: `$validate`, `$meta`, `Patient/$everything`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use records::validate::operation_outcome;
use records::{Node, Resource, node};

use super::answer::{self, Answer, BundleWriter};
use super::ask::Ask;
use super::read::with;
use crate::service::Service;
use crate::service::records::{Everything, PAGE, PageToken, RecordError};

type Desk = State<Arc<Service>>;

/// `POST Type/$validate`: what is wrong with a resource, without storing it.
pub async fn validate(State(service): Desk, Path(kind): Path<String>, ask: Ask, body: Bytes) -> Answer {
    let sent = service.read_resource(&body)?;
    let mut profiles: Vec<String> = parameter(&ask.query, "profile").into_iter().collect();
    let resource = match unwrapped(sent, &mut profiles) {
        Some(resource) => resource,
        None => {
            let (ja, en) = ("検証するリソース（resource）がありません", "there is no resource to validate");
            return Err(RecordError::request(400, "required", ja, en).into());
        }
    };
    service.check_type(&resource, &kind)?;
    let profiles: Vec<&str> = profiles.iter().map(String::as_str).collect();
    let issues = service.validate_record(&resource, &profiles);
    Ok(answer::resource(StatusCode::OK, operation_outcome(&issues).to_vec()))
}

/// The resource inside a Parameters, or itself.
fn unwrapped(sent: Resource, profiles: &mut Vec<String>) -> Option<Resource> {
    if sent.resource_type() != "Parameters" {
        return Some(sent);
    }
    let mut resource = None;
    for part in sent.node().get("parameter").map(Node::items).unwrap_or_default() {
        match part.text_at("name") {
            Some("resource") => {
                resource = part.get("resource").cloned().and_then(|node| Resource::new(node).ok())
            }
            Some("profile") => profiles
                .extend(part.text_at("valueUri").or(part.text_at("valueCanonical")).map(str::to_owned)),
            _ => {}
        }
    }
    resource
}

/// `GET Type/id/$meta`.
pub async fn meta(State(service): Desk, Path((kind, id)): Path<(String, String)>, ask: Ask) -> Answer {
    let version = service.read_record(&ask.caller, &format!("{kind}/{id}")).await?;
    let read = records::tree::parse(&version.body).ok();
    Ok(told(read.as_ref().and_then(|node| node.get("meta")).cloned().unwrap_or(Node::Null)))
}

/// `POST Type/id/$meta-add`: profiles, labels and tags more; the person's own mark is one of them.
pub async fn meta_add(service: Desk, path: Path<(String, String)>, ask: Ask, body: Bytes) -> Answer {
    change_meta(&service, &path, &ask, &body, true).await
}

/// `POST Type/id/$meta-delete`: the same, taken away.
pub async fn meta_delete(service: Desk, path: Path<(String, String)>, ask: Ask, body: Bytes) -> Answer {
    change_meta(&service, &path, &ask, &body, false).await
}

async fn change_meta(
    State(service): &Desk,
    Path((kind, id)): &Path<(String, String)>,
    ask: &Ask,
    body: &Bytes,
    add: bool,
) -> Answer {
    let sent = service.read_resource(body)?;
    let parameters = sent.node().get("parameter").map(Node::items).unwrap_or_default();
    let meta = parameters.iter().find(|part| part.text_at("name") == Some("meta"));
    let Some(meta) = meta.and_then(|part| part.get("valueMeta")) else {
        let (ja, en) =
            ("Parametersのmeta（valueMeta）が必要です", "expected Parameters with meta (valueMeta)");
        return Err(RecordError::request(400, "required", ja, en).at("Parameters.parameter").into());
    };
    Ok(told(service.change_meta(&ask.caller, &format!("{kind}/{id}"), meta, add).await?))
}

fn told(meta: Node) -> axum::response::Response {
    let parameters = node!({
        "resourceType": "Parameters",
        "parameter": node!([node!({ "name": "return", "valueMeta": meta })]),
    });
    answer::resource(StatusCode::OK, parameters.to_vec())
}

/// `GET Patient/id/$everything`: all that is about a patient, page by page.
pub async fn everything(State(service): Desk, Path((kind, id)): Path<(String, String)>, ask: Ask) -> Answer {
    if kind != "Patient" {
        let (ja, en) = ("$everything は Patient だけで使えます", "$everything is served for Patient only");
        return Err(RecordError::request(404, "not-supported", ja, en).into());
    }
    let mut asked = Everything { patient: id.clone(), ..Everything::default() };
    for (name, value) in form_urlencoded::parse(ask.query.as_bytes()) {
        let wrong =
            |ja: &str, en: &str| RecordError::request(400, "value", ja, en).at(name.clone().into_owned());
        match &*name {
            "_count" => {
                asked.count =
                    value.parse().map_err(|_| wrong("0以上の整数が必要です", "expected a whole number"))?
            }
            "_since" => {
                let span = records::search::Span::parse(&value);
                asked.since = span.ok_or_else(|| wrong("日時が必要です", "expected an instant"))?.from;
            }
            "_type" => asked.types.extend(value.split(',').map(str::to_owned)),
            PAGE => asked.page = value.parse::<PageToken>()?,
            "start" | "end" => {
                let span = records::search::Span::parse(&value);
                let span = span.ok_or_else(|| wrong("日付が必要です", "expected a date"))?;
                let bound = if name == "start" { &mut asked.from } else { &mut asked.until };
                *bound = Some(if name == "start" { span.from } else { span.until });
            }
            "_format" | "_pretty" => {}
            _ => return Err(wrong("この操作では使えません", "not served for this operation").into()),
        }
    }
    let (versions, next) = service.patient_everything(&ask.caller, asked).await?;
    let path = format!("{}/Patient/{id}/$everything", ask.base);
    let mut links = vec![("self", format!("{path}?{}", ask.query))];
    links.extend(next.map(|next| ("next", format!("{path}?{}", with(&ask.query, PAGE, &next.to_string())))));
    let mut bundle = BundleWriter::new("searchset", None, &links);
    for version in &versions {
        let url = format!("{}/{}", ask.base, version.name);
        bundle.entry(Some(&url), Some(&version.body), "\"search\":{\"mode\":\"match\"}");
    }
    Ok(answer::resource(StatusCode::OK, bundle.finish()))
}

fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}
