//! Notices for members: invitations to health checks, by the eligibility service, which knows whom symbol and number mean.

use calendar::Date;
use codes::ExchangeId;
use my_number::SealedMyNumber;
use protocol::clients::EligibilityClient;
use protocol::notices::{MemberNotice, NoticeKind};
use serde_json::json;
use wire::Problem;

use super::Service;

/// Kind of the entry of a notice, before it is sent.
const NOTICE: &str = "insurer.notice";

impl Service {
    /// Invites a member to a health check until a day. The same key again is the same invitation.
    ///
    /// # Errors
    /// A member who is none; the eligibility service's refusal, with its reason; the ledger.
    pub async fn invite(
        &self,
        member: SealedMyNumber,
        qualified_on: Date,
        until: Date,
        exchange: ExchangeId,
    ) -> Result<(), Problem> {
        let found = self.member(member, qualified_on).await?;
        let kind = NoticeKind::HealthCheckInvitation;
        self.log(NOTICE, Some(&member), json!({ "kind": kind, "due": until, "exchange": exchange })).await?;
        let notice = MemberNotice {
            exchange,
            insurer: self.org,
            insured: found.member.record.insured.clone(),
            kind,
            due: Some(until),
        };
        EligibilityClient::new(self.client.clone(), self.eligibility()?).notify(&notice).await?;
        Ok(())
    }
}
