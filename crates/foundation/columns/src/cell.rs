//! Columns and the values that stand in them.

use calendar::Date;

/// A column: its name, what it holds, and whether a value may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name, unique in the table: the header of a CSV, the field of a Parquet schema.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether a value may be missing ([`Cell::Empty`]).
    pub optional: bool,
}

impl Column {
    /// A column of texts.
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: Kind::Text, optional: false }
    }

    /// A column of integers.
    pub const fn integer(name: &'static str) -> Self {
        Self { name, kind: Kind::Integer, optional: false }
    }

    /// A column of real numbers.
    pub const fn real(name: &'static str) -> Self {
        Self { name, kind: Kind::Real, optional: false }
    }

    /// A column of days.
    pub const fn day(name: &'static str) -> Self {
        Self { name, kind: Kind::Day, optional: false }
    }

    /// The same column, in which a value may be missing.
    #[must_use]
    pub const fn or_empty(self) -> Self {
        Self { optional: true, ..self }
    }
}

/// What a column holds, with its form in CSV and in Parquet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text. Parquet: `BYTE_ARRAY` of logical type `STRING`.
    Text,
    /// An integer. Parquet: `INT64`.
    Integer,
    /// A real number. CSV: the shortest digits that read back as the same number; Parquet: `DOUBLE`.
    Real,
    /// A day. CSV: `yyyy-MM-dd`; Parquet: `INT32` of logical type `DATE`.
    Day,
}

/// The value of one column in one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// No value; only where the column is optional.
    Empty,
    /// A text.
    Text(&'a str),
    /// An integer.
    Integer(i64),
    /// A real number.
    Real(f64),
    /// A day.
    Day(Date),
}

impl Cell<'_> {
    /// Whether the value may stand in this column.
    pub(crate) fn fits(&self, column: &Column) -> bool {
        match self {
            Self::Empty => column.optional,
            Self::Text(_) => column.kind == Kind::Text,
            Self::Integer(_) => column.kind == Kind::Integer,
            Self::Real(_) => column.kind == Kind::Real,
            Self::Day(_) => column.kind == Kind::Day,
        }
    }
}

impl From<i64> for Cell<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Cell<'_> {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<Date> for Cell<'_> {
    fn from(value: Date) -> Self {
        Self::Day(value)
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}
