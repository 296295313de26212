//! The My Number type, alone: only administrative roles depend on it.
