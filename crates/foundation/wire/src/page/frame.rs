//! The frame around every page: head, organisation, languages, navigation.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use codes::OrgKind;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets;
use super::lang::{Lang, t};
use crate::session::Csrf;

/// No inline style or script, nothing from elsewhere, no framing.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A whole page for people (画面).
#[derive(Debug, Clone)]
#[must_use]
pub struct Page {
    lang: Lang,
    title: String,
    organisation: Option<(String, OrgKind)>,
    nav: Vec<(String, String)>,
    path: String,
    lead: Option<String>,
    refresh: Option<u32>,
    csrf: Option<Csrf>,
    style: Option<String>,
    script: Option<String>,
    status: StatusCode,
    body: Markup,
}

impl Page {
    /// A page with a title, which is also its first heading.
    pub fn new(lang: Lang, title: impl Into<String>) -> Self {
        Page {
            lang,
            title: title.into(),
            organisation: None,
            nav: Vec::new(),
            path: "/".into(),
            lead: None,
            refresh: None,
            csrf: None,
            style: None,
            script: None,
            status: StatusCode::OK,
            body: PreEscaped(String::new()),
        }
    }

    /// Whose page it is: decides name and accent colour. Without it the page is the town's.
    pub fn organisation(mut self, name: impl Into<String>, kind: OrgKind) -> Self {
        self.organisation = Some((name.into(), kind));
        self
    }

    /// The main navigation: (address, label).
    pub fn nav<H: Into<String>, L: Into<String>>(mut self, nav: impl IntoIterator<Item = (H, L)>) -> Self {
        self.nav = nav.into_iter().map(|(href, label)| (href.into(), label.into())).collect();
        self
    }

    /// The path of this page: marks the navigation and keeps the language switch on the page.
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// One or two sentences under the title that say what can be done here.
    pub fn lead(mut self, lead: impl Into<String>) -> Self {
        self.lead = Some(lead.into());
        self
    }

    /// Renews the whole main part every so many seconds while the page is visible and nobody is typing.
    /// For one part of a page use [`live`](super::live).
    pub fn refresh(mut self, seconds: u32) -> Self {
        self.refresh = Some(seconds);
        self
    }

    /// Lets the page's script send the token with its own requests; forms carry it themselves.
    pub fn csrf(mut self, csrf: &Csrf) -> Self {
        self.csrf = Some(csrf.clone());
        self
    }

    /// A style sheet of the role's own beside the common one, served by the role itself.
    pub fn style(mut self, href: impl Into<String>) -> Self {
        self.style = Some(href.into());
        self
    }

    /// A script of the role's own beside the common one, for a page that cannot work without; served by the role itself.
    pub fn script(mut self, href: impl Into<String>) -> Self {
        self.script = Some(href.into());
        self
    }

    /// The HTTP status, 200 unless said otherwise.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The content under the title.
    pub fn body(mut self, body: Markup) -> Self {
        self.body = body;
        self
    }

