//! What is wrong with a schedule, a history or a workbook: where, what was found, what was expected.

use thiserror::Error;

/// Why a schedule, a knowledge file or a workbook cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The XML is not well formed.
    #[error("{file}:{line}: not well-formed XML: {problem}")]
    Xml {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What the reader said.
        problem: String,
    },
    /// A value is none of those that its element may hold.
    #[error("{file}: {element}: {value:?} found, {expected} expected")]
    Value {
        /// The file.
        file: String,
        /// The element or field, with what it belongs to.
        element: String,
        /// What was found.
        value: String,
        /// What would be taken.
        expected: &'static str,
    },
    /// A file of the folder is missing, or there is none of its kind.
    #[error("{folder}: no {expected}")]
    Missing {
        /// The folder or file that was searched.
        folder: String,
        /// What was searched for.
        expected: &'static str,
    },
    /// More of something than is taken.
    #[error("more than {most} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        most: usize,
    },
    /// A knowledge file of ours is not what its format says.
    #[error("{file}: {problem}")]
    Knowledge {
        /// The file.
        file: String,
        /// Where and what.
        problem: String,
    },
    /// The spreadsheet cannot be read.
    #[error("{file}: {problem}")]
    Workbook {
        /// The file.
        file: String,
        /// Sheet, row and column where known, and what is wrong.
        problem: String,
    },
    /// A file cannot be opened.
    #[error("{file}: {problem}")]
    File {
        /// The file.
        file: String,
        /// What the system said.
        problem: String,
    },
}

impl LoadError {
    /// The same in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::Xml { file, line, problem } => {
                format!("{file} {line}行目: XMLとして正しくありません({problem})")
            }
            Self::Value { file, element, value, expected } => {
                format!("{file}: {element} の値「{value}」は読めません(期待する値: {expected})")
            }
            Self::Missing { folder, expected } => {
                format!("{folder} に必要なファイルがありません: {expected}")
            }
            Self::TooMany { what, most } => format!("{what} が上限({most})を超えています"),
            Self::Knowledge { file, problem } => {
                format!("{file}: 知識ファイルの書式が正しくありません: {problem}")
            }
            Self::Workbook { file, problem } => format!("{file}: 表計算ファイルを読めません: {problem}"),
            Self::File { file, problem } => format!("{file} を開けません: {problem}"),
        }
    }
}
