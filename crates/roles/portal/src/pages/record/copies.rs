//! Copies that the person keeps in the portal: listed and deleted here.

use axum::extract::{Form, State};
use codes::ExchangeId;
use maud::html;
use serde::Deserialize;
use wire::page::{Lang, Page, Table, button_quiet, card, empty_state, form, link_button, t, when};
use wire::{Csrf, Problem};

use super::super::{Here, Shown, Shows, see};
use super::page;
use crate::service::Service;
use crate::service::record::Shelf;

#[derive(Deserialize)]
pub(super) struct Deleting {
    delete: ExchangeId,
}

/// POST /record/keep
pub(super) async fn keep(State(service): State<Service>, Here(visit): Here, Shows(token): Shows) -> Shown {
    let token = token.ok_or_else(Problem::not_found)?;
    let gathered = service.on_shelf(&visit, &token, Shelf::Visit).await?.ok_or_else(Problem::not_found)?;
    service.keep_copy(&visit, &gathered).await?;
    Ok(see("/record/copies"))
}

/// GET /record/copies
pub(super) async fn list(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
) -> Result<Page, Problem> {
    let copies = service.copies(&visit).await?;
    let rows = copies.iter().map(|copy| {
        [
            html! { a href={ "/record?copy=" (copy.id) } { (when(lang, copy.at)) } },
            html! { (copy.resources) },
            form(
                "/record/copies",
                &csrf,
                button_quiet(t(lang, "消す", "Delete"), "delete", &copy.id.to_string()),
            ),
        ]
    });
    let table = Table::new("")
        .column(t(lang, "集めた日時", "Gathered"))
        .number(t(lang, "件数", "Items"))
        .column(t(lang, "消す", "Delete"))
        .rows(rows);
    let body = html! {
        @if copies.is_empty() {
            (empty_state(
                t(lang, "控えはありません", "You keep no copy"),
                t(lang, "控えは、あなたがとっておくと決めたときにだけ、ここに置かれます。", "A copy lies here only when you decide to keep one."),
                link_button("/record", t(lang, "わたしの記録へ", "To my record")),
            ))
        } @else {
            (card(t(lang, "とっておいた控え", "Copies I kept"), html! {
                (table.render())
                p.fine { (t(lang, "封をして置いてあります。消すと、すぐになくなり、戻せません。", "They lie here sealed. Deleted, they are gone at once and for good.")) }
            }))
        }
    };
    Ok(page(lang, &csrf, &visit, "/record", t(lang, "とっておいた控え", "Copies I kept"), body))
}

/// POST /record/copies
pub(super) async fn delete(
    State(service): State<Service>,
    Here(visit): Here,
    Form(deleting): Form<Deleting>,
) -> Shown {
    service.delete_copy(&visit, deleting.delete).await?;
    Ok(see("/record/copies"))
}
