//! What every role's router has in common: ids, metrics, limits, health, assets, errors as problems.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{Route, get};
use http_body_util::Limited;
use tower::{Layer, Service};

use crate::RequestId;
use crate::answer::{Asked, finish};
use crate::metrics::Registry;
use crate::observe::Observer;
use crate::page::assets;
use crate::panic::catch_panic;
use crate::request_id::REQUEST_ID;
use crate::{Json, Problem};

/// What a role accepts from one request.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Most bytes of a body.
    pub body: usize,
    /// From the request's head to the answer's head, the reading of the body included.
    pub time: Duration,
}

impl Default for Allowance {
    fn default() -> Self {
        Allowance { body: 1024 * 1024, time: Duration::from_secs(30) }
    }
}

/// Completes a role's routes with request ids (`X-Request-Id` in and out), a tracing span, latency metrics a route,
/// a body limit of 1 MiB, a limit of 30 s, `/healthz`, `/metrics`, `/assets/…`; panics, unknown addresses and bare
/// errors become [`Problem`]s, and problems become pages for browsers.
pub fn role_router(name: &'static str, api: Router) -> Router {
    role_router_with(name, api, Allowance::default())
}

/// [`role_router`] with its own allowance, for example for a road that takes files.
pub fn role_router_with(name: &'static str, api: Router, allowance: Allowance) -> Router {
    api.route("/healthz", get(move || async move { Json(Health { status: "ok", role: name }) }))
        .route("/metrics", get(metrics))
        .merge(assets::routes())
        // Turns handlers into routes now; otherwise axum would do it, and layer them, again for every request.
        .with_state(())
        .layer(Front { role: name, allowance })
}

#[derive(serde::Serialize)]
struct Health {
    status: &'static str,
    role: &'static str,
}

async fn metrics() -> Response {
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], Registry::global().render()).into_response()
}

/// The one layer in front of every route. axum calls `layer` once a route and method, which is what lets the
/// [`Observer`] resolve its handles once.
#[derive(Clone)]
struct Front {
    role: &'static str,
    allowance: Allowance,
}

impl Layer<Route> for Front {
    type Service = FrontService;

    fn layer(&self, inner: Route) -> FrontService {
        FrontService { inner, allowance: self.allowance, observer: Observer::new(self.role) }
    }
}

#[derive(Clone)]
struct FrontService {
    inner: Route,
    allowance: Allowance,
    observer: Observer,
}

impl Service<Request> for FrontService {
    type Response = Response;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        <Route as Service<Request>>::poll_ready(&mut self.inner, cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let observation = self.observer.begin(&request);
        let id = RequestId::from_headers(request.headers());
        let asked = Asked::of(&request);
        let allowance = self.allowance;
        let admitted = limit_body(&mut request, allowance.body).map(|()| self.inner.call(request));
        Box::pin(async move {
            let mut response = match admitted {
                Ok(work) => {
                    let work = catch_panic(observation.span(&id, work));
                    match tokio::time::timeout(allowance.time, id.scope(work)).await {
                        Ok(Ok(Ok(response))) => response,
                        Ok(Err(panic)) => {
                            tracing::error!(request_id = %id, %panic, "a handler panicked");
                            Problem::internal().into_response()
                        }
                        Err(_) => {
                            tracing::warn!(request_id = %id, "a request ran out of time");
                            Problem::new(408, "out-of-time").into_response()
                        }
                    }
                }
                Err(problem) => problem.into_response(),
            };
            if asked.needs_finish(&response) {
                response = finish(asked, response, &id).await;
            }
            response.headers_mut().insert(REQUEST_ID, id.to_header());
            observation.end(response.status(), &id);
            Ok(response)
        })
    }
}

/// Bodies of unknown size are limited twice: axum's extractors refuse above the limit with a clear 413; this much later
/// the stream itself ends, for handlers that read it raw. More than one read of the connection, so that the first comes
/// first.
const STREAM_SLACK: usize = 1024 * 1024;

/// Refuses a body that announces more than `most` bytes, and cuts one that does not announce its size.
fn limit_body(request: &mut Request, most: usize) -> Result<(), Problem> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
    match announced {
        Some(length) if length > most => {
            return Err(Problem::new(413, "too-large").detail(
                format!("最大 {most} バイトまで受け付けます（送られた大きさ: {length}）"),
                format!("At most {most} bytes are accepted, {length} were announced"),
            ));
        }
        None if request.headers().contains_key(header::TRANSFER_ENCODING) => {
            let body = std::mem::replace(request.body_mut(), Body::empty());
            *request.body_mut() = Body::new(Limited::new(body, most.saturating_add(STREAM_SLACK)));
        }
        None => return Ok(()),
        Some(_) => {}
    }
    DefaultBodyLimit::max(most).apply(request);
    Ok(())
}
