//! FHIR R4 records: a JSON tree checked against StructureDefinitions, read by views that take what they need.
//!
//! No typed model: it would cost as much to build as everything else together (STACK), and a hospital's resource holds
//! what no model foresaw. What is read is written back the same, to the last digit.

pub mod bundle;
pub mod clins;
pub mod definitions;
pub mod fhirpath;
pub mod hl7v2;
mod ids;
pub mod labels;
pub mod search;
pub mod ssmix2;
pub mod tree;
pub mod validate;
pub mod view;

pub use ids::id_of;
pub use tree::{Node, Number, Object, ParseError, Resource, Text};
