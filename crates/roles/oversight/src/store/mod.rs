//! Every SQL statement of the overseer.

pub mod findings;
pub mod objections;
pub mod papers;
pub mod sides;
pub mod witness;

use store::Migration;

/// The overseer's tables.
pub const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "overseer", sql: include_str!("../../migrations/0001_overseer.sql") }];
