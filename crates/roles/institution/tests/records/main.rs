//! The institution's records over real HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bundles;
mod http;
mod operations;
mod pages;
mod road;
mod samples;
#[path = "../desk/town/mod.rs"]
mod town;
