//! The institution's records: FHIR R4 resources that stay where they were made.

mod error;
mod fetch;
mod log;
mod prepare;
mod read;
mod scan;
mod search;
mod write;

pub use error::RecordError;
pub use fetch::{Disclosed, Fetch};
pub use log::Caller;
pub use prepare::Preparer;
pub use scan::scan_text;
pub use search::{PAGE, PageToken};
pub use write::Target;
