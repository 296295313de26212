//! The officers' desk: what waits, and the way to it.

use axum::extract::State;
use maud::html;
use wire::{Lang, Page, Problem, page, page::Tone, t};

use super::frame;
use crate::service::Service;
use crate::store::{findings, objections, sides};

/// GET /desk
pub async fn show(State(service): State<Service>, lang: Lang) -> Result<Page, Problem> {
    let alarms = service.alarms().await?.iter().filter(|alarm| alarm.closed.is_none()).count();
    let unmatched = service.unmatched().await?.len();
    let open = service.read(findings::open).await?;
    let objections = service.read(objections::open).await?;
    let records = service.read(sides::count).await?;
    let reviews = service.reviews().await;
    let signed = service.purposes().await?.is_signed_off();
    let waiting = |count: usize| {
        let none = t(lang, "ありません", "none");
        if count == 0 { none.to_owned() } else { t(lang, format!("{count}件"), count.to_string()) }
    };
    let tile = |href: &str, title: &str, under: String| page::Tile {
        title: title.to_owned(),
        over: String::new(),
        under,
        href: Some(href.to_owned()),
        value: String::new(),
        kind: "oversight".to_owned(),
    };
    let review = match &reviews {
        Ok(reviews) => waiting(reviews.len()),
        Err(_) => t(lang, "情報連携基盤につながりません", "the relay cannot be reached").to_owned(),
    };
    let table = if signed {
        t(lang, "今の表は確認済み", "the present table is signed off")
    } else {
        t(lang, "確認していない文面があります", "some wording is not signed off")
    };
    let tiles = [
        tile("/alarms", t(lang, "台帳の警報", "Alarms of ledgers"), waiting(alarms)),
        tile(
            "/findings",
            t(lang, "突合と検知", "Matching and findings"),
            waiting(unmatched + usize::try_from(open).unwrap_or(0)),
        ),
        tile("/reviews", t(lang, "緊急時の照会の審査", "Reviews of emergencies"), review),
        tile(
            "/objections",
            t(lang, "本人からの申立て", "Objections"),
            waiting(usize::try_from(objections).unwrap_or(0)),
        ),
        tile(
            "/orders",
            t(lang, "命令", "Orders"),
            t(lang, "検査・指導・停止", "inspect, advise, suspend").to_owned(),
        ),
        tile("/purposes", t(lang, "目的と根拠の表", "Purposes and bases"), table.to_owned()),
    ];
    let progress = service.progress().await?;
    let troubled: Vec<_> = progress.iter().filter(|of| of.trouble.is_some()).collect();
    let rows = progress.iter().map(|of| {
        [
            html! { (super::name(&service, lang, &of.organisation)) },
            html! { (of.next) },
            html! { (wire::page::time(of.at)) },
            html! { @match &of.trouble { None => (t(lang, "読めています", "read")), Some(_) => (page::badge(Tone::Warn, t(lang, "読めません", "cannot be read"))) } },
        ]
    });
    let table = page::Table::new("")
        .column(t(lang, "機関", "Organisation"))
        .number(t(lang, "読んだ件数", "Entries read"))
        .column(t(lang, "最後に読んだ時", "Last read"))
        .column(t(lang, "状態", "State"))
        .rows(rows)
        .render();
    let body = html! {
        @if alarms > 0 {
            (page::notice(Tone::Bad, t(lang, "台帳に警報があります。", "A ledger raised an alarm."), html! { a href="/alarms" { (t(lang, "警報を見る", "See the alarms")) } }))
        }
        (page::tiles(&tiles))
        @if !troubled.is_empty() {
            (page::notice(Tone::Warn, t(lang, "読めない台帳があります。", "Some ledgers cannot be read."), html! {
                (t(lang, "読めない間、その機関の側は突き合わせません。", "While they cannot, that side is not matched."))
            }))
        }
        (page::details(
            &t(lang, format!("見守っている台帳（照会の記録 {records}件）"), format!("Watched ledgers ({records} records of exchange)")),
            table,
        ))
    };
    let lead = t(
        lang,
        "氏名も診療の内容も、ここにはありません。案件や照会を開くと、開いた事実が台帳に残り、本人に知らされます。",
        "No name and no content of care is here. Opening a case or an exchange is written down, and the person is told.",
    );
    Ok(frame(&service, lang, t(lang, "担当者の机", "Officers' desk"), "/desk").lead(lead).body(body))
}
