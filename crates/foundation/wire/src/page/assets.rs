//! The one style sheet, the one script and the icon, embedded and cached by their content.

use std::io::Write;
use std::sync::OnceLock;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::{Compression, write::GzEncoder};

static CSS: Asset = Asset::style("/assets/musubi.css", include_str!("../../assets/musubi.css"));
static JS: Asset = Asset::script("/assets/musubi.js", include_str!("../../assets/musubi.js"));
static KNOT: Asset = Asset::new(ICON, "image/svg+xml", include_str!("../../assets/musubi.svg"));

/// The icon's address.
pub(super) const ICON: &str = "/assets/musubi.svg";

/// The style sheet's address.
pub(super) fn css_href() -> &'static str {
    CSS.href()
}

/// The script's address.
pub(super) fn js_href() -> &'static str {
    JS.href()
}

/// A style sheet or a script of a role's own, served by the role itself: make it a `static`, show it with
/// [`Page::style`](super::Page::style) or [`Page::script`](super::Page::script), and mount [`Asset::routes`].
///
/// It travels packed (gzip) to a browser that takes that. Pages do not: they show a session's token beside words that
/// somebody else may have chosen, and the packed length would tell one from the other (BREACH).
#[derive(Debug)]
pub struct Asset {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
    href: OnceLock<String>,
    packed: OnceLock<Vec<u8>>,
}

impl Asset {
    /// A style sheet at `path`.
    pub const fn style(path: &'static str, text: &'static str) -> Self {
        Self::new(path, "text/css; charset=utf-8", text)
    }

    /// A script at `path`: the content security policy runs it because it comes from the page's own house.
    pub const fn script(path: &'static str, text: &'static str) -> Self {
        Self::new(path, "text/javascript; charset=utf-8", text)
    }

    const fn new(path: &'static str, kind: &'static str, text: &'static str) -> Self {
        Asset { path, kind, text, href: OnceLock::new(), packed: OnceLock::new() }
    }

    /// Its address; it changes with its content, so that browsers may keep it for ever.
    pub fn href(&'static self) -> &'static str {
        self.href.get_or_init(|| format!("{}?v={}", self.path, digest(self.text)))
    }

    /// The route that serves it.
    pub fn routes(&'static self) -> Router {
        Router::new().route(self.path, get(async |asked: HeaderMap| self.answer(&asked)))
    }

    fn answer(&'static self, asked: &HeaderMap) -> Response {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(self.kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::VARY, HeaderValue::from_static("Accept-Encoding")),
        ];
        if !takes_gzip(asked) {
            return (headers, self.text).into_response();
        }
        let packed = self.packed.get_or_init(|| pack(self.text.as_bytes()));
        let coding = [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
        (headers, coding, packed.as_slice()).into_response()
    }
}

/// Whether a request names gzip among the codings that it takes (RFC 9110 section 12.5.3).
fn takes_gzip(asked: &HeaderMap) -> bool {
    let named = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    #[expect(clippy::expect_used, reason = "a vector takes every byte")]
    packer.write_all(bytes).and_then(|()| packer.finish()).expect("bytes are packed in memory")
}

/// `/assets/musubi.{css,js,svg}`.
pub(crate) fn routes() -> Router {
    CSS.routes().merge(JS.routes()).merge(KNOT.routes())
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
        assert!(CSS.text.len() < 20 * 1024, "{} bytes", CSS.text.len());
        assert!(JS.text.len() < 4 * 1024, "{} bytes", JS.text.len());
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        for text in [CSS.text, JS.text] {
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("@import"));
        }
    }

    #[tokio::test]
    async fn packed_for_whom_takes_it() {
        let answer = async |coding: Option<&str>| {
            let asked = coding.map(|value| (header::ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap()));
            let answer = CSS.answer(&asked.into_iter().collect());
            let coding = answer.headers().get(header::CONTENT_ENCODING).cloned();
            (coding, axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap())
        };
        for plain in [None, Some("br"), Some("gzip;q=0, br"), Some("gzip; q=0.0"), Some("xgzip")] {
            let (coding, body) = answer(plain).await;
            assert!(coding.is_none() && body == CSS.text, "{plain:?}");
        }
        for packed in ["gzip", "br, gzip, deflate", "GZIP;q=0.5"] {
            let (coding, body) = answer(Some(packed)).await;
            assert_eq!(coding.unwrap(), "gzip");
            let mut text = String::new();
            std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&body[..]), &mut text).unwrap();
            assert!(text == CSS.text && body.len() * 3 < text.len(), "{} bytes", body.len());
        }
    }
}
