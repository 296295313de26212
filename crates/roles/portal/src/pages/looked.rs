//! Who looked: the first page. Emergencies first, then everything else, then what is not in the list and why.

use axum::extract::{Query, State};
use calendar::Date;
use codes::OrgId;
use maud::{Markup, html};
use serde::Deserialize;
use wire::Csrf;
use wire::page::{
    Choice, Entry, Lang, Page, Tone, badge, button, card, card_with, details, empty_state, form_get, notice,
    pager, problem_notice, select, t, timeline,
};

use super::coverage::coverage;
use super::parts::{month, name};
use super::proofs::{self, Marks};
use super::sentence::{Telling, entry};
use super::{Whoever, inside};
use crate::model::Visit;
use crate::service::Service;
use crate::service::looked::{Asked, Event, Kind, Looked, RECENT_DAYS};

/// Events that one page shows: with their proofs they are most of a page that must stay below 100 kB.
const PAGE: usize = 20;

/// What the person did here: the newest of them.
const OWN_SHOWN: usize = 10;

/// Emergencies that stand above everything else; the rest is a page of its own.
const EMERGENCIES_SHOWN: usize = 20;

#[derive(Deserialize, Default)]
pub(super) struct Turned {
    #[serde(default)]
    page: usize,
    #[serde(default)]
    month: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    kind: String,
}

impl Turned {
    fn asked(&self) -> Asked {
        Asked {
            month: Date::parse(&format!("{}-01", self.month)).ok(),
            organisation: self.who.parse().ok(),
            kind: Kind::from_word(&self.kind),
        }
    }

    /// The address of another page of the same.
    fn page(&self, page: usize) -> String {
        format!("/?month={}&who={}&kind={}&page={page}", self.month, self.who, self.kind)
    }
}

pub(super) async fn show(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Query(turned): Query<Turned>,
) -> Page {
    let asked = turned.asked();
    let looked = service.looked(&visit, asked).await;
    // Without the store's answer proxies are named by their numbers.
    let names = service.kept_names(&visit).await.unwrap_or_default();
    let telling = Telling { service: &service, lang, will: &looked.will, names: &names };
    let mut marks = Marks::new(&looked, lang);
    let shown = |marks: &mut Marks<'_>, events: &[&Event]| -> Vec<Entry> {
        events.iter().map(|event| entry(&telling, marks, event)).collect()
    };
    let from = turned.page.saturating_mul(PAGE);
    let emergencies: Vec<&Event> =
        looked.emergencies.iter().take(if turned.page == 0 { EMERGENCIES_SHOWN } else { 0 }).collect();
    let others: Vec<&Event> = looked.others.iter().skip(from).take(PAGE).collect();
    let own: Vec<&Event> = looked.own.iter().take(if turned.page == 0 { OWN_SHOWN } else { 0 }).collect();
    let (emergencies, others, own) =
        (shown(&mut marks, &emergencies), shown(&mut marks, &others), shown(&mut marks, &own));
    let body = html! {
        (missing(lang, &visit, &looked))
        (proofs::summary(lang, &looked))
        @if !emergencies.is_empty() {
            (card_with(
                t(lang, "救急のとき", "In emergencies"),
                badge(Tone::Warn, &t(lang, format!("{}件", looked.emergencies.len()), looked.emergencies.len().to_string())),
                html! {
                    p { (t(lang,
                        "救急では、あなたの許しを待たずに、決められた範囲だけが開きます。あとから必ず裏付けが調べられます。おかしいと思ったら、下の「分からない・おかしい」から申し立ててください。",
                        "In an emergency a limited part opens without waiting for your permission; what justified it is always examined afterwards. If something looks wrong, object to it below.")) }
                    (timeline(&emergencies))
                },
            ))
        }
        (card(&heading(&service, lang, asked), html! {
            (filters(&service, lang, &turned, &looked))
            @if others.is_empty() {
                (nothing(lang, asked, &looked))
            } @else {
                (timeline(&others))
                (turn(lang, &turned, looked.others.len()))
            }
        }))
        @if !own.is_empty() {
            (details(&t(lang, format!("あなた自身の操作（新しい{}件）", own.len()), format!("What you did yourself (newest {})", own.len())), html! {
                (timeline(&own))
            }))
        }
        (overseer(lang, &looked))
        (card(t(lang, "この一覧に載るもの、載らないもの", "What this list holds, and what it does not"), coverage(lang, &visit, &looked)))
        (marks.block())
    };
    let title = t(lang, "だれがわたしの記録を見たか", "Who looked at my records");
    inside(lang, &csrf, &visit, title, "/", body)
}

