//! The relay's ledger for auditors: entries as FHIR AuditEvents, to the person about themself, to the overseer without
//! the persons.

use access::{Action, Purpose};
use codes::{ExchangeId, Medical, OrgCode, OrgId};
use consent::ActReason;
use ledger::OpenedEntry;
use protocol::audit::{About, Event, Kind, Outcome, RULE_SYSTEM, Staff, Thing, Window};
use protocol::exchange::Practitioner;
use serde::Deserialize;
use serde_json::{Value, json};
use wire::Problem;

use super::Service;
use super::consents::{CONSENT, CONSENT_READ};
use super::emergencies::{EMERGENCY, EmergencyRecord, SETTLED};
use super::exchange::{EXCHANGE, ExchangeRecord, REFUSED};
use super::own::{OWN, SHOWN_MAX};
use crate::{problems, store as sql};

/// Kind of the entry that an audit leaves.
const AUDIT: &str = "relay.audit";

/// Entries that one page of an audit reads at most.
const READ_MAX: u64 = 2_000;

/// What is looked for in the ledger (監査の照会).
#[derive(Clone, Copy)]
pub(crate) struct AuditSearch {
    /// The asker's code of the person; the overseer names none.
    pub(crate) code: Option<OrgCode<Medical>>,
    /// When it happened.
    pub(crate) window: Window,
    /// Only entries before this place: the next page.
    pub(crate) before: Option<u64>,
    /// Most events of a page.
    pub(crate) count: usize,
}

/// A page of events, newest first.
pub(crate) struct AuditPage {
    /// The events.
    pub(crate) events: Vec<Event>,
    /// Where the next page begins; none at the end.
    pub(crate) next: Option<u64>,
}

impl Service {
    /// Events of the ledger: about the person of a code, by the same rule as [`Service::own_exchanges`], or, for the
    /// overseer, all of them without the persons. The reading is logged first.
    pub(crate) async fn audit(&self, peer: &OrgId, search: AuditSearch) -> Result<AuditPage, Problem> {
        match &search.code {
            Some(code) => self.audit_of(peer, code, search).await,
            None => self.audit_all(peer, search).await,
        }
    }

    async fn audit_of(
        &self,
        peer: &OrgId,
        code: &OrgCode<Medical>,
        search: AuditSearch,
    ) -> Result<AuditPage, Problem> {
        let permit = self.decide(peer, Action::RelayOwnExchanges, Purpose::OwnAccess)?;
        let (_, person) = self.person_of(peer, code)?.ok_or_else(problems::no_such_person)?;
        let body = json!({ "by": peer, "rule": permit.rule_id() });
        let receipt = self.log(OWN, Some(&person), self.exchange_key(), &body).await?;
        self.catch_up(receipt.index + 1).await?;
        let digest = self.ledger.person_digest(person.as_bytes()).0;
        let places = self.read(move |c| sql::exchanges::events(c, &digest, 0..u64::MAX, SHOWN_MAX)).await?;
        self.page(places.into_iter(), About::Person(digest), search)
    }

    async fn audit_all(&self, peer: &OrgId, search: AuditSearch) -> Result<AuditPage, Problem> {
        let permit = self.decide(peer, Action::RelayAudit, Purpose::ConsentKeeping)?;
        let body = json!({ "by": peer, "rule": permit.rule_id() });
        let receipt = self.log(AUDIT, None, self.exchange_key(), &body).await?;
        let end = search.before.unwrap_or(receipt.index + 1).min(receipt.index + 1);
        let start = end.saturating_sub(READ_MAX);
        let mut page = self.page((start..end).rev(), About::Withheld, search)?;
        page.next = page.next.or((start > 0).then_some(start));
        Ok(page)
    }

    /// The events at these places, newest first, as far as they are looked for and a page holds them.
    fn page(
        &self,
        places: impl Iterator<Item = u64>,
        about: About,
        search: AuditSearch,
    ) -> Result<AuditPage, Problem> {
        let mut events: Vec<Event> = Vec::new();
        for place in places.filter(|place| search.before.is_none_or(|before| *place < before)) {
            if events.len() == search.count {
                return Ok(AuditPage { next: events.last().map(|event| event.index), events });
            }
            let entry = self.ledger.read_entry(place).map_err(problems::ledger)?;
            if search.window.has(entry.at) {
                let about = if entry.person.is_some() { about } else { About::Nobody };
                events.extend(event(&entry, self.org, about));
            }
        }
        Ok(AuditPage { events, next: None })
    }

    fn exchange_key(&self) -> ExchangeId {
        ExchangeId::new(self.now().as_millis())
    }
}

