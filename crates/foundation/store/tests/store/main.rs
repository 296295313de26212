//! The store from outside: one suite on every backend, and kill -9.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end by panicking")]
#![allow(clippy::indexing_slicing, reason = "tests end by panicking")]

mod common;
mod crash;
mod suite;
