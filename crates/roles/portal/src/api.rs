//! The portal over mTLS: its ledger's public routes, and the door for notices. Nobody asks the portal about a person.

use axum::extract::State;
use axum::routing::post;
use axum::{Extension, Router};
use protocol::clients::paths;
use protocol::notices::Notice;
use protocol::relay::Acknowledged;
use wire::{Json, Peer, Problem};

use crate::service::Service;

pub(crate) fn router(service: &Service) -> Router {
    let routes = Router::new().route(paths::NOTICES, post(notice)).with_state(service.clone());
    wire::role_router("portal", routes.merge(protocol::ledger_routes(service.ledger.clone())))
}

async fn notice(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Json(notice): Json<Notice>,
) -> Result<Json<Acknowledged>, Problem> {
    service.arrive(&peer.0, notice).await.map(Json)
}
