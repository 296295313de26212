//! What a resource is and how sensitive: the facts on which consent decides (DESIGN law 3, issue "Records").
//!
//! Sensitivity is read off codes and names by a reviewed list (`labels.toml`), taken from what the sender said
//! (`meta.security`), and inherited: what refers to a labelled resource, or contains it, has its label; what belongs to a
//! visit, or stands in a document, that somebody marked as a whole has that mark. A list errs
//! towards a label: to withhold one harmless item is a question asked twice, to show one that was not to be seen cannot
//! be taken back.

mod facts;
mod inherit;
mod lists;
mod scan;
mod security;

pub use facts::{Facts, Subject};
pub use inherit::{Standing, inherit, links, passes_to_parts, passes_to_referrers};
pub use lists::{ListEntry, ListError, Lists, Source};
pub use scan::Finding;
pub use security::{mark, stamp};
