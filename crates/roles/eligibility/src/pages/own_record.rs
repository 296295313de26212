//! "Who asked about me?": the person taps the card, enters the PIN, and reads the list.

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::routing::get;
use codes::OrgKind;
use maud::{Markup, html};
use protocol::own_record::{OwnRecordEntry, answered, verified};
use protocol::reader::TrayCard;
use serde::Deserialize;
use wire::page::{
    Entry, Field, Page, Tile, Tone, badge, button, card, details, empty_state, form, notice, problem_notice,
    tiles, timeline, when,
};
use wire::{Csrf, Desk, Lang, Problem, role_router, t};

use crate::Service;
use crate::service::OwnReading;

/// Cards that one page of the tray shows.
const TRAY_MAX: usize = 60;

/// The pages, open to anybody: who may read what is decided by card and PIN.
pub(crate) fn routes(service: Service) -> Router {
    let pages = Router::new().route("/", get(tray).post(read)).with_state(service);
    role_router("own-record", Desk::open().protect(pages))
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    pick: String,
    #[serde(default)]
    q: String,
}

#[derive(Deserialize)]
struct Reading {
    card: String,
    #[serde(default)]
    pin: String,
}

async fn tray(State(service): State<Service>, lang: Lang, csrf: Csrf, Query(chosen): Query<Chosen>) -> Page {
    let cards = service.tray();
    let picked = cards.iter().find(|card| card.id == chosen.pick);
    let body = match picked {
        Some(card) => pin_form(lang, &csrf, card, None),
        None => choose(lang, &cards, &chosen.q),
    };
    page(lang, body)
}

async fn read(State(service): State<Service>, lang: Lang, csrf: Csrf, Form(reading): Form<Reading>) -> Page {
    match service.own_reading(&reading.card, &reading.pin).await {
        Ok(found) => page(lang, record(lang, &found)),
        Err(problem) => {
            let cards = service.tray();
            let again = cards.iter().find(|card| card.id == reading.card);
            let body = match again {
                Some(card) => pin_form(lang, &csrf, card, Some(&problem)),
                None => html! { (problem_notice(lang, &problem)) (choose(lang, &cards, "")) },
            };
            page(lang, body).status(problem.status())
        }
    }
}

fn page(lang: Lang, body: Markup) -> Page {
    let lead = t(
        lang,
        "あなたの資格を誰が、いつ、何のために確かめたかを、カードと暗証番号で確かめられます。",
        "With your card and PIN you see who checked your insurance, when and why.",
    );
    Page::new(lang, t(lang, "わたしの照会記録", "Who asked about me"))
        .organisation(t(lang, "資格確認サービス機関", "Eligibility service"), OrgKind::Eligibility)
        .lead(lead)
        .body(body)
}

fn choose(lang: Lang, cards: &[TrayCard], wanted: &str) -> Markup {
    if cards.is_empty() {
        let hint = t(
            lang,
            "カードを読み取る装置がありません。お近くの窓口をご利用ください。",
            "There is no card reader here. Please use a counter near you.",
        );
        return empty_state(t(lang, "カードがありません", "No card"), hint, html! {});
    }
    let matching = cards.iter().filter(|card| wanted.is_empty() || card.name.contains(wanted));
    let shown: Vec<Tile> = matching.take(TRAY_MAX).map(|card| tile(lang, card)).collect();
    html! {
        (wire::page::form_get("/", html! {
            (Field::text("q", t(lang, "名前で探す", "Find by name")).value(wanted).render(lang))
            (button(t(lang, "探す", "Find")))
        }))
        (card_of_tray(lang, &shown))
    }
}

fn card_of_tray(lang: Lang, shown: &[Tile]) -> Markup {
    let title = t(lang, "あなたのカードを選んで置いてください", "Choose your card and put it on the reader");
    card(
        title,
        if shown.is_empty() {
            empty_state(
                t(lang, "見つかりません", "Nothing found"),
                t(lang, "別の名前で探してください。", "Try another name."),
                html! {},
            )
        } else {
            tiles(shown)
        },
    )
}

