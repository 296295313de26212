//! What a command cannot use, said in both languages; such a command ends with 2.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// A file that cannot be read or written.
#[derive(Debug)]
pub struct Unusable {
    file: PathBuf,
    en: String,
    ja: String,
}

impl Unusable {
    /// A file that could not be read.
    pub fn unread(file: &Path, error: &io::Error) -> Self {
        let (en, ja) = match error.kind() {
            io::ErrorKind::IsADirectory => (
                "is a folder, expected a file".to_owned(),
                "フォルダです（ファイルを指定してください）".to_owned(),
            ),
            io::ErrorKind::NotFound => ("does not exist".to_owned(), "ファイルがありません".to_owned()),
            io::ErrorKind::PermissionDenied => {
                ("may not be read".to_owned(), "読み取りが許可されていません".to_owned())
            }
            _ => (format!("cannot be read: {error}"), format!("読み込めません（{error}）")),
        };
        Self { file: file.to_owned(), en, ja }
    }

    /// A file, or folder, that could not be written or made.
    pub fn unwritten(file: &Path, error: &io::Error) -> Self {
        let (en, ja) = match error.kind() {
            io::ErrorKind::NotFound => {
                ("its folder does not exist".to_owned(), "置き場所のフォルダがありません".to_owned())
            }
            io::ErrorKind::PermissionDenied => {
                ("may not be written".to_owned(), "書き込みが許可されていません".to_owned())
            }
            io::ErrorKind::StorageFull => {
                ("the disk is full".to_owned(), "ディスクに空きがありません".to_owned())
            }
            _ => (format!("cannot be written: {error}"), format!("書き込めません（{error}）")),
        };
        Self { file: file.to_owned(), en, ja }
    }

    /// What is wrong, in English and in Japanese, without the name of the file.
    pub fn words(&self) -> (&str, &str) {
        (&self.en, &self.ja)
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    {}", self.file.display(), self.en, self.ja)
    }
}

impl std::error::Error for Unusable {}

/// Opens a file to be read.
pub fn open(file: &Path) -> Result<fs::File, Unusable> {
    fs::File::open(file).map_err(|error| Unusable::unread(file, &error))
}

/// Makes a file, or empties it.
pub fn create(file: &Path) -> Result<fs::File, Unusable> {
    fs::File::create(file).map_err(|error| Unusable::unwritten(file, &error))
}

/// Makes a folder and those above it.
pub fn folder(folder: &Path) -> Result<(), Unusable> {
    fs::create_dir_all(folder).map_err(|error| Unusable::unwritten(folder, &error))
}

/// The bytes of a file.
pub fn bytes(file: &Path) -> Result<Vec<u8>, Unusable> {
    fs::read(file).map_err(|error| Unusable::unread(file, &error))
}

/// A file of text in UTF-8.
pub fn text(file: &Path) -> Result<String, Unusable> {
    String::from_utf8(bytes(file)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Unusable {
            file: file.to_owned(),
            en: format!("byte {at} is not UTF-8"),
            ja: format!("{at}バイト目が UTF-8 ではありません"),
        }
    })
}

/// Writes a file whole.
pub fn write(file: &Path, content: impl AsRef<[u8]>) -> Result<(), Unusable> {
    fs::write(file, content).map_err(|error| Unusable::unwritten(file, &error))
}

/// What a file is that begins like no text of the field: English, Japanese.
pub fn foreign(start: &[u8]) -> Option<(&'static str, &'static str)> {
    match start {
        [b'P', b'K', 3, 4, ..] => {
            Some(("is a zip archive, expected what is in it", "zip です（展開してから指定してください）"))
        }
        [0x1F, 0x8B, ..] => Some((
            "is compressed (gzip), expected what is in it",
            "gzip です（展開してから指定してください）",
        )),
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => Some((
            "is written in UTF-16, expected Shift_JIS or UTF-8",
            "文字コードが UTF-16 です（Shift_JIS か UTF-8 であるべきです）",
        )),
        _ => None,
    }
}

/// Ends a command with what it could not use; a reader of our output that has read enough is no such thing.
pub fn ended(error: anyhow::Error) -> anyhow::Result<ExitCode> {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    if io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        return Err(error);
    }
    eprintln!("musubi: {error:#}");
    Ok(ExitCode::from(2))
}
