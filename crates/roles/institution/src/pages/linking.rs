//! Which local patient is this? One click the first time; afterwards the patient is found without names.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use codes::ExchangeId;
use maud::{Markup, html};
use serde::Deserialize;
use wire::page::{Field, Lang, Tone, badge, card_with, details, form, form_get, notice, problem_notice, t};
use wire::{Csrf, Problem};

use super::parts::day;
use super::{Pages, Shown, see};
use crate::error::DeskError;
use crate::model::{Agreement, Candidate, LocalNumber, Visit};
use crate::service::Service;

/// POST body: which patient, and how.
#[derive(Deserialize)]
pub struct Link {
    /// The local number; empty to end the link.
    #[serde(default)]
    patient: String,
    /// `link`, `move` (take over from another person), `new` (not in the list yet), `end`.
    #[serde(default)]
    act: String,
}

/// GET query: what the clerk looks for.
#[derive(Deserialize)]
pub struct Wanted {
    /// Name, reading, birth date or number.
    #[serde(default)]
    q: String,
}

/// POST /visits/{visit}/link
pub async fn link(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Path(visit): Path<ExchangeId>,
    Form(link): Form<Link>,
) -> Shown {
    let number = link.patient.parse::<LocalNumber>();
    let done = match (link.act.as_str(), number) {
        ("end", _) => pages.service.link(visit, None, false).await,
        ("new", Ok(number)) => pages.service.link_new(visit, number).await,
        (act, Ok(number)) => pages.service.link(visit, Some(number), act == "move").await,
        (_, Err(error)) => {
            let (ja, en) = (error.ja(), error.to_string());
            Err(DeskError::Fields(vec![crate::error::FieldError { field: "patient", ja, en }]))
        }
    };
    match done {
        Ok(()) => Ok(see(format!("/visits/{visit}#patient"))),
        Err(error @ (DeskError::Fields(_) | DeskError::LinkTaken | DeskError::NoPatient)) => {
            let taken = matches!(error, DeskError::LinkTaken).then_some(link.patient.as_str());
            render(&pages, lang, &csrf, visit, &link.patient, taken, Some(error.into())).await
        }
        Err(error) => Err(error.into()),
    }
}

/// GET /visits/{visit}/link?q=
pub async fn search(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Path(visit): Path<ExchangeId>,
    Query(wanted): Query<Wanted>,
) -> Shown {
    render(&pages, lang, &csrf, visit, &wanted.q, None, None).await
}

async fn render(
    pages: &Pages,
    lang: Lang,
    csrf: &Csrf,
    visit: ExchangeId,
    wanted: &str,
    taken: Option<&str>,
    problem: Option<Problem>,
) -> Shown {
    let visit = pages.service.visit(visit).await?;
    let found = pages.service.candidates_by_text(&visit, wanted).await?;
    let status = problem.as_ref().map_or(StatusCode::OK, Problem::status);
    let path = format!("/visits/{}/link", visit.id);
    let body = html! {
        @if let Some(problem) = &problem { (problem_notice(lang, problem)) }
        @if let Some(number) = taken { (form(&path, csrf, html! {
            input type="hidden" name="patient" value=(number);
            button.button.quiet type="submit" name="act" value="move" {
                (t(lang, "それでもこの方に付け替える", "Move it to this person all the same"))
            }
        })) }
        (search_form(lang, &visit, wanted))
        @if !wanted.is_empty() && found.is_empty() {
            (notice(Tone::Info, t(lang, "見つかりませんでした。", "Nobody found."), html! { p { (t(
                lang, "読みの一部、生年月日（和暦も可）、患者番号でもさがせます。",
                "Part of the reading, the birth date or the number will do as well.")) } }))
        }
        (candidates(lang, csrf, &visit, &found))
        (new_patient(lang, csrf, &visit))
        p { a href={ "/visits/" (visit.id) } { (t(lang, "確認結果へ戻る", "Back to the result")) } }
    };
    let title = t(lang, "患者番号と結び付ける", "Link to a patient number");
    let lead = visit.name().map(|name| t(lang, format!("{name} さん"), name.to_owned())).unwrap_or_default();
    Ok(pages.page(lang, csrf, &path, title).lead(lead).status(status).body(body).into_response())
}

