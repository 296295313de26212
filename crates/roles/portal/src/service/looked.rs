//! Who looked: the relay's record of the person, with the checks of their insurance, newest first, and what of it is
//! proven by the logs.

use access::{Action, Purpose};
use calendar::{Date, Timestamp};
use codes::{ExchangeId, OrgId, OrgKind};
use consent::{ActReason, Consents};
use data_encoding::BASE64;
use ledger::{Hash, Leaf};
use protocol::consents::ConsentStatusRequest;
use protocol::exchange::{OwnExchange, OwnExchangesAnswer, OwnExchangesRequest};
use protocol::inclusion::{HeadProblem, Heads, Inclusion, OpenHeads};
use protocol::oversight::Look;
use wire::Problem;

use super::Service;
use crate::model::{Check, Visit};

/// How far back the first page looks, in days.
pub const RECENT_DAYS: i32 = 31;

/// Something that happened about the person.
#[derive(Clone, Debug)]
pub enum Event {
    /// At the relay.
    Exchange(Box<OwnExchange>),
    /// At the eligibility service.
    Check(Box<Check>),
}

/// What the person asked to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The month, by its first day; none means the last [`RECENT_DAYS`], or everything where an organisation is named.
    pub month: Option<Date>,
    /// Only what this organisation did.
    pub organisation: Option<OrgId>,
    /// Only this kind.
    pub kind: Kind,
}

/// Kinds of events by which a person looks for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// All.
    #[default]
    All,
    /// Records were opened to somebody.
    Opened,
    /// Somebody asked and got nothing.
    Refused,
    /// An emergency was declared.
    Emergency,
    /// The insurance was checked.
    Check,
    /// Anything else: registrations, decisions passed on.
    Other,
}

/// Everything that happened about the person in that time, as far as it can be read now.
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
    /// The months in which something happened, newest first, by their first days.
    pub months: Vec<Date>,
    /// Who did anything in that time.
    pub organisations: Vec<OrgId>,
    /// The logs, each with what is believed of it.
    pub logs: Vec<Log>,
    /// Whether the month is another one than this portal showed the person before.
    pub changed: bool,
    /// What the person decided: to say which of their rules applied.
    pub will: Consents,
    /// Where the overseer looked into one of these, or into an objection of the person's; or why it cannot be asked.
    pub overseer: Result<Vec<Look>, Problem>,
}

/// One party's log.
pub struct Log {
    /// Whose.
    pub of: OrgId,
    /// As it came.
    pub heads: Heads,
    /// The heads that are believed, or why none is.
    pub open: Result<OpenHeads, HeadProblem>,
}

/// What the log says of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// It stands under the head that the overseer cosigned.
    Cosigned,
    /// It stands under the log's newest head, which the overseer has not cosigned since.
    Signed,
    /// It is not what stands there, or there is no head that can be believed.
    Not,
}

impl Service {
    /// What happened about the person. A part that cannot be read is said to be missing, never left out in silence.
    pub async fn looked(&self, visit: &Visit, asked: Asked) -> Looked {
        let period = self.period(asked);
        let (answer, relay) = match self.own_exchanges(visit, asked, period).await {
            Ok(answer) => {
                let since = answer.as_ref().and_then(|answer| answer.covered_since);
                (answer, Ok(since))
            }
            Err(problem) => (None, Err(problem)),
        };
        let changed = match (&answer, asked.month) {
            (Some(answer), Some(month)) if asked.organisation.is_none() && !answer.cut => {
                self.is_changed(visit, month, &answer.entries).await.unwrap_or(false)
            }
            _ => false,
        };
        let logs = self.logs(visit, answer.as_ref()).await;
        let months = months(visit, answer.as_ref());
        let cut = answer.as_ref().is_some_and(|answer| answer.cut);
        let entries = answer.map(|answer| answer.entries).unwrap_or_default();
        // Without it the rules are named by their numbers alone.
        let will = if entries.iter().any(|entry| !entry.rules.is_empty()) {
            self.will(visit).await.unwrap_or_default()
        } else {
            Consents::default()
        };
        let checks = visit.bearer.checks.iter().filter(|check| {
            period.is_none_or(|(from, until)| from <= check.at && check.at < until)
                && asked.organisation.is_none_or(|org| org == check.organisation)
        });
        let checks = checks.map(|check| Event::Check(Box::new(check.clone())));
        let events = entries.into_iter().map(|entry| Event::Exchange(Box::new(entry))).chain(checks);
        let mut events: Vec<Event> = events.collect();
        events.sort_by_key(|event| std::cmp::Reverse(event.at()));
        let mut organisations: Vec<OrgId> = events.iter().map(Event::organisation).collect();
        organisations.sort();
        organisations.dedup();
        events.retain(|event| asked.kind == Kind::All || event.kind() == asked.kind);
        let overseer = self.overseer_looks(visit, &events).await;
        let (emergencies, events): (Vec<_>, Vec<_>) = events.into_iter().partition(Event::is_emergency);
        let (own, others) = events.into_iter().partition(|event| event.is_by(OrgKind::Portal));
        Looked { emergencies, others, own, relay, cut, months, organisations, logs, changed, will, overseer }
    }

