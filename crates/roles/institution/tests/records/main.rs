//! The institution's records over real HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bundles;
mod closed;
mod http;
mod marks;
mod operations;
mod pages;
mod profiles;
mod road;
mod samples;
mod ssmix2;
#[path = "../desk/town/mod.rs"]
mod town;
mod whole;
