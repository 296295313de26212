//! What this server does: the CapabilityStatement.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use records::search::{Kind, parameters, served_types};
use records::{Node, node};

use super::answer::{self, Answer};
use super::ask::Ask;
use crate::service::Service;

/// `GET /openapi.json`: all doors of the institution's own systems.
pub async fn openapi() -> Response {
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (kind, include_str!("../openapi.json")).into_response()
}

/// `GET /fhir/metadata`.
pub async fn metadata(State(service): State<Arc<Service>>, ask: Ask) -> Answer {
    let statement = statement(&ask.base, &service.today().to_string());
    Ok(answer::resource(StatusCode::OK, statement.to_vec()))
}

fn statement(base: &str, today: &str) -> Node {
    let resources: Vec<Node> = served_types().map(resource).collect();
    let operation = |name: &str, definition: &str| node!({ "name": name, "definition": definition });
    let rest = node!({
        "mode": "server",
        "documentation": "この機関の記録。相互TLSで、機関自身のシステムだけが使えます / The institution's own records, for its own systems over mutual TLS",
        "security": node!({ "description": "mutual TLS with the institution's own certificate" }),
        "resource": resources,
        "interaction": codes(&["transaction", "batch", "history-system"]),
        "operation": node!([
            operation("export", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export"),
            operation("import", "https://musubi.example/fhir/OperationDefinition/import"),
        ]),
    });
    node!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": today,
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": node!(["application/fhir+json", "json"]),
        "software": node!({ "name": "Musubi", "version": env!("CARGO_PKG_VERSION") }),
        "implementation": node!({ "description": "Musubi institution", "url": base }),
        "instantiates": node!(["https://profiles.ihe.net/ITI/MHD/CapabilityStatement/IHE.MHD.DocumentResponder"]),
        "rest": node!([rest]),
    })
}

fn resource(kind: &str) -> Node {
    let parameter = |name: &str, kind: Kind| node!({ "name": name, "type": kind.code() });
    let searched: Vec<Node> = parameters(kind).map(|served| parameter(served.name, served.kind)).collect();
    let references: Vec<Node> = parameters(kind)
        .filter(|served| served.kind == Kind::Reference)
        .map(|served| Node::from(format!("{kind}:{}", served.name)))
        .collect();
    let mut described = node!({
        "type": kind,
        "profile": format!("http://hl7.org/fhir/StructureDefinition/{kind}"),
        "interaction": codes(&[
            "read", "vread", "update", "delete", "history-instance", "history-type", "create", "search-type",
        ]),
        "versioning": "versioned-update",
        "readHistory": true,
        "updateCreate": true,
        "conditionalCreate": true,
        "conditionalRead": "full-support",
        "conditionalUpdate": true,
        "conditionalDelete": "single",
        "searchParam": searched,
    });
    if let Some(members) = described.as_object_mut() {
        if !references.is_empty() {
            members.insert("searchInclude", references);
        }
        let mut operations = vec![operation("validate", "Resource-validate")];
        if kind == "Patient" {
            operations.push(operation("everything", "Patient-everything"));
            operations.push(operation("export", "Patient-export"));
        }
        members.insert("operation", operations);
    }
    described
}

fn operation(name: &str, definition: &str) -> Node {
    node!({ "name": name, "definition": format!("http://hl7.org/fhir/OperationDefinition/{definition}") })
}

fn codes(all: &[&str]) -> Vec<Node> {
    all.iter().map(|code| node!({ "code": *code })).collect()
}
