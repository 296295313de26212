//! What the issuer asks: the insurance code for a card, that a card stops, and the envelope that leads to a medical ID.

use access::{Action, Purpose};
use codes::{EnvelopeContext, OrgId, OrgKind};
use protocol::Sealed;
use protocol::card::{AppletContents, CardId, CardStop};
use protocol::eligibility::{MedicalLinkUpdate, PersonaliseAnswer, PersonaliseRequest};
use protocol::relay::Acknowledged;
use protocol::sealed::{STANDING, purpose};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::problems;
use crate::store::Stopped;

impl Service {
    /// The insurance code of a person and an id for the card, sealed to the card. The same card, asked for again, gets
    /// the same contents in a fresh envelope.
    ///
    /// # Errors
    /// When the caller is not the issuer, the envelope is not for us, or the card stopped.
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
        let card = self.store.keep_card(code, request.card_key, fresh_card()?, now).await;
        let card =
            card.map_err(problems::internal)?.ok_or_else(|| problems::internal("the card was not kept"))?;
        if let Some(stop) = card.stopped {
            return Err(problems::card_stopped(stop, "card_key"));
        }
        let context = EnvelopeContext {
            recipient: self.org,
            purpose: purpose::CARD_PERSONALISE.to_owned(),
            expires_at: STANDING,
            exchange: request.exchange,
            consent: None,
            binding: request.card_key.as_bytes().to_vec(),
        };
        let contents = AppletContents { code, card: card.id };
        let code = Sealed::new(&request.card_key, context, &contents.to_bytes()[..]);
        code.map(|code| PersonaliseAnswer { code }).map_err(|_| problems::envelope("card_key"))
    }

    /// Answers cards of a person no more. Told again, it is acknowledged with the receipt of the first time.
    ///
    /// # Errors
    /// When the caller is not the issuer, the envelope is not for us, or a card is not this person's.
    pub async fn stop_cards(&self, asker: &OrgId, request: &CardStop) -> Result<Acknowledged, Problem> {
        let permit = self.permit(asker, asker, Action::EligibilityStopCard, Purpose::CardStop)?;
        let code = self.open_link(&request.person, "person")?;
        let before = self.store.card_stops(code, request.cards.clone()).await.map_err(problems::internal)?;
        let before: Option<Vec<_>> = before.into_iter().collect();
        let before = before.filter(|cards| !cards.is_empty()).ok_or_else(problems::no_such_card)?;
        let done: Option<Vec<_>> = before.into_iter().collect();
        if let Some(receipt) = done.and_then(|receipts| receipts.into_iter().next()) {
            return Ok(Acknowledged { exchange: request.exchange, receipt });
        }
        let body = json!({
            "by": asker,
            "cards": request.cards.len(),
            "reason": request.reason,
            "at": request.at,
            "rule": permit.rule_id(),
            "table": self.table,
        });
        let now = self.clock.now();
        let receipt = self.log("eligibility.card-stop", Some(&code), request.exchange, now, &body).await?;
        let kept = serde_json::to_string(&receipt).map_err(problems::internal)?;
        let stop = Stopped { at: request.at, reason: request.reason };
        let stopped = self.store.stop_cards(code, request.cards.clone(), stop, kept).await;
        stopped.map_err(problems::internal)?;
        Ok(Acknowledged { exchange: request.exchange, receipt })
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

fn fresh_card() -> Result<CardId, Problem> {
    let mut id = [0; 16];
    SystemRandom::new().fill(&mut id).map_err(problems::internal)?;
    Ok(CardId::from_bytes(id))
}
