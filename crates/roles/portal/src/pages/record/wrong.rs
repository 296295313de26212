//! What the person said is wrong, and what was answered.

use axum::extract::{Form, State};
use axum::response::IntoResponse as _;
use codes::{ExchangeId, OrgId};
use maud::{Markup, html};
use protocol::corrections::CorrectionState;
use serde::Deserialize;
use wire::page::{
    Lang, Page, Tone, badge, card_with, definitions, empty_state, link_button, problem_notice, t, when,
};
use wire::{Csrf, Problem};

use super::super::parts::name;
use super::super::{Here, Shown, see};
use super::page;
use crate::service::Service;
use crate::service::record::{Correction, Wrong};

#[derive(Deserialize)]
pub(super) struct Said {
    key: ExchangeId,
    holder: OrgId,
    resource: String,
    title: String,
    said: String,
}

/// GET /record/wrong
pub(super) async fn list(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
) -> Result<Page, Problem> {
    let requests = service.corrections(&visit).await?;
    let body = html! {
        @if requests.is_empty() {
            (empty_state(
                t(lang, "申し出たものはありません", "You have sent nothing"),
                t(lang, "記録をくわしく見る画面から、「これは違う」と申し出られます。", "Open an item of your record to say that it is wrong."),
                link_button("/record", t(lang, "わたしの記録へ", "To my record")),
            ))
        }
        @for request in &requests { (one(&service, lang, request)) }
    };
    Ok(page(lang, &csrf, &visit, "/record", t(lang, "「違う」と申し出たもの", "What I said is wrong"), body))
}

/// POST /record/wrong
pub(super) async fn say(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
    Form(said): Form<Said>,
) -> Shown {
    let wrong = Wrong {
        key: said.key,
        holder: said.holder,
        resource: said.resource,
        title: said.title,
        said: said.said,
    };
    match service.say_wrong(&visit, wrong).await {
        Ok(()) => Ok(see("/record/wrong")),
        Err(problem) if problem.code() == "answer-missing" => {
            let body = html! { (problem_notice(lang, &problem)) p { a href="/record" { (t(lang, "わたしの記録へ戻る", "Back to my record")) } } };
            let title = t(lang, "「これは違う」", "“This is wrong”");
            Ok(page(lang, &csrf, &visit, "/record", title, body).status(problem.status()).into_response())
        }
        // It is kept, and sent again whenever the list is read: the list says so.
        Err(problem) => {
            tracing::warn!(%problem, "a request for correction waits");
            Ok(see("/record/wrong"))
        }
    }
}

fn one(service: &Service, lang: Lang, request: &Correction) -> Markup {
    let (tone, state) = match request.state {
        None => (
            Tone::Warn,
            t(
                lang,
                "まだ届いていません。次に開いたとき、また送ります",
                "It has not arrived yet; it is sent again when you come back",
            ),
        ),
        Some(state @ CorrectionState::Received) => (Tone::Info, t(lang, state.words().0, state.words().1)),
        Some(state) => (Tone::Ok, t(lang, state.words().0, state.words().1)),
    };
    let mut rows = vec![
        (t(lang, "申し出た日時", "Sent"), html! { (when(lang, request.at)) }),
        (t(lang, "機関", "Institution"), html! { (name(service, lang, &request.wrong.holder)) }),
        (t(lang, "あなたの言葉", "Your words"), html! { span lang="ja" { (request.wrong.said) } }),
        (t(lang, "いまの状態", "State"), html! { (badge(tone, state)) }),
    ];
    if let Some((words, at)) = &request.answer {
        rows.push((
            t(lang, "回答", "Answer"),
            html! { span lang="ja" { (words) } span.note { (when(lang, *at)) } },
        ));
    }
    card_with(
        &request.wrong.title,
        html! {},
        html! {
            (definitions(&rows))
            @if request.stale && request.state.is_some() { p.fine { (t(lang, "いまはこの機関に聞けません。前にわかった状態です。", "The institution cannot be asked now: this is what was known before.")) } }
        },
    )
}
