use axum::Router;
use crate::Service;
pub(crate) fn routes() -> Router<Service> { Router::new() }
