//! The reviewers' queue: emergencies that nothing corroborated for 72 hours, and what the reviewer finds.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use codes::ExchangeId;
use maud::{Markup, html};
use protocol::exchange::{Corroboration, CorroborationRequest};
use serde::Deserialize;
use wire::{Csrf, Lang, Page, Problem, page, page::Tone, t};

use wire::page::time;

use super::{frame, name};
use crate::problems;
use crate::service::{Service, Waiting};

/// What was done before this page.
#[derive(Deserialize)]
pub struct Done {
    done: Option<String>,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Found {
    finding: String,
    reviewer: String,
    words: String,
}

/// GET /review
pub async fn queue(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Query(query): Query<Done>,
) -> Result<Page, Problem> {
    let news = match query.done.as_deref() {
        Some("right") => said(t(lang, "「適切だった」と記録しました。", "Recorded as found right.")),
        Some("wrong") => said(t(lang, "「不適切だった」と記録しました。", "Recorded as found wrong.")),
        _ => html! {},
    };
    show(&service, lang, &csrf, news).await
}

fn said(title: &str) -> Markup {
    page::notice(Tone::Ok, title, html! {})
}

/// POST /review/{declaration}
pub async fn found(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(declaration): Path<ExchangeId>,
    Form(form): Form<Found>,
) -> Result<Response, Problem> {
    match settle(&service, declaration, &form).await {
        Ok(()) => Ok(Redirect::to(&format!("/review?done={}", form.finding)).into_response()),
        Err(problem) if problem.status().is_server_error() => Err(problem),
        Err(problem) => {
            let status: StatusCode = problem.status();
            let news = page::problem_notice(lang, &problem);
            Ok(show(&service, lang, &csrf, news).await?.status(status).into_response())
        }
    }
}

async fn settle(service: &Service, declaration: ExchangeId, form: &Found) -> Result<(), Problem> {
    let by = match form.finding.as_str() {
        "right" => Corroboration::Reviewed,
        "wrong" => Corroboration::Refuted,
        _ => return Err(problems::finding()),
    };
    let (reviewer, words) = (form.reviewer.trim(), form.words.trim());
    if reviewer.is_empty() || words.is_empty() {
        return Err(problems::finding());
    }
    let reference = format!("{reviewer}: {words}");
    let exchange = ExchangeId::new(service.clock.now().as_millis());
    let org = service.org;
    service.corroborate(&org, CorroborationRequest { exchange, declaration, by, reference }).await?;
    Ok(())
}

async fn show(service: &Service, lang: Lang, csrf: &Csrf, news: Markup) -> Result<Page, Problem> {
    let waiting = service.waiting_for_review().await?;
    let body = html! {
        (news)
        @if waiting.is_empty() {
            (page::empty_state(
                t(lang, "審査を待つものはありません。", "Nothing waits for a review."),
                t(lang, "宣言から72時間たっても裏付けのないものが、ここに並びます。", "What nothing corroborated for 72 hours comes here."),
                html! { a href="/" { (t(lang, "公表値を見る", "See the published figures")) } },
            ))
        }
        @for case in &waiting { (one(service, lang, csrf, case)) }
    };
    let title = t(lang, "緊急時の照会の審査", "Review of emergencies");
    Ok(frame(service, lang, title, "/review")
        .lead(t(
            lang,
            "72時間たっても、カード・救急・請求のどれにも裏付けられていない緊急時の照会です。だれの記録かは、中継機関には分かりません。機関に事情を確かめて、判断を記録してください。判断は台帳に残り、本人に知らされ、公表値に数えられます。",
            "Emergencies that no card, ambulance record or claim corroborated for 72 hours. The relay does not know whose records they were. Ask the institution, then record what you found: it stands in the ledger, the person reads it, and it is counted in the figures.",
        ))
        .body(body))
}

fn one(service: &Service, lang: Lang, csrf: &Csrf, case: &Waiting) -> Markup {
    let reason = case.reason.map(|reason| reason.words());
    let staff = case.staff.iter().map(|staff| {
        let profession = t(lang, staff.profession.ja(), staff.profession.en());
        format!("{}（{profession}、{}）", staff.name, staff.id)
    });
    let staff: Vec<String> = staff.collect();
    let days = (service.clock.now().as_millis() - case.at.as_millis()) / 86_400_000;
    let rows = [
        (
            t(lang, "宣言した時", "Declared"),
            html! { (time(case.at)) " " (t(lang, format!("（{days}日前）"), format!("({days} days ago)"))) },
        ),
        (t(lang, "職員", "Staff"), html! { (staff.join(t(lang, "、", ", "))) }),
        (t(lang, "理由", "Reason"), html! { (reason.map_or("―", |(ja, en)| t(lang, ja, en))) }),
        (t(lang, "状況（機関の言葉）", "In their words"), html! { (case.text) }),
        (t(lang, "宣言の番号", "Declaration"), html! { code { (case.declaration) } }),
    ];
    let aside = html! {
        @if case.widened { (page::badge(Tone::Warn, t(lang, "範囲を広げた", "Widened"))) }
    };
    page::card_with(
        &name(service, lang, &case.organisation),
        aside,
        html! {
            (page::definitions(&rows))
            (page::form(&format!("/review/{}", case.declaration), csrf, form(lang)))
        },
    )
}

fn form(lang: Lang) -> Markup {
    html! {
        (page::Field::text("reviewer", t(lang, "審査した人", "Reviewer")).required().render(lang))
        (page::Field::text("words", t(lang, "確かめたことと判断の理由", "What was checked, and why you find so"))
            .hint(t(lang, "本人の氏名は書かないでください。", "Do not write the person's name.")).required().render(lang))
        (page::button_quiet(t(lang, "適切だった", "Found right"), "finding", "right")) " "
        (page::button_quiet(t(lang, "不適切だった", "Found wrong"), "finding", "wrong"))
    }
}
