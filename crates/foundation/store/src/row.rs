//! One row of an answer.

use std::{fmt::Display, str::FromStr};

use rusqlite::types::ValueRef;
use tokio_postgres::types::{FromSql, Type};

use crate::StoreError;

/// A row while it is being read; columns are counted from 0.
pub struct Row<'a>(Inner<'a>);

enum Inner<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>) -> Self {
        Self(Inner::Sqlite(row))
    }

    pub(crate) fn postgres(row: &'a tokio_postgres::Row) -> Self {
        Self(Inner::Postgres(row))
    }

    /// The integer in column `column`; a PostgreSQL boolean reads as 0 or 1.
    ///
    /// # Errors
    /// [`StoreError::Column`] when it is null, absent or of another type. So for all readers here.
    pub fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.opt_int(column)?.ok_or_else(|| null(column, "an integer"))
    }

    /// The text in column `column`.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.opt_text(column)?.ok_or_else(|| null(column, "a text"))
    }

    /// The bytes in column `column`.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn bytes(&self, column: usize) -> Result<&[u8], StoreError> {
        self.opt_bytes(column)?.ok_or_else(|| null(column, "bytes"))
    }

    /// Exactly `N` bytes in column `column`: a code, a digest.
    ///
    /// # Errors
    /// See [`Row::int`]; also when the length differs.
    pub fn array<const N: usize>(&self, column: usize) -> Result<[u8; N], StoreError> {
        let bytes = self.bytes(column)?;
        bytes.try_into().map_err(|_| {
            StoreError::decode(column, &format!("{N} bytes"), format_args!("{} bytes", bytes.len()))
        })
    }

    /// The text in column `column`, parsed into a domain type.
    ///
    /// # Errors
    /// See [`Row::int`]; also the parser's refusal.
    pub fn parse<T>(&self, column: usize) -> Result<T, StoreError>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = self.text(column)?;
        text.parse().map_err(|error| StoreError::decode(column, std::any::type_name::<T>(), error))
    }

    /// The integer in column `column`, `None` for null.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match &self.0 {
            Inner::Sqlite(row) => match value(row, column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Integer(integer) => Ok(Some(integer)),
                other => Err(StoreError::decode(column, "an integer", other.data_type())),
            },
            Inner::Postgres(row) => Ok(row
                .try_get::<_, Option<PgInt>>(column)
                .map_err(|e| foreign(column, "an integer", &e))?
                .map(|i| i.0)),
        }
    }

    /// The text in column `column`, `None` for null.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match &self.0 {
            Inner::Sqlite(row) => match value(row, column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Text(text) => std::str::from_utf8(text)
                    .map(Some)
                    .map_err(|error| StoreError::decode(column, "UTF-8 text", error)),
                other => Err(StoreError::decode(column, "a text", other.data_type())),
            },
            Inner::Postgres(row) => row.try_get(column).map_err(|e| foreign(column, "a text", &e)),
        }
    }

    /// The bytes in column `column`, `None` for null.
    ///
    /// # Errors
    /// See [`Row::int`].
    pub fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        match &self.0 {
            Inner::Sqlite(row) => match value(row, column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Blob(bytes) => Ok(Some(bytes)),
                other => Err(StoreError::decode(column, "bytes", other.data_type())),
            },
            Inner::Postgres(row) => row.try_get(column).map_err(|e| foreign(column, "bytes", &e)),
        }
    }
}

fn value<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> Result<ValueRef<'r>, StoreError> {
    row.get_ref(column).map_err(|error| StoreError::decode(column, "a column", error))
}

fn null(column: usize, expected: &str) -> StoreError {
    StoreError::decode(column, expected, "null")
}

fn foreign(column: usize, expected: &str, error: &tokio_postgres::Error) -> StoreError {
    StoreError::decode(column, expected, error)
}

/// Any integer width of PostgreSQL, and booleans, widened: SQLite knows only one.
struct PgInt(i64);

impl<'a> FromSql<'a> for PgInt {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT2 => i16::from_sql(ty, raw)?.into(),
            Type::INT4 => i32::from_sql(ty, raw)?.into(),
            Type::BOOL => bool::from_sql(ty, raw)?.into(),
            _ => i64::from_sql(ty, raw)?,
        }))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8 | Type::BOOL)
    }
}
