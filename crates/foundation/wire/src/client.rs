//! The HTTP client by which roles speak to each other.

use std::error::Error as StdError;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::connect::{Connector, Hosts};
use crate::request_id::REQUEST_ID;
use crate::{Problem, RequestId, Tls};

/// How long and how much a client bears.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// To a connection, TLS handshake included.
    pub connect: Duration,
    /// From sending to the whole answer, retries included each with the full time.
    pub answer: Duration,
    /// How often an idempotent call is tried again when the connection fails.
    pub retries: u32,
    /// Most bytes of an answer.
    pub answer_bytes: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            connect: Duration::from_secs(3),
            answer: Duration::from_secs(30),
            retries: 2,
            answer_bytes: 64 * 1024 * 1024,
        }
    }
}

/// A pooled keep-alive client (要求側). Clones share the pool. Passes the current [`RequestId`] on.
#[derive(Clone)]
pub struct Client {
    inner: legacy::Client<Connector, Full<Bytes>>,
    hosts: Hosts,
    patience: Patience,
}

/// Why a call gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The other side refused, and says why.
    #[error("{url}: {problem}")]
    Problem {
        /// What was called.
        url: String,
        /// What the other side said.
        problem: Problem,
    },
    /// No connection, or it broke, or it was refused in the TLS handshake.
    #[error("{url} is unreachable: {reason}")]
    Unreachable {
        /// What was called.
        url: String,
        /// Every cause, outermost first.
        reason: String,
    },
    /// No whole answer in [`Patience::answer`].
    #[error("{url} gave no answer in {} ms", after.as_millis())]
    Late {
        /// What was called.
        url: String,
        /// How long we waited.
        after: Duration,
    },
    /// An answer that is not what was expected.
    #[error("{url} gave an answer that is not understood: {reason}")]
    Answer {
        /// What was called.
        url: String,
        /// What was expected and what came.
        reason: String,
    },
    /// The request could not even be made.
    #[error("{url}: the request cannot be made: {reason}")]
    Request {
        /// What was to be called.
        url: String,
        /// What is wrong.
        reason: String,
    },
}

impl ClientError {
    /// The other side's problem, if it gave one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            ClientError::Problem { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// Whether the other side could not be reached or did not answer in time: trying later may help.
    pub fn is_passing(&self) -> bool {
        match self {
            ClientError::Unreachable { .. } | ClientError::Late { .. } => true,
            ClientError::Problem { problem, .. } => matches!(problem.parts().status, 429 | 503 | 504),
            ClientError::Answer { .. } | ClientError::Request { .. } => false,
        }
    }
}

/// What a role answers when a role behind it failed: refusals pass through, the rest is 502, 503 or 504.
impl From<ClientError> for Problem {
    fn from(error: ClientError) -> Self {
        tracing::warn!(%error, "a call to another role failed");
        match error {
            ClientError::Problem { problem, .. } => problem,
            ClientError::Unreachable { .. } => Problem::new(503, "upstream-unreachable")
                .ja("接続先の機関につながりません。しばらくしてからもう一度お試しください")
                .en("The organisation behind this could not be reached: try again in a little while"),
            ClientError::Late { .. } => Problem::new(504, "upstream-late"),
            ClientError::Answer { .. } | ClientError::Request { .. } => Problem::new(502, "upstream-answer")
                .ja("接続先の機関から正しい応答が得られませんでした")
                .en("The organisation behind this gave no usable answer"),
        }
    }
}

