//! Pages for people: server-rendered, Japanese first, readable on a phone and at a busy desk.
//!
//! A role writes `Page::new(lang, title).organisation(name, kind).body(html! { ... })` and uses the parts here; it
//! needs no style and no script of its own (the content security policy refuses inline ones).

pub(crate) mod assets;
mod forms;
mod frame;
mod lang;
mod notice;
mod parts;
mod table;

pub use assets::Asset;
pub use forms::{Choice, Field, button, button_quiet, form, form_get, link_button, select};
pub use frame::{Fragment, Page, kind_name};
pub use lang::{Lang, t};
pub use notice::{Tone, badge, icon, notice, problem_notice, problem_page, verdict};
pub use parts::{
    Entry, Tile, card, card_with, columns, dates, definitions, details, empty_state, links, live, pager,
    stat, stats, tiles, time, timeline, when,
};
pub use table::Table;
