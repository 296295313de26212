//! The medical ID (医療等ID) on the person's terms: opt in, change, stop, refuse; in effect everywhere at once.

use access::{Action, Purpose};
use codes::{ExchangeId, Generation, OrgId, OrgKind, RootBlockInput};
use protocol::{
    clients::paths,
    eligibility::MedicalLinkUpdate,
    relay::{PersonState, PersonStateUpdate},
    sealed::purpose,
};
use protocol_admin::issuer::{MedicalIdAct, MedicalIdAnswer, MedicalIdRequest};
use serde_json::json;
use wire::Problem;

use super::{Found, Service, block, question_digest};
use crate::{
    model::{MedicalId, MedicalIdState, Outgoing},
    problems::{self, Refusal},
    store as sql,
};

impl Service {
    /// Does what the person wants with the medical ID. When this answers, relay and eligibility service have
    /// acknowledged it.
    ///
    /// # Errors
    /// When the caller is no counter, the person is not on the register, the act does not fit the state, or
    /// another role could not be reached yet (the act is recorded and sent again).
    pub async fn medical_id(
        &self,
        peer: &OrgId,
        request: MedicalIdRequest,
    ) -> Result<MedicalIdAnswer, Problem> {
        self.decide(peer, Action::IssuerMedicalId, Purpose::MedicalIdRequest)?;
        let question = question_digest(&request)?;
        let exchange = request.exchange;
        if let Some(answer) = self.answered(&exchange, question).await? {
            self.deliver(&exchange).await?;
            return Ok(answer);
        }
        let found = self.find(&request.my_number).await?;
        let body = json!({ "by": peer, "act": request.act });
        self.log("issuer.medical-id", Some(&found.sealed), exchange, body).await?;
        let (service, act) = (self.clone(), request.act);
        let answer = self
            .db
            .write(move |tx| service.apply(tx, &found, act, exchange, &question))
            .await
            .map_err(|r: Refusal| r.0)?;
        self.deliver(&exchange).await?;
        Ok(answer)
    }

    /// The answer of an exchange that was answered before.
    pub(super) async fn answered<A: serde::de::DeserializeOwned>(
        &self,
        exchange: &ExchangeId,
        question: [u8; 32],
    ) -> Result<Option<A>, Problem> {
        let exchange = *exchange;
        let before = self
            .db
            .read(move |c| sql::act(c, &exchange))
            .await
            .map_err(|e: store::StoreError| problems::internal(e))?;
        match before {
            Some((asked, answer)) if asked == question => {
                serde_json::from_str(&answer).map(Some).map_err(problems::internal)
            }
            Some(_) => Err(protocol::refusal::exchange_used()),
            None => Ok(None),
        }
    }

    fn apply(
        &self,
        tx: &mut store::Tx<'_>,
        found: &Found,
        act: MedicalIdAct,
        exchange: ExchangeId,
        question: &[u8; 32],
    ) -> Result<MedicalIdAnswer, Refusal> {
        let at = self.clock.now();
        let before = sql::medical_id(tx, &found.sealed)?;
        let after = MedicalId { since: at.as_millis(), ..transition(before, act)? };
        sql::put_medical_id(tx, &found.sealed, &after)?;
        for message in self.messages(found, before, after, exchange)? {
            sql::put_outgoing(tx, &exchange, &message)?;
        }
        let answer = MedicalIdAnswer {
            exchange,
            active: after.state == MedicalIdState::Active,
            generation: after.generation,
            at,
        };
        let text = serde_json::to_string(&answer).map_err(|e| Refusal(problems::internal(e)))?;
        sql::put_act(tx, &exchange, question, &text, at.as_millis())?;
        Ok(answer)
    }

    /// What relay and eligibility service must hear: first that an old code is dead, then that a new one lives.
    fn messages(
        &self,
        found: &Found,
        before: Option<MedicalId>,
        after: MedicalId,
        exchange: ExchangeId,
    ) -> Result<Vec<Outgoing>, Problem> {
        let was_active = before.filter(|b| b.state == MedicalIdState::Active);
        let is_active = after.state == MedicalIdState::Active;
        let mut out = Vec::new();
        if let Some(old) = was_active {
            out.push(self.state_message(found, old.generation, PersonState::Revoked, exchange)?);
        }
        if is_active {
            out.push(self.state_message(found, after.generation, PersonState::Active, exchange)?);
        }
        if is_active || was_active.is_some() {
            out.push(self.link_message(found, is_active.then_some(after.generation), exchange)?);
        }
        for (step, message) in (0..).zip(&mut out) {
            message.step = step;
        }
        Ok(out)
    }

    fn state_message(
        &self,
        found: &Found,
        generation: u16,
        state: PersonState,
        exchange: ExchangeId,
    ) -> Result<Outgoing, Problem> {
        let root = medical_block(found, generation)?;
        let link = self.sealed_link(&self.medical, OrgKind::Relay, purpose::MEDICAL_LINK, exchange, root)?;
        let update = PersonStateUpdate { exchange, link, state, at: self.clock.now() };
        self.outgoing(OrgKind::Relay, paths::PERSON_STATES, &update)
    }

