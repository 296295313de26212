//! The relay over FHIR R4 (mTLS): consents, identifiers, audit events. `docs/formats/relay-fhir.md` says what is served.

mod audit;
mod consent;
mod identity;
mod metadata;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use codes::{Medical, OrgCode};
use serde_json::{Value, json};
use wire::Problem;

use crate::service::{CODE_SYSTEM, Service};

/// The routes.
pub(crate) fn routes() -> Router<Service> {
    Router::new()
        .route("/fhir/metadata", get(metadata::metadata))
        .route("/fhir/Patient/$ihe-pix", get(identity::pix_by_get).post(identity::pix_by_post))
        .route("/fhir/Patient", get(identity::patient))
        .route("/fhir/Consent", get(consent::search).post(consent::create))
        .route("/fhir/AuditEvent", get(audit::search))
        .layer(from_fn(guard))
}

/// JSON is spoken here.
async fn guard(request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let format = query.split('&').find_map(|pair| pair.strip_prefix("_format="));
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let asked = format.or(accept).unwrap_or_default();
    if asked.is_empty() || asked.contains("json") || asked.contains('*') {
        return next.run(request).await;
    }
    let problem = Problem::new(406, "json-only")
        .ja("JSON（application/fhir+json）だけで答えます。")
        .en("answers are JSON (application/fhir+json) only");
    answer(Err(problem))
}

/// An answer as FHIR: what is refused is an `OperationOutcome` in both languages.
fn answer(answer: Result<Value, Problem>) -> Response {
    match answer {
        Ok(resource) => response(StatusCode::OK, &resource),
        Err(problem) => refusal(&problem),
    }
}

fn response(status: StatusCode, resource: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/fhir+json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, resource.to_string()).into_response()
}

fn refusal(problem: &Problem) -> Response {
    let parts = problem.parts();
    let code = match problem.code() {
        "required" => "required",
        "decision-does-not-fit" => "business-rule",
        _ => match problem.status() {
            StatusCode::NOT_FOUND => "not-found",
            StatusCode::FORBIDDEN => "forbidden",
            StatusCode::BAD_REQUEST => "code-invalid",
            StatusCode::UNPROCESSABLE_ENTITY => "value",
            StatusCode::NOT_ACCEPTABLE | StatusCode::UNSUPPORTED_MEDIA_TYPE => "not-supported",
            StatusCode::TOO_MANY_REQUESTS => "throttled",
            status if status.is_server_error() => "exception",
            _ => "processing",
        },
    };
    response(problem.status(), &outcome(code, &parts.title_en, problem))
}

/// An OperationOutcome with its issue's code and text; Japanese is the text's translation.
fn outcome(code: &str, text: &str, problem: &Problem) -> Value {
    let parts = problem.parts();
    let translation = json!({
        "url": "http://hl7.org/fhir/StructureDefinition/translation",
        "extension": [
            { "url": "lang", "valueCode": "ja" },
            { "url": "content", "valueString": parts.title_ja },
        ],
    });
    let mut issue = json!({
        "severity": "error",
        "code": code,
        "details": { "text": text, "_text": { "extension": [translation] } },
    });
    if let Some(issue) = issue.as_object_mut() {
        if !parts.detail_en.is_empty() {
            let told = format!("{} / {}", parts.detail_ja, parts.detail_en);
            issue.insert("diagnostics".into(), told.into());
        }
        if let Some(place) = &parts.place {
            issue.insert("expression".into(), json!([place]));
        }
    }
    json!({ "resourceType": "OperationOutcome", "issue": [issue] })
}

/// The asker's own code of the person, as `patient.identifier` (or `patient:identifier`) says it.
fn own_code(identifier: &str) -> Result<OrgCode<Medical>, Problem> {
    let value = identifier.strip_prefix(CODE_SYSTEM).and_then(|rest| rest.strip_prefix('|'));
    value.and_then(|code| code.parse().ok()).ok_or_else(|| {
        Problem::new(400, "identifier")
            .ja("本人の識別子がわかりません。")
            .en("not an identifier of a person known by it")
            .detail(
                format!("「{CODE_SYSTEM}|機関別符号」の形で、自機関の符号を送ってください。"),
                format!("send {CODE_SYSTEM}| and your own code of the person"),
            )
            .at("patient.identifier")
    })
}

/// Whether a search parameter names the person.
fn is_patient(name: &str) -> bool {
    matches!(name, "patient.identifier" | "patient:identifier")
}

fn required(place: &'static str) -> Problem {
    Problem::new(400, "required")
        .ja("必要な項目がありません。")
        .en("something that is needed is missing")
        .at(place)
}

fn not_searched(name: &str) -> Problem {
    Problem::new(400, "parameter")
        .ja("この条件では探せません。")
        .en("this parameter is not served")
        .at(name.chars().take(60).collect::<String>())
}

/// The interface's address as the asker sees it.
fn base(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("https://{host}/fhir")
}

/// A searchset of resources, each with its type and id as its address.
fn searchset(base: &str, links: &[(&str, String)], total: Option<usize>, resources: Vec<Value>) -> Value {
    let links: Vec<Value> =
        links.iter().map(|(relation, url)| json!({ "relation": relation, "url": url })).collect();
    let entry = |resource: Value| {
        let text = |name: &str| resource.get(name).and_then(Value::as_str).unwrap_or_default();
        let url = format!("{base}/{}/{}", text("resourceType"), text("id"));
        json!({ "fullUrl": url, "resource": resource, "search": { "mode": "match" } })
    };
    let entries: Vec<Value> = resources.into_iter().map(entry).collect();
    let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset" });
    if let Some(bundle) = bundle.as_object_mut() {
        total.map(|total| bundle.insert("total".into(), total.into()));
        // A list in FHIR has elements, or is not there.
        for (name, list) in [("link", links), ("entry", entries)] {
            if !list.is_empty() {
                bundle.insert(name.into(), list.into());
            }
        }
    }
    bundle
}
