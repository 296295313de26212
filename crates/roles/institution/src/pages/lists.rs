//! A day's visits, and search.

use axum::extract::{Query, State};
use axum::response::IntoResponse as _;
use calendar::Date;
use codes::ExchangeId;
use maud::{Markup, html};
use serde::Deserialize;
use wire::Csrf;
use wire::page::{Field, Lang, Table, card, empty_state, form_get, link_button, pager, stat, stats, t};

use super::parts::{day as both, sex_words, visit_table};
use super::{Pages, Shown};
use crate::model::{DayCounts, Patient};

/// What the address of a day says.
#[derive(Deserialize)]
pub struct DayQuery {
    /// The day, in any usual spelling; today without it.
    #[serde(default)]
    day: String,
    /// Continue below this visit.
    before: Option<ExchangeId>,
}

/// GET /visits?day=
pub async fn day(State(pages): State<Pages>, lang: Lang, csrf: Csrf, Query(query): Query<DayQuery>) -> Shown {
    let today = pages.service.today();
    let wanted = Date::parse(&query.day);
    let wrong =
        wanted.as_ref().err().filter(|_| !query.day.is_empty()).map(|e| t(lang, e.ja(), e.to_string()));
    let day = wanted.unwrap_or(today);
    let counts = pages.service.day_counts(day).await?;
    let lines = pages.service.day(day, query.before, PAGE).await?;
    let older = lines.last().filter(|_| lines.len() == PAGE as usize).map(|last| last.id);
    let body = html! {
        (day_choice(lang, day, today, wrong))
        (counts_row(lang, counts))
        @if lines.is_empty() {
            (empty_state(
                t(lang, "この日の来院はありません", "No visits on this day"),
                t(lang, "受付をすると、ここに新しい順に並びます。", "Visits appear here, newest first."),
                link_button("/", t(lang, "受付へ", "To the reception"))))
        } @else {
            (card(&t(lang, format!("{}の来院", day.to_wareki()), format!("Visits on {day}")), visit_table(lang, "", &lines, false)))
        }
        @if let Some(older) = older {
            (pager(lang, None, "", Some(&format!("/visits?day={day}&before={older}"))))
        }
    };
    let title = if day == today {
        t(lang, "今日の来院", "Today’s visits")
    } else {
        t(lang, "来院の記録", "Visits")
    };
    let page = pages.page(lang, &csrf, "/visits", title).body(body);
    let page = if day == today && query.before.is_none() { page.refresh(10) } else { page };
    Ok(page.into_response())
}

fn day_choice(lang: Lang, day: Date, today: Date, wrong: Option<String>) -> Markup {
    let (before, after) = (day.add_days(-1), day.add_days(1));
    html! {
        div.day-choice {
            nav aria-label=(t(lang, "日付", "Day")) {
                a.button.quiet rel="prev" href={ "/visits?day=" (before) } { (t(lang, "前の日", "Day before")) }
                p.day-shown { (both(day)) (t(lang, format!("（{}）", day.weekday_ja()), String::new())) }
                @if after <= today {
                    a.button.quiet rel="next" href={ "/visits?day=" (after) } { (t(lang, "次の日", "Day after")) }
                }
            }
            (form_get("/visits", html! {
                (Field::text("day", t(lang, "日付を選ぶ（和暦も可）", "Choose a day")).error(wrong).render(lang))
                button.button.quiet type="submit" { (t(lang, "表示", "Show")) }
            }))
        }
    }
}

fn counts_row(lang: Lang, counts: DayCounts) -> Markup {
    let unit = t(lang, "人", "");
    let number = |n: u64| n.to_string();
    stats(&[
        stat(&number(counts.all), unit, t(lang, "来院", "Visits"), ""),
        stat(&number(counts.valid), unit, t(lang, "有効", "Valid"), ""),
        stat(
            &number(counts.attention),
            unit,
            t(lang, "要対応", "Needs attention"),
            t(lang, "無効・該当なしなど", "not valid, not found"),
        ),
        stat(
            &number(counts.open),
            unit,
            t(lang, "未確認", "Not confirmed yet"),
            t(lang, "自動で確認を続けます", "checked again by itself"),
        ),
    ])
}

/// What a search wants.
#[derive(Deserialize)]
pub struct SearchQuery {
    /// Name, reading, birth date or patient number.
    #[serde(default)]
    q: String,
}

/// GET /search?q=
pub async fn search(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Query(query): Query<SearchQuery>,
) -> Shown {
    let found = pages.service.search(&query.q).await?;
    let asked = !query.q.trim().is_empty();
    let body = html! {
        (form_get("/search", html! {
            (Field::text("q", t(lang, "氏名・カナ・生年月日・患者番号", "Name, reading, birth date or patient number"))
                .hint(t(lang, "一部でもさがせます。生年月日は和暦でも西暦でもかまいません。",
                    "A part is enough. Dates in either calendar."))
                .value(&query.q).scan().render(lang))
            button.button type="submit" { (t(lang, "さがす", "Search")) }
        }))
        @if asked && found.patients.is_empty() && found.visits.is_empty() {
            (empty_state(
                t(lang, "見つかりませんでした", "Nothing found"),
                t(lang, "表記の違い（髙と高など）は気にせずさがせます。読みの一部でもお試しください。",
                    "Variants of characters do not matter. Try a part of the reading."),
                html! {}))
        }
        @if !found.visits.is_empty() {
            (card(t(lang, "来院", "Visits"), visit_table(lang, "", &found.visits, true)))
        }
        @if !found.patients.is_empty() { (card(t(lang, "患者一覧", "Patient list"), patient_table(lang, &found.patients))) }
    };
    Ok(pages.page(lang, &csrf, "/search", t(lang, "さがす", "Search")).body(body).into_response())
}

/// Patients as a table.
pub fn patient_table(lang: Lang, patients: &[Patient]) -> Markup {
    let rows = patients.iter().map(|patient| {
        [
            html! { a.row-name href={ "/patients/" (patient.local_number) } lang="ja" { (patient.name) } span.under { (patient.kana) } },
            html! { span.digits { (patient.local_number) } },
            both(patient.birthdate),
            html! { (sex_words(lang, patient.sex)) },
            html! { @if let Some(last) = patient.last_visit_on { (both(last)) } },
        ]
    });
    Table::new("")
        .column(t(lang, "氏名", "Name"))
        .column(t(lang, "患者番号", "Number"))
        .column(t(lang, "生年月日", "Born"))
        .column(t(lang, "性別", "Sex"))
        .column(t(lang, "最終来院", "Last visit"))
        .rows(rows)
        .render()
}

/// Lines on one page.
const PAGE: u32 = 100;