fn tile(lang: Lang, card: &TrayCard) -> Tile {
    Tile {
        title: card.name.clone(),
        over: card.birthdate.clone(),
        under: t(lang, &card.note_ja, &card.note_en).clone(),
        href: Some(format!("/?pick={}", card.id)),
        value: String::new(),
        kind: String::new(),
    }
}

fn pin_form(lang: Lang, csrf: &Csrf, card_shown: &TrayCard, problem: Option<&Problem>) -> Markup {
    let pin = Field::secret("pin", t(lang, "暗証番号（4桁）", "PIN (four digits)"))
        .hint(t(lang, "3回間違えるとカードがロックされます。", "After three wrong entries the card locks."))
        .required();
    html! {
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        (card(&card_shown.name, form("/", csrf, html! {
            input type="hidden" name="card" value=(card_shown.id);
            (pin.render(lang))
            (button(t(lang, "記録を見る", "See the record")))
            p { a href="/" { (t(lang, "別のカードを選ぶ", "Choose another card")) } }
        })))
    }
}

fn record(lang: Lang, found: &OwnReading) -> Markup {
    let name = &found.face_name;
    let entries: Vec<Entry> = found
        .answer
        .entries
        .iter()
        .zip(&found.proven)
        .map(|(entry, proven)| line(lang, entry, *proven))
        .collect();
    html! {
        (notice(Tone::Info, &t(lang, format!("{name}さんの記録"), format!("Record of {name}")), html! {
            p { (t(lang, "この閲覧も台帳に記録しました。", "This reading was entered into the ledger as well.")) }
        }))
        @if entries.is_empty() {
            (empty_state(
                t(lang, "照会はまだありません", "Nobody asked yet"),
                t(lang, "医療機関があなたの資格を確かめると、ここに残ります。", "When an institution checks your insurance, it stays here."),
                html! {},
            ))
        } @else {
            (timeline(&entries))
        }
        (details(t(lang, "台帳の署名（くわしく知りたい方へ）", "The ledger’s signature, for who wants to check it"), html! {
            pre { (found.answer.heads.signed) }
        }))
    }
}

fn line(lang: Lang, entry: &OwnRecordEntry, proven: bool) -> Entry {
    let who = &entry.organisation_name;
    let day = entry.on;
    let title = t(
        lang,
        format!("{who}が、{}の資格を確かめました", day.to_wareki()),
        format!("{who} checked your insurance for {day}"),
    );
    Entry {
        when: when(lang, entry.at),
        datetime: entry.at.to_rfc3339(),
        title,
        tone: None,
        body: html! {
            p { (t(lang, "答え: ", "Answer: ")) (said(lang, answered(entry.validity))) }
            p { (t(lang, "本人の確認: ", "How you were verified: ")) (said(lang, verified(entry.mode))) }
            p { (t(lang, "目的: 受診の受付", "Purpose: reception for treatment")) }
            (details(t(lang, "法律の根拠", "Legal basis"), html! { p lang="ja" { (entry.basis) } }))
            p { (mark(lang, entry, proven)) }
        },
    }
}

fn mark(lang: Lang, entry: &OwnRecordEntry, proven: bool) -> Markup {
    if proven {
        let text = t(
            lang,
            format!("署名済み台帳で確認済み（{}番）", entry.proof.index),
            format!("Found in the signed log, entry {}", entry.proof.index),
        );
        badge(Tone::Ok, &text)
    } else {
        badge(
            Tone::Bad,
            t(
                lang,
                "台帳の証明が合いません。窓口に知らせてください",
                "The log's proof does not fit: tell the counter",
            ),
        )
    }
}

fn said(lang: Lang, (ja, en): (&'static str, &'static str)) -> &'static str {
    t(lang, ja, en)
}
