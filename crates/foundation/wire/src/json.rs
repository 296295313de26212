//! JSON bodies, in and out; a body that does not fit is refused with the path of what does not fit.

use std::pin::Pin;

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

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        decode(&json_body(request).await?).map(Json)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        // Room for the usual answer, which would otherwise move as it grows.
        let mut body = Vec::with_capacity(2_048);
        json_response(serde_json::to_writer(&mut body, &self.0).map(|()| body))
    }
}

/// Decodes `bytes`, or says where they do not fit. The path is searched for only after a failure, so that a good
/// body costs one plain parse.
///
/// # Errors
/// A 400 [`Problem`] `bad-json` (not JSON) or `bad-field` (JSON, but not what was expected), with its place.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = text(bytes)?;
    serde_json::from_str(text)
        .map_err(|error| refusal(text, &error, &|text| serde_json::from_str::<T>(text).err()))
}

/// The body of a request that says it is JSON. In a box, so that it is compiled here and not in each handler.
fn json_body(request: Request) -> Pin<Box<dyn Future<Output = Result<Bytes, Problem>> + Send>> {
    Box::pin(async move {
        if !is_json(request.headers()) {
            return Err(Problem::new(415, "not-json")
                .detail(
                    "Content-Type は application/json としてください",
                    "Send Content-Type: application/json",
                )
                .at("Content-Type"));
        }
        Bytes::from_request(request, &()).await.map_err(body_problem)
    })
}

fn json_response(body: serde_json::Result<Vec<u8>>) -> Response {
    match body {
        Ok(body) => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            Problem::internal().into_response()
        }
    }
}

fn text(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|error| {
        let place = format!("byte {}", error.valid_up_to() + 1);
        bad_json().detail(format!("{place}: {error}"), error.to_string()).at(place)
    })
}

fn refusal(text: &str, error: &serde_json::Error, again: Again<'_>) -> Problem {
    let place = place(text, error, again);
    let problem = if error.is_data() {
        Problem::new(400, "bad-field").ja("項目の内容が正しくありません").en("A field is not as expected")
    } else {
        bad_json()
    };
    problem.detail(format!("{place}: {error}"), error.to_string()).at(place)
}

fn bad_json() -> Problem {
    Problem::new(400, "bad-json").ja("JSON として読めません").en("The body is not JSON")
}

/// Reads the beginning of a text again, for its error.
type Again<'a> = &'a dyn Fn(&str) -> Option<serde_json::Error>;

/// The JSON path of an error (`list[1].number`); its line and column where there is no path.
fn place(text: &str, error: &serde_json::Error, again: Again<'_>) -> String {
    let mut read = before(text, error);
    // The parser puts a value's own refusal where it stopped, which may be one sign later: after the bracket of what
    // holds the value, or after a comma. If the text without that sign still has the error, it is the value's.
    while let Some(less) = read.trim_end().strip_suffix(['}', ']', ','])
        && let Some(sooner) = again(less).filter(serde_json::Error::is_data)
    {
        read = before(less, &sooner);
    }
    let path = path_after(read);
    if path.is_empty() { format!("line {} column {}", error.line(), error.column()) } else { path }
}

/// What the parser had read when it met an error.
fn before<'t>(text: &'t str, error: &serde_json::Error) -> &'t str {
    let start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    text.get(..start + error.column()).unwrap_or(text)
}

/// A step on the way to a place in a JSON text.
enum Step<'t> {
    Field(Option<&'t str>),
    Item(usize),
}

