//! The membership report file: how an insurer reports many members at once.
//!
//! UTF-8 CSV (RFC 4180). First line: [`LAYOUT`], the insurer's number, the file's own name, the time of
//! writing. Second line: the names of [`COLUMNS`]. Then a line a report. Last line: `end` and the number of
//! reports, so that a truncated file is known as such. The reader streams: memory does not grow with the file.

mod reader;
#[cfg(test)]
mod tests;
mod writer;

use calendar::Timestamp;
use codes::InsurerNumber;
use protocol::eligibility::{LossReason, Relation, Sex};

use crate::report::ReportAct;

pub use reader::{Reader, Row, RowError};
pub use writer::Writer;

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
const RELATIONS: [(&str, Relation); 2] = [("insured", Relation::Insured), ("dependant", Relation::Dependant)];
const SEXES: [(&str, Sex); 3] = [("male", Sex::Male), ("female", Sex::Female), ("unset", Sex::Unset)];

/// True for a name of a report or a file: 1 to 40 printable ASCII characters without separators.
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 40 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
}
