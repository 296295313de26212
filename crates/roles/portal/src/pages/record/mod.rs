//! My record: asked for by a button, shown kind by kind with source and date, kept and exported by choice.

mod copies;
mod export;
mod insurance;
mod item;
mod kinds;
mod wrong;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::routing::{get, post};
use codes::{ExchangeId, OrgId};
use maud::{Markup, html};
use records::view::{Shown as Seen, show as seen};
use serde::Deserialize;
use wire::page::{
    Lang, Page, Tile, Tone, button, card, form, link_button, notice, problem_notice, t, tiles, when,
};
use wire::{Csrf, Problem};

use super::parts::{day, name};
use super::{Shown, Shows, Whoever, inside, see};
use crate::model::{Token, Visit};
use crate::service::Service;
use crate::service::record::{Gathered, Missing, Shelf};
use kinds::Kind;

/// Which record an address means.
#[derive(Deserialize, Default)]
pub(super) struct Which {
    /// A kept copy; none for what this visit gathered.
    #[serde(default)]
    copy: Option<ExchangeId>,
    /// The page of a long list, from 0.
    #[serde(default)]
    page: usize,
}

impl Which {
    fn shelf(&self) -> Shelf {
        self.copy.map_or(Shelf::Visit, Shelf::Copy)
    }

    /// An address of the same record.
    fn link(&self, path: &str) -> String {
        match self.copy {
            Some(copy) if path.contains('?') => format!("{path}&copy={copy}"),
            Some(copy) => format!("{path}?copy={copy}"),
            None => path.to_owned(),
        }
    }
}

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/record", get(show).post(ask))
        .route("/record/keep", post(copies::keep))
        .route("/record/copies", get(copies::list).post(copies::delete))
        .route("/record/item", get(item::show))
        .route("/record/wrong", get(wrong::list).post(wrong::say))
        .route("/record/export/{format}", get(export::download))
        .route("/record/{kind}", get(kinds::show))
}

#[derive(Deserialize)]
pub(super) struct Asking {
    /// Only these holders, separated by commas; empty for all.
    #[serde(default)]
    holders: String,
}

/// GET /record
async fn show(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Shows(token): Shows,
    Query(which): Query<Which>,
) -> Result<Page, Problem> {
    let gathered = on_shelf(&service, &visit, token.as_ref(), &which).await?;
    let body = match &gathered {
        Some(gathered) => overview(&service, lang, &csrf, &visit, &which, gathered),
        None => before(&service, lang, &csrf, &visit, None),
    };
    Ok(page(lang, &csrf, &visit, "/record", title(lang), body))
}

/// POST /record: asks the holders.
async fn ask(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Shows(token): Shows,
    Form(asking): Form<Asking>,
) -> Shown {
    let token = token.ok_or_else(Problem::not_found)?;
    let holders: Vec<OrgId> = asking.holders.split(',').filter_map(|id| id.trim().parse().ok()).collect();
    let again = !holders.is_empty();
    match service.gather(&visit, holders).await {
        Ok(mut gathered) => {
            if again && let Some(before) = service.on_shelf(&visit, &token, Shelf::Visit).await? {
                gathered = before.renewed(gathered);
            }
            service.lay_down(&visit, &token, &gathered).await?;
            Ok(see("/record"))
        }
        Err(problem) if problem.status().is_client_error() => {
            let body = before(&service, lang, &csrf, &visit, Some(&problem));
            let page = page(lang, &csrf, &visit, "/record", title(lang), body).status(problem.status());
            Ok(axum::response::IntoResponse::into_response(page))
        }
        Err(problem) => Err(problem),
    }
}

/// What lies on the shelf; a copy is its owner's alone, and none that is not there.
async fn on_shelf(
    service: &Service,
    visit: &Visit,
    token: Option<&Token>,
    which: &Which,
) -> Result<Option<Gathered>, Problem> {
    let token = token.ok_or_else(Problem::not_found)?;
    if which.copy.is_some() && visit.acting.is_some() {
        return Err(Problem::not_found());
    }
    let found = service.on_shelf(visit, token, which.shelf()).await?;
    match (found, which.copy) {
        (None, Some(_)) => Err(Problem::not_found()),
        (found, _) => Ok(found),
    }
}

