//! The question of a desk and its answer: permit, recognise, resolve, decide, log, answer.

use access::{Action, Permit, Presence, Purpose};
use calendar::{Date, Timestamp};
use codes::{EnvelopeContext, ExchangeId, InsuranceCode, OrgId};
use ledger::Receipt;
use protocol::Sealed;
use protocol::card::AppletReading;
use protocol::eligibility::{
    CheckAnswer, CheckRequest, Membership as Shown, Presented, ReadProof, TicketContents,
};
use protocol::sealed::purpose;
use wire::Problem;

use super::journal::{self, CheckRecord, Trace, hex};
use super::recent::{Begun, Done, Short, exchange_key, short};
use super::{EPOCH, Inner, Service, certificate, proof};
use crate::model::explain::{Situation, explain};
use crate::model::standing::{Asked, Standing, birthdate_differs, standing, unknown_number};
use crate::model::{Membership, Version, fold, standing as rules};
use crate::problems;
use crate::store::{Candidate, Found};

/// How long a ticket for the relay can be used, in seconds.
const TICKET_LIFE_SECONDS: i64 = 300;

/// How many days ahead a day of service may lie (appointments).
const AHEAD_DAYS: i32 = 92;

/// Whom the question is about.
enum Subject {
    /// A card named a person; with a commitment, they do not use the ordinary medical number at this desk.
    Person(InsuranceCode, Found, Option<[u8; 32]>),
    /// A number and birth date named one.
    Holder(Candidate),
    /// The number is somebody's who was born on another day.
    OtherBirthdate,
    /// Nobody carries the number, or nobody did then.
    Nobody {
        /// Whether somebody does now.
        known_later: bool,
    },
}

impl Service {
    /// Answers a desk. The disclosure is durable in the ledger before the answer exists.
    ///
    /// # Errors
    /// When the asker may not ask or asks in another's name, when the proof of presence is stale, used or altered,
    /// when the certificate is worth nothing; see `problems`.
    pub async fn check(&self, asker: &OrgId, request: &CheckRequest) -> Result<CheckAnswer, Problem> {
        let bytes = serde_json::to_vec(request).map_err(problems::internal)?;
        self.check_as_sent(asker, request, &bytes).await
    }

    /// [`Self::check`] of a question that arrived as `bytes`: a retry is known by the very same bytes.
    ///
    /// # Errors
    /// See [`Self::check`].
    pub async fn check_as_sent(
        &self,
        asker: &OrgId,
        request: &CheckRequest,
        bytes: &[u8],
    ) -> Result<CheckAnswer, Problem> {
        let permit =
            self.permit(asker, &request.institution, Action::EligibilityCheck, Purpose::TreatmentReception)?;
        let now = self.clock.now();
        sensible(request, now)?;
        let exchange = exchange_key(asker, &request.exchange);
        let question = short(&[bytes]);
        let marks = proof::marks(asker, &request.presented);
        match self.recent.begin(exchange, question, &marks, now) {
            Begun::Again(done) => return self.repeat(asker, request, &done).await,
            Begun::Busy => return Err(problems::busy()),
            Begun::OtherQuestion => return Err(protocol::refusal::exchange_used()),
            Begun::ProofUsed => return Err(problems::proof_used()),
            Begun::First => {}
        }
        let begun = Begin { inner: self, exchange, finished: false };
        if request.known_at.is_some_and(|at| !self.arrivals.settle(at)) {
            return Err(problems::known_at_unsettled());
        }
        if let Some(proof) = proof::of(&request.presented) {
            proof::check(proof, now)?;
        }
        let subject = self.subject(asker, request, now, None).await?;
        subject.admit(&request.presented)?;
        let trace = Trace { question, marks, seen: subject.seen() };
        let person = subject.card_person();
        let (answer, receipt) = self.first(asker, request, &permit, &subject, &trace, now).await?;
        begun.finish(question, Done { at: now, index: receipt.index, seen: trace.seen, person });
        Ok(answer)
    }
}

