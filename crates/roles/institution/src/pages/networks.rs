//! Network administration: which networks we are in, how many of our patients bear numbers, and telling the relay.

use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use wire::page::{Lang, Table, Tone, card, details, empty_state, notice, problem_notice, t};
use wire::{Csrf, Problem};

use super::{Pages, Shown};
use crate::service::Uploaded;

/// GET /networks
pub async fn show(State(pages): State<Pages>, lang: Lang, csrf: Csrf) -> Shown {
    render(&pages, lang, &csrf, None).await
}

/// POST /networks
pub async fn upload(State(pages): State<Pages>, lang: Lang, csrf: Csrf, parts: Multipart) -> Shown {
    let done = match super::uploaded(parts).await {
        Ok(bytes) => pages.service.tell_network_numbers(&bytes).await,
        Err(problem) => Err(problem),
    };
    match done {
        Err(problem) if !problem.status().is_client_error() => Err(problem),
        done => render(&pages, lang, &csrf, Some(done)).await,
    }
}

async fn render(pages: &Pages, lang: Lang, csrf: &Csrf, done: Option<Result<Uploaded, Problem>>) -> Shown {
    let counts = pages.service.network_counts().await?;
    let status = match &done {
        Some(Err(problem)) => problem.status(),
        _ => StatusCode::OK,
    };
    let rows = counts.iter().map(|(network, count)| [html! { (network) }, html! { (count) }]);
    let body = html! {
        @match &done {
            Some(Ok(done)) => (done_notice(lang, done)),
            Some(Err(problem)) => (problem_notice(lang, problem)),
            None => {},
        }
        @if counts.is_empty() {
            (empty_state(
                t(lang, "参加しているネットワークはありません", "We are in no network"),
                t(lang, "参加は、機関の名簿で決まります。", "Membership is decided in the directory of institutions."), html! {}))
        } @else {
            (card(t(lang, "参加しているネットワーク", "Our networks"), Table::new("")
                .column(t(lang, "ネットワーク", "Network"))
                .number(t(lang, "番号を届け出た患者さんの数", "Patients whose number was told"))
                .rows(rows).render()))
            (card(t(lang, "患者番号の対応を届け出る", "Tell who bears which number"), form(lang, csrf)))
        }
    };
    let title = t(lang, "ネットワーク", "Networks");
    let lead = t(
        lang,
        "地域医療連携ネットワークの患者番号を、当院の患者番号と結び付けて届け出ます。",
        "Patient numbers of regional networks, told together with ours.",
    );
    Ok(pages.page(lang, csrf, "/networks", title).lead(lead).status(status).body(body).into_response())
}

fn form(lang: Lang, csrf: &Csrf) -> Markup {
    html! {
        form method="post" action="/networks" enctype="multipart/form-data" data-once {
            input type="hidden" name=(wire::session::CSRF_FIELD) value=(csrf.token());
            div.field {
                label for="file" { (t(lang, "CSV ファイル（network-patients.csv）", "CSV file (network-patients.csv)")) }
                p.hint #file-hint { (t(lang, "当院の行だけを使います。氏名や生年月日は送りません。", "Only our own rows are used. No name and no birth date is sent.")) }
                input #file type="file" name="file" accept=".csv,text/csv" required aria-describedby="file-hint";
            }
            button.button type="submit" { (t(lang, "届け出る", "Send")) }
        }
        (details(t(lang, "CSV の列", "Columns"), html! {
            p { code { "network" } " " code { "network_number" } " " code { "institution_code" } " " code { "local_number" } }
            p.fine { (t(lang, "ほかの列は読みません。文字コードは UTF-8 です。", "Other columns are not read. UTF-8.")) }
        }))
    }
}

fn done_notice(lang: Lang, done: &Uploaded) -> Markup {
    let all = done.registered == done.rows;
    let title = t(
        lang,
        format!("{}行のうち{}人を届け出ました。", done.rows, done.registered),
        format!("{} of {} rows were registered.", done.registered, done.rows),
    );
    notice(
        if all { Tone::Ok } else { Tone::Warn },
        &title,
        html! {
            ul {
                @if done.without_id > 0 { li { (t(lang,
                    format!("{}人は、まだ医療等IDでの受付がありません。カードで受付したあとに、もう一度届け出てください。", done.without_id),
                    format!("{} have no medical ID here yet: send the file again after their card was read.", done.without_id))) } }
                @if done.unknown > 0 { li { (t(lang,
                    format!("{}人は、情報連携基盤に当院の登録がありません。", done.unknown),
                    format!("{} are not registered with us at the relay.", done.unknown))) } }
                @if done.others > 0 { li { (t(lang,
                    format!("{}行はほかの機関の行なので使いませんでした。", done.others),
                    format!("{} rows are of other institutions and were left alone.", done.others))) } }
            }
        },
    )
}
