//! What the relay does: it registers who knows a person and translates codes. It holds no record.

use std::sync::Arc;

use access::{Action, Asking, Policy, Purpose, require_same};
use calendar::Clock;
use codes::{
    Custody, DomainCodes, EnvelopeContext, EpochWindow, ExchangeId, LinkCode, Medical, OrgCode, OrgId,
    RootCode,
};
use ledger::{Entry, Ledger, Receipt};
use protocol::relay::{
    Acknowledged, PersonStateUpdate, RegisterAnswer, RegisterRequest, TranslateAnswer, TranslateRequest,
};
use protocol::{Sealed, eligibility::TicketContents, sealed::purpose};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::Db;
use wire::Problem;

use crate::model::{PersonKey, Seen};
use crate::{problems, store as sql};

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
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Service {
    /// Sets whether a medical ID works, as the issuer decided.
    ///
    /// # Errors
    /// When the caller is not the issuer, or the envelope is not for this relay.
    pub async fn set_person_state(
        &self,
        peer: &OrgId,
        update: PersonStateUpdate,
    ) -> Result<Acknowledged, Problem> {
        self.decide(peer, Action::RelayPersonState, Purpose::CodeState)?;
        let root = self.root(&update.link)?;
        let person = self.person_key(&root)?;
        let receipt = self
            .log("relay.person-state", &person, update.exchange, json!({ "by": peer, "state": update.state }))
            .await?;
        let (state, at) = (update.state, update.at.as_millis());
        self.db.write(move |tx| sql::set_state(tx, &person, state, at)).await.map_err(problems::store)?;
        Ok(Acknowledged { exchange: update.exchange, receipt })
    }

    /// Registers that an institution knows a person, and gives it its own code.
    ///
    /// # Errors
    /// One answer for a person without a working medical ID, whatever the cause; a clear one for a ticket
    /// that is spent, late or another's.
    pub async fn register(&self, peer: &OrgId, request: RegisterRequest) -> Result<RegisterAnswer, Problem> {
        require_same(peer, &request.institution)
            .map_err(|d| protocol::refusal::denied(d).at("institution"))?;
        self.decide(peer, Action::RelayRegister, Purpose::PatientRegistration)?;
        let now = self.clock.now();
        let ticket = self.ticket(peer, &request)?;
        let root = self.root(&ticket.link)?;
        let person = self.person_key(&root)?;
        let question = digest(&[request.ticket.envelope.to_bytes().as_slice()]);
        self.expect_active(person).await?;
        let receipt = self.log("relay.register", &person, request.exchange, json!({ "by": peer })).await?;
        let (org, exchange, at) = (*peer, request.exchange, now.as_millis());
        let seen = self
            .db
            .write(move |tx| {
                let seen = sql::record_exchange(tx, &exchange, &org, &question, at)?;
                if seen != Seen::Other {
                    sql::register(tx, &person, &org, at)?;
                }
                Ok::<_, store::StoreError>(seen)
            })
            .await
            .map_err(problems::store)?;
        if seen == Seen::Other {
            return Err(protocol::refusal::exchange_used());
        }
        let code = self.sealed_code(peer, &root, request.exchange)?;
        Ok(RegisterAnswer { exchange: request.exchange, code, receipt })
    }

    /// Translates the asker's code of a person into another organisation's, sealed to that organisation.
    ///
    /// # Errors
    /// One answer for an unknown code, a person whose ID does not work, and an organisation that never
    /// registered the person.
    pub async fn translate(
        &self,
        peer: &OrgId,
        request: TranslateRequest,
    ) -> Result<TranslateAnswer, Problem> {
        require_same(peer, &request.institution)
            .map_err(|d| protocol::refusal::denied(d).at("institution"))?;
        self.decide(peer, Action::RelayTranslate, request.purpose)?;
        EpochWindow::only(EPOCH).accept(&request.code).map_err(|_| problems::no_such_person())?;
        let root = self.codes.open(peer, &request.code).map_err(|_| problems::no_such_person())?;
        let person = self.person_key(&root)?;
        let (from, to) = (*peer, request.to);
        let known = self
            .db
            .read(move |c| {
                Ok::<_, store::StoreError>(
                    sql::is_active(c, &person)?
                        & sql::is_registered(c, &person, &from)?
                        & sql::is_registered(c, &person, &to)?,
                )
            })
            .await
            .map_err(problems::store)?;
        if !known {
            return Err(problems::no_such_person());
        }
        let body = json!({ "by": peer, "to": request.to, "purpose": request.purpose });
        let receipt = self.log("relay.translate", &person, request.exchange, body).await?;
        let code = self.sealed_code(&request.to, &root, request.exchange)?;
        Ok(TranslateAnswer { exchange: request.exchange, code, receipt })
    }

    /// Active persons and registrations, for the front page.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn counts(&self) -> Result<(i64, i64), Problem> {
        self.db.read(sql::counts).await.map_err(problems::store)
    }

    fn decide(&self, peer: &OrgId, action: Action, purpose: Purpose) -> Result<(), Problem> {
        let asking = Asking { asker: peer, action, purpose, on: self.clock.today() };
        self.policy.decide(&asking).into_result().map(drop).map_err(protocol::refusal::denied)
    }

    fn ticket(&self, peer: &OrgId, request: &RegisterRequest) -> Result<TicketContents, Problem> {
        let now = self.clock.now().as_seconds();
        let context = &request.ticket.context;
        if context.exchange != request.exchange || !request.ticket.is_current(purpose::MEDICAL_TICKET, now) {
            return Err(problems::ticket());
        }
        let bytes = request.ticket.open(&*self.custody).map_err(|_| problems::ticket())?;
        let contents: TicketContents = serde_json::from_slice(&bytes).map_err(|_| problems::ticket())?;
        if &contents.institution != peer { Err(problems::ticket()) } else { Ok(contents) }
    }

    fn root(&self, link: &Sealed) -> Result<RootCode<Medical>, Problem> {
        if !link.is_current(purpose::MEDICAL_LINK, self.clock.now().as_seconds()) {
            return Err(problems::envelope());
        }
        let bytes = link.open(&*self.custody).map_err(|_| problems::envelope())?;
        let block: [u8; 16] = bytes.as_slice().try_into().map_err(|_| problems::envelope())?;
        self.codes.root_one(&LinkCode::from_bytes(block)).map_err(problems::code)
    }

    fn person_key(&self, root: &RootCode<Medical>) -> Result<PersonKey, Problem> {
        Ok(PersonKey::new(&self.org_code(&self.org, root)?))
    }

    fn org_code(&self, org: &OrgId, root: &RootCode<Medical>) -> Result<OrgCode<Medical>, Problem> {
        self.codes.org_code_one(org, EPOCH, root).map_err(problems::code)
    }

    async fn expect_active(&self, person: PersonKey) -> Result<(), Problem> {
        let active = self.db.read(move |c| sql::is_active(c, &person)).await.map_err(problems::store)?;
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
        person: &PersonKey,
        exchange: ExchangeId,
        body: serde_json::Value,
    ) -> Result<Receipt, Problem> {
        let entry = Entry {
            kind,
            person: Some(self.ledger.person_digest(person.as_bytes())),
            exchange,
            at: self.clock.now().as_millis(),
            body: body.to_string().into_bytes(),
        };
        self.ledger.append(entry).await.map_err(problems::ledger)
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}