    /// What the person decided, with its history.
    ///
    /// # Errors
    /// When the person has no working medical ID, or the relay refuses or cannot be reached.
    pub async fn will(&self, visit: &Visit) -> Result<Consents, Problem> {
        let Some(code) = visit.subject().code else { return Err(crate::problems::no_medical_id()) };
        let question = ConsentStatusRequest {
            exchange: self.exchange(),
            institution: self.org,
            code,
            acting: visit.acting_as(),
        };
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

    fn period(&self, asked: Asked) -> Option<(Timestamp, Timestamp)> {
        let start = Timestamp::start_of;
        match asked.month {
            Some(month) => Some((start(month), start(month.add_months(1)))),
            None if asked.organisation.is_some() => None,
            None => {
                let today = self.now().date();
                Some((start(today.add_days(-RECENT_DAYS)), start(today.add_days(1))))
            }
        }
    }

    async fn own_exchanges(
        &self,
        visit: &Visit,
        asked: Asked,
        period: Option<(Timestamp, Timestamp)>,
    ) -> Result<Option<OwnExchangesAnswer>, Problem> {
        let Some(code) = visit.subject().code else { return Ok(None) };
        let question = OwnExchangesRequest {
            exchange: self.exchange(),
            institution: self.org,
            code,
            acting: visit.acting_as(),
            period,
            organisation: asked.organisation,
        };
        let mut answer = self.relay()?.own_exchanges(&question).await?;
        if visit.acting.is_some() {
            let hidden = self.hidden(visit).await?;
            answer.entries.retain(|entry| !hidden.hides(&entry.organisation, &entry.holders));
        }
        Ok(Some(answer))
    }

    async fn logs(&self, visit: &Visit, answer: Option<&OwnExchangesAnswer>) -> Vec<Log> {
        let relay = answer.map(|answer| (OrgKind::Relay, answer.heads.clone()));
        let checks = visit.bearer.checks_heads.clone().map(|heads| (OrgKind::Eligibility, heads));
        let mut logs = Vec::new();
        for (kind, heads) in relay.into_iter().chain(checks) {
            let Some(party) = self.policy.directory().of_kind(kind).into_iter().next() else { continue };
            let open = match (self.believed(&party, &heads), kind) {
                // The checks' heads are as old as the visit.
                (Ok(open), OrgKind::Relay) => self.not_behind(open).await,
                (open, _) => open,
            };
            logs.push(Log { of: party.id, heads, open });
        }
        logs
    }
}

impl Looked {
    /// What the log says of an event; the log's place among [`Looked::logs`].
    pub fn proven(&self, event: &Event) -> (usize, Proven) {
        let of_event = |(_, log): &(usize, &Log)| log.of.kind() == event.log();
        let Some((place, log)) = self.logs.iter().enumerate().find(of_event) else {
            return (0, Proven::Not);
        };
        let proof = event.proof();
        let Ok(open) = &log.open else { return (place, Proven::Not) };
        let honest = match event {
            Event::Exchange(entry) => is_of_leaf(entry),
            Event::Check(_) => true,
        };
        let proven = match open.of(proof.size) {
            Some((_, cosigned)) if honest && open.proves(proof) => {
                if cosigned {
                    Proven::Cosigned
                } else {
                    Proven::Signed
                }
            }
            _ => Proven::Not,
        };
        (place, proven)
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

    /// Who did it.
    pub fn organisation(&self) -> OrgId {
        match self {
            Self::Exchange(entry) => entry.organisation,
            Self::Check(check) => check.organisation,
        }
    }

    /// Where it stands.
    pub fn proof(&self) -> &Inclusion {
        match self {
            Self::Exchange(entry) => &entry.proof,
            Self::Check(check) => &check.proof,
        }
    }

    /// The exchange it belongs to.
    pub fn exchange(&self) -> ExchangeId {
        match self {
            Self::Exchange(entry) => entry.exchange,
            Self::Check(check) => check.exchange,
        }
    }

    /// The kind of party in whose log it stands.
    pub fn log(&self) -> OrgKind {
        match self {
            Self::Exchange(_) => OrgKind::Relay,
            Self::Check(_) => OrgKind::Eligibility,
        }
    }

    /// What kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Check(_) => Kind::Check,
            Self::Exchange(_) if self.is_emergency() => Kind::Emergency,
            Self::Exchange(entry) => match entry.what.as_str() {
                "exchange" => Kind::Opened,
                "exchange-refused" => Kind::Refused,
                _ => Kind::Other,
            },
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
        self.organisation().kind() == kind
    }
}

impl Kind {
    /// All, in the order of the page.
    pub const ALL: [Self; 6] =
        [Self::All, Self::Opened, Self::Refused, Self::Emergency, Self::Check, Self::Other];

    /// Its word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Opened => "opened",
            Self::Refused => "refused",
            Self::Emergency => "emergency",
            Self::Check => "check",
            Self::Other => "other",
        }
    }

    /// The kind of a word; all for one that is not known.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).unwrap_or_default()
    }
}

/// Whether what is told of an entry is what its leaf says in clear: kind, time and exchange, and that the proof is that
/// leaf's.
fn is_of_leaf(entry: &OwnExchange) -> bool {
    let Ok(bytes) = BASE64.decode(entry.leaf.as_bytes()) else { return false };
    let Ok(leaf) = Leaf::decode(&bytes) else { return false };
    let kind = leaf.kind.strip_prefix("relay.").unwrap_or(leaf.kind);
    let kind_fits = kind == entry.what || kind == "emergency" && entry.what == "emergency-widened";
    kind_fits
        && leaf.at == entry.at.as_millis()
        && leaf.exchange == entry.exchange
        && entry.receipt.index == entry.proof.index
        && BASE64.encode(&Hash::leaf(&bytes).0) == entry.proof.hash
}

/// The months of both logs, newest first.
fn months(visit: &Visit, answer: Option<&OwnExchangesAnswer>) -> Vec<Date> {
    let first = |day: Date| day.add_days(1 - i32::from(day.day()));
    let checks = visit.bearer.checks.iter().map(|check| first(check.at.date()));
    let relay = answer.into_iter().flat_map(|answer| answer.months.iter().copied());
    let mut months: Vec<Date> = relay.chain(checks).collect();
    months.sort_by_key(|month| std::cmp::Reverse(*month));
    months.dedup();
    months
}
