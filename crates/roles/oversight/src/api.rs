//! The overseer over HTTP, for the other roles (mTLS).

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ledger::WitnessRefusal;
use protocol::clients::paths;
use protocol::oversight::{
    LooksAnswer, LooksRequest, Objection, ObjectionWord, ObjectionsAnswer, ObjectionsRequest, SignedOrders,
};
use protocol::relay::Acknowledged;
use utoipa::OpenApi;
use wire::Problem;

use crate::service::{Answered, Service};

/// The overseer's description for machines (OpenAPI 3.1).
#[derive(OpenApi)]
#[openapi(
    info(title = "Musubi overseer", description = "監督・第三者機関: witness, objections, orders"),
    paths(object, say, objections, looks)
)]
pub struct Description;

/// The mTLS router.
pub fn router(service: Service) -> Router {
    let ledger = service.ledger.clone();
    let api = Router::new()
        .route(paths::ADD_CHECKPOINT, post(add_checkpoint))
        .route(paths::ORDERS, get(orders))
        .route(paths::OBJECTIONS, post(object))
        .route(paths::OBJECTION_WORDS, post(say))
        .route(paths::OBJECTION_STATUS, post(objections))
        .route(paths::LOOKS, post(looks))
        .route("/openapi.json", get(async || axum::Json(Description::openapi())))
        .with_state(service);
    wire::role_router("oversight", api.merge(protocol::ledger_routes(ledger)))
}

protocol::passed_on! { Service;
    "/objections" object => object(Objection) -> Acknowledged;
    "/objection-words" say => say(ObjectionWord) -> Acknowledged;
    "/objection-status" objections => objections(ObjectionsRequest) -> ObjectionsAnswer;
    "/looks" looks => looks(LooksRequest) -> LooksAnswer;
}

async fn orders(State(service): State<Service>) -> Result<axum::Json<SignedOrders>, Problem> {
    service.signed_orders().await.map(axum::Json)
}

/// `add-checkpoint` of c2sp.org/tlog-witness: text in, text out, its own statuses. Its requests carry their own signature.
pub async fn add_checkpoint(State(service): State<Service>, body: String) -> Result<Response, Problem> {
    Ok(match service.add_checkpoint(&body).await? {
        Answered::Cosigned(lines) => text("text/plain; charset=utf-8", 200, lines),
        Answered::UnknownLog => text("text/plain; charset=utf-8", 404, "unknown log\n".to_owned()),
        Answered::Refused(WitnessRefusal::Stale { known, .. }) => {
            text("text/x.tlog.size", 409, format!("{known}\n"))
        }
        Answered::Refused(refusal) => {
            text("text/plain; charset=utf-8", refusal.status(), format!("{refusal}\n"))
        }
    })
}

fn text(kind: &'static str, status: u16, body: String) -> Response {
    let status = axum::http::StatusCode::from_u16(status).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}