/// What an entry of the relay's ledger means to an auditor; nothing for a kind that is none of the relay's.
pub(crate) fn event(entry: &OpenedEntry, relay: OrgId, about: About) -> Option<Event> {
    let body: Value = serde_json::from_slice(&entry.body).ok()?;
    let client = body.get("by").or_else(|| body.pointer("/emergency/by"))?.as_str()?.parse().ok()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let event = Event {
        kind: Kind::Query,
        index: entry.index,
        at: entry.at,
        exchange: entry.exchange,
        observer: relay,
        client,
        server: relay,
        staff: staff(body.get("practitioner")).into_iter().collect(),
        reason: None,
        rule: Some(text("rule")).filter(|rule| !rule.is_empty()),
        about,
        things: Vec::new(),
        query: String::new(),
        details: Vec::new(),
        outcome: Outcome::Done,
    };
    let query = |query: String| Event { query, ..event.clone() };
    let writing = |kind: Kind, thing: Thing| Event { kind, things: vec![thing], ..event.clone() };
    let words = |words: &str| Thing::Words(words.to_owned());
    Some(match entry.kind.as_str() {
        EXCHANGE | REFUSED => asked(event.clone(), ExchangeRecord::deserialize(&body).ok()?),
        EMERGENCY => declared(event.clone(), EmergencyRecord::deserialize(body.get("emergency")?).ok()?),
        SETTLED => {
            let details = vec![("settled", text("settled"))];
            Event { details, ..writing(Kind::Update, words(&text("declaration"))) }
        }
        CONSENT => decided(event.clone(), &body),
        CONSENT_READ => query("Consent?patient.identifier".to_owned()),
        OWN => query("AuditEvent?patient.identifier".to_owned()),
        AUDIT => query("AuditEvent".to_owned()),
        "relay.register" => writing(Kind::Create, words("registration")),
        "relay.person-state" => writing(Kind::Update, words(&text("state"))),
        "relay.translate" => query(format!("translation?to={}", text("to"))),
        "relay.patient-query" => query("Patient?identifier".to_owned()),
        "relay.cross-reference" => {
            let targets = body.get("targets").and_then(Value::as_array).into_iter().flatten();
            let targets: String =
                targets.filter_map(Value::as_str).map(|target| format!("&targetSystem={target}")).collect();
            Event { kind: Kind::PixQuery, ..query(format!("Patient/$ihe-pix?sourceIdentifier{targets}")) }
        }
        "relay.network-patients" => writing(Kind::Create, words(&format!("numbers of {}", text("network")))),
        "relay.network-join" => writing(Kind::Update, words("networks joined")),
        _ => return None,
    })
}

fn asked(event: Event, record: ExchangeRecord) -> Event {
    let outcome = match record.refused {
        Some(code) => Outcome::Refused(code),
        None if record.holders.is_empty() => Outcome::Nothing,
        None => Outcome::Done,
    };
    let evidence =
        ["presence", "team", "emergency"].into_iter().find(|kind| record.evidence.get(kind).is_some());
    let looking_for: Vec<_> = record.looking_for.iter().map(consent::Category::code).collect();
    let holders: Vec<_> = record.holders.iter().map(ToString::to_string).collect();
    // What somebody decided is theirs to see.
    let rules = if event.about == About::Withheld { Vec::new() } else { record.rules };
    Event {
        kind: Kind::Authorisation,
        reason: Some(record.reason),
        things: rules.into_iter().map(|rule| Thing::Identifier(RULE_SYSTEM, rule.to_string())).collect(),
        details: vec![
            ("evidence", evidence.unwrap_or_default().to_owned()),
            ("looking-for", looking_for.join(" ")),
            ("holders", holders.join(" ")),
        ],
        outcome,
        ..event
    }
}

fn declared(event: Event, record: EmergencyRecord) -> Event {
    let reason = if record.widened { ActReason::BreakTheGlass } else { ActReason::EmergencyTreat };
    let code = serde_json::to_value(record.reason).ok().and_then(|code| Some(code.as_str()?.to_owned()));
    let staff = [Some(&record.practitioner), record.with.as_ref()];
    Event {
        kind: Kind::Authorisation,
        staff: staff.into_iter().flatten().map(Staff::from).collect(),
        reason: Some(reason),
        details: vec![("emergency", code.unwrap_or_default()), ("until", record.until.to_rfc3339())],
        ..event
    }
}

fn decided(event: Event, body: &Value) -> Event {
    let acts = body.get("acts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let name = |act: &Value| match act {
        Value::Object(act) => act.keys().next().cloned().unwrap_or_default(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let rule = |act: &Value| {
        let rule = act.pointer("/record/id").or_else(|| act.get("withdraw"));
        rule.and_then(Value::as_str).filter(|_| event.about != About::Withheld).map(ToOwned::to_owned)
    };
    let thing = |act: &Value| match rule(act) {
        Some(rule) => Thing::Identifier(RULE_SYSTEM, rule),
        None => Thing::Words(name(act)),
    };
    let new = |act: &Value| matches!(name(act).as_str(), "record" | "team" | "proxy" | "incapacity");
    Event {
        kind: if acts.iter().all(new) { Kind::Create } else { Kind::Update },
        things: acts.iter().map(thing).collect(),
        ..event
    }
}

fn staff(practitioner: Option<&Value>) -> Option<Staff> {
    Practitioner::deserialize(practitioner?).ok().as_ref().map(Staff::from)
}
