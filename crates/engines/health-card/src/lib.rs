//! SMART Health Cards (spec.smarthealth.cards 1.4): vaccination certificates that fit into a QR code.
//!
//! A card is a JWS (ES256) over a deflated JSON: issuer, time, and a small FHIR bundle. [`verify`] judges one in any of
//! its forms, [`Issuer`] makes one. Keys come from files; nothing here talks to a network, and the time is the
//! caller's.

mod bundle;
mod card;
mod certificate;
mod issue;
mod jws;
mod keys;
mod numeric;
mod payload;
mod problem;
mod qr;
mod revocation;

pub use card::{Card, Form, Judgement, Trust, verify};
pub use issue::{IssueError, Issuer, MOST_SINGLE_QR};
pub use keys::{Key, KeySet};
pub use numeric::{chunks, join};
pub use problem::{Code, Problem, Severity};
pub use qr::svg;
pub use revocation::Revocations;
