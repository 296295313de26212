//! Reading a membership report file, row by row.

use std::io::{BufRead, BufReader, Read};

use codes::{InsuredPersonId, InsurerNumber};
use csv::StringRecord;
use my_number::MyNumber;
use protocol::eligibility::{
    ElderlyCertificate, LimitCertificate, Person, SpecificDiseaseCertificate, Terms,
};

use super::{ACTS, COLUMNS, FileError, FileHeader, LAYOUT, LINE_MAX, LOSS_REASONS, RELATIONS, SEXES, is_id};
use crate::report::MembershipReport;

/// A field of one row is wrong; the other rows are not affected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {en}")]
pub struct RowError {
    /// The column's name.
    pub column: &'static str,
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// One line of the file.
#[derive(Debug)]
pub struct Row {
    /// Line, from 1.
    pub line: u64,
    /// The report's own name, as far as it could be read.
    pub report_id: String,
    /// The report, or what is wrong with it.
    pub report: Result<MembershipReport, RowError>,
}

/// Streams the rows of a file.
pub struct Reader<R: Read> {
    csv: csv::Reader<LineGuard<BufReader<R>>>,
    header: FileHeader,
    record: StringRecord,
    rows: u64,
    ended: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the first two lines.
    ///
    /// # Errors
    /// When they are not those of the layout.
    pub fn new(input: R) -> Result<Self, FileError> {
        let mut csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(LineGuard::new(BufReader::with_capacity(1 << 18, input)));
        let mut record = StringRecord::new();
        read(&mut csv, &mut record)?;
        let header = header(&record)?;
        read(&mut csv, &mut record)?;
        for (i, expected) in COLUMNS.iter().enumerate() {
            let found = record.get(i).unwrap_or_default();
            if found != *expected {
                return Err(FileError::Columns { column: i + 1, expected, found: found.to_owned() });
            }
        }
        Ok(Self { csv, header, record, rows: 0, ended: false })
    }

    /// What the first line says.
    pub fn header(&self) -> &FileHeader {
        &self.header
    }

    /// The next row; `None` after a right `end` line.
    ///
    /// # Errors
    /// When the file as a whole cannot be taken.
    pub fn next_row(&mut self) -> Result<Option<Row>, FileError> {
        if self.ended {
            return Ok(None);
        }
        if !read(&mut self.csv, &mut self.record)? {
            return Err(FileError::Truncated { rows: self.rows });
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        if self.record.len() == 2 && self.record.get(0) == Some("end") {
            return self.end(line);
        }
        self.rows += 1;
        let report_id = self.record.get(0).unwrap_or_default().to_owned();
        Ok(Some(Row { line, report_id, report: report(&self.record, &self.header.insurer) }))
    }

    fn end(&mut self, line: u64) -> Result<Option<Row>, FileError> {
        let said = self.record.get(1).unwrap_or_default();
        if said.parse() != Ok(self.rows) {
            return Err(FileError::Count { line, said: said.to_owned(), rows: self.rows });
        }
        self.ended = true;
        Ok(None)
    }
}

fn read<R: Read>(
    csv: &mut csv::Reader<LineGuard<BufReader<R>>>,
    record: &mut StringRecord,
) -> Result<bool, FileError> {
    let line = csv.position().line();
    csv.read_record(record).map_err(|e| match e.into_kind() {
        csv::ErrorKind::Io(io) if io.kind() == std::io::ErrorKind::FileTooLarge => FileError::Long { line },
        csv::ErrorKind::Io(io) => FileError::Io(io),
        csv::ErrorKind::Utf8 { err, .. } => FileError::Csv { line, what: err.to_string() },
        other => FileError::Csv { line, what: format!("{other:?}") },
    })
}

fn header(record: &StringRecord) -> Result<FileHeader, FileError> {
    let wrong = || FileError::Header { found: record.iter().take(4).collect::<Vec<_>>().join(",") };
    let mut fields = record.iter();
    match (fields.next(), fields.next(), fields.next(), fields.next(), fields.next()) {
        (Some(LAYOUT), Some(insurer), Some(file_id), Some(at), None) if is_id(file_id) => Ok(FileHeader {
            insurer: insurer.parse().map_err(|_| wrong())?,
            file_id: file_id.to_owned(),
            written_at: at.parse().map_err(|_| wrong())?,
        }),
        _ => Err(wrong()),
    }
}

fn report(record: &StringRecord, insurer: &InsurerNumber) -> Result<MembershipReport, RowError> {
    if record.len() != COLUMNS.len() {
        return Err(RowError {
            column: "report_id",
            ja: format!("列の数が{}ではなく{}です。", COLUMNS.len(), record.len()),
            en: format!("{} columns instead of {}", record.len(), COLUMNS.len()),
        });
    }
    let mut f = Fields { record, next: 0 };
    let report_id = f.id()?;
    let act = f.choice(&ACTS)?;
    let my_number = f.parse::<MyNumber>()?;
    let insured = insured(&mut f, insurer)?;
    let qualified_on = f.parse()?;
    let disqualified_on = f.optional()?;
    let loss_reason = f.optional_choice(&LOSS_REASONS)?;
    let relation = f.choice(&RELATIONS)?;
    Ok(MembershipReport {
        report_id,
        act,
        my_number,
        insured,
        qualified_on,
        disqualified_on,
        loss_reason,
        relation,
        person: person(&mut f)?,
        terms: terms(&mut f)?,
        effective_on: f.optional()?,
        notified_on: f.parse()?,
    })
}

fn insured(f: &mut Fields<'_>, insurer: &InsurerNumber) -> Result<InsuredPersonId, RowError> {
    Ok(InsuredPersonId { insurer: *insurer, symbol: f.parse()?, number: f.parse()?, branch: f.optional()? })
}

fn person(f: &mut Fields<'_>) -> Result<Person, RowError> {
    Ok(Person {
        name: f.required()?,
        kana: f.text().to_owned(),
        sex: f.choice(&SEXES)?,
        birthdate: f.parse()?,
        postal_code: f.text().to_owned(),
        address: f.text().to_owned(),
    })
}

fn terms(f: &mut Fields<'_>) -> Result<Terms, RowError> {
    Ok(Terms {
        classification: f.required()?,
        copayment_percent: f.optional()?,
        preschool: f.choice(&[("0", false), ("1", true)])?,
        issued_on: f.optional()?,
        elderly: elderly(f)?,
        limit: limit(f)?,
        specific_diseases: diseases(f)?,
    })
}

fn elderly(f: &mut Fields<'_>) -> Result<Option<ElderlyCertificate>, RowError> {
    let (from, to) = (f.optional()?, f.optional()?);
    let percent = f.optional()?;
    match (from, to, percent) {
        (None, None, None) => Ok(None),
        (Some(from), Some(to), Some(copayment_percent)) => {
            Ok(Some(ElderlyCertificate { from, to, copayment_percent }))
        }
        _ => Err(f.incomplete()),
    }
}

fn limit(f: &mut Fields<'_>) -> Result<Option<LimitCertificate>, RowError> {
    let (classification, flag) = (f.text(), f.text());
    let (from, to) = (f.optional()?, f.optional()?);
    match (classification, flag, from, to) {
        ("", "", None, None) => Ok(None),
        (classification, flag, Some(from), Some(to)) if !classification.is_empty() => {
            Ok(Some(LimitCertificate {
                classification: classification.to_owned(),
                flag: flag.to_owned(),
                from,
                to,
            }))
        }
        _ => Err(f.incomplete()),
    }
}

/// `category:from:to:yen`, several separated by `;`.
fn diseases(f: &mut Fields<'_>) -> Result<Vec<SpecificDiseaseCertificate>, RowError> {
    let text = f.text();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(';').map(|one| disease(one).ok_or_else(|| f.wrong("category:from:to:yen", one))).collect()
}

fn disease(text: &str) -> Option<SpecificDiseaseCertificate> {
    let mut parts = text.split(':');
    let one = SpecificDiseaseCertificate {
        category: parts.next()?.parse().ok().filter(|c| (1..=3).contains(c))?,
        from: parts.next()?.parse().ok()?,
        to: parts.next()?.parse().ok()?,
        ceiling_yen: parts.next()?.parse().ok()?,
    };
    parts.next().is_none().then_some(one)
}

/// The fields of one record, taken in the order of [`COLUMNS`].
struct Fields<'a> {
    record: &'a StringRecord,
    next: usize,
}

impl<'a> Fields<'a> {
    fn text(&mut self) -> &'a str {
        let field = self.record.get(self.next).unwrap_or_default();
        self.next += 1;
        field
    }

