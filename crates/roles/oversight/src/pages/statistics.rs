//! The published figures: for everybody, without persons, small cells hidden.

use axum::extract::{Path, Query, RawQuery, State};
use axum::response::{IntoResponse, Redirect};
use calendar::Date;
use consent::InstitutionKind;
use maud::{Markup, html};
use serde::Deserialize;
use wire::{Lang, Page, Problem, page, t};

use super::{Shown, frame, said, to};
use crate::service::{Cell, Month, SMALLEST_CELL, Service, Statistics};

/// GET /: the present month. The desk's key, where somebody brings it here, opens the officers' pages.
pub async fn show(State(service): State<Service>, lang: Lang, RawQuery(query): RawQuery) -> Shown {
    if let Some(query) = query.filter(|query| query.split('&').any(|part| part.starts_with("key="))) {
        return Ok(to(&format!("/desk?{query}")));
    }
    let today = service.clock.today();
    Ok(page_of(&service, lang, today, "/").await?.into_response())
}

/// A month from the form.
#[derive(Deserialize)]
pub struct Chosen {
    month: String,
}

/// GET /statistics
pub async fn chosen(Query(chosen): Query<Chosen>) -> Result<Redirect, Problem> {
    let month = parse(&chosen.month)?;
    Ok(Redirect::to(&format!("/statistics/{:04}-{:02}", month.year(), month.month())))
}

/// GET /statistics/2026-11
pub async fn of_month(
    State(service): State<Service>,
    lang: Lang,
    Path(month): Path<String>,
) -> Result<Page, Problem> {
    let first = parse(&month)?;
    if first > service.clock.today() {
        return Err(no_month());
    }
    page_of(&service, lang, first, &format!("/statistics/{month}")).await
}

fn parse(month: &str) -> Result<Date, Problem> {
    let month: String = month.trim().chars().take(7).collect();
    format!("{month}-01").parse().map_err(|_| no_month())
}

fn no_month() -> Problem {
    Problem::new(404, "no-such-month")
        .ja("この月の公表値はありません。")
        .en("There are no figures of this month.")
        .detail("月は 2026-11 の形で指定してください。", "Give the month as in 2026-11.")
}

async fn page_of(service: &Service, lang: Lang, day: Date, path: &str) -> Result<Page, Problem> {
    let figures = service.statistics(day).await?;
    let first = figures.month.first;
    let label = t(
        lang,
        format!("{}年{}月（{}年）", era_year(first), first.month(), first.year()),
        format!("{:04}-{:02}", first.year(), first.month()),
    );
    let (before, next) = (month_path(first.add_days(-1)), month_path(first.add_months(1)));
    let is_present = first == service.clock.today().first_of_month();
    let body = html! {
        (totals(lang, &figures))
        (page::card(t(lang, "照会の件数（目的と、照会した機関の種類ごと）", "Look-ups by purpose and kind of asker"), look_ups(service, lang, &figures.month)))
        (page::columns(&[
            page::card(t(lang, "申立て", "Objections"), list(lang, figures.objections.iter().map(|(state, cell)| (said(lang, state.words()).to_owned(), *cell)))),
            page::card(t(lang, "命令", "Orders"), list(lang, figures.orders.iter().map(|(act, count)| (said(lang, act.words()).to_owned(), Cell::Count(*count))))),
            page::card(t(lang, "検知", "Findings"), html! {
                (list(lang, figures.findings.iter().map(|(rule, cell)| (rule_name(service, lang, rule), *cell))))
                p { a href="/rules" { (t(lang, "規則と、その根拠", "The rules and where they come from")) } }
            }),
        ]))
        (page::pager(lang, Some(&before), &label, (!is_present).then_some(next.as_str())))
        (page::details(t(lang, "数え方", "How it is counted"), html! {
            p { (t(
                lang,
                format!("各機関の台帳から、本人を示さない記録を数えています。1〜{}件は「*」として隠し、合計から逆算できる場合は隣の値も隠します。機関ごとの毎日の件数は、情報連携基盤が公表しています。", SMALLEST_CELL - 1),
                format!("Counted from the roles' ledgers, without persons. 1 to {} are hidden as *, and a neighbouring count with them where the sum would give them away. The relay publishes each institution's daily counts.", SMALLEST_CELL - 1),
            )) }
        }))
    };
    let title = t(lang, format!("監督機関の公表値　{label}"), format!("The overseer's figures of {label}"));
    let lead = t(
        lang,
        format!(
            "だれかを特定できる情報を含まない件数です。「*」は、1〜{}件などを伏せたところです。",
            SMALLEST_CELL - 1
        ),
        format!("Counts that point at nobody. * stands for 1 to {} and the like.", SMALLEST_CELL - 1),
    );
    Ok(frame(service, lang, &title, path).lead(lead).body(body))
}

fn totals(lang: Lang, figures: &Statistics) -> Markup {
    let stat = |cell: Cell, label: &str| page::stat(&shown(cell), t(lang, "件", ""), label, "");
    page::stats(&[
        stat(Cell::Count(figures.alarms), t(lang, "台帳の警報", "Alarms of ledgers")),
        stat(figures.unmatched, t(lang, "両側が合わない照会", "Exchanges that do not match")),
        stat(Cell::Count(figures.orders.iter().map(|(_, count)| count).sum()), t(lang, "命令", "Orders")),
    ])
}

fn look_ups(service: &Service, lang: Lang, month: &Month) -> Markup {
    if month.rows.is_empty() {
        return page::empty_state(
            t(lang, "この月の照会はありません。", "There were no look-ups in this month."),
            t(lang, "記録が届くと、ここに並びます。", "They appear as records arrive."),
            html! {},
        );
    }
    let mut table = page::Table::new("").column(t(lang, "目的", "Purpose"));
    for kind in &month.kinds {
        table = table.number(kind_label(lang, kind));
    }
    table = table.number(t(lang, "計", "Sum"));
    for (purpose, cells, sum) in &month.rows {
        let text = service.policy.table().purpose(*purpose);
        let text = text.map_or(purpose.as_str(), |text| t(lang, text.ja.as_str(), text.en.as_str()));
        let first = html! { (text) };
        let cells = cells.iter().chain(std::iter::once(sum)).map(|cell| html! { (shown(*cell)) });
        table = table.row(std::iter::once(first).chain(cells));
    }
    table.render()
}

fn list(lang: Lang, rows: impl Iterator<Item = (String, Cell)>) -> Markup {
    let rows: Vec<(String, Markup)> =
        rows.map(|(label, cell)| (label, html! { (shown(cell)) (t(lang, "件", "")) })).collect();
    page::definitions(&rows)
}

fn shown(cell: Cell) -> String {
    match cell {
        Cell::Count(count) => count.to_string(),
        Cell::Hidden => "*".to_owned(),
    }
}

fn kind_label(lang: Lang, kind: &str) -> String {
    if let Ok(kind) = kind.parse::<InstitutionKind>() {
        return t(lang, kind.ja(), kind.en()).to_owned();
    }
    page::kind_name(lang, kind.parse().ok()).to_owned()
}

fn rule_name(service: &Service, lang: Lang, id: &str) -> String {
    let rule = service.rules.get(id);
    rule.map_or(id, |rule| t(lang, rule.ja.as_str(), rule.en.as_str())).to_owned()
}

/// `令和8`.
fn era_year(day: Date) -> String {
    day.to_wareki().split('年').next().unwrap_or_default().to_owned()
}

fn month_path(day: Date) -> String {
    format!("/statistics/{:04}-{:02}", day.year(), day.month())
}
