//! What the relay serves: the CapabilityStatement.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{base, response};
use crate::service::Service;

pub(super) async fn metadata(State(service): State<Service>, headers: HeaderMap) -> Response {
    let today = service.clock.today().to_string();
    response(StatusCode::OK, &statement(&base(&headers), &today))
}

fn statement(base: &str, today: &str) -> Value {
    let profile = |url: &str| json!([url]);
    let parameter = |name: &str, kind: &str| json!({ "name": name, "type": kind });
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": today,
        "kind": "instance",
        "instantiates": [
            "https://profiles.ihe.net/ITI/PIXm/CapabilityStatement/IHE.PIXm.Manager",
        ],
        "software": { "name": "Musubi", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": "Musubi relay", "url": base },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [{
            "mode": "server",
            "documentation": "同意・識別子・監査。患者の登録（ITI-104）はカードの受付で行う / Consents, identifiers, audit. Patients are registered by a card read, not by ITI-104",
            "security": { "description": "mutual TLS with the organisation's own certificate" },
            "resource": [
                {
                    "type": "Patient",
                    "interaction": [{ "code": "search-type" }],
                    "searchParam": [parameter("identifier", "token")],
                    "operation": [{
                        "name": "$ihe-pix",
                        "definition": "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix",
                    }],
                },
                {
                    "type": "Consent",
                    "supportedProfile": profile(consent::fhir::PROFILE),
                    "interaction": [{ "code": "create" }, { "code": "search-type" }],
                    "searchParam": [parameter("patient", "reference"), parameter("status", "token")],
                },
                {
                    "type": "AuditEvent",
                    "interaction": [{ "code": "search-type" }],
                    "searchParam": [parameter("patient", "reference"), parameter("date", "date")],
                },
            ],
        }],
    })
}
