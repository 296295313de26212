//! Exchange over HTTP: [`between`] institutions (mTLS, each under a grant), and for the institution's [`own`] systems.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use calendar::{Interval, Timestamp};
use codes::{ExchangeId, OrgId};
use consent::Categories;
use futures_util::stream;
use protocol::clients::paths;
use protocol::consents::{ConsentAct, ConsentAnswer};
use protocol::corrections::{CorrectionAnswers, CorrectionQuestion, CorrectionRequest};
use protocol::exchange::{EmergencyReason, FetchRequest, Practitioner, RECORD_STREAM, WithdrawalNotice};
use protocol::oversight::{Objection, SideRecordsAnswer, SideRecordsRequest};
use protocol::relay::Acknowledged;
use serde::{Deserialize, Serialize};
use wire::{Json, Peer, Problem};

use crate::error::DeskError;
use crate::model::LocalNumber;
use crate::service::Service;
use crate::service::exchange::{Declaration, Gathered, Giving, Order, Unreached, Why};

type Desk = State<Arc<Service>>;

/// What other organisations may reach.
pub fn between(service: &Arc<Service>) -> Router {
    Router::new()
        .route(paths::RECORDS, post(records))
        .route(paths::WITHDRAWALS, post(withdraw))
        .route(paths::CORRECTIONS, post(correct))
        .route(paths::CORRECTION_ANSWERS, post(correction_answers))
        .route(paths::SIDE_RECORDS, post(side_records))
        .route(paths::OBJECTIONS, post(object))
        .with_state(Arc::clone(service))
}

/// What the institution's own systems may reach.
pub fn own(service: &Arc<Service>) -> Router {
    Router::new()
        .route("/desk/exchanges", post(gather))
        .route("/desk/exchanges/{patient}", get(received))
        .route("/desk/emergencies", post(declare))
        .route("/desk/consents", post(consent))
        .with_state(Arc::clone(service))
}

async fn records(
    State(service): Desk,
    Extension(peer): Extension<Peer>,
    Json(request): Json<FetchRequest>,
) -> Result<Response, Problem> {
    let giving = service.accept_grant(&peer.0, request).await?;
    let body = Body::from_stream(stream::unfold(Some((service, giving)), next_chunk));
    Ok(([(header::CONTENT_TYPE, RECORD_STREAM)], body).into_response())
}

/// The next chunk; a failure in the middle cuts the stream, which the asker notices.
async fn next_chunk(
    state: Option<(Arc<Service>, Giving)>,
) -> Option<(Result<Bytes, Problem>, Option<(Arc<Service>, Giving)>)> {
    let (service, mut giving) = state?;
    match service.next_chunk(&mut giving).await {
        Ok(chunk) => chunk.map(|bytes| (Ok(bytes.into()), Some((service, giving)))),
        Err(problem) => Some((Err(problem), None)),
    }
}

async fn withdraw(
    State(service): Desk,
    Extension(peer): Extension<Peer>,
    Json(notice): Json<WithdrawalNotice>,
) -> Result<Json<Acknowledged>, Problem> {
    service.withdraw(&peer.0, notice).await.map(Json)
}

async fn correct(
    State(service): Desk,
    Extension(peer): Extension<Peer>,
    Json(request): Json<CorrectionRequest>,
) -> Result<Json<Acknowledged>, Problem> {
    service.correction(&peer.0, request).await.map(Json)
}

async fn correction_answers(
    State(service): Desk,
    Extension(peer): Extension<Peer>,
    Json(question): Json<CorrectionQuestion>,
) -> Result<Json<CorrectionAnswers>, Problem> {
    service.correction_answers(&peer.0, question).await.map(Json)
}

async fn object(
    State(service): Desk,
    Extension(peer): Extension<Peer>,
    Json(objection): Json<Objection>,
) -> Result<Json<Acknowledged>, Problem> {
    service.objection(&peer.0, objection).await.map(Json)
}

async fn side_records(
    State(service): Desk,
    Extension(peer): Extension<Peer>,
    Json(question): Json<SideRecordsRequest>,
) -> Result<Json<SideRecordsAnswer>, Problem> {
    service.side_records(&peer.0, question).await.map(Json)
}

