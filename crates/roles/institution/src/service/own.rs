//! What the pages of those who treat and care need of the institution's own: records of one patient, people of the team,
//! the names of organisations.

use std::collections::HashSet;

use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use consent::{
    ActReason, Asker, Consents, Effect, InstitutionKind, Labels, NetworkId, Restriction, Rule, RuleId,
    StaffId,
};
use ledger::Entry;
use protocol::exchange::Practitioner;
use records::Resource;
use records::search::{Query, served_types};
use serde_json::json;
use wire::Problem;

use super::Service;
use super::records::RecordError;
use crate::error::DeskError;
use crate::model::{LocalNumber, Patient};

/// Kind of the entry of own records read on a page, before they are shown.
const READ: &str = "records.read";
/// Resources a page of the search.
const PAGE: u32 = 500;
/// Most resources of one patient on a page.
const MOST: usize = 5_000;
/// Days of care visits that count as the team's people.
const TEAM_DAYS: i32 = 35;

/// A person whom the team looks after (担当している方).
#[derive(Clone, Debug)]
pub struct CaredFor {
    /// The patient.
    pub patient: Patient,
    /// Whether they come today, or somebody goes to them.
    pub today: bool,
}

impl Service {
    /// The time.
    pub fn moment(&self) -> Timestamp {
        self.now()
    }

    /// What kind of institution this is, by the directory; a clinic if that does not say.
    pub fn kind(&self) -> InstitutionKind {
        self.directory.get(&self.org).and_then(|own| own.institution).unwrap_or(InstitutionKind::Clinic)
    }

    /// The networks that this institution is a member of, by the directory.
    pub fn networks(&self) -> Vec<NetworkId> {
        self.directory.get(&self.org).map(|own| own.networks.clone()).unwrap_or_default()
    }

    /// An organisation's name, Japanese and English; its number where the directory knows none.
    pub fn name_of(&self, id: &OrgId) -> (String, String) {
        let known = self.directory.get(id);
        known.map_or_else(|| (id.to_string(), id.to_string()), |known| (known.ja.clone(), known.en.clone()))
    }

    /// Our own records of a patient with their sensitivity labels, for a member of staff; written down before they are shown.
    ///
    /// # Errors
    /// Store or ledger.
    pub async fn own_records(
        &self,
        staff: &Practitioner,
        patient: &LocalNumber,
    ) -> Result<Vec<(Resource, Labels)>, Problem> {
        let mut queries = Vec::new();
        for kind in served_types() {
            queries.push(Query::parse(kind, "").map_err(RecordError::from).map_err(failed)?);
        }
        let everything = self.everything().map_err(failed)?;
        let mut fetch = self.fetch(patient, &everything, queries, PAGE).await.map_err(failed)?;
        let mut found = Vec::new();
        while let Some(page) = fetch.next().await.map_err(failed)? {
            found.extend(page);
            if found.len() >= MOST {
                break;
            }
        }
        let person = Some(self.ledger.person_digest(format!("Patient/{patient}").as_bytes()));
        let at = self.now().as_millis();
        let body = json!({ "staff": staff, "did": "page", "count": found.len() });
        let entry = Entry {
            kind: READ,
            person,
            exchange: ExchangeId::new(at),
            at,
            body: body.to_string().into_bytes(),
        };
        self.ledger.append(entry).await.map_err(DeskError::from)?;
        let parsed = found.iter().filter_map(|one| {
            let resource = Resource::new(records::tree::parse(&one.body).ok()?).ok()?;
            Some((resource, one.labels))
        });
        Ok(parsed.collect())
    }

    /// Our own staff see our own records: a rule that permits everything.
    fn everything(&self) -> Result<Restriction, RecordError> {
        let own = |error: String| RecordError::request(500, "exception", error.clone(), error);
        let id = RuleId::new("own-records").map_err(|error| own(error.to_string()))?;
        let mut consents = Consents::default();
        let now = self.now();
        consents.record(Rule::new(id, Effect::Permit, now)).map_err(|error| own(error.to_string()))?;
        let mut asker = Asker::new(self.org, self.kind());
        asker.person = StaffId::new("own").ok();
        Ok(consents.restriction(&asker, ActReason::Treat, now))
    }

    /// The people whom the team looks after: who came today, whose care plan runs, and who had a visit lately.
    ///
    /// # Errors
    /// Store or ledger.
    pub async fn cared_for(&self) -> Result<Vec<CaredFor>, Problem> {
        let today = self.today();
        let since = today.add_days(-TEAM_DAYS);
        let arrived = self.day(today, None, PAGE).await?;
        let mut here: Vec<LocalNumber> = arrived.into_iter().filter_map(|line| line.patient).collect();
        here.extend(self.patients_with("Encounter", &format!("date={today}")).await?);
        let mut numbers = here.clone();
        numbers.extend(self.patients_with("CarePlan", "status=active").await?);
        numbers.extend(self.patients_with("Encounter", &format!("date=ge{since}")).await?);
        let mut known = HashSet::new();
        let mut people = Vec::new();
        for number in numbers {
            if known.insert(number.clone())
                && let Some(patient) = self.store.patient(number).await.map_err(DeskError::from)?
            {
                let today = here.contains(&patient.local_number);
                people.push(CaredFor { patient, today });
            }
        }
        people.sort_by(|a, b| b.today.cmp(&a.today).then_with(|| a.patient.kana.cmp(&b.patient.kana)));
        Ok(people)
    }

    /// Our numbers of the patients whom resources of a type are about.
    async fn patients_with(&self, kind: &str, condition: &str) -> Result<Vec<LocalNumber>, Problem> {
        let text = format!("{condition}&_include={kind}:patient&_count={PAGE}");
        let query = Query::parse(kind, &text).map_err(RecordError::from).map_err(failed)?;
        let caller = super::records::Caller { user: Some("care".to_owned()), staff: None };
        let page = self
            .search_records(&caller, query, super::records::PageToken::default())
            .await
            .map_err(failed)?;
        let system = self.patient_system();
        let numbers = page.found.included.iter().filter_map(|version| {
            let resource = records::tree::parse(&version.body).ok()?;
            let mut identifiers = resource.all("identifier").into_iter();
            let ours = identifiers.find(|identifier| identifier.text_at("system") == Some(&system))?;
            ours.text_at("value")?.parse().ok()
        });
        Ok(numbers.collect())
    }
}

fn failed(error: RecordError) -> Problem {
    tracing::error!(%error, "records could not be read for a page");
    Problem::internal()
}
