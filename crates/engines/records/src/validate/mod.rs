//! Validation.
pub(crate) mod narrative;
