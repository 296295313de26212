//! A storage on disk: walked one folder at a time, written file by file.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    vec,
};

use super::{
    convert::{Converted, Source, convert},
    name::{FileName, Flag, NameError},
};
use crate::hl7v2::Hl7Error;

/// A storage (標準化ストレージ), walked lazily: of each patient, day, kind and order, the file that counts.
#[derive(Debug)]
pub struct Storage {
    root: PathBuf,
    /// Folders that are yet to be walked, level by level, and the files of the one that is open.
    folders: Vec<vec::IntoIter<PathBuf>>,
    files: vec::IntoIter<Result<Stored, StorageError>>,
}

/// A file that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its name.
    pub name: FileName,
    path: PathBuf,
    shown: String,
}

/// A file or folder that cannot be read (読めないファイル): which, and why. The others can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct StorageError {
    /// The path below the root.
    pub path: String,
    /// What is wrong.
    pub problem: StorageProblem,
}

/// What may be wrong with a file of a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageProblem {
    /// It cannot be read from disk.
    Io(String),
    /// Its name is none of the storage's.
    Name(NameError),
    /// It lies in another folder than its name says; holds that folder.
    Misplaced(String),
    /// More than 16 MiB.
    TooLong,
    /// Its message cannot be converted.
    Message(Hl7Error),
}

impl StorageError {
    /// The message in Japanese.
    pub fn ja(&self) -> String {
        let problem = match &self.problem {
            StorageProblem::Io(error) => format!("読み込めません（{error}）"),
            StorageProblem::Name(error) => error.ja(),
            StorageProblem::Misplaced(folder) => format!("ファイル名によれば {folder} にあるはずです"),
            StorageProblem::TooLong => "16MiBを超えています".to_owned(),
            StorageProblem::Message(error) => error.ja(),
        };
        format!("{}：{problem}", self.path)
    }
}

impl fmt::Display for StorageProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::Name(error) => error.fmt(f),
            Self::Misplaced(folder) => write!(f, "by its name it should lie in {folder}"),
            Self::TooLong => f.write_str("longer than 16 MiB"),
            Self::Message(error) => error.fmt(f),
        }
    }
}

impl Storage {
    /// A storage below a root folder. Symbolic links are not followed.
    ///
    /// # Errors
    /// When the root cannot be listed.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        let top = children(&root)?;
        Ok(Self { root, folders: vec![top.into_iter()], files: Vec::new().into_iter() })
    }

    fn error(&self, path: &Path, problem: StorageProblem) -> StorageError {
        StorageError { path: shown(&self.root, path), problem }
    }

    /// The files of the folder of one kind: sorted by name, the states of one order follow each other in time.
    fn list(&self, folder: &Path) -> Vec<Result<Stored, StorageError>> {
        let paths = match children(folder) {
            Ok(paths) => paths,
            Err(error) => return vec![Err(self.error(folder, StorageProblem::Io(error.to_string())))],
        };
        let mut found: Vec<Result<Stored, StorageError>> = Vec::new();
        for path in paths {
            let text = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let stored = match text.parse::<FileName>() {
                Ok(name) if shown(&self.root, folder) != name.folder() => {
                    Err(self.error(&path, StorageProblem::Misplaced(name.folder())))
                }
                Ok(name) => Ok(Stored { name, shown: shown(&self.root, &path), path }),
                Err(error) => Err(self.error(&path, StorageProblem::Name(error))),
            };
            match (&stored, found.last_mut()) {
                (Ok(new), _) if new.name.flag == Flag::Replaced => {}
                (Ok(new), Some(Ok(last))) if last.name.scope() == new.name.scope() => {
                    if last.name.occurred <= new.name.occurred {
                        *last = new.clone();
                    }
                }
                _ => found.push(stored),
            }
        }
        found
    }
}

impl Iterator for Storage {
    type Item = Result<Stored, StorageError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(file) = self.files.next() {
                return Some(file);
            }
            let Some(path) = self.folders.last_mut()?.next() else {
                self.folders.pop();
                continue;
            };
            if !path.symlink_metadata().is_ok_and(|data| data.is_dir()) {
                // Index files and the like lie about in real storages; they are none of the tree.
                continue;
            }
            if self.folders.len() == LEVELS {
                self.files = self.list(&path).into_iter();
                continue;
            }
            match children(&path) {
                Ok(below) => self.folders.push(below.into_iter()),
                Err(error) => return Some(Err(self.error(&path, StorageProblem::Io(error.to_string())))),
            }
        }
    }
}

impl Stored {
    /// Reads the file and converts it.
    ///
    /// # Errors
    /// [`StorageError`] with path, segment and field.
    pub fn convert(&self, source: &Source) -> Result<Converted, StorageError> {
        let wrong = |problem| StorageError { path: self.shown.clone(), problem };
        let length =
            fs::metadata(&self.path).map_err(|error| wrong(StorageProblem::Io(error.to_string())))?.len();
        if length > LENGTH {
            return Err(wrong(StorageProblem::TooLong));
        }
        let bytes = fs::read(&self.path).map_err(|error| wrong(StorageProblem::Io(error.to_string())))?;
        convert(&self.name, &bytes, source).map_err(|error| wrong(StorageProblem::Message(error)))
    }
}

/// Puts a file into a storage as a hospital's system does: what was valid of the same patient, day, kind and order
/// becomes replaced (`_2`), or with a file that is [`Flag::Deleted`], deleted (`_0`); of a deletion no file is written.
///
/// # Errors
/// When the disk does not take it.
pub fn write(root: &Path, name: &FileName, message: &[u8]) -> io::Result<()> {
    let folder = root.join(name.folder());
    fs::create_dir_all(&folder)?;
    for path in children(&folder)? {
        let text = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if let Ok(old) = text.parse::<FileName>()
            && old.scope() == name.scope()
            && old.flag == Flag::Valid
        {
            let flag = if name.flag == Flag::Deleted { Flag::Deleted } else { Flag::Replaced };
            fs::rename(&path, folder.join(FileName { flag, ..old }.to_string()))?;
        }
    }
    if name.flag == Flag::Deleted {
        return Ok(());
    }
    // Beside its place first: a reader never meets half a file.
    let unfinished = folder.join(format!(".{name}"));
    fs::write(&unfinished, message)?;
    fs::rename(unfinished, folder.join(name.to_string()))
}

fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Folders above a file: three of the patient, the day, the kind.
const LEVELS: usize = 5;
/// Bytes of a file.
const LENGTH: u64 = 16 << 20;
