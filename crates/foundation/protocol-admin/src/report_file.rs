//! The membership report file: how an insurer reports many members at once.
//!
//! UTF-8 CSV (RFC 4180). First line: [`LAYOUT`], the insurer's number, the file's own name, the time of
//! writing. Second line: the names of [`COLUMNS`]. Then a line a report. Last line: `end` and the number of
//! reports, so that a truncated file is known as such. The reader streams: memory does not grow with the file.

use std::io::{BufRead, BufReader, Read, Write};

use calendar::{Date, Timestamp};
use codes::{InsuredPersonId, InsurerNumber};
use csv::StringRecord;
use my_number::MyNumber;
use protocol::eligibility::{
    ElderlyCertificate, LimitCertificate, LossReason, Person, Relation, Sex, SpecificDiseaseCertificate, Terms,
};

use crate::report::{MembershipReport, ReportAct};

/// First field of a file of this layout.
pub const LAYOUT: &str = "musubi-membership-report-1";

/// The columns, in order. Dates are `yyyy-mm-dd`, empty = absent; [`crate::report::MembershipReport`] says
/// what each means.
pub const COLUMNS: [&str; 30] = [
    "report_id",
    "act",
    "my_number",
    "symbol",
    "number",
    "branch",
    "qualified_on",
    "disqualified_on",
    "loss_reason",
    "relation",
    "name",
    "kana",
    "sex",
    "birthdate",
    "postal_code",
    "address",
    "classification",
    "copayment_percent",
    "preschool",
    "issued_on",
    "elderly_from",
    "elderly_to",
    "elderly_percent",
    "limit_classification",
    "limit_flag",
    "limit_from",
    "limit_to",
    "specific_diseases",
    "effective_on",
    "notified_on",
];

/// Longest line accepted, in bytes: a longer one is not a report.
pub const LINE_MAX: u64 = 64 * 1024;

/// What the first line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHeader {
    /// Who reports.
    pub insurer: InsurerNumber,
    /// The file's own name: sending it again is harmless.
    pub file_id: String,
    /// When it was written.
    pub written_at: Timestamp,
}

/// The file as a whole cannot be taken: nothing of it was applied.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The bytes could not be read or written.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Not CSV, or not UTF-8.
    #[error("line {line}: not UTF-8 CSV: {what}")]
    Csv {
        /// Line, from 1.
        line: u64,
        /// The reader's words.
        what: String,
    },
    /// The first line is not of this layout.
    #[error("line 1: expected `{LAYOUT},insurer,file id,time`, found `{found}`")]
    Header {
        /// What stood there.
        found: String,
    },
    /// The second line does not name the columns.
    #[error("line 2, column {column}: expected `{expected}`, found `{found}`")]
    Columns {
        /// Column, from 1.
        column: usize,
        /// The name that belongs there.
        expected: &'static str,
        /// What stood there.
        found: String,
    },
    /// The last line is missing: the file is cut off.
    #[error("the file ends after {rows} reports without its `end` line: it is cut off; send it whole again")]
    Truncated {
        /// Reports read until then.
        rows: u64,
    },
    /// The last line counts other than what stands there.
    #[error("line {line}: the `end` line says {said} reports, the file holds {rows}")]
    Count {
        /// Line, from 1.
        line: u64,
        /// What the line says.
        said: String,
        /// What was read.
        rows: u64,
    },
    /// A line is longer than [`LINE_MAX`].
    #[error("line {line}: longer than {LINE_MAX} bytes")]
    Long {
        /// Line, from 1.
        line: u64,
    },
}

impl FileError {
    /// The same in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::Io(e) => format!("ファイルを読み書きできません（{e}）。"),
            Self::Csv { line, what } => format!("{line}行目: UTF-8のCSVとして読めません（{what}）。"),
            Self::Header { found } => {
                format!("1行目: 「{LAYOUT},保険者番号,ファイル名,作成日時」が必要ですが「{found}」でした。")
            }
            Self::Columns { column, expected, found } => {
                format!("2行目{column}列目: 列名「{expected}」が必要ですが「{found}」でした。")
            }
            Self::Truncated { rows } => {
                format!("{rows}件を読んだところでファイルが途切れています。全体をもう一度送ってください。")
            }
            Self::Count { line, said, rows } => {
                format!("{line}行目: 件数「{said}」と実際の{rows}件が合いません。")
            }
            Self::Long { line } => format!("{line}行目: 1行が{LINE_MAX}バイトを超えています。"),
        }
    }
}

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

/// True for a name of a report or a file: 1 to 40 printable ASCII characters without separators.
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 40 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
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
    Ok(InsuredPersonId {
        insurer: *insurer,
        symbol: f.parse()?,
        number: f.parse()?,
        branch: f.optional()?,
    })
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
            ja: "有効期間や区分の一部だけが記入されています。すべて記入するか、すべて空にしてください。".into(),
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

const ACTS: [(&str, ReportAct); 5] = [
    ("acquisition", ReportAct::Acquisition),
    ("loss", ReportAct::Loss),
    ("change", ReportAct::Change),
    ("correction", ReportAct::Correction),
    ("cancellation", ReportAct::Cancellation),
];
const LOSS_REASONS: [(&str, LossReason); 4] = [
    ("death", LossReason::Death),
    ("public-assistance", LossReason::PublicAssistance),
    ("other-insurance", LossReason::OtherInsurance),
    ("other", LossReason::Other),
];
const RELATIONS: [(&str, Relation); 2] =
    [("insured", Relation::Insured), ("dependant", Relation::Dependant)];
