//! JSON bodies, in and out; a body that does not fit is refused with the path of what does not fit.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Problem;

/// Extractor and response of JSON; the rejection is a [`Problem`] that names the JSON path.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(415, "not-json")
                .detail(
                    "Content-Type は application/json としてください",
                    "Send Content-Type: application/json",
                )
                .at("Content-Type"));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(body_problem)?;
        decode(&bytes).map(Json)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                Problem::internal().into_response()
            }
        }
    }
}

/// Decodes `bytes`, or says where they do not fit. The path is searched for only after a failure, so that a good
/// body costs one plain parse.
///
/// # Errors
/// A 400 [`Problem`] `bad-json` (not JSON) or `bad-field` (JSON, but not what was expected), with its place.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let path = serde_path_to_error::deserialize::<_, T>(&mut reader)
            .err()
            .map(|located| located.path().to_string())
            .filter(|path| path != ".");
        refusal(&error, path)
    })
}

fn refusal(error: &serde_json::Error, path: Option<String>) -> Problem {
    let line = format!("line {} column {}", error.line(), error.column());
    let place = path.unwrap_or(line);
    if error.is_data() {
        Problem::new(400, "bad-field")
            .ja("項目の内容が正しくありません")
            .en("A field is not as expected")
            .detail(format!("{place}: {error}"), error.to_string())
            .at(place)
    } else {
        Problem::new(400, "bad-json")
            .ja("JSON として読めません")
            .en("The body is not JSON")
            .detail(format!("{place}: {error}"), error.to_string())
            .at(place)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim();
    let Some(subtype) = essence.get(..12).filter(|p| p.eq_ignore_ascii_case("application/")) else {
        return false;
    };
    let subtype = essence.get(subtype.len()..).unwrap_or_default();
    subtype.eq_ignore_ascii_case("json") || subtype.to_ascii_lowercase().ends_with("+json")
}

/// A body that could not be read: too large, or the sender went away.
fn body_problem(rejection: axum::extract::rejection::BytesRejection) -> Problem {
    match rejection.into_response().status().as_u16() {
        413 => Problem::new(413, "too-large"),
        _ => Problem::new(400, "incomplete-body")
            .ja("データの受信が途中で終わりました")
            .en("The body ended before it was complete"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[allow(dead_code)]
        list: Vec<Inner>,
    }
    #[derive(Debug, Deserialize)]
    struct Inner {
        #[allow(dead_code)]
        number: u8,
    }

    #[test]
    fn names_the_path_of_a_wrong_field() {
        let problem = decode::<Outer>(br#"{"list":[{"number":1},{"number":"x"}]}"#).unwrap_err();
        assert_eq!(problem.code(), "bad-field");
        assert_eq!(problem.parts().place.as_deref(), Some("list[1].number"));
    }

    #[test]
    fn names_the_line_of_broken_json() {
        let problem = decode::<Outer>(b"{\"list\":\n[").unwrap_err();
        assert_eq!(problem.code(), "bad-json");
        assert!(problem.parts().place.is_some());
    }

    #[test]
    fn content_types() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/fhir+json", true),
            ("text/json", false),
            ("application/", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(value).unwrap());
            assert_eq!(is_json(&headers), expected, "{value}");
        }
    }
}
