//! The desk against a fake eligibility service, relay and reader over loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod closure;
mod doors;
mod folders;
mod linking;
mod objections;
mod pages;
mod reception;
mod town;
mod watch;
