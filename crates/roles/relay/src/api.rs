//! The relay over HTTP, for the other roles (mTLS).

use axum::{Extension, Router, extract::State, routing::post};
use protocol::clients::paths;
use protocol::relay::{
    Acknowledged, PersonStateUpdate, RegisterAnswer, RegisterRequest, TranslateAnswer, TranslateRequest,
};
use utoipa::OpenApi;
use wire::{Json, Peer, Problem};

use crate::service::Service;

/// The relay's description for machines (OpenAPI 3.1).
#[derive(OpenApi)]
#[openapi(
    info(title = "Musubi relay", description = "医療等中継DB・情報連携基盤: registration and translation"),
    paths(register, translate, person_state)
)]
pub struct Description;

/// The mTLS router.
pub fn router(service: Service) -> Router {
    let ledger = service.ledger.clone();
    let api = Router::new()
        .route(paths::REGISTRATIONS, post(register))
        .route(paths::TRANSLATIONS, post(translate))
        .route(paths::PERSON_STATES, post(person_state))
        .route("/openapi.json", axum::routing::get(async || axum::Json(Description::openapi())))
        .with_state(service);
    wire::role_router("relay", api.merge(protocol::ledger_routes(ledger)))
}

#[utoipa::path(post, path = "/registrations", request_body = RegisterRequest,
    responses((status = 200, body = RegisterAnswer), (status = "4XX", description = "RFC 9457 problem")))]
async fn register(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<RegisterRequest>,
) -> Result<axum::Json<RegisterAnswer>, Problem> {
    service.register(&peer.0, request).await.map(axum::Json)
}

#[utoipa::path(post, path = "/translations", request_body = TranslateRequest,
    responses((status = 200, body = TranslateAnswer), (status = "4XX", description = "RFC 9457 problem")))]
async fn translate(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<TranslateRequest>,
) -> Result<axum::Json<TranslateAnswer>, Problem> {
    service.translate(&peer.0, request).await.map(axum::Json)
}

#[utoipa::path(post, path = "/person-states", request_body = PersonStateUpdate,
    responses((status = 200, body = Acknowledged), (status = "4XX", description = "RFC 9457 problem")))]
async fn person_state(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Json(update): Json<PersonStateUpdate>,
) -> Result<axum::Json<Acknowledged>, Problem> {
    service.set_person_state(&peer.0, update).await.map(axum::Json)
}
