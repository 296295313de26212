//! HTTP in, HTTP out. No decision is taken here.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Extension, FromRequest, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{get, post};
use http_body_util::BodyExt;
use protocol::card::CardStop;
use protocol::clients::paths;
use protocol::eligibility::{
    CheckAnswer, CheckRequest, MedicalLinkUpdate, PersonaliseAnswer, PersonaliseRequest, WorkItem,
};
use protocol::notices::MemberNotice;
use protocol::oversight::{SideRecordsAnswer, SideRecordsRequest};
use protocol::own_record::{OwnRecordAnswer, OwnRecordRequest, OwnTicketAnswer, OwnTicketRequest};
use protocol::relay::Acknowledged;
use protocol_admin::report::{FileOutcome, MembershipReport, ReportOutcome};
use serde::de::DeserializeOwned;
use wire::{Allowance, Json, Peer, Problem, role_router_with};

use crate::service::spool::{Spooled, Spooling};
use crate::{Service, fhir, openapi, problems};

/// Longest report file: room for every member of the largest insurer.
const FILE_MAX: usize = 16 << 30;

/// How long a file may take to arrive and be written.
const FILE_TIME: std::time::Duration = std::time::Duration::from_secs(3 * 3_600);

/// Longest JSON body.
const BODY_MAX: usize = 256 * 1024;

/// The mTLS API.
pub(crate) fn router(service: Service) -> Router {
    let ledger = protocol::ledger_routes(service.ledger().clone());
    let small = Router::new()
        .route(paths::CHECKS, post(check))
        .route(paths::REPORTS, post(report))
        .route(paths::WORK_LIST, get(work_list))
        .route(paths::PERSONALISATIONS, post(personalise))
        .route(paths::CARD_STOPS, post(stop_cards))
        .route(paths::MEDICAL_LINKS, post(medical_link))
        .route(paths::OWN_TICKETS, post(own_ticket))
        .route(paths::NOTICES, post(notify))
        .route(paths::SIDE_RECORDS, post(side_records))
        .merge(fhir::routes())
        .layer(DefaultBodyLimit::max(BODY_MAX));
    let api = small
        .route(paths::REPORT_FILES, post(report_file))
        .with_state(service)
        .merge(openapi::routes())
        .merge(ledger);
    role_router_with("eligibility", api, Allowance { body: FILE_MAX, time: FILE_TIME })
}

/// The person's own endpoint, for the public listener.
pub(crate) fn own_routes() -> Router<Service> {
    Router::new().route(paths::OWN_RECORD, post(own_record)).layer(DefaultBodyLimit::max(BODY_MAX))
}

async fn check(
    State(service): State<Service>,
    Extension(Peer(asker)): Extension<Peer>,
    Sent(request, bytes): Sent<CheckRequest>,
) -> Result<Json<CheckAnswer>, Problem> {
    service.check_as_sent(&asker, &request, &bytes).await.map(Json)
}

async fn side_records(
    State(service): State<Service>,
    Extension(Peer(asker)): Extension<Peer>,
    Json(question): Json<SideRecordsRequest>,
) -> Result<Json<SideRecordsAnswer>, Problem> {
    service.side_records(&asker, question).await.map(Json)
}

async fn report(
    State(service): State<Service>,
    Extension(Peer(asker)): Extension<Peer>,
    Json(report): Json<MembershipReport>,
) -> Result<Json<ReportOutcome>, Problem> {
    service.report(&asker, report).await.map(Json)
}

