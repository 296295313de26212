//! The front page of the town: its houses, what to try, and the numbers as they move.

use std::sync::Arc;

use axum::{Router, extract::State, routing::get};
use codes::{OrgId, OrgKind};
use maud::{Markup, html};
use town::formats::StoryRow;
use wire::{Lang, Page, page, t};

use super::{Running, cards::PIN, settle::Town};
use crate::open::Opened;

/// Host of the page on which a person reads their own record.
pub const ME: &str = "me.localhost";

#[derive(Clone)]
struct Front {
    houses: Arc<Vec<House>>,
    stories: Arc<Vec<StoryRow>>,
    counters: Counters,
    port: u16,
}

/// One house of the town.
struct House {
    org: OrgId,
    ja: String,
    en: String,
    site: Option<String>,
}

/// The services whose numbers the front page shows.
#[derive(Clone)]
struct Counters {
    issuer: Option<issuer::Service>,
    relay: Option<relay::Service>,
    ledgers: Arc<Vec<ledger::Ledger>>,
}

/// The front page.
pub fn router(town: &Town, running: &Running, port: u16) -> Router {
    let houses = running.roles.iter().map(|(settings, opened, seat)| House {
        org: settings.organisation,
        ja: settings.ja.clone(),
        en: settings.en.clone(),
        site: opened.pages(seat).is_some().then(|| town.site_of(&settings.organisation)),
    });
    let front = Front {
        houses: Arc::new(houses.collect()),
        stories: Arc::new(town.rows("stories.csv").unwrap_or_default()),
        counters: counters(running),
        port,
    };
    let pages = Router::new()
        .route("/", get(show))
        .route(
            "/numbers",
            get(async |State(front): State<Front>, lang: Lang| page::Fragment(front.numbers(lang).await)),
        )
        .with_state(front);
    wire::role_router("front", pages)
}

fn counters(running: &Running) -> Counters {
    let mut ledgers = Vec::new();
    let (mut issuer, mut relay) = (None, None);
    for (_, opened, _) in &running.roles {
        match opened {
            Opened::Issuer(service) => {
                ledgers.push(service.ledger.clone());
                issuer = Some(service.clone());
            }
            Opened::Relay(service) => {
                ledgers.push(service.ledger.clone());
                relay = Some(service.clone());
            }
            Opened::Insurer(service) => ledgers.push(service.ledger.clone()),
            Opened::Institution(role) => ledgers.push(role.service().ledger().clone()),
            Opened::Eligibility(role) => ledgers.push(role.service().ledger().clone()),
            Opened::Jpki(service) => ledgers.push(service.ledger.clone()),
        }
    }
    Counters { issuer, relay, ledgers: Arc::new(ledgers) }
}

async fn show(State(front): State<Front>, lang: Lang) -> Page {
    let body = html! {
        (page::live("numbers", "/numbers", 3, front.numbers(lang).await))
        (page::card(t(lang, "やってみる", "What to try"), steps(lang, &front)))
        (front.houses(lang, OrgKind::Institution, t(lang, "医療機関と薬局", "Hospitals, clinics, pharmacies")))
        h2 { (t(lang, "本人", "The person")) }
        (page::tiles(&[front.tile(ME, t(lang, "わたしの記録", "My record"), t(lang, "誰がいつ見たか", "Who looked, and when"), "portal")]))
        (front.houses(lang, OrgKind::Insurer, t(lang, "保険者", "Insurers")))
        (front.houses(lang, OrgKind::Eligibility, t(lang, "資格確認サービス", "Eligibility service")))
        (front.houses(lang, OrgKind::Jpki, t(lang, "電子証明書の窓口", "Certificates")))
        (page::card(t(lang, "カードの人たち", "The people of the cards"), stories(lang, &front)))
    };
    Page::new(lang, t(lang, "結びの町", "The town of Musubi"))
        .lead(t(
            lang,
            "カードを置くと、保険の資格がすぐ分かる。番号は誰の目にも触れず、見られたことは本人に分かる。その道を、つくられた住民で試せます。",
            "Put a card down, and the desk knows at once whether the person is insured. Nobody sees a number, and the person sees who looked. Try it on people who do not exist.",
        ))
        .at("/")
        .body(body)
}

