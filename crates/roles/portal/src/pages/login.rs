//! Coming in: the person puts the card down and enters the PIN.

use axum::extract::{Form, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use protocol::reader::TrayCard;
use serde::Deserialize;
use wire::page::{
    Field, Lang, Page, Tile, Tone, button, card, empty_state, form, form_get, notice, problem_notice, t,
    tiles,
};
use wire::{Csrf, Problem};

use super::{apps, device, devices, moved, outside};
use crate::service::Service;

/// Cards that one page of the tray shows.
const TRAY_MAX: usize = 60;

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    pick: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    ended: bool,
}

#[derive(Deserialize)]
pub(super) struct Entering {
    card: String,
    #[serde(default)]
    pin: String,
}

pub(super) async fn tray(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Query(chosen): Query<Chosen>,
) -> Page {
    let cards = service.tray();
    let picked = cards.iter().find(|card| card.id == chosen.pick);
    let body = match picked {
        Some(card) => pin_form(lang, &csrf, card, None),
        None => html! {
            @if chosen.ended {
                (notice(Tone::Info, t(lang, "前に入ったときのものは、終わっています", "Your last visit has ended"), html! {
                    p { (t(lang, "しばらく使わなかったか、ほかの端末で終わらせました。続けるには、もう一度入ってください。", "It was not used for a while, or was ended on another device. Come in again to go on.")) }
                }))
            }
            @if let Ok(code) = service.one_time_code() { (devices::entrance(lang, &csrf, &code)) }
            (choose(lang, &cards, &chosen.q))
        },
    };
    page(lang, body)
}

pub(super) async fn enter(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    headers: HeaderMap,
    Form(entering): Form<Entering>,
) -> Response {
    match service.login(&entering.card, &entering.pin, device::name(&headers)).await {
        Ok(token) => moved(&apps::onward(&headers), Some(&token)),
        Err(problem) => {
            let cards = service.tray();
            let again = cards.iter().find(|card| card.id == entering.card);
            let body = match again {
                Some(card) => pin_form(lang, &csrf, card, Some(&problem)),
                None => html! { (problem_notice(lang, &problem)) (choose(lang, &cards, "")) },
            };
            page(lang, body).status(problem.status()).into_response()
        }
    }
}

fn page(lang: Lang, body: Markup) -> Page {
    outside(lang, t(lang, "マイ・ポータルに入る", "Come in"), "/login")
        .lead(t(
            lang,
            "だれが、いつ、なぜ、あなたの記録を見たかを確かめ、これからだれに見せるかを決めるところです。カードと暗証番号だけで入れます。",
            "See who looked at your records, when and why, and decide who may from now on. Your card and its PIN are all you need.",
        ))
        .body(body)
}

fn choose(lang: Lang, cards: &[TrayCard], wanted: &str) -> Markup {
    if cards.is_empty() {
        return empty_state(
            t(lang, "カードを読み取る装置がありません", "There is no card reader here"),
            t(lang, "お近くの窓口をご利用ください。", "Please use a counter near you."),
            html! {},
        );
    }
    let matching = cards.iter().filter(|card| wanted.is_empty() || card.name.contains(wanted));
    let shown: Vec<Tile> = matching.take(TRAY_MAX).map(|card| tile(lang, card)).collect();
    html! {
        (card(t(lang, "あなたのカードを選んで置いてください", "Choose your card and put it on the reader"), html! {
            (form_get("/login", html! {
                (Field::text("q", t(lang, "名前で探す", "Find by name")).value(wanted).render(lang))
                (button(t(lang, "探す", "Find")))
            }))
            @if shown.is_empty() {
                (empty_state(
                    t(lang, "見つかりません", "Nothing found"),
                    t(lang, "別の名前で探してください。", "Try another name."),
                    html! {},
                ))
            } @else { (tiles(&shown)) }
        }))
    }
}

fn tile(lang: Lang, card: &TrayCard) -> Tile {
    Tile {
        title: card.name.clone(),
        over: card.birthdate.clone(),
        under: t(lang, &card.note_ja, &card.note_en).clone(),
        href: Some(format!("/login?pick={}", card.id)),
        value: String::new(),
        kind: String::new(),
    }
}

fn pin_form(lang: Lang, csrf: &Csrf, shown: &TrayCard, problem: Option<&Problem>) -> Markup {
    let pin = Field::secret("pin", t(lang, "暗証番号（4桁）", "PIN (four digits)"))
        .hint(t(lang, "3回間違えるとカードがロックされます。", "After three wrong entries the card locks."))
        .required();
    html! {
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        (card(&shown.name, form("/login", csrf, html! {
            input type="hidden" name="card" value=(shown.id);
            (pin.render(lang))
            (button(t(lang, "入る", "Come in")))
            p { a href="/login" { (t(lang, "別のカードを選ぶ", "Choose another card")) } }
        })))
    }
}