/// A question of the hospital's own system.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderBody {
    staff: Practitioner,
    patient: LocalNumber,
    why: WhyBody,
    #[serde(default)]
    looking_for: Categories,
    #[serde(default)]
    care: Option<Interval>,
    #[serde(default)]
    holders: Vec<OrgId>,
    #[serde(default)]
    searches: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WhyBody {
    Treatment,
    Care,
    Emergency(ExchangeId),
    BreakGlass(ExchangeId),
}

#[derive(Serialize)]
struct GatheredBody {
    exchange: ExchangeId,
    keep_until: Timestamp,
    sources: Vec<SourceBody>,
}

#[derive(Serialize)]
struct SourceBody {
    holder: OrgId,
    resources: usize,
    /// `silent`, `cut`, `unreadable`, or the holder's problem code; null when all that was granted came.
    unreached: Option<String>,
}

impl From<Gathered> for GatheredBody {
    fn from(gathered: Gathered) -> Self {
        let word = |why: Unreached| match why {
            Unreached::Silent => "silent".to_owned(),
            Unreached::Cut => "cut".to_owned(),
            Unreached::Unreadable => "unreadable".to_owned(),
            Unreached::Refused(code) => code,
        };
        let sources = gathered.sources.into_iter().map(|source| SourceBody {
            holder: source.holder,
            resources: source.resources,
            unreached: source.unreached.map(word),
        });
        Self { exchange: gathered.exchange, keep_until: gathered.keep_until, sources: sources.collect() }
    }
}

async fn gather(State(service): Desk, Json(order): Json<OrderBody>) -> Result<Json<GatheredBody>, Problem> {
    let why = match order.why {
        WhyBody::Treatment => Why::Treatment,
        WhyBody::Care => Why::Care,
        WhyBody::Emergency(declaration) => Why::Emergency(declaration),
        WhyBody::BreakGlass(declaration) => Why::BreakGlass(declaration),
    };
    let order = Order {
        staff: order.staff,
        patient: order.patient,
        why,
        looking_for: order.looking_for,
        care: order.care,
        holders: order.holders,
        searches: order.searches,
    };
    Ok(Json(service.gather(order).await?.into()))
}

/// What came and may still be looked at: a FHIR collection whose entries name their holder.
async fn received(State(service): Desk, Path(patient): Path<String>) -> Result<Response, Problem> {
    let patient: LocalNumber = patient.parse().map_err(|_| DeskError::NoPatient)?;
    let mut body = String::from(r#"{"resourceType":"Bundle","type":"collection","entry":["#);
    for (place, received) in service.received(&patient).await?.iter().enumerate() {
        if place > 0 {
            body.push(',');
        }
        let (kind, id) = (received.resource.resource_type(), received.resource.id().unwrap_or_default());
        body.push_str(&format!(r#"{{"fullUrl":"urn:musubi:{}/{kind}/{id}","resource":"#, received.holder));
        body.push_str(&String::from_utf8_lossy(&received.resource.node().to_vec()));
        body.push('}');
    }
    body.push_str("]}");
    Ok(([(header::CONTENT_TYPE, "application/fhir+json")], body).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclarationBody {
    staff: Practitioner,
    patient: LocalNumber,
    reason: EmergencyReason,
    words: String,
    #[serde(default)]
    widens: Option<ExchangeId>,
    #[serde(default)]
    with: Option<Practitioner>,
}

#[derive(Serialize)]
struct DeclaredBody {
    declaration: ExchangeId,
    until: Timestamp,
}

async fn declare(
    State(service): Desk,
    Json(body): Json<DeclarationBody>,
) -> Result<Json<DeclaredBody>, Problem> {
    let declaration = Declaration {
        staff: body.staff,
        patient: body.patient,
        reason: body.reason,
        words: body.words,
        widens: body.widens,
        with: body.with,
    };
    let declared = service.declare_emergency(declaration).await?;
    Ok(Json(DeclaredBody { declaration: declared.declaration, until: declared.until }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentBody {
    staff: Practitioner,
    patient: LocalNumber,
    act: ConsentAct,
}

async fn consent(
    State(service): Desk,
    Json(body): Json<ConsentBody>,
) -> Result<Json<ConsentAnswer>, Problem> {
    service.pass_on(body.staff, body.patient, body.act).await.map(Json)
}
