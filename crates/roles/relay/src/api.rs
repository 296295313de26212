//! The relay over HTTP, for the other roles (mTLS).

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Extension, Router};
use calendar::Date;
use protocol::clients::paths;
use protocol::consents::{ConsentAnswer, ConsentStatus, ConsentStatusRequest, ConsentUpdate};
use protocol::exchange::{
    CorroborationRequest, EmergencyAnswer, EmergencyRequest, ExchangeAnswer, ExchangeRequest,
    OwnExchangesAnswer, OwnExchangesRequest, WaitingReview,
};
use protocol::networks::{Figures, JoinReport, NetworkJoin, NetworkPatients, NetworkPatientsAnswer};
use protocol::notices::NoticeRequest;
use protocol::oversight::{SideRecordsAnswer, SideRecordsRequest};
use protocol::relay::{
    Acknowledged, PersonStateUpdate, RegisterAnswer, RegisterRequest, TranslateAnswer, TranslateRequest,
};
use utoipa::OpenApi;
use wire::{Peer, Problem};

use crate::service::Service;

/// The relay's description for machines (OpenAPI 3.1).
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Musubi relay",
        description = "医療等中継DB・情報連携基盤: registration, consent, grants, networks"
    ),
    paths(
        register,
        translate,
        person_state,
        exchange,
        emergency,
        corroborate,
        own_exchanges,
        consent,
        consent_status,
        network_patients,
        join_networks,
        notify,
        figures
    )
)]
pub struct Description;

/// The mTLS router.
pub fn router(service: Service) -> Router {
    let ledger = service.ledger.clone();
    let api = Router::new()
        .route(paths::REGISTRATIONS, post(register))
        .route(paths::TRANSLATIONS, post(translate))
        .route(paths::PERSON_STATES, post(person_state))
        .route(paths::EXCHANGES, post(exchange))
        .route(paths::EMERGENCIES, post(emergency))
        .route(paths::CORROBORATIONS, post(corroborate))
        .route(paths::OWN_EXCHANGES, post(own_exchanges))
        .route(paths::CONSENTS, post(consent))
        .route(paths::CONSENT_STATUS, post(consent_status))
        .route(paths::NETWORK_PATIENTS, post(network_patients))
        .route(paths::NETWORK_JOINS, post(join_networks))
        .route(paths::NOTICES, post(notify))
        .route("/figures/{day}", get(figures))
        .route(paths::SIDE_RECORDS, post(side_records))
        .route(paths::REVIEWS, get(reviews))
        .merge(crate::fhir::routes())
        .route("/openapi.json", get(async || axum::Json(Description::openapi())))
        .with_state(service);
    wire::role_router("relay", api.merge(protocol::ledger_routes(ledger)))
}

protocol::passed_on! { Service;
    "/registrations" register => register(RegisterRequest) -> RegisterAnswer;
    "/translations" translate => translate(TranslateRequest) -> TranslateAnswer;
    "/person-states" person_state => set_person_state(PersonStateUpdate) -> Acknowledged;
    "/exchanges" exchange => exchange(ExchangeRequest) -> ExchangeAnswer;
    "/emergencies" emergency => emergency(EmergencyRequest) -> EmergencyAnswer;
    "/corroborations" corroborate => corroborate(CorroborationRequest) -> Acknowledged;
    "/own-exchanges" own_exchanges => own_exchanges(OwnExchangesRequest) -> OwnExchangesAnswer;
    "/consents" consent => consent(ConsentUpdate) -> ConsentAnswer;
    "/consent-status" consent_status => consent_status(ConsentStatusRequest) -> ConsentStatus;
    "/network-patients" network_patients => network_patients(NetworkPatients) -> NetworkPatientsAnswer;
    "/notices" notify => notify(NoticeRequest) -> Acknowledged;
    "/side-records" side_records => side_records(SideRecordsRequest) -> SideRecordsAnswer;
    "/network-joins" join_networks => join_networks(NetworkJoin) -> JoinReport;
}

/// The emergencies that wait for a review: the overseer's.
async fn reviews(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
) -> Result<axum::Json<Vec<WaitingReview>>, Problem> {
    service.reviews(&peer.0).await.map(axum::Json)
}

/// The published figures of a day; anybody of the house may read them.
#[utoipa::path(get, path = "/figures/{day}", params(("day" = String, Path, description = "YYYY-MM-DD")),
    responses((status = 200, body = Figures), (status = "4XX", description = "RFC 9457 problem")))]
async fn figures(
    State(service): State<Service>,
    axum::extract::Path(day): axum::extract::Path<Date>,
) -> Result<axum::Json<Figures>, Problem> {
    service.figures(day).await.map(axum::Json)
}
