//! Several sites behind one socket, told apart by the Host header.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;
use tower::Service;

/// Dispatches by the Host header (仮想ホスト); an unknown or missing host gets the front.
#[derive(Clone)]
pub struct Vhosts {
    front: Router,
    sites: HashMap<String, Router>,
}

impl Vhosts {
    /// With what answers when no site's name matches.
    pub fn new(front: Router) -> Self {
        Vhosts { front: front.with_state(()), sites: HashMap::new() }
    }

    /// Adds the site `host` (a name without a port; case does not matter).
    pub fn site(mut self, host: &str, router: Router) -> Self {
        self.sites.insert(host.to_ascii_lowercase(), router.with_state(()));
        self
    }

    /// One router for [`Server::serve`](crate::Server::serve).
    pub fn into_router(self) -> Router {
        Router::new().fallback_service(Dispatch(Arc::new(self)))
    }
}

#[derive(Clone)]
struct Dispatch(Arc<Vhosts>);

impl Service<Request> for Dispatch {
    type Response = Response;
    type Error = Infallible;
    type Future = <Router as Service<Request>>::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let host = host_of(&request);
        let site = host.and_then(|host| self.0.sites.get(&host)).unwrap_or(&self.0.front);
        site.clone().call(request)
    }
}

fn host_of(request: &Request) -> Option<String> {
    let host = match request.headers().get(header::HOST) {
        Some(value) => value.to_str().ok()?,
        None => request.uri().host()?,
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    Some(name.trim_end_matches('.').to_ascii_lowercase())
}
