//! The road as others walk it: over mTLS on loopback, with an issuer and a certification service that answer by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod changes;
mod check;
mod fhir;
mod file;
mod issuer;
mod number;
mod numbers;
mod own;
mod pages;
mod person;
mod report;
mod world;
