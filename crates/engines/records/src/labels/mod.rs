//! What a resource is and how sensitive: the facts on which consent decides (DESIGN law 3, issue "Records").
//!
//! Sensitivity is read off codes and names by a reviewed list (`labels.toml`), taken from what the sender said
//! (`meta.security`), and inherited: what refers to a labelled resource, or contains it, has its label. A list errs
//! towards a label: to withhold one harmless item is a question asked twice, to show one that was not to be seen cannot
//! be taken back.

mod facts;
mod inherit;
mod lists;
mod scan;
mod security;

pub use facts::{Facts, Subject};
pub use inherit::inherit;
pub use lists::{ListEntry, ListError, Lists, Source};
pub use scan::Finding;
pub use security::stamp;
