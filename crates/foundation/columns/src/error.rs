//! Why a table could not be written.

use std::io;
use std::path::PathBuf;

use crate::{Column, Kind};

/// A table that could not be written: which file, and why.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct TableError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    #[source]
    pub problem: TableProblem,
}

impl TableError {
    /// The error in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        format!("{}: {}", self.path.display(), self.problem.ja())
    }
}

/// What went wrong with a table.
#[derive(Debug, thiserror::Error)]
pub enum TableProblem {
    /// A row has not as many values as the table has columns.
    #[error("row {row} has {found} values, expected {expected}")]
    Width {
        /// The row, counted from 1.
        row: u64,
        /// Values in it.
        found: usize,
        /// Columns of the table.
        expected: usize,
    },
    /// A value is not of its column's kind, or missing where it must not.
    #[error("row {row}, column {}: found {found}, expected {}", column.name, expectation(column))]
    Kind {
        /// The row, counted from 1.
        row: u64,
        /// The column.
        column: Column,
        /// The value found.
        found: String,
    },
    /// This program was built without the format.
    #[error("this program was built without Parquet; build it with --features parquet, or write CSV")]
    NotBuilt,
    /// The system could not write.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The Parquet writer gave up.
    #[cfg(feature = "parquet")]
    #[error(transparent)]
    Parquet(#[from] parquet::errors::ParquetError),
}

impl TableProblem {
    /// The problem in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        match self {
            Self::Width { row, found, expected } => {
                format!("{row}行目の値は{found}個です（{expected}個であるべきです）")
            }
            Self::Kind { row, column, found } => {
                let may = if column.optional { "" } else { "（省略不可）" };
                format!(
                    "{row}行目の{}は{found}です。{}であるべきです{may}",
                    column.name,
                    kind_ja(column.kind)
                )
            }
            Self::NotBuilt => {
                "このプログラムはParquetなしで作られています。--features parquet で作るか、CSVにしてください"
                    .to_owned()
            }
            Self::Io(error) => format!("書き込めません（{error}）"),
            #[cfg(feature = "parquet")]
            Self::Parquet(error) => format!("Parquetとして書けません（{error}）"),
        }
    }
}

fn expectation(column: &Column) -> String {
    let kind = match column.kind {
        Kind::Text => "a text",
        Kind::Integer => "an integer",
        Kind::Real => "a real number",
        Kind::Day => "a day",
    };
    if column.optional { format!("{kind} or nothing") } else { kind.to_owned() }
}

fn kind_ja(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "文字列",
        Kind::Integer => "整数",
        Kind::Real => "実数",
        Kind::Day => "日付",
    }
}
