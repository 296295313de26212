//! pages

use axum::Router;
use wire::Desk;

use crate::service::Service;

/// The whole site.
pub(crate) fn router(service: Service, desk: &Desk) -> Router {
    let _ = (service, desk);
    Router::new()
}
