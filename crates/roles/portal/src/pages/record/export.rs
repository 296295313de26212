//! The record as a file: PDF, CSV, and a summary in FHIR.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse as _;
use wire::Problem;
use wire::page::Lang;

use super::super::{Here, Shown, Shows};
use super::{Which, on_shelf};
use crate::service::Service;
use crate::service::record::{csv, ips, pdf};

/// GET /record/export/{format}
pub(super) async fn download(
    State(service): State<Service>,
    lang: Lang,
    Here(visit): Here,
    Shows(token): Shows,
    Path(format): Path<String>,
    Query(which): Query<Which>,
) -> Shown {
    let gathered = on_shelf(&service, &visit, token.as_ref(), &which).await?;
    let gathered = gathered.ok_or_else(Problem::not_found)?;
    let (bytes, kind, name) = match format.as_str() {
        "csv" => (csv::table(&service, lang, &gathered), "text/csv; charset=utf-8", "record.csv"),
        "pdf" => (pdf::document(&service, lang, &visit, &gathered)?, "application/pdf", "record.pdf"),
        "fhir" => {
            let bundle = ips::summary(&service, &visit.subject().name, &gathered);
            (bundle.to_vec(), "application/fhir+json", "summary.json")
        }
        _ => return Err(Problem::not_found()),
    };
    service.exported(&visit, &format, &gathered).await?;
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, disposition.map_err(|_| Problem::internal())?),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, bytes).into_response())
}
