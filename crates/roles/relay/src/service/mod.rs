//! What the relay does: it registers who knows a person, keeps what people decided, and signs grants. It holds no record.

mod audit;
mod consents;
mod emergencies;
mod evidence;
mod exchange;
mod figures;
mod networks;
mod own;
mod patient_identity;
mod person_notices;
mod registration;
mod review;
mod watched;
mod withdrawal;

use std::sync::Arc;

use access::{Action, Asking, Permit, Policy, Purpose};
use calendar::{Clock, Timestamp};
use codes::{
    Custody, DomainCodes, EnvelopeContext, EpochWindow, ExchangeId, LinkCode, Medical, OrgCode, OrgId,
    RootCode,
};
use ledger::{Entry, Ledger, Receipt};
use protocol::{Sealed, sealed::purpose};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{Db, StoreError};
use wire::Problem;

use crate::model::PersonKey;
use crate::{problems, store as sql};

pub(crate) use audit::AuditSearch;
#[cfg(test)]
pub(crate) use audit::event as audit_event;
pub(crate) use figures::Counted;
pub use networks::NetworkCounts;
pub(crate) use patient_identity::CODE_SYSTEM;
pub use review::Waiting;

/// Epoch of the codes that the relay hands out; rotation raises it (`musubi codes rotate`).
pub const EPOCH: u8 = 0;

/// How long an organisation code on its way to its owner can be opened, in seconds.
const CODE_LIFE_SECONDS: i64 = 300;

/// The relay at work.
#[derive(Clone)]
pub struct Service {
    /// Who this relay is.
    pub org: OrgId,
    /// Its tables.
    pub db: Db,
    /// Its ledger.
    pub ledger: Ledger,
    /// Its keys.
    pub custody: Arc<dyn Custody>,
    /// K2 and the organisations' keys of the medical domain.
    pub codes: DomainCodes<Medical>,
    /// Who is who, and what is lawful.
    pub policy: Policy,
    /// The way to the holders: what a person withdraws must reach them.
    pub client: wire::Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What was counted for the published figures.
    pub(crate) counted: Counted,
}

impl Service {
    /// Active persons and registrations, for the front page.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn counts(&self) -> Result<(i64, i64), Problem> {
        self.db.read(sql::counts).await.map_err(problems::store)
    }

    fn decide(&self, peer: &OrgId, action: Action, purpose: Purpose) -> Result<Permit, Problem> {
        let asking = Asking { asker: peer, action, purpose, on: self.clock.today() };
        self.policy.decide(&asking).into_result().map_err(protocol::refusal::denied)
    }

    fn own_name(peer: &OrgId, institution: &OrgId) -> Result<(), Problem> {
        access::require_same(peer, institution).map_err(|d| protocol::refusal::denied(d).at("institution"))
    }

    fn root(&self, link: &Sealed) -> Result<RootCode<Medical>, Problem> {
        if !link.is_current(purpose::MEDICAL_LINK, self.clock.now().as_seconds()) {
            return Err(problems::envelope());
        }
        let bytes = link.open(&*self.custody).map_err(|_| problems::envelope())?;
        let block: [u8; 16] = bytes.as_slice().try_into().map_err(|_| problems::envelope())?;
        self.codes.root_one(&LinkCode::from_bytes(block)).map_err(problems::code)
    }

    /// The person behind an organisation's code; nothing for a code that is nobody's.
    fn person_of(
        &self,
        peer: &OrgId,
        code: &OrgCode<Medical>,
    ) -> Result<Option<(RootCode<Medical>, PersonKey)>, Problem> {
        if EpochWindow::only(EPOCH).accept(code).is_err() {
            return Ok(None);
        }
        let Ok(root) = self.codes.open(peer, code) else { return Ok(None) };
        Ok(Some((root, self.person_key(&root)?)))
    }

    fn person_key(&self, root: &RootCode<Medical>) -> Result<PersonKey, Problem> {
        Ok(PersonKey::new(&self.org_code(&self.org, root)?))
    }

    fn org_code(&self, org: &OrgId, root: &RootCode<Medical>) -> Result<OrgCode<Medical>, Problem> {
        self.codes.org_code_one(org, EPOCH, root).map_err(problems::code)
    }

    async fn expect_active(&self, person: PersonKey) -> Result<(), Problem> {
        let active = self.read(move |c| sql::is_active(c, &person)).await?;
        if active { Ok(()) } else { Err(problems::no_such_person()) }
    }

    fn sealed_code(
        &self,
        to: &OrgId,
        root: &RootCode<Medical>,
        exchange: ExchangeId,
    ) -> Result<Sealed, Problem> {
        let owner = self.policy.directory().get(to).and_then(|org| org.envelope_key);
        let owner = owner.ok_or_else(problems::no_such_person)?;
        let context = EnvelopeContext {
            recipient: *to,
            purpose: purpose::ORG_CODE.into(),
            expires_at: self.clock.now().as_seconds() + CODE_LIFE_SECONDS,
            exchange,
            consent: None,
            binding: Vec::new(),
        };
        Sealed::new(&owner, context, &self.org_code(to, root)?.to_bytes())
            .map_err(|_| problems::no_such_person())
    }

    async fn log(
        &self,
        kind: &'static str,
        person: Option<&PersonKey>,
        exchange: ExchangeId,
        body: &impl Serialize,
    ) -> Result<Receipt, Problem> {
        let entry = Entry {
            kind,
            person: person.map(|person| self.ledger.person_digest(person.as_bytes())),
            exchange,
            at: self.clock.now().as_millis(),
            body: serde_json::to_vec(body).map_err(problems::json)?,
        };
        self.ledger.append(entry).await.map_err(problems::ledger)
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut store::Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.db.read(read).await.map_err(problems::store)
    }

    async fn write<T: Send + 'static>(
        &self,
        write: impl FnMut(&mut store::Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.db.write(write).await.map_err(problems::store)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The digest of a question: a retry is known by it.
fn digest(question: &impl Serialize) -> Result<[u8; 32], Problem> {
    Ok(Sha256::digest(serde_json::to_vec(question).map_err(problems::json)?).into())
}