/// A call under way. In a box, so that it is compiled where it is made and not in each role that waits for it.
pub type Answering<'a, A> = Pin<Box<dyn Future<Output = Result<A, ClientError>> + Send + 'a>>;

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Answer {
    /// In the 2xx range, but for [`Client::post_raw`].
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Client {
    /// A client that shows the certificate of `tls` and trusts its CA.
    pub fn new(tls: &Tls) -> Self {
        Self::build(Some(tls), Hosts::new(), Patience::default())
    }

    /// A client for plain HTTP only: tools and tests.
    pub fn plain() -> Self {
        Self::build(None, Hosts::new(), Patience::default())
    }

    /// A client with its own table of addresses and its own patience.
    pub fn build(tls: Option<&Tls>, hosts: Hosts, patience: Patience) -> Self {
        let connector = Connector::new(tls.map(Tls::client_config), hosts.clone(), patience.connect);
        let inner = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            // Shorter than the server's patience with an idle connection, so that we rarely meet a closed one.
            .pool_idle_timeout(Duration::from_secs(20))
            .build(connector);
        Client { inner, hosts, patience }
    }

    /// The table of addresses, shared with all clones.
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// GET `base` + `path`, decoded from JSON. Tried again when the connection fails.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn get<A: DeserializeOwned>(&self, base: &str, path: &str) -> Result<A, ClientError> {
        let call = Call { method: Method::GET, url: join(base, path), kind: None, body: Bytes::new() };
        let answer = self.send(&call, self.patience.retries).await?;
        decode_answer(&call.url, &answer.body)
    }

    /// GET `base` + `path` as it comes. Tried again when the connection fails.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn get_bytes(&self, base: &str, path: &str) -> Result<Answer, ClientError> {
        let call = Call { method: Method::GET, url: join(base, path), kind: None, body: Bytes::new() };
        self.send(&call, self.patience.retries).await
    }

    /// POST `question` as JSON and decode the JSON answer. Never sent twice.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn post<Q: Serialize, A: DeserializeOwned>(
        &self,
        base: &str,
        path: &str,
        question: &Q,
    ) -> Result<A, ClientError> {
        self.post_json(base, path, question, 0).await
    }

    /// POST of something that may arrive twice without harm (it carries an exchange id, say): tried again when the
    /// connection fails.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn post_idempotent<Q: Serialize, A: DeserializeOwned>(
        &self,
        base: &str,
        path: &str,
        question: &Q,
    ) -> Result<A, ClientError> {
        self.post_json(base, path, question, self.patience.retries).await
    }

    /// POST bytes of any kind; the answer as it comes. Never sent twice.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn post_bytes(
        &self,
        base: &str,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<Answer, ClientError> {
        let url = join(base, path);
        let kind = HeaderValue::from_str(content_type)
            .map_err(|e| ClientError::Request { url: url.clone(), reason: e.to_string() })?;
        self.send(&Call { method: Method::POST, url, kind: Some(kind), body: body.into() }, 0).await
    }

    /// POST bytes of any kind; the answer as it comes, whatever its status: for protocols whose refusals are no
    /// [`Problem`]s. Never sent twice.
    ///
    /// # Errors
    /// [`ClientError`], but for [`ClientError::Problem`].
    pub async fn post_raw(
        &self,
        base: &str,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<Answer, ClientError> {
        let url = join(base, path);
        let kind = HeaderValue::from_str(content_type)
            .map_err(|e| ClientError::Request { url: url.clone(), reason: e.to_string() })?;
        self.within_patience(&Call { method: Method::POST, url, kind: Some(kind), body: body.into() }).await
    }

    async fn post_json<Q: Serialize, A: DeserializeOwned>(
        &self,
        base: &str,
        path: &str,
        question: &Q,
        retries: u32,
    ) -> Result<A, ClientError> {
        let call = Call::json(join(base, path), serde_json::to_vec(question))?;
        let answer = self.send(&call, retries).await?;
        decode_answer(&call.url, &answer.body)
    }

    /// In a box, so that the whole of hyper and TLS is compiled here and not in each role that calls.
    fn send<'a>(&'a self, call: &'a Call, retries: u32) -> Answering<'a, Answer> {
        Box::pin(async move {
            let mut pause = Duration::from_millis(20);
            for _ in 0..retries {
                match self.send_once(call).await {
                    Err(ClientError::Unreachable { url, reason }) => {
                        tracing::debug!(url, reason, "trying again");
                        tokio::time::sleep(pause).await;
                        pause *= 4;
                    }
                    done => return done,
                }
            }
            self.send_once(call).await
        })
    }

    async fn send_once(&self, call: &Call) -> Result<Answer, ClientError> {
        let answer = self.within_patience(call).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(refusal(&call.url, answer.status, &answer.headers, &answer.body))
    }

    fn within_patience<'a>(&'a self, call: &'a Call) -> Answering<'a, Answer> {
        let after = self.patience.answer;
        Box::pin(async move {
            tokio::time::timeout(after, self.exchange(call))
                .await
                .unwrap_or_else(|_| Err(ClientError::Late { url: call.url.clone(), after }))
        })
    }

    async fn exchange(&self, call: &Call) -> Result<Answer, ClientError> {
        let request = call.request()?;
        let unreachable =
            |error: &dyn StdError| ClientError::Unreachable { url: call.url.clone(), reason: causes(error) };
        let response = self.inner.request(request).await.map_err(|e| unreachable(&e))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.patience.answer_bytes).collect().await;
        let body = body.map_err(|e| unreachable(e.as_ref()))?.to_bytes();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("hosts", &self.hosts)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

struct Call {
    method: Method,
    url: String,
    kind: Option<HeaderValue>,
    body: Bytes,
}

impl Call {
    fn json(url: String, body: serde_json::Result<Vec<u8>>) -> Result<Self, ClientError> {
        match body {
            Ok(body) => {
                let kind = Some(HeaderValue::from_static("application/json"));
                Ok(Call { method: Method::POST, url, kind, body: body.into() })
            }
            Err(error) => Err(ClientError::Request { url, reason: error.to_string() }),
        }
    }

    fn request(&self) -> Result<Request<Full<Bytes>>, ClientError> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(&self.url)
            .body(Full::new(self.body.clone()))
            .map_err(|e| ClientError::Request { url: self.url.clone(), reason: e.to_string() })?;
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(kind) = &self.kind {
            headers.insert(header::CONTENT_TYPE, kind.clone());
        }
        if let Some(id) = RequestId::current() {
            headers.insert(REQUEST_ID, id.to_header());
        }
        Ok(request)
    }
}

fn refusal(url: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ClientError {
    let is_problem = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
    let problem = is_problem.then(|| serde_json::from_slice::<Problem>(body).ok()).flatten();
    match problem {
        Some(problem) => ClientError::Problem { url: url.to_owned(), problem },
        None => {
            ClientError::Answer { url: url.to_owned(), reason: format!("status {status} without a problem") }
        }
    }
}

fn decode_answer<A: DeserializeOwned>(url: &str, body: &[u8]) -> Result<A, ClientError> {
    // An answer without content decodes as JSON null: `()` and `Option` take it.
    let body = if body.is_empty() { b"null".as_slice() } else { body };
    crate::decode(body).map_err(|e| ClientError::Answer { url: url.to_owned(), reason: e.to_string() })
}

fn join(base: &str, path: &str) -> String {
    let base = base.trim_end_matches('/');
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("{base}{slash}{path}")
}

/// All causes in one line: the innermost (a TLS alert, a refused connection) is what one needs to read.
fn causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = cause.source();
    }
    text
}
