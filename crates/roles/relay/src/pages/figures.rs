//! The published figures (公表値): who asked how much, on what grounds, and who gave; for anybody, without personal data.

use access::Status;
use axum::extract::{Path, Query, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use calendar::Date;
use codes::{OrgId, OrgKind};
use maud::{Markup, html};
use protocol::networks::{DailyFigures, Figures};
use serde::Deserialize;
use wire::{Lang, Page, Problem, page, page::Tone, t};

use super::{frame, name};
use crate::problems;
use crate::service::Service;

/// Of the emergencies of thirty days, how many should be corroborated or reviewed within seven days (EXCHANGE §1.6).
const GOAL_PERCENT: f64 = 95.0;

/// GET /: the present day. The desk's key, where somebody brings it here, opens the operator's pages.
pub async fn today(
    State(service): State<Service>,
    lang: Lang,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    if let Some(query) = query.filter(|query| query.split('&').any(|part| part.starts_with("key="))) {
        return Ok(Redirect::to(&format!("/review?{query}")).into_response());
    }
    Ok(show(&service, lang, service.clock.today(), "/").await?.into_response())
}

/// A day from the form.
#[derive(Deserialize)]
pub struct Chosen {
    day: String,
}

/// GET /figures: the chosen day.
pub async fn chosen(Query(chosen): Query<Chosen>) -> Result<Redirect, Problem> {
    let day: Date = chosen.day.trim().parse().map_err(|_| no_day())?;
    Ok(Redirect::to(&format!("/figures/{day}")))
}

/// GET /figures/2026-11-22, with `.json` or `.csv` as a file.
pub async fn of_day(
    State(service): State<Service>,
    lang: Lang,
    Path(asked): Path<String>,
) -> Result<Response, Problem> {
    let (day, form) = asked.split_once('.').unwrap_or((&asked, ""));
    let day: Date = day.parse().map_err(|_| no_day())?;
    if day > service.clock.today() {
        return Err(no_day());
    }
    match form {
        "" => Ok(show(&service, lang, day, &format!("/figures/{day}")).await?.into_response()),
        "json" => {
            let body = serde_json::to_string(&service.figures(day).await?).map_err(problems::json)?;
            Ok(file("application/json", &asked, body))
        }
        "csv" => {
            let body = csv(&service, &service.figures(day).await?).map_err(problems::internal)?;
            Ok(file("text/csv; charset=utf-8", &asked, body))
        }
        _ => Err(no_day()),
    }
}

fn file(kind: &'static str, name: &str, body: String) -> Response {
    let disposition = format!("attachment; filename=\"musubi-figures-{name}\"");
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, body).into_response()
}

/// One row an institution. It begins with a byte order mark: spreadsheets take it for Shift_JIS without.
fn csv(service: &Service, figures: &Figures) -> Result<String, std::fmt::Error> {
    use std::fmt::Write as _;
    let mut text = String::from(
        "\u{feff}day,organisation,ja,en,presences,asked,persons,served,refused,emergencies,corroborated,overdue,outlier\r\n",
    );
    for row in &figures.institutions {
        let (ja, en) = (named(service, Lang::Ja, row), named(service, Lang::En, row));
        let DailyFigures { organisation, presences, asked, persons, served, refused, .. } = row;
        let DailyFigures { emergencies, corroborated, overdue, outlier, .. } = row;
        write!(text, "{},{organisation},{},{},", figures.day, quoted(&ja), quoted(&en))?;
        write!(text, "{presences},{asked},{persons},{served},{refused},")?;
        write!(text, "{emergencies},{corroborated},{overdue},{}\r\n", outlier.join(" "))?;
    }
    Ok(text)
}

/// A text as CSV holds it (RFC 4180).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

