//! The officers' pages behind the desk key, and what is published for everybody.

mod assessment;
mod front;
mod objections;
mod orders;
mod purposes;
mod statistics;
mod watch;
mod work;

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use codes::{ExchangeId, OrgId, OrgKind};
use maud::{Markup, html};
use wire::{Csrf, Desk, Lang, Page, Problem, page, t};

use crate::service::Service;

/// What a handler answers.
type Shown = Result<Response, Problem>;

/// The whole site.
pub(crate) fn router(service: Service, desk: &Desk) -> Router {
    let published = Router::new()
        .route("/", get(statistics::show))
        .route("/statistics", get(statistics::chosen))
        .route("/statistics/{month}", get(statistics::of_month))
        .route("/assessment", get(assessment::newest))
        .route("/assessment/{version}", get(assessment::version))
        .route("/witness", get(watch::heads))
        .route("/rules", get(work::rules))
        .with_state(service.clone());
    let kept = Router::new()
        .route("/desk", get(front::show))
        .route("/alarms", get(watch::alarms))
        .route("/alarms/{digest}", post(watch::close))
        .route("/findings", get(work::findings))
        .route("/findings/close", post(work::close))
        .route("/findings/exchange", post(work::look))
        .route("/reviews", get(work::reviews))
        .route("/reviews/{declaration}", post(work::review))
        .route("/objections", get(objections::list))
        .route("/objections/{objection}", get(objections::ask).post(objections::open))
        .route("/objections/{objection}/say", post(objections::say))
        .route("/orders", get(orders::show).post(orders::order))
        .route("/purposes", get(purposes::show).post(purposes::sign_off))
        .with_state(service);
    wire::role_router("oversight-site", published.merge(desk.protect(kept)))
}

fn frame(service: &Service, lang: Lang, title: &str, path: &str) -> Page {
    Page::new(lang, title)
        .organisation(name(service, lang, &service.org), OrgKind::Oversight)
        .nav([
            ("/", t(lang, "公表値", "Published figures")),
            ("/assessment", t(lang, "影響評価", "Impact assessment")),
            ("/witness", t(lang, "台帳の連署", "Witness")),
            ("/desk", t(lang, "担当者の机", "Officers' desk")),
        ])
        .at(path)
}

/// An organisation's name in the directory; its id where the directory does not have it.
fn name(service: &Service, lang: Lang, org: &OrgId) -> String {
    let (ja, en) = service.policy.directory().name(org);
    t(lang, ja, en)
}

fn said<'a>(lang: Lang, (ja, en): (&'a str, &'a str)) -> &'a str {
    t(lang, ja, en)
}

fn both(lang: Lang, pair: &(String, String)) -> &str {
    t(lang, pair.0.as_str(), pair.1.as_str())
}

/// A problem with what was typed is shown on the page it was typed on; a failure of ours is not.
fn again(lang: Lang, problem: Problem) -> Result<Markup, Problem> {
    if problem.status().is_server_error() { Err(problem) } else { Ok(page::problem_notice(lang, &problem)) }
}

fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// The officer's name and words: every act and every look needs both.
fn officer_fields(lang: Lang, words: &str, hint: &str) -> Markup {
    html! {
        (page::Field::text("officer", t(lang, "担当者", "Officer")).required().render(lang))
        (page::Field::text("words", words).hint(hint).required().render(lang))
    }
}

/// What a form of an officer sends.
#[derive(serde::Deserialize)]
struct Spoken {
    #[serde(default)]
    officer: String,
    #[serde(default)]
    words: String,
}

/// The form with which an officer looks at one exchange.
fn look_form(lang: Lang, csrf: &Csrf, exchange: &ExchangeId) -> Markup {
    page::details(
        t(lang, "両側の記録を見る（本人に知らされます）", "Look at the sides (the person is told)"),
        page::form(
            "/findings/exchange",
            csrf,
            html! {
                input type="hidden" name="exchange" value=(exchange);
                (page::Field::text("officer", t(lang, "担当者", "Officer")).required().render(lang))
                (page::Field::text("words", t(lang, "見る理由", "Why you look")).required().render(lang))
                (page::button_quiet(t(lang, "見る", "Look"), "do", "look"))
            },
        ),
    )
}