fn title(lang: Lang) -> &'static str {
    t(lang, "わたしの記録", "My record")
}

fn page(lang: Lang, csrf: &Csrf, visit: &Visit, path: &str, title: &str, body: Markup) -> Page {
    inside(lang, csrf, visit, title, path, body)
}

fn before(service: &Service, lang: Lang, csrf: &Csrf, visit: &Visit, problem: Option<&Problem>) -> Markup {
    html! {
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        @if visit.subject().code.is_none() {
            (notice(Tone::Info, t(lang, "医療等IDが使われていないので、集められません", "Without a medical ID nothing can be gathered"), html! {
                p { a href="/number" { (t(lang, "医療等IDについて読む", "Read about the medical ID")) } }
            }))
        } @else {
            (card(t(lang, "いま、持っている機関に聞く", "Ask who holds something"), html! {
                p { (t(lang,
                    "あなたの記録は、かかった機関にあります。このポータルにはありません。ボタンを押すと、いま各機関から直接受け取って、ここに並べます。",
                    "Your records are at the institutions you went to, not in this portal. Press the button and they are fetched from there, now, and laid out here.")) }
                p { (t(lang,
                    "集めたものは、この端末の鍵で封をして置き、終わると消えます。あなたが見たことは、「だれが見たか」に残ります。",
                    "What is gathered is sealed with a key that only this browser has, and goes when you leave. That you looked stands under “Who looked”.")) }
                (form("/record", csrf, button(t(lang, "記録を集めて見る", "Gather and show my record"))))
            }))
        }
        (insurance::insurance(service, lang, visit))
        @if visit.acting.is_none() { p { a href="/record/copies" { (t(lang, "前にとっておいた控え", "Copies I kept")) } " ・ " a href="/record/wrong" { (t(lang, "「違う」と申し出たもの", "What I said is wrong")) } } }
    }
}

fn overview(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    visit: &Visit,
    which: &Which,
    gathered: &Gathered,
) -> Markup {
    let shown: Vec<Seen> = gathered.items.iter().map(|item| seen(item.resource.node())).collect();
    let kinds: Vec<Tile> = Kind::ALL
        .into_iter()
        .map(|kind| {
            let of_kind: Vec<&Seen> = shown.iter().filter(|one| kind.has(one)).collect();
            let newest = of_kind.iter().filter_map(|one| one.day).max();
            Tile {
                title: kind.words(lang).to_owned(),
                over: newest.map(|day| t(lang, day.to_wareki(), day.to_string())).unwrap_or_default(),
                under: t(lang, format!("{}件", of_kind.len()), format!("{} items", of_kind.len())),
                href: Some(which.link(&format!("/record/{}", kind.as_str()))),
                value: String::new(),
                kind: String::new(),
            }
        })
        .collect();
    html! {
        @if let Some(copy) = which.copy {
            (notice(Tone::Info, t(lang, "とっておいた控えを見ています", "You are looking at a copy you kept"), html! {
                p { (t(lang, format!("{} に集めたものです。その後の記録はありません。", when(lang, gathered.at)), format!("Gathered {}; nothing newer is in it.", when(lang, gathered.at)))) " "
                    a href="/record" { (t(lang, "いまの記録へ", "To the present record")) } }
                (form("/record/copies", csrf, wire::page::button_quiet(t(lang, "この控えを消す", "Delete this copy"), "delete", &copy.to_string())))
            }))
        } @else {
            p.fine { (t(lang, format!("{} に集めました。", when(lang, gathered.at)), format!("Gathered {}.", when(lang, gathered.at)))) }
        }
        (absent(service, lang, csrf, which, gathered))
        (card(t(lang, "種類ごとに見る", "By kind"), tiles(&kinds)))
        (insurance::insurance(service, lang, visit))
        (card(t(lang, "どこから", "From where"), html! {
            ul.plain { @for (place, source) in gathered.sources.iter().enumerate() {
                li { (name(service, lang, &source.holder)) " " span.note { (t(lang, format!("{}件", gathered.count(place)), format!("{} items", gathered.count(place)))) } }
            } }
            @if gathered.sources.is_empty() { p { (t(lang, "あなたの記録を持つ機関は、まだありません。", "No institution holds a record of you yet.")) } }
        }))
        @if visit.acting.is_none() { (taking(lang, csrf, which, gathered)) }
    }
}

