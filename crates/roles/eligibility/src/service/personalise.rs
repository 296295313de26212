//! What the issuer asks: the insurance code for a card, and the envelope that leads to a medical ID.

use access::{Action, Purpose};
use codes::{EnvelopeContext, OrgId, OrgKind};
use protocol::Sealed;
use protocol::eligibility::{MedicalLinkUpdate, PersonaliseAnswer, PersonaliseRequest};
use protocol::relay::Acknowledged;
use protocol::sealed::{STANDING, purpose};
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::problems;

impl Service {
    /// The insurance code of a person, sealed to a card. A retry gets the same code in a fresh envelope.
    ///
    /// # Errors
    /// When the caller is not the issuer, or the envelope is not for us.
    pub async fn personalise(
        &self,
        asker: &OrgId,
        request: &PersonaliseRequest,
    ) -> Result<PersonaliseAnswer, Problem> {
        let permit =
            self.permit(asker, asker, Action::EligibilityPersonalise, Purpose::CardPersonalisation)?;
        let code = self.open_link(&request.person, "person")?;
        let body = json!({ "by": asker, "rule": permit.rule_id(), "table": self.table });
        let now = self.clock.now();
        self.log("eligibility.personalise", Some(&code), request.exchange, now, &body).await?;
        let context = EnvelopeContext {
            recipient: self.org,
            purpose: purpose::CARD_PERSONALISE.to_owned(),
            expires_at: STANDING,
            exchange: request.exchange,
            consent: None,
            binding: request.card_key.as_bytes().to_vec(),
        };
        let code = Sealed::new(&request.card_key, context, code.as_bytes());
        code.map(|code| PersonaliseAnswer { code }).map_err(|_| problems::envelope("card_key"))
    }

    /// Keeps, replaces or drops the envelope that leads to a person's medical ID. Only the relay opens it.
    ///
    /// # Errors
    /// When the caller is not the issuer, or an envelope is not what it must be.
    pub async fn set_medical_link(
        &self,
        asker: &OrgId,
        request: &MedicalLinkUpdate,
    ) -> Result<Acknowledged, Problem> {
        let permit = self.permit(asker, asker, Action::EligibilityMedicalLink, Purpose::CodeState)?;
        let code = self.open_link(&request.person, "person")?;
        let is_relay = |link: &Sealed| link.context.recipient.kind() == OrgKind::Relay;
        if request.link.as_ref().is_some_and(|l| !is_relay(l) || l.context.purpose != purpose::MEDICAL_LINK) {
            return Err(problems::envelope("link"));
        }
        let link =
            request.link.as_ref().map(serde_json::to_string).transpose().map_err(problems::internal)?;
        let body = json!({
            "by": asker,
            "link": if link.is_some() { "set" } else { "dropped" },
            "rule": permit.rule_id(),
            "table": self.table,
        });
        let now = self.clock.now();
        self.store.set_medical_link(code, link, now).await.map_err(problems::internal)?;
        let receipt = self.log("eligibility.medical-link", Some(&code), request.exchange, now, &body).await?;
        Ok(Acknowledged { exchange: request.exchange, receipt })
    }
}
