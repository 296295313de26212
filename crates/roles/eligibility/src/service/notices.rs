//! Notices for members (加入者へのお知らせ): an insurer names a member by symbol and number, this service knows whom it means and passes the
//! notice on to the relay by a ticket that only the relay opens. It is told the same whether the person has a medical ID.

use access::Action;
use codes::{EnvelopeContext, ExchangeId, InsuranceCode, InsurerNumber, OrgId};
use protocol::Sealed;
use protocol::clients::RelayClient;
use protocol::notices::{Addressee, MemberNotice, NoticeKind, NoticeRequest, NoticeTicket};
use protocol::relay::Acknowledged;
use protocol::sealed::purpose;
use serde_json::json;
use sha2::{Digest, Sha256};
use wire::Problem;

use super::{Inner, Service};
use crate::model::{Report, fold, standing as rules};
use crate::problems;
use crate::store::Found;

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
    /// Tells a person that an insurer took them in who was with another before. The report is taken whatever comes of this.
    pub(super) async fn tell_insurer_change(&self, code: &InsuranceCode, report: &Report) {
        if let Err(problem) = self.insurer_changed(code, report).await {
            tracing::error!(%problem, "a person could not be told that the insurer changed");
        }
    }

    async fn insurer_changed(&self, code: &InsuranceCode, report: &Report) -> Result<(), Problem> {
        let found = self.store.person(*code, None).await.map_err(problems::internal)?;
        let others = found.history.iter().any(|version| version.report.insurer() != report.insurer());
        let (Some(link), true, false) = (&found.medical_link, others, self.is_handover()) else {
            return Ok(());
        };
        let exchange = change_key(report.insurer(), &report.report_id);
        let insurer = OrgId::insurer(&report.insurer());
        let kind = NoticeKind::InsurerChange;
        let body = json!({ "by": insurer, "kind": kind, "table": self.table });
        self.log(NOTICE, Some(code), exchange, self.clock.now(), &body).await?;
        self.pass_on(link, insurer, (exchange, kind, Some(report.qualified_on))).await
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

/// Key of the notice of a change: a report that is sent again tells nothing twice.
fn change_key(insurer: InsurerNumber, report: &str) -> ExchangeId {
    let digest = Sha256::digest(format!("insurer change {insurer} {report}"));
    ExchangeId::from_bytes(digest.first_chunk().copied().unwrap_or_default())
}
