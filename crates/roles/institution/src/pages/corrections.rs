//! What persons say is wrong with their records (訂正の申し出): the records office reads, looks at the item and answers.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use codes::ExchangeId;
use maud::{Markup, html};
use protocol::corrections::CorrectionState;
use serde::Deserialize;
use wire::page::{Lang, Tone, badge, card_with, definitions, empty_state, form, problem_notice, t};
use wire::{Csrf, Problem};

use super::parts::moment;
use super::staff::{Acting, badge as acting};
use super::{Pages, Shown, see};
use crate::store::CorrectionCase;

/// An answer.
#[derive(Deserialize)]
pub struct Answer {
    #[serde(default)]
    state: String,
    #[serde(default)]
    words: String,
}

/// GET /office/corrections
pub async fn show(State(pages): State<Pages>, lang: Lang, csrf: Csrf, Acting(staff): Acting) -> Shown {
    render(&pages, lang, &csrf, acting(lang, &csrf, &staff), None).await
}

/// POST /office/corrections/{request}
pub async fn answer(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Path(request): Path<ExchangeId>,
    Form(answer): Form<Answer>,
) -> Shown {
    let state = CorrectionState::parse(&answer.state).ok_or_else(|| {
        Problem::new(422, "no-answer").ja("回答を選んでください").en("Choose an answer").at("state")
    });
    let done = match state {
        Ok(state) => pages.service.answer_correction(&staff, request, state, answer.words).await,
        Err(problem) => Err(problem),
    };
    match done {
        Ok(()) => Ok(see("/office/corrections".to_owned())),
        Err(problem) if problem.status().is_client_error() => {
            render(&pages, lang, &csrf, acting(lang, &csrf, &staff), Some(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn render(pages: &Pages, lang: Lang, csrf: &Csrf, who: Markup, problem: Option<&Problem>) -> Shown {
    let cases = pages.service.corrections().await?;
    let body = html! {
        (who)
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        @if cases.is_empty() {
            (empty_state(
                t(lang, "訂正の申し出はありません", "Nobody says that a record is wrong"),
                t(lang, "ご本人がポータルで「これは違う」と申し出ると、ここに届きます。", "What a person says in the portal arrives here."),
                html! {},
            ))
        }
        @for case in &cases { (one(lang, csrf, case)) }
    };
    let lead = t(
        lang,
        "ご本人が「記録が違う」と言っています。記録を確かめ、直すか、書き添えるか、正しい理由を答えてください。回答はご本人に届きます。",
        "A person says that a record is wrong: look at it, then correct it, note it, or say why it is right. The answer reaches the person.",
    );
    let title = t(lang, "訂正の申し出", "Requests for correction");
    let status = problem.map_or(StatusCode::OK, Problem::status);
    Ok(pages
        .page(lang, csrf, "/office/corrections", title)
        .lead(lead)
        .status(status)
        .body(body)
        .into_response())
}

fn one(lang: Lang, csrf: &Csrf, case: &CorrectionCase) -> Markup {
    let waiting = case.answered.is_none();
    let state = match case.state {
        CorrectionState::Received => t(lang, "回答待ち", "waits for an answer"),
        answered => t(lang, answer_words(answered).0, answer_words(answered).1),
    };
    let mut rows = vec![
        (t(lang, "届いた日時", "Came"), moment(case.at)),
        (
            t(lang, "患者番号", "Patient"),
            html! { a.digits href={ "/patients/" (case.patient) "/records" } { (case.patient) } },
        ),
        (
            t(lang, "記録", "Item"),
            html! { span lang="ja" { (case.title) } span.under { (t(lang, "記録の番号", "Record")) " " code { (case.resource) } } },
        ),
        (t(lang, "申し出", "What the person says"), html! { p.said lang="ja" { (case.said) } }),
    ];
    if let Some((by, at)) = &case.answered {
        rows.push((
            t(lang, "回答", "Answer"),
            html! { p.said lang="ja" { (case.words) } span.under { span lang="ja" { (by) } " " (moment(*at)) } },
        ));
    }
    let tone = if waiting { Tone::Warn } else { Tone::Ok };
    card_with(
        &case.title,
        badge(tone, state),
        html! {
            (definitions(&rows))
            @if waiting { (reply(lang, csrf, case)) }
        },
    )
}

fn reply(lang: Lang, csrf: &Csrf, case: &CorrectionCase) -> Markup {
    form(
        &format!("/office/corrections/{}", case.request),
        csrf,
        html! {
            fieldset {
                legend { (t(lang, "どう答えますか", "The answer")) }
                @for state in CorrectionState::ANSWERS {
                    label.line { input type="radio" name="state" value=(state.as_str()) required; " " (t(lang, answer_words(state).0, answer_words(state).1)) }
                }
            }
            div.field {
                label for={ "words-" (case.request) } { (t(lang, "ご本人への言葉", "Words to the person")) }
                textarea id={ "words-" (case.request) } name="words" required maxlength="2000" rows="3" {}
            }
            button.button type="submit" { (t(lang, "回答する", "Answer")) }
        },
    )
}

fn answer_words(state: CorrectionState) -> (&'static str, &'static str) {
    match state {
        CorrectionState::Received => ("回答待ち", "waits"),
        CorrectionState::Corrected => ("直した", "corrected"),
        CorrectionState::Noted => ("申し出を書き添えた", "noted beside the record"),
        CorrectionState::Refused => ("記録は正しい", "the record is right"),
    }
}
