//! 特定個人情報保護評価, published: the document as it stands, its versions, and what changed.

use axum::extract::{Path, State};
use maud::{Markup, html};
use wire::{Lang, Page, Problem, page, page::Tone, t};

use wire::page::time;

use super::{both, frame, said};
use crate::service::{Assessment, Difference, Service, Version};

/// GET /assessment
pub async fn newest(State(service): State<Service>, lang: Lang) -> Result<Page, Problem> {
    let versions = service.assessments().await?;
    let shown = versions.first().cloned();
    page_of(&service, lang, &versions, shown)
}

/// GET /assessment/3
pub async fn version(
    State(service): State<Service>,
    lang: Lang,
    Path(number): Path<u64>,
) -> Result<Page, Problem> {
    let versions = service.assessments().await?;
    let shown = versions.iter().find(|version| version.number == number).cloned();
    page_of(&service, lang, &versions, Some(shown.ok_or_else(Problem::not_found)?))
}

fn page_of(
    service: &Service,
    lang: Lang,
    versions: &[Version],
    shown: Option<Version>,
) -> Result<Page, Problem> {
    let body = html! {
        @match &shown {
            None => { (page::empty_state(
                t(lang, "評価はまだ作られていません。", "The assessment was not made yet."),
                t(lang, "機関が起動して数秒のうちに、動いている構成から作られます。", "It is made from the running configuration within seconds of the start."),
                html! {},
            )) }
            Some(version) => {
                (head(lang, version))
                (changes(lang, &version.differences))
                (document(lang, &version.document))
            }
        }
        (page::details(t(lang, "これまでの版", "Versions"), html! { ul {
            @for version in versions { li {
                a href={ "/assessment/" (version.number) } { (t(lang, format!("第{}版", version.number), format!("Version {}", version.number))) }
                " " (time(version.at)) " " (t(lang, format!("変更{}か所", version.differences.len()), format!("{} changes", version.differences.len())))
            } }
        } }))
    };
    let lead = t(
        lang,
        "書かれた約束ではなく、いま動いている構成から作る評価書です。何を保有し、どこへ流れ、誰が、何に基づいてできるか。変わるたびに新しい版になり、台帳に残ります。",
        "Not a promise on paper: made from what is running now. What is held, where it flows, who may, on which basis. Every change makes a new version, which stands in the ledger.",
    );
    let title = t(lang, "特定個人情報保護評価", "Impact assessment");
    Ok(frame(service, lang, title, "/assessment").lead(lead).body(body))
}

fn head(lang: Lang, version: &Version) -> Markup {
    let rows = [
        (t(lang, "版", "Version"), html! { (version.number) }),
        (t(lang, "いつから", "Since"), time(version.at)),
        (t(lang, "SHA-256", "SHA-256"), html! { code { (version.digest) } }),
        (t(lang, "監督機関の台帳", "The overseer's ledger"), html! { (version.place) }),
    ];
    page::card(t(lang, "この版", "This version"), page::definitions(&rows))
}

fn changes(lang: Lang, differences: &[Difference]) -> Markup {
    if differences.is_empty() {
        return html! {};
    }
    let one = |difference: &Difference| {
        let (tone, word) = match (&difference.before, &difference.after) {
            (None, _) => (Tone::Info, t(lang, "追加", "new")),
            (_, None) => (Tone::Warn, t(lang, "削除", "gone")),
            _ => (Tone::Warn, t(lang, "変更", "changed")),
        };
        let item = difference.after.as_ref().or(difference.before.as_ref());
        let title = item.map_or("", |item| both(lang, &item.title));
        html! { li {
            (page::badge(tone, word)) " " (said(lang, difference.section.words())) ": " (title)
            @if let Some(before) = &difference.before { p { del { (text(lang, &before.text)) } } }
            @if let Some(after) = &difference.after { p { ins { (text(lang, &after.text)) } } }
        } }
    };
    page::card(
        &t(
            lang,
            format!("前の版との違い（{}か所）", differences.len()),
            format!("Changes since the version before ({})", differences.len()),
        ),
        html! { ul { @for difference in differences { (one(difference)) } } },
    )
}

fn document(lang: Lang, document: &Assessment) -> Markup {
    html! {
        @for (section, items) in &document.sections {
            (page::card(said(lang, section.words()), html! { dl {
                @for item in items.values() { dt { strong { (both(lang, &item.title)) } } dd { (folded(lang, &item.text)) } }
            } }))
        }
    }
}

/// The text of an item. What the tables say of themselves, in English and at length, is folded away.
fn folded(lang: Lang, said: &(String, String)) -> Markup {
    if said.0 == said.1 {
        page::details(
            t(lang, "表と列（データベースの説明。英語）", "Tables and columns, as the database says"),
            text(lang, said),
        )
    } else {
        text(lang, said)
    }
}

/// A text in the reader's language; one that is the same in both comes from the tables themselves, which speak English.
fn text(lang: Lang, text: &(String, String)) -> Markup {
    if text.0 == text.1 {
        html! { span lang="en" { (text.1) } }
    } else {
        html! { (both(lang, text)) }
    }
}
