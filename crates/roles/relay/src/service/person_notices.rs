//! Notices for a person on their way to the portal (お知らせの取次ぎ): accepted by purpose, translated, brought until they arrive.

use std::collections::HashSet;

use access::Action;
use calendar::{Date, Timestamp};
use codes::{EnvelopeContext, ExchangeId, Medical, OrgId, OrgKind, RootCode};
use protocol::clients::PortalClient;
use protocol::notices::{Addressee, Notice, NoticeKind, NoticeRequest, NoticeTicket};
use protocol::relay::Acknowledged;
use protocol::{Sealed, sealed::purpose};
use serde_json::json;
use store::{StoreError, Tx};
use wire::Problem;

use super::{Service, digest};
use crate::model::{PersonKey, Seen};
use crate::store::person_notices::{self, Waiting};
use crate::{problems, store as sql};

/// Kind of the entry of a notice, before it leaves.
pub(super) const NOTICE: &str = "relay.notice";

/// What a notice says beside to whom.
pub(super) struct Said {
    pub(super) exchange: ExchangeId,
    pub(super) sender: OrgId,
    pub(super) kind: NoticeKind,
    pub(super) due: Option<Date>,
    pub(super) about: Option<ExchangeId>,
}

impl Service {
    /// Accepts a notice for a person. Whether there is such a person, and whether their ID works, makes no difference to the
    /// answer.
    ///
    /// # Errors
    /// A purpose that the table does not give the sender; another's name; a ticket that is none; a key used before.
    pub async fn notify(&self, peer: &OrgId, request: NoticeRequest) -> Result<Acknowledged, Problem> {
        Self::own_name(peer, &request.sender)?;
        let permit = self.decide(peer, Action::RelayNotice, request.kind.purpose())?;
        if let Some(other) = &request.on_behalf {
            self.decide(other, Action::RelayNotice, request.kind.purpose())?;
        }
        let known = match &request.to {
            Addressee::Code(code) => self.person_of(peer, code)?,
            Addressee::Ticket(ticket) => {
                let root = self.of_ticket(peer, ticket)?;
                let person = self.person_key(&root)?;
                Some((root, person))
            }
        };
        let person = known.as_ref().map_or_else(PersonKey::nobody, |(_, person)| *person);
        let body = json!({
            "by": peer, "for": request.on_behalf, "kind": request.kind, "rule": permit.rule_id(),
        });
        let receipt = self.log(NOTICE, Some(&person), request.exchange, &body).await?;
        let said = Said {
            exchange: request.exchange,
            sender: request.on_behalf.unwrap_or(*peer),
            kind: request.kind,
            due: request.due,
            about: request.about,
        };
        let now = self.now();
        let notices = match &known {
            Some((root, _)) => self.addressed(root, &said, now)?,
            None => Vec::new(),
        };
        let (exchange, org, question) = (request.exchange, *peer, digest(&(request.kind, request.due))?);
        let seen = self
            .write(move |tx| {
                let seen = sql::record_exchange(tx, &exchange, &org, &question, now.as_millis())?;
                if seen == Seen::New && sql::is_active(tx, &person)? {
                    put_all(tx, &notices, now)?;
                }
                Ok(seen)
            })
            .await?;
        if seen == Seen::Other {
            return Err(protocol::refusal::exchange_used());
        }
        self.bring_soon();
        Ok(Acknowledged { exchange: request.exchange, receipt })
    }

    /// The notice as each portal gets it.
    pub(super) fn addressed(
        &self,
        root: &RootCode<Medical>,
        said: &Said,
        at: Timestamp,
    ) -> Result<Vec<Waiting>, Problem> {
        let portals = self.policy.directory().of_kind(OrgKind::Portal);
        let with_keys = portals.iter().filter_map(|portal| Some((portal.id, portal.envelope_key?)));
        let address = |(portal, key): (OrgId, codes::EnvelopeKey)| {
            let context = EnvelopeContext {
                recipient: portal,
                purpose: purpose::NOTICE.into(),
                expires_at: protocol::sealed::STANDING,
                exchange: said.exchange,
                consent: None,
                binding: Vec::new(),
            };
            let code = self.org_code(&portal, root)?.to_bytes();
            let to = Sealed::new(&key, context, &code).map_err(problems::sealing)?;
            let notice = Notice {
                exchange: said.exchange,
                sender: said.sender,
                to,
                kind: said.kind,
                at,
                due: said.due,
                about: said.about,
            };
            let message = serde_json::to_string(&notice).map_err(problems::json)?;
            Ok(Waiting { exchange: said.exchange, portal, message })
        };
        with_keys.map(address).collect()
    }

    /// Brings what waits without making the sender wait: how long it takes would tell whether there was something to bring.
    pub(super) fn bring_soon(&self) {
        let relay = self.clone();
        tokio::spawn(async move { relay.deliver_person_notices().await });
    }

    /// Brings what waits; what does not arrive stays for the next round.
    pub(crate) async fn deliver_person_notices(&self) {
        let waiting = match self.read(person_notices::waiting).await {
            Ok(waiting) => waiting,
            Err(error) => return tracing::warn!(%error, "the notices for persons could not be read"),
        };
        let mut away = HashSet::new();
        for notice in waiting {
            if away.contains(&notice.portal) {
                continue;
            }
            let Err(error) = self.bring(&notice).await else { continue };
            tracing::warn!(portal = %notice.portal, %error, "a notice did not arrive; it is brought again");
            // One portal's trouble, or one notice's, is not the others': who does not answer is left for this round, and
            // what is refused goes behind the rest.
            if error.status().is_server_error() {
                away.insert(notice.portal);
            } else if let Err(error) = self.postpone(&notice).await {
                return tracing::warn!(%error, "the notices for persons could not be put in order");
            }
        }
    }

    async fn postpone(&self, notice: &Waiting) -> Result<(), Problem> {
        let (exchange, portal, now) = (notice.exchange, notice.portal, self.now().as_millis());
        self.write(move |tx| person_notices::postpone(tx, &exchange, &portal, now)).await
    }

    async fn bring(&self, waiting: &Waiting) -> Result<(), Problem> {
        let known = self.policy.directory().get(&waiting.portal);
        let base = known.and_then(|portal| portal.api.clone()).ok_or_else(Problem::not_found)?;
        let message: Notice = serde_json::from_str(&waiting.message).map_err(problems::json)?;
        PortalClient::new(self.client.clone(), base).notice(&message).await?;
        let (exchange, portal) = (waiting.exchange, waiting.portal);
        self.write(move |tx| person_notices::drop(tx, &exchange, &portal)).await
    }

    fn of_ticket(&self, peer: &OrgId, ticket: &Sealed) -> Result<RootCode<Medical>, Problem> {
        if !ticket.is_current(purpose::NOTICE_TICKET, self.now().as_seconds()) {
            return Err(problems::ticket());
        }
        let bytes = ticket.open(&*self.custody).map_err(|_| problems::ticket())?;
        let contents: NoticeTicket = serde_json::from_slice(&bytes).map_err(|_| problems::ticket())?;
        if contents.sender != *peer {
            return Err(problems::ticket());
        }
        self.root(&contents.link)
    }
}

/// Puts notices on their way, in the transaction of what they are about.
pub(super) fn put_all(tx: &mut Tx<'_>, notices: &[Waiting], at: Timestamp) -> Result<(), StoreError> {
    notices.iter().try_for_each(|notice| person_notices::put(tx, notice, at.as_millis()))
}
