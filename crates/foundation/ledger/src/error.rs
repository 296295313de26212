//! What can go wrong with a ledger, said in English (`Display`) and in Japanese ([`LedgerError::ja`]).

use std::{io, path::Path};

use codes::CustodyError;

use crate::{hash::Hash, leaf::LeafError, note::NoteError};

/// A failure of a ledger. It can be cloned because one failed write answers many callers.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// The disk refused something.
    #[error("{place}: {what}")]
    Io {
        /// The file.
        place: String,
        /// The system's words.
        what: String,
    },
    /// Another process has this ledger open.
    #[error("{0}: another process has this ledger open")]
    Locked(String),
    /// A file does not hold what must be there.
    #[error("{place}: {what}")]
    Corrupt {
        /// The file.
        place: String,
        /// What was found and what was expected.
        what: String,
    },
    /// The entries on disk end before the size that was signed: somebody put old files back.
    #[error("rollback: {signed} entries were signed, the disk holds {found}; restore the newer files")]
    Rollback {
        /// Entries in the signed checkpoint.
        signed: u64,
        /// Entries found.
        found: u64,
    },
    /// The entries on disk are not those that were signed.
    #[error("fork: the signed root at size {size} is {signed}, the entries on disk give {found}")]
    Fork {
        /// Size of the checkpoint in question.
        size: u64,
        /// The root that was signed.
        signed: Hash,
        /// The root of the entries found.
        found: Hash,
    },
    /// A checkpoint or cosignature could not be read or is not signed as it must be.
    #[error("{place}: {error}")]
    Note {
        /// Where it came from.
        place: String,
        /// What is wrong.
        error: NoteError,
    },
    /// A checkpoint belongs to another log.
    #[error("the checkpoint is of {found:?}, this log is {expected:?}")]
    Origin {
        /// The origin of this log.
        expected: String,
        /// The origin found.
        found: String,
    },
    /// A cosignature for a smaller tree than the one already kept.
    #[error("a cosignature of size {found} comes after one of size {kept}")]
    StaleCosignature {
        /// Size already cosigned.
        kept: u64,
        /// Size offered.
        found: u64,
    },
    /// An index or size beyond what the log holds.
    #[error("the log holds {size} entries, {asked} was asked for")]
    OutOfRange {
        /// What was asked for.
        asked: u64,
        /// Entries in the log.
        size: u64,
    },
    /// An entry that cannot be kept or a leaf that cannot be read.
    #[error("entry: {0}")]
    Leaf(LeafError),
    /// An earlier write failed. What the disk holds is uncertain, so nothing is accepted until the ledger is
    /// opened again.
    #[error("the ledger refuses entries since a write failed ({0}); open it again")]
    Failed(String),
    /// The ledger has been closed.
    #[error("the ledger is closed")]
    Closed,
    /// Custody refused a key.
    #[error("key custody: {0}")]
    Custody(String),
}

impl LedgerError {
    /// The same in Japanese, for people.
    pub fn ja(&self) -> String {
        match self {
            Self::Io { place, what } => format!("{place}: 読み書きに失敗しました（{what}）"),
            Self::Locked(place) => format!("{place}: 別のプロセスがこの台帳を開いています"),
            Self::Corrupt { place, what } => format!("{place}: 内容が壊れています（{what}）"),
            Self::Rollback { signed, found } => {
                format!(
                    "巻き戻し: 署名済みは{signed}件ですが、{found}件しかありません。新しい方のファイルを復元してください"
                )
            }
            Self::Fork { size, signed, found } => {
                format!("分岐: {size}件の時点の署名済みルートは{signed}ですが、記録からは{found}になります")
            }
            Self::Note { place, error } => format!("{place}: {}", error.ja()),
            Self::Origin { expected, found } => {
                format!("チェックポイントは「{found}」のもので、この台帳「{expected}」のものではありません")
            }
            Self::StaleCosignature { kept, found } => {
                format!("{found}件の連署ですが、既に{kept}件の連署を受け取っています")
            }
            Self::OutOfRange { asked, size } => format!("台帳は{size}件です。{asked}はありません"),
            Self::Leaf(error) => format!("記録: {}", error.ja()),
            Self::Failed(what) => {
                format!("書き込みに失敗したため（{what}）、開き直すまで記録を受け付けません")
            }
            Self::Closed => "台帳は閉じられています".to_owned(),
            Self::Custody(what) => format!("鍵の保管庫: {what}"),
        }
    }

    pub(crate) fn io(place: &Path, error: &io::Error) -> Self {
        Self::Io { place: place.display().to_string(), what: error.to_string() }
    }

    pub(crate) fn corrupt(place: &Path, what: impl Into<String>) -> Self {
        Self::Corrupt { place: place.display().to_string(), what: what.into() }
    }

    pub(crate) fn note(place: &Path, error: NoteError) -> Self {
        Self::Note { place: place.display().to_string(), error }
    }
}

impl From<CustodyError> for LedgerError {
    fn from(error: CustodyError) -> Self {
        Self::Custody(error.to_string())
    }
}

impl From<LeafError> for LedgerError {
    fn from(error: LeafError) -> Self {
        Self::Leaf(error)
    }
}
