//! Errors as they cross the wire: RFC 9457 `application/problem+json`, in Japanese and English.

use std::fmt;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

/// What a `type` of ours begins with; the problem's code follows.
pub const TYPE_PREFIX: &str = "urn:musubi:problem:";

/// A refusal or failure that says, in Japanese and English, what is wrong, where, and what was expected (問題詳細).
///
/// Built in one expression and returned from a handler:
/// `Problem::new(400, "bad-date").ja("日付が正しくありません").en("Not a date").at("birthDate")`.
/// A browser receives the same as a page (see [`role_router`](crate::role_router)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Document", into = "Document")]
pub struct Problem(Box<Parts>);

/// The parts of a [`Problem`], as RFC 9457 and our extension members name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// Kebab-case name of the kind of problem; `type` is `urn:musubi:problem:<code>`.
    pub code: String,
    /// What is wrong, for people, in Japanese: one sentence.
    pub title_ja: String,
    /// What is wrong, for people, in English: one sentence.
    pub title_en: String,
    /// What was expected or what to do next, in Japanese; may be empty.
    pub detail_ja: String,
    /// What was expected or what to do next, in English; may be empty.
    pub detail_en: String,
    /// Where: a JSON path, a field, a line of a file.
    pub place: Option<String>,
    /// The request this answers, for whoever reads the log beside it.
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem of kind `code` (kebab-case). A status outside 400..=599 is a bug of the caller and becomes 500.
    pub fn new(status: u16, code: impl Into<String>) -> Self {
        Self::of(status, code.into())
    }

    fn of(status: u16, code: String) -> Self {
        let status = if (400..600).contains(&status) { status } else { 500 };
        let (title_ja, title_en) = standard_titles(status);
        Problem(Box::new(Parts {
            status,
            code,
            title_ja: title_ja.into(),
            title_en: title_en.into(),
            detail_ja: String::new(),
            detail_en: String::new(),
            place: None,
            request_id: None,
        }))
    }

    /// 404: there is nothing at this address.
    pub fn not_found() -> Self {
        Self::new(404, "not-found")
    }

    /// 500 without any inner detail: the cause belongs in the log, beside the request id.
    pub fn internal() -> Self {
        Self::new(500, "internal")
    }

    /// The title in Japanese.
    pub fn ja(mut self, title: impl Into<String>) -> Self {
        self.0.title_ja = title.into();
        self
    }

    /// The title in English.
    pub fn en(mut self, title: impl Into<String>) -> Self {
        self.0.title_en = title.into();
        self
    }

    /// What was expected or what to do next, in both languages.
    pub fn detail(mut self, ja: impl Into<String>, en: impl Into<String>) -> Self {
        self.0.detail_ja = ja.into();
        self.0.detail_en = en.into();
        self
    }

    /// Where it went wrong: a JSON path, a field, `file:line`.
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.0.place = Some(place.into());
        self
    }

    /// Ties the problem to a request, unless it already carries an id (of the role that refused first).
    pub fn for_request(mut self, id: &str) -> Self {
        self.0.request_id.get_or_insert_with(|| id.to_owned());
        self
    }

    /// HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Kebab-case kind.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// All parts.
    pub fn parts(&self) -> &Parts {
        &self.0
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &*self.0;
        write!(f, "{} {}: {}", parts.status, parts.code, parts.title_en)?;
        if let Some(place) = &parts.place {
            write!(f, " (at {place})")?;
        }
        if !parts.detail_en.is_empty() {
            write!(f, ": {}", parts.detail_en)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json; charset=utf-8"),
        );
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.extensions_mut().insert(self);
        response
    }
}

/// The JSON form: RFC 9457 members (`title`, `detail` in English) and ours.
#[derive(Serialize, Deserialize)]
struct Document {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default = "internal_status")]
    status: u16,
    #[serde(default)]
    title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    detail: String,
    #[serde(default)]
    title_ja: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    detail_ja: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl From<Document> for Problem {
    fn from(document: Document) -> Self {
        let code = document.kind.strip_prefix(TYPE_PREFIX).unwrap_or(&document.kind);
        let mut problem = Problem::new(document.status, code);
        let parts = &mut *problem.0;
        if !document.title.is_empty() {
            parts.title_en = document.title;
        }
        if !document.title_ja.is_empty() {
            parts.title_ja = document.title_ja;
        }
        parts.detail_en = document.detail;
        parts.detail_ja = document.detail_ja;
        parts.place = document.place;
        parts.request_id = document.request_id;
        problem
    }
}

impl From<Problem> for Document {
    fn from(problem: Problem) -> Self {
        let parts = *problem.0;
        Document {
            kind: format!("{TYPE_PREFIX}{}", parts.code),
            status: parts.status,
            title: parts.title_en,
            detail: parts.detail_en,
            title_ja: parts.title_ja,
            detail_ja: parts.detail_ja,
            place: parts.place,
            request_id: parts.request_id,
        }
    }
}

fn internal_status() -> u16 {
    500
}

/// Titles for problems that say nothing of their own.
fn standard_titles(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => ("送られた内容に誤りがあります", "The request is not well-formed"),
        401 => ("接続元を確認できません", "It is not known who is asking"),
        403 => ("この操作は許可されていません", "This is not permitted"),
        404 => ("お探しのものは見つかりません", "There is nothing at this address"),
        405 => ("この方法では利用できません", "This method cannot be used here"),
        408 => ("時間内に送信が終わりませんでした", "The request was not complete in time"),
        409 => ("現在の状態と矛盾します", "This contradicts the present state"),
        413 => ("送られたデータが大きすぎます", "The request is too large"),
        415 => ("この形式のデータは受け取れません", "Data of this kind is not accepted here"),
        422 => ("内容を受け付けられません", "The content cannot be accepted"),
        429 => ("要求が多すぎます。しばらくお待ちください", "Too many requests: wait a little"),
        503 => ("ただいま利用できません", "Not available at the moment"),
        504 => ("時間内に応答が得られませんでした", "No answer came in time"),
        s if s < 500 => ("要求を受け付けられません", "The request cannot be accepted"),
        _ => ("処理中に問題が起きました", "Something went wrong here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_form_is_rfc_9457_and_round_trips() {
        let problem = Problem::new(400, "bad-date")
            .ja("日付ではありません")
            .en("Not a date")
            .detail("YYYY-MM-DD で書いてください", "Write YYYY-MM-DD")
            .at("member.birthDate")
            .for_request("r1");
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["type"], "urn:musubi:problem:bad-date");
        assert_eq!(json["status"], 400);
        assert_eq!(json["title"], "Not a date");
        assert_eq!(json["place"], "member.birthDate");
        assert_eq!(serde_json::from_value::<Problem>(json).unwrap(), problem);
    }

    #[test]
    fn a_strangers_problem_document_is_still_understood() {
        let problem: Problem = serde_json::from_str(r#"{"type":"about:blank","status":503}"#).unwrap();
        assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(problem.code(), "about:blank");
        assert!(!problem.parts().title_ja.is_empty());
    }

    #[test]
    fn status_is_always_an_error_status() {
        assert_eq!(Problem::new(200, "x").status().as_u16(), 500);
    }

    #[test]
    fn the_first_request_id_stays() {
        let problem = Problem::internal().for_request("first").for_request("second");
        assert_eq!(problem.parts().request_id.as_deref(), Some("first"));
    }
}
