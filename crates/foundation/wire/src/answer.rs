//! The last hand on an answer: bare errors become problems, and problems become pages for people.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::page::{Lang, problem_page};
use crate::{Problem, RequestId};

/// Most bytes of a bare error's text that are kept as a problem's detail.
const BARE_TEXT: usize = 2_048;

/// What of the question decides the form of the answer.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// A browser asks: it prefers HTML.
    html: Option<Person>,
    head: bool,
}

#[derive(Debug, Clone)]
struct Person {
    lang: Lang,
    /// The person chose the language with `?lang=`, which a cookie shall remember.
    chose: bool,
    path: String,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Self {
        let html = prefers_html(request.headers()).then(|| Person {
            lang: Lang::of(request.headers(), request.uri().query()),
            chose: Lang::chosen(request.uri().query()).is_some(),
            path: request.uri().path().to_owned(),
        });
        Asked { html, head: request.method() == Method::HEAD }
    }

    /// Whether [`finish`] would change this response.
    pub(crate) fn needs_finish(&self, response: &Response) -> bool {
        self.html.as_ref().is_some_and(|person| person.chose)
            || response.status().is_client_error()
            || response.status().is_server_error()
    }
}

/// See the module.
pub(crate) async fn finish(asked: Asked, response: Response, id: &RequestId) -> Response {
    let mut response = as_problem(asked.clone(), response, id).await;
    if let Some(person) = asked.html.filter(|person| person.chose)
        && let Ok(cookie) = HeaderValue::from_str(&person.lang.cookie())
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn as_problem(asked: Asked, mut response: Response, id: &RequestId) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let (problem, allow) = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => (problem, None),
        None if is_bare(&response) => {
            let allow = response.headers_mut().remove(header::ALLOW);
            (bare_problem(status, response).await, allow)
        }
        None => return response,
    };
    let problem = problem.for_request(id.as_str());
    let mut answer = match &asked.html {
        Some(person) => problem_page(person.lang, &person.path, &problem).into_response(),
        None => problem.into_response(),
    };
    if let Some(allow) = allow {
        answer.headers_mut().insert(header::ALLOW, allow);
    }
    if asked.head {
        *answer.body_mut() = axum::body::Body::empty();
    }
    answer
}

/// An error without a body of its own, or with the plain text that axum's own extractors answer.
fn is_bare(response: &Response) -> bool {
    match response.headers().get(header::CONTENT_TYPE) {
        None => true,
        Some(kind) => kind.as_bytes().starts_with(b"text/plain"),
    }
}

async fn bare_problem(status: StatusCode, response: Response) -> Problem {
    let code = match status.as_u16() {
        404 => "not-found",
        405 => "method-not-allowed",
        413 => "too-large",
        415 => "unsupported-media-type",
        s if s < 500 => "bad-request",
        _ => "internal",
    };
    let problem = Problem::new(status.as_u16(), code);
    let text = to_bytes(response.into_body(), BARE_TEXT).await.unwrap_or_default();
    match std::str::from_utf8(&text) {
        // What an extractor says about the request may be repeated; what failed inside may not.
        Ok(text) if !text.is_empty() && status.is_client_error() => problem.detail("", text),
        _ => problem,
    }
}

/// Whether the caller names `text/html` before any JSON: browsers do, programs do not.
fn prefers_html(headers: &HeaderMap) -> bool {
    let Some(accept) = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()) else { return false };
    match (accept.find("text/html"), accept.find("json")) {
        (Some(html), Some(json)) => html < json,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_prefers_html() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml,*/*;q=0.8", true),
            ("application/json", false),
            ("application/fhir+json, text/html", false),
            ("*/*", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(prefers_html(&headers), expected, "{accept}");
        }
    }
}
