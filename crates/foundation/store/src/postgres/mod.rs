//! PostgreSQL: pooled connections, a serializable transaction for each write, retried when the server asks.

mod session;

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use tokio::{
    runtime::{self, Runtime},
    sync::{OwnedSemaphorePermit, RwLock, Semaphore},
    task,
};

pub(crate) use self::session::Session;
use crate::{
    Migration, Reader, StoreError, Tx,
    block_on::block_on,
    connection::Scope,
    db::guarded,
    migration::{self, Dialect},
    work::{Outcome, ReadWork, WriteWork},
};

/// A pool of connections to one database.
pub(crate) struct Postgres(Arc<Pool>);

struct Pool {
    config: tokio_postgres::Config,
    /// Drives the connections; closures run elsewhere and wait for it.
    driver: Option<Runtime>,
    idle: Mutex<Vec<Session>>,
    permits: Arc<Semaphore>,
    /// Writers hold it together; one that keeps losing holds it alone.
    gate: RwLock<()>,
}

impl Postgres {
    pub(crate) fn open(url: &str, migrations: &[Migration]) -> Result<Self, StoreError> {
        let config =
            url.parse::<tokio_postgres::Config>().map_err(|error| StoreError::Open(error.to_string()))?;
        let driver = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("store-postgres")
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| StoreError::Open(error.to_string()))?;
        let pool = Pool {
            config,
            driver: Some(driver),
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
            gate: RwLock::default(),
        };
        pool.migrate(migrations)?;
        Ok(Self(Arc::new(pool)))
    }

    pub(crate) async fn read(&self, mut work: Box<ReadWork>, scope: Scope) -> Outcome {
        self.on_blocking_thread(move |pool| pool.read(&mut *work, scope)).await
    }

    pub(crate) async fn write(&self, mut work: Box<WriteWork>) -> Outcome {
        self.on_blocking_thread(move |pool| pool.write(&mut *work)).await
    }

    pub(crate) fn read_blocking(&self, work: &mut dyn FnMut(&mut Reader<'_>)) -> Outcome {
        let _permit = block_on(permit(&self.0))?;
        self.0.read(work, Scope::Closure)
    }

    pub(crate) fn write_blocking(&self, work: &mut WriteWork) -> Outcome {
        let _permit = block_on(permit(&self.0))?;
        self.0.write(work)
    }

    async fn on_blocking_thread(&self, work: impl FnOnce(&Pool) -> Outcome + Send + 'static) -> Outcome {
        let permit = permit(&self.0).await?;
        let pool = Arc::clone(&self.0);
        let thread = task::spawn_blocking(move || {
            let _permit = permit;
            guarded(|| work(&pool))
        });
        thread.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Pool {
    /// In a transaction, whatever the scope: it is what keeps a reader from writing.
    fn read(&self, read: &mut dyn FnMut(&mut Reader<'_>), scope: Scope) -> Outcome {
        let mut session = self.session()?;
        session.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let result = catch_unwind(AssertUnwindSafe(|| read(&mut Reader::postgres(&mut session, scope))))
            .map_err(|payload| StoreError::panicked(&*payload));
        session.batch("ROLLBACK")?;
        self.give_back(session);
        result
    }

    fn write(&self, write: &mut WriteWork) -> Outcome {
        for attempt in 1..=ATTEMPTS {
            let outcome = if attempt <= BESIDE_OTHERS {
                let _beside = block_on(self.gate.read());
                self.try_write(write)?
            } else {
                // Those that lost too often run alone: among many that want one row somebody would lose for ever.
                let _alone = block_on(self.gate.write());
                self.try_write(write)?
            };
            match outcome {
                Attempt::Done(outcome) => return outcome,
                Attempt::Again(detail) if attempt == ATTEMPTS => {
                    return Err(StoreError::Conflict { attempts: attempt, detail });
                }
                Attempt::Again(_) => thread::sleep(pause(attempt)),
            }
        }
        Err(StoreError::Closed)
    }

    fn try_write(&self, write: &mut WriteWork) -> Result<Attempt, StoreError> {
        let mut session = self.session()?;
        session.batch("BEGIN ISOLATION LEVEL SERIALIZABLE")?;
        let mut tx = Tx::postgres(&mut session);
        let kept = catch_unwind(AssertUnwindSafe(|| write(&mut tx)))
            .map_err(|payload| StoreError::panicked(&*payload));
        let failure = tx.into_failure();
        let (attempt, end) = match (kept, failure) {
            (_, Some(StoreError::Conflict { detail, .. })) => (Attempt::Again(detail), "ROLLBACK"),
            (Ok(true), Some(failure)) => (Attempt::Done(Err(failure)), "ROLLBACK"),
            (Err(error), _) => (Attempt::Done(Err(error)), "ROLLBACK"),
            (Ok(false), _) => (Attempt::Done(Ok(())), "ROLLBACK"),
            (Ok(true), None) => (Attempt::Done(Ok(())), "COMMIT"),
        };
        let ended = session.batch(end);
        let lost = session.is_closed();
        if !lost {
            self.give_back(session);
        }
        match ended {
            Ok(()) => Ok(attempt),
            // The server forgets a transaction whose connection is lost before COMMIT was sent.
            Err(_) if end == "ROLLBACK" => Ok(attempt),
            Err(StoreError::Conflict { detail, .. }) => Ok(Attempt::Again(detail)),
            Err(error) if lost => Err(StoreError::OutcomeUnknown(error.to_string())),
            Err(error) => Err(StoreError::Commit(error.to_string())),
        }
    }

    fn migrate(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        let mut session = self.session()?;
        session.batch("BEGIN")?;
        // Several processes may start at once: the lock, released by COMMIT, lets one after the other migrate.
        session.batch("SELECT pg_advisory_xact_lock(7310579)")?;
        migration::apply(&mut Tx::postgres(&mut session), migrations, |tx, step| {
            tx.batch_postgres(&step.expanded(Dialect::Postgres))
        })?;
        session.batch("COMMIT")?;
        self.give_back(session);
        Ok(())
    }

    fn session(&self) -> Result<Session, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match (idle, &self.driver) {
            (Some(session), _) if !session.is_closed() => Ok(session),
            (_, Some(driver)) => Session::connect(&self.config, driver.handle()),
            (_, None) => Err(StoreError::Closed),
        }
    }

    fn give_back(&self, session: Session) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            // Dropping a runtime may wait, which an async caller must not.
            driver.shutdown_background();
        }
    }
}

enum Attempt {
    Done(Outcome),
    /// The server asks to try again, with its words.
    Again(String),
}

async fn permit(pool: &Pool) -> Result<OwnedSemaphorePermit, StoreError> {
    Arc::clone(&pool.permits).acquire_owned().await.map_err(|_| StoreError::Closed)
}

/// A pause that grows with the attempt and differs between competitors.
fn pause(attempt: u32) -> Duration {
    let spread = RandomState::new().hash_one(attempt) % 1_000;
    Duration::from_micros((1 << attempt.min(5)) * (250 + spread))
}

/// Connections in use at once; beyond it callers wait.
const CONNECTIONS: usize = 16;
/// Times a write is tried when the server reports serialization failures or deadlocks.
const ATTEMPTS: u32 = 12;
/// Attempts made beside other writers of this process; the others are made alone.
const BESIDE_OTHERS: u32 = 3;