fn steps(lang: Lang, front: &Front) -> Markup {
    let hospital =
        front.houses.iter().find(|h| h.org.kind() == OrgKind::Institution).and_then(|h| h.site.as_deref());
    let insurer =
        front.houses.iter().find(|h| h.org.kind() == OrgKind::Insurer).and_then(|h| h.site.as_deref());
    html! {
        ol {
            @if let Some(site) = hospital {
                li { a href=(front.url(site)) { (t(lang, "病院の受付", "The hospital's desk")) }
                    (t(lang, "で、カードを一枚置いて資格を確かめる。", ": put a card down and read the answer.")) }
            }
            @if let Some(site) = insurer {
                li { a href=(front.url(site)) { (t(lang, "保険者の窓口", "The insurer's desk")) }
                    (t(lang, "で、その人の資格喪失を届け出る。もう一度カードを置くと、答えが変わる。",
                        ": report that the membership ended. Put the card down again: the answer has changed.")) }
            }
            li { a href=(front.url(ME)) { (t(lang, "わたしの記録", "My record")) }
                (t(lang, "で、同じカードと暗証番号", ": with the same card and the PIN ")) code { (PIN) }
                (t(lang, "を使い、誰がいつ見たかを読む。", ", read who looked and when.")) }
        }
    }
}

fn stories(lang: Lang, front: &Front) -> Markup {
    let table = page::Table::new("")
        .column(t(lang, "氏名", "Name"))
        .column(t(lang, "ようす", "Situation"))
        .column(t(lang, "見どころ", "What to look for"));
    let rows = front.stories.iter().map(|story| {
        [
            html! { (story.name) br; span.fine { (story.kana) } },
            html! { (t(lang, &story.title_ja, &story.title_en)) },
            html! { (t(lang, &story.text_ja, &story.text_en)) },
        ]
    });
    table.rows(rows).render()
}

impl Front {
    fn url(&self, site: &str) -> String {
        format!("http://{site}:{}/", self.port)
    }

    /// The houses of one kind under their heading.
    fn houses(&self, lang: Lang, kind: OrgKind, heading: &str) -> Markup {
        let tiles: Vec<page::Tile> = self
            .houses
            .iter()
            .filter(|house| house.org.kind() == kind)
            .filter_map(|house| {
                let name = t(lang, house.ja.as_str(), house.en.as_str());
                Some(self.tile(
                    house.site.as_deref()?,
                    name,
                    page::kind_name(lang, Some(kind)),
                    kind.as_str(),
                ))
            })
            .collect();
        html! { h2 { (heading) } (page::tiles(&tiles)) }
    }

    fn tile(&self, site: &str, title: &str, over: &str, kind: &str) -> page::Tile {
        page::Tile {
            title: title.to_owned(),
            over: over.to_owned(),
            under: String::new(),
            href: Some(self.url(site)),
            value: String::new(),
            kind: kind.to_owned(),
        }
    }

    async fn numbers(&self, lang: Lang) -> Markup {
        let (residents, active) = match &self.counters.issuer {
            Some(issuer) => issuer.counts().await.unwrap_or_default(),
            None => (0, 0),
        };
        let known = match &self.counters.relay {
            Some(relay) => relay.counts().await.unwrap_or_default().1,
            None => 0,
        };
        let entries: u64 = self.counters.ledgers.iter().map(ledger::Ledger::size).sum();
        page::stats(&[
            page::stat(&residents.to_string(), t(lang, "人", ""), t(lang, "住民", "Residents"), ""),
            page::stat(
                &active.to_string(),
                t(lang, "人", ""),
                t(lang, "医療等IDを持つ人", "With a medical ID"),
                "",
            ),
            page::stat(&known.to_string(), t(lang, "件", ""), t(lang, "受診の登録", "Registrations"), ""),
            page::stat(&entries.to_string(), t(lang, "件", ""), t(lang, "台帳の記録", "Ledger entries"), ""),
        ])
    }
}
