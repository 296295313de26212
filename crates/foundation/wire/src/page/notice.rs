//! Saying that something is well, doubtful or wrong: always an icon and words, never colour alone.

use axum::http::StatusCode;
use maud::{Markup, html};

use super::frame::Page;
use super::lang::{Lang, t};
use crate::Problem;

/// How good or bad a piece of news is (調子).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well: go on.
    Ok,
    /// Go on with care, or look again.
    Warn,
    /// Stop: it cannot go on like this.
    Bad,
    /// Good to know.
    Info,
}

impl Tone {
    /// The class of the style sheet that carries its colours.
    pub(super) fn class(self) -> &'static str {
        match self {
            Tone::Ok => "ok",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Info => "info",
        }
    }
}

/// The icon of a tone; decoration, because words always stand beside it.
pub fn icon(tone: Tone) -> Markup {
    html! {
        svg.icon viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false" {
            @match tone {
                Tone::Ok => {
                    circle cx="12" cy="12" r="11" fill="currentColor" {}
                    path.cut d="M6.500 12.500l3.800 3.800 7.400-8" {}
                }
                Tone::Warn => {
                    path fill="currentColor" d="M12 1.500 23.500 22H.500z" {}
                    path.cut d="M12 9v6M12 18.400v.2" {}
                }
                Tone::Bad => {
                    path fill="currentColor" d="M7.400 1h9.200L23 7.400v9.200L16.600 23H7.400L1 16.600V7.400z" {}
                    path.cut d="M8 8l8 8M16 8l-8 8" {}
                }
                Tone::Info => {
                    circle cx="12" cy="12" r="11" fill="currentColor" {}
                    path.cut d="M12 11v6M12 7v.2" {}
                }
            }
        }
    }
}

/// A message in the flow of a page. [`Tone::Bad`] is announced at once by screen readers.
pub fn notice(tone: Tone, title: &str, body: Markup) -> Markup {
    let role = if tone == Tone::Bad { "alert" } else { "status" };
    html! {
        div class={ "notice " (tone.class()) } role=(role) {
            (icon(tone))
            div { p.notice-title { (title) } @if !body.0.is_empty() { div.notice-body { (body) } } }
        }
    }
}

/// The answer to the question that brought somebody here, as large as it deserves: 有効, 無効, 該当なし.
/// `sub` is the one line that must be read with it; `body` holds particulars and the next step.
pub fn verdict(tone: Tone, headline: &str, sub: &str, body: Markup) -> Markup {
    html! {
        section class={ "verdict " (tone.class()) } role="status" {
            div.verdict-head {
                (icon(tone))
                div { p.verdict-line { (headline) } @if !sub.is_empty() { p.verdict-sub { (sub) } } }
            }
            @if !body.0.is_empty() { div.verdict-body { (body) } }
        }
    }
}

/// A word with a tone, for tables and headings.
pub fn badge(tone: Tone, text: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (icon(tone)) (text) } }
}

/// A problem in the flow of a page, with its place and what to do.
pub fn problem_notice(lang: Lang, problem: &Problem) -> Markup {
    let parts = problem.parts();
    let tone = if parts.status < 500 { Tone::Warn } else { Tone::Bad };
    notice(tone, t(lang, &parts.title_ja, &parts.title_en), particulars(lang, problem))
}

/// A problem as a page of its own.
pub fn problem_page(lang: Lang, path: &str, problem: &Problem) -> Page {
    let parts = problem.parts();
    let tone = if parts.status < 500 { Tone::Warn } else { Tone::Bad };
    let title = t(lang, &parts.title_ja, &parts.title_en);
    let body = html! {
        section class={ "verdict " (tone.class()) } {
            div.verdict-head { (icon(tone)) div { p.verdict-sub { (next_step(lang, problem.status())) } } }
            div.verdict-body { (particulars(lang, problem)) }
        }
        p { a.button.quiet href="/" { (t(lang, "最初のページへ", "To the first page")) } }
    };
    Page::new(lang, title).at(path).status(problem.status()).body(body)
}

fn particulars(lang: Lang, problem: &Problem) -> Markup {
    let parts = problem.parts();
    let detail = t(lang, &parts.detail_ja, &parts.detail_en);
    let detail = if detail.is_empty() { t(lang, &parts.detail_en, &parts.detail_ja) } else { detail };
    html! {
        @if !detail.is_empty() { p { (detail) } }
        @if let Some(place) = &parts.place { p { (t(lang, "場所: ", "Where: ")) code { (place) } } }
        @if let Some(id) = &parts.request_id {
            p.fine { (t(lang, "お問い合わせの際はこの番号をお伝えください: ", "When you ask for help, give this number: ")) code { (id) } }
        }
    }
}

fn next_step(lang: Lang, status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => t(
            lang,
            "この画面を開くには、窓口用の入口から入り直してください。",
            "To open this page, enter again through your desk's own entrance.",
        ),
        404 => t(lang, "アドレスをご確認ください。", "Check the address."),
        429 | 503 | 504 => {
            t(lang, "しばらくしてからもう一度お試しください。", "Try again in a little while.")
        }
        s if s < 500 => {
            t(lang, "内容をご確認のうえ、もう一度お試しください。", "Check what you entered and try again.")
        }
        _ => t(
            lang,
            "こちらの不具合です。記録されましたので、あらためてお試しください。",
            "The fault is ours and has been recorded. Please try again.",
        ),
    }
}