/// Where the overseer looked: its looks are logged like everybody's.
fn overseer(lang: Lang, looked: &Looked) -> Markup {
    let looks = match &looked.overseer {
        Ok(looks) if looks.is_empty() => return html! {},
        Ok(looks) => looks,
        Err(_) => {
            return html! { p.fine { (t(
                lang,
                "監督機関が調べたかどうかは、いま読めません。",
                "Whether the overseer looked into any of these cannot be read now.",
            )) } };
        }
    };
    let entry = |look: &protocol::oversight::Look| Entry {
        when: look.at.to_minutes(),
        datetime: look.at.to_rfc3339(),
        title: t(
            lang,
            format!("監督機関の担当者（{}）が調べました", look.officer),
            format!("An officer of the overseer ({}) looked into it", look.officer),
        ),
        tone: Some(Tone::Info),
        body: html! { p.fine { (t(lang, "照会・申立ての番号 ", "Exchange or objection ")) code { (look.exchange) } } },
    };
    card(
        t(lang, "監督機関が調べたもの", "What the overseer looked into"),
        timeline(&looks.iter().map(entry).collect::<Vec<_>>()),
    )
}

fn heading(service: &Service, lang: Lang, asked: Asked) -> String {
    match (asked.month, asked.organisation) {
        (Some(shown), _) => month(lang, shown),
        (None, Some(org)) => name(service, lang, &org),
        (None, None) => t(
            lang,
            format!("この{RECENT_DAYS}日に、だれが、いつ、なぜ"),
            format!("Who, when and why, in the last {RECENT_DAYS} days"),
        ),
    }
}

/// What must be known before the list is read: a part of it that cannot be read now, or is another than it was.
fn missing(lang: Lang, visit: &Visit, looked: &Looked) -> Markup {
    html! {
        @if let Some(principal) = &visit.acting {
            @let name = &principal.subject.name;
            p.fine { (t(lang, format!("ここで「あなた」とあるのは、{name}さんのことです。見られるのは、代理の範囲だけです。"), format!("“You” below is {name}. You see what your mandate reaches."))) }
        }
        @if visit.subject().code.is_none() {
            (notice(Tone::Info, t(lang, "医療等IDは、いま使われていません", "No medical ID is in use"), html! {
                p { (t(lang,
                    "機関のあいだで、あなたの記録は共有されていません。下の一覧は、保険の資格を確かめた記録だけです。",
                    "Your records are not shared between institutions. The list below holds only the checks of your insurance.")) }
                p { a href="/number" { (t(lang, "医療等IDについて読む", "Read about the medical ID")) } }
            }))
        }
        @if let Err(problem) = &looked.relay {
            (notice(Tone::Warn, t(lang, "この一覧は一部だけです", "This list is not whole"), html! {
                p { (t(lang, "情報連携基盤の記録を、いま読めません。しばらくしてから開き直してください。", "The relay's record cannot be read now. Open this page again in a little while.")) }
            }))
            (problem_notice(lang, problem))
        }
        @if looked.changed {
            (notice(Tone::Bad, t(lang, "この月の記録が、前に見たときと違います", "This month is not what it was when it was shown before"), html! {
                p { (t(lang,
                    "終わった月の記録は、増えも減りも変わりもしないはずです。監督機関に知らせてください。",
                    "The record of a past month never grows, shrinks or changes. Tell the overseer.")) }
                p { a href="/objections/new" { (t(lang, "監督機関に知らせる", "Tell the overseer")) } }
            }))
        }
        @if looked.cut {
            (notice(Tone::Info, t(lang, "多いので、新しいものだけを表示しています", "There is more: the newest are shown"), html! {
                p { (t(lang, "月を選ぶと、その月のすべてが見られます。", "Choose a month to see all of it.")) }
            }))
        }
    }
}

