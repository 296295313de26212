//! Looking back: lists, search, one visit, what was known then and what is known now.

use calendar::{Date, Timestamp};
use codes::{ExchangeId, Medical, OrgCode};
use protocol::eligibility::Presented;

use super::Service;
use crate::error::DeskError;
use crate::model::{DayCounts, LocalNumber, Patient, Question, Visit, VisitLine};
use crate::store::VisitQuery;

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Patients of the local list.
    pub patients: Vec<Patient>,
    /// Visits, newest first.
    pub visits: Vec<VisitLine>,
}

impl Service {
    /// A day's visits, newest first, at most `limit`, older than `before`.
    ///
    /// # Errors
    /// When the store fails. So for all here.
    pub async fn day(
        &self,
        day: Date,
        before: Option<ExchangeId>,
        limit: u32,
    ) -> Result<Vec<VisitLine>, DeskError> {
        Ok(self.store.visits(VisitQuery::Day { day, before }, limit).await?)
    }

    /// How a day's visits stand.
    ///
    /// # Errors
    /// See [`Service::day`].
    pub async fn day_counts(&self, day: Date) -> Result<DayCounts, DeskError> {
        Ok(self.store.day_counts(day).await?)
    }

    /// One visit.
    ///
    /// # Errors
    /// [`DeskError::NoVisit`].
    pub async fn visit(&self, id: ExchangeId) -> Result<Visit, DeskError> {
        self.store.visit(id).await?.ok_or(DeskError::NoVisit)
    }

    /// Every question asked for a visit, the first one first.
    ///
    /// # Errors
    /// See [`Service::day`].
    pub async fn questions(&self, visit: ExchangeId) -> Result<Vec<Question>, DeskError> {
        Ok(self.store.questions(visit).await?)
    }

    /// Patients and visits by name, reading, birth date or local number.
    ///
    /// # Errors
    /// See [`Service::day`].
    pub async fn search(&self, text: &str) -> Result<Search, DeskError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Search::default());
        }
        if let Ok(day) = Date::parse(text) {
            let patients = self.store.patients_born(day, FOUND).await?;
            let visits = self.store.visits(VisitQuery::Birthdate(day), FOUND).await?;
            return Ok(Search { patients, visits });
        }
        let patients = self.store.find_patients(text.to_owned(), FOUND).await?;
        let query = match text.parse::<LocalNumber>() {
            Ok(number) if self.store.patient(number.clone()).await?.is_some() => VisitQuery::Patient(number),
            _ => VisitQuery::Name(text.to_owned()),
        };
        let visits = self.store.visits(query, FOUND).await?;
        Ok(Search { patients, visits })
    }

    /// One local patient with the visits linked to it.
    ///
    /// # Errors
    /// [`DeskError::NoPatient`].
    pub async fn patient(&self, number: LocalNumber) -> Result<(Patient, Vec<VisitLine>), DeskError> {
        let patient = self.store.patient(number.clone()).await?.ok_or(DeskError::NoPatient)?;
        let visits = self.store.visits(VisitQuery::Patient(number), FOUND).await?;
        Ok((patient, visits))
    }

    /// This institution's own medical code for a visit's person, when the relay gave one.
    ///
    /// # Errors
    /// [`DeskError::NoVisit`].
    pub async fn medical_code(&self, visit: ExchangeId) -> Result<Option<OrgCode<Medical>>, DeskError> {
        match self.visit(visit).await?.person_code {
            Some(person) => Ok(self.store.medical_code(person).await?),
            None => Ok(None),
        }
    }

    /// Asks again about the day of a visit: what is known now, or what was known at `known_at`. The person is
    /// named by symbol and number of the first answer: the card is not here any more.
    ///
    /// # Errors
    /// [`DeskError::Nobody`] when the first answer names no membership.
    pub async fn ask_again(
        &self,
        visit: ExchangeId,
        known_at: Option<Timestamp>,
    ) -> Result<ExchangeId, DeskError> {
        let visit = self.visit(visit).await?;
        let first = &visit.question.request;
        let presented = match (&first.presented, visit.question.outcome.answer()) {
            (Presented::InsuredPerson { .. }, _) => first.presented.clone(),
            (_, Some(answer)) => {
                let membership = answer.memberships.first().ok_or(DeskError::Nobody)?;
                let (insured, birthdate) = (membership.insured.clone(), membership.person.birthdate);
                Presented::InsuredPerson { insured, birthdate }
            }
            _ => return Err(DeskError::Nobody),
        };
        let now = self.now();
        let exchange = ExchangeId::new(now.as_millis());
        let request = self.request(exchange, presented, visit.day, known_at);
        let entry = self.record_question(&request, visit.door, visit.shown).await?;
        self.store.insert_question(visit.id, request, entry, now, self.lease_until()).await?;
        self.attempt(exchange).await?;
        Ok(exchange)
    }
}

const FOUND: u32 = 50;