    fn column(&self) -> &'static str {
        COLUMNS.get(self.next.saturating_sub(1)).copied().unwrap_or_default()
    }

    fn wrong(&self, expected: &str, found: &str) -> RowError {
        let column = self.column();
        // A My Number is never repeated in an error.
        let found = if column == "my_number" { "…" } else { found };
        RowError {
            column,
            ja: format!("「{found}」は正しくありません（{expected}が必要です）。"),
            en: format!("expected {expected}, found `{found}`"),
        }
    }

    fn incomplete(&self) -> RowError {
        RowError {
            column: self.column(),
            ja: "有効期間や区分の一部だけが記入されています。すべて記入するか、すべて空にしてください。"
                .into(),
            en: "part of the certificate is missing: give all of its columns or none".into(),
        }
    }

    fn required(&mut self) -> Result<String, RowError> {
        match self.text() {
            "" => Err(self.wrong("a value", "")),
            text => Ok(text.to_owned()),
        }
    }

    fn id(&mut self) -> Result<String, RowError> {
        let id = self.text();
        if is_id(id) { Ok(id.to_owned()) } else { Err(self.wrong("1 to 40 of A-Z a-z 0-9 - _ . :", id)) }
    }

    fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self) -> Result<T, RowError> {
        let text = self.text();
        text.parse().map_err(|e: T::Err| self.wrong(&e.to_string(), text))
    }

    fn optional<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self) -> Result<Option<T>, RowError> {
        if self.record.get(self.next).unwrap_or_default().is_empty() {
            self.next += 1;
            return Ok(None);
        }
        self.parse().map(Some)
    }

    fn choice<T: Copy>(&mut self, choices: &[(&str, T)]) -> Result<T, RowError> {
        let text = self.text();
        choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
            self.wrong(&choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join("|"), text)
        })
    }

    fn optional_choice<T: Copy>(&mut self, choices: &[(&str, T)]) -> Result<Option<T>, RowError> {
        if self.record.get(self.next).unwrap_or_default().is_empty() {
            self.next += 1;
            return Ok(None);
        }
        self.choice(choices).map(Some)
    }
}

/// Refuses a line longer than [`LINE_MAX`] before it fills the memory.
struct LineGuard<R> {
    inner: R,
    run: u64,
}

impl<R> LineGuard<R> {
    fn new(inner: R) -> Self {
        Self { inner, run: 0 }
    }
}

impl<R: BufRead> Read for LineGuard<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(out)?;
        let chunk = out.get(..n).unwrap_or_default();
        match chunk.iter().rposition(|b| *b == b'\n') {
            Some(last) => self.run = (n - last - 1) as u64,
            None => self.run += n as u64,
        }
        if self.run > LINE_MAX {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        Ok(n)
    }
}
