//! Words and pieces that several pages share.

use calendar::Date;
use codes::OrgId;
use consent::Label;
use consent::template::Text;
use maud::{Markup, html};
use wire::page::{Lang, dates, t};

use crate::service::Service;

/// A day in both calendars.
pub(super) fn day(day: Date) -> Markup {
    dates(&day.to_wareki(), &day.to_string())
}

/// A month in both calendars, by its first day.
pub(super) fn month(lang: Lang, first: Date) -> String {
    let (year, number) = (first.year(), first.month());
    match lang {
        Lang::Ja => {
            let wareki = first.to_wareki();
            let era = wareki.split('年').next().unwrap_or_default();
            format!("{era}年{number}月（{year}年）")
        }
        Lang::En => format!("{year}-{number:02}"),
    }
}

/// One language of a text.
pub(super) fn said(lang: Lang, text: Text) -> String {
    t(lang, text.ja, text.en)
}

/// An organisation's name.
pub(super) fn name(service: &Service, lang: Lang, org: &OrgId) -> String {
    said(lang, service.name(org))
}

/// A sensitivity label as the person whose records bear it says it.
pub(super) fn label_words(lang: Lang, label: Label) -> &'static str {
    match label {
        Label::OwnMark => t(lang, "自分で印をつけたもの", "what you marked yourself"),
        other => t(lang, other.ja(), other.en()),
    }
}

/// Several names in one line.
pub(super) fn listed(lang: Lang, names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().collect();
    names.join(t(lang, "、", ", "))
}

/// A document as it was or will be signed: its lines stay lines.
pub(super) fn document(text: &str) -> Markup {
    html! { div.document { (text.trim_end()) } }
}

/// One of several answers, or several of them: a box with the question above it, for keyboard and screen reader.
pub(super) fn fieldset(legend: &str, hint: &str, options: Markup) -> Markup {
    html! {
        fieldset.question {
            legend { (legend) }
            @if !hint.is_empty() { p.hint { (hint) } }
            (options)
        }
    }
}

/// One answer of a [`fieldset`]; `many` lets others be chosen beside it.
pub(super) fn option(many: bool, name: &str, value: &str, chosen: bool, label: &str, note: &str) -> Markup {
    html! {
        label.option {
            input type=(if many { "checkbox" } else { "radio" }) name=(name) value=(value) checked[chosen];
            span { (label) @if !note.is_empty() { span.note { (note) } } }
        }
    }
}
