//! The portal over mTLS: its ledger's public routes, and no more. Nobody asks the portal about a person.

use axum::Router;

use crate::service::Service;

pub(crate) fn router(service: &Service) -> Router {
    wire::role_router("portal", protocol::ledger_routes(service.ledger.clone()))
}
