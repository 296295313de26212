//! The holder's side: a grant is verified, decided about again on our own labels, written down, and answered.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::{Action, Asking, Grant, Purpose, SignedGrant};
use calendar::Timestamp;
use codes::{ExchangeId, Medical, OrgCode, OrgId, StreamSealer};
use consent::ActReason;
use data_encoding::HEXLOWER;
use ledger::Entry;
use protocol::exchange::{FetchRequest, WithdrawalNotice};
use protocol::record_stream as stream;
use protocol::refusal;
use protocol::relay::Acknowledged;
use records::search::Query;
use serde::{Deserialize, Serialize};
use wire::Problem;

use super::delay::Delay;
use super::{RESOURCES_MAX, problems};
use crate::OpenError;
use crate::model::LocalNumber;
use crate::service::Service;
use crate::service::records::{Disclosed, Fetch, Outward};
use crate::store::{Given, GivenState};

/// Kind of the entry of what is given.
pub(in crate::service) const GIVEN: &str = "exchange.given";

/// Kind of the entry of a withdrawal.
const WITHDRAWN: &str = "exchange.withdrawn";

/// Characters that stand for our number of a patient.
const STAND_IN: usize = 16;

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

/// The grant of such an entry.
#[derive(Deserialize)]
struct Used {
    grant: ExchangeId,
}

/// An answer on its way, chunk by chunk.
pub struct Giving {
    grant: Grant,
    fetch: Option<Fetch>,
    outward: Outward,
    sealer: StreamSealer,
    begun: bool,
    over: bool,
    record: Record,
    /// What a doctor holds back from the person's own pages for a while.
    delay: Delay,
}

/// What the records office reads of an answer: written when it is over, in whatever way that comes. The ledger has it already.
struct Record {
    service: Arc<Service>,
    given: Given,
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.service.over.add(self.given.clone()) {
            let service = Arc::clone(&self.service);
            tokio::spawn(async move {
                tokio::time::sleep(TOGETHER).await;
                if let Err(error) = service.store.keep_given(service.over.take()).await {
                    tracing::error!(%error, "what was given is in the ledger, and could not be written for the records office");
                }
            });
        }
    }
}

/// Answers that are over and not yet written for the records office.
#[derive(Debug, Default)]
pub struct Over(Mutex<Vec<Given>>);

impl Over {
    /// Adds one; whether it is the first, whose owner has to write them all.
    fn add(&self, given: Given) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(given);
        waiting.len() == 1
    }

    fn take(&self) -> Vec<Given> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How long finished answers wait for others, so that one commit serves many.
const TOGETHER: Duration = Duration::from_millis(50);

impl Service {
    /// Accepts a grant. Whether the person is a patient here, and whether anything is permitted, makes no difference to
    /// the form of the answer.
    ///
    /// # Errors
    /// A grant that is not the relay's, not for us, another asker's, late, used or ended; a search that is not served.
    pub async fn accept_grant(
        self: &Arc<Self>,
        peer: &OrgId,
        request: FetchRequest,
    ) -> Result<Giving, Problem> {
        let now = self.now();
        let grant = self.verified(peer, &request.grant, now)?;
        let purpose = Purpose::of(grant.reason).ok_or_else(|| refusal::reason(grant.reason))?;
        let asking = Asking { asker: peer, action: Action::InstitutionRecords, purpose, on: self.today() };
        self.policy.decide(&asking).into_result().map_err(refusal::denied)?;
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
            state: GivenState::Cut,
        };
        if !self.grants.take(grant.id, grant.expires_at) {
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
        let record = Record { service: Arc::clone(self), given };
        let outward = self.outward(&grant, patient.as_ref());
        let delay = Delay::default();
        Ok(Giving { grant, fetch, outward, sealer, begun: false, over: false, record, delay })
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
        if self.grants.has_ended(&giving.grant.id) {
            (giving.over, giving.record.given.state) = (true, GivenState::Ended);
            return Ok(None);
        }
        let page = match &mut giving.fetch {
            Some(fetch) => fetch.next().await.map_err(problems::internal)?,
            None => None,
        };
        let given = giving.record.given.given;
        let last = page.is_none() || given >= RESOURCES_MAX as u64;
        let resources = self.shown(giving, page.unwrap_or_default(), last);
        if !resources.is_empty() || last && given == 0 {
            self.write_down(giving, &resources).await?;
        }
        giving.record.given.given += resources.len() as u64;
        let bodies: Vec<_> = resources.iter().map(|resource| giving.outward.body(resource)).collect();
        let bodies = bodies.iter().map(AsRef::as_ref);
        let bytes = stream::chunk(&mut giving.sealer, bodies, last).map_err(problems::internal)?;
        if last {
            (giving.over, giving.record.given.state) = (true, GivenState::Whole);
        }
        Ok(Some(bytes))
    }

