//! がん登録: what cancer registries compute.
//!
//! [`report`] reads the 26 items of a report, [`edits`] finds what cannot be, [`primaries`] tells one cancer of a person from two,
//! [`consolidate`] makes one case of several reports, [`indicators`] and [`rates`] say how complete and how frequent,
//! [`survival`] how long.

pub mod consolidate;
pub mod edits;
pub mod icdo;
pub mod indicators;
pub mod layout;
pub mod primaries;
mod ranges;
pub mod rates;
pub mod report;
pub mod survival;
pub mod tables;
