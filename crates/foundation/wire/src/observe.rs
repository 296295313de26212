//! The cost of watching a request: one span (when somebody listens), two atomic additions.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use tracing::Instrument;
use tracing::instrument::Instrumented;

use crate::RequestId;
use crate::metrics::{Counter, Histogram, Registry};

/// Watches one route and method; its handles are resolved at the first request and shared by all clones.
#[derive(Clone)]
pub(crate) struct Observer {
    role: &'static str,
    handles: Arc<OnceLock<Arc<Handles>>>,
}

struct Handles {
    method: Method,
    route: String,
    took: Histogram,
    /// By class of status: 1xx to 5xx.
    answers: [Counter; 5],
}

impl Observer {
    pub(crate) fn new(role: &'static str) -> Self {
        Observer { role, handles: Arc::default() }
    }

    pub(crate) fn begin(&self, request: &Request) -> Observation {
        let handles = self.handles.get_or_init(|| Arc::new(Handles::resolve(self.role, request)));
        // The fallback and routes that take any method see several; they share series by the right label.
        let handles = if handles.method == *request.method() {
            Arc::clone(handles)
        } else {
            Arc::new(Handles::resolve(self.role, request))
        };
        Observation { handles, role: self.role, since: Instant::now() }
    }
}

impl Handles {
    fn resolve(role: &'static str, request: &Request) -> Self {
        let route =
            request.extensions().get::<MatchedPath>().map_or("(none)", |path| path.as_str()).to_owned();
        let method = known(request.method());
        let registry = Registry::global();
        let labels = [("role", role), ("method", method.as_str()), ("route", route.as_str())];
        let took = registry.histogram(
            "musubi_http_request_duration_seconds",
            "Time from a request's head to its answer's head.",
            &labels,
        );
        let [role, by, path] = labels;
        let answers = ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| {
            registry.counter(
                "musubi_http_answers_total",
                "Answers by class of status.",
                &[role, by, path, ("status", class)],
            )
        });
        Handles { method, route, took, answers }
    }
}

/// Methods of strangers' invention share one label, so that nobody can grow the metrics from outside.
fn known(method: &Method) -> Method {
    let known = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::HEAD,
        Method::OPTIONS,
    ];
    if known.contains(method) { method.clone() } else { Method::TRACE }
}

/// A request being watched.
pub(crate) struct Observation {
    handles: Arc<Handles>,
    role: &'static str,
    since: Instant,
}

impl Observation {
    /// Puts `work` into a span that carries the request's id.
    pub(crate) fn span<F: Future>(&self, id: &RequestId, work: F) -> Instrumented<F> {
        let handles = &self.handles;
        work.instrument(
            tracing::debug_span!("request", role = self.role, method = %handles.method, route = %handles.route, %id),
        )
    }

    pub(crate) fn end(self, status: StatusCode, id: &RequestId) {
        let took = self.since.elapsed();
        self.handles.took.record(took);
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.handles.answers.get(class) {
            counter.add(1);
        }
        if status.is_server_error() {
            let handles = &self.handles;
            tracing::error!(
                request_id = %id, role = self.role, method = %handles.method, route = %handles.route,
                status = status.as_u16(), took_ms = took.as_millis() as u64, "answered with an error"
            );
        }
    }
}
