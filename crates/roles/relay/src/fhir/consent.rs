//! `Consent` in and out (`docs/fhir/consent.md`): what a person decided, passed on by an institution or the portal.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use calendar::Timestamp;
use codes::ExchangeId;
use consent::fhir::{self, BASE, Document, Party, Source, Vocabulary};
use consent::{ActReason, Consents, Effect, GivenBy, OptOut, Rule, RuleId, TemplateVersion};
use ledger::Receipt;
use protocol::consents::{ConsentAct, ConsentStatusRequest, ConsentUpdate};
use protocol::exchange::{Evidence, Practitioner};
use serde_json::{Map, Value};
use wire::{Peer, Problem};

use super::{answer, base, is_patient, not_searched, own_code, refusal, required, response, searchset};
use crate::service::{CODE_SYSTEM, Service};

/// Extension of a Consent that is passed on: the receipt of the card read that shows that the person was there.
const PRESENCE: &str = "https://musubi.example/fhir/StructureDefinition/consent-presence-receipt";

/// Extension of a Consent that is passed on: who of the staff received it.
const RECEIVED_BY: &str = "https://musubi.example/fhir/StructureDefinition/consent-received-by";

/// Longest id of a FHIR resource.
const ID_LIMIT: usize = 64;

/// What a search wants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    All,
    Active,
    Inactive,
}

pub(super) async fn create(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match passed_on(&service, &peer, &body).await {
        Ok((id, consent)) => {
            let mut response = response(StatusCode::CREATED, &consent);
            if let Ok(location) = HeaderValue::from_str(&format!("{}/Consent/{id}", base(&headers))) {
                response.headers_mut().insert(header::LOCATION, location);
            }
            response
        }
        Err(problem) => refusal(&problem),
    }
}

/// Reads a Consent whole, writes all of it down, and gives it back as it stands.
async fn passed_on(service: &Service, peer: &Peer, body: &[u8]) -> Result<(RuleId, Value), Problem> {
    let sent: Value = wire::decode(body)?;
    let mut document =
        fhir::read(&sent, &Vocabulary::default()).map_err(|refusal| not_understood(&refusal))?;
    let code = match &document.patient {
        Party::Identifier { system, value } => own_code(&format!("{system}|{value}"))?,
        Party::Reference(_) => return Err(required("Consent.patient.identifier")),
    };
    let mut acts = acts(&document).into_iter();
    let act = acts.next().ok_or_else(|| required("Consent.provision"))?;
    let update = ConsentUpdate {
        exchange: ExchangeId::new(service.clock.now().as_millis()),
        institution: peer.0,
        code,
        act,
        received_by: received_by(&sent)?,
        evidence: presence(&sent)?,
    };
    let done = service.consent_all(&peer.0, update, acts.collect()).await?;
    for rule in &mut document.rules {
        match rule.withdrawn_at {
            Some(_) => rule.withdrawn_at = Some(done.at),
            None => (rule.recorded_at, rule.from) = (done.at, rule.from.max(done.at)),
        }
    }
    let consent = fhir::write(&document).map_err(|error| {
        tracing::error!(%error, "what was read cannot be written");
        Problem::internal()
    })?;
    Ok((document.id, consent))
}

/// An active Consent writes its rules down; an inactive one withdraws them.
fn acts(document: &Document) -> Vec<ConsentAct> {
    let act = |rule: &Rule| match (&rule.withdrawn_at, &rule.given_by) {
        (None, _) => ConsentAct::Record(Box::new(rule.clone())),
        (Some(_), GivenBy::Proxy(proxy)) => {
            ConsentAct::WithdrawByProxy { proxy: proxy.clone(), rule: rule.id.clone() }
        }
        (Some(_), _) => ConsentAct::Withdraw(rule.id.clone()),
    };
    document.rules.iter().map(act).collect()
}

fn presence(consent: &Value) -> Result<Evidence, Problem> {
    let place = "Consent.extension('consent-presence-receipt')";
    let extension = extension(consent, PRESENCE).ok_or_else(|| required(place))?;
    let part = |name: &str, kind: &str| extension_text(extension, name, kind).ok_or_else(|| required(place));
    let at: Timestamp = part("at", "valueInstant")?.parse().map_err(|_| required(place))?;
    let index = part("index", "valueString")?.parse().map_err(|_| required(place))?;
    let receipt = Receipt { origin: part("origin", "valueString")?.to_owned(), index, at: at.as_millis() };
    Ok(Evidence::Presence { receipt })
}

fn received_by(consent: &Value) -> Result<Option<Practitioner>, Problem> {
    let wrong = || required("Consent.extension('consent-received-by')");
    let Some(extension) = extension(consent, RECEIVED_BY) else { return Ok(None) };
    let part = |name: &str, kind: &str| extension_text(extension, name, kind).ok_or_else(wrong);
    Ok(Some(Practitioner {
        id: part("id", "valueString")?.parse().map_err(|_| wrong())?,
        profession: part("profession", "valueCode")?.parse().map_err(|_| wrong())?,
        name: part("name", "valueString")?.to_owned(),
    }))
}

