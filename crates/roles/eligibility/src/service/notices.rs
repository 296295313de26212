//! Notices for members (加入者へのお知らせ): an insurer names a member by symbol and number, this service knows whom it means and passes the
//! notice on to the relay by a ticket that only the relay opens. It is told the same whether the person has a medical ID.

use access::Action;
use calendar::Timestamp;
use codes::{EnvelopeContext, ExchangeId, OrgId};
use protocol::Sealed;
use protocol::clients::RelayClient;
use protocol::notices::{Addressee, MemberNotice, NoticeKind, NoticeRequest, NoticeTicket};
use protocol::relay::Acknowledged;
use protocol::sealed::purpose;
use serde_json::json;
use wire::Problem;

use super::{Inner, Service};
use crate::model::{fold, standing as rules};
use crate::problems;
use crate::store::{Change, Found};

/// Kind of the entry of a notice, before it leaves.
const NOTICE: &str = "eligibility.notice";

/// How long the relay may take to open a ticket, in seconds.
const TICKET_LIFE_SECONDS: i64 = 300;

impl Service {
    /// Passes an insurer's notice on to a member of its own.
    ///
    /// # Errors
    /// A purpose that the table does not give an insurer; another insurer's member, or nobody's number; the relay's refusal.
    pub async fn notify(&self, asker: &OrgId, request: MemberNotice) -> Result<Acknowledged, Problem> {
        let action = Action::EligibilityNotice;
        let permit = self.permit(asker, &request.insurer, action, request.kind.purpose())?;
        if OrgId::insurer(&request.insured.insurer) != *asker {
            return Err(problems::no_such_member());
        }
        let number = request.insured.normalized().without_branch().to_owned();
        let found = self.store.carriers(number).await.map_err(problems::internal)?;
        let carries = |found: &Found| {
            let known = fold::memberships_known(&found.history, None);
            known.iter().any(|membership| rules::carries(membership, &request.insured))
        };
        let mut members = found.into_iter().filter(|candidate| carries(&candidate.found));
        let (Some(member), None) = (members.next(), members.next()) else {
            return Err(problems::no_such_member());
        };
        let now = self.clock.now();
        let body =
            json!({ "by": asker, "kind": request.kind, "rule": permit.rule_id(), "table": self.table });
        let receipt = self.log(NOTICE, Some(&member.code), request.exchange, now, &body).await?;
        if let Some(link) = &member.found.medical_link {
            let said = (request.exchange, request.kind, request.due);
            self.pass_on(link, *asker, said).await?;
        }
        Ok(Acknowledged { exchange: request.exchange, receipt })
    }
}

impl Inner {
    /// Tells a person that an insurer took them in who was with another before, unless that was taken back meanwhile.
    async fn tell_change(&self, change: &Change) -> Result<(), Problem> {
        let found = self.store.person(change.person, None).await.map_err(problems::internal)?;
        let known = fold::memberships_known(&found.history, None);
        let stands = known.iter().any(|membership| {
            membership.insurer() == change.insurer && membership.qualified_on() == change.qualified_on
        });
        let (Some(link), true) = (&found.medical_link, stands) else { return Ok(()) };
        let (insurer, kind) = (OrgId::insurer(&change.insurer), NoticeKind::InsurerChange);
        let body = json!({ "by": insurer, "kind": kind, "table": self.table });
        self.log(NOTICE, Some(&change.person), change.exchange, self.clock.now(), &body).await?;
        self.pass_on(link, insurer, (change.exchange, kind, Some(change.qualified_on))).await
    }

    async fn pass_on(
        &self,
        link: &str,
        insurer: OrgId,
        (exchange, kind, due): (ExchangeId, NoticeKind, Option<calendar::Date>),
    ) -> Result<(), Problem> {
        let link: Sealed = serde_json::from_str(link).map_err(problems::internal)?;
        let relay = link.context.recipient;
        let key = self.envelope_key(&relay);
        let key = key.ok_or_else(|| problems::internal("the relay has no envelope key in the directory"))?;
        let context = EnvelopeContext {
            recipient: relay,
            purpose: purpose::NOTICE_TICKET.to_owned(),
            expires_at: self.clock.now().as_seconds() + TICKET_LIFE_SECONDS,
            exchange,
            consent: None,
            binding: Vec::new(),
        };
        let contents = NoticeTicket { sender: self.org, link };
        let contents = serde_json::to_vec(&contents).map_err(problems::internal)?;
        let ticket = Sealed::new(&key, context, &contents).map_err(problems::internal)?;
        let request = NoticeRequest {
            exchange,
            sender: self.org,
            on_behalf: Some(insurer),
            to: Addressee::Ticket(ticket),
            kind,
            due,
            about: None,
        };
        let known = self.policy.directory().get(&relay).and_then(|relay| relay.api.clone());
        let base = known.ok_or_else(|| problems::internal("the relay has no address"))?;
        RelayClient::new(self.client.clone(), base).notify(&request).await?;
        Ok(())
    }
}

/// Tells the persons who wait to be told that their insurer changed, after each intake and until shutdown. They stand in the
/// store since the transaction that took the report, so that no end of the process loses one.
pub(crate) async fn tell_forever(service: Service, shutdown: wire::Shutdown) {
    loop {
        while service.tell_due().await {
            tokio::task::yield_now().await;
        }
        tokio::select! {
            () = shutdown.wait() => return,
            () = service.telling.notified() => {}
            () = tokio::time::sleep(ROUND) => {}
        }
    }
}

/// How often it is looked for what is due again.
const ROUND: std::time::Duration = std::time::Duration::from_secs(20);

/// Persons told in one round, and at once.
const ROUND_MAX: i64 = 512;
const AT_ONCE: usize = 16;

/// The first pause before a person is told again whom the relay could not be told of, in milliseconds; doubled each time, up to
/// four hours.
const PAUSE_MILLIS: i64 = 30_000;
const PAUSE_DOUBLED_MAX: i64 = 9;

impl Service {
    /// One round; true when it was settled and more is due.
    async fn tell_due(&self) -> bool {
        let due = match self.store.changes_due(self.clock.now(), ROUND_MAX).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "who is to be told of a change of insurer could not be read");
                return false;
            }
        };
        let mut more = due.len() as i64 == ROUND_MAX;
        let mut under_way = tokio::task::JoinSet::new();
        for change in due {
            if under_way.len() >= AT_ONCE {
                more &= matches!(under_way.join_next().await, Some(Ok(true)));
            }
            let service = self.clone();
            under_way.spawn(async move { service.settle_change(change).await });
        }
        while let Some(settled) = under_way.join_next().await {
            more &= matches!(settled, Ok(true));
        }
        more
    }

    /// True when what became of it stands in the store.
    async fn settle_change(&self, change: Change) -> bool {
        let told = self.tell_change(&change).await;
        let now = self.clock.now();
        let settled = match told {
            Ok(()) => self.store.drop_change(&change).await,
            Err(problem) if now >= change.until => {
                tracing::error!(%problem, "a change of insurer could not be told for a month: given up");
                self.store.drop_change(&change).await
            }
            Err(problem) => {
                tracing::warn!(%problem, "a change of insurer could not be told; it is tried again");
                let pause = PAUSE_MILLIS << change.tries.clamp(0, PAUSE_DOUBLED_MAX);
                self.store.change_again(&change, Timestamp::from_millis(now.as_millis() + pause)).await
            }
        };
        settled.inspect_err(|error| tracing::error!(%error, "what became of a notice is not written")).is_ok()
    }
}
