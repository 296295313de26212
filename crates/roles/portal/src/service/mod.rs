//! What the portal does. No HTTP in, no SQL: `pages` and `store` have those.

pub mod choices;
mod devices;
pub mod limits;
mod login;
pub mod looked;
pub mod notices;
pub mod objections;
pub mod people;
pub mod preview;
pub mod record;
mod remembered;
pub mod smart;

use std::sync::Arc;

use access::Policy;
use calendar::{Clock, Timestamp};
use codes::{Custody, ExchangeId, Medical, OrgCode, OrgId, OrgKind};
use consent::template;
use ledger::{Entry, Ledger, Receipt};
use protocol::clients::{EligibilityClient, RelayClient};
use protocol::reader::{ReaderPort, TrayCard};
use serde::Serialize;
use store::{Db, StoreError};
use wire::Problem;

use crate::problems;

/// The portal at work.
#[derive(Clone)]
pub struct Service {
    /// Who this portal is.
    pub org: OrgId,
    /// Its tables.
    pub db: Db,
    /// Its ledger: who came in, who decided something, without a name.
    pub ledger: Ledger,
    /// Its keys.
    pub custody: Arc<dyn Custody>,
    /// Who is who, and what is lawful.
    pub policy: Policy,
    /// The way to the eligibility service and the relay.
    pub client: wire::Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The card reader that people use.
    pub reader: Option<Arc<dyn ReaderPort>>,
    /// By which roads people are told that there is a notice.
    pub roads: notices::Roads,
    /// One round of deliveries at a time: nobody is told twice.
    pub delivering: Arc<tokio::sync::Mutex<()>>,
    /// How often somebody tried what must not be guessed.
    pub limits: limits::Limits,
}

impl Service {
    /// The cards that lie ready at the reader.
    pub fn tray(&self) -> Vec<TrayCard> {
        self.reader.as_ref().map(|reader| reader.tray()).unwrap_or_default()
    }

    /// An organisation's name in both languages, or its number when the directory does not know it.
    pub fn name(&self, org: &OrgId) -> template::Text {
        let (ja, en) = self.policy.directory().name(org);
        template::Text { ja, en }
    }

    /// The time by this portal's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn exchange(&self) -> ExchangeId {
        ExchangeId::new(self.now().as_millis())
    }

    fn relay(&self) -> Result<RelayClient, Problem> {
        Ok(RelayClient::new(self.client.clone(), self.address_of(OrgKind::Relay)?))
    }

    fn eligibility(&self) -> Result<EligibilityClient, Problem> {
        Ok(EligibilityClient::new(self.client.clone(), self.address_of(OrgKind::Eligibility)?))
    }

    fn address_of(&self, kind: OrgKind) -> Result<String, Problem> {
        let known = self.policy.directory().of_kind(kind).into_iter().find_map(|org| org.api.clone());
        known.ok_or_else(|| problems::internal(format!("the directory names no {kind} with an address")))
    }

    async fn log(
        &self,
        kind: &'static str,
        person: Option<&OrgCode<Medical>>,
        exchange: ExchangeId,
        body: &impl Serialize,
    ) -> Result<Receipt, Problem> {
        let entry = Entry {
            kind,
            person: person.map(|code| self.ledger.person_digest(&code.to_bytes())),
            exchange,
            at: self.now().as_millis(),
            body: serde_json::to_vec(body).map_err(problems::internal)?,
        };
        self.ledger.append(entry).await.map_err(problems::internal)
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut store::Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.db.read(read).await.map_err(problems::internal)
    }

    async fn write<T: Send + 'static>(
        &self,
        write: impl FnMut(&mut store::Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.db.write(write).await.map_err(problems::internal)
    }
}