/// Where one stands after having read `text`, the beginning of a JSON text.
fn path_after(text: &str) -> String {
    let mut steps: Vec<Step<'_>> = Vec::new();
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        match (sign, steps.last_mut()) {
            ('{', _) => steps.push(Step::Field(None)),
            ('[', _) => steps.push(Step::Item(0)),
            ('}' | ']', _) => drop(steps.pop()),
            (',', Some(Step::Item(item))) => *item += 1,
            (',', Some(Step::Field(name))) => *name = None,
            ('"', step) => {
                let end = end_of_string(&mut signs).unwrap_or(text.len());
                if let Some(Step::Field(name @ None)) = step {
                    *name = text.get(at + 1..end);
                }
            }
            _ => {}
        }
    }
    steps.iter().fold(String::new(), |path, step| match step {
        Step::Field(Some(name)) if path.is_empty() => (*name).to_owned(),
        Step::Field(Some(name)) => format!("{path}.{name}"),
        Step::Field(None) => path,
        Step::Item(item) => format!("{path}[{item}]"),
    })
}

/// Reads to the end of a string and says where its closing quote is.
fn end_of_string(signs: &mut std::str::CharIndices<'_>) -> Option<usize> {
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => return Some(at),
            '\\' => drop(signs.next()),
            _ => {}
        }
    }
    None
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
    fn names_the_line_where_there_is_no_path() {
        let problem = decode::<Outer>(b"{\n}").unwrap_err();
        assert_eq!(problem.code(), "bad-field");
        assert_eq!(problem.parts().place.as_deref(), Some("line 2 column 1"));
    }

    #[test]
    fn names_the_byte_that_is_not_utf8() {
        let problem = decode::<Outer>(b"{\"list\":\"\x83\x65\"}").unwrap_err();
        assert_eq!(problem.code(), "bad-json");
        assert_eq!(problem.parts().place.as_deref(), Some("byte 10"));
    }

    #[test]
    fn paths() {
        for (read, path) in [
            ("", ""),
            (r#"{"a":{"b":[{"c":1},{"c":"#, "a.b[1].c"),
            (r#"{"a":{"b":[{"c":1},{"c":2}"#, "a.b[1]"),
            (r#"{"a":{"b":[{"c":1},{"c":2}],"x"#, "a.x"),
            (r#"{"a":{"b":[]}"#, "a"),
            (r#"{"quo\"{te":"},{\\","名":[[],[7"#, "名[1][0]"),
            (r#"{"a":1}"#, ""),
        ] {
            assert_eq!(path_after(read), path, "{read}");
        }
    }

    #[derive(Debug, Deserialize)]
    struct Days {
        #[allow(dead_code)]
        days: Vec<Day>,
        #[allow(dead_code)]
        last: Option<Day>,
    }
    /// Refused by its own reading, not by the parser.
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "String")]
    struct Day;
    impl TryFrom<String> for Day {
        type Error = &'static str;

        fn try_from(text: String) -> Result<Self, &'static str> {
            if text == "good" { Ok(Day) } else { Err("no day") }
        }
    }

    #[test]
    fn names_what_a_value_itself_refuses() {
        for (body, place) in [
            (r#"{"days":["bad","good"]}"#, "days[0]"),
            (r#"{"days":["good", "bad" ]}"#, "days[1]"),
            (r#"{"days":["bad" , "bad"], "last":"good"}"#, "days[0]"),
            (r#"{"days":["good",["bad"]]}"#, "days[1]"),
            (r#"{"days":[],"last":"bad"}"#, "last"),
            (r#"{"last":"bad" , "days":[]}"#, "last"),
            (r#"{"last":"good"}"#, "line 1 column 15"),
        ] {
            let problem = decode::<Days>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code(), "bad-field");
            assert_eq!(problem.parts().place.as_deref(), Some(place), "{body}");
        }
    }

    #[test]
    fn names_what_is_of_another_kind() {
        for (body, place) in [
            (r#"{"list":[{"number":[1]}]}"#, "list[0].number"),
            (r#"{"list":[{"number":{"a":1}}]}"#, "list[0].number"),
            (r#"{"list":[{"number":300}]}"#, "list[0].number"),
            (r#"{"list":[{"other":1}]}"#, "list[0]"),
            (r#"{"list": "x"}"#, "list"),
        ] {
            let problem = decode::<Outer>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.parts().place.as_deref(), Some(place), "{body}");
        }
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
