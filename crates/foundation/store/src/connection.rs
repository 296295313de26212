//! What a closure holds: a reader, or a transaction that is a reader and more.

use std::ops::{Deref, DerefMut};

use crate::{
    Row, StoreError, Value, postgres,
    sqlite::{self, Access},
};

/// A snapshot of the store for the length of one closure.
pub struct Reader<'a> {
    connection: Connection<'a>,
    access: Access,
    failed: Option<StoreError>,
    /// How many statements may still run: the snapshot lasts no longer.
    left: u32,
}

/// A transaction. It is a [`Reader`] that sees its own writes; functions over `&mut Reader` take it as well.
pub struct Tx<'a>(Reader<'a>);

/// How long a snapshot lasts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// For one statement.
    Statement,
    /// For all statements of a closure.
    Closure,
}

enum Connection<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut postgres::Session),
}

impl Reader<'_> {
    /// All rows of a statement, each turned into a `T`.
    ///
    /// # Errors
    /// The statement's failure, or the first error of `read`.
    pub fn query<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.for_each(sql, params, |row| {
            found.push(read(row)?);
            Ok(true)
        })?;
        Ok(found)
    }

    /// The first row of a statement, if it has one.
    ///
    /// # Errors
    /// See [`Reader::query`].
    pub fn query_one<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut found = None;
        self.for_each(sql, params, |row| {
            found = Some(read(row)?);
            Ok(false)
        })?;
        Ok(found)
    }

    /// Every row of a statement as it arrives, without keeping them, until `visit` answers `false`.
    ///
    /// # Errors
    /// See [`Reader::query`].
    pub fn for_each(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut visit: impl FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let left = self.left.checked_sub(1);
        self.left =
            left.ok_or_else(|| StoreError::statement(sql, "the second of a read of one statement"))?;
        let result = match &mut self.connection {
            Connection::Sqlite(connection) => sqlite::query(connection, self.access, sql, params, &mut visit),
            Connection::Postgres(session) => session.query(sql, params, &mut visit),
        };
        self.remember(result)
    }

    fn remember<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let (Err(error), None) = (&result, &self.failed) {
            self.failed = Some(error.clone());
        }
        result
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn sqlite(connection: &'a rusqlite::Connection, scope: Scope) -> Self {
        Self::new(Connection::Sqlite(connection), Access::Read, scope)
    }

    pub(crate) fn postgres(session: &'a mut postgres::Session, scope: Scope) -> Self {
        Self::new(Connection::Postgres(session), Access::Read, scope)
    }

    fn new(connection: Connection<'a>, access: Access, scope: Scope) -> Self {
        let left = if scope == Scope::Statement { 1 } else { u32::MAX };
        Self { connection, access, failed: None, left }
    }
}

impl Tx<'_> {
    /// Runs a statement that returns no rows and says how many it changed.
    ///
    /// # Errors
    /// The statement's failure. It dooms the transaction: on PostgreSQL nothing can follow it, so nothing
    /// follows it on SQLite either. Say `ON CONFLICT` where a conflict is expected.
    pub fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let result = match &mut self.0.connection {
            Connection::Sqlite(connection) => sqlite::execute(connection, sql, params),
            Connection::Postgres(session) => session.execute(sql, params),
        };
        self.0.remember(result)
    }

    /// Runs one statement for each row of parameters and says how many rows changed in all. The statement is
    /// prepared once (SQLite) and the rows are sent without waiting for each answer (PostgreSQL).
    ///
    /// # Errors
    /// See [`Tx::execute`].
    pub fn execute_many<'r, P>(
        &mut self,
        sql: &str,
        rows: impl IntoIterator<Item = P>,
    ) -> Result<u64, StoreError>
    where
        P: AsRef<[Value<'r>]>,
    {
        let result = match &mut self.0.connection {
            Connection::Sqlite(connection) => sqlite::execute_many(connection, sql, rows),
            Connection::Postgres(session) => session.execute_many(sql, rows),
        };
        self.0.remember(result)
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn sqlite(connection: &'a rusqlite::Connection) -> Self {
        Self(Reader::new(Connection::Sqlite(connection), Access::Write, Scope::Closure))
    }

    pub(crate) fn postgres(session: &'a mut postgres::Session) -> Self {
        Self(Reader::new(Connection::Postgres(session), Access::Write, Scope::Closure))
    }

    /// Several statements in one text; only migrations need it.
    pub(crate) fn batch_postgres(&mut self, sql: &str) -> Result<(), StoreError> {
        match &mut self.0.connection {
            Connection::Postgres(session) => session.batch(sql),
            Connection::Sqlite(_) => Err(StoreError::statement(sql, "meant for PostgreSQL")),
        }
    }

    /// The first statement that failed, if one did.
    pub(crate) fn into_failure(self) -> Option<StoreError> {
        self.0.failed
    }
}

impl<'a> Deref for Tx<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Reader<'a> {
        &self.0
    }
}

impl<'a> DerefMut for Tx<'a> {
    fn deref_mut(&mut self) -> &mut Reader<'a> {
        &mut self.0
    }
}
