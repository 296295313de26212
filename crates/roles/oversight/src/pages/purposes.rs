//! The table of purposes and bases: what every decision uses, shown whole, signed off whole.

use axum::Form;
use axum::extract::State;
use axum::response::IntoResponse;
use maud::{Markup, html};
use serde::Deserialize;
use wire::{Csrf, Lang, Page, Problem, page, page::Tone, t};

use wire::page::time;

use super::{Shown, again, frame, officer_fields, to};
use crate::service::{Change, PurposesState, Service};

/// GET /purposes
pub async fn show(State(service): State<Service>, lang: Lang, csrf: Csrf) -> Result<Page, Problem> {
    page_of(&service, lang, &csrf, html! {}).await
}

/// What an officer signs off.
#[derive(Deserialize)]
pub struct Signing {
    #[serde(default)]
    digest: String,
    #[serde(default)]
    officer: String,
    #[serde(default)]
    words: String,
}

/// POST /purposes
pub async fn sign_off(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Form(signing): Form<Signing>,
) -> Shown {
    match service.sign_off(&signing.digest, &signing.officer, &signing.words).await {
        Ok(()) => Ok(to("/purposes")),
        Err(problem) => {
            let status = problem.status();
            let news = again(lang, problem)?;
            Ok(page_of(&service, lang, &csrf, news).await?.status(status).into_response())
        }
    }
}

async fn page_of(service: &Service, lang: Lang, csrf: &Csrf, news: Markup) -> Result<Page, Problem> {
    let state = service.purposes().await?;
    let version = service.policy.table().version();
    let standing = if state.is_signed_off() {
        page::notice(
            Tone::Ok,
            t(lang, "今の表は確認済みです。", "The present table is signed off."),
            html! {},
        )
    } else if state.signed.is_empty() {
        page::notice(
            Tone::Warn,
            t(lang, "表はまだ一度も確認されていません。", "No table was signed off yet."),
            html! {
                (t(lang, "最初の確認までは表の全体が効力を持ち、その後は確認した文面だけが効力を持ちます。", "Until the first time all of it is in force; from then on only what was signed off is."))
            },
        )
    } else {
        page::notice(
            Tone::Warn,
            t(lang, "確認していない文面があります。", "Some wording is not signed off."),
            html! {
                (t(lang, "その規則は、確認するまでどの機関でも効力を持ちません。", "Those rules are in force nowhere until they are."))
            },
        )
    };
    let body = html! {
        (news)
        (standing)
        @if !state.is_signed_off() {
            (page::card(t(lang, "表を確認する", "Sign the table off"), page::form("/purposes", csrf, html! {
                input type="hidden" name="digest" value=(state.digest);
                (officer_fields(lang, t(lang, "審査の結果", "Result of the review"), t(lang, "台帳に残ってから、すべての機関で効力を持ちます。", "It stands in the ledger before it is in force anywhere.")))
                (page::button(t(lang, "この表を確認する", "Sign this table off")))
            })))
        }
        (page::card(
            &t(lang, format!("規則（版 {version}）"), format!("Rules (version {version})")),
            html! { p.hint { "SHA-256 " code { (state.digest) } } (rules(service, lang, &state)) },
        ))
        @if !state.gone.is_empty() {
            (page::card(t(lang, "なくなった規則", "Rules that are gone"), html! { ul { @for id in &state.gone { li { code { (id) } } } } }))
        }
        (page::details(t(lang, "これまでの確認", "Sign-offs so far"), html! { ul {
            @for signed in &state.signed { li { (time(signed.at)) " " (signed.version) " " (signed.officer) " " (t(lang, format!("（台帳 {}）", signed.place), format!("(ledger {})", signed.place))) } }
        } }))
    };
    let lead = t(
        lang,
        "照会してよいかどうかの判断は、この表だけを使います。文面や根拠が変わった規則は、ここで確認されるまで効力を持ちません。",
        "Whether something may be asked is decided by this table and nothing else. A rule whose wording or basis changed is not in force before it is signed off here.",
    );
    Ok(frame(service, lang, t(lang, "目的と根拠の表", "Purposes and bases"), "/purposes")
        .lead(lead)
        .body(body))
}

fn rules(service: &Service, lang: Lang, state: &PurposesState) -> Markup {
    let table = service.policy.table();
    let kind = |kind: &codes::OrgKind| page::kind_name(lang, Some(*kind)).to_owned();
    let rows = table.reviewed().map(|(rule, basis, _)| {
        let purpose = table.purpose(rule.purpose);
        let purpose = purpose.map_or("", |text| t(lang, text.ja.as_str(), text.en.as_str()));
        let askers: Vec<String> = rule.asker.iter().map(kind).collect();
        let change = state.changes.get(&rule.id).copied().unwrap_or(Change::New);
        [
            html! { (t(lang, rule.ja.as_str(), rule.en.as_str())) " " (change_badge(lang, change)) },
            html! { (purpose) },
            html! { (askers.join(t(lang, "・", ", "))) " → " (kind(&rule.asked)) },
            html! { ul.plain { @for law in basis { li {
                (t(lang, law.ja.as_str(), law.en.as_str()))
                @if !law.verified { " " (page::badge(Tone::Warn, t(lang, "条文未確認", "not verified"))) }
            } } } },
            html! { (rule.retention_years) },
        ]
    });
    page::Table::new("")
        .column(t(lang, "規則", "Rule"))
        .column(t(lang, "目的", "Purpose"))
        .column(t(lang, "誰から誰へ", "From whom to whom"))
        .column(t(lang, "根拠", "Basis"))
        .number(t(lang, "保存年数", "Years kept"))
        .rows(rows)
        .render()
}

fn change_badge(lang: Lang, change: Change) -> Markup {
    match change {
        Change::Same => html! {},
        Change::New => page::badge(Tone::Info, t(lang, "未確認", "not signed off")),
        Change::Changed => page::badge(Tone::Warn, t(lang, "変更", "changed")),
    }
}
