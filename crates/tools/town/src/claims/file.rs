//! A month's claims of an institution to an agency, being written.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::day::Day;
use crate::organisations::INSTITUTIONS;
use crate::plan::TownError;

use super::bill::Bill;
use super::deeds::Scheme;
use super::write;

/// The file: the institution's record is written at once, the bill at the end.
pub struct ClaimFile {
    key: (usize, Day, u8),
    name: String,
    path: PathBuf,
    out: BufWriter<File>,
    number: u64,
    points: u64,
}

impl ClaimFile {
    /// Creates the file that a claim goes into.
    ///
    /// # Errors
    /// When it cannot be created or written.
    pub fn create(out: &Path, bill: &Bill) -> Result<Self, TownError> {
        let code = INSTITUTIONS.get(bill.institution).map_or("", |i| i.code);
        let agency = bill.to.agency();
        let (year, month, _) = bill.month.ymd();
        let name = format!("{code}/{year:04}{month:02}-{agency}.UKE");
        let path = out.join("claims").join(&name);
        let wrong = |source| TownError::Write { path: path.clone(), source };
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(&path));
        let mut file = BufWriter::new(made.map_err(wrong)?);
        file.write_all(&write::head(bill)).map_err(wrong)?;
        let key = key(bill);
        Ok(Self { key, name, path, out: file, number: 0, points: 0 })
    }

    /// True when the claim goes into this file.
    pub fn takes(&self, bill: &Bill) -> bool {
        self.key == key(bill)
    }

    /// Its name within `claims/`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes a claim; says its number.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn claim(&mut self, bill: &Bill) -> Result<u64, TownError> {
        self.number += 1;
        let (bytes, points) = match bill.scheme {
            Scheme::Medical => write::medical(bill, self.number),
            Scheme::Dental => write::dental(bill, self.number),
            Scheme::Dispensing => write::dispensing(bill, self.number),
        };
        self.points += points;
        self.put(&bytes)?;
        Ok(self.number)
    }

    /// Writes the bill.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<(), TownError> {
        let bill = format!("GO,{},{},99\r\n", self.number, self.points);
        self.put(bill.as_bytes())?;
        self.out.flush().map_err(|source| TownError::Write { path: self.path, source })
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), TownError> {
        let written = self.out.write_all(bytes);
        written.map_err(|source| TownError::Write { path: self.path.clone(), source })
    }
}

fn key(bill: &Bill) -> (usize, Day, u8) {
    (bill.institution, bill.month, bill.to.agency())
}
