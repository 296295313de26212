//! The pieces that pages are made of.

use calendar::Timestamp;
use maud::{Markup, html};

use super::lang::{Lang, t};
use super::notice::{Tone, icon};

/// A titled block of content.
pub fn card(title: &str, body: Markup) -> Markup {
    card_with(title, html! {}, body)
}

/// A card with something beside its title: a badge, a link, a count.
pub fn card_with(title: &str, aside: Markup, body: Markup) -> Markup {
    html! {
        section.card {
            div.card-head { h2 { (title) } (aside) }
            (body)
        }
    }
}

/// Blocks side by side where there is room, one below the other where there is not.
pub fn columns(blocks: &[Markup]) -> Markup {
    html! { div.columns { @for block in blocks { div { (block) } } } }
}

/// Names and values: the particulars of one thing.
pub fn definitions<L: AsRef<str>>(rows: &[(L, Markup)]) -> Markup {
    html! {
        dl.definitions {
            @for (label, value) in rows { div { dt { (label.as_ref()) } dd { (value) } } }
        }
    }
}

/// One date in both calendars, already written by the caller: `dates("平成13年3月27日", "2001-03-27")`.
pub fn dates(japanese: &str, western: &str) -> Markup {
    html! { span.dates { span { (japanese) } " " time datetime=(western) { (western) } } }
}

/// An instant, to the minute.
pub fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at.to_rfc3339()) { (at.to_minutes()) } }
}

/// An instant as one line of text, the era first where Japanese is read.
pub fn when(lang: Lang, at: Timestamp) -> String {
    let ((hour, minute, ..), day) = (at.time(), at.date());
    t(lang, format!("{}（{day}）{hour:02}:{minute:02}", day.to_wareki()), at.to_minutes())
}

/// A number that matters, with its name, unit and a word of explanation (may be empty).
pub fn stat(value: &str, unit: &str, label: &str, note: &str) -> Markup {
    html! {
        div.stat {
            p.stat-label { (label) }
            p.stat-value { (value) @if !unit.is_empty() { span.stat-unit { (unit) } } }
            @if !note.is_empty() { p.stat-note { (note) } }
        }
    }
}

/// Several [`stat`]s in a row.
pub fn stats(items: &[Markup]) -> Markup {
    html! { div.stats { @for item in items { (item) } } }
}

/// One event of a [`timeline`].
#[derive(Debug, Clone)]
pub struct Entry {
    /// When, as text for people.
    pub when: String,
    /// When, machine-readable (ISO 8601).
    pub datetime: String,
    /// What happened, in one line.
    pub title: String,
    /// How good or bad it is, if that matters.
    pub tone: Option<Tone>,
    /// Particulars; may be empty.
    pub body: Markup,
}

/// Events one after the other, newest first if the caller so orders them.
pub fn timeline(entries: &[Entry]) -> Markup {
    html! {
        ol.timeline {
            @for entry in entries {
                li {
                    time datetime=(entry.datetime) { (entry.when) }
                    div {
                        p class={ "timeline-title " (entry.tone.map_or("", Tone::class)) } { @if let Some(tone) = entry.tone { (icon(tone)) } (entry.title) }
                        (entry.body)
                    }
                }
            }
        }
    }
}

/// There is nothing here yet: says why, and what to do about it.
pub fn empty_state(title: &str, hint: &str, action: Markup) -> Markup {
    html! { div.empty { p.empty-title { (title) } p { (hint) } (action) } }
}

/// More for who wants it, closed at first.
pub fn details(summary: &str, body: Markup) -> Markup {
    html! { details { summary { (summary) } div { (body) } } }
}

/// A part of a page that renews itself: every `seconds` the script fetches `source` (which answers a
/// [`Fragment`](super::Fragment) of the new content) while the page is visible and nobody types in it.
pub fn live(id: &str, source: &str, seconds: u32, body: Markup) -> Markup {
    html! { div id=(id) data-refresh=(seconds) data-source=(source) aria-live="polite" { (body) } }
}

/// Previous and next page of a long list; `None` where there is none.
pub fn pager(lang: Lang, previous: Option<&str>, place: &str, next: Option<&str>) -> Markup {
    html! {
        nav.pager aria-label=(t(lang, "ページ送り", "Pages")) {
            @if let Some(href) = previous { a.button.quiet rel="prev" href=(href) { (t(lang, "前へ", "Previous")) } }
            span { (place) }
            @if let Some(href) = next { a.button.quiet rel="next" href=(href) { (t(lang, "次へ", "Next")) } }
        }
    }
}

/// Something to pick up from a tray: a card on the desk, a house in the town.
#[derive(Debug, Clone)]
pub struct Tile {
    /// The large line: a name.
    pub title: String,
    /// The small line above it: kana, a kind.
    pub over: String,
    /// The line below: a date of birth, an explanation.
    pub under: String,
    /// A link's address; None makes the tile a submit button of the form around the tray.
    pub href: Option<String>,
    /// The value that the button `name="pick"` sends.
    pub value: String,
    /// Suffix of the class `kind-…` for the accent, usually an organisation kind; may be empty.
    pub kind: String,
}

/// A tray of [`Tile`]s. Tiles that are buttons need a [`form`](super::form) around the tray.
pub fn tiles(tiles: &[Tile]) -> Markup {
    html! {
        ul.tiles {
            @for tile in tiles {
                li class=[(!tile.kind.is_empty()).then(|| format!("kind-{}", tile.kind))] {
                    @if let Some(href) = &tile.href { a.tile href=(href) { (face(tile)) } }
                    @else { button.tile name="pick" value=(tile.value) { (face(tile)) } }
                }
            }
        }
    }
}

/// Many [`Tile`]s that are links, as a list: a line each, in columns where there is room; `over` shows the small line beside
/// the name.
pub fn links(tiles: &[Tile], over: bool) -> Markup {
    html! {
        ul.links {
            @for tile in tiles {
                li { a href=[&tile.href] {
                    span { (tile.title) }
                    @if over { span.tile-over { (tile.over) } }
                } }
            }
        }
    }
}

fn face(tile: &Tile) -> Markup {
    html! {
        @if !tile.over.is_empty() { span.tile-over { (tile.over) } }
        span.tile-title { (tile.title) }
        @if !tile.under.is_empty() { span.tile-under { (tile.under) } }
    }
}