impl Inner {
    async fn first(
        &self,
        asker: &OrgId,
        request: &CheckRequest,
        permit: &Permit,
        subject: &Subject,
        trace: &Trace,
        now: Timestamp,
    ) -> Result<(CheckAnswer, Receipt), Problem> {
        let standing = subject.standing(request);
        let link = subject.medical_link(request);
        let proof = proof::of(&request.presented);
        let record = CheckRecord {
            institution: *asker,
            terminal: request.terminal.as_str().into(),
            on: request.on,
            known_at: request.known_at,
            mode: proof.map(|proof| proof.mode),
            statement: proof.map(|proof| proof.statement.as_str().into()),
            by: road(&request.presented).into(),
            validity: standing.validity,
            reason: standing.reason,
            insurers: standing.shown.iter().map(Membership::insurer).collect(),
            ticket: link.is_some(),
            purpose: permit.rule.purpose.as_str().into(),
            rule: permit.rule_id().into(),
            basis: permit.basis.iter().map(|law| law.id.as_str().into()).collect(),
            table: self.table.as_str().into(),
            question: hex(&trace.question),
            marks: trace.marks.iter().map(|mark| hex(mark)).collect(),
            seen: trace.seen,
        };
        let person = subject.person();
        let receipt = self.log(journal::CHECK, person.as_ref(), request.exchange, now, &record).await?;
        let answer = self.answer(asker, request, subject, &standing, link, receipt.clone())?;
        Ok((answer, receipt))
    }

    /// The answer that was given before, from what was known then; logged then, not again.
    async fn repeat(
        &self,
        asker: &OrgId,
        request: &CheckRequest,
        done: &Done,
    ) -> Result<CheckAnswer, Problem> {
        let mut subject = self.subject(asker, request, done.at, done.person).await?;
        subject.limit(done.seen, request);
        let standing = subject.standing(request);
        let receipt =
            Receipt { origin: self.ledger.origin().to_owned(), index: done.index, at: done.at.as_millis() };
        self.answer(asker, request, &subject, &standing, subject.medical_link(request), receipt)
    }

    async fn subject(
        &self,
        asker: &OrgId,
        request: &CheckRequest,
        now: Timestamp,
        known: Option<[u8; 16]>,
    ) -> Result<Subject, Problem> {
        let (code, card, commitment) = match &request.presented {
            Presented::InsuredPerson { insured, birthdate } => {
                let number = insured.normalized().without_branch().to_owned();
                let found = self.store.carriers(number).await.map_err(problems::internal)?;
                return holder(found, request, insured, *birthdate);
            }
            Presented::InsuranceCode { code, proof } => {
                let AppletReading { contents, commitment } = self.open_card(asker, code, proof)?;
                // An answer that is repeated was admitted before: the card is not looked at again.
                (contents.code, known.is_none().then_some(contents.card), commitment)
            }
            _ if known.is_some() => (InsuranceCode::from_bytes(known.unwrap_or_default()), None, None),
            Presented::Certificate { certificate, signature, proof } => {
                let binding = ReadProof::binding(asker, proof.at, &proof.nonce);
                let shown = certificate::read(certificate, signature.as_deref(), proof, &binding, now)?;
                (self.holder(shown, request.exchange).await?, None, None)
            }
        };
        let found = self.store.person(code, card).await.map_err(problems::internal)?;
        Ok(Subject::Person(code, found, commitment))
    }

    /// What the applet sealed for us, at this desk and moment.
    fn open_card(&self, asker: &OrgId, code: &Sealed, proof: &ReadProof) -> Result<AppletReading, Problem> {
        let place = "presented.code";
        let context = &code.context;
        let bound = context.recipient == self.org
            && context.purpose == purpose::CARD_READ
            && context.binding == ReadProof::binding(asker, proof.at, &proof.nonce);
        if !bound {
            return Err(problems::envelope(place));
        }
        let bytes = code.open(&*self.custody).map_err(|_| problems::envelope(place))?;
        AppletReading::from_bytes(&bytes).ok_or_else(|| problems::envelope(place))
    }

    fn answer(
        &self,
        asker: &OrgId,
        request: &CheckRequest,
        subject: &Subject,
        standing: &Standing<'_>,
        link: Option<&str>,
        receipt: Receipt,
    ) -> Result<CheckAnswer, Problem> {
        let name = standing.insurer.map(|insurer| self.insurer_name(insurer)).unwrap_or_default();
        let last = standing.insurer.and_then(|insurer| self.last_reported(insurer));
        let situation = Situation {
            on: request.on,
            known_at: request.known_at,
            insurer_name: &name,
            last_reported_at: last.filter(|at| request.known_at.is_none_or(|known| *at <= known)),
        };
        let person_code = match subject.person() {
            Some(code) => Some(self.codes.org_code_one(asker, EPOCH, &code).map_err(problems::internal)?),
            None => None,
        };
        Ok(CheckAnswer {
            exchange: request.exchange,
            answered_at: Timestamp::from_millis(receipt.at),
            on: request.on,
            validity: standing.validity,
            memberships: standing.shown.iter().map(|m| self.shown(m, request.on)).collect(),
            explanation: explain(standing, &situation),
            person_code,
            medical_ticket: link.map(|link| self.ticket(asker, link, &receipt)).transpose()?,
            presence: subject.commitment().map(|c| self.presence(asker, c)).transpose()?,
            receipt,
        })
    }

