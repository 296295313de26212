//! Bundles (FHIR R4 §2.36): what each entry asks for, and references that hold where the resources go.
//!
//! A bundle is read whole or not at all. Its entries refer to each other by the address that the sender gave them
//! (`fullUrl`); each is given the id under which it will be kept, and every reference is rewritten to it. A resource of
//! a document or collection gets its id from who sent it and what it is, so that the same bundle sent again changes
//! nothing.

mod error;
mod references;
mod split;

pub use error::BundleError;
pub use references::Lookup;
pub use split::{Act, Bundle, Entry, Kind, Limits};
