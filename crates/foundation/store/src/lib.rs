//! Transactions on embedded SQLite or on PostgreSQL, one code path.
//!
//! A role opens a [`Db`] by URL with its [`Migration`]s and hands synchronous closures to [`Db::read`] and
//! [`Db::write`]. The same SQL text (`$1` parameters, `ON CONFLICT`, `RETURNING`) runs on both stores.
//!
//! What both promise:
//! - a write that returned `Ok` is durable: it survives a kill -9 or a power cut at any later instant;
//! - a write is serializable, all or nothing, and undone when its closure returns `Err` or panics;
//! - a statement that failed dooms its closure, even if the closure goes on and returns `Ok`;
//! - a read sees one snapshot for the length of its closure;
//! - dropping the future of a write leaves the write either done or not done, never half done.

mod block_on;
mod connection;
mod db;
mod error;
mod migration;
mod postgres;
mod row;
mod sqlite;
mod value;
mod work;

pub use connection::{Reader, Tx};
pub use db::Db;
pub use error::{Constraint, StoreError};
pub use migration::Migration;
pub use row::Row;
pub use value::Value;
