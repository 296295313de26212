//! The doors for many resources at once: NDJSON, and files of an SS-MIX2 storage.

use std::io::Cursor;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use wire::Json;

use super::answer::Answer;
use super::ask::Ask;
use crate::service::Service;

/// NDJSON: a bundle or a resource a line.
pub async fn ndjson(State(service): State<Arc<Service>>, ask: Ask, body: Bytes) -> Answer {
    let report = service.import_bundles(&ask.caller, Cursor::new(body)).await?;
    Ok(Json(report).into_response())
}

/// One file of a storage, under its name.
pub async fn ssmix2(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    ask: Ask,
    body: Bytes,
) -> Answer {
    let report = service.import_ssmix2_file(&ask.caller, &name, &body).await?;
    Ok(Json(report).into_response())
}
