//! Objections: a list without the persons' words; a case opens only for an officer who says why.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use codes::ExchangeId;
use maud::{Markup, html};
use protocol::oversight::{ObjectionState, Said, WordKind};
use serde::Deserialize;
use wire::{Csrf, Lang, Page, Problem, page, page::Tone, t};

use wire::page::{time, when};

use super::{Shown, Spoken, again, frame, look_form, name, officer_fields, said};
use crate::service::{Case, Service};

/// GET /objections
pub async fn list(State(service): State<Service>, lang: Lang) -> Result<Page, Problem> {
    let lines = service.case_lines().await?;
    let rows = lines.iter().map(|(objection, at, concerns, ground, state)| {
        [
            html! { a href={ "/objections/" (objection) } { (said(lang, ground.words())) } },
            html! { (name(&service, lang, concerns)) },
            time(*at),
            state_badge(lang, *state),
        ]
    });
    let table = page::Table::new("")
        .column(t(lang, "申立て", "Objection"))
        .column(t(lang, "申し立てられた機関", "Concerns"))
        .column(t(lang, "受付", "Filed"))
        .column(t(lang, "状態", "State"))
        .rows(rows);
    let body = html! {
        @if table.is_empty() {
            (page::empty_state(
                t(lang, "申立てはありません。", "There are no objections."),
                t(lang, "本人がポータルで「分からない・異議がある」とした照会が、ここに届きます。", "What a person does not understand or objects to in the portal arrives here."),
                html! {},
            ))
        } @else { (page::card(t(lang, "届いた申立て", "Objections"), table.render())) }
    };
    let lead = t(
        lang,
        "本人の言葉は、案件を開くまで表示しません。開いた事実は台帳に残り、本人に知らされます。",
        "What persons wrote is not shown before a case is opened. That it was opened is written down, and the person is told.",
    );
    Ok(frame(&service, lang, t(lang, "本人からの申立て", "Objections"), "/objections").lead(lead).body(body))
}

/// GET /objections/{objection}: who opens it, and why.
pub async fn ask(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(objection): Path<ExchangeId>,
) -> Result<Page, Problem> {
    Ok(door(&service, lang, &csrf, objection, html! {}))
}

/// POST /objections/{objection}
pub async fn open(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(objection): Path<ExchangeId>,
    Form(spoken): Form<Spoken>,
) -> Shown {
    match service.open_case(objection, &spoken.officer, &spoken.words).await {
        Ok(case) => Ok(show(&service, lang, &csrf, &case, &spoken.officer, html! {}).into_response()),
        Err(problem) => {
            let status = problem.status();
            let news = again(lang, problem)?;
            Ok(door(&service, lang, &csrf, objection, news).status(status).into_response())
        }
    }
}

/// What an officer says.
#[derive(Deserialize)]
pub struct Saying {
    kind: WordKind,
    #[serde(default)]
    officer: String,
    #[serde(default)]
    text: String,
}

/// POST /objections/{objection}/say
pub async fn say(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(objection): Path<ExchangeId>,
    Form(saying): Form<Saying>,
) -> Shown {
    let said = service.officer_says(objection, saying.kind, &saying.officer, &saying.text).await;
    let news = match said {
        Ok(()) => page::notice(
            Tone::Ok,
            t(lang, "記録し、本人に伝えます。", "Recorded; the person will read it."),
            html! {},
        ),
        Err(problem) => again(lang, problem)?,
    };
    let why = t(lang, "案件の続き", "the case goes on");
    match service.open_case(objection, &saying.officer, why).await {
        Ok(case) => Ok(show(&service, lang, &csrf, &case, &saying.officer, news).into_response()),
        Err(problem) => {
            let status = problem.status();
            let news = again(lang, problem)?;
            Ok(door(&service, lang, &csrf, objection, news).status(status).into_response())
        }
    }
}

