//! Reports on their way, and the work list that the eligibility service keeps.

use axum::{extract::State, response::Redirect};
use maud::{Markup, html};
use protocol::eligibility::{WorkItem, WorkKind};
use wire::{Csrf, Lang, Page, Problem, page, page::Tone, t};

use super::{date, frame, member, time};
use crate::{model::ReportState, service::Service, store::Listed};

pub async fn list(State(service): State<Service>, lang: Lang, csrf: Csrf) -> Result<Page, Problem> {
    let refused = service.reports(ReportState::Refused).await?;
    let waiting = service.reports(ReportState::Waiting).await?;
    let accepted = service.reports(ReportState::Accepted).await?;
    let body = html! {
        @if !waiting.is_empty() {
            (page::form("/reports/send", &csrf, page::button(t(lang, "いま送る", "Send now"))))
        }
        (block(lang, t(lang, "差し戻し（訂正が必要です）", "Refused: to be corrected"), &refused))
        (block(lang, t(lang, "送信待ち", "Waiting"), &waiting))
        (block(lang, t(lang, "報告済み（新しい順）", "Reported, newest first"), &accepted))
    };
    Ok(frame(&service, lang, t(lang, "資格確認サービスへの報告", "Reports"), "/reports").body(body))
}

fn block(lang: Lang, title: &str, reports: &[Listed]) -> Markup {
    if reports.is_empty() {
        return page::card(title, html! { p { (t(lang, "ありません", "None")) } });
    }
    let table = page::Table::new("")
        .column(t(lang, "日時", "When"))
        .column(t(lang, "加入者", "Member"))
        .column(t(lang, "状態", "State"));
    let rows = reports.iter().map(|report| {
        let number = data_encoding::HEXLOWER.encode(report.my_number.as_bytes());
        let address = format!("/members/{number}/{}", report.qualified_on);
        [
            time(report.queued_at),
            html! { a href=(address) { (t(lang, "資格を見る", "Open")) } " " (date(report.qualified_on)) "〜" },
            member::state(lang, Some(report)),
        ]
    });
    page::card(title, table.rows(rows).render())
}

pub async fn send(State(service): State<Service>) -> Result<Redirect, Problem> {
    service.send_reports().await?;
    Ok(Redirect::to("/reports"))
}

pub async fn work_list(State(service): State<Service>, lang: Lang) -> Result<Page, Problem> {
    let items = service.work_list().await?;
    let open = items.iter().filter(|item| item.closed_at.is_none());
    let (overlaps, late): (Vec<&WorkItem>, Vec<&WorkItem>) =
        open.partition(|item| item.kind == WorkKind::Overlap);
    let body = html! {
        (page::stats(&[
            page::stat(&overlaps.len().to_string(), t(lang, "件", ""), t(lang, "重複加入", "Overlaps"), ""),
            page::stat(&late.len().to_string(), t(lang, "件", ""), t(lang, "届出の遅れ", "Late reports"), ""),
        ]))
        @if overlaps.is_empty() && late.is_empty() {
            (page::empty_state(
                t(lang, "確認が必要なものはありません", "Nothing to settle"),
                t(lang, "重複加入や届出の遅れが見つかると、ここに表示されます。", "Overlaps and late reports appear here."),
                html! {},
            ))
        }
        @for item in overlaps.iter().take(LISTED) { (overlap(lang, item)) }
        @if !late.is_empty() { (page::card(t(lang, "届出の遅れ", "Late reports"), late_reports(lang, &late))) }
        @if overlaps.len() > LISTED || late.len() > LISTED {
            p.fine { (t(lang, "ほかにもあります。上から順に片付けると続きが表示されます。", "There are more: they appear as these are settled.")) }
        }
    };
    Ok(frame(&service, lang, t(lang, "確認リスト", "Work list"), "/work-list")
        .lead(t(
            lang,
            "ほかの保険者との重なりなど、確認が必要な資格です。どちらかが届け出を直すと消えます。",
            "Memberships to settle with another insurer. An item goes when a report settles it.",
        ))
        .body(body))
}

/// Items of a kind shown at once.
const LISTED: usize = 50;

/// Two insurers must settle it: said at length.
fn overlap(lang: Lang, item: &WorkItem) -> Markup {
    let rows = [
        (t(lang, "記号・番号", "Number"), html! { (item.insured) }),
        (t(lang, "期間", "Period"), period(item)),
        (t(lang, "気づいた日時", "Noticed"), time(item.opened_at.as_millis())),
    ];
    page::card_with(
        &item.name,
        page::badge(Tone::Warn, t(lang, "重複加入", "Overlap")),
        html! {
            @if let Some(other) = &item.other_insurer_name {
                p { (t(lang, "相手の保険者: ", "The other insurer: ")) (other)
                    @if let Some(number) = &item.other_insurer { "（" (number) "）" } }
            }
            (page::definitions(&rows))
            (page::form_get("/", html! {
                input type="hidden" name="q" value=(number(item));
                (page::button(t(lang, "この加入者をひらく", "Find the member")))
            }))
        },
    )
}

/// Nothing is left to settle but the habit: a line each.
fn late_reports(lang: Lang, items: &[&WorkItem]) -> Markup {
    let rows = items.iter().take(LISTED).map(|item| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", &number(item)).finish();
        [
            html! { a.row-name href={ "/?" (query) } lang="ja" { (item.name) } },
            html! { (number(item)) },
            period(item),
            time(item.opened_at.as_millis()),
        ]
    });
    page::Table::new("")
        .column(t(lang, "氏名", "Name"))
        .column(t(lang, "記号・番号", "Number"))
        .column(t(lang, "期間", "Period"))
        .column(t(lang, "気づいた日時", "Noticed"))
        .rows(rows)
        .render()
}

fn period(item: &WorkItem) -> Markup {
    html! { (date(item.from)) "〜" @if let Some(until) = item.until { (date(until)) } }
}

/// Symbol and number as the desk's search takes them.
fn number(item: &WorkItem) -> String {
    format!("{}:{}", item.insured.symbol, item.insured.number)
}
