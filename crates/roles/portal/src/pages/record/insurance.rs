//! The person's insurance (保険の資格): with whom, from when to when, as the eligibility service knew it when they came in with their card.

use maud::{Markup, html};
use protocol::eligibility::Relation;
use protocol::own_record::{OwnMembership, answered};
use wire::page::{Lang, Table, card, t, when};

use crate::model::{Entrance, Visit};
use crate::pages::parts::{day, name};
use crate::service::Service;

/// The newest check and the history of insurers. A proxy did not come in with the person's card, so it has nothing to show.
pub(super) fn insurance(service: &Service, lang: Lang, visit: &Visit) -> Markup {
    if visit.acting.is_some() {
        return html! {};
    }
    let bearer = &visit.bearer;
    card(
        t(lang, "保険の資格", "Insurance"),
        html! {
            @if let Some(check) = bearer.checks.first() {
                p { (t(lang,
                    format!("{} に{}で確かめられ、「{}」でした。", when(lang, check.at), name(service, lang, &check.organisation), answered(check.validity).0),
                    format!("Checked {} at {}: {}.", when(lang, check.at), name(service, lang, &check.organisation), answered(check.validity).1))) }
                p.fine { a href="/" { (t(lang, "確かめられた記録をすべて見る", "All checks")) } }
            }
            @if bearer.entrance == Entrance::Device {
                p { (t(lang, "加入していた保険は、カードで入ると載ります。", "Your insurers are shown when you come in with your card.")) }
            } @else if bearer.memberships.is_empty() {
                p { (t(lang, "あなたの加入を届け出た保険者は、まだありません。", "No insurer has reported you as a member yet.")) }
            } @else {
                (history(service, lang, &bearer.memberships))
                p.fine { (t(lang,
                    "資格確認サービスが、入ったときに答えたものです。違うところがあれば、その保険者にお尋ねください。",
                    "As the eligibility service answered when you came in. If something is wrong, ask that insurer.")) }
            }
        },
    )
}

/// Newest first.
fn history(service: &Service, lang: Lang, memberships: &[OwnMembership]) -> Markup {
    let rows = memberships.iter().map(|one| {
        [
            html! { span lang="ja" { (name(service, lang, &one.insurer)) } },
            html! { (relation(lang, one.relation)) },
            day(one.from),
            match one.until {
                Some(last) => day(last),
                None => html! { (t(lang, "いまも", "to this day")) },
            },
            day(one.known_from.date()),
        ]
    });
    Table::new(t(lang, "加入してきた保険", "Your insurers"))
        .column(t(lang, "保険者", "Insurer"))
        .column(t(lang, "本人・家族", "As"))
        .column(t(lang, "いつから", "From"))
        .column(t(lang, "いつまで", "Until"))
        .column(t(lang, "届け出られた日", "Reported"))
        .rows(rows)
        .render()
}

fn relation(lang: Lang, relation: Relation) -> &'static str {
    match relation {
        Relation::Insured => t(lang, "本人", "insured person"),
        Relation::Dependant => t(lang, "家族", "dependant"),
    }
}
