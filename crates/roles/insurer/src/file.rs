//! The insurer's own files: first load and events (docs/formats/insurer-members.md), UTF-8 or Shift_JIS.

use std::io::Read;

use codes::{InsuredPersonId, InsurerNumber};
use csv::StringRecord;
use protocol::eligibility::{ElderlyCertificate, LimitCertificate, LossReason, Person, Relation, Sex, Terms};
use protocol_admin::report::ReportAct;

use crate::model::{FileRow, Record};

/// Why a file was not taken in. Nothing of it was applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Unreadable bytes or not CSV.
    #[error("line {line}: {what}")]
    Csv {
        /// Line, from 1.
        line: u64,
        /// The reader's words.
        what: String,
    },
    /// A column is missing from the first line.
    #[error("line 1: the column `{0}` is missing")]
    Column(&'static str),
    /// A field is wrong.
    #[error("line {line}, column `{column}`: {en}")]
    Field {
        /// Line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// Japanese.
        ja: String,
        /// English.
        en: String,
    },
    /// The row is another insurer's.
    #[error("line {line}: insurer number {found} is not {expected}")]
    Insurer {
        /// Line, from 1.
        line: u64,
        /// What stood there.
        found: String,
        /// This insurer's number.
        expected: String,
    },
    /// The house's own fault.
    #[error("{0}")]
    Internal(String),
}

impl FileError {
    /// The same in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::Csv { line, what } => format!("{line}行目: CSVとして読めません（{what}）。"),
            Self::Column(column) => format!("1行目: 列「{column}」がありません。"),
            Self::Field { line, column, ja, .. } => format!("{line}行目の「{column}」: {ja}"),
            Self::Insurer { line, found, expected } => {
                format!("{line}行目: 保険者番号{found}は当保険者（{expected}）ではありません。")
            }
            Self::Internal(_) => "取り込めませんでした。もう一度実行してください。".into(),
        }
    }
}

impl From<store::StoreError> for FileError {
    fn from(error: store::StoreError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// Streams the rows of a file. A file with an `event` column is an event file, another a first load.
pub struct Rows<R: Read> {
    csv: csv::Reader<R>,
    columns: Columns,
    insurer: InsurerNumber,
    record: StringRecord,
    /// The end of the membership whose beginning was given last.
    ended: Option<FileRow>,
}

impl<R: Read> Rows<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn new(input: R, insurer: InsurerNumber) -> Result<Self, FileError> {
        let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(input);
        let headers = csv.headers().map_err(|e| unreadable(&e))?.clone();
        Ok(Self { columns: Columns::find(&headers)?, csv, insurer, record: StringRecord::new(), ended: None })
    }

    /// The next thing that the file tells: a row, or the end in a row of a first load whose beginning came before.
    ///
    /// # Errors
    /// See [`FileError`]; the file is then not to be taken in.
    pub fn next_row(&mut self) -> Result<Option<FileRow>, FileError> {
        if let Some(ended) = self.ended.take() {
            return Ok(Some(ended));
        }
        if !self.csv.read_record(&mut self.record).map_err(|e| unreadable(&e))? {
            return Ok(None);
        }
        let fields = Fields { record: &self.record, columns: &self.columns };
        let row = fields.row(&self.insurer)?;
        if self.columns.get(EVENT).is_some() {
            return Ok(Some(row));
        }
        let begun_known = fields.parse(ACQUISITION_REPORTED_ON)?;
        let mut begun = row.clone();
        begun.record.notified_on = begun_known;
        if row.record.disqualified_on.is_some() {
            (begun.record.disqualified_on, begun.record.loss_reason) = (None, None);
            self.ended = Some(FileRow { act: ReportAct::Loss, ..row });
        }
        Ok(Some(begun))
    }
}

fn unreadable(error: &csv::Error) -> FileError {
    FileError::Csv { line: error.position().map_or(0, csv::Position::line), what: error.to_string() }
}

const REQUIRED: [&str; 23] = [
    "insurer_number",
    "symbol",
    "number",
    "branch",
    "my_number",
    "name",
    "kana",
    "birth",
    "sex",
    "relation",
    "postal_code",
    "address",
    "acquired_on",
    "lost_on",
    "loss_reason",
    "ratio",
    "preschool",
    "elderly_from",
    "elderly_until",
    "elderly_ratio",
    "limit_class",
    "limit_flag",
    "limit_from",
];
const LIMIT_UNTIL: &str = "limit_until";
const REPORTED_ON: &str = "reported_on";
const ACQUISITION_REPORTED_ON: &str = "acquisition_reported_on";
const EVENT: &str = "event";
const HAPPENED_ON: &str = "happened_on";

/// Where each column stands in this file.
struct Columns(Vec<(&'static str, usize)>);

impl Columns {
    fn find(headers: &StringRecord) -> Result<Self, FileError> {
        let at = |name: &str| headers.iter().position(|h| h.trim_start_matches('\u{feff}') == name);
        let mut found = Vec::new();
        for name in REQUIRED.into_iter().chain([LIMIT_UNTIL, ACQUISITION_REPORTED_ON, REPORTED_ON]) {
            found.push((name, at(name).ok_or(FileError::Column(name))?));
        }
        if let Some(event) = at(EVENT) {
            found.push((EVENT, event));
            found.push((HAPPENED_ON, at(HAPPENED_ON).ok_or(FileError::Column(HAPPENED_ON))?));
        }
        Ok(Self(found))
    }

    fn get(&self, name: &str) -> Option<usize> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, at)| *at)
    }
}

