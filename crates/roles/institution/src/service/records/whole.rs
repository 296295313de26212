//! A change and its entry in the ledger are one thing (law 6): what a power cut takes away between the two is made up for at the next
//! start (decision 0156).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use codes::ExchangeId;

use super::error::RecordError;
use super::log::{Caller, WRITE, append};
use crate::OpenError;
use crate::error::DeskError;
use crate::service::Service;
use crate::store::{Changes, Outcome, Written};

/// Exchanges of which the ledger has the entries and the store still has them, too.
#[derive(Clone, Default)]
pub struct Logged(Arc<Mutex<Vec<ExchangeId>>>);

impl Logged {
    fn add(&self, exchanges: impl IntoIterator<Item = ExchangeId>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(exchanges);
    }

    fn take(&self) -> Vec<ExchangeId> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Service {
    /// Makes the changes of all transactions, or none, and writes them down; durable in store and ledger when it returns.
    pub(super) async fn change_and_tell(
        &self,
        caller: &Caller,
        did: &'static str,
        all: Vec<Arc<Changes>>,
    ) -> Result<Vec<Written>, RecordError> {
        let telling = self.telling(WRITE, caller, did);
        let (store, ledger, logged) = (self.store.clone(), self.ledger.clone(), self.logged.clone());
        // In a task of its own: a client that hangs up does not end it in the middle.
        let whole = tokio::spawn(async move {
            let exchange = telling.exchange;
            let tells = move |written: &[Written]| telling.entries(changed(written));
            let (written, entries) = store.change_resources(all, tells).await?;
            if !entries.is_empty() {
                append(&ledger, entries).await?;
                logged.add([exchange]);
            }
            Ok(written)
        });
        whole.await.unwrap_or_else(|failed| {
            tracing::error!(%failed, "a change ended in the middle");
            let (ja, en) = ("処理に失敗しました", "the change could not be made");
            Err(RecordError::request(500, "exception", ja, en))
        })
    }

    /// Lets the store forget the entries that the ledger has.
    ///
    /// # Errors
    /// The store's; they are forgotten the next time.
    pub(crate) async fn forget_logged(&self) -> Result<(), DeskError> {
        let exchanges = self.logged.take();
        if exchanges.is_empty() {
            return Ok(());
        }
        let forgotten = self.store.forget_logged(exchanges.clone()).await;
        Ok(forgotten.inspect_err(|_| self.logged.add(exchanges))?)
    }

    /// Writes down what was changed before the last end of the process and does not stand in the ledger.
    ///
    /// # Errors
    /// The store's or the ledger's.
    pub(crate) async fn tell_unlogged(&self) -> Result<(), OpenError> {
        let mut missing = self.store.unlogged(WRITE).await?;
        let Some(first) = missing.iter().map(|entry| entry.at).min() else { return Ok(()) };
        let exchanges: HashSet<ExchangeId> = missing.iter().map(|entry| entry.exchange).collect();
        let mut tail = self.ledger.tail(self.ledger.first_since(first)?);
        while let Some(known) = tail.try_next()? {
            if exchanges.contains(&known.exchange) {
                missing.retain(|entry| {
                    (entry.exchange, entry.person, &entry.body) != (known.exchange, known.person, &known.body)
                });
            }
        }
        if !missing.is_empty() {
            tracing::warn!(
                entries = missing.len(),
                "changes that the ledger did not know are written down now"
            );
            append(&self.ledger, missing).await?;
        }
        Ok(self.store.forget_logged(exchanges.into_iter().collect()).await?)
    }
}

/// Patient and name of what changed.
fn changed(written: &[Written]) -> impl Iterator<Item = (&str, &str)> {
    let changed =
        written.iter().filter(|written| !matches!(written.outcome, Outcome::Unchanged | Outcome::Absent));
    changed.map(|written| (written.patient.as_str(), written.name.as_str()))
}
