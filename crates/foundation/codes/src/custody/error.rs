//! Why a custodian refuses.

use std::path::PathBuf;

use super::names::{KeyName, KeyUse};
use crate::envelope::EnvelopeError;

/// A key that cannot be used, or a key file that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// The key is not held here.
    #[error("key {key} is not held by this custodian")]
    NoKey {
        /// The key.
        key: KeyName,
    },
    /// The key is meant for something else.
    #[error("key {key} is for {actual:?}, not for {wanted:?}")]
    WrongUse {
        /// The key.
        key: KeyName,
        /// What it is for.
        actual: KeyUse,
        /// What was asked.
        wanted: KeyUse,
    },
    /// Sealed bytes that do not open: altered, of another place, or under another key.
    #[error("sealed bytes do not open with key {key} at this place")]
    Sealed {
        /// The key.
        key: KeyName,
    },
    /// An envelope that does not open.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The custody file cannot be read or written.
    #[error("custody file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The custody file is damaged or no custody file.
    #[error("custody file {}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The passphrase or key file does not open the custody file.
    #[error("custody file {} does not open with this {unlock}", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// `passphrase` or `key file`.
        unlock: &'static str,
    },
    /// A hardware module or another backend failed.
    #[error("custody backend: {0}")]
    Backend(String),
}

impl CustodyError {
    /// The error in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        match self {
            Self::NoKey { key } => format!("鍵 {key} はここにはありません"),
            Self::WrongUse { key, .. } => format!("鍵 {key} はこの用途には使えません"),
            Self::Sealed { key } => {
                format!("封じられたデータが鍵 {key} では開きません（改ざん又は別の場所のもの）")
            }
            Self::Envelope(error) => error.ja(),
            Self::Io { path, source } => {
                format!("鍵ファイル {}: 読み書きできません（{source}）", path.display())
            }
            Self::File { path, .. } => {
                format!("鍵ファイル {}: 壊れているか、鍵ファイルではありません", path.display())
            }
            Self::Locked { path, .. } => {
                format!("鍵ファイル {}: このパスフレーズ又は鍵では開きません", path.display())
            }
            Self::Backend(_) => "鍵管理装置が応答しません".to_owned(),
        }
    }
}
