//! Who looked: the relay's record of the person, with the checks of their insurance, newest first.

use access::{Action, Purpose};
use calendar::Timestamp;
use codes::OrgKind;
use consent::{ActReason, Consents};
use protocol::consents::ConsentStatusRequest;
use protocol::exchange::{OwnExchange, OwnExchangesRequest};
use wire::Problem;

use super::Service;
use crate::model::{Check, Visit};

/// The most events that the relay shows at once.
pub const RELAY_SHOWS: usize = 1_000;

/// Something that happened about the person.
#[derive(Clone, Debug)]
pub enum Event {
    /// At the relay.
    Exchange(Box<OwnExchange>),
    /// At the eligibility service.
    Check(Check),
}

/// Everything that happened about the person, as far as it can be read now.
pub struct Looked {
    /// Emergencies, newest first.
    pub emergencies: Vec<Event>,
    /// What others did, newest first; emergencies are not among them.
    pub others: Vec<Event>,
    /// What the person did here.
    pub own: Vec<Event>,
    /// The relay's part: since when it records, or why it cannot be read.
    pub relay: Result<Option<Timestamp>, Problem>,
    /// Whether there is more at the relay than it showed.
    pub cut: bool,
    /// What the person decided: to say which of their rules applied.
    pub will: Consents,
}

impl Service {
    /// What happened about the person. A part that cannot be read is said to be missing, never left out in silence.
    pub async fn looked(&self, visit: &Visit) -> Looked {
        let (entries, relay) = match self.own_exchanges(visit).await {
            Ok((entries, since)) => (entries, Ok(since)),
            Err(problem) => (Vec::new(), Err(problem)),
        };
        // Without it the rules are named by their numbers alone.
        let will = if entries.iter().any(|entry| !entry.rules.is_empty()) {
            self.will(visit).await.unwrap_or_default()
        } else {
            Consents::default()
        };
        let cut = entries.len() >= RELAY_SHOWS;
        let checks = visit.bearer.checks.iter().cloned().map(Event::Check);
        let events = entries.into_iter().map(|entry| Event::Exchange(Box::new(entry))).chain(checks);
        let mut events: Vec<Event> = events.collect();
        events.sort_by_key(|event| std::cmp::Reverse(event.at()));
        let (emergencies, events): (Vec<_>, Vec<_>) = events.into_iter().partition(Event::is_emergency);
        let (own, others) = events.into_iter().partition(|event| event.is_by(OrgKind::Portal));
        Looked { emergencies, others, own, relay, cut, will }
    }

    /// What the person decided, with its history.
    ///
    /// # Errors
    /// When the person has no working medical ID, or the relay refuses or cannot be reached.
    pub async fn will(&self, visit: &Visit) -> Result<Consents, Problem> {
        let Some(code) = visit.bearer.code else { return Err(crate::problems::no_medical_id()) };
        let question = ConsentStatusRequest { exchange: self.exchange(), institution: self.org, code };
        Ok(self.relay()?.consent_status(&question).await?.consents)
    }

    /// The words of the laws on which a question for this reason rests, Japanese and English.
    pub fn bases(&self, reason: ActReason) -> Vec<(String, String)> {
        let purpose = match reason {
            ActReason::EmergencyTreat | ActReason::BreakTheGlass => Purpose::EmergencyExchange,
            ActReason::Care | ActReason::CoordinateCare => Purpose::CareExchange,
            ActReason::PatientRequest => Purpose::OwnAccess,
            _ => Purpose::TreatmentExchange,
        };
        let table = self.policy.table();
        let of = |rule: &&&std::sync::Arc<access::Rule>| {
            rule.action == Action::RelayExchange && rule.purpose == purpose
        };
        let rules = table.rules();
        let names = rules.iter().find(of).map(|rule| rule.basis.clone()).unwrap_or_default();
        let laws = table.laws().iter().filter(|law| names.contains(&law.id));
        laws.map(|law| (law.ja.clone(), law.en.clone())).collect()
    }

    async fn own_exchanges(&self, visit: &Visit) -> Result<(Vec<OwnExchange>, Option<Timestamp>), Problem> {
        let Some(code) = visit.bearer.code else { return Ok((Vec::new(), None)) };
        let question = OwnExchangesRequest { exchange: self.exchange(), institution: self.org, code };
        let answer = self.relay()?.own_exchanges(&question).await?;
        Ok((answer.entries, answer.covered_since))
    }
}

impl Event {
    /// When.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Exchange(entry) => entry.at,
            Self::Check(check) => check.at,
        }
    }

    /// Whether an emergency was declared, or something was asked for on the ground of one.
    pub fn is_emergency(&self) -> bool {
        match self {
            Self::Exchange(entry) => {
                entry.what.starts_with("emergency") || entry.reason.is_some_and(ActReason::is_emergency)
            }
            Self::Check(_) => false,
        }
    }

    /// Whether an organisation of this kind did it.
    pub fn is_by(&self, kind: OrgKind) -> bool {
        match self {
            Self::Exchange(entry) => entry.organisation.kind() == kind,
            Self::Check(check) => check.organisation.kind() == kind,
        }
    }
}
