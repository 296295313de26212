//! Orders: to inspect, to advise, to suspend an organisation at once, to lift it.

use axum::Form;
use axum::extract::State;
use axum::response::IntoResponse;
use codes::{OrgId, OrgKind};
use maud::{Markup, html};
use serde::Deserialize;
use wire::page::Choice;
use wire::{Csrf, Lang, Page, Problem, page, page::Tone, t};

use wire::page::time;

use super::{Shown, again, frame, name, officer_fields, said, to};
use crate::model::{Act, Ordered};
use crate::problems;
use crate::service::Service;

/// GET /orders
pub async fn show(State(service): State<Service>, lang: Lang, csrf: Csrf) -> Result<Page, Problem> {
    page_of(&service, lang, &csrf, html! {}).await
}

/// What an officer orders.
#[derive(Deserialize)]
pub struct Ordering {
    #[serde(default)]
    organisation: String,
    #[serde(default)]
    act: String,
    #[serde(default)]
    officer: String,
    #[serde(default)]
    words: String,
}

/// POST /orders
pub async fn order(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Form(ordering): Form<Ordering>,
) -> Shown {
    match give(&service, &ordering).await {
        Ok(()) => Ok(to("/orders")),
        Err(problem) => {
            let status = problem.status();
            let news = again(lang, problem)?;
            Ok(page_of(&service, lang, &csrf, news).await?.status(status).into_response())
        }
    }
}

async fn give(service: &Service, ordering: &Ordering) -> Result<(), Problem> {
    let organisation: OrgId =
        ordering.organisation.trim().parse().map_err(|_| problems::no_organisation())?;
    let act = Act::parse(&ordering.act).ok_or_else(problems::form)?;
    service.order(&organisation, act, &ordering.officer, &ordering.words).await
}

async fn page_of(service: &Service, lang: Lang, csrf: &Csrf, news: Markup) -> Result<Page, Problem> {
    let mut orders = service.orders().await?;
    orders.reverse();
    let body = html! {
        (news)
        (page::card(t(lang, "命令を出す", "Give an order"), page::form("/orders", csrf, form(service, lang))))
        @if orders.is_empty() {
            (page::empty_state(t(lang, "命令はまだありません。", "No order was given yet."), t(lang, "出した命令は、ここと台帳に残ります。", "Orders stay here and in the ledger."), html! {}))
        } @else { (page::card(t(lang, "出した命令", "Orders given"), table(service, lang, &orders))) }
    };
    let lead = t(
        lang,
        "停止は直ちに効力を持ち、すべての機関が数秒のうちに従います。理由は、その機関が読みます。",
        "A suspension is in force at once; every role follows within seconds. The organisation reads the reason.",
    );
    Ok(frame(service, lang, t(lang, "命令", "Orders"), "/orders").lead(lead).body(body))
}

fn form(service: &Service, lang: Lang) -> Markup {
    let directory = service.policy.directory();
    let all = OrgKind::ALL.into_iter().flat_map(|kind| directory.of_kind(kind));
    let choices: Vec<Choice> = all
        .filter(|org| org.id != service.org)
        .map(|org| Choice { value: org.id.to_string(), label: name(service, lang, &org.id) })
        .collect();
    let acts: Vec<Choice> = Act::ALL
        .into_iter()
        .map(|act| Choice { value: act.as_str().to_owned(), label: said(lang, act.words()).to_owned() })
        .collect();
    html! {
        (page::select(lang, "organisation", t(lang, "機関", "Organisation"), &choices, ""))
        (page::select(lang, "act", t(lang, "命令", "Order"), &acts, ""))
        (officer_fields(lang, t(lang, "理由", "Reason"), t(lang, "その機関が読みます。", "The organisation reads it.")))
        (page::button(t(lang, "命令を出す", "Give the order")))
    }
}

fn table(service: &Service, lang: Lang, orders: &[Ordered]) -> Markup {
    let rows = orders.iter().map(|order| {
        let tone = match order.act {
            Act::Suspend => Tone::Bad,
            Act::Lift => Tone::Ok,
            Act::Inspect | Act::Advise => Tone::Info,
        };
        [
            html! { (name(service, lang, &order.organisation)) },
            page::badge(tone, said(lang, order.act.words())),
            time(order.at),
            html! { (order.reason) },
            html! { (order.officer) },
            html! { (order.place) },
        ]
    });
    page::Table::new("")
        .column(t(lang, "機関", "Organisation"))
        .column(t(lang, "命令", "Order"))
        .column(t(lang, "時", "When"))
        .column(t(lang, "理由", "Reason"))
        .column(t(lang, "担当者", "Officer"))
        .number(t(lang, "台帳の位置", "Place in the ledger"))
        .rows(rows)
        .render()
}
