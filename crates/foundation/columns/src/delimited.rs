//! CSV: UTF-8, a header line, LF, quotes only where they are needed (RFC 4180).

use std::fs::File;
use std::io::{self, BufWriter};

use crate::{Cell, Column};

/// A CSV file being written.
pub struct Delimited {
    writer: csv::Writer<BufWriter<File>>,
    text: String,
}

impl Delimited {
    pub fn new(file: File, columns: &[Column]) -> io::Result<Self> {
        let mut writer = csv::WriterBuilder::new().from_writer(BufWriter::with_capacity(1 << 17, file));
        writer.write_record(columns.iter().map(|c| c.name)).map_err(io::Error::from)?;
        Ok(Self { writer, text: String::new() })
    }

    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for cell in cells {
            let field = match cell {
                Cell::Empty => "",
                Cell::Text(text) => text,
                Cell::Integer(value) => shown(&mut self.text, value),
                Cell::Real(value) => shown(&mut self.text, value),
                Cell::Day(day) => shown(&mut self.text, day),
            };
            self.writer.write_field(field).map_err(io::Error::from)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(io::Error::from)
    }

    pub fn finish(self) -> io::Result<File> {
        let buffered = self.writer.into_inner().map_err(|e| io::Error::other(e.to_string()))?;
        buffered.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

/// The value in `room`, which is used again for every value.
fn shown<'r>(room: &'r mut String, value: &impl std::fmt::Display) -> &'r str {
    use std::fmt::Write;
    room.clear();
    // A String takes everything.
    let _ = write!(room, "{value}");
    room
}
