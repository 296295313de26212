//! The medical ID (医療等ID) on the person's terms: have one, change, seal, reopen, stop, refuse; further numbers for an
//! illness or a time of life. In effect everywhere at once.

use access::{Action, Purpose};
use codes::{ExchangeId, Facet, Generation, OrgId};
use protocol::card::CARD_NUMBERS_MAX;
use protocol_admin::issuer::{LABEL_MAX, MedicalIdAct, MedicalIdAnswer, MedicalIdRequest, NumberState};
use serde_json::json;
use wire::Problem;

use super::{Found, Service, numbers::stamp, question_digest};
use crate::{
    model::{Act, Number},
    problems::{self, Refusal},
    store as sql,
};

/// What a person wants, at a counter.
pub(crate) struct Wish {
    /// At which counter.
    pub by: OrgId,
    /// Key of the act.
    pub exchange: ExchangeId,
    /// What.
    pub act: MedicalIdAct,
    /// With which number.
    pub number: Facet,
    /// What a number that is added is called.
    pub label: String,
}

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
        let (act, number) = (request.act, Facet(request.number));
        self.fulfil(found, Wish { by: *peer, exchange, act, number, label: request.label }, question).await
    }

    /// Logs and does what a person who was found wants.
    pub(super) async fn fulfil(
        &self,
        found: Found,
        wish: Wish,
        question: [u8; 32],
    ) -> Result<MedicalIdAnswer, Problem> {
        let exchange = wish.exchange;
        if wish.label.chars().count() > LABEL_MAX || wish.label.chars().any(char::is_control) {
            return Err(problems::label());
        }
        let body = json!({ "by": wish.by, "act": wish.act, "number": wish.number.0 });
        let entry = self.log("issuer.medical-id", Some(&found.sealed), exchange, body).await?.index;
        let service = self.clone();
        let answer = self
            .db
            .write(move |tx| service.apply(tx, &found, &wish, entry, &question))
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
        wish: &Wish,
        entry: u64,
        question: &[u8; 32],
    ) -> Result<MedicalIdAnswer, Refusal> {
        let (at, exchange, act) = (self.clock.now(), wish.exchange, wish.act);
        let mut held = sql::numbers(tx, &found.sealed)?;
        permitted(&held, act)?;
        let number = if act == MedicalIdAct::AddFacet { next(&held)? } else { wish.number };
        let before = held.iter().find(|n| n.number == number).cloned();
        let (state, generation) = transition(number, before.as_ref(), act)?;
        let stamp = stamp(at, before.as_ref());
        let label = match act {
            MedicalIdAct::AddFacet => Some(self.seal_label(found, number, &wish.label)?),
            _ => None,
        };
        let after = Number { number, state, generation, since: at.as_millis(), stamp, label };
        sql::put_number(tx, &found.sealed, &after)?;
        let done = Act { entry, at: at.as_millis(), act, number, by: wish.by };
        sql::put_history(tx, &found.sealed, &done)?;
        for message in self.messages(found, before.as_ref(), &after, exchange)? {
            sql::put_outgoing(tx, &exchange, &message)?;
        }
        held.retain(|n| n.number != number);
        held.push(after);
        let mut cards = Vec::new();
        if number.0 != 0 {
            for card in sql::cards_in_use(tx, &found.sealed)? {
                cards.push(self.card_numbers(found, &card.applet, &held)?);
            }
        }
        let active = state == NumberState::Active;
        let answer = MedicalIdAnswer { exchange, number: number.0, active, generation, cards, at };
        let text = serde_json::to_string(&answer).map_err(|e| Refusal(problems::internal(e)))?;
        sql::put_act(tx, &exchange, question, &text, at.as_millis())?;
        Ok(answer)
    }
}

/// What an act demands of the person's other numbers.
fn permitted(held: &[Number], act: MedicalIdAct) -> Result<(), Problem> {
    let further = held.iter().filter(|n| n.number.0 != 0 && n.state.is_held()).count();
    let ordinary = held.iter().any(|n| n.number.0 == 0 && n.state.is_held());
    match act {
        MedicalIdAct::Refuse if further > 0 => Err(problems::act_not_possible(
            "先に別の番号をそれぞれやめてください。まとめて止めると、どの番号が同じ人のものか分かってしまいます。",
            "stop the further numbers one by one first: stopped together, they would show whose they are",
        )),
        MedicalIdAct::AddFacet if !ordinary => {
            Err(problems::act_not_possible("先に医療等IDを持ってください。", "have a medical ID first"))
        }
        MedicalIdAct::AddFacet if further >= CARD_NUMBERS_MAX => Err(problems::act_not_possible(
            "カードに入る別の番号は8つまでです。",
            "a card takes eight further numbers",
        )),
        _ => Ok(()),
    }
}

/// The next further number: one that was stopped is never used again.
fn next(held: &[Number]) -> Result<Facet, Problem> {
    let last = held.iter().map(|n| n.number.0).max().unwrap_or(0);
    last.checked_add(1).map(Facet).ok_or_else(|| {
        problems::act_not_possible("別の番号を使い切りました。", "all 65,535 further numbers are used up")
    })
}

