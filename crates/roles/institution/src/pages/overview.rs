//! What a clinician must see first: warnings, medicines, problems, trends, documents.

use consent::Category;
use maud::{Markup, html};
use wire::page::{Lang, Table, Tone, card, columns, details, icon, t};

use super::folder::{Folder, Item};
use super::history::{body, flag_badge, flag_words, labels};
use super::parts::day;
use crate::model::Patient;
use records::view::{Series, chart};

/// Allergies and contraindications.
pub const WARNINGS: &[Category] = &[Category::Contraindication, Category::Allergy];
/// Medicines.
pub const MEDICINES: &[Category] = &[Category::Prescription];
/// Diagnoses.
pub const PROBLEMS: &[Category] = &[Category::Diagnosis];
/// Infections.
pub const INFECTIONS: &[Category] = &[Category::Infection];
const DOCUMENTS: &[Category] =
    &[Category::Referral, Category::DischargeSummary, Category::CareSummary, Category::HealthCheck];

/// Allergies and contraindications: always on top, in a box of their own; that none is written down is said too.
pub fn warnings(lang: Lang, folder: &Folder) -> Markup {
    let (standing, _) = folder.distinct(WARNINGS);
    html! {
        section class={ "warning-box" @if standing.is_empty() { " none" } } aria-labelledby="warnings" {
            h2 #warnings { (icon(if standing.is_empty() { Tone::Info } else { Tone::Bad })) (t(lang, "アレルギー・禁忌", "Allergies and contraindications")) }
            @if standing.is_empty() {
                p { (t(lang, "ここにある記録には書かれていません。ご本人にも確かめてください。", "None is written down here. Ask the person as well.")) }
            } @else {
                ul { @for item in standing {
                    li {
                        strong lang="ja" { (item.shown.title) }
                        @if item.shown.kind == Category::Contraindication { " " span.kind { (t(lang, "薬剤禁忌", "drug contraindication")) } }
                        @if !item.shown.value.is_empty() { " " span lang="ja" { (item.shown.value) } }
                        " " (flag_badge(lang, item.shown.flag))
                        (origin(lang, folder, item))
                    }
                } }
            }
        }
    }
}

/// Where and when an item is from.
pub fn origin(lang: Lang, folder: &Folder, item: &Item) -> Markup {
    html! {
        span.origin {
            span lang="ja" { (folder.source_name(lang, item.source)) }
            @if let Some(on) = item.shown.day { " " (day(on)) }
            @else if item.shown.kind != Category::Demographics { " " (t(lang, "日付なし", "no date")) }
        }
    }
}

/// Items as a list: title, value, origin.
pub fn items(lang: Lang, folder: &Folder, items: &[&Item]) -> Markup {
    html! {
        ul.items { @for item in items {
            li {
                span.item-title lang="ja" { (item.shown.title) }
                @if !item.shown.value.is_empty() { span.item-value lang="ja" { (item.shown.value) } }
                (flag_badge(lang, item.shown.flag))
                (labels(lang, item.labels))
                (origin(lang, folder, item))
            }
        } }
    }
}

/// What is taken and what is treated, side by side.
pub fn medicines_and_problems(lang: Lang, folder: &Folder) -> Markup {
    let (problems, over) = folder.distinct(PROBLEMS);
    html! {
        (columns(&[
            medicines(lang, folder),
            card(t(lang, "病名", "Problems"), html! {
                @if problems.is_empty() { (none(lang)) } @else { (items(lang, folder, &problems)) }
                @if !over.is_empty() {
                    (details(&t(lang, format!("治癒・終了した病名 {}件", over.len()), format!("{} over", over.len())), items(lang, folder, &over)))
                }
            }),
        ]))
    }
}

/// What is taken; what was prescribed long before the newest, or stopped, is folded away.
pub fn medicines(lang: Lang, folder: &Folder) -> Markup {
    let (medicines, stopped) = folder.distinct(MEDICINES);
    let newest = medicines.iter().filter_map(|item| item.shown.day).max();
    let (now, before): (Vec<&Item>, Vec<&Item>) =
        medicines.into_iter().partition(|item| match (item.shown.day, newest) {
            (Some(day), Some(newest)) => day.days_until(newest) <= RECENT,
            _ => true,
        });
    let before: Vec<&Item> = before.into_iter().chain(stopped).collect();
    card(
        t(lang, "薬（最後の処方から半年）", "Medicines (half a year to the last)"),
        html! {
            @if now.is_empty() { (none(lang)) } @else { (items(lang, folder, &now)) }
            @if !before.is_empty() {
                (details(&t(lang, format!("それより前・中止した薬 {}件", before.len()), format!("{} earlier or stopped", before.len())),
                    items(lang, folder, &before)))
            }
        },
    )
}

