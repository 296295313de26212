//! Devices that may come in without the card: registered with it once, listed, removed.

use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use maud::{Markup, html};
use serde::Deserialize;
use wire::page::{Lang, Table, Tone, button, button_quiet, card, form, notice, problem_notice, t, when};
use wire::{Csrf, Problem};

use super::{Here, Shown, apps, device, moved, see};
use crate::model::{DeviceKey, DeviceLine, Entrance, Visit};
use crate::service::Service;

#[derive(Deserialize)]
pub(super) struct Registering {
    #[serde(default)]
    key: String,
    #[serde(default)]
    remove: String,
}

#[derive(Deserialize)]
pub(super) struct Entering {
    device: String,
    code: String,
    signature: String,
}

/// The part of the login page that a registered browser sees; the script shows it where there is a key.
pub(super) fn entrance(lang: Lang, csrf: &Csrf, code: &str) -> Markup {
    html! {
        div hidden {
            (card(t(lang, "この端末で入る", "Come in with this device"), html! {
                p { (t(lang, "登録した端末です。カードを置かずに入れます。", "It is registered: you need not use your card.")) }
                form method="post" action="/login/device" data-device="enter" data-once {
                    input type="hidden" name="_csrf" value=(csrf.token());
                    input type="hidden" name="device";
                    input type="hidden" name="code" value=(code);
                    input type="hidden" name="signature";
                    (button(t(lang, "この端末で入る", "Come in with this device")))
                }
            }))
        }
    }
}

pub(super) async fn enter(
    State(service): State<Service>,
    lang: Lang,
    headers: HeaderMap,
    Form(entering): Form<Entering>,
) -> Shown {
    let key = DeviceKey::parse(&entering.device).ok_or_else(crate::problems::device_refused);
    let entered = match key {
        Ok(key) => {
            let name = device::name(&headers);
            service.enter_with_device(key, &entering.code, &entering.signature, name).await
        }
        Err(problem) => Err(problem),
    };
    match entered {
        Ok(token) => Ok(moved(&apps::onward(&headers), Some(&token))),
        Err(problem) => {
            let body = html! {
                (problem_notice(lang, &problem))
                p { a href="/login" { (t(lang, "入りなおす", "Come in again")) } }
            };
            let title = t(lang, "マイ・ポータルに入る", "Come in");
            Ok(super::outside(lang, title, "/login").body(body).status(problem.status()).into_response())
        }
    }
}

/// The list on the page of visits.
pub(super) fn list(lang: Lang, csrf: &Csrf, visit: &Visit, devices: &[DeviceLine]) -> Markup {
    let rows = devices.iter().map(|line| {
        [
            html! { (line.name) },
            html! { (when(lang, line.registered_at)) },
            html! { (when(lang, line.used_at)) },
            form(
                "/devices",
                csrf,
                button_quiet(t(lang, "外す（なくした）", "Remove (lost)"), "remove", &line.key.text()),
            ),
        ]
    });
    let table = Table::new("")
        .column(t(lang, "端末", "Device"))
        .column(t(lang, "登録した時刻", "Registered"))
        .column(t(lang, "最後に使った時刻", "Last used"))
        .column(t(lang, "外す", "Remove"));
    card(
        t(lang, "カードなしで入れる端末", "Devices that need no card"),
        html! {
            @if devices.is_empty() {
                p { (t(lang, "登録した端末はありません。", "No device is registered.")) }
            } @else { (table.rows(rows).render()) }
            @if visit.bearer.entrance == Entrance::Card && visit.bearer.code.is_some() {
                form method="post" action="/devices" data-device="register" data-once hidden {
                    input type="hidden" name="_csrf" value=(csrf.token());
                    input type="hidden" name="key";
                    (button(t(lang, "いま使っている端末を登録する", "Register this device")))
                }
            } @else {
                (notice(Tone::Info, t(lang, "登録は、カードで入ったときだけできます", "Devices are registered with the card"), html! {}))
            }
            p.fine { (t(lang,
                "登録した端末では、カードなしで、読むことと申し立てることができます。決めるときは、カードがいります。鍵はこのブラウザの中だけにあり、取り出せません。共用の端末は登録しないでください。端末をなくしたら、カードで入って外してください。外すと、ほかの端末のログインもすべて終わります。",
                "With a registered device you may read and object without the card; to decide you need it. The key stays in this browser and cannot be taken out. Do not register a shared device. If you lose one, come in with your card and remove it: every other visit ends with it.")) }
        },
    )
}

pub(super) async fn change(
    State(service): State<Service>,
    headers: HeaderMap,
    Here(visit): Here,
    Form(wanted): Form<Registering>,
) -> Shown {
    if wanted.remove.is_empty() {
        service.register_device(&visit, &wanted.key, device::name(&headers)).await?;
    } else {
        let key = DeviceKey::parse(&wanted.remove).ok_or_else(Problem::not_found)?;
        service.remove_device(&visit, key).await?;
    }
    Ok(see("/visits"))
}
