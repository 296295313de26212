//! What persons do not understand or object to (異議・不明の申立て): taken in through the portal, followed and answered at the overseer.

use access::{Action, Asking, Purpose};
use codes::{ExchangeId, Medical, OrgCode, OrgId, OrgKind};
use ledger::Entry;
use protocol::clients::OversightClient;
use protocol::exchange::Practitioner;
use protocol::oversight::{
    OBJECTION_TEXT_LIMIT, Objection, ObjectionStatus, ObjectionWord, ObjectionsRequest, WordKind,
};
use protocol::relay::Acknowledged;
use protocol::sealed::purpose;
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::error::DeskError;
use crate::model::LocalNumber;

/// Kinds of the entries that an objection and an answer leave.
const OBJECTED: &str = "objection.received";
const ANSWERED: &str = "objection.answered";

impl Service {
    /// Takes in an objection. What is said stays at the overseer, who has the same; here it is noted whose it is.
    ///
    /// # Errors
    /// A peer that may not file, another organisation's objection, or an envelope that is not ours.
    pub async fn objection(&self, peer: &OrgId, request: Objection) -> Result<Acknowledged, Problem> {
        access::require_same(peer, &request.portal).map_err(protocol::refusal::denied)?;
        access::require_same(&self.org, &request.concerns).map_err(protocol::refusal::denied)?;
        let asking = Asking {
            asker: peer,
            action: Action::InstitutionObjection,
            purpose: Purpose::Objection,
            on: self.today(),
        };
        self.policy.decide(&asking).into_result().map_err(protocol::refusal::denied)?;
        let patient = self.patient_objecting(&request).await?;
        let digest = patient
            .as_ref()
            .map(|patient| self.ledger.person_digest(format!("Patient/{patient}").as_bytes()));
        let body = json!({ "by": peer, "about": request.about, "ground": request.ground });
        let entry = Entry {
            kind: OBJECTED,
            person: digest,
            exchange: request.exchange,
            at: self.now().as_millis(),
            body: body.to_string().into_bytes(),
        };
        let receipt = self.ledger.append(entry).await.map_err(DeskError::from)?;
        if let Some(patient) = patient {
            self.store.put_objection(request.exchange, patient).await.map_err(DeskError::from)?;
        }
        Ok(Acknowledged { exchange: request.exchange, receipt })
    }

    /// The objections that concern this institution, newest first, each with the patient if it is known here.
    ///
    /// # Errors
    /// When the overseer cannot be reached.
    pub async fn objections(&self) -> Result<Vec<(ObjectionStatus, Option<String>)>, Problem> {
        let question = ObjectionsRequest { exchange: self.key(), asker: self.org, objections: Vec::new() };
        let answer = self.oversight()?.objections(&question).await?;
        let mut found = Vec::with_capacity(answer.objections.len());
        for one in answer.objections {
            let patient = self.store.patient_of_objection(one.objection).await.map_err(DeskError::from)?;
            found.push((one, patient));
        }
        Ok(found)
    }

    /// Answers an objection, by a member of staff whom the person reads.
    ///
    /// # Errors
    /// No words or too many; what the overseer refuses.
    pub async fn answer_objection(
        &self,
        staff: &Practitioner,
        objection: ExchangeId,
        text: String,
    ) -> Result<(), Problem> {
        let length = text.trim().chars().count();
        if !(1..=OBJECTION_TEXT_LIMIT).contains(&length) {
            return Err(no_words());
        }
        let exchange = self.key();
        let entry = Entry {
            kind: ANSWERED,
            person: None,
            exchange,
            at: self.now().as_millis(),
            body: json!({ "objection": objection, "staff": staff }).to_string().into_bytes(),
        };
        self.ledger.append(entry).await.map_err(DeskError::from)?;
        let (sender, staff) = (self.org, Some(staff.clone()));
        let word = ObjectionWord { exchange, sender, objection, kind: WordKind::Answer, text, staff };
        self.oversight()?.say(&word).await?;
        Ok(())
    }

    /// Whose objection it is: our code of the person, as the relay sealed it to us.
    async fn patient_objecting(&self, request: &Objection) -> Result<Option<LocalNumber>, Problem> {
        let Some(person) = &request.person else { return Ok(None) };
        let ours = person.context.recipient == self.org
            && person.is_current(purpose::ORG_CODE, self.now().as_seconds());
        let opened = person.open(&*self.custody).ok().filter(|_| ours).ok_or_else(not_ours)?;
        let code: [u8; 17] = opened.as_slice().try_into().map_err(|_| not_ours())?;
        let code = OrgCode::<Medical>::from_bytes(code);
        Ok(self.store.patient_of_medical(code).await.map_err(DeskError::from)?)
    }

    fn oversight(&self) -> Result<OversightClient, Problem> {
        let known = self.directory.of_kind(OrgKind::Oversight);
        let address = known.into_iter().find_map(|overseer| overseer.api.clone()).ok_or_else(no_overseer)?;
        Ok(OversightClient::new(self.client.clone(), address))
    }

    fn key(&self) -> ExchangeId {
        ExchangeId::new(self.now().as_millis())
    }
}

fn no_words() -> Problem {
    Problem::new(422, "no-answer")
        .ja("回答を、2,000文字までで書いてください")
        .en("Write the answer, at most 2,000 characters")
        .at("text")
}

fn not_ours() -> Problem {
    Problem::new(422, "objection-person")
        .ja("申立ての封書が、この機関宛てではありません")
        .en("The envelope of the objection is not for this institution")
        .at("person")
}

fn no_overseer() -> Problem {
    Problem::new(503, "no-overseer")
        .ja("監督機関につながりません")
        .en("There is no overseer to ask")
        .detail("しばらくしてから開き直してください。", "Open the page again in a little while.")
}
