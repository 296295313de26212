//! The insurer over HTTP, for the other roles (mTLS): its ledger.

use axum::Router;

use crate::service::Service;

/// The mTLS router.
pub fn router(service: Service) -> Router {
    wire::role_router("insurer", protocol::ledger_routes(service.ledger))
}
