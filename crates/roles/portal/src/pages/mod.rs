//! The pages for people: Japanese first, large and plain, one clear thing to do on each.

mod apps;
mod away;
mod choices;
mod coverage;
mod device;
mod devices;
mod fields;
mod history;
mod login;
mod looked;
mod meaning;
mod notices;
mod numbers;
mod objections;
mod parts;
mod people;
mod preview;
mod proofs;
mod questions;
mod record;
mod sentence;
mod visits;

use std::convert::Infallible;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use codes::OrgKind;
use maud::{Markup, html};
use wire::page::{Asset, Lang, Page, button_quiet, form, t};
use wire::{Csrf, Desk, Problem};

use crate::model::{Token, VISIT_MILLIS, Visit};
use crate::service::Service;

/// What a handler answers.
type Shown = Result<Response, Problem>;

/// The cookie of a visit.
///
/// With this prefix a browser takes it only over HTTPS (or from this machine itself), for this host alone.
const COOKIE: &str = "__Host-portal";

pub(crate) fn router(service: Service) -> Router {
    let endpoints = apps::endpoints(service.clone());
    let pages = Router::new()
        .route("/", get(looked::show))
        .route("/login", get(login::tray).post(login::enter))
        .route("/login/device", post(devices::enter))
        .route("/logout", post(visits::leave))
        .route("/away", post(away::leave))
        .route("/back", get(away::back))
        .route("/calendar", get(away::calendar))
        .route("/devices", post(devices::change))
        .route("/people", get(people::show).post(people::choose))
        .route("/people/invite/{proxy}", post(people::invite))
        .route("/hidden", get(people::hidden).post(people::hide))
        .route("/objections", get(objections::list).post(objections::say))
        .route("/objections/new", get(objections::ask).post(objections::file))
        .route("/visits", get(visits::list).post(visits::end))
        .route("/choices", get(choices::show))
        .route("/choices/history", get(history::show))
        .route("/choices/history/{rule}", get(history::rule).post(history::withdraw))
        .route("/choices/end/{what}/{id}", get(history::confirm_end).post(history::end))
        .route("/choices/{question}", get(questions::ask).post(questions::answer))
        .route("/preview", get(preview::show))
        .route("/preview/{institution}", get(preview::one))
        .route("/number", get(numbers::show))
        .merge(record::routes())
        .merge(notices::routes())
        .merge(apps::routes())
        .with_state(service)
        .merge(STYLE.routes())
        .merge(notices::SCRIPT.routes())
        .merge(notices::WORKER.routes())
        .merge(SCRIPT.routes())
        .layer(axum::middleware::from_fn(away::guard));
    wire::role_router("portal-pages", Desk::open().over_https().protect(pages).merge(endpoints))
}

/// Somebody who came in, for their own affairs. As an extractor it sends who is not in to the login page, and who acts for
/// another to the first page.
struct Here(Visit);

impl FromRequestParts<Service> for Here {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Response> {
        let Whoever(visit) = Whoever::from_request_parts(parts, service).await?;
        match visit.acting {
            None => Ok(Self(visit)),
            Some(_) => Err(Redirect::to("/people?own=true").into_response()),
        }
    }
}

/// Somebody who came in, for themself or for the person for whom they act.
struct Whoever(Visit);

impl FromRequestParts<Service> for Whoever {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Response> {
        match visit_of(parts, service).await {
            Ok(Some(visit)) => Ok(Self(visit)),
            Ok(None) if token_of(parts).is_some() => Err(moved("/login?ended=true", None)),
            Ok(None) => Err(Redirect::to("/login").into_response()),
            Err(problem) => Err(problem.into_response()),
        }
    }
}

/// The token that the browser shows, if any.
struct Shows(Option<Token>);

impl<S: Send + Sync> FromRequestParts<S> for Shows {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(token_of(parts)))
    }
}

async fn visit_of(parts: &Parts, service: &Service) -> Result<Option<Visit>, Problem> {
    match token_of(parts) {
        Some(token) => service.visit(&token).await,
        None => Ok(None),
    }
}

fn token_of(parts: &Parts) -> Option<Token> {
    let lines = parts.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE).find_map(|(_, value)| Token::parse(value))
}

/// On to `path` with the cookie of a visit that begins; without a token, of one that ends.
fn moved(path: &str, token: Option<&Token>) -> Response {
    let (value, life) = token.map_or((String::new(), 0), |token| (token.text(), VISIT_MILLIS / 1_000));
    let cookie = format!("{COOKIE}={value}; Path=/; Max-Age={life}; Secure; HttpOnly; SameSite=Strict");
    let mut response = Redirect::to(path).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// On to another page after a form; the browser's back button does not send the form again.
fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// A page before the login.
fn outside(lang: Lang, title: &str, path: &str) -> Page {
    Page::new(lang, title)
        .organisation(t(lang, "結びのポータル", "The portal of Musubi"), OrgKind::Portal)
        .at(path)
        .style(STYLE.href())
        .script(SCRIPT.href())
}

/// A page of somebody who is in: whose it is, and the way out, always at the same place.
fn inside(lang: Lang, csrf: &Csrf, visit: &Visit, title: &str, path: &str, body: Markup) -> Page {
    outside(lang, title, path).nav(nav(lang, visit)).csrf(csrf).body(html! {
        div.whose {
            span { (whose(lang, visit)) }
            div.ways-out {
                (form("/away", csrf, html! { button.button.away type="submit" title=(t(lang, "Esc キーを2回でも離れられます", "Or press Esc twice")) { (t(lang, "すぐに離れる", "Leave at once")) } }))
                (form("/logout", csrf, button_quiet(t(lang, "終わる", "Leave"), "leave", "yes")))
            }
        }
        (body)
    })
}

fn whose(lang: Lang, visit: &Visit) -> Markup {
    let name = &visit.bearer.name;
    match &visit.acting {
        None => html! { (t(lang, format!("{name} さん"), name.clone())) },
        Some(principal) => {
            let other = &principal.subject.name;
            html! {
                (t(lang, format!("{other} さんのために（代理: {name} さん）"), format!("for {other} (proxy: {name})")))
                " " a href="/people" { (t(lang, "切りかえる", "change")) }
            }
        }
    }
}

/// The main menu: a proxy's has what a proxy may do.
fn nav(lang: Lang, visit: &Visit) -> Vec<(&'static str, &'static str)> {
    let mut nav = vec![
        ("/", t(lang, "だれが見たか", "Who looked")),
        ("/record", t(lang, "わたしの記録", "My record")),
        ("/choices", t(lang, "わたしの決めごと", "My choices")),
        ("/preview", t(lang, "だれに何が見えるか", "Who can see what")),
        ("/objections", t(lang, "申し立て", "Objections")),
        ("/people", t(lang, "代理", "Proxies")),
    ];
    if visit.acting.is_none() {
        nav.insert(1, ("/notices", t(lang, "お知らせ", "Notices")));
        nav.push(("/apps", t(lang, "アプリ", "My apps")));
        nav.push(("/number", t(lang, "医療等ID", "Medical ID")));
        nav.push(("/visits", t(lang, "使っている端末", "Where I am in")));
    }
    nav
}

static SCRIPT: Asset = Asset::script(
    "/assets/portal.js",
    concat!(
        include_str!("../../assets/exit.js"),
        include_str!("../../assets/device.js"),
        include_str!("../../assets/proofs.js")
    ),
);

static STYLE: Asset = Asset::style("/assets/portal.css", include_str!("../../assets/portal.css"));