async fn show(service: &Service, lang: Lang, day: Date, path: &str) -> Result<Page, Problem> {
    let figures = service.figures(day).await?;
    let is_today = day == service.clock.today();
    let title = t(lang, format!("公表値　{}", day.to_wareki()), format!("Published figures of {day}"));
    let lead = t(
        lang,
        "どの機関が、どれだけ照会し、どれだけ渡したか。中継機関の台帳から数えた件数だけで、個人の情報はありません。",
        "Who asked how much, and who gave how much: counts from the relay's ledger, nothing about any person.",
    );
    let body = html! {
        @if is_today {
            (page::notice(Tone::Info, t(lang, "きょうの値は途中です。", "Today is not over."), html! {
                (t(lang, "日付が変わると件数は動きません。緊急の裏付けは後から加わります。", "Its counts stand from midnight on; what corroborates an emergency is added later."))
            }))
        }
        (totals(lang, &figures))
        (page::card_with(t(lang, "機関ごとの件数", "By institution"), downloads(day), table(service, lang, &figures)))
        (days(service, lang, day))
        (page::card(t(lang, "参加を止められている機関", "Suspended organisations"), suspended(service, lang)))
        (page::details(t(lang, "数え方", "How it is counted"), method(lang)))
    };
    Ok(frame(service, lang, &title, path).lead(lead).body(body))
}

fn totals(lang: Lang, figures: &Figures) -> Markup {
    let sum = |of: fn(&DailyFigures) -> u64| figures.institutions.iter().map(of).sum::<u64>().to_string();
    let cases = t(lang, "件", "");
    let rate = figures.emergencies_settled_percent;
    let shown = rate.map_or_else(|| "―".to_owned(), |rate| format!("{rate:.1}"));
    let goal = match rate {
        None => t(lang, "7日を過ぎた緊急時の照会はありません", "no emergency is older than 7 days"),
        Some(rate) if rate >= GOAL_PERCENT => t(lang, "目標95%を満たしています", "meets the goal of 95 %"),
        Some(_) => t(lang, "目標の95%に届いていません", "below the goal of 95 %"),
    };
    page::stats(&[
        page::stat(&sum(|row| row.asked), cases, t(lang, "照会", "Exchanges asked"), ""),
        page::stat(&sum(|row| row.served), cases, t(lang, "渡した許可", "Grants served"), ""),
        page::stat(&sum(|row| row.emergencies), cases, t(lang, "緊急時の宣言", "Emergencies declared"), ""),
        page::stat(
            &shown,
            if rate.is_some() { "%" } else { "" },
            t(
                lang,
                "7日以内に裏付け・審査を終えた割合（30日間）",
                "Corroborated or reviewed within 7 days (30 days)",
            ),
            goal,
        ),
    ])
}

fn downloads(day: Date) -> Markup {
    html! {
        a href={ "/figures/" (day) ".csv" } download { "CSV" } " "
        a href={ "/figures/" (day) ".json" } download { "JSON" }
    }
}

fn table(service: &Service, lang: Lang, figures: &Figures) -> Markup {
    if figures.institutions.is_empty() {
        return page::empty_state(
            t(lang, "この日の照会はありません。", "Nothing was asked on this day."),
            t(lang, "前後の日を見てください。", "Look at the days before or after."),
            html! {},
        );
    }
    let table = page::Table::new("")
        .column(t(lang, "機関", "Institution"))
        .number(t(lang, "受付", "Card reads"))
        .number(t(lang, "照会", "Asked"))
        .number(t(lang, "対象の人数", "Persons"))
        .number(t(lang, "渡した", "Served"))
        .number(t(lang, "断られた", "Refused"))
        .number(t(lang, "緊急", "Emergencies"))
        .number(t(lang, "うち裏付け", "Corroborated"))
        .number(t(lang, "72時間超", "Over 72 h"))
        .column(t(lang, "目立つ点", "Stands out"));
    let rows = figures.institutions.iter().map(|row| {
        [
            html! { (named(service, lang, row)) },
            html! { (row.presences) },
            html! { (row.asked) },
            html! { (row.persons) },
            html! { (row.served) },
            html! { (row.refused) },
            html! { (row.emergencies) },
            html! { (row.corroborated) },
            html! { (row.overdue) },
            html! { @for word in &row.outlier { (page::badge(Tone::Warn, outlier(lang, word))) " " } },
        ]
    });
    table.rows(rows).render()
}

fn named(service: &Service, lang: Lang, row: &DailyFigures) -> String {
    let org = row.organisation.parse::<OrgId>();
    org.map_or_else(|_| row.organisation.clone(), |org| name(service, lang, &org))
}

