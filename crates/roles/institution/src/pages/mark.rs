//! The person asked to mark one of our records, or to take the mark off.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use serde::Deserialize;
use wire::Csrf;
use wire::page::{Lang, Tone, card, form, notice, t};

use super::clinical::{head, local, page};
use super::folder::{Folder, Item};
use super::parts::day;
use super::staff::{Acting, badge};
use super::{Pages, Shown, see};
use crate::error::DeskError;
use crate::service::records::Caller;

/// Which record, and what becomes of it.
#[derive(Deserialize)]
pub struct Wanted {
    record: String,
    #[serde(default)]
    mark: String,
}

/// GET /patients/{patient}/records/mark?record=…
pub async fn show(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Path(number): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Shown {
    let (patient, _) = pages.service.patient(local(&number)?).await?;
    let folder = Folder::open(&pages, &staff, &patient.local_number).await?;
    let item = folder.items.iter().find(|item| item.source == 0 && item.shown.name == wanted.record);
    let item = item.ok_or(DeskError::NoPatient)?;
    let back = format!("/patients/{}/records#history", patient.local_number);
    let body = html! {
        (badge(lang, &csrf, &staff))
        (head(lang, &patient, &pages))
        (card(t(lang, "記録", "The record"), which(lang, item)))
        (card(t(lang, "ご本人の印", "The person’s mark"), html! {
            @if item.marked {
                (notice(Tone::Info, t(lang, "ご本人の希望で印が付いています。", "Marked, as the person asked."), html! {}))
            }
            p { (t(lang,
                "印の付いた記録は、ご本人が印の付いた記録も見せると決めた相手にしか渡りません。当院では今までどおり見られます。",
                "A marked record goes only to those whom the person lets see marked ones. Here it is seen as before.")) }
            p { (t(lang,
                "この記録をもとにした記録（処方・報告など）にも印が付きます。文書に写しがあるときは、その文書にも印を付けてください。",
                "What was made from this record is marked with it. Where a document holds a copy, mark that document as well.")) }
            (form(&format!("/patients/{}/records/mark", patient.local_number), &csrf, html! {
                input type="hidden" name="record" value=(item.shown.name);
                @if item.marked {
                    button.button type="submit" name="mark" value="off" { (t(lang, "ご本人の希望により印を外す", "Take the mark off: the person asked")) }
                } @else {
                    button.button type="submit" name="mark" value="on" { (t(lang, "ご本人の希望により印を付ける", "Mark it: the person asked")) }
                }
            }))
            p { a href=(back) { (t(lang, "何もせずに戻る", "Back without changing anything")) } }
        }))
    };
    Ok(page(&pages, lang, &csrf, &patient, "records", body).into_response())
}

/// POST /patients/{patient}/records/mark
pub async fn set(
    State(pages): State<Pages>,
    Acting(staff): Acting,
    Path(number): Path<String>,
    Form(wanted): Form<Wanted>,
) -> Shown {
    let patient = local(&number)?;
    let on = wanted.mark == "on";
    let caller = Caller { staff: Some(staff), ..Caller::default() };
    let done = pages.service.mark_record(&caller, &patient, &wanted.record, on).await;
    done.map_err(|error| match error.status() {
        404 | 410 => DeskError::NoPatient.into(),
        409 | 412 => wire::Problem::new(409, "record-changed")
            .ja("この記録はたった今、別の操作で変わりました。開き直してからもう一度操作してください。")
            .en("the record was changed meanwhile: open it again"),
        _ => {
            tracing::error!(%error, "a record could not be marked");
            wire::Problem::internal()
        }
    })?;
    let said = if on { "on" } else { "off" };
    Ok(see(format!("/patients/{patient}/records?marked={said}#history")))
}

/// That it was done, on the page it leads back to.
pub fn done(lang: Lang, marked: Option<&str>) -> Markup {
    match marked {
        Some("on") => notice(
            Tone::Ok,
            t(lang, "ご本人の印を付けました。", "The record is marked."),
            html! { p { (t(lang, "いつでも外せます。", "The mark can be taken off at any time.")) } },
        ),
        Some("off") => {
            notice(Tone::Ok, t(lang, "ご本人の印を外しました。", "The mark is taken off."), html! {})
        }
        _ => html! {},
    }
}

/// The way to the page, from a record of ours.
pub fn link(lang: Lang, folder: &Folder, item: &Item) -> Markup {
    if item.source != 0 {
        return html! {};
    }
    let record: String = form_urlencoded::byte_serialize(item.shown.name.as_bytes()).collect();
    let words = if item.marked {
        t(lang, "ご本人の印を外す", "Take the person’s mark off")
    } else {
        t(lang, "ご本人の希望で印を付ける", "Mark it: the person asks")
    };
    html! { p.fine { a href={ "/patients/" (folder.patient) "/records/mark?record=" (record) } { (words) } } }
}

fn which(lang: Lang, item: &Item) -> Markup {
    html! {
        p {
            span.kind { (t(lang, item.shown.kind.ja(), item.shown.kind.en())) } " "
            strong lang="ja" { (item.shown.title) }
            @if let Some(on) = item.shown.day { " " (day(on)) }
        }
        (super::history::labels(lang, item.labels))
    }
}
