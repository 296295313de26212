//! Files that are there whole or not at all, and gone or not gone, also after a power cut.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A file operation that failed, and on what.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct FileError {
    /// Which file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// Writes `bytes` to `folder`/`name`: a reader of the folder sees the old file, or the new one whole.
///
/// # Errors
/// [`FileError`]; then the old file, if any, is untouched.
pub fn write_atomic(folder: &Path, name: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let target = folder.join(name);
    // No `.xml` at the end: whoever watches the folder does not take it for a result.
    let temporary = folder.join(format!(".{}.part", name.display()));
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(at(&temporary))?;
    fs::rename(&temporary, &target).map_err(at(&target))?;
    sync_folder(folder)
}

/// Removes a file; one that is gone already is as good.
///
/// # Errors
/// [`FileError`].
pub fn remove_durably(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Ok(()) => path.parent().map_or(Ok(()), sync_folder),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at(path)(error)),
    }
}

/// Moves a file into a folder of the same disk under its own name; one that is gone already is as good.
///
/// # Errors
/// [`FileError`].
pub fn move_durably(path: &Path, folder: &Path) -> Result<(), FileError> {
    let Some(name) = path.file_name() else { return Ok(()) };
    match fs::rename(path, folder.join(name)) {
        Ok(()) => {
            sync_folder(folder)?;
            path.parent().map_or(Ok(()), sync_folder)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.exists() => Ok(()),
        Err(error) => Err(at(path)(error)),
    }
}

pub(super) fn make_folder(folder: &Path) -> Result<(), FileError> {
    fs::create_dir_all(folder).map_err(at(folder))
}

fn sync_folder(folder: &Path) -> Result<(), FileError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

fn at(path: &Path) -> impl Fn(io::Error) -> FileError {
    move |source| FileError { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["first, longer", "second"] {
            write_atomic(folder.path(), Path::new("a.xml"), text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(folder.path().join("a.xml")).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn removing_and_moving_twice_is_harmless() {
        let folder = tempfile::tempdir().unwrap();
        let bad = folder.path().join("bad");
        make_folder(&bad).unwrap();
        let file = folder.path().join("a.xml");
        fs::write(&file, "x").unwrap();
        move_durably(&file, &bad).unwrap();
        move_durably(&file, &bad).unwrap();
        assert!(bad.join("a.xml").exists());
        remove_durably(&bad.join("a.xml")).unwrap();
        remove_durably(&bad.join("a.xml")).unwrap();
        assert!(write_atomic(&folder.path().join("none"), Path::new("a"), b"").is_err());
    }
}