/// What stands out, in words of people.
fn outlier(lang: Lang, word: &str) -> &str {
    match word {
        "asks-without-giving" => t(lang, "照会するが渡していない", "Asks and gives nothing"),
        "many-for-few-visits" => t(lang, "受付のわりに照会が多い", "Asks much for few visits"),
        "emergencies" => t(lang, "緊急時の照会が多い", "Many emergencies"),
        other => other,
    }
}

fn days(service: &Service, lang: Lang, day: Date) -> Markup {
    let address = |day: Date| format!("/figures/{day}");
    let (previous, next) = (address(day.add_days(-1)), address(day.add_days(1)));
    let next = (day < service.clock.today()).then_some(next.as_str());
    html! {
        (page::pager(lang, Some(&previous), &day.to_string(), next))
        (page::form_get("/figures", html! {
            (page::Field::date("day", t(lang, "日付を選ぶ", "Choose a day")).value(day.to_string()).required().render(lang))
            (page::button(t(lang, "見る", "Show")))
        }))
    }
}

fn suspended(service: &Service, lang: Lang) -> Markup {
    let all = OrgKind::ALL.into_iter().flat_map(|kind| service.policy.directory().of_kind(kind));
    let rows: Vec<_> = all
        .filter_map(|org| match &org.status {
            Status::Active => None,
            Status::Suspended { since, reason } => Some([
                html! { (name(service, lang, &org.id)) },
                page::dates(&since.to_wareki(), &since.to_string()),
                html! { (reason) },
            ]),
        })
        .collect();
    if rows.is_empty() {
        return html! { p { (t(lang, "ありません。", "None.")) } };
    }
    page::Table::new("")
        .column(t(lang, "機関", "Organisation"))
        .column(t(lang, "いつから", "Since"))
        .column(t(lang, "理由", "Reason"))
        .rows(rows)
        .render()
}

fn method(lang: Lang) -> Markup {
    let rows = [
        (
            t(lang, "受付", "Card reads"),
            t(
                lang,
                "カードを読み、患者として登録した件数。照会できる件数の根拠になります。",
                "Cards read and registered: what an institution's quota rests on.",
            ),
        ),
        (
            t(lang, "照会・対象の人数", "Asked, persons"),
            t(
                lang,
                "他の機関の記録を求めた件数と、その人数。同じ方について何度求めても1人です。",
                "Questions for records held elsewhere, and about how many persons: one person counts once a day.",
            ),
        ),
        (
            t(lang, "渡した", "Served"),
            t(
                lang,
                "求めに応じて記録を開いた件数。求めるだけで渡さない機関が分かります（相互性）。",
                "Grants that led to this holder: shows who asks and never gives (reciprocity).",
            ),
        ),
        (
            t(lang, "断られた", "Refused"),
            t(
                lang,
                "受付などの根拠がない、または1日の上限を超えた照会の件数。",
                "Questions without evidence, or beyond the day's quota.",
            ),
        ),
        (
            t(lang, "緊急・裏付け・72時間超", "Emergencies"),
            t(
                lang,
                "緊急時の宣言と、そのうちカード・救急・請求の記録または審査で裏付けられた件数、72時間たっても裏付けのない件数。この三つだけは、後から分かったことを加えて日々改まります。",
                "Declarations; of these corroborated by a card, an ambulance record, a claim or a reviewer; of these open after 72 hours. These alone change later, with what becomes known.",
            ),
        ),
        (
            t(lang, "目立つ点", "Stands out"),
            t(
                lang,
                "20件以上照会して何も渡していない。受付1件につき10件を超えて照会した。緊急の宣言が3件以上あり、照会の20%を超える。",
                "Asked 20 times or more and gave nothing; asked more than 10 times for each card read; declared 3 emergencies or more, over 20 % of what it asked.",
            ),
        ),
    ];
    html! {
        (page::definitions(&rows.map(|(word, text)| (word, html! { (text) }))))
        p { (t(lang,
            "日は日本時間で区切ります。中継機関の改ざんできない台帳から数えるので、同じ台帳を持つ人は数え直せます。",
            "Days are those of Japan. All is counted from the relay's tamper-evident ledger: who holds it can count again.")) }
    }
}

fn no_day() -> Problem {
    Problem::new(404, "no-figures").ja("この日の公表値はありません。").en("no figures of such a day").detail(
        "年-月-日（例: 2026-11-22）で、今日までの日を指定してください。",
        "give year-month-day, up to today",
    )
}
