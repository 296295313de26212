//! The desk against a fake eligibility service, relay and reader over loopback.

mod closure;
mod doors;
mod folders;
mod linking;
mod pages;
mod reception;
mod town;
