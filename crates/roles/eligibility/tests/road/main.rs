//! The road as others walk it: over mTLS on loopback, with an issuer and a certification service that answer by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod check;
mod file;
mod issuer;
mod number;
mod own;
mod person;
mod report;
mod world;
