//! The local patient list, and the one click that ties a person code to it.

use codes::ExchangeId;
use kotoba::{fold_kana, fold_name};
use ledger::Entry;
use protocol::eligibility::Membership;
use serde_json::json;

use super::Service;
use crate::error::{DeskError, FieldError};
use crate::model::{Agreement, Candidate, Link, LocalNumber, Patient, Visit};
use crate::patient_list;
use crate::store::LinkChange;

/// What an import did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Patients taken over: new ones and known ones with new particulars.
    pub patients: u64,
    /// Of these, how many have no readable symbol and number.
    pub without_number: u64,
    /// How many the list holds now.
    pub total: u64,
}

impl Service {
    /// Takes over a patient list (`docs/formats/institution-patients.md`), all of it or nothing. Again is harmless.
    ///
    /// # Errors
    /// [`DeskError::MyNumber`] or [`DeskError::PatientList`] with places; when the store fails.
    pub async fn import_patients(&self, bytes: Vec<u8>) -> Result<Imported, DeskError> {
        let list = patient_list::read(&bytes, self.local_numbers)?;
        let patients = u64::try_from(list.patients.len()).unwrap_or(u64::MAX);
        self.store.put_patients(list.patients, self.now()).await?;
        let total = self.store.patient_count().await?;
        Ok(Imported { patients, without_number: list.without_number, total })
    }

    /// How many patients the local list holds.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn patient_count(&self) -> Result<u64, DeskError> {
        Ok(self.store.patient_count().await?)
    }

    /// Local patients who may be the person of a visit, likeliest first; none when the visit names nobody.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn candidates(&self, visit: &Visit) -> Result<Vec<Candidate>, DeskError> {
        let answer = visit.question.outcome.answer();
        let Some(membership) = answer.and_then(|answer| answer.memberships.first()) else {
            return Ok(Vec::new());
        };
        let similar = self.store.similar_patients(membership, SIMILAR).await?;
        let mut candidates: Vec<Candidate> = similar
            .into_iter()
            .map(|(patient, taken)| {
                let agreement = agreement(&patient, membership);
                Candidate { patient, agreement, taken }
            })
            .filter(|candidate| candidate.agreement.weight() >= WORTH_A_LOOK)
            .collect();
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.agreement.weight()));
        candidates.truncate(SHOWN);
        Ok(candidates)
    }

    /// Local patients by what the clerk typed, each with what agrees with the visit's person.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn candidates_by_text(&self, visit: &Visit, text: &str) -> Result<Vec<Candidate>, DeskError> {
        let answer = visit.question.outcome.answer();
        let membership = answer.and_then(|answer| answer.memberships.first());
        let found = self.search(text).await?;
        Ok(found
            .patients
            .into_iter()
            .map(|patient| {
                let agreement = membership.map(|m| agreement(&patient, m)).unwrap_or_default();
                Candidate { patient, agreement, taken: false }
            })
            .collect())
    }

    /// Ties the visit's person to a local patient (or unties with `None`). Saying it again changes nothing.
    ///
    /// # Errors
    /// [`DeskError::Nobody`] when the visit has no person code; [`DeskError::LinkTaken`] when the patient is
    /// another person's and `take_over` is not said; [`DeskError::NoPatient`].
    pub async fn link(
        &self,
        visit: ExchangeId,
        patient: Option<LocalNumber>,
        take_over: bool,
    ) -> Result<(), DeskError> {
        let visit = self.visit(visit).await?;
        let person = visit.person_code.ok_or(DeskError::Nobody)?;
        let current = self.store.linked_patient(person).await?;
        if current == patient {
            return Ok(());
        }
        let now = self.now();
        let body = json!({ "from": current, "to": patient, "visit": visit.id, "take_over": take_over });
        self.ledger
            .append(Entry {
                kind: "institution.link",
                person: Some(self.ledger.person_digest(person.as_bytes())),
                exchange: ExchangeId::new(now.as_millis()),
                at: now.as_millis(),
                body: body.to_string().into_bytes(),
            })
            .await?;
        let change = LinkChange { person, patient, visit: visit.id, take_over, at: now };
        self.store.change_link(change).await?;
        Ok(())
    }

    /// Adds the visit's person to the local list under a number that is not taken yet, and links.
    ///
    /// # Errors
    /// [`DeskError::Fields`] when the number belongs to a patient; see [`Service::link`].
    pub async fn link_new(&self, visit: ExchangeId, number: LocalNumber) -> Result<(), DeskError> {
        if self.store.patient(number.clone()).await?.is_some() {
            let (ja, en) = ("この患者番号はすでに使われています。".into(), "This number is in use.".into());
            return Err(DeskError::Fields(vec![FieldError { field: "patient", ja, en }]));
        }
        let found = self.visit(visit).await?;
        let answer = found.question.outcome.answer();
        let membership = answer.and_then(|answer| answer.memberships.first()).ok_or(DeskError::Nobody)?;
        let person = &membership.person;
        let patient = Patient {
            local_number: number.clone(),
            name: person.name.clone(),
            kana: person.kana.clone(),
            birthdate: person.birthdate,
            sex: person.sex,
            insured: Some(membership.insured.clone()),
            last_visit_on: None,
        };
        self.store.put_patients(vec![patient], self.now()).await?;
        self.link(visit, Some(number), false).await
    }

    /// Every link that the visit's person ever had here, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn link_history(&self, visit: &Visit) -> Result<Vec<Link>, DeskError> {
        match visit.person_code {
            Some(person) => Ok(self.store.link_history(person).await?),
            None => Ok(Vec::new()),
        }
    }
}

fn agreement(patient: &Patient, membership: &Membership) -> Agreement {
    let person = &membership.person;
    let key = |insured: &codes::InsuredPersonId| insured.normalized().without_branch().to_owned();
    Agreement {
        name: fold_name(&patient.name) == fold_name(&person.name),
        kana: fold_kana(&patient.kana) == fold_kana(&person.kana),
        birthdate: patient.birthdate == person.birthdate,
        sex: patient.sex == person.sex,
        insured: patient.insured.as_ref().map(key) == Some(key(&membership.insured)),
    }
}

/// Rows a road of similarity brings at most.
const SIMILAR: u32 = 30;
/// Candidates a page offers at most.
const SHOWN: usize = 5;
/// A birth date alone, or a name alone with the sex, is worth a look; a sex alone is not.
const WORTH_A_LOOK: u32 = 4;
