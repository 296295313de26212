//! The directory of a register: `index.bin`, `journal.bin` and `log.jsonl`, and who may write them.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufReader, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use linkage::{Batch, LinkError, Opened, Register};

use crate::unusable::{self, Unusable};

/// A register on disk, open for writing; nobody else writes it meanwhile.
pub struct Writer {
    /// The register.
    pub register: Register,
    directory: PathBuf,
    journal: File,
    log: File,
    outside: u64,
    _lock: File,
}

/// Records that may lie in the journal before a new snapshot is written.
const OUTSIDE: u64 = 10_000;

/// Refuses a directory that holds a register already.
pub fn ensure_free(directory: &Path) -> anyhow::Result<()> {
    if index(directory).exists() {
        return Err(refused(
            format!("{} holds a register already", directory.display()),
            format!("{}にはすでに台帳があります", directory.display()),
        ));
    }
    Ok(())
}

/// Makes a register in a new or empty directory, with texts for people beside it.
pub fn create(
    directory: &Path,
    register: &Register,
    log: &[u8],
    beside: &[(&str, &str)],
) -> anyhow::Result<()> {
    unusable::folder(directory)?;
    ensure_free(directory)?;
    for (name, text) in beside {
        replace(&directory.join(name), |out| out.write_all(text.as_bytes()))?;
    }
    replace(&lock_of(directory), |_| Ok(()))?;
    replace(&journal(directory), |out| out.write_all(Register::empty_journal()))?;
    replace(&log_of(directory), |out| out.write_all(log))?;
    // The index last: without it there is no register.
    replace(&index(directory), |out| register.snapshot(out))
}

/// Opens a register for reading; who writes it meanwhile is waited for.
pub fn read(directory: &Path) -> anyhow::Result<Register> {
    let lock = lock(directory)?;
    lock.lock_shared().with_context(|| format!("cannot lock {}", directory.display()))?;
    Ok(open(directory)?.register)
}

/// The log of a register.
pub fn log(directory: &Path) -> anyhow::Result<BufReader<File>> {
    let path = log_of(directory);
    Ok(BufReader::new(unusable::open(&path)?))
}

impl Writer {
    /// Opens a register for writing when nobody else does; what the machine left undone when it stopped is finished first.
    pub fn open(directory: &Path) -> anyhow::Result<Self> {
        let lock = lock(directory)?;
        lock.lock().with_context(|| format!("cannot lock {}", directory.display()))?;
        let opened = open(directory)?;
        let at = |path: &Path, length: u64| -> anyhow::Result<File> {
            let mut file = OpenOptions::new().write(true).open(path)?;
            if file.metadata()?.len() > length {
                file.set_len(length)?;
            }
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        let mut writer = Self {
            register: opened.register,
            directory: directory.to_owned(),
            journal: at(&journal(directory), opened.journal)?,
            log: at(&log_of(directory), opened.log)?,
            outside: opened.outside,
            _lock: lock,
        };
        writer.log_lines(&opened.missing)?;
        Ok(writer)
    }

    /// Makes a batch durable. When this is done it is not lost any more.
    pub fn keep(&mut self, batch: &Batch) -> anyhow::Result<()> {
        if batch.frame.is_empty() {
            return Ok(());
        }
        self.journal
            .write_all(&batch.frame)
            .and_then(|()| self.journal.sync_all())
            .context("cannot write the journal")?;
        self.log_lines(&batch.lines)?;
        self.outside += batch.decided.len() as u64;
        let kept = self.register.entities().records() as u64;
        if self.outside > OUTSIDE.max(kept / 8) {
            replace(&index(&self.directory), |out| self.register.snapshot(out))?;
            replace(&journal(&self.directory), |out| out.write_all(Register::empty_journal()))?;
            self.journal = OpenOptions::new().append(true).open(journal(&self.directory))?;
            self.outside = 0;
        }
        Ok(())
    }

    /// Appends lines to the log and makes them durable.
    pub fn log_lines(&mut self, lines: &[u8]) -> anyhow::Result<()> {
        if !lines.is_empty() {
            self.log.write_all(lines).and_then(|()| self.log.sync_all()).context("cannot write the log")?;
        }
        Ok(())
    }
}

fn open(directory: &Path) -> anyhow::Result<Opened> {
    let index = unusable::open(&index(directory))?;
    let journal = unusable::open(&journal(directory))?;
    let opened = Register::open(BufReader::with_capacity(1 << 18, index), journal, log(directory)?);
    Ok(opened.map_err(|error| match error {
        LinkError::Damaged { what, problem } => {
            LinkError::Damaged { what: format!("{}: {what}", directory.display()), problem }
        }
        other => other,
    })?)
}

fn lock(directory: &Path) -> anyhow::Result<File> {
    File::open(lock_of(directory)).with_context(|| {
        let directory = directory.display();
        format!(
            "{directory} holds no register: `musubi link index` makes one\n\
             {directory} に台帳がありません（`musubi link index` で作ります）"
        )
    })
}

/// Writes a file beside and renames it when it is on the disk: whoever looks sees the old one or the new one, whole.
pub fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let beside = path.with_extension("new");
    let done = || -> std::io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 18, File::create(&beside)?);
        write(&mut out)?;
        out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
        fs::rename(&beside, path)?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
    };
    Ok(done().map_err(|error| Unusable::unwritten(path, &error))?)
}

fn index(directory: &Path) -> PathBuf {
    directory.join("index.bin")
}

fn journal(directory: &Path) -> PathBuf {
    directory.join("journal.bin")
}

fn log_of(directory: &Path) -> PathBuf {
    directory.join("log.jsonl")
}

fn lock_of(directory: &Path) -> PathBuf {
    directory.join("lock")
}

fn refused(problem: String, ja: String) -> anyhow::Error {
    LinkError::Limit { problem, ja }.into()
}
