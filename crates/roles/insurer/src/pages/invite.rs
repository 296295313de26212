//! Inviting a member to a health check.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use calendar::Date;
use codes::ExchangeId;
use maud::{Markup, html};
use serde::Deserialize;
use wire::{Csrf, Lang, Problem, page, t};

use super::{frame, member::Key};
use crate::service::Service;

/// Days that an invitation is usually good for.
const USUAL_DAYS: i32 = 90;

#[derive(Deserialize)]
pub struct Invitation {
    key: ExchangeId,
    #[serde(default)]
    until: String,
}

/// GET /members/{number}/{day}/invitation
pub async fn ask(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(key): Path<Key>,
) -> Result<page::Page, Problem> {
    let (sealed, day) = key.parse()?;
    let found = service.member(sealed, day).await?;
    let at = format!("{}/invitation", key.address());
    let body = form(&service, lang, &csrf, &at, None);
    Ok(frame(&service, lang, &found.member.record.person.name, &at).body(body))
}

/// POST /members/{number}/{day}/invitation
pub async fn send(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(key): Path<Key>,
    Form(invitation): Form<Invitation>,
) -> Result<Response, Problem> {
    let (sealed, day) = key.parse()?;
    let until = Date::parse(&invitation.until)
        .map_err(|error| Problem::new(422, "bad-date").ja(error.ja()).en(error.to_string()).at("until"));
    let sent = match until {
        Ok(until) => service.invite(sealed, day, until, invitation.key).await,
        Err(problem) => Err(problem),
    };
    match sent {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=invited", key.address())).into_response()),
        Err(problem) => {
            let at = format!("{}/invitation", key.address());
            let body = form(&service, lang, &csrf, &at, Some(&problem));
            let title = t(lang, "健診の案内", "Invitation to a health check");
            Ok(frame(&service, lang, title, &at).body(body).status(problem.status()).into_response())
        }
    }
}

fn form(service: &Service, lang: Lang, csrf: &Csrf, at: &str, problem: Option<&Problem>) -> Markup {
    let now = service.clock.now();
    let until = now.date().add_days(USUAL_DAYS);
    html! {
        @if let Some(problem) = problem { (page::problem_notice(lang, problem)) }
        (page::card(t(lang, "健診の案内を送る", "Invite to a health check"), page::form(at, csrf, html! {
            p { (t(lang, "医療等IDのある方のポータルに「お知らせ」が届きます。届いたかどうかは、こちらには分かりません。", "A notice comes to the portal of who has a medical ID. Whether it did, is not told here.")) }
            input type="hidden" name="key" value=(ExchangeId::new(now.as_millis()));
            (page::Field::date("until", t(lang, "受診の期日", "Until")).value(until.to_string()).required().render(lang))
            (page::button(t(lang, "案内を送る", "Send")))
        })))
    }
}
