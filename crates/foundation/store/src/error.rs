//! What can go wrong between a role and its store.

/// A failure of the store. It can be cloned because one failed commit answers many callers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The URL names no store we know.
    #[error("store URL: expected sqlite:PATH, sqlite::memory: or postgres://..., found {found:?}")]
    Url {
        /// The URL as given, without what follows an `@` or precedes it: it may hold a password.
        found: String,
    },
    /// The store could not be opened or reached.
    #[error("cannot open the store: {0}")]
    Open(String),
    /// A migration cannot be applied or contradicts what was applied before.
    #[error("migration {version}: {problem}")]
    Migration {
        /// Version of the migration in question.
        version: u32,
        /// What was found and what was expected.
        problem: String,
    },
    /// A constraint of the schema refused a statement.
    #[error("{kind} constraint refused the statement: {detail}")]
    Constraint {
        /// Which sort of constraint.
        kind: Constraint,
        /// The store's own words.
        detail: String,
    },
    /// A statement failed for another reason than a constraint.
    #[error("statement failed: {detail} in {sql:?}")]
    Statement {
        /// The store's own words.
        detail: String,
        /// The beginning of the statement, never its parameters.
        sql: String,
    },
    /// The number of parameters does not fit the statement.
    #[error("statement takes parameters up to ${expected}, {found} were given: {sql:?}")]
    Parameters {
        /// Highest parameter of the statement.
        expected: usize,
        /// Number of values given.
        found: usize,
        /// The beginning of the statement.
        sql: String,
    },
    /// A text holds U+0000, which PostgreSQL cannot keep.
    #[error("parameter ${0} is a text that holds U+0000")]
    NulInText(usize),
    /// A writing statement was given to a reader.
    #[error("a reader was given a statement that writes: {0:?}")]
    ReadOnly(String),
    /// A column did not hold what the reader of the row expected.
    #[error("column {column}: expected {expected}, found {found}")]
    Column {
        /// Zero based position in the row.
        column: usize,
        /// What the caller asked for.
        expected: String,
        /// What the row holds (a type, or the error of a parser).
        found: String,
    },
    /// The transaction lost against others too often (PostgreSQL serialization failures and deadlocks).
    #[error("gave up after {attempts} attempts: {detail}")]
    Conflict {
        /// Attempts made.
        attempts: u32,
        /// The store's words for the last one.
        detail: String,
    },
    /// The transaction could not be made durable; nothing of it is kept.
    #[error("commit failed: {0}")]
    Commit(String),
    /// The connection was lost while the commit was under way: it may have happened or not.
    #[error("connection lost during commit, the outcome is unknown: {0}")]
    OutcomeUnknown(String),
    /// The closure panicked; its writes were undone.
    #[error("the closure panicked: {0}")]
    Panicked(String),
    /// A read or write was started inside the closure of another one.
    #[error("a transaction was started inside another one on the same thread")]
    Nested,
    /// The store has been shut down.
    #[error("the store is closed")]
    Closed,
}

/// Sort of schema constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constraint {
    /// `PRIMARY KEY` or `UNIQUE`.
    Unique,
    /// `NOT NULL`.
    NotNull,
    /// `CHECK`.
    Check,
    /// `REFERENCES`.
    ForeignKey,
    /// Any other.
    Other,
}

impl std::fmt::Display for Constraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unique => "unique",
            Self::NotNull => "not-null",
            Self::Check => "check",
            Self::ForeignKey => "foreign-key",
            Self::Other => "schema",
        })
    }
}

impl StoreError {
    /// A column whose text or bytes a domain parser refused: `StoreError::decode(2, "an insurer number", e)`.
    pub fn decode(column: usize, expected: &str, found: impl std::fmt::Display) -> Self {
        Self::Column { column, expected: expected.to_owned(), found: found.to_string() }
    }

    /// The same in Japanese, for people.
    pub fn ja(&self) -> String {
        match self {
            Self::Url { found } => {
                format!("保存先は sqlite:パス、sqlite::memory:、postgres://… のいずれかです（{found:?}）")
            }
            Self::Open(what) => format!("保存先を開けません（{what}）"),
            Self::Migration { version, problem } => {
                format!("スキーマの版{version}を適用できません（{problem}）")
            }
            Self::Constraint { kind, detail } => {
                format!("制約（{kind}）に反するため記録できません（{detail}）")
            }
            Self::Statement { detail, sql } => format!("SQLの実行に失敗しました（{detail}: {sql:?}）"),
            Self::Parameters { expected, found, sql } => {
                format!("パラメータは{expected}個のはずですが{found}個です（{sql:?}）")
            }
            Self::NulInText(position) => format!("パラメータ{position}にU+0000が含まれています"),
            Self::ReadOnly(sql) => format!("読取り専用の処理で書き込もうとしました（{sql:?}）"),
            Self::Column { column, expected, found } => {
                format!("列{column}の内容が想定と異なります（想定: {expected}、実際: {found}）")
            }
            Self::Conflict { attempts, .. } => {
                format!("他の処理と競合し、{attempts}回試しましたが完了できません")
            }
            Self::Commit(what) => format!("確定に失敗しました。何も記録されていません（{what}）"),
            Self::OutcomeUnknown(what) => format!("確定中に接続が切れ、記録されたか不明です（{what}）"),
            Self::Panicked(what) => format!("処理が異常終了したため取り消しました（{what}）"),
            Self::Nested => "処理の中で別の処理を始めることはできません".to_owned(),
            Self::Closed => "保存先は閉じられています".to_owned(),
        }
    }

    /// Whether the whole transaction may be tried again with hope of success.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    pub(crate) fn statement(sql: &str, detail: impl std::fmt::Display) -> Self {
        Self::Statement { detail: detail.to_string(), sql: excerpt(sql) }
    }

    /// The message of a panic caught in a closure.
    pub(crate) fn panicked(payload: &(dyn std::any::Any + Send)) -> Self {
        let message = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        Self::Panicked(message)
    }
}

/// The first words of a statement: enough to find it, short enough for a log line.
pub(crate) fn excerpt(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(EXCERPT).collect()
}

const EXCERPT: usize = 120;
