//! The same questions and answers in FHIR R4: CoverageEligibilityRequest and -Response with JP Core identifiers.
//!
//! Nothing is decided here: a request becomes a [`CheckRequest`](protocol::eligibility::CheckRequest), goes the same
//! road as every other, and its answer is written as resources. Refusals are OperationOutcomes.

mod answer;
mod request;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use wire::{Peer, Problem};

use crate::Service;

/// Identifier systems and extensions (JP Core, JP-CLINS) and those of our own that no profile has.
pub(crate) mod system {
    pub(crate) const MEMBER_ID: &str = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";
    pub(crate) const COVERAGE_ID: &str = "http://jpfhir.jp/fhir/core/IdSystem/JP_Coverage_id";
    pub(crate) const INSTITUTION: &str =
        "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no";
    pub(crate) const INSURER: &str = "http://jpfhir.jp/fhir/core/mhlw/IdSystem/InsurerNumber";
    pub(crate) const COVERAGE: &str = "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Coverage";
    pub(crate) const SYMBOL: &str =
        "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPersonSymbol";
    pub(crate) const NUMBER: &str =
        "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPersonNumber";
    pub(crate) const BRANCH: &str =
        "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPersonSubNumber";
    /// Key of the exchange.
    pub(crate) const EXCHANGE: &str = "urn:musubi:exchange";
    /// The institution's own code for the person in the insurance domain.
    pub(crate) const PERSON_CODE: &str = "urn:musubi:person-code:insurance";
    /// What the person presented, as the JSON of the plain API.
    pub(crate) const PRESENTED: &str = "urn:musubi:fhir:presented";
    /// The time that the answer's knowledge is limited to.
    pub(crate) const KNOWN_AT: &str = "urn:musubi:fhir:known-at";
    /// OQS code of the answer (資格有効性), 1 to 5.
    pub(crate) const VALIDITY: &str = "urn:musubi:fhir:qualification-validity";
    /// The rule that decided.
    pub(crate) const REASON: &str = "urn:musubi:fhir:reason";
    /// What the clerk does next.
    pub(crate) const NEXT_STEP: &str = "urn:musubi:fhir:next-step";
    /// When the insurer concerned last reported.
    pub(crate) const LAST_REPORTED: &str = "urn:musubi:fhir:insurer-last-reported";
    /// Where the disclosure stands in the ledger.
    pub(crate) const RECEIPT: &str = "urn:musubi:fhir:receipt";
    /// The ticket to the medical code, as the JSON of the plain API.
    pub(crate) const TICKET: &str = "urn:musubi:fhir:medical-ticket";
}

/// The FHIR routes of the mTLS API.
pub(crate) fn routes() -> Router<Service> {
    Router::new()
        .route("/fhir/metadata", get(|| async { fhir(StatusCode::OK, &capabilities()) }))
        .route("/fhir/CoverageEligibilityRequest", post(submit))
        .route("/fhir/CoverageEligibilityRequest/$submit", post(submit))
}

async fn submit(
    State(service): State<Service>,
    Extension(Peer(asker)): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        is_json(&headers)?;
        let resource: Value = wire::decode(&body)?;
        let request = request::read(&resource, service.now())?;
        let answer = service.check(&asker, &request).await?;
        Ok::<_, Problem>(answer::write(&request, &answer))
    };
    match answered.await {
        Ok(resource) => fhir(StatusCode::OK, &resource),
        Err(problem) => fhir(problem.status(), &outcome(&problem)),
    }
}

fn fhir(status: StatusCode, resource: &Value) -> Response {
    let kind = HeaderValue::from_static("application/fhir+json; fhirVersion=4.0");
    (status, [(header::CONTENT_TYPE, kind)], resource.to_string()).into_response()
}

/// A refusal as FHIR says it: what, where, and the next step in both languages.
pub(crate) fn outcome(problem: &Problem) -> Value {
    let parts = problem.parts();
    let code = match parts.status {
        403 => "forbidden",
        404 => "not-found",
        409 => "conflict",
        413 => "too-long",
        400 | 415 => "invalid",
        422 => "business-rule",
        503 | 504 => "transient",
        _ => "exception",
    };
    let mut issue = json!({
        "severity": "error",
        "code": code,
        "details": {
            "coding": [{ "system": "urn:musubi:problem", "code": parts.code, "display": parts.title_en }],
            "text": format!("{}{}", parts.title_ja, parts.detail_ja),
        },
        "diagnostics": format!("{} {}", parts.title_en, parts.detail_en).trim(),
    });
    if let (Some(place), Some(issue)) = (&parts.place, issue.as_object_mut()) {
        issue.insert("expression".to_owned(), json!([place]));
    }
    json!({ "resourceType": "OperationOutcome", "issue": [issue] })
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/fhir+json" | "application/json" => Ok(()),
        _ => Err(Problem::new(415, "not-fhir-json")
            .detail("Content-Type は application/fhir+json としてください。", "Send application/fhir+json.")
            .at("Content-Type")),
    }
}

fn capabilities() -> Value {
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-22",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "software": { "name": "Musubi eligibility service", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": "資格確認サービス機関 (eligibility of insured persons, Japan)" },
        "rest": [{
            "mode": "server",
            "security": { "description": "Mutual TLS; the client certificate names the organisation." },
            "resource": [{
                "type": "CoverageEligibilityRequest",
                "interaction": [{ "code": "create" }],
                "operation": [{
                    "name": "submit",
                    "definition": "http://hl7.org/fhir/OperationDefinition/CoverageEligibilityRequest-submit",
                }],
                "documentation": "Answers with a CoverageEligibilityResponse at once; nothing is stored as a resource.",
            }],
        }],
    })
}
