//! Writing a membership report file.

use std::io::Write;

use calendar::Date;
use codes::InsurerNumber;
use protocol::eligibility::SpecificDiseaseCertificate;

use super::{ACTS, COLUMNS, FileError, FileHeader, LAYOUT, LOSS_REASONS, RELATIONS, SEXES};
use crate::report::MembershipReport;

/// Writes a file of reports.
pub struct Writer<W: Write> {
    csv: csv::Writer<W>,
    insurer: InsurerNumber,
    rows: u64,
}

impl<W: Write> Writer<W> {
    /// Writes the first two lines.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(output: W, header: &FileHeader) -> Result<Self, FileError> {
        let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(output);
        csv.write_record([
            LAYOUT,
            &header.insurer.to_string(),
            &header.file_id,
            &header.written_at.to_string(),
        ])
        .map_err(io)?;
        csv.write_record(COLUMNS).map_err(io)?;
        Ok(Self { csv, insurer: header.insurer, rows: 0 })
    }

    /// Writes one report. The report's insurer must be the file's.
    ///
    /// # Errors
    /// When the output cannot be written or the report is another insurer's.
    pub fn write(&mut self, report: &MembershipReport) -> Result<(), FileError> {
        if report.insured.insurer != self.insurer {
            return Err(FileError::Header { found: report.insured.insurer.to_string() });
        }
        self.csv.write_record(fields(report)).map_err(io)?;
        self.rows += 1;
        Ok(())
    }

    /// Writes the `end` line and gives the output back.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> Result<W, FileError> {
        self.csv.write_record(["end", &self.rows.to_string()]).map_err(io)?;
        self.csv.into_inner().map_err(|e| FileError::Io(std::io::Error::other(e.to_string())))
    }
}

fn io(e: csv::Error) -> FileError {
    FileError::Io(std::io::Error::other(e))
}

fn fields(r: &MembershipReport) -> [String; 30] {
    let date = |d: Option<Date>| d.map(|d| d.to_string()).unwrap_or_default();
    let (elderly, limit) = (r.terms.elderly.as_ref(), r.terms.limit.as_ref());
    [
        r.report_id.clone(),
        name_of(&ACTS, &r.act),
        r.my_number.to_string(),
        r.insured.symbol.to_string(),
        r.insured.number.to_string(),
        r.insured.branch.map(|b| b.to_string()).unwrap_or_default(),
        r.qualified_on.to_string(),
        date(r.disqualified_on),
        r.loss_reason.map(|l| name_of(&LOSS_REASONS, &l)).unwrap_or_default(),
        name_of(&RELATIONS, &r.relation),
        r.person.name.clone(),
        r.person.kana.clone(),
        name_of(&SEXES, &r.person.sex),
        r.person.birthdate.to_string(),
        r.person.postal_code.clone(),
        r.person.address.clone(),
        r.terms.classification.clone(),
        r.terms.copayment_percent.map(|p| p.to_string()).unwrap_or_default(),
        u8::from(r.terms.preschool).to_string(),
        date(r.terms.issued_on),
        date(elderly.map(|e| e.from)),
        date(elderly.map(|e| e.to)),
        elderly.map(|e| e.copayment_percent.to_string()).unwrap_or_default(),
        limit.map(|l| l.classification.clone()).unwrap_or_default(),
        limit.map(|l| l.flag.clone()).unwrap_or_default(),
        date(limit.map(|l| l.from)),
        date(limit.map(|l| l.to)),
        diseases_text(&r.terms.specific_diseases),
        date(r.effective_on),
        r.notified_on.to_string(),
    ]
}

fn name_of<T: PartialEq>(choices: &[(&str, T)], value: &T) -> String {
    choices.iter().find(|(_, v)| v == value).map(|(name, _)| (*name).to_owned()).unwrap_or_default()
}

fn diseases_text(list: &[SpecificDiseaseCertificate]) -> String {
    list.iter()
        .map(|d| format!("{}:{}:{}:{}", d.category, d.from, d.to, d.ceiling_yen))
        .collect::<Vec<_>>()
        .join(";")
}