/// Who did not answer, and what is held back for a while: said before anything else.
fn absent(service: &Service, lang: Lang, csrf: &Csrf, which: &Which, gathered: &Gathered) -> Markup {
    let missing: Vec<_> =
        gathered.sources.iter().filter_map(|source| Some((source, source.unreached?))).collect();
    let ids: Vec<String> = missing.iter().map(|(source, _)| source.holder.to_string()).collect();
    html! {
        @if !missing.is_empty() {
            (notice(Tone::Warn, t(lang, "すべては届いていません", "Not everything came"), html! {
                ul { @for (source, why) in &missing {
                    li { (name(service, lang, &source.holder)) "：" (match why {
                        Missing::Silent => t(lang, "応答がありませんでした", "did not answer"),
                        Missing::Refused => t(lang, "いまは受け取れませんでした", "could not give it now"),
                        Missing::Broken => t(lang, "途中で切れました", "broke off in the middle"),
                    }) }
                } }
                @if which.copy.is_none() {
                    (form("/record", csrf, html! {
                        input type="hidden" name="holders" value=(ids.join(","));
                        button.button.quiet type="submit" { (t(lang, "届かなかった機関にもう一度聞く", "Ask these again")) }
                    }))
                }
            }))
        }
        @for source in gathered.sources.iter() { @if let Some(until) = source.held_until {
            (notice(Tone::Info, t(lang, "先生の説明を待っている結果があります", "A result waits for your doctor"), html! {
                p { (t(lang,
                    format!("{}の担当医が、直接説明するまで表示を待つとしたものがあります。{}からは、ここで見られます。先に知りたいときは、その機関にお尋ねください。", name(service, lang, &source.holder), until.to_wareki()),
                    format!("A doctor at {} wants to explain something to you first. It is shown here from {until} on. If you want to know sooner, ask there.", name(service, lang, &source.holder)))) }
            }))
        } }
    }
}

/// Keeping and taking away.
fn taking(lang: Lang, csrf: &Csrf, which: &Which, gathered: &Gathered) -> Markup {
    card(
        t(lang, "とっておく・持ち出す", "Keep it, take it away"),
        html! {
            p { (t(lang,
                "ファイルは、あなたの端末に保存されます。中身は医療の記録です。ほかの人が使う端末には保存しないでください。",
                "The file is saved on your device. It is your medical record: do not save it where others can open it.")) }
            p.actions {
                (link_button(&which.link("/record/export/pdf"), t(lang, "PDF で保存", "Save as PDF"))) " "
                (link_button(&which.link("/record/export/csv"), t(lang, "表（CSV）で保存", "Save as CSV"))) " "
                (link_button(&which.link("/record/export/fhir"), t(lang, "要約（FHIR）で保存", "Save a summary (FHIR)")))
            }
            @if which.copy.is_none() && !gathered.items.is_empty() {
                (form("/record/keep", csrf, wire::page::button_quiet(t(lang, "このポータルに控えをとっておく", "Keep a copy in this portal"), "keep", "yes")))
            }
            p { a href="/record/copies" { (t(lang, "とっておいた控え", "Copies I kept")) } " ・ " a href="/record/wrong" { (t(lang, "「違う」と申し出たもの", "What I said is wrong")) } " ・ " a href="/apps" { (t(lang, "アプリに見せる", "Let an app read it")) } }
        },
    )
}

/// The day of something, or that none is known.
fn on(lang: Lang, seen: &Seen) -> Markup {
    match seen.day {
        Some(known) => day(known),
        None => html! { span.note { (t(lang, "日付なし", "no date")) } },
    }
}
