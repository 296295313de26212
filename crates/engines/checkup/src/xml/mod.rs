//! XML as the check-up files have it: bytes to text, text to elements, and back.

mod attributes;
mod source;
mod tree;
mod write;

pub use source::{Charset, Limits, Place, Problem, ReadError, Source};
pub use tree::{Attribute, Element, HL7, Id, NONE, Tree, XSI};
pub(crate) use write::XmlWriter;
