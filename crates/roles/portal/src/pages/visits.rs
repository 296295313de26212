//! Where I am in: the visits in progress, each ended at will.

use axum::extract::{Form, State};
use maud::html;
use serde::Deserialize;
use wire::Csrf;
use wire::page::{Lang, Table, button_quiet, card, form, t, when};

use super::{Here, Shown, Shows, inside, moved, see};
use crate::model::VisitKey;
use crate::service::Service;

#[derive(Deserialize)]
pub(super) struct Ending {
    visit: String,
}

pub(super) async fn list(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
) -> Result<wire::Page, wire::Problem> {
    let visits = service.visits(&visit).await?;
    let devices = service.devices(&visit).await?;
    let table = Table::new("")
        .column(t(lang, "端末", "Device"))
        .column(t(lang, "入った時刻", "Came in"))
        .column(t(lang, "最後に使った時刻", "Last used"))
        .column(t(lang, "終わらせる", "End"));
    let rows = visits.iter().map(|line| {
        let here = line.key == visit.key;
        [
            html! { span { (line.device) @if here { span.note { (t(lang, "いま使っている端末", "this one")) } } } },
            html! { (when(lang, line.begun_at)) },
            html! { (when(lang, line.seen_at)) },
            form("/visits", &csrf, button_quiet(
                if here { t(lang, "ここを終わる", "Leave here") } else { t(lang, "終わらせる", "End it") },
                "visit", &line.key.text(),
            )),
        ]
    });
    let body = html! {
        (card(t(lang, "いま入っているところ", "Where you are in now"), html! {
            (table.rows(rows).render())
            p.fine { (t(lang,
                "10分使わないと、また入ってから1時間で、自動で終わります。終わると、ポータルはあなたの符号を忘れます。覚えのない端末があれば、終わらせて、カードの暗証番号を変えてください。",
                "It ends by itself after ten minutes without use, and an hour after coming in; then the portal forgets your code. If you do not know a device, end it and change your card's PIN.")) }
        }))
        (super::devices::list(lang, &csrf, &visit, &devices))
    };
    Ok(inside(lang, &csrf, &visit, t(lang, "使っている端末", "Where I am in"), "/visits", body))
}

pub(super) async fn end(
    State(service): State<Service>,
    Here(visit): Here,
    Form(ending): Form<Ending>,
) -> Shown {
    let which = VisitKey::parse(&ending.visit).ok_or_else(wire::Problem::not_found)?;
    service.end(&visit, which).await?;
    Ok(if which == visit.key { moved("/login", None) } else { see("/visits") })
}

pub(super) async fn leave(State(service): State<Service>, Shows(token): Shows) -> Shown {
    if let Some(token) = token
        && let Some(visit) = service.visit(&token).await?
    {
        service.end(&visit, visit.key).await?;
    }
    Ok(moved("/login", None))
}
