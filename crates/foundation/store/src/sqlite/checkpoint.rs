//! Moving the write-ahead log into the database without making a commit wait for it.
//!
//! SQLite's automatic checkpoint runs inside the commit that crosses the threshold: that commit pays for copying
//! and two fsyncs. Here a second connection on its own thread does the bulk of it (`PASSIVE` blocks nobody). The
//! log can be rewound only by a writer that starts when everything in it has been copied, so after the thread is
//! done the writer copies the short rest between two groups.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use rusqlite::{Connection, OpenFlags};

use super::{open, opening};
use crate::StoreError;

/// The writer's end of the checkpoint thread.
pub(super) struct Checkpointer {
    wake: Option<mpsc::SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    done: mpsc::Receiver<()>,
    pages: Arc<AtomicU32>,
    state: State,
}

enum State {
    Idle,
    Copying,
}

impl Checkpointer {
    /// Starts the thread and lets `writer` count the pages of its log.
    pub(super) fn start(path: &Path, writer: &mut Connection) -> Result<Self, StoreError> {
        let pages = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&pages);
        writer
            .wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: i32| {
                counter.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
                Ok(())
            }))
            .map_err(|error| opening(path, &error))?;
        let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let (wake, work) = mpsc::sync_channel(1);
        let (report, done) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || {
                while work.recv().is_ok() {
                    copy(&connection);
                    if report.send(()).is_err() {
                        break;
                    }
                }
            })
            .map_err(|error| StoreError::Open(error.to_string()))?;
        Ok(Self { wake: Some(wake), thread: Some(thread), done, pages, state: State::Idle })
    }

    /// Called by the writer between two groups.
    pub(super) fn after_commit(&mut self, writer: &Connection) {
        match self.state {
            State::Idle if self.pages.load(Ordering::Relaxed) >= THRESHOLD => {
                if self.wake.as_ref().is_some_and(|wake| wake.try_send(()).is_ok()) {
                    self.state = State::Copying;
                }
            }
            State::Copying if self.done.try_recv().is_ok() => {
                copy(writer);
                self.state = State::Idle;
            }
            State::Idle | State::Copying => {}
        }
    }
}

/// The thread closes its connection before the store counts as closed: the last connection to close folds the log into
/// the database, and whoever copies the file then has everything.
impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Copies what no reader needs in the log. Failing costs only space: the log stays and is tried again.
fn copy(connection: &Connection) {
    let result = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(0));
    if let Err(error) = result {
        tracing::warn!(%error, "checkpoint failed");
    }
}

/// Pages in the log (4 KiB each) that start a checkpoint.
const THRESHOLD: u32 = 4_000;