    fn shown(&self, membership: &Membership<'_>, on: Date) -> Shown {
        let facts = membership.facts_on(on);
        Shown {
            insured: facts.insured.clone(),
            insurer_name: self.insurer_name(membership.insurer()),
            person: facts.person.clone(),
            relation: facts.relation,
            qualified_on: membership.qualified_on(),
            disqualified_on: membership.disqualified_on,
            loss_reason: membership.loss_reason,
            terms: facts.terms.clone(),
        }
    }

    /// Says that a card that runs was read at this institution today, to whoever opens the card's commitment. Nothing of it is
    /// kept here: the ledger knows that no ticket was given, not whether another number was used, nor which.
    fn presence(&self, asker: &OrgId, commitment: &[u8; 32]) -> Result<Presence, Problem> {
        Presence::sign(&*self.custody, asker, self.clock.today(), commitment).map_err(problems::internal)
    }

    /// Lets this institution, and no other, register the person at the relay.
    pub(super) fn ticket(&self, asker: &OrgId, link: &str, receipt: &Receipt) -> Result<Sealed, Problem> {
        let link: Sealed = serde_json::from_str(link).map_err(problems::internal)?;
        let relay = link.context.recipient;
        let key = self.envelope_key(&relay);
        let key = key.ok_or_else(|| problems::internal("the relay has no envelope key in the directory"))?;
        let context = EnvelopeContext {
            recipient: relay,
            purpose: purpose::MEDICAL_TICKET.to_owned(),
            expires_at: self.clock.now().as_seconds() + TICKET_LIFE_SECONDS,
            // A number of its own, with the day and not the instant in it: nobody who holds both ledgers may tie the check
            // to the registration by it.
            exchange: ExchangeId::new(Timestamp::start_of(self.clock.today()).as_millis()),
            consent: None,
            binding: Vec::new(),
        };
        let contents = TicketContents { institution: *asker, receipt: receipt.clone(), link };
        let contents = serde_json::to_vec(&contents).map_err(problems::internal)?;
        Sealed::new(&key, context, &contents).map_err(problems::internal)
    }
}

