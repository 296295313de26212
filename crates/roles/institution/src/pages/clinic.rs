//! Finding the patient whom somebody treats: by number, name, birth date, or by the card at the reader.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use protocol::exchange::Practitioner;
use protocol::reader::{ReaderMode, Road, TrayCard};
use serde::Deserialize;
use wire::page::{Field, Lang, Table, card, details, empty_state, form, form_get, problem_notice, t};
use wire::{Csrf, Problem};

use super::desk::{further, tray_card};
use super::parts::{clock, day as both, sex_words};
use super::staff::{Acting, badge};
use super::{Pages, Shown, see};
use crate::error::DeskError;
use crate::model::{Door, Patient, VisitLine};
use crate::service::CardOrder;

/// What is looked for.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    q: String,
}

/// The card that was chosen.
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    card: String,
}

/// GET /clinic
pub async fn find(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Query(wanted): Query<Wanted>,
) -> Shown {
    render(&pages, lang, &csrf, &staff, &wanted, None).await
}

/// POST /clinic/card: the card that lies at the reader leads to the patient; reading it is the evidence of presence.
pub async fn by_card(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Form(chosen): Form<Chosen>,
) -> Shown {
    let (card, number) = super::desk::chosen(&chosen.card)?;
    let order = CardOrder { card, mode: ReaderMode::Face, road: Road::InsuranceCode, pin: None };
    match pages.service.receive_card_for(Door::Desk, order, number).await {
        Ok(visit) => match pages.service.visit(visit).await?.patient {
            Some(patient) => Ok(see(format!("/patients/{patient}/records"))),
            None => Ok(see(format!("/visits/{visit}#patient"))),
        },
        Err(error @ (DeskError::Reader(_) | DeskError::Statement(_) | DeskError::NoReader)) => {
            render(&pages, lang, &csrf, &staff, &Wanted::default(), Some(error.into())).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn render(
    pages: &Pages,
    lang: Lang,
    csrf: &Csrf,
    staff: &Practitioner,
    wanted: &Wanted,
    problem: Option<Problem>,
) -> Shown {
    let found = pages.service.search(&wanted.q).await?;
    let asked = !wanted.q.trim().is_empty();
    let today = pages.service.day(pages.service.today(), None, TODAY).await?;
    let body = html! {
        (badge(lang, csrf, staff))
        @if let Some(problem) = &problem { (problem_notice(lang, problem)) }
        (search_form(lang, "/clinic", &wanted.q))
        @if asked {
            @if found.patients.is_empty() { (nobody(lang)) }
            @else { (card(t(lang, "見つかった患者さん", "Patients found"), patients(lang, &found.patients, "records"))) }
        }
        (card(t(lang, "本日受付した患者さん", "Received today"), received(lang, &today)))
        @if let Some(tray) = pages.service.tray() { (card(t(lang, "カードでさがす", "By the card"), cards(lang, csrf, &tray, |id| pages.service.numbers(id)))) }
    };
    let status = problem.as_ref().map_or(StatusCode::OK, Problem::status);
    let lead =
        t(lang, "患者さんを選ぶと、当院の記録が開きます。", "Choose the patient: our own record opens.");
    let title = t(lang, "診療", "Treatment");
    Ok(pages.page(lang, csrf, "/clinic", title).lead(lead).status(status).body(body).into_response())
}

/// Looking for a patient; the same on every page that begins with one.
pub fn search_form(lang: Lang, action: &str, value: &str) -> Markup {
    form_get(
        action,
        html! {
            (Field::text("q", t(lang, "患者番号・氏名・カナ・生年月日", "Patient number, name, reading or birth date"))
                .value(value).scan().render(lang))
            button.button type="submit" { (t(lang, "さがす", "Find")) }
        },
    )
}

/// Nobody was found.
pub fn nobody(lang: Lang) -> Markup {
    empty_state(
        t(lang, "見つかりませんでした", "Nobody found"),
        t(lang, "読みの一部や生年月日でもさがせます。", "Try a part of the reading, or the birth date."),
        html! {},
    )
}

/// Patients, each leading to a page of theirs.
pub fn patients(lang: Lang, patients: &[Patient], to: &str) -> Markup {
    let rows = patients.iter().map(|patient| {
        [
            html! {
                a.row-name href={ "/patients/" (patient.local_number) "/" (to) } lang="ja" { (patient.name) }
                span.under { (patient.kana) }
            },
            html! { span.digits { (patient.local_number) } },
            both(patient.birthdate),
            html! { (sex_words(lang, patient.sex)) },
        ]
    });
    Table::new("")
        .column(t(lang, "氏名", "Name"))
        .column(t(lang, "患者番号", "Number"))
        .column(t(lang, "生年月日", "Born"))
        .column(t(lang, "性別", "Sex"))
        .rows(rows)
        .render()
}

fn received(lang: Lang, lines: &[VisitLine]) -> Markup {
    let linked: Vec<_> = lines.iter().filter_map(|line| Some((line, line.patient.as_ref()?))).collect();
    html! {
        @if linked.is_empty() {
            p.muted { (t(lang, "患者番号と結び付いた受付はまだありません。", "Nobody with a patient number yet.")) }
        } @else {
            ul.latest { @for (line, patient) in linked {
                li {
                    time datetime=(line.received_at) { (clock(line.received_at)) }
                    a href={ "/patients/" (patient) "/records" } lang="ja" { (line.name) }
                }
            } }
        }
    }
}

fn cards(lang: Lang, csrf: &Csrf, tray: &[TrayCard], numbers: impl Fn(&str) -> Vec<u16>) -> Markup {
    let some = tray.iter().take(CARDS);
    let choice = html! {
        @if tray.is_empty() {
            button.button.quiet type="submit" name="card" value="" { (t(lang, "カードを読み取る", "Read the card")) }
        } @else {
            ul.tiles { @for one in some { li { (tray_card(lang, one)) (further(lang, one, &numbers(&one.id))) } } }
        }
    };
    html! {
        p { (t(lang, "リーダーに置かれたカードを顔認証で読み取り、受付します。", "Reads the card at the reader (face) and receives the person.")) }
        @if tray.len() > FEW { (details(t(lang, "カードを選ぶ", "Choose the card"), form("/clinic/card", csrf, choice))) }
        @else { (form("/clinic/card", csrf, choice)) }
    }
}

/// Visits of today that are shown.
const TODAY: u32 = 50;
/// Cards shown.
const CARDS: usize = 48;
/// From this many cards on they are folded away.
const FEW: usize = 6;
