//! Files: durable replacement, directories, and the log file that tests make fail.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::Path,
};

use crate::LedgerError;

/// A file of the write-ahead log. The trait exists so that tests can make it fail as disks do.
pub(crate) trait LogFile: Send {
    /// Writes all of `bytes` at `offset`.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Returns when what was written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
}

impl LogFile for File {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Replaces `path` by `bytes`: after a crash there is the old file or the new one, whole; after `Ok` the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    let fresh = path.with_extension("new");
    let write = || {
        let mut file = File::create(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    write().map_err(|error| LedgerError::io(path, &error))?;
    sync_parent(path)
}

/// Makes the names in the directory of `path` durable.
pub(crate) fn sync_parent(path: &Path) -> Result<(), LedgerError> {
    path.parent().map_or(Ok(()), sync_directory)
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(directory: &Path) -> Result<(), LedgerError> {
    File::open(directory).and_then(|file| file.sync_all()).map_err(|error| LedgerError::io(directory, &error))
}

/// Creates a directory with those above it.
pub(crate) fn create_directory(directory: &Path) -> Result<(), LedgerError> {
    fs::create_dir_all(directory).map_err(|error| LedgerError::io(directory, &error))
}

/// The bytes of a file, `None` if there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, LedgerError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LedgerError::io(path, &error)),
    }
}
