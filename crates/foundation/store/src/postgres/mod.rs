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
    db::guarded,
    migration::{self, Dialect},
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

    pub(crate) async fn read<T, E>(
        &self,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.on_blocking_thread(move |pool| pool.read(read)).await
    }

    pub(crate) async fn write<T, E>(
        &self,
        write: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.on_blocking_thread(move |pool| pool.write(write)).await
    }

    pub(crate) fn read_blocking<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let _permit = block_on(permit(&self.0))?;
        self.0.read(read)
    }

    pub(crate) fn write_blocking<T, E: From<StoreError>>(
        &self,
        write: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let _permit = block_on(permit(&self.0))?;
        self.0.write(write)
    }

    async fn on_blocking_thread<T, E>(
        &self,
        work: impl FnOnce(&Pool) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let permit = permit(&self.0).await?;
        let pool = Arc::clone(&self.0);
        let thread = task::spawn_blocking(move || {
            let _permit = permit;
            guarded(|| work(&pool))
        });
        thread.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }
}

impl Pool {
    fn read<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut session = self.session()?;
        session.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let result = catch_unwind(AssertUnwindSafe(|| read(&mut Reader::postgres(&mut session))))
            .unwrap_or_else(|payload| Err(StoreError::panicked(&*payload).into()));
        session.batch("ROLLBACK")?;
        self.give_back(session);
        result
    }

    fn write<T, E: From<StoreError>>(
        &self,
        mut write: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        for attempt in 1..=ATTEMPTS {
            let outcome = if attempt <= BESIDE_OTHERS {
                let _beside = block_on(self.gate.read());
                self.try_write(&mut write)?
            } else {
                // Those that lost too often run alone: among many that want one row somebody would lose for ever.
                let _alone = block_on(self.gate.write());
                self.try_write(&mut write)?
            };
            match outcome {
                Attempt::Done(result) => return result,
                Attempt::Again(detail) if attempt == ATTEMPTS => {
                    return Err(StoreError::Conflict { attempts: attempt, detail }.into());
                }
                Attempt::Again(_) => thread::sleep(pause(attempt)),
            }
        }
        Err(StoreError::Closed.into())
    }

    fn try_write<T, E: From<StoreError>>(
        &self,
        write: &mut impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<Attempt<T, E>, StoreError> {
        let mut session = self.session()?;
        session.batch("BEGIN ISOLATION LEVEL SERIALIZABLE")?;
        let mut tx = Tx::postgres(&mut session);
        let result = catch_unwind(AssertUnwindSafe(|| write(&mut tx)))
            .unwrap_or_else(|payload| Err(StoreError::panicked(&*payload).into()));
        let failure = tx.into_failure();
        let (attempt, end) = match (result, failure) {
            (_, Some(StoreError::Conflict { detail, .. })) => (Attempt::Again(detail), "ROLLBACK"),
            (Ok(_), Some(failure)) => (Attempt::Done(Err(failure.into())), "ROLLBACK"),
            (Err(error), _) => (Attempt::Done(Err(error)), "ROLLBACK"),
            (Ok(value), None) => (Attempt::Done(Ok(value)), "COMMIT"),
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

enum Attempt<T, E> {
    Done(Result<T, E>),
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
