//! The ledger as IHE BALP AuditEvents, for the institution's own systems: read-only, oldest first, page by page.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use codes::{ExchangeId, OrgId, OrgKind};
use consent::ActReason;
use ledger::{Entry, LedgerError, OpenedEntry, PersonDigest};
use protocol::audit::{About, Event, Kind, Staff, Thing, Window};
use protocol::exchange::Practitioner;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{self, Answer, BundleWriter};
use super::ask::Ask;
use super::read::with;
use crate::service::Service;
use crate::service::records::RecordError;

/// Events of a page when nothing is said, and most of one.
const COUNT: (usize, usize) = (50, 500);

/// Entries that one page reads at most; where they end, the next page begins.
const READ_MAX: u64 = 20_000;

/// What is looked for.
struct Search {
    /// `Patient/…`, as the ledger's digest knows them.
    patient: Option<String>,
    /// A resource that was read, written or given.
    entity: Option<String>,
    window: Window,
    /// The entry that the page begins with.
    from: Option<u64>,
    count: usize,
}

/// `GET /fhir/AuditEvent`.
pub async fn search(State(service): State<Arc<Service>>, ask: Ask) -> Answer {
    let search = Search::read(&ask.query)?;
    let person = search.patient.as_ref().map(|patient| service.ledger().person_digest(patient.as_bytes()));
    log(&service, &ask, person).await?;
    let (events, next) = page(&service, &search, person).map_err(failed)?;
    let path = format!("{}/AuditEvent", ask.base);
    let mut links = vec![("self", format!("{path}?{}", ask.query))];
    if let Some(next) = next {
        links.push(("next", format!("{path}?{}", with(&ask.query, "_from", &next.to_string()))));
    }
    let mut bundle = BundleWriter::new("searchset", None, &links);
    for event in events {
        let url = format!("{path}/{}", event.index);
        bundle.entry(Some(&url), Some(event.to_fhir().to_string().as_bytes()), MATCH);
    }
    Ok(answer::resource(StatusCode::OK, bundle.finish()))
}

const MATCH: &str = "\"search\":{\"mode\":\"match\"}";

/// That the log is read stands in the log.
async fn log(service: &Service, ask: &Ask, person: Option<PersonDigest>) -> Result<(), RecordError> {
    let at = service.moment().as_millis();
    let body = json!({ "user": ask.caller.user, "did": "audit", "what": [] }).to_string().into_bytes();
    let entry = Entry { kind: "records.read", person, exchange: ExchangeId::new(at), at, body };
    service.ledger().append(entry).await.map(drop).map_err(failed)
}

fn failed(error: LedgerError) -> RecordError {
    RecordError::from(error)
}

/// The events of a page, and where the next one begins.
fn page(
    service: &Service,
    search: &Search,
    person: Option<PersonDigest>,
) -> Result<(Vec<Event>, Option<u64>), LedgerError> {
    let ledger = service.ledger();
    let relay = service.directory.of_kind(OrgKind::Relay).first().map_or(*service.org(), |relay| relay.id);
    let start = match search.from {
        Some(from) => from,
        None => first_at(ledger, search.window.from)?,
    };
    let (mut events, mut tail) = (Vec::new(), ledger.tail(start));
    while tail.position() < start.saturating_add(READ_MAX) {
        let place = tail.position();
        if events.len() == search.count {
            return Ok((events, Some(place)));
        }
        let Some(entry) = tail.try_next()? else { return Ok((events, None)) };
        if entry.at >= search.window.until {
            return Ok((events, None));
        }
        if !search.window.has(entry.at) || person.is_some() && entry.person != person {
            continue;
        }
        let found = event(&entry, *service.org(), relay);
        events.extend(found.filter(|event| search.entity.as_ref().is_none_or(|wanted| names(event, wanted))));
    }
    Ok((events, Some(tail.position())))
}

