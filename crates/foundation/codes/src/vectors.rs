//! Published test vectors: where they are and how they are written.

use std::path::{Path, PathBuf};

/// Bytes of a hexadecimal text.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap()
}

/// A 16-byte block of a hexadecimal text.
pub(crate) fn block(text: &str) -> [u8; 16] {
    hex(text).try_into().unwrap()
}

/// The files that `wanted` picks, anywhere under the directory that `MUSUBI_NIST_VECTORS` names (for example an
/// unpacked `cryptography-vectors` from PyPI).
pub(crate) fn find(wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories: Vec<PathBuf> =
        std::env::var_os("MUSUBI_NIST_VECTORS").map(Into::into).into_iter().collect();
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                directories.push(path);
            } else if wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
