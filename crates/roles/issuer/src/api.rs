//! The issuer over HTTP, for the other roles and the counter (mTLS).

use axum::{
    Extension, Router,
    extract::State,
    routing::{get, post},
};
use protocol::clients::paths;
use protocol_admin::issuer::{
    CardContents, CardRequest, CardStopAnswer, CardStopRequest, InsuranceLinksAnswer, InsuranceLinksRequest,
    MedicalIdAnswer, MedicalIdRequest, MedicalIdView, MedicalIdViewRequest,
};
use utoipa::OpenApi;
use wire::{Json, Peer, Problem};

use crate::service::Service;

/// The issuer's description for machines (OpenAPI 3.1).
#[derive(OpenApi)]
#[openapi(
    info(title = "Musubi issuer", description = "付番機関: link codes, medical IDs, cards"),
    paths(insurance_links, medical_id, medical_id_view, card, stop_card)
)]
pub struct Description;

/// The mTLS router.
pub fn router(service: Service) -> Router {
    let ledger = service.ledger.clone();
    let api = Router::new()
        .route(paths::INSURANCE_LINKS, post(insurance_links))
        .route(paths::MEDICAL_IDS, post(medical_id))
        .route(paths::MEDICAL_ID_VIEWS, post(medical_id_view))
        .route(paths::CARDS, post(card))
        .route(paths::CARD_STOPS, post(stop_card))
        .route("/openapi.json", get(async || axum::Json(Description::openapi())))
        .with_state(service);
    wire::role_router("issuer", api.merge(protocol::ledger_routes(ledger)))
}

#[utoipa::path(post, path = "/insurance-links", request_body = InsuranceLinksRequest,
    responses((status = 200, body = InsuranceLinksAnswer), (status = "4XX", description = "RFC 9457 problem")))]
async fn insurance_links(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<InsuranceLinksRequest>,
) -> Result<axum::Json<InsuranceLinksAnswer>, Problem> {
    service.insurance_links(&peer.0, request).await.map(axum::Json)
}

#[utoipa::path(post, path = "/medical-ids", request_body = MedicalIdRequest,
    responses((status = 200, body = MedicalIdAnswer), (status = "4XX", description = "RFC 9457 problem")))]
async fn medical_id(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<MedicalIdRequest>,
) -> Result<axum::Json<MedicalIdAnswer>, Problem> {
    service.medical_id(&peer.0, request).await.map(axum::Json)
}

#[utoipa::path(post, path = "/medical-id-views", request_body = MedicalIdViewRequest,
    responses((status = 200, body = MedicalIdView), (status = "4XX", description = "RFC 9457 problem")))]
async fn medical_id_view(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<MedicalIdViewRequest>,
) -> Result<axum::Json<MedicalIdView>, Problem> {
    service.medical_id_view(&peer.0, request).await.map(axum::Json)
}

#[utoipa::path(post, path = "/cards", request_body = CardRequest,
    responses((status = 200, body = CardContents), (status = "4XX", description = "RFC 9457 problem")))]
async fn card(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<CardRequest>,
) -> Result<axum::Json<CardContents>, Problem> {
    service.card(&peer.0, request).await.map(axum::Json)
}

#[utoipa::path(post, path = "/card-stops", request_body = CardStopRequest,
    responses((status = 200, body = CardStopAnswer), (status = "4XX", description = "RFC 9457 problem")))]
async fn stop_card(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<CardStopRequest>,
) -> Result<axum::Json<CardStopAnswer>, Problem> {
    service.stop_card(&peer.0, request).await.map(axum::Json)
}