/// The part of the answer page that says who this is in the institution's own list.
pub async fn link_card(
    lang: Lang,
    csrf: &Csrf,
    service: &Service,
    visit: &Visit,
) -> Result<Markup, DeskError> {
    let title = t(lang, "当院の患者番号", "Patient number here");
    if let Some(number) = &visit.patient {
        let patient = service.patient(number.clone()).await.ok().map(|(patient, _)| patient);
        let body = html! {
            p.linked {
                a.linked-number href={ "/patients/" (number) } { (number) }
                @if let Some(patient) = &patient { span lang="ja" { (patient.name) } }
            }
            (details(t(lang, "結び付けを直す", "Correct this"), html! {
                (search_form(lang, visit, ""))
                (form(&format!("/visits/{}/link", visit.id), csrf, html! {
                    button.button.quiet type="submit" name="act" value="end" { (t(lang, "結び付けを外す", "Remove the link")) }
                }))
            }))
        };
        let linked = badge(Tone::Ok, t(lang, "結び付け済み", "linked"));
        return Ok(html! { div #patient { (card_with(title, linked, body)) } });
    }
    let found = service.candidates(visit).await?;
    let body = html! {
        p { (t(
            lang,
            "この方は初めて結び付けます。一度結び付けると、次からは名前を使わずに見つかります。",
            "Linked once, this person is found from then on without names.")) }
        @if found.is_empty() {
            (notice(Tone::Info, t(lang, "似た患者さんは一覧にありません。", "Nobody alike is in the patient list."), html! {}))
            (search_form(lang, visit, ""))
            (new_patient(lang, csrf, visit))
        } @else {
            (candidates(lang, csrf, visit, &found))
            (details(t(lang, "ほかの患者さんをさがす・新しく登録する", "Find another, or register a new patient"), html! {
                (search_form(lang, visit, ""))
                (new_patient(lang, csrf, visit))
            }))
        }
    };
    let open = badge(Tone::Info, t(lang, "未登録", "not linked yet"));
    Ok(html! { div #patient { (card_with(title, open, body)) } })
}

fn candidates(lang: Lang, csrf: &Csrf, visit: &Visit, found: &[Candidate]) -> Markup {
    html! {
        @if !found.is_empty() {
            ul.candidates {
                @for candidate in found { li { (row(lang, csrf, visit, candidate)) } }
            }
        }
    }
}

fn row(lang: Lang, csrf: &Csrf, visit: &Visit, candidate: &Candidate) -> Markup {
    let patient = &candidate.patient;
    let label = t(lang, "この患者に結び付ける", "Link to this patient");
    html! {
        div.candidate-who {
            p { span.digits { (patient.local_number) } " " span.candidate-name lang="ja" { (patient.name) } }
            p.under { (patient.kana) " " (day(patient.birthdate)) (t(lang, "生", "")) }
            (agreement(lang, candidate.agreement))
        }
        @if candidate.taken {
            (badge(Tone::Warn, t(lang, "別の方と結び付いています", "linked to another person")))
        } @else {
            (form(&format!("/visits/{}/link", visit.id), csrf, html! {
                input type="hidden" name="patient" value=(patient.local_number);
                button type="submit" name="act" value="link" class={ "button" @if !candidate.agreement.is_complete() { " quiet" } }
                    aria-label=(format!("{} {} {}", patient.local_number, patient.name, label)) { (label) }
            }))
        }
    }
}

/// What agrees and what does not: a sign and a word each, never colour alone.
fn agreement(lang: Lang, agreement: Agreement) -> Markup {
    let parts = [
        (agreement.name, t(lang, "氏名", "name")),
        (agreement.kana, t(lang, "カナ", "reading")),
        (agreement.birthdate, t(lang, "生年月日", "birth date")),
        (agreement.sex, t(lang, "性別", "sex")),
        (agreement.insured, t(lang, "記号番号", "number")),
    ];
    html! {
        ul.agreement {
            @for (agrees, word) in parts {
                li class=(if agrees { "agrees" } else { "differs" }) {
                    span aria-hidden="true" { (if agrees { "✓" } else { "×" }) } (word)
                    span.hidden { (if agrees { t(lang, "一致", " agrees") } else { t(lang, "不一致", " differs") }) }
                }
            }
        }
    }
}

fn search_form(lang: Lang, visit: &Visit, wanted: &str) -> Markup {
    form_get(
        &format!("/visits/{}/link", visit.id),
        html! {
            (Field::text("q", t(lang, "患者をさがす", "Find a patient"))
                .hint(t(lang, "氏名・カナ・生年月日・患者番号", "Name, reading, birth date or number"))
                .value(wanted).render(lang))
            button.button.quiet type="submit" { (t(lang, "さがす", "Find")) }
        },
    )
}

fn new_patient(lang: Lang, csrf: &Csrf, visit: &Visit) -> Markup {
    html! {
        @if visit.question.outcome.answer().is_some_and(|answer| !answer.memberships.is_empty()) {
            (form(&format!("/visits/{}/link", visit.id), csrf, html! {
                (Field::text("patient", t(lang, "新しい患者として登録する番号", "Number for a new patient"))
                    .hint(t(lang, "英数字とハイフン、20文字まで。氏名などは保険者の記録から写します。",
                        "Letters, digits, hyphens, up to 20. The name is taken from the insurer’s record."))
                    .render(lang))
                button.button.quiet type="submit" name="act" value="new" { (t(lang, "新しく登録して結び付ける", "Register and link")) }
            }))
        }
    }
}