impl Subject {
    fn standing(&self, request: &CheckRequest) -> Standing<'_> {
        let (on, known_at) = (request.on, request.known_at);
        match (self, &request.presented) {
            (Self::Holder(candidate), Presented::InsuredPerson { insured, .. }) => {
                standing(&candidate.found.history, on, known_at, Asked::Number(insured))
            }
            (Self::OtherBirthdate, Presented::InsuredPerson { insured, .. }) => {
                birthdate_differs(insured.insurer)
            }
            (Self::Nobody { known_later }, Presented::InsuredPerson { insured, .. }) => {
                unknown_number(insured.insurer, *known_later)
            }
            (Self::Person(_, found, _), _) => standing(&found.history, on, known_at, Asked::Person),
            _ => standing(&[], on, known_at, Asked::Person),
        }
    }

    /// A card that shows its insurance code must be one that was given it, and run. (A certificate's standing is the
    /// certification service's to say.) An answer that is repeated was admitted before.
    fn admit(&self, presented: &Presented) -> Result<(), Problem> {
        match (self, presented) {
            (Self::Person(_, Found { card: None, .. }, _), Presented::InsuranceCode { .. }) => {
                Err(problems::card_unknown())
            }
            (Self::Person(_, Found { card: Some(card), .. }, _), _) => {
                card.stopped.map_or(Ok(()), |stop| Err(problems::card_stopped(stop, "presented.code")))
            }
            _ => Ok(()),
        }
    }

    /// The person, when somebody was found who was ever reported.
    fn person(&self) -> Option<InsuranceCode> {
        match self {
            Self::Person(code, found, _) => (!found.history.is_empty()).then_some(*code),
            Self::Holder(candidate) => Some(candidate.code),
            Self::OtherBirthdate | Self::Nobody { .. } => None,
        }
    }

    fn card_person(&self) -> Option<[u8; 16]> {
        match self {
            Self::Person(code, ..) => Some(code.to_bytes()),
            _ => None,
        }
    }

    /// Only who read a card, about the present, receives a ticket: a typed number proves no presence. None goes to who does
    /// not use the ordinary number here.
    fn medical_link(&self, request: &CheckRequest) -> Option<&str> {
        match self {
            Self::Person(_, found, None) if request.known_at.is_none() => found.medical_link.as_deref(),
            _ => None,
        }
    }

    fn commitment(&self) -> Option<&[u8; 32]> {
        match self {
            Self::Person(_, _, commitment) => commitment.as_ref(),
            _ => None,
        }
    }

    fn history(&self) -> &[Version] {
        match self {
            Self::Person(_, found, _) => &found.history,
            Self::Holder(candidate) => &candidate.found.history,
            Self::OtherBirthdate | Self::Nobody { .. } => &[],
        }
    }

    fn seen(&self) -> i64 {
        self.history().last().map_or(0, |version| version.id)
    }

    /// Forgets what arrived after the answer that is repeated.
    fn limit(&mut self, seen: i64, request: &CheckRequest) {
        match self {
            Self::Person(_, found, _) => found.history.retain(|version| version.id <= seen),
            Self::Holder(candidate) => {
                candidate.found.history.retain(|version| version.id <= seen);
                if let Presented::InsuredPerson { insured, .. } = &request.presented
                    && !fold::memberships(&candidate.found.history).iter().any(|m| rules::carries(m, insured))
                {
                    *self = Self::Nobody { known_later: false };
                }
            }
            Self::OtherBirthdate | Self::Nobody { .. } => {}
        }
    }
}

/// Which of those who ever carried the number was born on the day.
fn holder(
    found: Vec<Candidate>,
    request: &CheckRequest,
    insured: &codes::InsuredPersonId,
    birthdate: Date,
) -> Result<Subject, Problem> {
    let carries = |candidate: &Candidate, known_at: Option<Timestamp>| {
        let known = fold::memberships_known(&candidate.found.history, known_at);
        known.iter().any(|m| rules::carries(m, insured))
    };
    let ever = found.iter().any(|candidate| carries(candidate, None));
    let then: Vec<Candidate> = found.into_iter().filter(|c| carries(c, request.known_at)).collect();
    if then.is_empty() {
        return Ok(Subject::Nobody { known_later: ever && request.known_at.is_some() });
    }
    let mut born = then.into_iter().filter(|candidate| {
        let known = fold::memberships_known(&candidate.found.history, request.known_at);
        known.iter().filter(|m| rules::carries(m, insured)).any(|m| m.birthdates().any(|b| b == birthdate))
    });
    match (born.next(), born.next()) {
        (Some(one), None) => Ok(Subject::Holder(one)),
        (Some(_), Some(_)) => Err(problems::ambiguous_number()),
        (None, _) => Ok(Subject::OtherBirthdate),
    }
}

fn sensible(request: &CheckRequest, now: Timestamp) -> Result<(), Problem> {
    let terminal = &request.terminal;
    if terminal.is_empty() || terminal.chars().count() > 64 || terminal.chars().any(char::is_control) {
        return Err(problems::bad_terminal());
    }
    if request.on > now.date().add_days(AHEAD_DAYS) {
        let ja = "受診日は92日先までです。";
        return Err(problems::bad_day("on", ja, "The day of service may lie at most 92 days ahead."));
    }
    if request.known_at.is_some_and(|at| at > now) {
        return Err(problems::known_at_future());
    }
    Ok(())
}

fn road(presented: &Presented) -> &'static str {
    match presented {
        Presented::InsuranceCode { .. } => "insurance-code",
        Presented::Certificate { .. } => "certificate",
        Presented::InsuredPerson { .. } => "insured-person",
    }
}

/// A check that began: unless it is finished, the same exchange may try again.
struct Begin<'a> {
    inner: &'a Inner,
    exchange: Short,
    finished: bool,
}

impl Begin<'_> {
    fn finish(mut self, question: Short, done: Done) {
        self.inner.recent.finish(self.exchange, question, done);
        self.finished = true;
    }
}

impl Drop for Begin<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.inner.recent.abandon(&self.exchange);
        }
    }
}
