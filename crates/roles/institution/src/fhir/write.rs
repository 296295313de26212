//! Create, update and delete.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use records::search::Query;
use records::validate::operation_outcome;

use super::answer::{self, Answer};
use super::ask::{Ask, Prefer};
use crate::service::Service;
use crate::service::records::{RecordError, Target};

type Desk = State<Arc<Service>>;

pub async fn create(State(service): Desk, Path(kind): Path<String>, ask: Ask, body: Bytes) -> Answer {
    let resource = service.read_resource(&body)?;
    let matching = ask.if_none_exist(&kind)?;
    let written = service.create_record(&ask.caller, &kind, resource, matching).await?;
    Ok(answer::written(&ask, written))
}

pub async fn update(
    State(service): Desk,
    Path((kind, id)): Path<(String, String)>,
    ask: Ask,
    body: Bytes,
) -> Answer {
    let resource = service.read_resource(&body)?;
    let written = service.update_record(&ask.caller, &kind, Target::Id(id), resource, ask.when()?).await?;
    Ok(answer::written(&ask, written))
}

pub async fn update_by_query(
    State(service): Desk,
    Path(kind): Path<String>,
    ask: Ask,
    body: Bytes,
) -> Answer {
    let target = target(&kind, &ask)?;
    let resource = service.read_resource(&body)?;
    let written = service.update_record(&ask.caller, &kind, target, resource, ask.when()?).await?;
    Ok(answer::written(&ask, written))
}

pub async fn delete(State(service): Desk, Path((kind, id)): Path<(String, String)>, ask: Ask) -> Answer {
    let written = service.delete_record(&ask.caller, &kind, Target::Id(id), ask.when()?).await?;
    Ok(deleted(&ask, written.map(|written| written.version)))
}

pub async fn delete_by_query(State(service): Desk, Path(kind): Path<String>, ask: Ask) -> Answer {
    let written = service.delete_record(&ask.caller, &kind, target(&kind, &ask)?, ask.when()?).await?;
    Ok(deleted(&ask, written.map(|written| written.version)))
}

fn deleted(ask: &Ask, version: Option<i64>) -> axum::response::Response {
    let mut response = match ask.prefer {
        Prefer::Outcome => answer::resource(StatusCode::OK, operation_outcome(&[]).to_vec()),
        _ => answer::resource(StatusCode::NO_CONTENT, Vec::new()),
    };
    if let Some(version) = version.filter(|version| *version > 0) {
        answer::put_tag(response.headers_mut(), version);
    }
    response
}

/// The query of a conditional interaction; without one it would be about everything.
fn target(kind: &str, ask: &Ask) -> Result<Target, RecordError> {
    let query = Query::parse(kind, &ask.query)?;
    if query.clauses.is_empty() {
        let ja = "条件付きの更新・削除には検索条件が必要です";
        let en = "a conditional update or deletion needs a condition";
        return Err(RecordError::request(400, "required", ja, en));
    }
    Ok(Target::Query(Box::new(query)))
}