/// State and generation after an act. A stopped number never comes back: stopping moves on to the next generation.
fn transition(
    number: Facet,
    before: Option<&Number>,
    act: MedicalIdAct,
) -> Result<(NumberState, u16), Problem> {
    use MedicalIdAct as A;
    use NumberState as S;
    let generation = before.map_or(0, |b| b.generation);
    let state = before.map(|b| b.state).filter(|state| state.is_held());
    let after = match (act, state, number.0) {
        (A::OptIn, None, 0) => (S::Active, generation),
        (A::AddFacet, None, 1..) => (S::Active, generation),
        (A::Change, Some(S::Active), _) => (S::Active, generation + 1),
        (A::Seal, Some(S::Active), _) => (S::Sealed, generation),
        (A::Reopen, Some(S::Sealed), _) => (S::Active, generation),
        (A::Revoke, Some(_), 0) | (A::RetireFacet, Some(_), 1..) => (S::Revoked, generation + 1),
        (A::Refuse, Some(_), 0) => (S::Refused, generation + 1),
        (A::Refuse, None, 0) => (S::Refused, generation),
        (A::OptIn, Some(_), 0) => {
            return Err(problems::act_not_possible(
                "すでに医療等IDをお持ちです。変更は「番号の変更」を選んでください。",
                "the person already has one; choose a change of number instead",
            ));
        }
        (A::Change | A::Seal, Some(_), _) => {
            return Err(problems::act_not_possible(
                "封印中です。先に封印を解いてください。",
                "it is sealed: reopen it first",
            ));
        }
        (A::Reopen, Some(_), _) => {
            return Err(problems::act_not_possible("封印されていません。", "it is not sealed"));
        }
        (A::Change | A::Seal | A::Reopen | A::Revoke | A::RetireFacet, None, _) => {
            return Err(problems::act_not_possible(
                "利用中の番号がありません。",
                "there is no such working number",
            ));
        }
        _ => {
            return Err(problems::act_not_possible(
                "この手続きは、この番号にはできません。",
                "this act does not belong to this number",
            ));
        }
    };
    if after.0 == S::Active && Generation::new(after.1).is_none() {
        return Err(generations_spent());
    }
    Ok(after)
}

pub(super) fn generations_spent() -> Problem {
    problems::act_not_possible(
        "変更できる回数（4,095回）を使い切りました。",
        "all 4,095 changes of this person's number are used up",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use MedicalIdAct as A;
    use NumberState as S;

    fn id(number: u16, state: S, generation: u16) -> Number {
        Number { number: Facet(number), state, generation, since: 0, stamp: 0, label: None }
    }

    fn step(before: &Number, act: A) -> Result<Number, Problem> {
        let (state, generation) = transition(before.number, Some(before), act)?;
        Ok(Number { state, generation, ..before.clone() })
    }

    #[test]
    fn a_stopped_number_never_comes_back() {
        let revoked = step(&id(0, S::Active, 3), A::Revoke).unwrap();
        let again = step(&revoked, A::OptIn).unwrap();
        assert_eq!((again.state, again.generation), (S::Active, 4));
        let refused = step(&id(0, S::Sealed, 4), A::Refuse).unwrap();
        assert_eq!(step(&refused, A::OptIn).unwrap().generation, 5);
        let retired = step(&id(2, S::Sealed, 0), A::RetireFacet).unwrap();
        assert!(step(&retired, A::OptIn).is_err() && step(&retired, A::Reopen).is_err());
        assert_eq!(next(&[id(0, S::Active, 0), retired]).unwrap(), Facet(3));
    }

    #[test]
    fn a_sealed_number_comes_back_as_it_was() {
        let sealed = step(&id(0, S::Active, 3), A::Seal).unwrap();
        assert_eq!((sealed.state, sealed.generation), (S::Sealed, 3));
        assert!(step(&sealed, A::Change).is_err() && step(&sealed, A::Seal).is_err());
        assert_eq!(step(&sealed, A::Reopen).unwrap(), id(0, S::Active, 3));
        assert!(step(&id(0, S::Active, 3), A::Reopen).is_err());
    }

    #[test]
    fn who_refused_before_asking_starts_at_the_first_generation() {
        assert_eq!(transition(Facet(0), None, A::Refuse).unwrap(), (S::Refused, 0));
        assert_eq!(step(&id(0, S::Refused, 0), A::OptIn).unwrap().generation, 0);
    }

    #[test]
    fn acts_that_do_not_fit_are_refused() {
        for before in [S::Revoked, S::Refused] {
            for act in [A::Change, A::Revoke, A::Seal, A::Reopen] {
                assert!(step(&id(0, before, 0), act).is_err());
            }
        }
        assert!(transition(Facet(0), None, A::Change).is_err());
        assert!(step(&id(0, S::Active, 0), A::OptIn).is_err());
        assert!(step(&id(0, S::Active, 4095), A::Change).is_err());
        for act in [A::Revoke, A::Refuse, A::OptIn] {
            assert!(step(&id(1, S::Active, 0), act).is_err(), "not for a further number");
        }
        assert!(step(&id(0, S::Active, 0), A::RetireFacet).is_err());
        let all: Vec<Number> = (0..9).map(|n| id(n, S::Active, 0)).collect();
        assert!(permitted(&all, A::AddFacet).is_err() && permitted(&all, A::Refuse).is_err());
        assert!(permitted(&all[..8], A::AddFacet).is_ok() && permitted(&all[..1], A::Refuse).is_ok());
        assert!(permitted(&[], A::AddFacet).is_err());
    }
}
