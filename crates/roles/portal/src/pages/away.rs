//! Leaving at once (すぐに離れる): for whoever is looked over the shoulder. The visit ends, a page that says nothing of a portal takes
//! its place, and for a while every page of the portal is that one, so that the back button shows nothing.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use calendar::Date;
use maud::{Markup, html};
use wire::page::{Lang, Page, Table, t};

use super::{COOKIE, Shows};
use crate::service::Service;

/// Marks a browser that left in haste; it says nothing of who that was.
const AWAY: &str = "__Host-away";

/// How long such a browser is shown the calendar, in seconds.
const AWAY_SECONDS: u32 = 300;

pub(super) async fn leave(State(service): State<Service>, Shows(token): Shows) -> Response {
    if let Some(token) = token
        && let Ok(Some(visit)) = service.visit(&token).await
        && let Err(problem) = service.end(&visit, visit.key).await
    {
        // Whoever must leave leaves; the visit ends by itself.
        tracing::error!(%problem, "a visit that was left in haste could not be ended");
    }
    let mut response = Redirect::to("/calendar").into_response();
    set(&mut response, &format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict"));
    set(
        &mut response,
        &format!("{AWAY}=1; Path=/; Max-Age={AWAY_SECONDS}; Secure; HttpOnly; SameSite=Strict"),
    );
    response
        .headers_mut()
        .insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    response
}

/// Every page is the calendar while the browser is away; the way in is the login page, asked for on purpose.
pub(super) async fn guard(headers: HeaderMap, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let open = path == "/calendar" || path == "/back" || path.starts_with("/assets/");
    if is_away(&headers) && !open {
        Redirect::to("/calendar").into_response()
    } else {
        next.run(request).await
    }
}

/// Ends it: to the login page.
pub(super) async fn back() -> Response {
    let mut response = Redirect::to("/login").into_response();
    set(&mut response, &format!("{AWAY}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict"));
    response
}

/// The month: a page that anybody may have open.
pub(super) async fn calendar(State(service): State<Service>, lang: Lang) -> Page {
    let today = service.clock.now().date();
    let first = today.add_days(1 - i32::from(today.day()));
    let title = t(
        lang,
        format!("{}年{}月", today.year(), today.month()),
        format!("{}-{:02}", today.year(), today.month()),
    );
    Page::new(lang, title).at("/calendar").body(html! {
        (weeks(lang, first))
        p.fine { a href="/back" { (t(lang, "もどる", "Back")) } }
    })
}

fn weeks(lang: Lang, first: Date) -> Markup {
    let days = ["日", "月", "火", "水", "木", "金", "土"];
    let english = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    let mut table = Table::new("");
    for (ja, en) in days.into_iter().zip(english) {
        table = table.column(t(lang, ja, en));
    }
    let before = first.weekday().to_sunday_zero_offset();
    let next = first.add_months(1);
    let mut day = first.add_days(-i32::from(before));
    while day < next {
        let week: [Markup; 7] = std::array::from_fn(|place| {
            let one = day.add_days(i32::try_from(place).unwrap_or(0));
            let within = first <= one && one < next;
            html! { @if within { (one.day()) } }
        });
        table = table.row(week);
        day = day.add_days(7);
    }
    table.render()
}

fn is_away(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).any(|pair| pair.trim() == format!("{AWAY}=1"))
}

fn set(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
