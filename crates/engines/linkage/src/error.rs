//! What can be wrong with a configuration or a file.

/// Why records were not linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The configuration is not TOML of the expected shape.
    #[error("configuration: {0}")]
    Toml(String),
    /// An expression of the configuration cannot be read.
    #[error("{place}: “{found}”: expected {expected}")]
    Expression {
        /// Which part of the configuration.
        place: String,
        /// The text.
        found: String,
        /// What should stand there.
        expected: String,
    },
    /// A file has no column that the configuration names.
    #[error("{file}: no column “{column}”; it has: {found}")]
    Column {
        /// The file.
        file: String,
        /// The name, or the names tried.
        column: String,
        /// The columns of the file.
        found: String,
    },
    /// A file begins with a record where the names of its columns were expected.
    #[error(
        "{file}: line 1 is a record, not the names of the columns (“{cell}”): put a line with the names first, such as surname,given_name,dob"
    )]
    Headings {
        /// The file.
        file: String,
        /// The cell that shows it.
        cell: String,
    },
    /// A line of a file is not CSV, or not UTF-8.
    #[error("{file}: {problem}")]
    Row {
        /// The file.
        file: String,
        /// Line and problem.
        problem: String,
    },
    /// There is something missing or too much.
    #[error("{problem}")]
    Limit {
        /// What, in English.
        problem: String,
        /// What, in Japanese.
        ja: String,
    },
    /// A kept index, model or encoding is damaged or of another version.
    #[error("{what}: {problem}")]
    Damaged {
        /// Which file or part.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl LinkError {
    /// The same message in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::Toml(problem) => format!("設定ファイルが読めません：{problem}"),
            Self::Expression { place, found, expected } => {
                format!("{place}：「{found}」は読めません。{expected} の形で書いてください")
            }
            Self::Column { file, column, found } => {
                format!("{file}：列「{column}」がありません。ある列：{found}")
            }
            Self::Headings { file, cell } => format!(
                "{file}：1行目が列名ではなくデータのようです（「{cell}」）。1行目に「氏,名,生年月日」のような列名を入れてください"
            ),
            Self::Row { file, problem } => format!("{file}：CSVとして読めません：{problem}"),
            Self::Limit { ja, .. } => ja.clone(),
            Self::Damaged { what, problem } => format!("{what}：壊れているか、版が違います：{problem}"),
        }
    }
}