async fn report_file(
    State(service): State<Service>,
    Extension(Peer(asker)): Extension<Peer>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<FileOutcome>, Problem> {
    is_csv(&headers)?;
    let file = spool(&service, body).await?;
    service.take_file(&asker, file).await.map(Json)
}

async fn work_list(
    State(service): State<Service>,
    Extension(Peer(asker)): Extension<Peer>,
) -> Result<Json<Vec<WorkItem>>, Problem> {
    service.work_list(&asker).await.map(Json)
}

async fn personalise(
    State(service): State<Service>,
    Extension(Peer(asker)): Extension<Peer>,
    Json(request): Json<PersonaliseRequest>,
) -> Result<Json<PersonaliseAnswer>, Problem> {
    service.personalise(&asker, &request).await.map(Json)
}

async fn stop_cards(
    State(service): State<Service>,
    Extension(Peer(asker)): Extension<Peer>,
    Json(request): Json<CardStop>,
) -> Result<Json<Acknowledged>, Problem> {
    service.stop_cards(&asker, &request).await.map(Json)
}

async fn notify(
    State(service): State<Service>,
    Extension(Peer(asker)): Extension<Peer>,
    Json(request): Json<MemberNotice>,
) -> Result<Json<Acknowledged>, Problem> {
    service.notify(&asker, request).await.map(Json)
}

async fn medical_link(
    State(service): State<Service>,
    Extension(Peer(asker)): Extension<Peer>,
    Json(request): Json<MedicalLinkUpdate>,
) -> Result<Json<Acknowledged>, Problem> {
    service.set_medical_link(&asker, &request).await.map(Json)
}

async fn own_ticket(
    State(service): State<Service>,
    Extension(Peer(asker)): Extension<Peer>,
    Json(request): Json<OwnTicketRequest>,
) -> Result<Json<OwnTicketAnswer>, Problem> {
    service.own_ticket(&asker, &request).await.map(Json)
}

async fn own_record(
    State(service): State<Service>,
    Json(request): Json<OwnRecordRequest>,
) -> Result<Json<OwnRecordAnswer>, Problem> {
    service.own_record(&request).await.map(Json)
}

/// A JSON body together with its bytes.
struct Sent<T>(T, Bytes);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let kind = parts.headers.get(CONTENT_TYPE).cloned();
        let bytes = Bytes::from_request(Request::from_parts(parts, body), state).await;
        // The length is bounded by the router's layer; whatever else went wrong, the body did not arrive whole.
        let bytes = bytes.map_err(|rejection| match rejection.status().as_u16() {
            413 => Problem::new(413, "too-large"),
            _ => incomplete("the body ended early"),
        })?;
        match kind.as_ref().and_then(|kind| kind.to_str().ok()) {
            Some(kind) if kind.trim_start().starts_with("application/json") => {
                wire::decode(&bytes).map(|value| Self(value, bytes))
            }
            _ => Err(Problem::new(415, "not-json")
                .detail("Content-Type は application/json としてください。", "Send application/json.")
                .at("Content-Type")),
        }
    }
}

fn incomplete(why: &str) -> Problem {
    Problem::new(400, "incomplete-body")
        .ja("データの受信が途中で終わりました。1件も登録していません。")
        .en("The body ended before it was complete; nothing was applied.")
        .detail("もう一度送ってください。", why)
}

/// Receives a body of any length onto the disk, a few chunks in memory at a time.
async fn spool(service: &Service, mut body: Body) -> Result<Spooled, Problem> {
    let (chunks, mut to_write) = tokio::sync::mpsc::channel::<Bytes>(8);
    let mut spooling = service.begin_spool().map_err(problems::internal)?;
    let writer = tokio::task::spawn_blocking(move || {
        while let Some(chunk) = to_write.blocking_recv() {
            spooling.write(&chunk)?;
        }
        std::io::Result::Ok(spooling)
    });
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| incomplete(&error.to_string()))?;
        let Ok(chunk) = frame.into_data() else { continue };
        if chunks.send(chunk).await.is_err() {
            break;
        }
    }
    drop(chunks);
    let spooling: Spooling = writer.await.map_err(problems::internal)?.map_err(problems::internal)?;
    spooling.finish().map_err(problems::internal)
}

fn is_csv(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("text/csv") {
        return Ok(());
    }
    Err(Problem::new(415, "not-csv")
        .detail("Content-Type は text/csv としてください。", "Send Content-Type: text/csv.")
        .at("Content-Type"))
}
