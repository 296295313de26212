//! Transactions on embedded SQLite or on PostgreSQL, one code path.
