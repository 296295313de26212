//! The end of a card: lost, returned, its holder dead or abroad, or another card in its place. It stops on both roads,
//! the insurance code at the eligibility service and the certificates at the certificate authority.

use access::{Action, Purpose};
use calendar::Timestamp;
use codes::{ExchangeId, Generation, OrgId, OrgKind};
use protocol::{
    card::{CardStop, CardStopReason},
    clients::paths,
    jpki::{RevocationReason, RevokeRequest},
    sealed::purpose,
};
use protocol_admin::issuer::{CardStopAnswer, CardStopRequest};
use serde_json::json;
use wire::Problem;

use super::{Found, Service, block, question_digest};
use crate::{
    model::{Card, Outgoing},
    problems::{self, Refusal},
    store as sql,
};

impl Service {
    /// Stops the card that a person has. When this answers, both roads have acknowledged it.
    ///
    /// # Errors
    /// When the caller is no counter, the person is not on the register or has no card in use, or another role could
    /// not be reached yet (the act is recorded and sent again).
    pub async fn stop_card(&self, peer: &OrgId, request: CardStopRequest) -> Result<CardStopAnswer, Problem> {
        self.decide(peer, Action::IssuerStopCard, Purpose::CardStop)?;
        if request.reason == CardStopReason::Replaced {
            return Err(problems::replaced_by_a_card_only());
        }
        let question = question_digest(&request)?;
        let exchange = request.exchange;
        if let Some(answer) = self.answered(&exchange, question).await? {
            self.deliver(&exchange).await?;
            return Ok(answer);
        }
        let found = self.find(&request.my_number).await?;
        let body = json!({ "by": peer, "reason": request.reason });
        self.log("issuer.card-stop", Some(&found.sealed), exchange, body).await?;
        let (service, reason) = (self.clone(), request.reason);
        let answer = self
            .db
            .write(move |tx| {
                let cards = sql::cards_in_use(tx, &found.sealed)?;
                if cards.is_empty() {
                    return Err(Refusal(problems::no_card_in_use()));
                }
                let at = service.clock.now();
                service.stop(tx, &found, &cards, reason, exchange, at)?;
                let answer = CardStopAnswer { exchange, cards: cards.len() as u32, at };
                let text = serde_json::to_string(&answer).map_err(|e| Refusal(problems::internal(e)))?;
                sql::put_act(tx, &exchange, &question, &text, at.as_millis())?;
                Ok(answer)
            })
            .await
            .map_err(|r: Refusal| r.0)?;
        self.deliver(&exchange).await?;
        Ok(answer)
    }

    /// Notes that `cards` of a person stop, and what the others must hear: first the road that is asked most.
    pub(super) fn stop(
        &self,
        tx: &mut store::Tx<'_>,
        found: &Found,
        cards: &[Card],
        reason: CardStopReason,
        exchange: ExchangeId,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        if cards.is_empty() {
            return Ok(());
        }
        let person = self.sealed_link(
            &self.insurance,
            OrgKind::Eligibility,
            purpose::INSURANCE_LINK,
            exchange,
            block(found.resident, Generation::default()),
        )?;
        let applets = cards.iter().map(|card| card.applet).collect();
        let stop = CardStop { exchange, person, cards: applets, reason, at };
        let mut out = vec![self.outgoing(OrgKind::Eligibility, paths::CARD_STOPS, &stop)?];
        for card in cards {
            sql::stop_card(tx, &found.sealed, &card.applet, reason, at.as_millis())?;
            for serial in [Some(&card.authentication), card.signing.as_ref()].into_iter().flatten() {
                let request = RevokeRequest { exchange, serial: serial.clone(), reason: revocation(reason) };
                out.push(self.outgoing(OrgKind::Jpki, paths::REVOCATIONS, &request)?);
            }
        }
        for (step, message) in (0..).zip(out) {
            sql::put_outgoing(tx, &exchange, &Outgoing { step, ..message })?;
        }
        Ok(())
    }
}

/// The authority's word (RFC 5280) for the reason. A card that another replaced is one that its holder gave up: what
/// the authority calls superseded is a certificate renewed, which names its successor.
fn revocation(reason: CardStopReason) -> RevocationReason {
    match reason {
        CardStopReason::Lost => RevocationReason::KeyCompromise,
        CardStopReason::Death | CardStopReason::MovedAbroad => RevocationReason::AffiliationChanged,
        CardStopReason::Returned | CardStopReason::Replaced => RevocationReason::CessationOfOperation,
    }
}
