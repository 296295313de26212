//! AuditEvents of the relay's ledger: to the person about themself, to the overseer without persons.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use protocol::audit::{Event, Window};
use serde_json::Value;
use wire::{Peer, Problem};

use super::{answer, base, is_patient, not_searched, own_code, searchset};
use crate::service::{AuditSearch, Service};

/// Events of a page when nothing is said, and most of one.
const COUNT: (usize, usize) = (50, 500);

pub(super) async fn search(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Response {
    answer(found(&service, &peer, &base(&headers), &parameters).await)
}

async fn found(
    service: &Service,
    peer: &Peer,
    base: &str,
    parameters: &[(String, String)],
) -> Result<Value, Problem> {
    let page = service.audit(&peer.0, read(parameters)?).await?;
    let events = page.events.iter().map(Event::to_fhir).collect();
    let next = page.next.map(|before| ("next", address(base, parameters, before)));
    Ok(searchset(base, next.as_slice(), None, events))
}

fn read(parameters: &[(String, String)]) -> Result<AuditSearch, Problem> {
    let mut search = AuditSearch { code: None, window: Window::ALL, before: None, count: COUNT.0 };
    for (name, value) in parameters {
        let wrong = || not_searched(name);
        match name.as_str() {
            name if is_patient(name) => search.code = Some(own_code(value)?),
            "date" => search.window = search.window.narrowed(value).ok_or_else(wrong)?,
            "_before" => search.before = Some(value.parse().map_err(|_| wrong())?),
            "_count" => search.count = value.parse::<usize>().map_err(|_| wrong())?.clamp(1, COUNT.1),
            "_format" | "_pretty" => {}
            _ => return Err(wrong()),
        }
    }
    Ok(search)
}

/// The address of the next page.
fn address(base: &str, parameters: &[(String, String)], before: u64) -> String {
    let escaped = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte);
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    let kept = parameters.iter().filter(|(name, _)| name != "_before");
    let kept: String = kept.map(|(name, value)| format!("{}={}&", escaped(name), escaped(value))).collect();
    format!("{base}/AuditEvent?{kept}_before={before}")
}