const SEXES: [(&str, Sex); 3] = [("male", Sex::Male), ("female", Sex::Female), ("unset", Sex::Unset)];

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header() -> FileHeader {
        FileHeader {
            insurer: "06130012".parse().or_else(|_| InsurerNumber::from_body("0613001")).unwrap(),
            file_id: "f-1".into(),
            written_at: Timestamp::from_millis(1_790_000_000_000),
        }
    }

    fn sample(report_id: &str) -> MembershipReport {
        MembershipReport {
            report_id: report_id.into(),
            act: ReportAct::Acquisition,
            my_number: "123456789018".parse().unwrap(),
            insured: InsuredPersonId {
                insurer: header().insurer,
                symbol: "１２－３４".parse().unwrap(),
                number: "5678".parse().unwrap(),
                branch: Some("01".parse().unwrap()),
            },
            qualified_on: "2026-04-01".parse().unwrap(),
            disqualified_on: None,
            loss_reason: None,
            relation: Relation::Insured,
            person: Person {
                name: "𠮷田　\"花\",子".into(),
                kana: "ヨシダ　ハナコ".into(),
                sex: Sex::Female,
                birthdate: "1990-02-28".parse().unwrap(),
                postal_code: "100-0001".into(),
                address: "東京都　千代田区\n1-1".into(),
            },
            terms: Terms { classification: "01".into(), copayment_percent: Some(30), ..Terms::default() },
            effective_on: None,
            notified_on: "2026-04-10".parse().unwrap(),
        }
    }

    fn written(reports: &[MembershipReport]) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), &header()).unwrap();
        reports.iter().for_each(|report| writer.write(report).unwrap());
        writer.finish().unwrap()
    }

    fn read_all(bytes: &[u8]) -> Result<Vec<Row>, FileError> {
        let mut reader = Reader::new(bytes)?;
        let mut rows = Vec::new();
        while let Some(row) = reader.next_row()? {
            rows.push(row);
        }
        Ok(rows)
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            name in "\\PC{1,30}",
            address in "[\\PC\n\"]{0,60}",
            percent in proptest::option::of(0u8..=100),
            yen in any::<u32>(),
            n in 0usize..20,
        ) {
            let report = |i: usize| MembershipReport {
                person: Person { name: name.clone(), address: address.clone(), ..sample("x").person },
                terms: Terms {
                    copayment_percent: percent,
                    specific_diseases: vec![SpecificDiseaseCertificate {
                        category: 1,
                        from: "2026-04-01".parse().unwrap(),
                        to: "2027-03-31".parse().unwrap(),
                        ceiling_yen: yen,
                    }; i % 3],
                    ..sample("x").terms
                },
                ..sample(&format!("r-{i}"))
            };
            let reports: Vec<_> = (0..n).map(report).collect();
            let rows = read_all(&written(&reports)).unwrap();
            let read: Vec<_> = rows.into_iter().map(|row| row.report.unwrap()).collect();
            prop_assert_eq!(read, reports);
        }

        #[test]
        fn no_bytes_panic_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read_all(&bytes);
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_known_as_cut() {
        let whole = written(&[sample("r-1"), sample("r-2")]);
        for end in 0..whole.len() - 1 {
            let cut = read_all(&whole[..end]);
            assert!(cut.is_err(), "cut after {end} of {} bytes", whole.len());
        }
    }

    #[test]
    fn a_wrong_field_spoils_its_row_alone_and_is_named() {
        let text = String::from_utf8(written(&[sample("r-1"), sample("r-2")])).unwrap();
        let spoiled = text.replacen("1990-02-28", "1990-02-30", 1);
        let rows = read_all(spoiled.as_bytes()).unwrap();
        let error = rows[0].report.as_ref().unwrap_err();
        assert_eq!((rows[0].line, error.column), (3, "birthdate"));
        assert!(rows[1].report.is_ok());
    }

    #[test]
    fn a_wrong_my_number_is_never_repeated() {
        let text = String::from_utf8(written(&[sample("r-1")])).unwrap();
        let rows = read_all(text.replace("123456789018", "123456789012").as_bytes()).unwrap();
        let error = rows[0].report.as_ref().unwrap_err();
        assert_eq!(error.column, "my_number");
        assert!(!format!("{error} {}", error.ja).contains("123456789012"));
    }

    #[test]
    fn a_wrong_count_and_a_wrong_header_refuse_the_file() {
        let text = String::from_utf8(written(&[sample("r-1")])).unwrap();
        assert!(matches!(read_all(text.replace("end,1", "end,2").as_bytes()), Err(FileError::Count { .. })));
        assert!(matches!(read_all(b"hello\n"), Err(FileError::Header { .. })));
        let columns = text.replace("kana", "yomi");
        assert!(matches!(read_all(columns.as_bytes()), Err(FileError::Columns { column: 12, .. })));
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let endless = std::io::repeat(b'a').take(1 << 30);
        assert!(matches!(Reader::new(endless), Err(FileError::Long { .. })));
    }
}
