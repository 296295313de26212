//! The authority over HTTP: for the other roles (mTLS), and OCSP and revocation lists for anybody.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use data_encoding::BASE64;
use protocol::clients::paths;
use protocol::jpki::{
    CertificateCodeAnswer, CertificateCodeRequest, IssueAnswer, IssueRequest, RevokeRequest,
};
use protocol::relay::Acknowledged;
use utoipa::OpenApi;
use wire::{Json, Peer, Problem};

use crate::model::kind_of;
use crate::service::Service;

/// The authority's description for machines (OpenAPI 3.1).
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Musubi JPKI",
        description = "公的個人認証サービス: certificates, revocation, certificate to code"
    ),
    paths(issue, revoke, certificate_codes)
)]
pub struct Description;

/// The mTLS router.
pub fn router(service: Service) -> Router {
    let ledger = service.ledger.clone();
    let api = Router::new()
        .route(paths::CERTIFICATES, post(issue))
        .route(paths::REVOCATIONS, post(revoke))
        .route(paths::CERTIFICATE_CODES, post(certificate_codes))
        .route("/openapi.json", get(async || axum::Json(Description::openapi())))
        .with_state(service);
    wire::role_router("jpki", api.merge(protocol::ledger_routes(ledger)))
}

/// The public router: `POST /ocsp`, `GET /ocsp/{base64}` (RFC 6960 appendix A), `GET /crl/{kind}.crl`,
/// `GET /ca/{kind}.cer`, kinds `authentication` and `signing`.
pub fn public(service: Service) -> Router {
    wire::role_router("jpki-public", public_routes(service))
}

pub(crate) fn public_routes(service: Service) -> Router {
    Router::new()
        .route("/ocsp", post(ocsp_post))
        .route("/ocsp/{*request}", get(ocsp_get))
        .route("/crl/{file}", get(revocation_list))
        .route("/ca/{file}", get(authority))
        .layer(DefaultBodyLimit::max(MAX_OCSP))
        .with_state(service)
}

#[utoipa::path(post, path = "/certificates", request_body = IssueRequest,
    responses((status = 200, body = IssueAnswer), (status = "4XX", description = "RFC 9457 problem")))]
async fn issue(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<IssueRequest>,
) -> Result<axum::Json<IssueAnswer>, Problem> {
    service.issue(&peer.0, request).await.map(axum::Json)
}

#[utoipa::path(post, path = "/revocations", request_body = RevokeRequest,
    responses((status = 200, body = Acknowledged), (status = "4XX", description = "RFC 9457 problem")))]
async fn revoke(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<RevokeRequest>,
) -> Result<axum::Json<Acknowledged>, Problem> {
    service.revoke(&peer.0, request).await.map(axum::Json)
}

#[utoipa::path(post, path = "/certificate-codes", request_body = CertificateCodeRequest,
    responses((status = 200, body = CertificateCodeAnswer), (status = "4XX", description = "RFC 9457 problem")))]
async fn certificate_codes(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<CertificateCodeRequest>,
) -> Result<axum::Json<CertificateCodeAnswer>, Problem> {
    service.certificate_codes(&peer.0, request).await.map(axum::Json)
}

async fn ocsp_post(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind != Some("application/ocsp-request") {
        return Err(Problem::new(415, "not-an-ocsp-request")
            .ja("application/ocsp-request で送ってください。")
            .en("send it as application/ocsp-request")
            .at("Content-Type"));
    }
    service.ocsp(&body).await.map(ocsp_response)
}

async fn ocsp_get(State(service): State<Service>, Path(request): Path<String>) -> Result<Response, Problem> {
    // What is not base64 is not an OCSP request either: the answer says so in OCSP's own words.
    let bytes = BASE64.decode(request.as_bytes()).unwrap_or_default();
    service.ocsp(&bytes).await.map(ocsp_response)
}

async fn revocation_list(
    State(service): State<Service>,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    let kind = file.strip_suffix(".crl").and_then(kind_of).ok_or_else(Problem::not_found)?;
    let der = service.revocation_list(kind).await?;
    Ok(([(CONTENT_TYPE, "application/pkix-crl"), (CACHE_CONTROL, "max-age=300")], der).into_response())
}

async fn authority(State(service): State<Service>, Path(file): Path<String>) -> Result<Response, Problem> {
    let kind = file.strip_suffix(".cer").and_then(kind_of).ok_or_else(Problem::not_found)?;
    let der = service.authorities.of(kind).certificate_der().to_vec();
    Ok(([(CONTENT_TYPE, "application/pkix-cert")], der).into_response())
}

fn ocsp_response(der: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/ocsp-response"), (CACHE_CONTROL, "no-cache")], der).into_response()
}

const MAX_OCSP: usize = 16 * 1024;
