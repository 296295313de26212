//! Finding a member: the desk's first page.

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use wire::{Lang, Page, Problem, page, page::Tone, t};

use super::{date, frame, relation};
use crate::{model::Member, service::Service};

/// What is looked for.
#[derive(Deserialize)]
pub struct Question {
    #[serde(default)]
    q: String,
}

pub async fn list(
    State(service): State<Service>,
    lang: Lang,
    Query(question): Query<Question>,
) -> Result<Page, Problem> {
    let found = service.search(&question.q).await?;
    let counts = service.counts().await?;
    let asked = !question.q.trim().is_empty();
    let body = html! {
        (page::form_get("/", html! {
            (page::Field::text("q", t(lang, "氏名・カナ・記号番号", "Name, reading or number"))
                .value(question.q.clone())
                .hint(t(lang, "例: ヤマダ　タロウ、山田、12-34:5678", "For example ヤマダ, 山田, 12-34:5678"))
                .scan()
                .render(lang))
            (page::button(t(lang, "さがす", "Search")))
        }))
        (page::stats(&[
            page::stat(&counts.open.to_string(), t(lang, "人", ""), t(lang, "加入中", "Insured now"), ""),
            page::stat(&counts.waiting.to_string(), t(lang, "件", ""), t(lang, "報告待ち", "Reports waiting"), ""),
            page::stat(&counts.refused.to_string(), t(lang, "件", ""), t(lang, "差し戻し", "Refused reports"),
                if counts.refused > 0 { t(lang, "内容を直して再送してください", "Correct and send again") } else { "" }),
        ]))
        h2 { @if asked { (t(lang, "見つかった加入者", "Found")) } @else { (t(lang, "最近変更した加入者", "Changed last")) } }
        @if found.is_empty() {
            (page::empty_state(
                t(lang, "見つかりません", "Nobody found"),
                t(lang, "カナの一部や記号番号でもさがせます。", "Try part of the reading, or the number."),
                html! {},
            ))
        } @else { (table(lang, &found)) }
    };
    Ok(frame(&service, lang, t(lang, "加入者", "Members"), "/").body(body))
}

fn table(lang: Lang, found: &[Member]) -> Markup {
    let table = page::Table::new("")
        .column(t(lang, "氏名", "Name"))
        .column(t(lang, "記号・番号・枝番", "Symbol, number, branch"))
        .column(t(lang, "区分", "Relation"))
        .column(t(lang, "生年月日", "Born"))
        .column(t(lang, "資格", "Membership"));
    table.rows(found.iter().map(|member| row(lang, member))).render()
}

fn row(lang: Lang, member: &Member) -> [Markup; 5] {
    let record = &member.record;
    [
        html! { a href=(address(member)) { (record.person.name) } br; span.fine { (record.person.kana) } },
        html! { (number(lang, member)) },
        html! { (relation(lang, record.relation)) },
        date(record.person.birthdate),
        standing(lang, member),
    ]
}

/// Whether the membership is open.
pub fn standing(lang: Lang, member: &Member) -> Markup {
    match member.record.disqualified_on {
        None => page::badge(Tone::Ok, t(lang, "加入中", "Insured")),
        Some(_) => page::badge(Tone::Info, t(lang, "喪失", "Ended")),
    }
}

/// Symbol, number and branch as printed.
pub fn number(lang: Lang, member: &Member) -> String {
    let insured = &member.record.insured;
    let branch =
        insured.branch.map(|b| format!("{}{b}", t(lang, "（枝番）", " branch "))).unwrap_or_default();
    format!("{}　{}{branch}", insured.symbol, insured.number).trim().to_owned()
}

/// The page of one membership. The sealed number names it: no My Number stands in an address.
pub fn address(member: &Member) -> String {
    let number = data_encoding::HEXLOWER.encode(member.my_number.as_bytes());
    format!("/members/{number}/{}", member.record.qualified_on)
}
