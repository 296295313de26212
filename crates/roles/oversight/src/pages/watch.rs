//! The witness: every ledger's newest cosigned head, for everybody; alarms, for officers.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use codes::OrgId;
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use wire::{Csrf, Lang, Page, Problem, page, page::Tone, t};

use wire::page::time;

use super::{Shown, Spoken, again, both, frame, name, officer_fields, said, to};
use crate::model::Alarm;
use crate::service::Service;

/// A head older than this counts as silent, in milliseconds.
const SILENT_MILLIS: i64 = 5 * 60_000;

/// GET /witness
pub async fn heads(State(service): State<Service>, lang: Lang) -> Result<Page, Problem> {
    let heads = service.heads().await?;
    let alarms = service.alarms().await?;
    let now = service.now().as_millis();
    let rows = heads.iter().map(|head| {
        let alarmed = alarms.iter().any(|alarm| alarm.closed.is_none() && alarm.origin == head.origin);
        let silent = now - head.at.as_millis() > SILENT_MILLIS;
        let state = if alarmed {
            page::badge(Tone::Bad, t(lang, "警報", "Alarm"))
        } else if silent {
            page::badge(Tone::Warn, t(lang, "音信なし", "Silent"))
        } else {
            page::badge(Tone::Ok, t(lang, "連続", "Consistent"))
        };
        let digest: String = head.root.to_string().chars().take(12).collect();
        [
            html! { (party(&service, lang, &head.origin)) },
            html! { (head.size) },
            html! { code title=(head.root) { (digest) "…" } },
            html! { (time(head.at)) },
            state,
        ]
    });
    let table = page::Table::new("")
        .column(t(lang, "台帳", "Ledger"))
        .number(t(lang, "記録", "Entries"))
        .column(t(lang, "ルート", "Root"))
        .column(t(lang, "最後の連署", "Last cosigned"))
        .column(t(lang, "状態", "State"))
        .rows(rows);
    let body = html! {
        @if table.is_empty() {
            (page::empty_state(
                t(lang, "まだ連署した台帳はありません。", "No ledger was cosigned yet."),
                t(lang, "機関が起動すると、台帳の先頭が届きます。", "Heads arrive when the roles start."),
                html! {},
            ))
        } @else { (page::card(t(lang, "連署した台帳の先頭", "Cosigned heads"), table.render())) }
    };
    let lead = t(
        lang,
        "監督機関は、各機関の台帳の先頭に、前の先頭の続きであることを確かめてから連署します。二つの歴史も、巻き戻しも、連署されません。",
        "The overseer cosigns a ledger's head after it has seen that it continues the one before. Two histories, or a ledger that went back, are not cosigned.",
    );
    Ok(frame(&service, lang, t(lang, "台帳の連署", "Witness of the ledgers"), "/witness")
        .lead(lead)
        .body(body))
}

/// GET /alarms
pub async fn alarms(State(service): State<Service>, lang: Lang, csrf: Csrf) -> Result<Page, Problem> {
    show(&service, lang, &csrf, html! {}).await
}

/// POST /alarms/{digest}
pub async fn close(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(digest): Path<String>,
    Form(spoken): Form<Spoken>,
) -> Shown {
    let digest = HEXLOWER.decode(digest.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    let digest = digest.ok_or_else(Problem::not_found)?;
    match service.close_alarm(digest, &spoken.officer, &spoken.words).await {
        Ok(()) => Ok(to("/alarms")),
        Err(problem) => {
            let status = problem.status();
            let news = again(lang, problem)?;
            Ok(show(&service, lang, &csrf, news).await?.status(status).into_response())
        }
    }
}

async fn show(service: &Service, lang: Lang, csrf: &Csrf, news: Markup) -> Result<Page, Problem> {
    let alarms = service.alarms().await?;
    let body = html! {
        (news)
        @if alarms.is_empty() {
            (page::empty_state(
                t(lang, "警報はありません。", "There are no alarms."),
                t(lang, "台帳が分岐または巻き戻しを示すと、ここに証拠とともに並びます。", "A ledger that forks or goes back comes here with the evidence."),
                html! { a href="/witness" { (t(lang, "台帳の連署を見る", "See the witness")) } },
            ))
        }
        @for alarm in &alarms { (one(service, lang, csrf, alarm)) }
    };
    let lead = t(
        lang,
        "台帳の鍵で署名された先頭が、連署したものと両立しません。下の署名付きの先頭そのものが証拠です。矛盾する先頭には連署していません。",
        "A head under the ledger's own signature contradicts what was cosigned. The signed head below is the evidence. What contradicts is not cosigned.",
    );
    Ok(frame(service, lang, t(lang, "台帳の警報", "Alarms of ledgers"), "/alarms").lead(lead).body(body))
}

fn one(service: &Service, lang: Lang, csrf: &Csrf, alarm: &Alarm) -> Markup {
    let (last, times) = alarm.last;
    let rows = [
        (t(lang, "何が", "What"), html! { (both(lang, &alarm.what)) }),
        (t(lang, "最初", "First"), time(alarm.at)),
        (
            t(lang, "最後", "Last"),
            html! { (time(last)) " " (t(lang, format!("（{times}回）"), format!("({times} times)"))) },
        ),
    ];
    let aside = match &alarm.closed {
        None => page::badge(Tone::Bad, said(lang, alarm.kind.words())),
        Some(_) => page::badge(Tone::Info, t(lang, "終了", "Closed")),
    };
    page::card_with(
        &party(service, lang, &alarm.origin),
        aside,
        html! {
            (page::definitions(&rows))
            (page::details(t(lang, "証拠（署名付きの先頭）", "Evidence (the signed head)"), html! { pre tabindex="0" { (alarm.evidence) } }))
            @match &alarm.closed {
                Some((at, officer, words)) => { p { (time(*at)) " " (officer) ": " (words) } }
                None => {
                    (page::form(&format!("/alarms/{}", HEXLOWER.encode(&alarm.digest)), csrf, html! {
                        (officer_fields(lang, t(lang, "確かめたことと、とった措置", "What was found and done"), t(lang, "台帳に残ります。", "It stands in the ledger.")))
                        (page::button_quiet(t(lang, "警報を終える", "Close the alarm"), "do", "close"))
                    }))
                }
            }
        },
    )
}

/// Whose ledger it is, by its origin.
fn party(service: &Service, lang: Lang, origin: &str) -> String {
    let org = origin.strip_prefix("musubi/").and_then(|org| org.parse::<OrgId>().ok());
    org.map_or_else(|| origin.to_owned(), |org| name(service, lang, &org))
}
