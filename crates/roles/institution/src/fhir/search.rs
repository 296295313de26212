//! Search by GET and POST, with paging; parts of resources (`_summary`, `_elements`).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use records::Node;
use records::search::{Query, Summary};

use super::answer::{self, Answer, BundleWriter};
use super::ask::{self, Ask};
use super::read::with;
use crate::service::Service;
use crate::service::records::{PAGE, PageToken, RecordError};
use crate::store::Version;

type Desk = State<Arc<Service>>;

pub async fn by_get(State(service): Desk, Path(kind): Path<String>, ask: Ask) -> Answer {
    let text = ask.query.clone();
    search(&service, &ask, &kind, &text).await
}

pub async fn by_post(State(service): Desk, Path(kind): Path<String>, ask: Ask, body: Bytes) -> Answer {
    let mut text = ask::form(&body)?;
    if !ask.query.is_empty() {
        text = if text.is_empty() { ask.query.clone() } else { format!("{}&{text}", ask.query) };
    }
    search(&service, &ask, &kind, &text).await
}

/// Answers a search of a type.
pub async fn search(service: &Service, ask: &Ask, kind: &str, text: &str) -> Answer {
    let body = searchset(service, ask, kind, text).await?;
    Ok(answer::resource(StatusCode::OK, body))
}

/// The bundle of a search's page.
pub async fn searchset(service: &Service, ask: &Ask, kind: &str, text: &str) -> Result<Vec<u8>, RecordError> {
    let (query, page) = parse(kind, text)?;
    let parts = Parts::of(&query);
    let found = service.search_records(&ask.caller, query, page).await?;
    let path = format!("{}/{kind}", ask.base);
    let address = |text: &str| if text.is_empty() { path.clone() } else { format!("{path}?{text}") };
    let mut links = vec![("self", address(text))];
    if let Some(next) = &found.next {
        links.push(("next", address(&with(text, PAGE, &next.to_string()))));
    }
    let mut bundle = BundleWriter::new("searchset", found.total, &links);
    for (mode, versions) in [("match", &found.found.matches), ("include", &found.found.included)] {
        for version in versions {
            let body = parts.cut(version)?;
            let url = format!("{}/{}", ask.base, version.name);
            bundle.entry(Some(&url), Some(&body), &format!("\"search\":{{\"mode\":\"{mode}\"}}"));
        }
    }
    if found.found.more_included {
        bundle.entry(None, Some(&cut_short().to_vec()), "\"search\":{\"mode\":\"outcome\"}");
    }
    Ok(bundle.finish())
}

/// The query without the page, and the page.
pub fn parse(kind: &str, text: &str) -> Result<(Query, PageToken), RecordError> {
    let mut page = PageToken::default();
    let mut pairs = Vec::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        if name == PAGE {
            page = value.parse()?;
        } else if name != "_totalMethod" {
            // How a total is counted is up to us; one of the clients in use always says it.
            pairs.push((name, value));
        }
    }
    Ok((Query::from_pairs(kind, pairs)?, page))
}

/// One resource, in the parts that the query asks for.
pub fn shaped(ask: &Ask, kind: &str, version: Version) -> Result<Response, RecordError> {
    if !ask.query.contains("_summary") && !ask.query.contains("_elements") {
        return Ok(answer::version(ask, version));
    }
    let (query, _) = parse(kind, &ask.query)?;
    let body = Parts::of(&query).cut(&version)?.into_owned();
    Ok(answer::version(ask, Version { body, ..version }))
}

/// Which parts of a resource are asked for.
struct Parts {
    summary: Summary,
    elements: Vec<String>,
}

impl Parts {
    fn of(query: &Query) -> Self {
        Self { summary: query.summary, elements: query.elements.clone() }
    }

    /// The resource without what is not asked for, marked as such (R4 §3.1.1.6.6).
    fn cut<'v>(&self, version: &'v Version) -> Result<std::borrow::Cow<'v, [u8]>, RecordError> {
        if self.elements.is_empty() && matches!(self.summary, Summary::False | Summary::Count) {
            return Ok((&version.body).into());
        }
        let unreadable =
            |error: records::ParseError| RecordError::Unreadable { ja: error.ja(), en: error.to_string() };
        let node = records::tree::parse(&version.body).map_err(unreadable)?;
        let Node::Object(members) = node else { return Ok((&version.body).into()) };
        let kept = members.iter().filter(|(key, _)| self.keeps(key));
        let mut cut: records::Object = kept.map(|(key, value)| (key, value.clone())).collect();
        let mark = records::node!({
            "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
            "code": "SUBSETTED",
        });
        match cut.get_mut("meta").and_then(|meta| meta.as_object_mut()) {
            Some(meta) => match meta.get_mut("tag").and_then(Node::as_array_mut) {
                Some(tags) => tags.push(mark),
                None => drop(meta.insert("tag", vec![mark])),
            },
            None => drop(cut.insert("meta", records::node!({ "tag": vec![mark] }))),
        }
        Ok(Node::Object(cut).to_vec().into())
    }

    fn keeps(&self, key: &str) -> bool {
        let always = matches!(key, "resourceType" | "id" | "meta");
        let plain = key.strip_prefix('_').unwrap_or(key);
        if !self.elements.is_empty() {
            return always
                || self
                    .elements
                    .iter()
                    .any(|wanted| wanted == plain || wanted.ends_with(&format!(".{plain}")));
        }
        match self.summary {
            Summary::Data => plain != "text",
            Summary::Text => always || plain == "text" || REQUIRED.contains(&plain),
            Summary::True => !DETAILS.contains(&plain),
            Summary::False | Summary::Count => true,
        }
    }
}

/// Elements that must be there in some resource.
const REQUIRED: &[&str] =
    &["status", "code", "subject", "patient", "intent", "class", "type", "beneficiary", "payor"];

/// Elements that no type of R4 marks as summary.
const DETAILS: &[&str] = &[
    "text",
    "contained",
    "extension",
    "modifierExtension",
    "component",
    "communication",
    "contact",
    "dispenseRequest",
    "dosageInstruction",
    "interpretation",
    "note",
    "photo",
    "presentedForm",
    "reaction",
    "referenceRange",
    "substitution",
];

fn cut_short() -> Node {
    use crate::service::records::RecordError as Error;
    let (ja, en) = (
        "同時に返すリソースが多すぎるため、途中までを返しました",
        "more would come along than one page takes",
    );
    let mut issues = Error::request(400, "too-costly", ja, en).issues();
    issues.iter_mut().for_each(|issue| issue.severity = records::validate::Severity::Warning);
    records::validate::operation_outcome(&issues)
}