fn extension<'v>(of: &'v Value, url: &str) -> Option<&'v Value> {
    let mut all = of.get("extension")?.as_array()?.iter();
    all.find(|one| one.get("url").and_then(Value::as_str) == Some(url))
}

fn extension_text<'v>(of: &'v Value, url: &str, kind: &str) -> Option<&'v str> {
    extension(of, url)?.get(kind)?.as_str()
}

fn not_understood(refusal: &fhir::Refusal) -> Problem {
    Problem::new(422, "consent-not-understood")
        .ja("この同意は読み込めません。")
        .en("this Consent is not understood")
        .detail(refusal.ja.clone(), refusal.en.clone())
        .at(refusal.path.clone())
}

pub(super) async fn search(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Response {
    answer(found(&service, &peer, &base(&headers), &parameters).await)
}

async fn found(
    service: &Service,
    peer: &Peer,
    base: &str,
    parameters: &[(String, String)],
) -> Result<Value, Problem> {
    let (mut identifier, mut wanted) = (None, Status::All);
    for (name, value) in parameters {
        match (name.as_str(), value.as_str()) {
            (name, _) if is_patient(name) => identifier = Some(value),
            ("status", "active") => wanted = Status::Active,
            ("status", "inactive") => wanted = Status::Inactive,
            ("_format" | "_pretty", _) => {}
            _ => return Err(not_searched(name)),
        }
    }
    let identifier = identifier.ok_or_else(|| required("patient.identifier"))?;
    let code = own_code(identifier)?;
    let exchange = ExchangeId::new(service.clock.now().as_millis());
    let request = ConsentStatusRequest { exchange, institution: peer.0, code, acting: None };
    let status = service.consent_status(&peer.0, request).await?;
    let patient = Party::Identifier { system: CODE_SYSTEM.into(), value: code.to_string() };
    let rules = standing(&status.consents);
    let rules = rules.iter().filter(|rule| match wanted {
        Status::All => true,
        Status::Active => rule.withdrawn_at.is_none(),
        Status::Inactive => rule.withdrawn_at.is_some(),
    });
    let consents: Vec<Value> = rules.filter_map(|rule| written(service, &patient, rule)).collect();
    Ok(searchset(base, &[], Some(consents.len()), consents))
}

/// The rules, and each end of all sharing as the refusal that it is.
fn standing(consents: &Consents) -> Vec<Rule> {
    let ends = consents.opt_outs.iter().enumerate().filter_map(|(place, end)| opted_out(place, end));
    consents.rules.iter().cloned().chain(ends).collect()
}

fn opted_out(place: usize, end: &OptOut) -> Option<Rule> {
    let but_emergencies = ActReason::ALL.iter().copied().filter(|reason| !reason.is_emergency());
    let purposes = if end.emergencies_too { consent::Purposes::NONE } else { but_emergencies.collect() };
    let name = RuleId::new(&format!("opt-out.{}", place + 1)).ok()?;
    Some(Rule {
        purposes,
        withdrawn_at: end.withdrawn_at,
        template: TemplateVersion::new("opt-out").ok(),
        ..Rule::new(name, Effect::Deny, end.recorded_at)
    })
}

/// One rule as one Consent: a reader lets nothing be inherited.
fn written(service: &Service, patient: &Party, rule: &Rule) -> Option<Value> {
    let performer = match &rule.given_by {
        GivenBy::Proxy(proxy) => {
            Party::Identifier { system: format!("{BASE}/id/proxy"), value: proxy.to_string() }
        }
        _ => patient.clone(),
    };
    let relay =
        Party::Identifier { system: format!("{BASE}/id/organisation"), value: service.org.to_string() };
    let title = rule.template.as_ref().map_or("own-words", TemplateVersion::as_str);
    let source = Map::from_iter([("title".to_owned(), Value::from(title))]);
    let document = Document {
        id: id_of(&rule.id)?,
        patient: patient.clone(),
        performer,
        organization: relay,
        source: Source::Attachment(source),
        rules: vec![rule.clone()],
    };
    match fhir::write(&document) {
        Ok(consent) => Some(consent),
        Err(error) => {
            tracing::warn!(%error, "a rule cannot be said in FHIR");
            None
        }
    }
}

/// The id of a resource (R4 §2.24.0.1); the provision holds the rule's own name.
fn id_of(rule: &RuleId) -> Option<RuleId> {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    RuleId::new(&rule.as_str().chars().take(ID_LIMIT).map(allowed).collect::<String>()).ok()
}
