//! One timeline across institutions, newest first: every item with its kind, title, source and date.

use std::collections::BTreeMap;

use calendar::Date;
use consent::{Category, Label, Labels};
use maud::{Markup, html};
use wire::page::{Lang, Tone, badge, card, details, t};

use super::folder::{Folder, Item};
use super::mark;
use super::overview::origin;
use super::parts::day;
use records::view::{Chapter, Flag, Value};

/// The items of a day from one institution.
type Group<'a> = ((Option<Date>, usize), Vec<&'a Item>);

/// The timeline; years before the newest are folded away.
pub fn timeline(lang: Lang, folder: &Folder) -> Markup {
    let mut years: Vec<(Option<i16>, Vec<Group<'_>>)> = Vec::new();
    for group in groups(folder) {
        let year = group.0.0.map(Date::year);
        match years.last_mut() {
            Some((last, groups)) if *last == year => groups.push(group),
            _ => years.push((year, vec![group])),
        }
    }
    html! {
        div #history { (card(t(lang, "経過", "History"), html! {
            @if years.is_empty() { p.muted { (t(lang, "記録はありません。", "Nothing written down.")) } }
            @for (place, (year, groups)) in years.iter().enumerate() {
                @if place == 0 { (list(lang, folder, groups)) }
                @else { (details(&year_words(lang, *year, groups), list(lang, folder, groups))) }
            }
        })) }
    }
}

/// Day by day, institution by institution; what has no day comes last.
fn groups(folder: &Folder) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<(Option<Date>, usize), Vec<&Item>> = BTreeMap::new();
    for item in folder.items.iter().filter(|item| item.shown.kind != Category::Demographics) {
        groups.entry((item.shown.day, item.source)).or_default().push(item);
    }
    let mut groups: Vec<Group<'_>> = groups.into_iter().collect();
    groups.sort_by_key(|((day, source), _)| (std::cmp::Reverse(*day), *source));
    for (_, items) in &mut groups {
        // The visit itself first, then what came of it.
        items.sort_by_key(|item| (item.shown.kind != Category::Encounter, item.shown.kind));
    }
    groups
}

fn year_words(lang: Lang, year: Option<i16>, groups: &[Group<'_>]) -> String {
    let count: usize = groups.iter().map(|(_, items)| items.len()).sum();
    match year {
        Some(year) => {
            let era = Date::new(year, 12, 31).map(|day| day.era_year()).ok();
            let era = era.map(|(era, n)| format!("（{}{n}年）", era.name())).unwrap_or_default();
            t(lang, format!("{year}年{era} {count}件"), format!("{year}: {count} items"))
        }
        None => t(lang, format!("日付のない記録 {count}件"), format!("Without a date: {count} items")),
    }
}

fn list(lang: Lang, folder: &Folder, groups: &[Group<'_>]) -> Markup {
    html! {
        ol.history { @for ((on, source), items) in groups {
            li {
                p.history-head {
                    @if let Some(on) = on { (day(*on)) } @else { (t(lang, "日付なし", "No date")) }
                    span.history-source lang="ja" { (folder.source_name(lang, *source)) }
                }
                ul.items { @for item in items { (entry(lang, folder, item)) } }
            }
        } }
    }
}

fn entry(lang: Lang, folder: &Folder, item: &Item) -> Markup {
    let shown = &item.shown;
    let more = item.source == 0 || !shown.facts.is_empty() || !shown.chapters.is_empty();
    let line = html! {
        span.kind { (t(lang, shown.kind.ja(), shown.kind.en())) }
        span.item-title lang="ja" { (shown.title) }
        @if !shown.value.is_empty() { span.item-value lang="ja" { (shown.value) } }
        (flag_badge(lang, shown.flag))
        (labels(lang, item.labels))
    };
    html! {
        li {
            @if more { details { summary { (line) } (body(lang, folder, item)) (origin(lang, folder, item)) } }
            @else { (line) }
        }
    }
}

/// All that a record says beside its title.
pub fn body(lang: Lang, folder: &Folder, item: &Item) -> Markup {
    let shown = &item.shown;
    html! {
        div.record {
            (facts(lang, item))
            @for chapter in &shown.chapters { (chapter_words(chapter)) }
            p.fine { (t(lang, "記録の番号", "Record")) " " code { (shown.name) } }
            (mark::link(lang, folder, item))
        }
    }
}

/// What a record says, name by name.
pub fn facts(lang: Lang, item: &Item) -> Markup {
    html! {
        @if !item.shown.facts.is_empty() {
            dl.definitions { @for fact in &item.shown.facts {
                div { dt { (t(lang, &fact.name.0, &fact.name.1)) } dd { (value(lang, &fact.value)) } }
            } }
        }
    }
}

fn chapter_words(chapter: &Chapter) -> Markup {
    html! {
        @if !chapter.title.is_empty() {
            @if chapter.depth == 0 { h3 lang="ja" { (chapter.title) } } @else { h4 lang="ja" { (chapter.title) } }
        }
        @for paragraph in &chapter.paragraphs { p lang="ja" { (paragraph) } }
    }
}

fn value(lang: Lang, value: &Value) -> Markup {
    match value {
        Value::Text(text) => html! { span lang="ja" { (text) } },
        Value::Day(on) => day(*on),
        Value::Words(ja, en) => html! { (t(lang, *ja, *en)) },
    }
}

/// How a value stands, in words.
pub fn flag_badge(lang: Lang, flag: Option<Flag>) -> Markup {
    let Some(flag) = flag else { return html! {} };
    let tone = if flag == Flag::Grave { Tone::Bad } else { Tone::Warn };
    badge(tone, flag_words(lang, flag))
}

/// The same as a word.
pub fn flag_words(lang: Lang, flag: Flag) -> &'static str {
    match flag {
        Flag::High => t(lang, "高い", "high"),
        Flag::Low => t(lang, "低い", "low"),
        Flag::Positive => t(lang, "陽性", "positive"),
        Flag::Abnormal => t(lang, "異常", "abnormal"),
        Flag::Grave => t(lang, "重い", "grave"),
    }
}

/// Sensitivity labels.
pub fn labels(lang: Lang, labels: Labels) -> Markup {
    let sensitive: Vec<Label> = labels.sensitivity().iter().collect();
    html! { @for label in sensitive { span.sensitive { (t(lang, label.ja(), label.en())) } } }
}
