//! The table being written.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

#[cfg(feature = "parquet")]
use crate::rowgroup::RowGroups;
use crate::{Cell, Column, TableError, TableProblem, delimited::Delimited};

/// The form of a table's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// UTF-8 text, a header line, LF, quoted where needed (RFC 4180); a missing value and an empty text look alike.
    Csv,
    /// Apache Parquet, dictionary-encoded, uncompressed; only in a program built with the feature `parquet`.
    Parquet,
}

impl Format {
    /// The end of a file's name: `csv` or `parquet`.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

/// A table being written, row by row, in memory that does not grow with the rows (CSV 128 kB; Parquet one row group of at
/// most 262,144 rows or 32 MB of text).
///
/// The rows stand in a file beside the final one (its name with `.part`), which [`Self::finish`] renames: what has the
/// right name is whole. A table dropped unfinished leaves nothing.
pub struct Table {
    path: PathBuf,
    columns: &'static [Column],
    rows: u64,
    body: Option<Body>,
}

enum Body {
    Csv(Delimited),
    #[cfg(feature = "parquet")]
    Parquet(RowGroups),
}

impl Table {
    /// Begins a table in this file; one of the same name is replaced when the table is finished.
    ///
    /// # Errors
    /// When the file cannot be created, or the program was built without the format.
    pub fn create(path: &Path, format: Format, columns: &'static [Column]) -> Result<Self, TableError> {
        let wrong = |problem| TableError { path: path.to_owned(), problem };
        let create = || File::create(part(path)).map_err(|e| wrong(e.into()));
        let body = match format {
            Format::Csv => Body::Csv(Delimited::new(create()?, columns).map_err(|e| wrong(e.into()))?),
            #[cfg(feature = "parquet")]
            Format::Parquet => {
                Body::Parquet(RowGroups::new(create()?, columns).map_err(|e| wrong(e.into()))?)
            }
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => return Err(wrong(TableProblem::NotBuilt)),
        };
        Ok(Self { path: path.to_owned(), columns, rows: 0, body: Some(body) })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When the values do not fit the columns (nothing of the row is written then), or the file cannot be written.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), TableError> {
        let row = self.rows + 1;
        if cells.len() != self.columns.len() {
            let (found, expected) = (cells.len(), self.columns.len());
            return Err(self.wrong(TableProblem::Width { row, found, expected }));
        }
        if let Some((column, cell)) = self.columns.iter().zip(cells).find(|(column, cell)| !cell.fits(column))
        {
            return Err(self.wrong(TableProblem::Kind { row, column: *column, found: format!("{cell:?}") }));
        }
        let written = match &mut self.body {
            Some(Body::Csv(body)) => body.row(cells).map_err(TableProblem::from),
            #[cfg(feature = "parquet")]
            Some(Body::Parquet(body)) => body.row(cells).map_err(TableProblem::from),
            None => Ok(()),
        };
        written.map_err(|problem| self.wrong(problem))?;
        self.rows = row;
        Ok(())
    }

    /// Writes out what is still in memory and gives the file its name; says how many rows it has.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<u64, TableError> {
        let file = match self.body.take() {
            Some(Body::Csv(body)) => body.finish().map_err(TableProblem::from),
            #[cfg(feature = "parquet")]
            Some(Body::Parquet(body)) => body.finish().map_err(TableProblem::from),
            None => return Ok(self.rows),
        };
        let named = file.and_then(|file| {
            file.sync_all()?;
            Ok(fs::rename(part(&self.path), &self.path)?)
        });
        named.map_err(|problem| {
            // What went wrong is said; the leftover is only tidied away.
            let _ = fs::remove_file(part(&self.path));
            self.wrong(problem)
        })?;
        Ok(self.rows)
    }

    fn wrong(&self, problem: TableProblem) -> TableError {
        TableError { path: self.path.clone(), problem }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if self.body.take().is_some() {
            let _ = fs::remove_file(part(&self.path));
        }
    }
}

/// The file beside the final one.
fn part(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}
