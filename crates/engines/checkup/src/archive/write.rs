//! An archive written document by document.

use std::io::{Seek, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{name::ArchiveName, read::ArchiveError};
use crate::{
    exchange::{Index, Summary},
    model::{Document, Identifier},
    oid,
    validate::Generation,
};

/// Who sends check-ups to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// 種別: 6 from an institution to an insurer, …
    pub interaction: String,
    /// 送付元機関.
    pub sender: Identifier,
    /// 送付先機関.
    pub receiver: Identifier,
    /// The day, `yyyyMMdd`.
    pub date: String,
    /// Which sending of the day, 0 to 9.
    pub sequence: u8,
    /// The namespace of ix08 and su08.
    pub generation: Generation,
}

impl Sending {
    /// The name of the archive, without `.zip`.
    pub fn name(&self) -> ArchiveName {
        let number = |id: &Identifier| match id.root.as_str() {
            oid::INSTITUTION => format!("{:0>10}", id.extension),
            _ => format!("{:0>8}", id.extension),
        };
        ArchiveName {
            sender: number(&self.sender),
            receiver: number(&self.receiver),
            date: self.date.clone(),
            sequence: self.sequence,
            service: 1,
        }
    }
}

/// Writes an archive: the documents in `DATA`, the index, and `schemas` (names and contents) in `XSD`. A `summary` is for
/// those who add claims.
///
/// # Errors
/// When the output cannot be written.
pub fn write_archive<W: Write + Seek>(
    out: W,
    sending: &Sending,
    documents: impl IntoIterator<Item = Document>,
    summary: Option<&Summary>,
    schemas: &[(String, Vec<u8>)],
) -> Result<(usize, W), ArchiveError> {
    let name = sending.name();
    // The time of a file would make two archives of the same records differ.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut zip = ZipWriter::new(out);
    let mut file = |path: String, bytes: &[u8]| -> Result<(), ArchiveError> {
        zip.start_file(format!("{name}/{path}"), options)?;
        Ok(zip.write_all(bytes)?)
    };
    let mut records = 0;
    for document in documents {
        records += 1;
        let institution = document.performer.id(oid::INSTITUTION).unwrap_or(&sending.sender.extension);
        file(format!("DATA/{}", name.file('h', institution, records)), document.to_xml().as_bytes())?;
    }
    let index = Index {
        interaction: sending.interaction.clone(),
        created: sending.date.clone(),
        sender: sending.sender.clone(),
        receiver: Some(sending.receiver.clone()),
        service: "1".to_owned(),
        records: u32::try_from(records).unwrap_or(u32::MAX),
    };
    file("ix08_V08.xml".to_owned(), index.to_xml(sending.generation).as_bytes())?;
    if let Some(summary) = summary {
        file("su08_V08.xml".to_owned(), summary.to_xml(sending.generation).as_bytes())?;
    }
    for (path, bytes) in schemas {
        file(format!("XSD/{path}"), bytes)?;
    }
    Ok((records, zip.finish()?))
}
