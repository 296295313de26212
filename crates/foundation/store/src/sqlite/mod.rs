//! SQLite: a file in WAL mode with one writer thread and pooled readers, or a private memory database.

mod checkpoint;
mod statement;
mod writer;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

pub(crate) use self::statement::{Access, execute, execute_many, query};
use self::writer::Writer;
use crate::{
    Migration, Reader, StoreError, Tx,
    connection::Scope,
    migration::{self, Dialect},
    work::{Outcome, WriteWork},
};

/// An open SQLite database.
pub(crate) struct Sqlite {
    readers: Readers,
    writer: Writer,
}

enum Readers {
    /// A file: any number of readers beside the writer.
    Pool { path: PathBuf, reading: Reading, idle: Mutex<Vec<Connection>> },
    /// A memory database has one connection; readers wait for the writer.
    Shared(Arc<Mutex<Connection>>),
}

/// How readers of a file get at its pages.
#[derive(Clone, Copy)]
pub(crate) enum Reading {
    /// Into a cache of their own.
    Copied,
    /// Through a memory map, which lasts until the next commit.
    Mapped,
}

impl Sqlite {
    pub(crate) fn file(path: &Path, migrations: &[Migration], reading: Reading) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = open(path, flags)?;
        connection.execute_batch(WRITER_PRAGMAS).map_err(|error| opening(path, &error))?;
        migrate(&connection, migrations)?;
        let writer = Writer::start(Arc::new(Mutex::new(connection)), Some(path))?;
        let readers = Readers::Pool { path: path.to_owned(), reading, idle: Mutex::default() };
        Ok(Self { readers, writer })
    }

    pub(crate) fn memory(migrations: &[Migration]) -> Result<Self, StoreError> {
        let place = Path::new(":memory:");
        let connection = Connection::open_in_memory().map_err(|error| opening(place, &error))?;
        steady(&connection).map_err(|error| opening(place, &error))?;
        migrate(&connection, migrations)?;
        let shared = Arc::new(Mutex::new(connection));
        Ok(Self { readers: Readers::Shared(Arc::clone(&shared)), writer: Writer::start(shared, None)? })
    }

    pub(crate) fn read(&self, read: &mut dyn FnMut(&mut Reader<'_>), scope: Scope) -> Outcome {
        match &self.readers {
            Readers::Shared(shared) => run_reader(&lock(shared), read, scope),
            Readers::Pool { path, reading, idle } => {
                let pooled = lock(idle).pop();
                let connection = pooled.map_or_else(|| open_reader(path, *reading), Ok)?;
                let result = match scope {
                    Scope::Statement => run_reader(&connection, read, scope),
                    Scope::Closure => in_snapshot(&connection, read),
                };
                // A connection that is still inside a transaction failed to end it: let it go.
                if connection.is_autocommit() {
                    let mut idle = lock(idle);
                    if idle.len() < IDLE_READERS {
                        idle.push(connection);
                    }
                }
                result
            }
        }
    }

    pub(crate) async fn write(&self, write: Box<WriteWork>) -> Outcome {
        self.writer.write(write).await
    }
}

/// Brings the schema up to date in one transaction.
fn migrate(connection: &Connection, migrations: &[Migration]) -> Result<(), StoreError> {
    run(connection, "BEGIN IMMEDIATE")?;
    let result = migration::apply(&mut Tx::sqlite(connection), migrations, |_, step| {
        connection
            .execute_batch(&step.expanded(Dialect::Sqlite))
            .map_err(|error| statement::translate(step.name, &error))
    });
    match result {
        Ok(()) => run(connection, "COMMIT"),
        Err(error) => {
            // The first error is the one to tell; a failed rollback ends with the connection.
            let _ = run(connection, "ROLLBACK");
            Err(error)
        }
    }
}

fn in_snapshot(connection: &Connection, read: &mut dyn FnMut(&mut Reader<'_>)) -> Outcome {
    run(connection, "BEGIN")?;
    let result = run_reader(connection, read, Scope::Closure);
    run(connection, "COMMIT")?;
    result
}

fn run_reader(connection: &Connection, read: &mut dyn FnMut(&mut Reader<'_>), scope: Scope) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| read(&mut Reader::sqlite(connection, scope))))
        .map_err(|payload| StoreError::panicked(&*payload))
}

fn open_reader(path: &Path, reading: Reading) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch(READER_PRAGMAS).map_err(|error| opening(path, &error))?;
    if let Reading::Mapped = reading {
        connection.execute_batch(MAPPED).map_err(|error| opening(path, &error))?;
    }
    Ok(connection)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| opening(path, &error))?;
    connection.busy_timeout(BUSY).map_err(|error| opening(path, &error))?;
    steady(&connection).map_err(|error| opening(path, &error))?;
    Ok(connection)
}

/// Statements are planned once a connection. Without the planner's stability guarantee SQLite plans a statement anew
/// whenever a parameter of an equality that is not unique gets another value: that is, at every run.
fn steady(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

/// Runs a statement of our own without parameters, prepared once a connection.
fn run(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    let result = connection.prepare_cached(sql).and_then(|mut statement| statement.raw_execute());
    result.map(drop).map_err(|error| statement::translate(sql, &error))
}

fn opening(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Open(format!("{}: {error}", path.display()))
}

/// A lock that a panicking holder cannot spoil: every holder leaves the connection out of a transaction or
/// drops it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Another process (a backup, a shell) may hold the file for a moment.
const BUSY: Duration = Duration::from_secs(10);
/// Statements kept prepared by a connection.
const STATEMENTS: usize = 256;
/// Readers kept open while nobody reads.
const IDLE_READERS: usize = 64;

/// `synchronous=FULL` makes each commit wait for fsync of the log: acknowledged is durable. Checkpoints are not
/// the committing writer's work (`wal_autocheckpoint=0`), see [`checkpoint`].
const WRITER_PRAGMAS: &str = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; \
     PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; \
     PRAGMA mmap_size=68719476736;";
const READER_PRAGMAS: &str =
    "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192; PRAGMA mmap_size=0;";
const MAPPED: &str = "PRAGMA mmap_size=68719476736;";
