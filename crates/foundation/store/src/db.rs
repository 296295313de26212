//! The store as roles hold it.

use std::{cell::Cell, future::ready, path::Path, pin::Pin, sync::Arc};

use crate::{
    Migration, Reader, StoreError, Tx,
    block_on::block_on,
    connection::Scope,
    postgres::Postgres,
    sqlite::{Reading, Sqlite},
    work::{Outcome, ReadWork, WriteWork, read_work, write_work},
};

/// An open store. Cloning is cheap and shares it; the last clone dropped closes it.
#[derive(Clone)]
pub struct Db(Arc<Backend>);

enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Db {
    /// Opens the store at `url` and brings its schema to the last of `migrations`.
    ///
    /// `sqlite:PATH` is a file (created if missing), `sqlite::memory:` lives as long as the `Db`,
    /// `postgres://user@host/name` or `postgres:///name?host=/socket/dir&user=...` is a server.
    /// Blocks while it connects and migrates.
    ///
    /// # Errors
    /// [`StoreError::Url`], [`StoreError::Open`], or [`StoreError::Migration`] when an applied migration
    /// changed, is unknown, or fails; a failed migration leaves the schema as it was.
    pub fn open(url: &str, migrations: &[Migration]) -> Result<Self, StoreError> {
        Self::open_as(url, migrations, Reading::Copied)
    }

    /// [`Db::open`] for a large store that is read thousands of times between two writes: SQLite's readers see the file through
    /// a memory map. Every commit takes the map away again, which costs more than it gives where commits are as frequent as reads
    /// (decision 0025).
    ///
    /// # Errors
    /// See [`Db::open`].
    pub fn open_mapped(url: &str, migrations: &[Migration]) -> Result<Self, StoreError> {
        Self::open_as(url, migrations, Reading::Mapped)
    }

    fn open_as(url: &str, migrations: &[Migration], reading: Reading) -> Result<Self, StoreError> {
        let backend = match url.split_once(':') {
            Some(("sqlite", ":memory:")) => Backend::Sqlite(Sqlite::memory(migrations)?),
            Some(("sqlite", path)) if !path.is_empty() => {
                let path = path.strip_prefix("//").unwrap_or(path);
                Backend::Sqlite(Sqlite::file(Path::new(path), migrations, reading)?)
            }
            Some(("postgres" | "postgresql", _)) => Backend::Postgres(Postgres::open(url, migrations)?),
            _ => return Err(StoreError::Url { found: without_secret(url) }),
        };
        Ok(Self(Arc::new(backend)))
    }

    /// Runs `read` on one snapshot. SQLite: at once, on the calling thread. PostgreSQL: on a blocking thread of
    /// the tokio runtime.
    ///
    /// # Errors
    /// What `read` answers; [`StoreError::Panicked`] if it panics; [`StoreError::Nested`] inside another one.
    pub async fn read<T, E>(
        &self,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (work, slot) = read_work(read);
        slot.take(self.run_read(work, Scope::Closure).await)
    }

    /// [`Db::read`] of one statement, which is a snapshot of its own: SQLite opens no transaction about it, a fifth of what a
    /// look-up costs.
    ///
    /// # Errors
    /// See [`Db::read`]; [`StoreError::Statement`] for a second statement.
    pub async fn read_one<T, E>(
        &self,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (work, slot) = read_work(read);
        slot.take(self.run_read(work, Scope::Statement).await)
    }

    /// Runs `write` in a serializable transaction; when it returns `Ok` the change is durable.
    ///
    /// SQLite: on the one writer thread, together with others that wait (group commit); an `Err` undoes this
    /// closure alone. PostgreSQL: a transaction of its own; `write` may run again, on a fresh transaction, when
    /// the server asks for it, so it must have no effect but through its [`Tx`].
    ///
    /// # Errors
    /// What `write` answers; otherwise any [`StoreError`] of statements and commit.
    pub async fn write<T, E>(
        &self,
        write: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (work, slot) = write_work(write);
        slot.take(self.run_write(work).await)
    }

    /// [`Db::read`] for tools and bulk work outside an async runtime.
    ///
    /// # Errors
    /// See [`Db::read`].
    pub fn read_blocking<T, E>(&self, read: impl FnOnce(&mut Reader<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let mut read = Some(read);
        let mut answer = None;
        self.run_read_blocking(&mut |reader| answer = read.take().map(|read| read(reader)))?;
        answer.unwrap_or_else(|| Err(StoreError::Closed.into()))
    }

    /// [`Db::write`] for tools and bulk loads: blocks the calling thread until the change is durable. Give it
    /// some thousand rows at a time with [`Tx::execute_many`]; on SQLite other writers wait meanwhile.
    ///
    /// # Errors
    /// See [`Db::write`].
    pub fn write_blocking<T, E>(
        &self,
        write: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (work, slot) = write_work(write);
        slot.take(self.run_write_blocking(work))
    }

    // What follows is compiled once, here: a future in a box does not become a part of each role.

    fn run_read(
        &self,
        mut work: Box<ReadWork>,
        scope: Scope,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + '_>> {
        match &*self.0 {
            Backend::Sqlite(sqlite) => Box::pin(ready(guarded(|| sqlite.read(&mut *work, scope)))),
            Backend::Postgres(postgres) => Box::pin(postgres.read(work, scope)),
        }
    }

    fn run_read_blocking(&self, work: &mut dyn FnMut(&mut Reader<'_>)) -> Outcome {
        guarded(|| match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.read(work, Scope::Closure),
            Backend::Postgres(postgres) => postgres.read_blocking(work),
        })
    }

    fn run_write(&self, work: Box<WriteWork>) -> Pin<Box<dyn Future<Output = Outcome> + Send + '_>> {
        match &*self.0 {
            _ if INSIDE.get() => Box::pin(ready(Err(StoreError::Nested))),
            Backend::Sqlite(sqlite) => Box::pin(sqlite.write(work)),
            Backend::Postgres(postgres) => Box::pin(postgres.write(work)),
        }
    }

    fn run_write_blocking(&self, mut work: Box<WriteWork>) -> Outcome {
        match &*self.0 {
            Backend::Sqlite(_) => block_on(self.run_write(work)),
            Backend::Postgres(postgres) => guarded(|| postgres.write_blocking(&mut *work)),
        }
    }
}

thread_local! {
    /// Set while a closure runs on this thread. A transaction inside another would wait for itself.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` unless this thread is inside a closure already.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            INSIDE.set(false);
        }
    }
    if INSIDE.replace(true) {
        return Err(StoreError::Nested);
    }
    let _leave = Leave;
    work()
}

/// The scheme of a URL that may carry a password.
fn without_secret(url: &str) -> String {
    url.split_once(':').map_or_else(|| url.chars().take(16).collect(), |(scheme, _)| format!("{scheme}:..."))
}