fn none(lang: Lang) -> Markup {
    html! { p.muted { (t(lang, "記録はありません。", "Nothing written down.")) } }
}

/// Half a year, in days.
const RECENT: i32 = 184;

/// Results over time, one small chart a test, and the same as a table.
pub fn trends(lang: Lang, folder: &Folder) -> Markup {
    let all = folder.series();
    let drawn: Vec<&Series> = all.iter().filter(|series| series.points.len() > 1).take(CHARTS).collect();
    if drawn.is_empty() {
        return html! {};
    }
    html! {
        (card(t(lang, "検査値の推移", "Results over time"), html! {
            p.fine {
                (t(lang, "帯は基準範囲、ひし形は範囲の外です。点に触れるか、Tabキーで選ぶと値が出ます。",
                    "The band is the usual range, a diamond is outside of it. Point at a result, or step with Tab, to see it."))
                " " a href="#after-trends" { (t(lang, "グラフを飛ばす", "Skip the charts")) }
            }
            div.trends { @for series in &drawn {
                figure {
                    figcaption lang="ja" {
                        strong { (series.title) }
                        @if let Some(last) = series.points.last() { " " span.no-break { (last.text) } " " (flag_badge(lang, last.flag)) }
                    }
                    (chart(series, &t(lang, format!("{}の推移", series.title), format!("{} over time", series.title)), |point| {
                        let day = t(lang, point.day.to_wareki(), point.day.to_string());
                        let stands = point.flag.map_or("", |flag| flag_words(lang, flag));
                        format!("{day} {} {stands} {}", point.text, folder.source_name(lang, point.source))
                    }))
                }
            } }
            div #after-trends { (details(t(lang, "表で見る", "As a table"), table(lang, folder, &drawn))) }
        }))
    }
}

/// Charts on one page.
const CHARTS: usize = 18;

fn table(lang: Lang, folder: &Folder, series: &[&Series]) -> Markup {
    let mut table = Table::new("")
        .column(t(lang, "検査", "Test"))
        .column(t(lang, "日付", "Date"))
        .number(t(lang, "値", "Value"))
        .column(t(lang, "基準との比較", "Against the usual"))
        .column(t(lang, "機関", "Institution"));
    for one in series {
        for point in one.points.iter().rev() {
            table = table.row([
                html! { span lang="ja" { (one.title) } },
                day(point.day),
                html! { (point.text) },
                html! { span { (flag_badge(lang, point.flag)) } },
                html! { span lang="ja" { (folder.source_name(lang, point.source)) } },
            ]);
        }
    }
    table.render()
}

/// Letters and summaries, to be opened and read.
pub fn documents(lang: Lang, folder: &Folder) -> Markup {
    let all: Vec<&Item> = folder.of_kinds(DOCUMENTS).filter(|item| !item.shown.chapters.is_empty()).collect();
    if all.is_empty() {
        return html! {};
    }
    html! {
        (card(t(lang, "文書", "Documents"), html! {
            div.documents { @for item in all {
                details {
                    summary { span lang="ja" { (item.shown.title) } (origin(lang, folder, item)) }
                    (body(lang, folder, item))
                }
            } }
        }))
    }
}

/// What else can be done for this patient.
pub fn next_steps(lang: Lang, patient: &Patient) -> Markup {
    let at = |page: &str| format!("/patients/{}/{page}", patient.local_number);
    html! {
        nav.actions aria-label=(t(lang, "この患者さんについて", "About this patient")) {
            a.button.quiet href=(at("consent")) { (t(lang, "同意の手続き", "Consent")) }
            a.button.quiet href=(at("emergency")) { (t(lang, "緊急に見る", "Emergency")) }
            a.button.quiet href={ "/patients/" (patient.local_number) } { (t(lang, "受付の記録", "Visits")) }
        }
    }
}
