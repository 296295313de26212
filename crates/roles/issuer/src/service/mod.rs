//! What the issuer does. Its key never leaves custody; nothing is derived for who did not ask.

mod card;
mod card_stop;
mod links;
mod medical_id;
mod numbers;
mod outbox;
mod register;
mod view;

use std::sync::Arc;

use access::{Action, Asking, Policy, Purpose};
use calendar::Clock;
use codes::{
    Custody, Domain, EnvelopeContext, EnvelopeKey, ExchangeId, Facet, Generation, Insurance, IssuerCodes,
    Medical, OrgId, OrgKind, ResidentCode, RootBlockInput,
};
use ledger::{Entry, Ledger, Receipt};
use my_number::{MyNumber, SealedMyNumber};
use protocol::{Sealed, eligibility::Person, sealed::STANDING};
use sha2::{Digest, Sha256};
use store::Db;
use wire::Problem;

pub(crate) use medical_id::Wish;
pub use register::LoadReport;

use crate::{problems, store as sql};

/// The issuer at work.
#[derive(Clone)]
pub struct Service {
    /// Who this issuer is.
    pub org: OrgId,
    /// Its tables.
    pub db: Db,
    /// Its ledger.
    pub ledger: Ledger,
    /// Its keys.
    pub custody: Arc<dyn Custody>,
    /// K1 of the medical domain.
    pub medical: IssuerCodes<Medical>,
    /// K1 of the insurance domain.
    pub insurance: IssuerCodes<Insurance>,
    /// Who is who, and what is lawful.
    pub policy: Policy,
    /// The way to the other roles.
    pub client: wire::Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A person found on the register.
struct Found {
    sealed: SealedMyNumber,
    resident: ResidentCode,
    person: Person,
}

impl Service {
    /// Residents and working medical IDs.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn counts(&self) -> Result<(i64, i64), Problem> {
        self.db.read(sql::counts).await.map_err(|e: store::StoreError| problems::internal(e))
    }

    fn decide(&self, peer: &OrgId, action: Action, purpose: Purpose) -> Result<(), Problem> {
        let asking = Asking { asker: peer, action, purpose, on: self.clock.today() };
        self.policy.decide(&asking).into_result().map(drop).map_err(protocol::refusal::denied)
    }

    /// Where the one role of a kind is.
    fn address_of(&self, kind: OrgKind) -> Result<String, Problem> {
        let known = self.policy.directory().of_kind(kind).into_iter().find_map(|org| org.api.clone());
        known.ok_or_else(|| problems::internal(format!("the directory names no {kind} with an address")))
    }

    fn organisation(&self, kind: OrgKind) -> Result<OrgId, Problem> {
        let known = self.policy.directory().of_kind(kind).into_iter().map(|org| org.id).next();
        known.ok_or_else(|| problems::internal(format!("the directory names no {kind}")))
    }

    /// The one role of a kind, with the key by which only it can read.
    pub(crate) fn recipient(&self, kind: OrgKind) -> Result<(OrgId, EnvelopeKey), Problem> {
        let known = self
            .policy
            .directory()
            .of_kind(kind)
            .into_iter()
            .find_map(|org| Some((org.id, org.envelope_key?)));
        known.ok_or_else(|| problems::internal(format!("the directory names no {kind} with an envelope key")))
    }

    async fn find(&self, number: &MyNumber) -> Result<Found, Problem> {
        self.find_sealed(number.seal(&*self.custody).map_err(problems::internal)?).await
    }

    async fn find_sealed(&self, sealed: SealedMyNumber) -> Result<Found, Problem> {
        let row = self
            .db
            .read(move |c| sql::resident(c, &sealed))
            .await
            .map_err(|e: store::StoreError| problems::internal(e))?;
        let (resident, person) = row.ok_or_else(problems::not_on_register)?;
        let resident = register::open_residents(&*self.custody, vec![resident])?.into_iter().next();
        let person = self
            .custody
            .open_row(&codes::KeyName::ROW_SEAL, sealed.as_bytes(), &person)
            .map_err(problems::internal)?;
        Ok(Found {
            sealed,
            resident: resident.ok_or_else(problems::not_on_register)?,
            person: serde_json::from_slice(&person).map_err(problems::internal)?,
        })
    }

    /// Seals a standing link code to the one role that may open it.
    fn sealed_link<D: Domain>(
        &self,
        codes: &IssuerCodes<D>,
        to: OrgKind,
        purpose: &str,
        exchange: ExchangeId,
        block: RootBlockInput,
    ) -> Result<Sealed, Problem> {
        let links = codes.link(&[block]).map_err(problems::internal)?;
        let link = links.first().ok_or_else(|| problems::internal("no link code came out of custody"))?;
        let (recipient, key) = self.recipient(to)?;
        let context = EnvelopeContext {
            recipient,
            purpose: purpose.to_owned(),
            expires_at: STANDING,
            exchange,
            consent: None,
            binding: Vec::new(),
        };
        Sealed::new(&key, context, link.as_bytes()).map_err(problems::internal)
    }

    async fn log(
        &self,
        kind: &'static str,
        person: Option<&SealedMyNumber>,
        exchange: ExchangeId,
        body: serde_json::Value,
    ) -> Result<Receipt, Problem> {
        let entry = Entry {
            kind,
            person: person.map(|p| self.ledger.person_digest(p.as_bytes())),
            exchange,
            at: self.clock.now().as_millis(),
            body: body.to_string().into_bytes(),
        };
        self.ledger.append(entry).await.map_err(problems::internal)
    }
}

/// The root block of a person in a domain without facets.
fn block(resident: ResidentCode, generation: Generation) -> RootBlockInput {
    RootBlockInput { resident, generation, facet: Facet(0) }
}

/// Digest of a question without its exchange key's meaning lost: two questions differ, two retries do not.
fn question_digest(question: &impl serde::Serialize) -> Result<[u8; 32], Problem> {
    let bytes = zeroize::Zeroizing::new(serde_json::to_vec(question).map_err(problems::internal)?);
    Ok(Sha256::digest(bytes.as_slice()).into())
}
