//! The holder's side: a grant is verified, decided about again on our own labels, written down, and answered.

use access::{Action, Asking, Grant, Purpose};
use calendar::Timestamp;
use codes::{ExchangeId, Medical, OrgCode, OrgId, StreamSealer};
use consent::ActReason;
use ledger::Entry;
use protocol::exchange::{FetchRequest, WithdrawalNotice};
use protocol::relay::Acknowledged;
use records::search::Query;
use serde::Serialize;
use wire::Problem;

use super::{RESOURCES_MAX, problems, stream};
use crate::model::LocalNumber;
use crate::service::Service;
use crate::service::records::{Disclosed, Fetch};
use crate::store::{Given, GivenState};

/// Kind of the entry of what is given.
const GIVEN: &str = "exchange.given";

/// Kind of the entry of a withdrawal.
const WITHDRAWN: &str = "exchange.withdrawn";

/// Resources in one chunk.
const PAGE: u32 = 200;

/// The kinds of resource that are given when nothing is named, in this order.
const EVERYTHING: &[&str] = &[
    "AllergyIntolerance",
    "Condition",
    "MedicationRequest",
    "MedicationDispense",
    "MedicationStatement",
    "Observation",
    "DiagnosticReport",
    "Immunization",
    "Procedure",
    "Encounter",
    "CarePlan",
    "Composition",
    "DocumentReference",
    "Bundle",
    "Patient",
];

/// What the ledger keeps of a chunk that is about to leave.
#[derive(Serialize)]
struct Body<'a> {
    asker: &'a OrgId,
    staff: Option<&'a str>,
    profession: Option<consent::Profession>,
    reason: ActReason,
    rule: &'a str,
    grant: ExchangeId,
    relay: &'a OrgId,
    what: Vec<&'a str>,
}

/// An answer on its way, chunk by chunk.
pub struct Giving {
    grant: Grant,
    fetch: Option<Fetch>,
    sealer: StreamSealer,
    patient: Option<LocalNumber>,
    begun: bool,
    given: usize,
    over: bool,
}

impl Service {
    /// Accepts a grant. Whether the person is a patient here, and whether anything is permitted, makes no difference to
    /// the form of the answer.
    ///
    /// # Errors
    /// A grant that is not the relay's, not for us, another asker's, late, used or ended; a search that is not served.
    pub async fn accept_grant(&self, peer: &OrgId, request: FetchRequest) -> Result<Giving, Problem> {
        let now = self.now();
        let grant = self.verified(peer, &request, now)?;
        self.policy
            .decide(&Asking {
                asker: peer,
                action: Action::InstitutionRecords,
                purpose: purpose(grant.reason),
                on: self.today(),
            })
            .into_result()
            .map_err(protocol::refusal::denied)?;
        let queries = queries(&request.searches)?;
        let patient = self.patient_of(&grant).await?;
        let given = Given {
            grant: grant.id,
            exchange: grant.exchange,
            at: now,
            asker: *peer,
            staff: grant.staff_name.clone().unwrap_or_default(),
            reason: grant.reason,
            patient: patient.clone(),
            given: 0,
            state: GivenState::Begun,
        };
        if !self.store.take_grant(given, grant.expires_at).await.map_err(problems::internal)? {
            return Err(problems::used());
        }
        let fetch = match &patient {
            Some(patient) => {
                let fetch = self.fetch(patient, &grant.restriction, queries, PAGE).await;
                Some(fetch.map_err(problems::internal)?)
            }
            None => None,
        };
        let sealer =
            StreamSealer::new(&grant.asker_key, &grant.records_context()).map_err(problems::internal)?;
        Ok(Giving { grant, fetch, sealer, patient, begun: false, given: 0, over: false })
    }

    /// The next bytes of an answer; none when it is over. Each chunk is in the ledger before it exists. When the person
    /// ends the grant meanwhile, the stream stops without its last chunk, which the asker notices.
    ///
    /// # Errors
    /// Store or ledger: then nothing more leaves.
    pub async fn next_chunk(&self, giving: &mut Giving) -> Result<Option<Vec<u8>>, Problem> {
        if giving.over {
            return Ok(None);
        }
        if !giving.begun {
            giving.begun = true;
            return Ok(Some(stream::head(&giving.sealer)));
        }
        if self.ended.has(&giving.grant.id) {
            return self.stop(giving, GivenState::Ended).await;
        }
        let page = match &mut giving.fetch {
            Some(fetch) => fetch.next().await.map_err(problems::internal)?,
            None => None,
        };
        let last = page.is_none() || giving.given >= RESOURCES_MAX;
        let resources = page.unwrap_or_default();
        if !resources.is_empty() || last && giving.given == 0 {
            self.write_down(giving, &resources).await?;
        }
        giving.given += resources.len();
        let bodies = resources.iter().map(|resource| resource.body.as_slice());
        let bytes = stream::chunk(&mut giving.sealer, bodies, last).map_err(problems::internal)?;
        if last {
            self.stop(giving, GivenState::Whole).await?;
        }
        Ok(Some(bytes))
    }

