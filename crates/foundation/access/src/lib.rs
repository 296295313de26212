//! Who may ask: organisations, roles, purposes, legal bases; decisions are policy.
