//! What was issued last, and the search.

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use wire::page::{self, Field, Table, time};
use wire::{Lang, Page, Problem, t};

use super::{badge, frame, kind, serial};
use crate::model::Certificate;
use crate::service::Service;

/// The search of the list.
#[derive(Deserialize)]
pub struct Search {
    #[serde(default)]
    search: String,
}

pub async fn list(
    State(service): State<Service>,
    lang: Lang,
    Query(Search { search }): Query<Search>,
) -> Result<Page, Problem> {
    let (valid, revoked) = service.counts().await?;
    let certificates = service.list(&search).await?;
    let body = html! {
        (page::stats(&[
            page::stat(&valid.to_string(), t(lang, "枚", ""), t(lang, "有効な証明書", "Certificates in force"), ""),
            page::stat(&revoked.to_string(), t(lang, "枚", ""), t(lang, "失効した証明書", "Revoked"), ""),
        ]))
        (page::form_get("/", html! {
            (Field::text("search", t(lang, "発行番号・氏名", "Serial number or name")).value(search.as_str())
                .hint(t(lang, "先頭からの一部で探せます", "The beginning is enough")).render(lang))
            (page::button(t(lang, "探す", "Search")))
        }))
        @if certificates.is_empty() {
            (page::empty_state(
                t(lang, "証明書はありません。", "No certificate found."),
                t(lang, "証明書は、市町村の窓口でカードと一緒に発行されます。", "Certificates are issued with the card at the municipal counter."),
                html! {},
            ))
        } @else {
            (table(&service, lang, &certificates))
        }
    };
    Ok(frame(lang, t(lang, "電子証明書", "Certificates"), "/").body(body))
}

fn table(service: &Service, lang: Lang, certificates: &[Certificate]) -> Markup {
    let now = service.clock.now();
    Table::new(t(lang, "新しい順、100件まで", "Newest first, at most 100"))
        .column(t(lang, "発行番号", "Serial number"))
        .column(t(lang, "種類", "Kind"))
        .column(t(lang, "氏名", "Name"))
        .column(t(lang, "発行", "Issued"))
        .column(t(lang, "期限", "Until"))
        .column(t(lang, "状態", "Standing"))
        .rows(certificates.iter().map(|certificate| {
            [
                html! { a href=(format!("/certificates/{}", certificate.serial)) { (serial(&certificate.serial)) } },
                html! { (kind(lang, certificate.kind)) },
                html! { (certificate.name.as_deref().unwrap_or("—")) },
                time(certificate.issued_at),
                time(certificate.not_after),
                badge(lang, &certificate.status(now)),
            ]
        }))
        .render()
}
