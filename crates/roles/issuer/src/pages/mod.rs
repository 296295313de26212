//! 医療等IDの窓口: the counter at which a person decides about their own medical ID.

mod enter;
mod person;
mod visits;
mod words;

use std::sync::Arc;

use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use codes::OrgKind;
use protocol::reader::ReaderPort;
use wire::{Lang, Page, t};

use crate::Service;
use visits::Visits;

/// What the counter's pages share.
#[derive(Clone)]
struct Pages {
    service: Service,
    reader: Option<Arc<dyn ReaderPort>>,
    visits: Visits,
}

/// The counter's pages; the caller puts them behind a [`wire::Desk`].
pub fn router(service: Service, reader: Option<Arc<dyn ReaderPort>>) -> Router {
    let pages = Router::new()
        .route("/", get(enter::show).post(enter::enter))
        .route("/person/{visit}", get(person::show))
        .route("/person/{visit}/leave", post(person::leave))
        .route("/person/{visit}/{act}/{number}", get(person::confirm).post(person::act))
        .with_state(Pages { service, reader, visits: Visits::default() });
    wire::role_router("issuer-counter", pages)
}

fn frame(lang: Lang, title: &str) -> Page {
    Page::new(lang, title)
        .organisation(t(lang, "医療等IDの窓口", "The medical ID counter"), OrgKind::Issuer)
        .at("/")
}

fn moved(to: String) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}
