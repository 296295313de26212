//! Whether a medical ID works, and who knows a person: the card read that a registration comes with is evidence.

use access::{Action, Purpose};
use codes::{OrgId, OrgKind};
use data_encoding::HEXLOWER;
use ledger::Receipt;
use protocol::Sealed;
use protocol::card::CardTicket;
use protocol::eligibility::{TicketContents, presence_receipt};
use protocol::relay::{
    Acknowledged, PersonState, PersonStateUpdate, RegisterAnswer, RegisterRequest, TranslateAnswer,
    TranslateRequest,
};
use protocol::sealed::purpose;
use serde::de::DeserializeOwned;
use serde_json::json;
use wire::Problem;

use super::{Service, digest};
use crate::model::{CORROBORATION_MILLIS, PersonKey, Seen};
use crate::{problems, store as sql};

/// How far ahead a ticket may end, in seconds: its five minutes, and clocks that disagree a little.
const TICKET_LIMIT_SECONDS: i64 = 360;

/// What a ticket says, whoever made it.
struct Ticket {
    link: Sealed,
    /// What the institution names later as the evidence of this card read.
    evidence: Receipt,
}

impl Service {
    /// Sets whether a medical ID works, as the issuer decided. When it stops working, grants that are out end with it.
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
        let body = json!({ "by": peer, "state": update.state });
        let receipt = self.log("relay.person-state", Some(&person), update.exchange, &body).await?;
        let (state, at, exchange, now) = (update.state, update.at.as_millis(), update.exchange, self.now());
        self.write(move |tx| {
            sql::set_state(tx, &person, state, at)?;
            if state == PersonState::Active {
                return Ok(());
            }
            super::withdrawal::end_grants(tx, &person, exchange, now)
        })
        .await?;
        self.deliver_notices().await;
        Ok(Acknowledged { exchange: update.exchange, receipt })
    }

    /// Registers that an institution knows a person, with the card read that shows it, and gives it its own code. The
    /// portal does so for who came in with card and PIN; it holds no records, and nobody is sent to it for any.
    ///
    /// # Errors
    /// One answer for a person without a working medical ID, whatever the cause; a clear one for a ticket
    /// that is spent, late or another's.
    pub async fn register(&self, peer: &OrgId, request: RegisterRequest) -> Result<RegisterAnswer, Problem> {
        Self::own_name(peer, &request.institution)?;
        let purpose = match peer.kind() {
            OrgKind::Portal => Purpose::OwnAccess,
            _ => Purpose::PatientRegistration,
        };
        self.decide(peer, Action::RelayRegister, purpose)?;
        let now = self.now();
        let Ticket { link, evidence } = match request.ticket.context.purpose.as_str() {
            purpose::CARD_TICKET => self.card_ticket(peer, &request)?,
            _ => self.ticket(peer, &request)?,
        };
        let root = self.root(&link)?;
        let person = self.person_key(&root)?;
        let question = digest(&request.ticket)?;
        self.expect_active(person).await?;
        // By its digest: not even the opened ledger leads to the check.
        let check = self.receipt_digest(&evidence)?;
        let body = json!({ "by": peer, "evidence": HEXLOWER.encode(&check) });
        let receipt = self.log("relay.register", Some(&person), request.exchange, &body).await?;
        let (org, exchange) = (*peer, request.exchange);
        let seen = self
            .write(move |tx| {
                let seen = sql::record_exchange(tx, &exchange, &org, &question, now.as_millis())?;
                if seen != Seen::Other {
                    sql::register(tx, &person, &org, now.as_millis())?;
                    sql::exchanges::put_presence(tx, &person, &org, &check, now)?;
                    let since = now.as_millis() - CORROBORATION_MILLIS;
                    sql::emergencies::settle_by_card(tx, &person, &org, since, now.as_millis())?;
                }
                Ok(seen)
            })
            .await?;
        if seen == Seen::Other {
            return Err(protocol::refusal::exchange_used());
        }
        let code = self.sealed_code(peer, &root, request.exchange)?;
        Ok(RegisterAnswer { exchange: request.exchange, code, receipt })
    }

    /// Translates the asker's code of a person into another organisation's, sealed to that organisation: only where
    /// an exchange between the two would be permitted now.
    ///
    /// # Errors
    /// One answer for an unknown code, a person whose ID does not work or who does not permit it, want of evidence,
    /// and an organisation that never registered the person.
    pub async fn translate(
        &self,
        peer: &OrgId,
        request: TranslateRequest,
    ) -> Result<TranslateAnswer, Problem> {
        Self::own_name(peer, &request.institution)?;
        let permit = self.decide(peer, Action::RelayTranslate, request.purpose)?;
        let (root, person) = self.person_of(peer, &request.code)?.ok_or_else(problems::no_such_person)?;
        // A person's objection reaches whomever it concerns: the table names who may pass it on.
        let permitted = if request.purpose == access::Purpose::Objection {
            self.knows(peer, &person).await?
        } else {
            self.may_reach(peer, &person, &request.to).await?
        };
        if !permitted {
            return Err(problems::no_such_person());
        }
        let body = json!({
            "by": peer, "to": request.to, "purpose": request.purpose, "rule": permit.rule_id(),
        });
        let receipt = self.log("relay.translate", Some(&person), request.exchange, &body).await?;
        let code = self.sealed_code(&request.to, &root, request.exchange)?;
        Ok(TranslateAnswer { exchange: request.exchange, code, receipt })
    }

    /// Whether the medical ID works and the peer registered the person.
    async fn knows(&self, peer: &OrgId, person: &PersonKey) -> Result<bool, Problem> {
        let (peer, person) = (*peer, *person);
        self.read(move |c| Ok(sql::is_active(c, &person)? & sql::is_registered(c, &person, &peer)?)).await
    }

    /// The eligibility service's ticket.
    fn ticket(&self, peer: &OrgId, request: &RegisterRequest) -> Result<Ticket, Problem> {
        let contents: TicketContents = self.open_ticket(request, purpose::MEDICAL_TICKET)?;
        if &contents.institution != peer {
            return Err(problems::ticket());
        }
        Ok(Ticket { link: contents.link, evidence: contents.receipt })
    }

    /// A ticket that the card made itself: only with the eligibility service's word that this very card was read there,
    /// today or before midnight.
    fn card_ticket(&self, peer: &OrgId, request: &RegisterRequest) -> Result<Ticket, Problem> {
        let contents: CardTicket = self.open_ticket(request, purpose::CARD_TICKET)?;
        let presence = request.presence.as_ref().ok_or_else(problems::ticket)?;
        let secret = HEXLOWER.decode(contents.secret.as_bytes()).ok().and_then(|s| s.try_into().ok());
        let secret: [u8; 32] = secret.ok_or_else(problems::ticket)?;
        let today = self.now().date();
        let fresh = (today.add_days(-1)..=today).contains(&presence.day);
        let services = self.policy.directory().of_kind(OrgKind::Eligibility);
        let holds = services
            .into_iter()
            .filter_map(|service| service.ledger_key)
            .any(|key| presence.holds(&key, peer, &secret));
        if &contents.institution != peer || !fresh || !holds {
            return Err(problems::ticket());
        }
        Ok(Ticket { link: contents.link, evidence: presence_receipt(presence) })
    }

    fn open_ticket<T: DeserializeOwned>(
        &self,
        request: &RegisterRequest,
        purpose: &str,
    ) -> Result<T, Problem> {
        let now = self.now().as_seconds();
        let context = &request.ticket.context;
        let current =
            request.ticket.is_current(purpose, now) && context.expires_at <= now + TICKET_LIMIT_SECONDS;
        if context.exchange != request.exchange || !current {
            return Err(problems::ticket());
        }
        let bytes = request.ticket.open(&*self.custody).map_err(|_| problems::ticket())?;
        serde_json::from_slice(&bytes).map_err(|_| problems::ticket())
    }
}
