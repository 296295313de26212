//! CSV files being written: a header line, then rows; in UTF-8 and, where asked, in code page 932.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::plan::TownError;

/// A file of rows.
pub struct Sheet {
    path: PathBuf,
    csv: csv::Writer<BufWriter<File>>,
    rows: u64,
    cp932: Option<Cp932Sheet>,
}

impl Sheet {
    /// Creates `dir/name.csv` with its header; with `cp932` also `dir/name.sjis.csv`.
    ///
    /// # Errors
    /// When a file cannot be created or written.
    pub fn create(dir: &Path, name: &str, columns: &[&str], cp932: bool) -> Result<Self, TownError> {
        let path = dir.join(format!("{name}.csv"));
        let csv = csv::WriterBuilder::new().has_headers(false).flexible(true).from_writer(open(&path)?);
        let cp932 =
            if cp932 { Some(Cp932Sheet::create(dir.join(format!("{name}.sjis.csv")))?) } else { None };
        let mut sheet = Self { path, csv, rows: 0, cp932 };
        if !columns.is_empty() {
            sheet.line(columns)?;
        }
        Ok(sheet)
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn row(&mut self, row: &impl Serialize) -> Result<(), TownError> {
        self.rows += 1;
        self.line(row)
    }

    /// Writes a line that is not counted as a row: a header, a trailer.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn line(&mut self, line: &(impl Serialize + ?Sized)) -> Result<(), TownError> {
        self.csv.serialize(line).map_err(|source| TownError::Row { path: self.path.clone(), source })?;
        self.cp932.as_mut().map_or(Ok(()), |sheet| sheet.line(line))
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes out what is still in memory.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<u64, TownError> {
        let write = |path: &Path, source| TownError::Write { path: path.to_owned(), source };
        self.csv.flush().map_err(|e| write(&self.path, e))?;
        if let Some(mut sheet) = self.cp932 {
            sheet.file.flush().map_err(|e| write(&sheet.path, e))?;
        }
        Ok(self.rows)
    }
}

/// The same rows in code page 932 with CRLF; what it cannot write becomes 〓.
struct Cp932Sheet {
    path: PathBuf,
    file: BufWriter<File>,
    line: Vec<u8>,
}

impl Cp932Sheet {
    fn create(path: PathBuf) -> Result<Self, TownError> {
        Ok(Self { file: open(&path)?, path, line: Vec::new() })
    }

    fn line(&mut self, line: &(impl Serialize + ?Sized)) -> Result<(), TownError> {
        self.line.clear();
        let mut builder = csv::WriterBuilder::new();
        let mut csv = builder
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::CRLF)
            .from_writer(&mut self.line);
        let written = csv.serialize(line).and_then(|()| csv.flush().map_err(csv::Error::from));
        drop(csv);
        written.map_err(|source| TownError::Row { path: self.path.clone(), source })?;
        let encoded = kotoba::cp932_encode(&String::from_utf8_lossy(&self.line));
        let write = |source| TownError::Write { path: self.path.clone(), source };
        self.file.write_all(&encoded.bytes).map_err(write)
    }
}

fn open(path: &Path) -> Result<BufWriter<File>, TownError> {
    let file = File::create(path).map_err(|source| TownError::Write { path: path.to_owned(), source })?;
    Ok(BufWriter::with_capacity(1 << 17, file))
}
