//! Messages that must reach another role: sent at once, and again until acknowledged.

use std::time::Duration;

use codes::ExchangeId;
use wire::{ClientError, Problem, Shutdown};

use super::Service;
use crate::{problems, store as sql};

/// Pause between two attempts on what could not be delivered.
const RETRY: Duration = Duration::from_secs(5);

impl Service {
    /// Delivers what `exchange` has in the outbox, in order.
    ///
    /// # Errors
    /// A problem that names the role which could not be reached; the message stays in the outbox.
    pub(super) async fn deliver(&self, exchange: &ExchangeId) -> Result<(), Problem> {
        let one = *exchange;
        let waiting = self
            .db
            .read(move |c| sql::outgoing(c, Some(&one)))
            .await
            .map_err(|e: store::StoreError| problems::internal(e))?;
        for message in waiting {
            self.send(message).await?;
        }
        Ok(())
    }

    /// Sends again what waits, until `shutdown`.
    pub async fn run_outbox(self, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.wait() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
            let waiting = match self.db.read(|c| sql::outgoing(c, None)).await {
                Ok(waiting) => waiting,
                Err(error) => {
                    let error: store::StoreError = error;
                    tracing::error!(%error, "outbox");
                    continue;
                }
            };
            for message in waiting {
                if let Err(problem) = self.send(message).await {
                    tracing::warn!(code = problem.code(), "outbox: not delivered");
                    break;
                }
            }
        }
    }

    async fn send(&self, message: sql::Waiting) -> Result<(), Problem> {
        let undelivered = || problems::not_delivered(&message.recipient);
        let base = self.policy.directory().get(&message.recipient).and_then(|org| org.api.clone());
        let base = base.ok_or_else(undelivered)?;
        let body: serde_json::Value = serde_json::from_str(&message.message).map_err(problems::internal)?;
        let told: Result<protocol::relay::Acknowledged, _> =
            self.client.post_idempotent(&base, &message.path, &body).await;
        if let Err(error) = told
            && !is_so_already(&error)
        {
            tracing::warn!(%error, recipient = %message.recipient, "outbox");
            return Err(undelivered());
        }
        let (exchange, step) = (message.exchange, message.step);
        self.db
            .write(move |tx| sql::delivered(tx, &exchange, step))
            .await
            .map_err(|e: store::StoreError| problems::internal(e))
    }
}

/// The refusals that say: what is asked for holds already, for another reason. A certificate that its holder gave up or
/// renewed cannot be revoked again when the card is lost.
fn is_so_already(error: &ClientError) -> bool {
    error.problem().is_some_and(|problem| problem.code() == "already-revoked")
}