    /// The whole document.
    pub fn render(&self) -> Markup {
        let lang = self.lang;
        let kind = self.organisation.as_ref().map(|(_, kind)| *kind);
        let owner = self.organisation.as_ref().map_or(t(lang, "結び", "Musubi"), |(name, _)| name);
        html! {
            (DOCTYPE)
            html lang=(lang.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="format-detection" content="telephone=no";
                    @if let Some(csrf) = &self.csrf { meta name="csrf" content=(csrf.token()); }
                    title { (self.title) " | " (owner) }
                    link rel="icon" href=(assets::ICON) type="image/svg+xml";
                    link rel="stylesheet" href=(assets::css_href());
                    @if let Some(href) = &self.style { link rel="stylesheet" href=(href); }
                    script src=(assets::js_href()) defer {}
                    @if let Some(src) = &self.script { script src=(src) defer {} }
                }
                body class={ "kind-" (kind.map_or_else(|| "town".to_owned(), |kind| kind.to_string())) } {
                    a.skip href="#main" { (t(lang, "本文へ移動", "Skip to content")) }
                    (self.header(kind, owner))
                    main #main tabindex="-1" data-refresh=[self.refresh] {
                        h1 { (self.title) }
                        @if let Some(lead) = &self.lead { p.lead { (lead) } }
                        (self.body)
                    }
                    (footer(lang))
                }
            }
        }
    }

    fn header(&self, kind: Option<OrgKind>, owner: &str) -> Markup {
        let lang = self.lang;
        html! {
            header.top {
                div.top-row {
                    a.owner href="/" {
                        (knot())
                        span {
                            @if kind_name(lang, kind) != owner { span.owner-kind { (kind_name(lang, kind)) } }
                            span.owner-name { (owner) }
                        }
                    }
                    a.lang href={ (self.path) "?lang=" (lang.other().code()) } lang=(lang.other().code())
                        hreflang=(lang.other().code()) { (t(lang, "English", "日本語")) }
                }
                @if !self.nav.is_empty() {
                    nav aria-label=(t(lang, "主なメニュー", "Main menu")) {
                        ul {
                            @for (href, label) in &self.nav {
                                li { a href=(href) aria-current=[(*href == self.path).then_some("page")] { (label) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        html_response(self.status, self.render())
    }
}

/// A piece of a page, as a live part asks for it; answered with the same security headers as a [`Page`].
#[derive(Debug, Clone)]
pub struct Fragment(pub Markup);

impl IntoResponse for Fragment {
    fn into_response(self) -> Response {
        html_response(StatusCode::OK, self.0)
    }
}

fn html_response(status: StatusCode, markup: Markup) -> Response {
    const HEADERS: [(HeaderName, &str); 6] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Accept, Accept-Language, Cookie"),
    ];
    let headers = HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (status, headers, markup.into_string()).into_response()
}

/// What kind of organisation it is, as people call it.
pub fn kind_name(lang: Lang, kind: Option<OrgKind>) -> &'static str {
    let (ja, en) = match kind {
        None => ("番号と連携の町", "A town of numbers and links"),
        Some(OrgKind::Issuer) => ("付番機関", "Issuer of codes"),
        Some(OrgKind::Jpki) => ("公的個人認証サービス", "Public certification service"),
        Some(OrgKind::Relay) => ("情報連携基盤", "Relay"),
        Some(OrgKind::Eligibility) => ("資格確認サービス機関", "Eligibility service"),
        Some(OrgKind::Insurer) => ("医療保険者", "Health insurer"),
        Some(OrgKind::Institution) => ("保険医療機関・薬局", "Medical institution"),
        Some(OrgKind::Municipality) => ("市町村", "Municipality"),
        Some(OrgKind::CancerRegistry) => ("全国がん登録", "National cancer registry"),
        Some(OrgKind::Research) => ("研究基盤", "Research"),
        Some(OrgKind::Disaster) => ("災害対応", "Disaster response"),
        Some(OrgKind::Portal) => ("マイ・ポータル", "My portal"),
        Some(OrgKind::Oversight) => ("監督機関", "Oversight"),
    };
    t(lang, ja, en)
}

fn footer(lang: Lang) -> Markup {
    html! {
        footer.foot {
            p { (t(lang, "結び　番号で人を見ず、必要な情報だけを結ぶ", "Musubi: linking what is needed, naming nobody")) }
        }
    }
}

/// The mark of the house: two cords tied in an awaji knot.
fn knot() -> Markup {
    html! {
        svg.knot viewBox="0 0 48 48" width="40" height="40" aria-hidden="true" focusable="false" {
            g fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" {
                path d="M3 33C14 33 16 12 25 12c6 0 9 5 9 10 0 8-10 14-10 14" {}
                path d="M3 28C11 28 13 7.500 25 7.500c9 0 13.500 7 13.500 14.500C38.500 32 27 39 27 39" {}
                path d="M45 33C34 33 32 12 23 12c-6 0-9 5-9 10 0 8 10 14 10 14" {}
                path d="M45 28C37 28 35 7.500 23 7.500c-9 0-13.500 7-13.500 14.500C9.500 32 21 39 21 39" {}
            }
        }
    }
}
