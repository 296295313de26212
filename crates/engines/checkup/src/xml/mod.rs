//! XML as the check-up files have it: bytes to text, text to elements, and back.

mod attributes;
mod source;
mod tree;
mod write;

pub use source::{Charset, Limits, Place, Problem, ReadError, Source};
pub use tree::{Attribute, Element, Id, Space, Tree};
pub(crate) use write::XmlWriter;
