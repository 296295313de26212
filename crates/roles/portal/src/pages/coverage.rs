//! Which log covers what since when; a gap is called one.

use maud::{Markup, html};
use wire::page::{Lang, Table, Tone, badge, t};

use super::sentence::since;
use crate::model::{Entrance, Visit};
use crate::service::looked::Looked;

pub(super) fn coverage(lang: Lang, visit: &Visit, looked: &Looked) -> Markup {
    let none = || html! { "–" };
    let gap = || badge(Tone::Warn, t(lang, "載りません", "not here"));
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
            relay(lang, visit, looked),
        ])
        .row([
            line(
                "保険の資格を確かめた記録（資格確認サービス機関）",
                "Checks of your insurance (the eligibility service)",
            ),
            if has_checks(visit) { since(lang, visit.bearer.checks_since) } else { none() },
            checks(lang, visit),
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

fn has_checks(visit: &Visit) -> bool {
    visit.acting.is_none() && visit.bearer.entrance == Entrance::Card
}

fn relay(lang: Lang, visit: &Visit, looked: &Looked) -> Markup {
    match &looked.relay {
        _ if visit.subject().code.is_none() => {
            badge(Tone::Info, t(lang, "医療等IDがないので記録がありません", "no medical ID, no record"))
        }
        Ok(_) => badge(Tone::Ok, t(lang, "いま読みました", "read just now")),
        Err(_) => badge(Tone::Bad, t(lang, "いま読めません", "cannot be read now")),
    }
}

/// The checks are read with the person's own card alone.
fn checks(lang: Lang, visit: &Visit) -> Markup {
    if visit.acting.is_some() {
        badge(Tone::Warn, t(lang, "ご本人のカードだけで読めます", "read with the person's own card alone"))
    } else if visit.bearer.entrance == Entrance::Device {
        badge(Tone::Warn, t(lang, "カードで入ると載ります", "here when you come in with your card"))
    } else {
        badge(Tone::Ok, t(lang, "入ったときに読みました", "read when you came in"))
    }
}
