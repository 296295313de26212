//! The messages and typed clients of every role's API that an institution may speak.