struct Fields<'a> {
    record: &'a StringRecord,
    columns: &'a Columns,
}

impl Fields<'_> {
    fn row(&self, insurer: &InsurerNumber) -> Result<FileRow, FileError> {
        let found = self.text("insurer_number");
        if InsurerNumber::parse_lenient(found).ok().as_ref() != Some(insurer) {
            return Err(FileError::Insurer {
                line: self.line(),
                found: found.to_owned(),
                expected: insurer.to_string(),
            });
        }
        Ok(FileRow {
            line: self.line(),
            act: self.act()?,
            happened_on: self.optional(HAPPENED_ON)?,
            my_number: self.parse("my_number")?,
            record: self.membership(insurer)?,
        })
    }

    fn act(&self) -> Result<ReportAct, FileError> {
        match self.text(EVENT) {
            "" | "acquisition" => Ok(ReportAct::Acquisition),
            "loss" => Ok(ReportAct::Loss),
            "change" => Ok(ReportAct::Change),
            "correction" => Ok(ReportAct::Correction),
            "cancellation" => Ok(ReportAct::Cancellation),
            other => Err(self.choice(EVENT, other)),
        }
    }

    fn membership(&self, insurer: &InsurerNumber) -> Result<Record, FileError> {
        Ok(Record {
            insured: InsuredPersonId {
                insurer: *insurer,
                symbol: self.parse("symbol")?,
                number: self.parse("number")?,
                branch: self.optional("branch")?,
            },
            qualified_on: self.parse("acquired_on")?,
            disqualified_on: self.optional("lost_on")?,
            loss_reason: self.loss_reason()?,
            relation: match self.text("relation") {
                "1" => Relation::Insured,
                "2" => Relation::Dependant,
                other => return Err(self.choice("relation", other)),
            },
            person: self.person()?,
            terms: self.terms()?,
            notified_on: self.parse(REPORTED_ON)?,
        })
    }

    fn loss_reason(&self) -> Result<Option<LossReason>, FileError> {
        match self.text("loss_reason") {
            "" => Ok(None),
            "01" => Ok(Some(LossReason::Death)),
            "02" => Ok(Some(LossReason::PublicAssistance)),
            "03" => Ok(Some(LossReason::OtherInsurance)),
            "99" => Ok(Some(LossReason::Other)),
            other => Err(self.choice("loss_reason", other)),
        }
    }

    fn person(&self) -> Result<Person, FileError> {
        Ok(Person {
            name: self.text("name").to_owned(),
            kana: self.text("kana").to_owned(),
            sex: match self.text("sex") {
                "1" => Sex::Male,
                "2" => Sex::Female,
                "3" => Sex::Unset,
                other => return Err(self.choice("sex", other)),
            },
            birthdate: self.parse("birth")?,
            postal_code: kotoba::PostalCode::canonical(self.text("postal_code")),
            address: self.text("address").to_owned(),
        })
    }

    fn terms(&self) -> Result<Terms, FileError> {
        let elderly = match (self.optional("elderly_from")?, self.optional("elderly_until")?) {
            (Some(from), Some(to)) => {
                Some(ElderlyCertificate { from, to, copayment_percent: self.percent("elderly_ratio")? })
            }
            _ => None,
        };
        let limit = match (self.optional("limit_from")?, self.optional(LIMIT_UNTIL)?) {
            (Some(from), Some(to)) => Some(LimitCertificate {
                classification: self.text("limit_class").to_owned(),
                flag: self.text("limit_flag").to_owned(),
                from,
                to,
            }),
            _ => None,
        };
        Ok(Terms {
            classification: "01".into(),
            copayment_percent: Some(self.percent("ratio")?),
            preschool: self.text("preschool") == "1",
            issued_on: None,
            elderly,
            limit,
            specific_diseases: Vec::new(),
        })
    }

    fn percent(&self, column: &'static str) -> Result<u8, FileError> {
        let text = self.text(column);
        match text.parse() {
            Ok(percent @ (0 | 10 | 20 | 30)) if text.len() == 3 => Ok(percent),
            _ => Err(self.wrong(column, text, "「010」「020」「030」のどれか", "010, 020 or 030")),
        }
    }

    fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    fn text(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|at| self.record.get(at)).unwrap_or_default()
    }

    fn parse<T>(&self, column: &'static str) -> Result<T, FileError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let text = self.text(column);
        text.parse().map_err(|e: T::Err| {
            let what = e.to_string();
            self.wrong(column, text, &what, &what)
        })
    }

    fn optional<T>(&self, column: &'static str) -> Result<Option<T>, FileError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        if self.text(column).is_empty() { Ok(None) } else { self.parse(column).map(Some) }
    }

    fn choice(&self, column: &'static str, found: &str) -> FileError {
        self.wrong(column, found, "定められた値のどれか", "one of the listed values")
    }

    fn wrong(&self, column: &'static str, found: &str, ja: &str, en: &str) -> FileError {
        // A My Number is never repeated in an error.
        let found = if column == "my_number" { "…" } else { found };
        FileError::Field {
            line: self.line(),
            column,
            ja: format!("「{found}」は正しくありません（{ja}）。"),
            en: format!("found `{found}`, expected {en}"),
        }
    }
}
