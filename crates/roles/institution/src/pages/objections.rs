//! What persons do not understand or object to: the records office reads and answers; person and overseer read the answer.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use codes::ExchangeId;
use maud::{Markup, html};
use protocol::oversight::{OBJECTION_TEXT_LIMIT, ObjectionState, ObjectionStatus};
use serde::Deserialize;
use wire::page::{Lang, Tone, badge, card_with, definitions, empty_state, form, problem_notice, t};
use wire::{Csrf, Problem};

use super::parts::moment;
use super::staff::{Acting, badge as acting};
use super::{Pages, Shown, see};

/// An answer.
#[derive(Deserialize)]
pub struct Answer {
    #[serde(default)]
    text: String,
}

/// GET /office/objections
pub async fn show(State(pages): State<Pages>, lang: Lang, csrf: Csrf, Acting(staff): Acting) -> Shown {
    render(&pages, lang, &csrf, acting(lang, &csrf, &staff), None).await
}

/// POST /office/objections/{objection}
pub async fn answer(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Path(objection): Path<ExchangeId>,
    Form(answer): Form<Answer>,
) -> Shown {
    match pages.service.answer_objection(&staff, objection, answer.text).await {
        Ok(()) => Ok(see("/office/objections".to_owned())),
        Err(problem) => render(&pages, lang, &csrf, acting(lang, &csrf, &staff), Some(&problem)).await,
    }
}

async fn render(pages: &Pages, lang: Lang, csrf: &Csrf, who: Markup, problem: Option<&Problem>) -> Shown {
    let found = pages.service.objections().await;
    let body = html! {
        (who)
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        @match &found {
            Err(problem) => (problem_notice(lang, problem)),
            Ok(all) if all.is_empty() => (empty_state(
                t(lang, "申立てはありません", "Nobody objects"),
                t(lang, "ご本人がポータルで「分からない・おかしい」と申し立てると、ここに届きます。", "What a person objects to in the portal arrives here."),
                html! {},
            )),
            Ok(all) => { @for (one, patient) in all { (case(lang, csrf, one, patient.as_deref())) } }
        }
    };
    let lead = t(
        lang,
        "ご本人が、照会や記録について「分からない」「おかしい」と言っています。何があったかを答えてください。回答は、ご本人と監督機関が読みます。",
        "A person does not understand or objects to an exchange: say what happened. The person and the overseer read the answer.",
    );
    let status = problem.map_or(StatusCode::OK, Problem::status);
    let title = t(lang, "異議・不明の申立て", "Objections");
    Ok(pages
        .page(lang, csrf, "/office/objections", title)
        .lead(lead)
        .status(status)
        .body(body)
        .into_response())
}

fn case(lang: Lang, csrf: &Csrf, one: &ObjectionStatus, patient: Option<&str>) -> Markup {
    let (ground, state) = (one.ground.words(), one.state.words());
    let closed = one.state == ObjectionState::Closed;
    let id = format!("text-{}", one.objection);
    let mut rows = vec![(t(lang, "届いた日時", "Came"), moment(one.at))];
    if let Some(patient) = patient {
        let href = format!("/patients/{patient}/records");
        rows.push((t(lang, "患者番号", "Patient"), html! { a.digits href=(href) { (patient) } }));
    }
    if let Some(about) = &one.about {
        rows.push((t(lang, "照会の番号", "Exchange"), html! { code { (about.exchange) } }));
    }
    rows.push((t(lang, "申立て", "What the person says"), html! { p.said lang="ja" { (one.text) } }));
    for said in &one.said {
        let speaker = said.speaker.words();
        rows.push((
            t(lang, speaker.0, speaker.1),
            html! { p.said lang="ja" { (said.text) } span.under { @if let Some(staff) = &said.staff { span lang="ja" { (staff.name) } " " } (moment(said.at)) } },
        ));
    }
    card_with(
        t(lang, ground.0, ground.1),
        badge(if closed { Tone::Ok } else { Tone::Warn }, t(lang, state.0, state.1)),
        html! {
            (definitions(&rows))
            @if !closed {
                (form(&format!("/office/objections/{}", one.objection), csrf, html! {
                    div.field {
                        label for=(id) { (t(lang, "回答", "Answer")) }
                        textarea id=(id) name="text" required rows="3" maxlength=(OBJECTION_TEXT_LIMIT) {}
                    }
                    button.button type="submit" { (t(lang, "回答する", "Answer")) }
                }))
            }
        },
    )
}
