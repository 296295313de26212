//! Why a file, or a part of it, cannot be read.

use std::io;

use crate::{GROUP_LIMIT, LINE_LIMIT};

/// Why a file cannot be read on, or a part of it cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system could not read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line is longer than any record; it was passed over, and reading can go on behind it.
    #[error("line {line}: longer than {LINE_LIMIT} bytes, expected a record; it was passed over")]
    LineTooLong {
        /// Its number.
        line: u64,
    },
    /// A claim is longer than any claim; it was passed over, and reading can go on behind it.
    #[error(
        "line {line}: the claim that begins before it has more than {GROUP_LIMIT} bytes; it was passed over"
    )]
    GroupTooLong {
        /// The line at which the limit was passed.
        line: u64,
    },
}

impl ReadError {
    /// What was passed over, as an error of its own; `None` for an error of the system.
    #[must_use]
    pub fn passed_over(&self) -> Option<Self> {
        match self {
            Self::Io(_) => None,
            Self::LineTooLong { line } => Some(Self::LineTooLong { line: *line }),
            Self::GroupTooLong { line } => Some(Self::GroupTooLong { line: *line }),
        }
    }

    /// The error in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        match self {
            Self::Io(error) => format!("読み込めません（{error}）"),
            Self::LineTooLong { line } => {
                format!("{line}行目が{LINE_LIMIT}バイトを超えています。レコードではないため読み飛ばしました")
            }
            Self::GroupTooLong { line } => {
                format!("{line}行目までのレセプトが{GROUP_LIMIT}バイトを超えているため読み飛ばしました")
            }
        }
    }
}
