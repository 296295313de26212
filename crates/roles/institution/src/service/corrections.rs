//! "This is wrong" (訂正の求め): taken in through the portal under the person's own grant, answered by the records office, told to the
//! person.

use access::{Action, Asking, Purpose};
use codes::{ExchangeId, OrgId};
use consent::ActReason;
use protocol::corrections::{
    CorrectionAnswer, CorrectionAnswers, CorrectionQuestion, CorrectionRequest, CorrectionState, WORDS_MAX,
};
use protocol::exchange::Practitioner;
use protocol::notices::{Addressee, NoticeKind, NoticeRequest};
use protocol::relay::Acknowledged;
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::error::DeskError;
use crate::store::CorrectionCase;

/// Kinds of the entries that requests and answers leave.
const ASKED: &str = "correction.asked";
const ANSWERED: &str = "correction.answered";

/// Longest name or title of an item.
const TITLE_MAX: usize = 300;

/// The most keys of one question.
const KEYS_MAX: usize = 200;

/// The most requests that the office's page shows.
const SHOWN: u32 = 500;

impl Service {
    /// Takes in what a person says is wrong. The same key again is the same request.
    ///
    /// # Errors
    /// A grant that is not for the person's own access here; words that are missing or too long.
    pub async fn correction(
        &self,
        peer: &OrgId,
        request: CorrectionRequest,
    ) -> Result<Acknowledged, Problem> {
        self.may_correct(peer)?;
        let fits = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
        if !fits(&request.said, WORDS_MAX)
            || !fits(&request.resource, TITLE_MAX)
            || !fits(&request.title, TITLE_MAX)
        {
            return Err(unreadable());
        }
        let grant = self.shown_grant(peer, &request.grant)?;
        if grant.reason != ActReason::PatientRequest {
            return Err(unreadable());
        }
        let Some(patient) = self.patient_of(&grant).await? else { return Err(Problem::not_found()) };
        let body = json!({ "resource": request.resource, "by": peer, "relay_exchange": grant.exchange });
        let receipt = self.log_exchange(ASKED, &patient, request.exchange, &body).await?;
        let case = CorrectionCase {
            request: request.exchange,
            at: self.now(),
            portal: *peer,
            patient,
            resource: request.resource,
            title: request.title,
            said: request.said,
            state: CorrectionState::Received,
            words: String::new(),
            answered: None,
        };
        self.store.put_correction(case).await.map_err(DeskError::from)?;
        Ok(Acknowledged { exchange: request.exchange, receipt })
    }

    /// What became of requests that came through the asking portal.
    ///
    /// # Errors
    /// One that is no portal; the store.
    pub async fn correction_answers(
        &self,
        peer: &OrgId,
        question: CorrectionQuestion,
    ) -> Result<CorrectionAnswers, Problem> {
        access::require_same(peer, &question.portal).map_err(protocol::refusal::denied)?;
        self.may_correct(peer)?;
        let mut answers = Vec::new();
        for request in question.requests.into_iter().take(KEYS_MAX) {
            let found = self.store.correction(request).await.map_err(DeskError::from)?;
            let Some(case) = found.filter(|case| case.portal == *peer) else { continue };
            let at = case.answered.map_or(case.at, |(_, at)| at);
            answers.push(CorrectionAnswer { request, state: case.state, words: case.words, at });
        }
        Ok(CorrectionAnswers { answers })
    }

    /// The requests for the records office, those that wait first.
    ///
    /// # Errors
    /// The store's.
    pub async fn corrections(&self) -> Result<Vec<CorrectionCase>, DeskError> {
        Ok(self.store.corrections(SHOWN).await?)
    }

    /// Answers a request and tells the person that there is an answer. Answered once, it stays.
    ///
    /// # Errors
    /// No words, an unknown request; store or ledger. A relay that cannot be reached does not undo the answer.
    pub async fn answer_correction(
        &self,
        staff: &Practitioner,
        request: ExchangeId,
        state: CorrectionState,
        words: String,
    ) -> Result<(), Problem> {
        if state == CorrectionState::Received || words.trim().is_empty() || words.chars().count() > WORDS_MAX
        {
            return Err(unreadable().at("words"));
        }
        let found = self.store.correction(request).await.map_err(DeskError::from)?;
        let case = found.ok_or_else(Problem::not_found)?;
        let body = json!({ "staff": staff, "request": request, "state": state });
        self.log_exchange(ANSWERED, &case.patient, request, &body).await?;
        let (by, at) = (staff.name.clone(), self.now());
        let new = self.store.answer_correction(request, state, words, by, at).await;
        if new.map_err(DeskError::from)?
            && let Err(problem) = self.tell_answered(&case).await
        {
            tracing::warn!(%problem, "the person could not be told of an answer; the portal asks for it");
        }
        Ok(())
    }

    async fn tell_answered(&self, case: &CorrectionCase) -> Result<(), Problem> {
        let known = self.store.known_patient(case.patient.clone()).await.map_err(DeskError::from)?;
        let Some(known) = known else { return Ok(()) };
        let (_, relay) = self.relay()?;
        let notice = NoticeRequest {
            exchange: ExchangeId::new(self.now().as_millis()),
            sender: self.org,
            on_behalf: None,
            to: Addressee::Code(known.code),
            kind: NoticeKind::Answered,
            due: None,
            about: Some(case.request),
        };
        relay.notify(&notice).await?;
        Ok(())
    }

    fn may_correct(&self, peer: &OrgId) -> Result<(), Problem> {
        let asking = Asking {
            asker: peer,
            action: Action::InstitutionCorrections,
            purpose: Purpose::OwnAccess,
            on: self.today(),
        };
        self.policy.decide(&asking).into_result().map(drop).map_err(protocol::refusal::denied)
    }
}

fn unreadable() -> Problem {
    Problem::new(422, "correction-not-readable")
        .ja("訂正の申し出または回答を受け付けられません。")
        .en("this request or answer cannot be taken")
        .detail(
            "どの記録の何が違うか、または回答を、2,000文字までで書いてください。",
            "say what is wrong with which item, or what the answer is, in at most 2,000 characters",
        )
}
