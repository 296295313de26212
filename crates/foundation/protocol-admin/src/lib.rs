//! The messages that carry a My Number or a resident code: administrative roles only.
//!
//! Institutions, the relay and the portal never depend on this crate (DESIGN law 1).

pub mod clients;
pub mod issuer;
pub mod report;
pub mod report_file;