    fn link_message(
        &self,
        found: &Found,
        generation: Option<u16>,
        exchange: ExchangeId,
    ) -> Result<Outgoing, Problem> {
        let person = self.sealed_link(
            &self.insurance,
            OrgKind::Eligibility,
            purpose::INSURANCE_LINK,
            exchange,
            block(found.resident, Generation::default()),
        )?;
        let link = match generation {
            Some(generation) => {
                let root = medical_block(found, generation)?;
                Some(self.sealed_link(
                    &self.medical,
                    OrgKind::Relay,
                    purpose::MEDICAL_LINK,
                    exchange,
                    root,
                )?)
            }
            None => None,
        };
        let update = MedicalLinkUpdate { exchange, person, link };
        self.outgoing(OrgKind::Eligibility, paths::MEDICAL_LINKS, &update)
    }

    /// A message to the one role of a kind; its step is the caller's.
    pub(super) fn outgoing(
        &self,
        to: OrgKind,
        path: &'static str,
        message: &impl serde::Serialize,
    ) -> Result<Outgoing, Problem> {
        let recipient = self.organisation(to)?;
        let message = serde_json::to_string(message).map_err(problems::internal)?;
        Ok(Outgoing { step: 0, recipient, path, message })
    }
}

fn medical_block(found: &Found, generation: u16) -> Result<RootBlockInput, Problem> {
    let generation = Generation::new(generation).ok_or_else(generations_spent)?;
    Ok(block(found.resident, generation))
}

/// The state after an act. A stopped number never comes back: stopping moves on to the next generation.
fn transition(before: Option<MedicalId>, act: MedicalIdAct) -> Result<MedicalId, Problem> {
    let generation = before.map_or(0, |b| b.generation);
    let active = before.is_some_and(|b| b.state == MedicalIdState::Active);
    let (state, generation) = match (act, active) {
        (MedicalIdAct::OptIn, false) => (MedicalIdState::Active, generation),
        (MedicalIdAct::Change, true) => (MedicalIdState::Active, generation + 1),
        (MedicalIdAct::Revoke, true) => (MedicalIdState::Revoked, generation + 1),
        (MedicalIdAct::Refuse, true) => (MedicalIdState::Refused, generation + 1),
        (MedicalIdAct::Refuse, false) => (MedicalIdState::Refused, generation),
        (MedicalIdAct::OptIn, true) => {
            return Err(problems::act_not_possible(
                "すでに医療等IDをお持ちです。変更は「番号の変更」を選んでください。",
                "the person already has one; choose a change of number instead",
            ));
        }
        (MedicalIdAct::Change | MedicalIdAct::Revoke, false) => {
            return Err(problems::act_not_possible(
                "利用中の医療等IDがありません。",
                "the person has no working medical ID",
            ));
        }
    };
    if state == MedicalIdState::Active && Generation::new(generation).is_none() {
        return Err(generations_spent());
    }
    Ok(MedicalId { state, generation, since: 0 })
}

fn generations_spent() -> Problem {
    problems::act_not_possible(
        "変更できる回数（4,095回）を使い切りました。",
        "all 4,095 changes of this person's number are used up",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(state: MedicalIdState, generation: u16) -> Option<MedicalId> {
        Some(MedicalId { state, generation, since: 0 })
    }

    #[test]
    fn a_stopped_number_never_comes_back() {
        let revoked = transition(id(MedicalIdState::Active, 3), MedicalIdAct::Revoke).unwrap();
        let again = transition(Some(revoked), MedicalIdAct::OptIn).unwrap();
        assert_eq!((again.state, again.generation), (MedicalIdState::Active, 4));
        let refused = transition(id(MedicalIdState::Active, 4), MedicalIdAct::Refuse).unwrap();
        let again = transition(Some(refused), MedicalIdAct::OptIn).unwrap();
        assert_eq!((again.state, again.generation), (MedicalIdState::Active, 5));
    }

    #[test]
    fn who_refused_before_asking_starts_at_the_first_generation() {
        let refused = transition(None, MedicalIdAct::Refuse).unwrap();
        assert_eq!(refused.state, MedicalIdState::Refused);
        assert_eq!(transition(Some(refused), MedicalIdAct::OptIn).unwrap().generation, 0);
    }

    #[test]
    fn acts_that_do_not_fit_are_refused() {
        for before in [None, id(MedicalIdState::Revoked, 0), id(MedicalIdState::Refused, 0)] {
            assert!(transition(before, MedicalIdAct::Change).is_err());
            assert!(transition(before, MedicalIdAct::Revoke).is_err());
        }
        assert!(transition(id(MedicalIdState::Active, 0), MedicalIdAct::OptIn).is_err());
        assert!(transition(id(MedicalIdState::Active, 4095), MedicalIdAct::Change).is_err());
    }
}
