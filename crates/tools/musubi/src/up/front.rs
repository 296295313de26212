//! The front page of the town: its houses, what to try, and the numbers as they move.

use std::sync::Arc;

use axum::{Router, extract::State, routing::get};
use codes::{OrgId, OrgKind};
use consent::InstitutionKind;
use maud::{Markup, html};
use town::formats::{NetworkRow, StoryRow};
use wire::{Lang, Page, page, t};

use super::{Running, cards::PIN, settle::Town};
use crate::open::Opened;

/// Host of the page on which a person reads their own record.
pub const ME: &str = "me.localhost";

#[derive(Clone)]
struct Front {
    houses: Arc<Vec<House>>,
    stories: Arc<Vec<StoryRow>>,
    networks: Arc<Vec<Network>>,
    counters: Counters,
    port: u16,
}

/// One house of the town.
struct House {
    org: OrgId,
    ja: String,
    en: String,
    site: Option<String>,
    /// What kind of institution, for one.
    institution: Option<InstitutionKind>,
}

/// A regional network (地域医療連携ネットワーク) and its members, in the order of the town's file.
struct Network {
    ja: String,
    en: String,
    /// 医療機関コード of each.
    members: Vec<String>,
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
        institution: town.directory.get(&settings.organisation).and_then(|org| org.institution),
    });
    let front = Front {
        houses: Arc::new(houses.collect()),
        stories: Arc::new(town.rows("stories.csv").unwrap_or_default()),
        networks: Arc::new(networks(town)),
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

fn networks(town: &Town) -> Vec<Network> {
    let mut networks: Vec<Network> = Vec::new();
    for row in town.rows::<NetworkRow>("networks.csv").unwrap_or_default() {
        match networks.iter_mut().find(|network| network.ja == row.name) {
            Some(network) => network.members.push(row.institution_code),
            None => {
                networks.push(Network { ja: row.name, en: row.name_en, members: vec![row.institution_code] })
            }
        }
    }
    networks
}

fn counters(running: &Running) -> Counters {
    let ledgers = running.roles.iter().map(|(_, opened, _)| opened.ledger()).collect();
    let (mut issuer, mut relay) = (None, None);
    for (_, opened, _) in &running.roles {
        match opened {
            Opened::Issuer(service) => issuer = Some(service.clone()),
            Opened::Relay(service) => relay = Some(service.clone()),
            _ => {}
        }
    }
    Counters { issuer, relay, ledgers: Arc::new(ledgers) }
}

async fn show(State(front): State<Front>, lang: Lang) -> Page {
    let body = html! {
        (page::live("numbers", "/numbers", 3, front.numbers(lang).await))
        (page::card(t(lang, "やってみる", "What to try"), steps(lang, &front)))
        h2 { (t(lang, "本人と、あいだをつなぐ機関", "The person, and those between")) }
        (page::tiles(&front.between(lang)))
        h2 { (t(lang, "医療と介護の機関", "Hospitals, clinics, pharmacies, care")) }
        (front.institutions(lang))
        (page::card(
            t(lang, "保険者", "Insurers"),
            page::links(&front.houses(lang, |house| house.org.kind() == OrgKind::Insurer), false),
        ))
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
    let portal =
        front.houses.iter().find(|h| h.org.kind() == OrgKind::Portal).and_then(|h| h.site.as_deref());
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
            @if let Some(site) = portal {
                li { a href=(front.url(site)) { (t(lang, "マイ・ポータル", "My portal")) }
                    (t(lang, "で、同じカードと暗証番号", ": with the same card and the PIN ")) code { (PIN) }
                    (t(lang, "を使い、誰がいつ見たかを読み、これからだれに見せるかを決める。", ", read who looked and when, and decide who may from now on.")) }
            }
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
            html! { (story.name) },
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

    /// The person's own pages first, then every house that is neither institution nor insurer.
    fn between(&self, lang: Lang) -> Vec<page::Tile> {
        let own = self.tile(
            ME,
            t(lang, "わたしの記録", "My record"),
            t(lang, "誰がいつ見たか", "Who looked, and when"),
            "portal",
        );
        let apart = [OrgKind::Institution, OrgKind::Insurer, OrgKind::Portal];
        let portal = self.houses(lang, |house| house.org.kind() == OrgKind::Portal);
        let others = self.houses(lang, |house| !apart.contains(&house.org.kind()));
        portal.into_iter().chain(std::iter::once(own)).chain(others).collect()
    }

    /// The institutions network by network; one that belongs to two stands under both.
    fn institutions(&self, lang: Lang) -> Markup {
        let is_member =
            |network: &Network, house: &House| network.members.iter().any(|m| m == house.org.number());
        let alone = self.houses(lang, |house| {
            house.org.kind() == OrgKind::Institution && !self.networks.iter().any(|n| is_member(n, house))
        });
        html! {
            div.columns {
                @for network in self.networks.iter() {
                    @let members = self.houses(lang, |house| is_member(network, house));
                    (page::card(t(lang, &network.ja, &network.en), page::links(&members, true)))
                }
                @if !alone.is_empty() {
                    (page::card(t(lang, "ネットワークの外", "In no network"), page::links(&alone, true)))
                }
            }
        }
    }

    /// The houses that `belongs` chooses and that have pages.
    fn houses(&self, lang: Lang, belongs: impl Fn(&House) -> bool) -> Vec<page::Tile> {
        let tile = |house: &House| {
            let kind = house.org.kind();
            let over = match house.institution {
                Some(institution) => t(lang, institution.ja(), institution.en()),
                None => page::kind_name(lang, Some(kind)),
            };
            let name = t(lang, house.ja.as_str(), house.en.as_str());
            Some(self.tile(house.site.as_deref()?, name, over, kind.as_str()))
        };
        self.houses.iter().filter(|house| belongs(house)).filter_map(tile).collect()
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
