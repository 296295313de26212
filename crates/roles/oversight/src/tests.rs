//! The overseer's own tests.