fn door(service: &Service, lang: Lang, csrf: &Csrf, objection: ExchangeId, news: Markup) -> Page {
    let body = html! {
        (news)
        (page::card(t(lang, "案件を開く", "Open the case"), page::form(&format!("/objections/{objection}"), csrf, html! {
            (officer_fields(lang, t(lang, "開く理由", "Why you open it"), t(lang, "本人が読みます。", "The person reads it.")))
            (page::button(t(lang, "開く", "Open")))
        })))
    };
    frame(service, lang, t(lang, "本人からの申立て", "Objection"), "/objections").body(body)
}

fn show(service: &Service, lang: Lang, csrf: &Csrf, case: &Case, officer: &str, news: Markup) -> Page {
    let status = &case.status;
    let rows = [
        (t(lang, "申し立てられた機関", "Concerns"), html! { (name(service, lang, &status.concerns)) }),
        (t(lang, "受付", "Filed"), html! { (time(status.at)) " " (name(service, lang, &case.portal)) }),
        (t(lang, "種類", "Ground"), html! { (said(lang, status.ground.words())) }),
        (t(lang, "番号", "Key"), html! { code { (status.objection) } }),
    ];
    let disputed = status.about.as_ref().map(|about| about.exchange);
    let looks: Vec<String> =
        case.looks.iter().map(|(at, officer)| format!("{} {officer}", when(lang, *at))).collect();
    let body = html! {
        (news)
        (page::card_with(t(lang, "申立て", "The objection"), state_badge(lang, status.state), html! {
            (page::definitions(&rows))
            blockquote { (status.text) }
            @if let Some(exchange) = disputed { (look_form(lang, csrf, &exchange)) }
        }))
        @if !status.said.is_empty() {
            (page::card(t(lang, "やりとり", "What was said"), page::timeline(&status.said.iter().map(|word| entry(service, lang, word)).collect::<Vec<_>>())))
        }
        @if status.state != ObjectionState::Closed {
            (page::card(t(lang, "書く", "Say something"), page::form(&format!("/objections/{}/say", status.objection), csrf, html! {
                (page::Field::text("officer", t(lang, "担当者", "Officer")).value(officer).required().render(lang))
                (page::Field::text("text", t(lang, "内容", "Text")).hint(t(lang, "本人と機関が読みます。", "The person and the organisation read it.")).required().render(lang))
                (page::button_quiet(t(lang, "問い合わせる", "Ask"), "kind", "question")) " "
                (page::button_quiet(t(lang, "回答する", "Answer"), "kind", "answer")) " "
                (page::button_quiet(t(lang, "終了する", "Close"), "kind", "close"))
            })))
        }
        (page::details(t(lang, "開いた担当者", "Who opened it"), html! { ul { @for look in &looks { li { (look) } } } }))
    };
    frame(service, lang, t(lang, "本人からの申立て", "Objection"), "/objections").body(body)
}

fn entry(service: &Service, lang: Lang, word: &Said) -> page::Entry {
    let kind = match word.kind {
        WordKind::Question => t(lang, "問い合わせ", "asks"),
        WordKind::Answer => t(lang, "回答", "answers"),
        WordKind::Close => t(lang, "終了", "closes"),
    };
    let who = word.officer.clone().or_else(|| word.staff.as_ref().map(|staff| staff.name.clone()));
    let who = who.map(|who| t(lang, format!("（{who}）"), format!(" ({who})"))).unwrap_or_default();
    let speaker = said(lang, word.speaker.words());
    page::Entry {
        when: when(lang, word.at),
        datetime: word.at.to_rfc3339(),
        title: format!("{speaker}{who}: {kind}"),
        tone: None,
        body: html! { p { (word.text) } p.hint { (name(service, lang, &word.organisation)) } },
    }
}

fn state_badge(lang: Lang, state: ObjectionState) -> Markup {
    let tone = match state {
        ObjectionState::Received => Tone::Warn,
        ObjectionState::Asked | ObjectionState::Answered => Tone::Info,
        ObjectionState::Closed => Tone::Ok,
    };
    page::badge(tone, said(lang, state.words()))
}
