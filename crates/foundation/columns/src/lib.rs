//! A typed table written row by row as Parquet or CSV.
//!
//! What engines hand to statisticians: flat tables of millions of rows, each column of one [`Kind`], written in one pass
//! in flat memory. The file appears under its name only when it is whole ([`Table::finish`]).
//!
//! ```
//! use musubi_columns::{Cell, Column, Format, Table};
//!
//! const COLUMNS: [Column; 2] = [Column::text("insurer"), Column::integer("points").or_empty()];
//! # let dir = std::env::temp_dir().join(format!("musubi-columns-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&dir)?;
//! # let path = dir.join("claims.csv");
//! let mut table = Table::create(&path, Format::Csv, &COLUMNS)?;
//! table.row(&[Cell::Text("01130012"), Cell::Integer(276)])?;
//! table.row(&[Cell::Text("34130021"), Cell::Empty])?;
//! assert_eq!(table.finish()?, 2);
//! assert_eq!(std::fs::read_to_string(&path)?, "insurer,points\n01130012,276\n34130021,\n");
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cell;
mod delimited;
mod error;
#[cfg(feature = "parquet")]
mod rowgroup;
mod table;

pub use cell::{Cell, Column, Kind};
pub use error::{TableError, TableProblem};
pub use table::{Format, Table};
