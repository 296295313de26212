//! One item: everything it says, where it is from, and the way to say that it is wrong.

use axum::extract::{Query, State};
use codes::{ExchangeId, OrgId};
use maud::{Markup, html};
use protocol::corrections::WORDS_MAX;
use records::view::{Value, show as seen};
use serde::Deserialize;
use wire::page::{Lang, Page, button, card, definitions, details, form, t, when};
use wire::{Csrf, Problem};

use super::super::parts::{day, name};
use super::super::{Shows, Whoever};
use super::{Which, on, on_shelf, page};
use crate::service::Service;

#[derive(Deserialize)]
pub(super) struct Named {
    holder: OrgId,
    name: String,
    #[serde(default)]
    copy: Option<ExchangeId>,
}

/// GET /record/item
pub(super) async fn show(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Shows(token): Shows,
    Query(named): Query<Named>,
) -> Result<Page, Problem> {
    let which = Which { copy: named.copy, page: 0 };
    let gathered = on_shelf(&service, &visit, token.as_ref(), &which).await?;
    let gathered = gathered.ok_or_else(Problem::not_found)?;
    let item = gathered.find(&named.holder, &named.name).ok_or_else(Problem::not_found)?;
    let shown = seen(item.resource.node());
    let mut rows: Vec<(String, Markup)> = vec![
        (t(lang, "どこの記録か", "From").to_owned(), html! { (name(&service, lang, &named.holder)) }),
        (t(lang, "日", "Day").to_owned(), on(lang, &shown)),
        (t(lang, "種類", "Kind").to_owned(), html! { (t(lang, shown.kind.ja(), shown.kind.en())) }),
        (t(lang, "受け取った日時", "Fetched").to_owned(), html! { (when(lang, gathered.at)) }),
    ];
    if !shown.value.is_empty() {
        rows.push((
            t(lang, "内容", "Value").to_owned(),
            html! { span lang="ja" { (shown.value) " " (super::kinds::flag(lang, shown.flag)) } },
        ));
    }
    for fact in &shown.facts {
        let value = match &fact.value {
            Value::Text(text) => html! { span lang="ja" { (text) } },
            Value::Day(known) => day(*known),
            Value::Words(ja, en) => html! { (t(lang, *ja, *en)) },
        };
        rows.push((t(lang, fact.name.0.clone(), fact.name.1.clone()), value));
    }
    let body = html! {
        (card(&shown.title, html! {
            (definitions(&rows))
            @for chapter in &shown.chapters {
                section.chapter { h3 lang="ja" { (chapter.title) } @for paragraph in &chapter.paragraphs { p lang="ja" { (paragraph) } } }
            }
        }))
        @if visit.acting.is_none() && named.copy.is_none() { (this_is_wrong(&service, lang, &csrf, &named, &shown.title)) }
        p { a href=(which.link("/record")) { (t(lang, "わたしの記録へ戻る", "Back to my record")) } }
    };
    Ok(page(lang, &csrf, &visit, "/record", t(lang, "記録をくわしく見る", "One item"), body))
}

fn this_is_wrong(service: &Service, lang: Lang, csrf: &Csrf, named: &Named, title: &str) -> Markup {
    let key = ExchangeId::new(service.now().as_millis());
    details(
        t(lang, "「これは違う」と申し出る", "“This is wrong”"),
        form(
            "/record/wrong",
            csrf,
            html! {
                p { (t(lang,
                    format!("{}に、そのまま届きます。直すか、直さない理由を、その機関が答えます。答えは「お知らせ」に届きます。", name(service, lang, &named.holder)),
                    format!("It goes to {} as you write it. They correct it or say why not; the answer comes to your inbox.", name(service, lang, &named.holder)))) }
                input type="hidden" name="key" value=(key);
                input type="hidden" name="holder" value=(named.holder);
                input type="hidden" name="resource" value=(named.name);
                input type="hidden" name="title" value=(title);
                div.field {
                    label for="said" { (t(lang, "どこが、どう違いますか", "What is wrong, and how?")) }
                    textarea id="said" name="said" rows="4" required minlength="2" maxlength=(WORDS_MAX) {}
                }
                (button(t(lang, "申し出る", "Send")))
            },
        ),
    )
}
