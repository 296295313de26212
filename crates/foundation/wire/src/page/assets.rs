//! The one style sheet, the one script and the icon, embedded and cached by their content.

use std::sync::OnceLock;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

const CSS: &str = include_str!("../../assets/musubi.css");
const JS: &str = include_str!("../../assets/musubi.js");
const KNOT: &str = include_str!("../../assets/musubi.svg");

/// The icon's address.
pub(super) const ICON: &str = "/assets/musubi.svg";

/// The style sheet's address; it changes with its content, so that browsers may keep it for ever.
pub(super) fn css_href() -> &'static str {
    static HREF: OnceLock<String> = OnceLock::new();
    HREF.get_or_init(|| format!("/assets/musubi.css?v={}", digest(CSS)))
}

/// The script's address, likewise.
pub(super) fn js_href() -> &'static str {
    static HREF: OnceLock<String> = OnceLock::new();
    HREF.get_or_init(|| format!("/assets/musubi.js?v={}", digest(JS)))
}

/// A style sheet or a script of a role's own, served by the role itself: make it a `static`, show it with
/// [`Page::style`](super::Page::style) or [`Page::script`](super::Page::script), and mount [`Asset::routes`].
#[derive(Debug)]
pub struct Asset {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
    href: OnceLock<String>,
}

impl Asset {
    /// A style sheet at `path`.
    pub const fn style(path: &'static str, text: &'static str) -> Self {
        Asset { path, kind: "text/css; charset=utf-8", text, href: OnceLock::new() }
    }

    /// A script at `path`: the content security policy runs it because it comes from the page's own house.
    pub const fn script(path: &'static str, text: &'static str) -> Self {
        Asset { path, kind: "text/javascript; charset=utf-8", text, href: OnceLock::new() }
    }

    /// Its address; it changes with its content, so that browsers may keep it for ever.
    pub fn href(&'static self) -> &'static str {
        self.href.get_or_init(|| format!("{}?v={}", self.path, digest(self.text)))
    }

    /// The route that serves it.
    pub fn routes(&'static self) -> Router {
        Router::new().route(self.path, get(async || asset(self.kind, self.text)))
    }
}

/// `/assets/musubi.{css,js,svg}`.
pub(crate) fn routes() -> Router {
    Router::new()
        .route("/assets/musubi.css", get(async || asset("text/css; charset=utf-8", CSS)))
        .route("/assets/musubi.js", get(async || asset("text/javascript; charset=utf-8", JS)))
        .route(ICON, get(async || asset("image/svg+xml", KNOT)))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, text).into_response()
}

fn digest(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_stays_small() {
        assert!(CSS.len() < 20 * 1024, "{} bytes", CSS.len());
        assert!(JS.len() < 4 * 1024, "{} bytes", JS.len());
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        for text in [CSS, JS] {
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("@import"));
        }
    }
}
