//! The carer's view, made for a phone: today's people, and for each the plan, what must not be given, what is taken, the last visits.

use axum::extract::{Path, Query, State};
use axum::response::IntoResponse as _;
use consent::Category;
use maud::{Markup, html};
use wire::Csrf;
use wire::page::{Lang, card, details, empty_state, t};

use super::clinical::{Seen, head, local, others, page};
use super::emergency_parts::contacts;
use super::folder::{Folder, Item};
use super::history::flag_badge;
use super::overview::{self, documents, items};
use super::parts::day;
use super::staff::{Acting, badge};
use super::{Pages, Shown};
use crate::service::CaredFor;

/// GET /care
pub async fn team(State(pages): State<Pages>, lang: Lang, csrf: Csrf, Acting(staff): Acting) -> Shown {
    let people = pages.service.cared_for().await?;
    let (today, later): (Vec<CaredFor>, Vec<CaredFor>) = people.into_iter().partition(|one| one.today);
    let body = html! {
        (badge(lang, &csrf, &staff))
        @if today.is_empty() && later.is_empty() {
            (empty_state(
                t(lang, "担当している方はまだいません", "Nobody yet"),
                t(lang, "計画や訪問の記録がある方が、ここに並びます。", "People with a plan or a visit appear here."),
                html! { a.button href="/clinic" { (t(lang, "名前でさがす", "Find by name")) } }))
        }
        @if !today.is_empty() { h2 { (t(lang, "きょうの方", "Today")) } (people_list(lang, &pages, &today)) }
        @if !later.is_empty() { h2 { (t(lang, "そのほかの担当の方", "Others we care for")) } (people_list(lang, &pages, &later)) }
    };
    let title = t(lang, "担当の方", "People we care for");
    Ok(pages.page(lang, &csrf, "/care", title).body(body).into_response())
}

fn people_list(lang: Lang, pages: &Pages, people: &[CaredFor]) -> Markup {
    let today = pages.service.today();
    html! {
        ul.people { @for one in people {
            li { a href={ "/patients/" (one.patient.local_number) "/care" } {
                span.people-kana lang="ja" { (one.patient.kana) }
                span.people-name lang="ja" { (one.patient.name) }
                @if let Some(age) = one.patient.birthdate.everyday_age_on(today) {
                    span.muted { (age) (t(lang, "歳", " years")) }
                }
            } }
        } }
    }
}

/// GET /patients/{patient}/care
pub async fn show(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Path(number): Path<String>,
    Query(seen): Query<Seen>,
) -> Shown {
    let (patient, _) = pages.service.patient(local(&number)?).await?;
    let gathered = seen.exchange.and_then(|exchange| pages.gathered.get(&exchange, pages.service.moment()));
    let folder = Folder::open(&pages, &staff, &patient.local_number).await?;
    let body = html! {
        (badge(lang, &csrf, &staff))
        div.care {
            (head(lang, &patient, &pages))
            (overview::warnings(lang, &folder))
            (others(lang, &csrf, &pages, &patient, &folder, "care", gathered.as_ref()))
            (card(t(lang, "計画", "Plan"), plan(lang, &folder)))
            (medicines(lang, &folder))
            (card(t(lang, "最近のようす", "Lately"), lately(lang, &folder)))
            (documents(lang, &folder))
            (card(t(lang, "連絡先", "Contacts"), contacts(lang, &folder)))
        }
        p { a.button.quiet href="/care" { (t(lang, "担当の方の一覧へ", "Back to the list")) } }
    };
    Ok(page(&pages, lang, &csrf, &patient, "care", body).into_response())
}

fn plan(lang: Lang, folder: &Folder) -> Markup {
    let (plans, _) = folder.distinct(&[Category::CarePlan]);
    html! {
        @if plans.is_empty() { p.muted { (t(lang, "計画の記録はありません。", "No plan is written down.")) } }
        @for plan in plans {
            p { strong lang="ja" { (plan.shown.title) } }
            @if !plan.shown.value.is_empty() { p lang="ja" { (plan.shown.value) } }
            @for fact in &plan.shown.facts {
                @if let records::view::Value::Text(text) = &fact.value {
                    p { span.muted { (t(lang, &fact.name.0, &fact.name.1)) "：" } span lang="ja" { (text) } }
                }
            }
            (overview::origin(lang, folder, plan))
        }
    }
}

fn medicines(lang: Lang, folder: &Folder) -> Markup {
    let (all, _) = folder.distinct(overview::MEDICINES);
    let (first, rest) = all.split_at(all.len().min(MEDICINES));
    card(
        t(lang, "薬", "Medicines"),
        html! {
            @if all.is_empty() { p.muted { (t(lang, "薬の記録はありません。", "No medicine is written down.")) } }
            @else { (items(lang, folder, first)) }
            @if !rest.is_empty() { (details(t(lang, "そのほかの薬", "More"), items(lang, folder, rest))) }
        },
    )
}

/// The last visits, with what was seen and measured then.
fn lately(lang: Lang, folder: &Folder) -> Markup {
    const KINDS: &[Category] =
        &[Category::Encounter, Category::Vital, Category::CareSummary, Category::Other];
    let mut days: Vec<(Option<calendar::Date>, Vec<&Item>)> = Vec::new();
    for item in folder.of_kinds(KINDS).filter(|item| item.shown.chapters.is_empty()) {
        if days.last().is_none_or(|(last, _)| *last != item.shown.day) {
            if days.len() >= DAYS {
                break;
            }
            days.push((item.shown.day, Vec::new()));
        }
        if let Some((_, that_day)) = days.last_mut() {
            that_day.push(item);
        }
    }
    html! {
        @if days.is_empty() { p.muted { (t(lang, "記録はありません。", "Nothing written down.")) } }
        ol.history { @for (on, on_that_day) in &days {
            li {
                p.history-head { @if let Some(on) = on { (day(*on)) } }
                (on_the_day(lang, folder, on_that_day))
            }
        } }
    }
}

/// The things of one day; whose they are is said where they are not ours.
fn on_the_day(lang: Lang, folder: &Folder, items: &[&Item]) -> Markup {
    html! {
        ul.items { @for item in items {
            li {
                span.item-title lang="ja" { (item.shown.title) }
                @if !item.shown.value.is_empty() { span.item-value lang="ja" { (item.shown.value) } }
                (flag_badge(lang, item.shown.flag))
                @if item.source > 0 { span.origin lang="ja" { (folder.source_name(lang, item.source)) } }
            }
        } }
    }
}

/// Medicines shown at once.
const MEDICINES: usize = 8;
/// Days shown.
const DAYS: usize = 5;
