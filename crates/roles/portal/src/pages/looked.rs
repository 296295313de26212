//! Who looked: the first page. Emergencies first, then everything else, then what is not in the list and why.

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use wire::Csrf;
use wire::page::{
    Entry, Lang, Page, Table, Tone, badge, card, card_with, details, empty_state, notice, pager,
    problem_notice, t, timeline,
};

use super::sentence::{entry, since};
use super::{Here, inside};
use crate::model::Visit;
use crate::service::Service;
use crate::service::looked::{Event, Looked, RELAY_SHOWS};

/// Events that one page shows.
const PAGE: usize = 30;

/// What the person did here: the newest of them.
const OWN_SHOWN: usize = 30;

#[derive(Deserialize)]
pub(super) struct Turned {
    #[serde(default)]
    page: usize,
}

pub(super) async fn show(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
    Query(turned): Query<Turned>,
) -> Page {
    let looked = service.looked(&visit).await;
    let shown = |events: &[Event]| -> Vec<Entry> {
        events.iter().map(|event| entry(&service, lang, &looked.will, event)).collect()
    };
    let from = turned.page.saturating_mul(PAGE);
    let others: Vec<Event> = looked.others.iter().skip(from).take(PAGE).cloned().collect();
    let own: Vec<Event> = looked.own.iter().take(OWN_SHOWN).cloned().collect();
    let body = html! {
        (missing(lang, &visit, &looked))
        @if !looked.emergencies.is_empty() && turned.page == 0 {
            (card_with(
                t(lang, "救急のとき", "In emergencies"),
                badge(Tone::Warn, &t(lang, format!("{}件", looked.emergencies.len()), looked.emergencies.len().to_string())),
                html! {
                    p { (t(lang,
                        "救急では、あなたの許しを待たずに、決められた範囲だけが開きます。あとから必ず裏付けが調べられます。おかしいと思ったら、その機関の窓口に、下の「記録の番号」を伝えてください。",
                        "In an emergency a limited part opens without waiting for your permission; what justified it is always examined afterwards. If something looks wrong, give that institution the number below.")) }
                    (timeline(&shown(&looked.emergencies)))
                },
            ))
        }
        (card(t(lang, "だれが、いつ、なぜ", "Who, when and why"), html! {
            @if others.is_empty() {
                (empty_state(
                    t(lang, "まだだれも見ていません", "Nobody has looked yet"),
                    t(lang, "機関があなたについて何かを求めると、ここに残ります。", "When somebody asks for something about you, it stays here."),
                    html! {},
                ))
            } @else {
                (timeline(&shown(&others)))
                (turn(lang, turned.page, looked.others.len()))
            }
        }))
        @if !own.is_empty() {
            (details(&t(lang, format!("あなた自身の操作（{}件）", looked.own.len()), format!("What you did yourself ({})", looked.own.len())), html! {
                (timeline(&shown(&own)))
            }))
        }
        (card(t(lang, "この一覧に載るもの、載らないもの", "What this list holds, and what it does not"), coverage(lang, &visit, &looked)))
    };
    inside(lang, &csrf, &visit, t(lang, "だれがわたしの記録を見たか", "Who looked at my records"), "/", body)
}

/// What must be known before the list is read: a part of it that cannot be read now.
fn missing(lang: Lang, visit: &Visit, looked: &Looked) -> Markup {
    html! {
        @if visit.bearer.code.is_none() {
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
        @if looked.cut {
            (notice(Tone::Info, &t(lang, format!("新しい{RELAY_SHOWS}件までを表示しています"), format!("The newest {RELAY_SHOWS} are shown")), html! {}))
        }
    }
}

fn turn(lang: Lang, page: usize, events: usize) -> Markup {
    let pages = events.div_ceil(PAGE);
    if pages < 2 {
        return html! {};
    }
    let to = |page: usize| format!("/?page={page}");
    let previous = page.checked_sub(1).map(to);
    let next = (page + 1 < pages).then(|| to(page + 1));
    let place = format!("{} / {pages}", page + 1);
    pager(lang, previous.as_deref(), &place, next.as_deref())
}

/// Which log covers what since when; a gap is called one.
fn coverage(lang: Lang, visit: &Visit, looked: &Looked) -> Markup {
    let relay = match &looked.relay {
        _ if visit.bearer.code.is_none() => {
            badge(Tone::Info, t(lang, "医療等IDがないので記録がありません", "no medical ID, no record"))
        }
        Ok(_) => badge(Tone::Ok, t(lang, "いま読みました", "read just now")),
        Err(_) => badge(Tone::Bad, t(lang, "いま読めません", "cannot be read now")),
    };
    let gap = || badge(Tone::Warn, t(lang, "載りません", "not here"));
    let none = || html! { "–" };
    let line = |ja: &'static str, en: &'static str| html! { (t(lang, ja, en)) };
    Table::new("")
        .column(t(lang, "何の記録か", "What"))
        .column(t(lang, "いつから", "Since"))
        .column(t(lang, "いまの状態", "State"))
        .row([
            line(
                "機関のあいだの照会と、救急の宣言（情報連携基盤）",
                "Questions between institutions, and emergencies (the relay)",
            ),
            since(lang, looked.relay.as_ref().ok().copied().flatten()),
            relay,
        ])
        .row([
            line(
                "保険の資格を確かめた記録（資格確認サービス機関）",
                "Checks of your insurance (the eligibility service)",
            ),
            since(lang, visit.bearer.checks_since),
            badge(Tone::Ok, t(lang, "入ったときに読みました", "read when you came in")),
        ])
        .row([
            line("一つの機関の中で、そこの職員が見たこと", "What staff saw within one institution"),
            none(),
            gap(),
        ])
        .row([
            line("医療等IDの番号を変える前のこと", "What happened before your number was changed"),
            none(),
            gap(),
        ])
        .render()
}
