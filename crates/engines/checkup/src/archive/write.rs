//! An archive written document by document.

use std::io::{Seek, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    name::ArchiveName,
    read::{ArchiveError, stem},
};
use crate::{
    claim::Claim,
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

/// What the file of a record and that of its claim have in common, within an archive that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordName(String);

/// Writes an archive, one record after the other.
pub struct ArchiveWriter<W: Write + Seek> {
    zip: ZipWriter<W>,
    sending: Sending,
    name: ArchiveName,
    records: u32,
    sums: Summary,
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// An archive without records yet.
    pub fn new(out: W, sending: Sending) -> Self {
        Self { zip: ZipWriter::new(out), name: sending.name(), sending, records: 0, sums: Summary::default() }
    }

    /// Adds a record to `DATA`: what its file and that of its claim have in common.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn add(&mut self, document: &Document) -> Result<RecordName, ArchiveError> {
        self.records += 1;
        let institution = document.performer.id(oid::INSTITUTION).unwrap_or(&self.sending.sender.extension);
        let file = self.name.file('h', institution, self.records);
        self.file(&format!("DATA/{file}"), document.to_xml().as_bytes())?;
        Ok(RecordName(stem(&file).to_owned()))
    }

    /// Adds a record's claim to `CLAIMS`, and what it comes to to the sums.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn add_claim(&mut self, record: &RecordName, claim: &Claim) -> Result<(), ArchiveError> {
        self.sums.subjects += 1;
        self.sums.amounts = self.sums.amounts.plus(claim.amounts);
        let text = claim.to_xml(self.sending.generation);
        self.file(&format!("CLAIMS/c{}.xml", record.0), text.as_bytes())
    }

    /// Adds the index, the sums if there are claims, the schemas (names and contents) in `XSD`; how many records there
    /// are, and the output.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self, schemas: &[(String, Vec<u8>)]) -> Result<(u32, W), ArchiveError> {
        let index = Index {
            interaction: self.sending.interaction.clone(),
            created: self.sending.date.clone(),
            sender: self.sending.sender.clone(),
            receiver: Some(self.sending.receiver.clone()),
            service: "1".to_owned(),
            records: self.records,
        };
        let generation = self.sending.generation;
        self.file("ix08_V08.xml", index.to_xml(generation).as_bytes())?;
        if self.sums.subjects > 0 {
            let sums = Summary { service: "1".to_owned(), ..self.sums.clone() };
            self.file("su08_V08.xml", sums.to_xml(generation).as_bytes())?;
        }
        for (path, bytes) in schemas {
            self.file(&format!("XSD/{path}"), bytes)?;
        }
        Ok((self.records, self.zip.finish()?))
    }

    fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(format!("{}/{path}", self.name), options)?;
        Ok(self.zip.write_all(bytes)?)
    }
}
