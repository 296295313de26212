//! The work that goes on by itself: unanswered questions, registrations, folders.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use wire::Shutdown;

use super::{FolderWatch, Service};
use crate::error::DeskError;

impl Service {
    /// Asks every question and uses every ticket that is due now. Says how many there were.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run_due(&self) -> Result<usize, DeskError> {
        let now = self.now();
        let questions = self.store.due_questions(now, BATCH).await?;
        for exchange in &questions {
            self.attempt(*exchange).await?;
        }
        let registrations = self.store.due_registrations(now, BATCH).await?;
        for exchange in &registrations {
            self.register(*exchange).await?;
        }
        Ok(questions.len() + registrations.len())
    }
}

/// Works until the shutdown: what was begun is finished, nothing new is begun.
pub async fn run(service: Arc<Service>, shutdown: Shutdown) {
    let mut watch = FolderWatch::default();
    let pause = service.oqs.as_ref().map_or(RETRY_LOOK, |folders| folders.poll);
    let mut next_due = Instant::now();
    while !shutdown.is_triggered() {
        if let Err(error) = service.serve_folder(&mut watch).await {
            tracing::error!(%error, "the folders could not be served; trying again");
        }
        if Instant::now() >= next_due {
            if let Err(error) = service.run_due().await {
                tracing::error!(%error, "waiting questions could not be asked; trying again");
            }
            if let Err(error) = service.store.forget_exchanges(service.now()).await {
                tracing::error!(%error, "what may no longer be looked at could not be removed; trying again");
            }
            if let Err(error) = service.forget_logged().await {
                tracing::error!(%error, "what the ledger has could not be forgotten; trying again");
            }
            next_due = Instant::now() + RETRY_LOOK;
        }
        tokio::select! {
            () = shutdown.wait() => break,
            () = service.wake.notified() => {}
            () = sleep_until(Instant::now() + pause) => {}
        }
    }
}

const BATCH: u32 = 64;
/// How often waiting questions are looked for.
const RETRY_LOOK: Duration = Duration::from_secs(1);
