use axum::Router;
use crate::Service;
pub(crate) fn front(service: Service) -> Router { wire::role_router("eligibility", crate::api::own_routes().with_state(service)) }
pub(crate) fn own_record(_service: Service) -> Router { Router::new() }
