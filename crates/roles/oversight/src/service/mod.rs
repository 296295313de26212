//! What the overseer does. No HTTP in, no SQL.

mod assessment;
mod collect;
mod findings;
mod matching;
mod objections;
mod orders;
mod purposes;
mod statistics;
mod witness;

use std::sync::Arc;

use access::{Action, Asking, Permit, Policy, Purpose};
use calendar::{Clock, Timestamp};
use codes::{Custody, ExchangeId, OrgId};
use ledger::{Entry, Ledger, PersonDigest, Receipt};
use serde::Serialize;
use store::{Db, StoreError};
use wire::Problem;

use crate::{problems, rules::Rules};

pub use assessment::{Assessment, Difference, Section, Version};
pub use matching::{match_exchanges, of_exchange};
pub use objections::Case;
pub use purposes::{Change, PurposesState};
pub use statistics::{Cell, Month, SMALLEST_CELL, Statistics};
pub use witness::{Answered, Repeats};

/// The overseer at work.
#[derive(Clone)]
pub struct Service {
    /// Who this overseer is.
    pub org: OrgId,
    /// Its tables.
    pub db: Db,
    /// Its ledger.
    pub ledger: Ledger,
    /// Its keys.
    pub custody: Arc<dyn Custody>,
    /// Who is who, and what is lawful.
    pub policy: Policy,
    /// The way to the roles that it watches.
    pub client: wire::Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is looked for.
    pub rules: Arc<Rules>,
    /// Heads cosigned in the last minute.
    pub repeats: Repeats,
}

impl Service {
    /// The time by this overseer's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn exchange(&self) -> ExchangeId {
        ExchangeId::new(self.now().as_millis())
    }

    fn decide(&self, peer: &OrgId, action: Action, purpose: Purpose) -> Result<Permit, Problem> {
        let asking = Asking { asker: peer, action, purpose, on: self.clock.today() };
        self.policy.decide(&asking).into_result().map_err(protocol::refusal::denied)
    }

    fn own_name(peer: &OrgId, named: &OrgId, place: &'static str) -> Result<(), Problem> {
        access::require_same(peer, named).map_err(|denial| protocol::refusal::denied(denial).at(place))
    }

    async fn log(
        &self,
        kind: &'static str,
        person: Option<PersonDigest>,
        exchange: ExchangeId,
        body: &impl Serialize,
    ) -> Result<Receipt, Problem> {
        let body = serde_json::to_vec(body).map_err(problems::internal)?;
        let entry = Entry { kind, person, exchange, at: self.now().as_millis(), body };
        self.ledger.append(entry).await.map_err(problems::internal)
    }

    fn receipt(&self, place: u64, at: Timestamp) -> Receipt {
        Receipt { origin: self.ledger.origin().to_owned(), index: place, at: at.as_millis() }
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut store::Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.db.read(read).await.map_err(problems::internal)
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        write: impl FnMut(&mut store::Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.db.write(write).await.map_err(problems::internal)
    }
}

/// An officer's name and words, as a form sent them: neither may be empty.
fn officer_and_words(officer: &str, words: &str) -> Result<(String, String), Problem> {
    let (officer, words) = (officer.trim(), words.trim());
    if officer.is_empty() || words.is_empty() {
        return Err(problems::form());
    }
    Ok((officer.to_owned(), words.to_owned()))
}