    /// Knows again, after a start, which grants were used and which were ended.
    ///
    /// # Errors
    /// When ledger or store cannot be read.
    pub(crate) fn recall_grants(&self) -> Result<(), OpenError> {
        let now = self.now();
        self.grants.end(self.store.ended_grants(now)?, now);
        let mut tail =
            self.ledger.tail(self.ledger.first_since(now.as_millis() - access::GRANT_LIFE_MILLIS)?);
        while let Some(entry) = tail.try_next()? {
            if entry.kind == GIVEN
                && let Ok(Used { grant }) = serde_json::from_slice(&entry.body)
            {
                let until = Timestamp::from_millis(entry.at).add_millis(access::GRANT_LIFE_MILLIS);
                self.grants.take(grant, until);
            }
        }
        Ok(())
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
        self.policy.decide(&asking).into_result().map_err(refusal::denied)?;
        let now = self.now();
        let until = now.add_millis(access::GRANT_LIFE_MILLIS);
        self.grants.end(notice.grants.iter().map(|grant| (*grant, until)), now);
        let body = serde_json::to_vec(&notice).map_err(problems::internal)?;
        let entry =
            Entry { kind: WITHDRAWN, person: None, exchange: notice.exchange, at: now.as_millis(), body };
        let receipt = self.ledger.append(entry).await.map_err(problems::internal)?;
        let ended = self.store.end_grants(notice.grants, now, until).await;
        ended.map_err(problems::internal)?;
        Ok(Acknowledged { exchange: notice.exchange, receipt })
    }

    /// Everybody but the person sees the person without our number; what stands for it differs from asker to asker.
    fn outward(&self, grant: &Grant, patient: Option<&LocalNumber>) -> Outward {
        let asker = &grant.asker.organisation;
        let stand_in = |number: &LocalNumber| {
            let digest = self.ledger.person_digest(format!("disclosed to {asker}: {number}").as_bytes());
            let digest = HEXLOWER.encode(&digest.0);
            (number.to_string(), digest.get(..STAND_IN).unwrap_or(&digest).to_owned())
        };
        Outward { number: patient.filter(|_| grant.reason != ActReason::PatientRequest).map(stand_in) }
    }

    /// What of a page goes out: to the person not what its doctor holds back for a while.
    fn shown(&self, giving: &mut Giving, resources: Vec<Disclosed>, last: bool) -> Vec<Disclosed> {
        if giving.grant.reason != ActReason::PatientRequest {
            return resources;
        }
        let mut shown = giving.delay.hold_back(resources, self.today());
        if last {
            shown.extend(giving.delay.stand_in(giving.grant.exchange, self.now()));
        }
        shown
    }

    /// A grant that is shown for something else than records: verified, and good for this once.
    ///
    /// # Errors
    /// A grant that is not the relay's, not for us, another asker's, late, used or ended.
    pub(crate) fn shown_grant(&self, peer: &OrgId, grant: &SignedGrant) -> Result<Grant, Problem> {
        let grant = self.verified(peer, grant, self.now())?;
        if self.grants.take(grant.id, grant.expires_at) { Ok(grant) } else { Err(problems::used()) }
    }

    fn verified(&self, peer: &OrgId, grant: &SignedGrant, now: Timestamp) -> Result<Grant, Problem> {
        let relay_key = |relay: &OrgId| {
            let known = self.directory.get(relay).filter(|org| org.id.kind() == codes::OrgKind::Relay);
            known.and_then(|org| org.grant_key)
        };
        grant.verify(relay_key, &self.org, peer, now).map_err(|error| problems::grant(&error))
    }

    /// Our patient of the grant; nobody when the person is none.
    pub(crate) async fn patient_of(&self, grant: &Grant) -> Result<Option<LocalNumber>, Problem> {
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
            .record
            .given
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
