//! May this app? Asked scope by scope, in words; nothing is chosen beforehand that the app did not ask for.

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use wire::page::{Lang, Page, Tone, card, form, notice, problem_notice, t};
use wire::{Csrf, Problem};

use super::super::parts::fieldset;
use super::super::{Here, Shown, inside};
use super::{base, words};
use crate::model::Visit;
use crate::service::Service;
use crate::service::smart::scope::Scope;
use crate::service::smart::{Asking, Wish};

/// GET /apps/consent
pub(super) async fn ask(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    headers: HeaderMap,
    Here(visit): Here,
    Query(wish): Query<Wish>,
) -> Result<Response, Problem> {
    let answer = match service.asking(&wish, &base(&headers)).await {
        Ok(asking) => page(lang, &csrf, &visit, question(lang, &csrf, &wish, &asking, None)).into_response(),
        Err(problem) if problem.status().is_client_error() => {
            let page = page(lang, &csrf, &visit, problem_notice(lang, &problem));
            page.status(problem.status()).into_response()
        }
        Err(problem) => return Err(problem),
    };
    Ok(super::oauth::without_waiting(answer))
}

/// POST /apps/consent
pub(super) async fn decide(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    headers: HeaderMap,
    Here(visit): Here,
    Form(fields): Form<Vec<(String, String)>>,
) -> Shown {
    let one = |name: &str| {
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let wish: Wish = serde_json::from_str(&one("wish")).map_err(|_| Problem::not_found())?;
    let base = base(&headers);
    let asking = service.asking(&wish, &base).await?;
    if one("decision") != "yes" {
        return Ok(back(lang, &csrf, &visit, &wish, &[("error", "access_denied")]));
    }
    let permitted: Vec<String> =
        fields.iter().filter(|(name, _)| name == "scope").map(|(_, value)| value.clone()).collect();
    match service.permit(&visit, &wish, &base, &permitted).await {
        Ok(code) => Ok(back(lang, &csrf, &visit, &wish, &[("code", &code)])),
        Err(problem) if problem.code() == "answer-missing" => {
            let body = question(lang, &csrf, &wish, &asking, Some(&problem));
            Ok(page(lang, &csrf, &visit, body).status(problem.status()).into_response())
        }
        Err(problem) => Err(problem),
    }
}

fn question(lang: Lang, csrf: &Csrf, wish: &Wish, asking: &Asking, problem: Option<&Problem>) -> Markup {
    let kept = serde_json::to_string(wish).unwrap_or_default();
    let place = wish.redirect_uri.split('/').nth(2).unwrap_or(&wish.redirect_uri).to_owned();
    html! {
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        (notice(Tone::Warn, &t(lang, format!("「{}」が、あなたの記録を読みたいと言っています", asking.name), format!("“{}” wants to read your record", asking.name)), html! {
            p { (t(lang,
                format!("渡した記録がどう使われるかは、アプリの作り手（{place}）しだいです。ポータルは、あとから取り返せません。"),
                format!("What becomes of it then is up to who makes the app ({place}); the portal cannot take it back."))) }
        }))
        (card(t(lang, "何を見せますか", "What may it see?"), form("/apps/consent", csrf, html! {
            input type="hidden" name="wish" value=(kept);
            (fieldset(t(lang, "アプリが求めているもの", "What the app asks for"), t(lang, "見せたくないものは、印を外してください。", "Take away what it should not see."), html! {
                @for scope in &asking.scopes {
                    label.option {
                        input type="checkbox" name="scope" value=(scope) checked;
                        span { (words(lang, scope)) @if matches!(scope, Scope::Offline) { span.note { (t(lang, "印を外すと、1時間で終わります", "Without it, it ends after an hour")) } } }
                    }
                }
            }))
            button.button type="submit" name="decision" value="yes" { (t(lang, "見せる", "Let it see")) }
            " "
            button.button.quiet type="submit" name="decision" value="no" { (t(lang, "許さない", "Refuse")) }
        })))
        p { (t(lang, "いつでも「アプリ」の画面でやめられます。アプリが読むたびに、「だれが見たか」に残ります。", "End it at any time under “My apps”. Each read stands under “Who looked”.")) }
    }
}

/// Back to the app: by a page that goes on by itself, because a form may lead to this house alone (form-action).
fn back(lang: Lang, csrf: &Csrf, visit: &Visit, wish: &Wish, fields: &[(&str, &str)]) -> Response {
    let mut query = String::new();
    for (name, value) in fields.iter().copied().chain([("state", wish.state.as_str())]) {
        if !value.is_empty() {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(&format!("{name}={}", encoded(value)));
        }
    }
    if wish.redirect_uri.contains('?') {
        query = query.replacen('?', "&", 1);
    }
    let there = format!("{}{query}", wish.redirect_uri);
    let body = html! {
        p { (t(lang, "アプリに戻ります。", "Back to the app.")) }
        p { a.button #onward href=(there) { (t(lang, "アプリに戻る", "Back to the app")) } }
    };
    let mut response = page(lang, csrf, visit, body).into_response();
    if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={there}")) {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    // The address carries the code: it goes to nobody as a referrer.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn page(lang: Lang, csrf: &Csrf, visit: &Visit, body: Markup) -> Page {
    inside(lang, csrf, visit, t(lang, "アプリに記録を見せる", "Let an app read my record"), "/apps", body)
}

/// Percent-encoded, all but what needs none (RFC 3986 §2.3).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}
