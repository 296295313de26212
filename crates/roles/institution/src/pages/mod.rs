//! The pages of the desk: Japanese first, large and plain, usable without a mouse.

mod answer;
mod desk;
mod linking;
mod lists;
mod number;
mod parts;
mod patients;
mod record;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::FromRef;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use codes::OrgKind;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use wire::page::{Lang, Page, t};
use wire::{Csrf, Problem};

use crate::service::Service;

/// What a page handler answers.
type Shown = Result<Response, Problem>;

/// The institution's name in both languages.
#[derive(Clone, Debug)]
pub struct Names {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// What every page needs.
#[derive(Clone)]
struct Pages {
    service: Arc<Service>,
    names: Arc<Names>,
}

impl FromRef<Pages> for Arc<Service> {
    fn from_ref(pages: &Pages) -> Self {
        Arc::clone(&pages.service)
    }
}

/// All pages.
pub fn routes(service: &Arc<Service>, names: &Names) -> Router {
    Router::new()
        .route("/", get(desk::show))
        .route("/latest", get(desk::latest))
        .route("/read", post(desk::read))
        .route("/number", get(number::show).post(number::ask))
        .route("/visits", get(lists::day))
        .route("/visits/{visit}", get(answer::show))
        .route("/visits/{visit}/link", get(linking::search).post(linking::link))
        .route("/visits/{visit}/record", get(record::show).post(record::ask_again))
        .route("/search", get(lists::search))
        .route("/patients", get(patients::list).post(patients::import))
        .route("/patients/{patient}", get(patients::show))
        .with_state(Pages { service: Arc::clone(service), names: Arc::new(names.clone()) })
        .route(STYLE, get(style))
}

const STYLE: &str = "/assets/institution.css";
const SHEET: &str = include_str!("../../assets/institution.css");

impl Pages {
    /// A page of this institution.
    fn page(&self, lang: Lang, csrf: &Csrf, path: &str, title: &str) -> Page {
        let nav = [
            ("/", t(lang, "受付", "Reception")),
            ("/number", t(lang, "番号で確認", "Check by number")),
            ("/visits", t(lang, "今日の来院", "Today’s visits")),
            ("/search", t(lang, "さがす", "Search")),
            ("/patients", t(lang, "患者一覧", "Patient list")),
        ];
        Page::new(lang, title)
            .organisation(t(lang, &self.names.ja, &self.names.en), OrgKind::Institution)
            .nav(nav)
            .at(path)
            .style(style_href())
            .csrf(csrf)
    }
}

/// The style sheet's address; it changes with its content, so that browsers may keep it for ever.
fn style_href() -> &'static str {
    static HREF: OnceLock<String> = OnceLock::new();
    HREF.get_or_init(|| {
        let digest = HEXLOWER.encode(&Sha256::digest(SHEET));
        format!("{STYLE}?v={}", digest.get(..12).unwrap_or_default())
    })
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, SHEET).into_response()
}

/// On to another page after a form; the browser's back button does not send the form again.
fn see(path: String) -> Response {
    axum::response::Redirect::to(&path).into_response()
}
