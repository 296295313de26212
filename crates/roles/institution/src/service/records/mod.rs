//! The institution's records: FHIR R4 resources that stay where they were made.

mod bundle;
mod document;
mod error;
mod everything;
mod export;
mod fetch;
mod import;
mod log;
mod mark;
mod outward;
mod prepare;
mod profiles;
mod read;
mod scan;
mod search;
mod ssmix2;
mod whole;
mod write;

pub use bundle::Done;
pub use error::RecordError;
pub use everything::Everything;
pub use export::{Export, Exports};
pub use fetch::{Disclosed, Fetch};
pub use import::{Refused, Report};
pub use log::Caller;
pub use outward::Outward;
pub use prepare::Preparer;
pub use profiles::{Profiles, unchecked_issue};
pub use scan::scan_text;
pub use search::{PAGE, PageToken};
pub use whole::Logged;
pub use write::Target;
