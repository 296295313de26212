//! The writer thread: many closures, one commit.
//!
//! Each closure runs under its own savepoint, so one that fails undoes itself alone; the group is committed with
//! one fsync and only then is anybody answered.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{checkpoint::Checkpointer, lock, run};
use crate::{
    StoreError, Tx,
    db::guarded,
    work::{Outcome, WriteWork},
};

/// The way to the writer thread. Dropping it finishes what is queued and ends the thread.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread; `wal` is the database file whose log has to be checkpointed.
    pub(super) fn start(connection: Arc<Mutex<Connection>>, wal: Option<&Path>) -> Result<Self, StoreError> {
        let checkpointer = wal.map(|path| Checkpointer::start(path, &mut lock(&connection))).transpose()?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&connection, jobs, checkpointer))
            .map_err(|error| StoreError::Open(error.to_string()))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    pub(super) async fn write(&self, work: Box<WriteWork>) -> Outcome {
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(Job { work, settled: None, reply }).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // The thread catches the panics of closures; one of its own is reported by its channel closing.
            let _ = thread.join();
        }
    }
}

/// A closure on its way through the writer.
struct Job {
    work: Box<WriteWork>,
    /// What is said of it whatever becomes of the group; nothing yet when it stands or falls with the group.
    settled: Option<Outcome>,
    reply: oneshot::Sender<Outcome>,
}

impl Job {
    /// Runs the closure; whether its writes are to be kept.
    fn run(&mut self, connection: &Connection) -> bool {
        let kept = guarded(|| {
            let mut tx = Tx::sqlite(connection);
            let kept = catch_unwind(AssertUnwindSafe(|| (self.work)(&mut tx)))
                .map_err(|payload| StoreError::panicked(&*payload))?;
            tx.into_failure().filter(|_| kept).map_or(Ok(kept), Err)
        });
        self.settled = match kept {
            Ok(true) => None,
            Ok(false) => Some(Ok(())),
            Err(error) => Some(Err(error)),
        };
        self.settled.is_none()
    }

    /// Answers the caller.
    fn answer(self, group: Outcome) {
        // A caller that went away does not want the answer; the work stands.
        let _ = self.reply.send(self.settled.unwrap_or(group));
    }
}

fn serve(
    connection: &Mutex<Connection>,
    mut jobs: mpsc::Receiver<Job>,
    mut checkpointer: Option<Checkpointer>,
) {
    while let Some(first) = jobs.blocking_recv() {
        let connection = lock(connection);
        let mut group = Group { members: Vec::new(), broken: None };
        group.run(&connection, first, &mut jobs);
        group.finish(&connection);
        if let Some(checkpointer) = &mut checkpointer {
            checkpointer.after_commit(&connection);
        }
    }
}

/// The closures that share one commit.
struct Group {
    members: Vec<Job>,
    /// Why the transaction is gone, if the database ended it on its own (disk full, I/O error).
    broken: Option<StoreError>,
}

impl Group {
    fn run(&mut self, connection: &Connection, first: Job, jobs: &mut mpsc::Receiver<Job>) {
        if let Err(error) = run(connection, "BEGIN IMMEDIATE") {
            self.broken = Some(error);
            self.members.push(first);
            return;
        }
        let start = Instant::now();
        let mut next = Some(first);
        while let Some(job) = next {
            self.run_one(connection, job);
            let room = self.broken.is_none() && self.members.len() < GROUP && start.elapsed() < GROUP_TIME;
            next = if room { jobs.try_recv().ok() } else { None };
        }
    }

    fn run_one(&mut self, connection: &Connection, mut job: Job) {
        let outcome = run(connection, "SAVEPOINT job").and_then(|()| {
            let keep = job.run(connection);
            if connection.is_autocommit() {
                return Err(StoreError::Commit("the database ended the transaction on its own".to_owned()));
            }
            if !keep {
                run(connection, "ROLLBACK TO job")?;
            }
            run(connection, "RELEASE job")
        });
        self.broken = outcome.err();
        self.members.push(job);
    }

    fn finish(self, connection: &Connection) {
        let outcome = match self.broken {
            Some(error) => Err(error),
            None => run(connection, "COMMIT").map_err(|error| StoreError::Commit(error.to_string())),
        };
        if outcome.is_err() && !connection.is_autocommit() {
            // Nobody has been told of success; the next group starts clean or fails at BEGIN.
            let _ = run(connection, "ROLLBACK");
        }
        for job in self.members {
            job.answer(outcome.clone());
        }
    }
}

/// Closures that may wait; beyond it callers wait to enqueue.
const QUEUE: usize = 4096;
/// Closures in one commit.
const GROUP: usize = 1024;
/// Time a group may gather while more work keeps arriving.
const GROUP_TIME: Duration = Duration::from_millis(5);