fn names(event: &Event, wanted: &str) -> bool {
    event.things.iter().any(|thing| matches!(thing, Thing::Reference(name) if name == wanted))
}

/// The first entry at or after an instant: entries stand in the order of time.
fn first_at(ledger: &ledger::Ledger, at: i64) -> Result<u64, LedgerError> {
    let (mut low, mut high) = (0, ledger.size());
    while low < high {
        let middle = low + (high - low) / 2;
        if ledger.read_entry(middle)?.at < at { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

impl Search {
    fn read(query: &str) -> Result<Self, RecordError> {
        let mut search =
            Self { patient: None, entity: None, window: Window::ALL, from: None, count: COUNT.0 };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let wrong = || {
                let (ja, en) = ("この条件では探せません", "this parameter, or its value, is not served");
                RecordError::request(400, "value", ja, en).at(name.clone().into_owned())
            };
            match &*name {
                "patient" => {
                    let id = value.strip_prefix("Patient/").unwrap_or(&value);
                    search.patient = Some(format!("Patient/{id}"));
                }
                "entity" => search.entity = Some(value.into_owned()),
                "date" => search.window = search.window.narrowed(&value).ok_or_else(wrong)?,
                "_from" => search.from = Some(value.parse().map_err(|_| wrong())?),
                "_count" => search.count = value.parse::<usize>().map_err(|_| wrong())?.clamp(1, COUNT.1),
                "_format" | "_pretty" => {}
                _ => return Err(wrong()),
            }
        }
        Ok(search)
    }
}

/// What an entry means to an auditor; nothing for what the desk does with the eligibility service.
fn event(entry: &OpenedEntry, own: OrgId, relay: OrgId) -> Option<Event> {
    let body: Value = serde_json::from_slice(&entry.body).ok()?;
    let event = Event {
        kind: Kind::Query,
        index: entry.index,
        at: entry.at,
        exchange: entry.exchange,
        observer: own,
        client: own,
        server: own,
        staff: staff(&body),
        reason: body.get("reason").and_then(|reason| ActReason::deserialize(reason).ok()),
        rule: None,
        about: entry.person.map_or(About::Nobody, |person| About::Person(person.0)),
        things: things(&body),
        query: String::new(),
        details: Vec::new(),
        outcome: protocol::audit::Outcome::Done,
    };
    Some(match entry.kind.as_str() {
        "exchange.asked" => Event { server: relay, query: asked(&body), ..event },
        "exchange.received" => {
            let server = text(&body, "holder").parse().unwrap_or(event.server);
            let count = body.get("count").and_then(Value::as_u64).unwrap_or_default();
            let things = vec![Thing::Words(format!("{count} records"))];
            Event { kind: Kind::Receipt, server, things, ..event }
        }
        "exchange.given" => given(event, &body),
        "exchange.consent" => {
            Event { kind: Kind::Create, server: relay, things: vec![decided(&body)], ..event }
        }
        "exchange.emergency" => declared(event, relay, &body),
        "exchange.withdrawn" => {
            let things = vec![Thing::Words("grants ended".to_owned())];
            Event { kind: Kind::Update, client: relay, things, ..event }
        }
        "records.read" => match text(&body, "did") {
            "read" => Event { kind: Kind::Read, ..event },
            did => Event { query: did.to_owned(), ..event },
        },
        "records.write" => {
            let kind = match text(&body, "did") {
                "create" => Kind::Create,
                "delete" => Kind::Delete,
                _ => Kind::Update,
            };
            Event { kind, ..event }
        }
        _ => return None,
    })
}

/// Records left, or a grant found none.
fn given(event: Event, body: &Value) -> Event {
    let kind =
        if event.things.is_empty() || event.about == About::Nobody { Kind::Query } else { Kind::Disclosure };
    let client = text(body, "asker").parse().unwrap_or(event.client);
    let profession = body.get("profession").and_then(|one| consent::Profession::deserialize(one).ok());
    let name = Some(text(body, "staff")).filter(|name| !name.is_empty()).map(ToOwned::to_owned);
    let staff = name.map(|name| Staff { id: String::new(), name: Some(name), profession });
    Event {
        kind,
        client,
        staff: staff.into_iter().collect(),
        rule: Some(text(body, "rule").to_owned()),
        query: "grant".to_owned(),
        details: vec![("grant", text(body, "grant").to_owned()), ("relay", text(body, "relay").to_owned())],
        ..event
    }
}

fn declared(event: Event, relay: OrgId, body: &Value) -> Event {
    let widened = body.get("widens").is_some_and(|widens| !widens.is_null());
    let reason = if widened { ActReason::BreakTheGlass } else { ActReason::EmergencyTreat };
    let with = body.get("with").and_then(|with| Practitioner::deserialize(with).ok());
    let mut staff = event.staff.clone();
    staff.extend(with.as_ref().map(Staff::from));
    Event {
        kind: Kind::Create,
        server: relay,
        staff,
        reason: Some(reason),
        things: vec![Thing::Words("emergency".to_owned())],
        details: vec![("emergency", text(body, "reason").to_owned())],
        ..event
    }
}

fn asked(body: &Value) -> String {
    let looked_for = body.get("looking_for").and_then(Value::as_array).into_iter().flatten();
    let looked_for: Vec<_> = looked_for.filter_map(Value::as_str).collect();
    format!("exchange?looking-for={}", looked_for.join(","))
}

/// What was decided: the rule's name, or the kind of act.
fn decided(body: &Value) -> Thing {
    let Some(act) = body.get("act") else { return Thing::Words("consent".to_owned()) };
    let rule = act.pointer("/record/id").or_else(|| act.get("withdraw")).and_then(Value::as_str);
    match (rule, act) {
        (Some(rule), _) => Thing::Identifier(protocol::audit::RULE_SYSTEM, rule.to_owned()),
        (None, Value::Object(act)) => Thing::Words(act.keys().next().cloned().unwrap_or_default()),
        (None, act) => Thing::Words(act.as_str().unwrap_or_default().to_owned()),
    }
}

/// The member of staff, or who the system says it asks for.
fn staff(body: &Value) -> Vec<Staff> {
    let known = body.get("staff").and_then(|staff| Practitioner::deserialize(staff).ok());
    let user = body.get("user").and_then(Value::as_str);
    let user = user.map(|user| Staff { id: user.to_owned(), name: None, profession: None });
    known.as_ref().map(Staff::from).or(user).into_iter().collect()
}

fn things(body: &Value) -> Vec<Thing> {
    let names = body.get("what").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).map(|name| Thing::Reference(name.to_owned())).collect()
}

fn text<'v>(body: &'v Value, name: &str) -> &'v str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use records::definitions::Definitions;
    use records::validate::{Severity, Validator};

    use super::*;

    const BALP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/fhir/ihe/BALP");

    fn entries() -> Vec<(&'static str, Option<PersonDigest>, Value)> {
        let person = Some(PersonDigest([7; 32]));
        let doctor = json!({ "id": "d-1", "profession": "physician", "name": "北 一郎" });
        let grant = ExchangeId::new(1).to_string();
        let given = |what: Value| {
            json!({
                "asker": "institution/1310000026", "staff": "北 一郎", "profession": "physician", "reason": "TREAT",
                "rule": "exchange-for-treatment", "grant": grant, "relay": "relay/1", "what": what,
            })
        };
        let did = |did: &str, what: Value| json!({ "user": "sato", "did": did, "what": what });
        let two = || json!(["Observation/1", "Condition/2"]);
        let mut all = vec![
            (
                "exchange.asked",
                person,
                json!({ "staff": doctor, "patient": "17", "reason": "TREAT", "evidence": {}, "looking_for": ["laboratory"], "relay": "relay/1" }),
            ),
            (
                "exchange.received",
                person,
                json!({ "staff": doctor, "reason": "TREAT", "holder": "institution/1310000026", "count": 12 }),
            ),
            ("exchange.given", person, given(two())),
            ("exchange.given", person, given(json!([]))),
            ("exchange.given", None, given(json!([]))),
            ("exchange.consent", person, json!({ "staff": doctor, "act": { "record": { "id": "share" } } })),
            ("exchange.consent", person, json!({ "staff": doctor, "act": "return" })),
            (
                "exchange.emergency",
                person,
                json!({ "staff": doctor, "with": doctor, "reason": "stroke", "text": "片麻痺", "widens": null }),
            ),
            (
                "exchange.emergency",
                person,
                json!({ "staff": doctor, "with": null, "reason": "stroke", "text": "片麻痺", "widens": grant }),
            ),
            ("exchange.withdrawn", None, json!({ "exchange": grant, "grants": [grant], "at": 1 })),
            ("records.read", person, json!({ "staff": doctor, "did": "page", "count": 3 })),
        ];
        for read in ["read", "search", "history", "everything", "export", "audit"] {
            let what = if read == "read" { json!(["Observation/1"]) } else { two() };
            all.extend([
                ("records.read", person, did(read, what.clone())),
                ("records.read", None, did(read, what)),
            ]);
        }
        for write in ["create", "update", "delete"] {
            all.push(("records.write", person, did(write, json!(["Observation/1"]))));
        }
        for write in ["transaction", "import"] {
            all.extend([
                ("records.write", person, did(write, two())),
                ("records.write", None, did(write, two())),
            ]);
        }
        all
    }

    #[test]
    fn every_entry_of_records_and_exchanges_is_an_event_of_balp() {
        if !Path::new(BALP).exists() {
            return println!("skipped: {BALP} is not here");
        }
        let validator = Validator::new(Arc::new(Definitions::load(&[BALP]).unwrap()));
        let (own, relay) = ("institution/1310000018".parse().unwrap(), "relay/1".parse().unwrap());
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (index, (kind, person, body)) in entries().into_iter().enumerate() {
            let entry = OpenedEntry {
                index: index as u64,
                kind: kind.to_owned(),
                person,
                exchange: ExchangeId::new(2),
                at: 1_790_000_000_000,
                body: body.to_string().into_bytes(),
            };
            let resource = event(&entry, own, relay).unwrap().to_fhir();
            let node = records::tree::parse(resource.to_string().as_bytes()).unwrap();
            let issues = validator.validate(&node, &[]).into_iter();
            let errors: Vec<_> = issues.filter(|issue| issue.severity == Severity::Error).collect();
            assert!(errors.is_empty(), "{kind} {body}: {errors:#?} {resource:#}");
            let profile =
                resource["meta"]["profile"][0].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            *counts.entry(format!("{kind} = {profile}")).or_default() += 1;
        }
        println!("{counts:#?}");
        assert_eq!(counts["exchange.received = IHE.BasicAudit.PrivacyDisclosure.Recipient"], 1);
        assert_eq!(counts["exchange.given = IHE.BasicAudit.PrivacyDisclosure.Source"], 1);
        assert_eq!(counts["records.read = IHE.BasicAudit.PatientRead"], 1);
    }

    #[test]
    fn a_search_is_read_or_refused() {
        let search =
            Search::read("patient=Patient/17&date=ge2026-11-01&entity=Observation/1&_count=9999").unwrap();
        assert_eq!((search.patient.as_deref(), search.count), (Some("Patient/17"), 500));
        assert_eq!(Search::read("patient=17").unwrap().patient.as_deref(), Some("Patient/17"));
        for wrong in ["date=yesterday", "agent=1", "_from=-1", "_count=x"] {
            assert!(Search::read(wrong).is_err(), "{wrong}");
        }
    }
}