/// Month, institution and kind, in a form that needs no script.
fn filters(service: &Service, lang: Lang, turned: &Turned, looked: &Looked) -> Markup {
    let asked = turned.asked();
    let mut months = vec![choice("", t(lang, "この1か月", "The last month"))];
    months.extend(looked.months.iter().map(|first| choice(&short(*first), &month(lang, *first))));
    let mut who = vec![choice("", t(lang, "すべての機関", "Everybody"))];
    let mut organisations: Vec<OrgId> = looked.organisations.clone();
    organisations.extend(asked.organisation.filter(|org| !organisations.contains(org)));
    who.extend(organisations.iter().map(|org| choice(&org.to_string(), &name(service, lang, org))));
    let kinds: Vec<Choice> =
        Kind::ALL.into_iter().map(|kind| choice(kind.as_str(), kind_words(lang, kind))).collect();
    html! {
        div.filters { (form_get("/", html! {
            (select(lang, "month", t(lang, "いつ", "When"), &months, &turned.month))
            (select(lang, "who", t(lang, "だれが", "Who"), &who, &turned.who))
            (select(lang, "kind", t(lang, "何を", "What"), &kinds, &turned.kind))
            (button(t(lang, "しぼる", "Show these")))
        })) }
    }
}

fn nothing(lang: Lang, asked: Asked, looked: &Looked) -> Markup {
    let older = looked.months.iter().any(|_| true);
    let chosen = asked != Asked::default();
    let (title, hint) = match (chosen, older) {
        (true, _) => (
            t(lang, "当てはまるものはありません", "Nothing like that"),
            t(lang, "上の選び方を変えてください。", "Choose otherwise above."),
        ),
        (false, true) => (
            t(lang, "この1か月は、だれも見ていません", "Nobody looked in the last month"),
            t(lang, "前のことは、上で月を選ぶと見られます。", "Choose a month above to see what was before."),
        ),
        (false, false) => (
            t(lang, "まだだれも見ていません", "Nobody has looked yet"),
            t(
                lang,
                "機関があなたについて何かを求めると、ここに残ります。",
                "When somebody asks for something about you, it stays here.",
            ),
        ),
    };
    empty_state(title, hint, html! {})
}

fn turn(lang: Lang, turned: &Turned, events: usize) -> Markup {
    let pages = events.div_ceil(PAGE);
    if pages < 2 {
        return html! {};
    }
    let previous = turned.page.checked_sub(1).map(|page| turned.page(page));
    let next = (turned.page + 1 < pages).then(|| turned.page(turned.page + 1));
    let place = format!("{} / {pages}", turned.page + 1);
    pager(lang, previous.as_deref(), &place, next.as_deref())
}

fn choice(value: &str, label: &str) -> Choice {
    Choice { value: value.to_owned(), label: label.to_owned() }
}

fn short(first: Date) -> String {
    first.to_string().chars().take(7).collect()
}

fn kind_words(lang: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::All => t(lang, "すべて", "Everything"),
        Kind::Opened => t(lang, "記録を見た", "Records were opened"),
        Kind::Refused => t(lang, "断られた", "Refused"),
        Kind::Emergency => t(lang, "救急", "Emergencies"),
        Kind::Check => t(lang, "保険の資格を確かめた", "Insurance was checked"),
        Kind::Other => t(lang, "そのほか", "Anything else"),
    }
}
