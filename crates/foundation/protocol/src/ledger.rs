//! Serving a role's ledger: checkpoint, tiles, proofs (C2SP tlog-tiles).

use std::time::Duration;

use axum::{
    Router,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use ledger::Ledger;
use serde::{Deserialize, Serialize};
use wire::Problem;

/// A proof that a leaf stands in the log whose head is `checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InclusionProof {
    /// Leaf number.
    pub index: u64,
    /// Size of the tree the proof is for.
    pub size: u64,
    /// RFC 6962 audit path, leaf to root, base64.
    pub path: Vec<String>,
    /// Signed note of the head: with the overseer's cosignature, unless it does not answer.
    pub checkpoint: String,
}

/// How long whoever asks for a proof waits for the overseer's cosignature of a head that has just been signed.
pub const COSIGNATURE_PATIENCE: Duration = Duration::from_millis(1_500);

/// `GET /ledger/checkpoint`, `/ledger/cosigned`, `/ledger/tile/…`, `/ledger/proofs/{index}`: nothing personal is in clear there.
pub fn ledger_routes(ledger: Ledger) -> Router {
    Router::new()
        .route("/ledger/checkpoint", get(checkpoint))
        .route("/ledger/cosigned", get(cosigned))
        .route("/ledger/tile/{*path}", get(tile))
        .route("/ledger/proofs/{index}", get(proof))
        .with_state(ledger)
}

async fn checkpoint(State(ledger): State<Ledger>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], ledger.checkpoint()).into_response()
}

/// The newest head that the overseer cosigned.
async fn cosigned(State(ledger): State<Ledger>) -> Result<Response, Problem> {
    let note = ledger.cosigned().map_err(|_| Problem::internal())?.ok_or_else(Problem::not_found)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

async fn tile(State(ledger): State<Ledger>, Path(path): Path<String>) -> Result<Response, Problem> {
    let file = ledger.tile_path(&format!("tile/{path}")).ok_or_else(Problem::not_found)?;
    let bytes = tokio::fs::read(file).await.map_err(|_| Problem::not_found())?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

async fn proof(
    State(ledger): State<Ledger>,
    Path(index): Path<u64>,
) -> Result<axum::Json<InclusionProof>, Problem> {
    inclusion(&ledger, index).await.map(axum::Json)
}

/// The proof of one leaf against a signed head that holds it.
///
/// # Errors
/// Not found when the log has no such leaf.
pub async fn inclusion(ledger: &Ledger, index: u64) -> Result<InclusionProof, Problem> {
    let head = ledger.head_covering(index + 1, COSIGNATURE_PATIENCE);
    let checkpoint = head.await.map_err(|_| Problem::not_found())?;
    let size = checkpoint.lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or_default();
    let path = ledger.inclusion_proof(index, size).map_err(|_| Problem::not_found())?;
    let path = path.iter().map(|hash| data_encoding::BASE64.encode(&hash.0)).collect();
    Ok(InclusionProof { index, size, path, checkpoint })
}

/// The name of an organisation's log: the first line of its checkpoints.
pub fn origin(org: &codes::OrgId) -> String {
    format!("musubi/{org}")
}