    /// Ends grants at the relay's word: what is under way stops at its next chunk, what was not shown is refused.
    ///
    /// # Errors
    /// When another than the relay says so; store or ledger.
    pub async fn withdraw(&self, peer: &OrgId, notice: WithdrawalNotice) -> Result<Acknowledged, Problem> {
        let asking = Asking {
            asker: peer,
            action: Action::InstitutionWithdrawal,
            purpose: Purpose::ConsentKeeping,
            on: self.today(),
        };
        self.policy.decide(&asking).into_result().map_err(protocol::refusal::denied)?;
        let now = self.now();
        let until = now.add_millis(access::GRANT_LIFE_MILLIS);
        self.ended.put(&notice.grants, until, now);
        let body = serde_json::to_vec(&notice).map_err(problems::internal)?;
        let entry =
            Entry { kind: WITHDRAWN, person: None, exchange: notice.exchange, at: now.as_millis(), body };
        let receipt = self.ledger.append(entry).await.map_err(problems::internal)?;
        let ended = self.store.end_grants(notice.grants, now, until).await;
        ended.map_err(problems::internal)?;
        Ok(Acknowledged { exchange: notice.exchange, receipt })
    }

    fn verified(&self, peer: &OrgId, request: &FetchRequest, now: Timestamp) -> Result<Grant, Problem> {
        let relay = request.grant.read().map_err(|error| problems::grant(&error))?.relay;
        let known = self.directory.get(&relay).filter(|org| org.id.kind() == codes::OrgKind::Relay);
        let key = known.and_then(|org| org.grant_key).ok_or_else(|| problems::no_relay(&relay))?;
        request.grant.verify(&key, &self.org, peer, now).map_err(|error| problems::grant(&error))
    }

    /// Our patient of the grant; nobody when the person is none.
    async fn patient_of(&self, grant: &Grant) -> Result<Option<LocalNumber>, Problem> {
        let opened = self.custody.open_envelope(&grant.person, &grant.person_context());
        let opened = opened.map_err(|_| problems::grant(&access::GrantError::Malformed))?;
        let code: [u8; 17] =
            opened.as_slice().try_into().map_err(|_| problems::grant(&access::GrantError::Malformed))?;
        let code = OrgCode::<Medical>::from_bytes(code);
        self.store.patient_of_medical(code).await.map_err(problems::internal)
    }

    async fn write_down(&self, giving: &Giving, resources: &[Disclosed]) -> Result<(), Problem> {
        let grant = &giving.grant;
        let body = Body {
            asker: &grant.asker.organisation,
            staff: grant.staff_name.as_deref(),
            profession: grant.asker.profession,
            reason: grant.reason,
            rule: &grant.rule,
            grant: grant.id,
            relay: &grant.relay,
            what: resources.iter().map(|resource| resource.name.as_str()).collect(),
        };
        let person = giving
            .patient
            .as_ref()
            .map(|patient| self.ledger.person_digest(format!("Patient/{patient}").as_bytes()));
        let entry = Entry {
            kind: GIVEN,
            person,
            exchange: grant.exchange,
            at: self.now().as_millis(),
            body: serde_json::to_vec(&body).map_err(problems::internal)?,
        };
        self.ledger.append(entry).await.map(drop).map_err(problems::internal)
    }

    async fn stop(&self, giving: &mut Giving, state: GivenState) -> Result<Option<Vec<u8>>, Problem> {
        giving.over = true;
        let given = giving.given as u64;
        self.store.gave(giving.grant.id, given, state).await.map_err(problems::internal)?;
        Ok(None)
    }
}

/// The purpose of the table under which a grant's reason is answered.
fn purpose(reason: ActReason) -> Purpose {
    match reason {
        ActReason::EmergencyTreat | ActReason::BreakTheGlass => Purpose::EmergencyExchange,
        ActReason::Care | ActReason::CoordinateCare => Purpose::CareExchange,
        ActReason::PatientRequest => Purpose::OwnAccess,
        _ => Purpose::TreatmentExchange,
    }
}

fn queries(searches: &[String]) -> Result<Vec<Query>, Problem> {
    if searches.is_empty() {
        return EVERYTHING
            .iter()
            .map(|kind| Query::parse(kind, "").map_err(|error| problems::query(&error)))
            .collect();
    }
    let parse = |search: &String| {
        let (kind, query) = search.split_once('?').unwrap_or((search, ""));
        Query::parse(kind, query).map_err(|error| problems::query(&error))
    };
    searches.iter().take(SEARCHES_MAX).map(parse).collect()
}

/// Most searches of one question.
const SEARCHES_MAX: usize = 50;
