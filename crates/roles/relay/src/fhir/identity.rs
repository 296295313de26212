//! IHE PIXm (ITI-83) and as much of PDQm as a relay without demographics can answer.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use serde_json::Value;
use wire::{Peer, Problem};

use super::{answer, outcome, refusal, required, response};
use crate::problems;
use crate::service::Service;

/// What ITI-83 asks with.
#[derive(Default)]
struct Question {
    source: Option<String>,
    targets: Vec<String>,
}

pub(super) async fn pix_by_get(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Response {
    pix(&service, &peer, Question::of(parameters)).await
}

/// The question as `Parameters`, or as a form.
pub(super) async fn pix_by_post(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let question = if kind.starts_with("application/x-www-form-urlencoded") {
        form(&body)
    } else if kind.contains("json") {
        wire::decode::<Value>(&body).and_then(|parameters| Question::read(&parameters))
    } else {
        Err(Problem::new(415, "json-only")
            .ja("JSON（application/fhir+json）だけを受け付けます。")
            .en("only JSON (application/fhir+json) is taken here"))
    };
    match question {
        Ok(question) => pix(&service, &peer, question).await,
        Err(problem) => refusal(&problem),
    }
}

async fn pix(service: &Service, peer: &Peer, question: Question) -> Response {
    let Some(source) = question.source else { return refusal(&required("sourceIdentifier")) };
    match service.cross_reference(&peer.0, &source, &question.targets).await {
        Ok(parameters) => response(StatusCode::OK, &parameters),
        Err(problem) => refused(&problem),
    }
}

/// The refusals in the words of ITI-83 §3.83.4.2.2.
fn refused(problem: &Problem) -> Response {
    let (code, text) = match problem.code() {
        "no-such-person" => ("not-found", "sourceIdentifier Patient Identifier not found"),
        "identifier" => ("code-invalid", "sourceIdentifier Assigning Authority not found"),
        "target-system" => ("code-invalid", "targetSystem not found"),
        _ => return refusal(problem),
    };
    response(problem.status(), &outcome(code, text, problem))
}

pub(super) async fn patient(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Response {
    let other = parameters.iter().find(|(name, _)| name != "identifier" && !name.starts_with('_'));
    let identifier = parameters.iter().find(|(name, _)| name == "identifier");
    answer(match (identifier, other) {
        (_, Some((name, _))) => Err(problems::demographics(name)),
        (None, None) => Err(required("identifier")),
        (Some((_, identifier)), None) => service.patient(&peer.0, identifier).await,
    })
}

impl Question {
    fn of(parameters: Vec<(String, String)>) -> Self {
        let mut question = Self::default();
        for (name, value) in parameters {
            match name.as_str() {
                "sourceIdentifier" => question.source = Some(value),
                // A list is one way of saying it, repeating the other.
                "targetSystem" => question.targets.extend(value.split(',').map(ToOwned::to_owned)),
                _ => {}
            }
        }
        question
    }

    fn read(parameters: &Value) -> Result<Self, Problem> {
        if parameters.get("resourceType").and_then(Value::as_str) != Some("Parameters") {
            return Err(required("Parameters"));
        }
        let list = parameters.get("parameter").and_then(Value::as_array).into_iter().flatten();
        let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        let value = |one: &Value| text(one, "valueString").or_else(|| text(one, "valueUri"));
        Ok(Self::of(list.filter_map(|one| Some((text(one, "name")?, value(one)?))).collect()))
    }
}

fn form(body: &[u8]) -> Result<Question, Problem> {
    let wrong = || Problem::new(400, "form").ja("本文を読めません。").en("the form cannot be read");
    let text = std::str::from_utf8(body).map_err(|_| wrong())?;
    let uri: Uri = format!("/?{text}").parse().map_err(|_| wrong())?;
    let Query(parameters) = Query::try_from_uri(&uri).map_err(|_| wrong())?;
    Ok(Question::of(parameters))
}
