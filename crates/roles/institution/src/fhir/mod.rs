//! FHIR R4 over HTTP for the institution's own systems: `docs/formats/institution-fhir.md`.

mod answer;
mod ask;
mod audit;
mod bundle;
mod export;
mod import;
mod metadata;
mod operations;
mod read;
mod search;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post, put};

use crate::service::Service;

/// Where the interface stands.
pub const BASE: &str = "/fhir";

/// The routes.
pub fn routes(service: &Arc<Service>) -> Router {
    let instance = get(read::read).put(write::update).delete(write::delete);
    let kind =
        get(search::by_get).post(write::create).put(write::update_by_query).delete(write::delete_by_query);
    Router::new()
        .route("/fhir", post(bundle::bundle))
        .route("/fhir/", post(bundle::bundle))
        .route("/fhir/$import", post(import::ndjson))
        .route("/ssmix2/{name}", put(import::ssmix2).post(import::ssmix2))
        .route("/openapi.json", get(metadata::openapi))
        .route("/fhir/metadata", get(metadata::metadata))
        .route("/fhir/AuditEvent", get(audit::search))
        .route("/fhir/{type}/$validate", post(operations::validate))
        .route("/fhir/{type}/{id}/$meta", get(operations::meta))
        .route("/fhir/{type}/{id}/$meta-add", post(operations::meta_add))
        .route("/fhir/{type}/{id}/$meta-delete", post(operations::meta_delete))
        .route("/fhir/{type}/{id}/$everything", get(operations::everything))
        .route("/fhir/$export", get(export::of_everything).post(export::of_everything))
        .route("/fhir/Patient/$export", get(export::of_patients).post(export::of_patients))
        .route("/fhir/Group/{id}/$export", get(export::of_group).post(export::of_group))
        .route("/fhir/$export-status/{export}", get(export::status).delete(export::end))
        .route("/fhir/$export-file/{export}/{file}", get(export::file))
        .route("/fhir/_history", get(read::system_history))
        .route("/fhir/{type}", kind)
        .route("/fhir/{type}/_search", post(search::by_post))
        .route("/fhir/{type}/_history", get(read::type_history))
        .route("/fhir/{type}/{id}", instance)
        .route("/fhir/{type}/{id}/_history", get(read::instance_history))
        .route("/fhir/{type}/{id}/_history/{version}", get(read::version))
        .layer(from_fn(ask::guard))
        .with_state(Arc::clone(service))
}
