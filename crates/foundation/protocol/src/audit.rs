//! Ledger entries as FHIR `AuditEvent`s (監査イベント), in the profiles of IHE BALP and PIXm that fit them.
//!
//! Pure: a role says what an entry of its ledger means ([`Event`]), this says it in FHIR R4. The person stands there by
//! the ledger's own keyed digest, which means nothing elsewhere; the exchange ties the events of both sides together.

mod window;

use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use consent::{ActReason, Profession};
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Map, Value, json};

use crate::exchange::Practitioner;

pub use window::Window;

/// System of the digests by which a ledger knows persons.
pub const PERSON_SYSTEM: &str = "https://musubi.example/fhir/sid/ledger-person";
/// System of organisations' ids.
pub const ORGANISATION_SYSTEM: &str = "https://musubi.example/fhir/id/organisation";
/// System of members of staff: `organisation|id`.
pub const STAFF_SYSTEM: &str = "https://musubi.example/fhir/id/staff";
/// System of the names of a person's rules.
pub const RULE_SYSTEM: &str = "https://musubi.example/fhir/id/consent-rule";
/// What stands before the id of a rule of the purposes table in `agent.policy`.
pub const PURPOSES: &str = "https://musubi.example/fhir/purposes#";

const BALP: &str = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
const PIX: &str = "https://profiles.ihe.net/ITI/PIXm/StructureDefinition/IHE.PIXm.Query.Audit.Manager";
const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const ENTITY: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const TYPES: &str = "http://hl7.org/fhir/resource-types";
const MASKED: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

/// Which kind of event it is (イベントの種類); with a person, the profile about patients is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A decision by the person's consents: BALP `AuthZconsent`. The observer decides.
    Authorisation,
    /// Records leave: BALP `PrivacyDisclosure.Source`. The observer is the server.
    Disclosure,
    /// Records of another arrived: BALP `PrivacyDisclosure.Recipient`. The observer is the client.
    Receipt,
    /// A search: BALP `Query` or `PatientQuery`.
    Query,
    /// A question for identifiers: PIXm `Query.Audit.Manager`.
    PixQuery,
    /// One resource is read: BALP `Read` or `PatientRead`.
    Read,
    /// Something is written down: BALP `Create` or `PatientCreate`.
    Create,
    /// Something changes: BALP `Update` or `PatientUpdate`.
    Update,
    /// Something is deleted: BALP `Delete` or `PatientDelete`.
    Delete,
}

/// About whom (対象者).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Nobody.
    Nobody,
    /// A person by the ledger's digest.
    Person([u8; 32]),
    /// A person who is not told: what the overseer sees.
    Withheld,
}

/// Who of the staff (担当者).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// The organisation's own name for the member of staff; empty where only the badge is known.
    pub id: String,
    /// The name on the badge.
    pub name: Option<String>,
    /// Profession.
    pub profession: Option<Profession>,
}

/// Something that an event is about, beside the person (対象).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A resource by type and id.
    Reference(String),
    /// A thing by a system and its name there.
    Identifier(&'static str, String),
    /// In words.
    Words(String),
}

/// How it ended (結果).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    #[default]
    Done,
    /// It was allowed, and led to nothing.
    Nothing,
    /// It was refused, by the code of a problem.
    Refused(String),
}

/// One entry of a ledger, as an auditor understands it (監査の対象).
#[derive(Clone, Debug)]
pub struct Event {
    /// Which kind.
    pub kind: Kind,
    /// Where it stands in the ledger.
    pub index: u64,
    /// When, milliseconds since 1970.
    pub at: i64,
    /// The exchange it belongs to.
    pub exchange: ExchangeId,
    /// Whose ledger it stands in.
    pub observer: OrgId,
    /// Who asked.
    pub client: OrgId,
    /// Who was asked.
    pub server: OrgId,
    /// Who of the asker's staff; a second one confirmed.
    pub staff: Vec<Staff>,
    /// What for.
    pub reason: Option<ActReason>,
    /// The rule of the purposes table under which it ran.
    pub rule: Option<String>,
    /// About whom.
    pub about: About,
    /// What else.
    pub things: Vec<Thing>,
    /// What was searched, for [`Kind::Query`] and [`Kind::PixQuery`].
    pub query: String,
    /// More that the entry says, by name.
    pub details: Vec<(&'static str, String)>,
    /// How it ended; only [`Kind::Authorisation`] can be other than done.
    pub outcome: Outcome,
}

impl From<&Practitioner> for Staff {
    fn from(staff: &Practitioner) -> Self {
        Self { id: staff.id.to_string(), name: Some(staff.name.clone()), profession: Some(staff.profession) }
    }
}

impl Event {
    /// The event as a FHIR R4 `AuditEvent`.
    pub fn to_fhir(&self) -> Value {
        let (kind, subtypes, action) = self.codes();
        let (outcome, words) = match &self.outcome {
            Outcome::Done => ("0", None),
            Outcome::Nothing => ("4", Some("nothing was granted")),
            Outcome::Refused(code) => ("8", Some(code.as_str())),
        };
        let site = self.observer.to_string();
        let observer = if self.kind == Kind::Authorisation {
            ("6", "Security Server")
        } else {
            ("4", "Application Server")
        };
        let mut event = json!({
            "resourceType": "AuditEvent",
            "id": self.index.to_string(),
            "meta": { "profile": [self.profile()] },
            "type": kind,
            "subtype": subtypes,
            "action": action,
            "recorded": Timestamp::from_millis(self.at).to_rfc3339(),
            "outcome": outcome,
            "agent": self.agents(),
            "source": {
                "site": site,
                "observer": who(&self.observer),
                "type": [coding("http://terminology.hl7.org/CodeSystem/security-source-type", observer.0, observer.1)],
            },
            "entity": self.entities(),
        });
        if let Some(event) = event.as_object_mut() {
            words.map(|words| event.insert("outcomeDesc".into(), words.into()));
            self.reason.map(|reason| event.insert("purposeOfEvent".into(), json!([purpose(reason)])));
        }
        event
    }

    fn profile(&self) -> String {
        let patient = if self.about == About::Nobody { "" } else { "Patient" };
        match self.kind {
            Kind::Authorisation => format!("{BALP}AuthZconsent"),
            Kind::Disclosure => format!("{BALP}PrivacyDisclosure.Source"),
            Kind::Receipt => format!("{BALP}PrivacyDisclosure.Recipient"),
            Kind::PixQuery => PIX.to_owned(),
            Kind::Query => format!("{BALP}{patient}Query"),
            Kind::Read => format!("{BALP}{patient}Read"),
            Kind::Create => format!("{BALP}{patient}Create"),
            Kind::Update => format!("{BALP}{patient}Update"),
            Kind::Delete => format!("{BALP}{patient}Delete"),
        }
    }

    fn codes(&self) -> (Value, Vec<Value>, &'static str) {
        let rest =
            || coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "Restful Operation");
        let did = |code: &str| coding("http://hl7.org/fhir/restful-interaction", code, code);
        let pix =
            || coding("urn:ihe:event-type-code", "ITI-83", "Mobile Patient Identifier Cross-reference Query");
        let consent = "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType";
        let disclose = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
        match self.kind {
            Kind::Authorisation => (
                coding(DCM, "110113", "Security Alert"),
                vec![json!({ "system": consent, "code": "AuthZ-Consent" })],
                "E",
            ),
            Kind::Disclosure => (
                coding(DCM, "110106", "Export"),
                vec![json!({ "system": disclose, "code": "disclose" })],
                "R",
            ),
            Kind::Receipt => (
                coding(DCM, "110107", "Import"),
                vec![json!({ "system": disclose, "code": "disclose" })],
                "C",
            ),
            Kind::Query => (rest(), vec![did("search")], "E"),
            Kind::PixQuery => (rest(), vec![pix(), did("search")], "E"),
            Kind::Read => (rest(), vec![did("read")], "R"),
            Kind::Create => (rest(), vec![did("create")], "C"),
            Kind::Update => (rest(), vec![did("update")], "U"),
            Kind::Delete => (rest(), vec![did("delete")], "D"),
        }
    }

    fn agents(&self) -> Vec<Value> {
        const CUSTODIAN: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
        const CLASS: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleClass";
        const SECURITY: &str = "http://terminology.hl7.org/CodeSystem/extra-security-role-type";
        let (source, destination) = ((DCM, "110153"), (DCM, "110152"));
        let on_net = |kind, org: &OrgId| {
            let network = json!({ "address": format!("musubi:{org}"), "type": "5" });
            agent(kind, org, [("network", network)])
        };
        let mut agents = match self.kind {
            Kind::Authorisation => vec![
                on_net((DCM, "110150"), &self.client),
                agent((CLASS, "PROV"), &self.client, []),
                agent((SECURITY, "authserver"), &self.server, []),
            ],
            Kind::Disclosure | Kind::Receipt | Kind::Read => {
                vec![on_net(source, &self.server), on_net(destination, &self.client)]
            }
            Kind::Delete => {
                vec![on_net((DCM, "110150"), &self.client), on_net((CUSTODIAN, "custodian"), &self.server)]
            }
            Kind::Query | Kind::PixQuery | Kind::Create | Kind::Update => {
                vec![on_net(source, &self.client), on_net(destination, &self.server)]
            }
        };
        agents.extend(self.staff.iter().enumerate().map(|(place, staff)| self.user(place, staff)));
        agents
    }

    /// A member of staff: the first one asks. Another verifies, by role: BALP's profiles take one user, by type.
    fn user(&self, place: usize, staff: &Staff) -> Value {
        let writes = matches!(self.kind, Kind::Create | Kind::Update | Kind::Delete);
        let kind = if writes { "AUT" } else { "IRCP" };
        let who = if staff.id.is_empty() {
            json!({ "display": staff.name })
        } else {
            json!({ "identifier": { "system": STAFF_SYSTEM, "value": format!("{}|{}", self.client, staff.id) } })
        };
        let profession = staff.profession.map(|one| coding(Profession::SYSTEM, one.code(), one.ja()));
        let verifier = (place > 0).then(|| coding(PARTICIPATION, "VRF", "verifier"));
        let roles: Vec<Value> =
            profession.into_iter().chain(verifier).map(|role| json!({ "coding": [role] })).collect();
        let mut user = json!({ "who": who, "requestor": place == 0 });
        if let Some(user) = user.as_object_mut() {
            let mut say = |name: &str, value: Option<Value>| {
                value.map(|value| user.insert(name.into(), value));
            };
            say(
                "type",
                (place == 0).then(|| json!({ "coding": [{ "system": PARTICIPATION, "code": kind }] })),
            );
            say("name", staff.name.clone().map(Value::from));
            say("role", (!roles.is_empty()).then(|| roles.into()));
            say("policy", self.rule.as_ref().map(|rule| json!([format!("{PURPOSES}{rule}")])));
            say("purposeOfUse", self.reason.map(|reason| json!([purpose(reason)])));
        }
        user
    }

    fn entities(&self) -> Vec<Value> {
        let data = |role: (&str, &str), said: Vec<(&str, Value)>| {
            let mut entity = Map::new();
            entity.insert("type".into(), coding(ENTITY, "2", "System Object"));
            entity.insert("role".into(), coding(ROLE, role.0, role.1));
            entity.extend(said.into_iter().map(|(name, value)| (name.to_owned(), value)));
            Value::from(entity)
        };
        let resource = |what: Value| data(("4", "Domain Resource"), vec![("what", what)]);
        let mut entities: Vec<Value> = self.patient().into_iter().collect();
        match (self.kind, self.things.as_slice()) {
            (Kind::Authorisation, _) => {
                // Its slices are closed: the exchange stands with the consents.
                entities.extend(self.rules());
                return entities;
            }
            (Kind::Disclosure | Kind::Receipt, things) => entities.extend(things.iter().map(Thing::entity)),
            (Kind::Query | Kind::PixQuery, things) => {
                let query = BASE64.encode(self.query.as_bytes());
                let said = vec![("description", self.query.as_str().into()), ("query", query.into())];
                entities.push(data(("24", "Query"), said));
                entities.extend(things.iter().map(Thing::entity));
            }
            (_, [one]) => entities.push(resource(one.to_fhir())),
            (_, several) => {
                entities.push(resource(json!({ "display": format!("{} resources", several.len()) })));
                entities.extend(several.iter().map(Thing::entity));
            }
        }
        entities.push(self.transaction());
        entities
    }

    fn patient(&self) -> Option<Value> {
        let identifier = match self.about {
            About::Nobody => return None,
            About::Person(digest) => json!({ "system": PERSON_SYSTEM, "value": HEXLOWER.encode(&digest) }),
            About::Withheld => json!({
                "system": PERSON_SYSTEM,
                "_value": { "extension": [{ "url": MASKED, "valueCode": "masked" }] },
            }),
        };
        Some(json!({
            "type": coding(ENTITY, "1", "Person"),
            "role": coding(ROLE, "1", "Patient"),
            "what": { "identifier": identifier },
        }))
    }

    /// The consents of a decision; where no rule of the person counted, that is said. The first one has the details.
    fn rules(&self) -> Vec<Value> {
        let consent = |what: Value| json!({ "type": { "system": TYPES, "code": "Consent" }, "what": what });
        let mut rules: Vec<Value> = self.things.iter().map(|thing| consent(thing.to_fhir())).collect();
        if rules.is_empty() {
            rules.push(consent(json!({ "display": "no rule of the person" })));
        }
        let mut details = vec![detail("exchange", &self.exchange.to_string())];
        details.extend(self.details());
        if let Some(first) = rules.first_mut().and_then(Value::as_object_mut) {
            first.insert("detail".into(), details.into());
        }
        rules
    }

    fn transaction(&self) -> Value {
        let mut entity = json!({
            "type": {
                "system": "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType",
                "code": "XrequestId",
            },
            "what": { "identifier": { "value": self.exchange.to_string() } },
        });
        let details = self.details();
        if let (false, Some(entity)) = (details.is_empty(), entity.as_object_mut()) {
            entity.insert("detail".into(), details.into());
        }
        entity
    }

    fn details(&self) -> Vec<Value> {
        let said = self.details.iter().filter(|(_, value)| !value.is_empty());
        said.map(|(name, value)| detail(name, value)).collect()
    }
}

fn detail(name: &str, value: &str) -> Value {
    json!({ "type": name, "valueString": value })
}

impl Thing {
    fn to_fhir(&self) -> Value {
        match self {
            Self::Reference(name) => json!({ "reference": name }),
            Self::Identifier(system, value) => json!({ "identifier": { "system": system, "value": value } }),
            Self::Words(words) => json!({ "display": words }),
        }
    }

    /// As an entity of its own, its type that of the resource.
    fn entity(&self) -> Value {
        let kind = match self {
            Self::Reference(name) => name.split('/').next().unwrap_or("Basic"),
            _ => "Basic",
        };
        json!({
            "type": { "system": TYPES, "code": kind },
            "role": coding(ROLE, "4", "Domain Resource"),
            "what": self.to_fhir(),
        })
    }
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

fn purpose(reason: ActReason) -> Value {
    json!({ "coding": [coding(ActReason::SYSTEM, reason.code(), reason.en())] })
}

fn who(org: &OrgId) -> Value {
    json!({ "identifier": { "system": ORGANISATION_SYSTEM, "value": org.to_string() } })
}

fn agent<const N: usize>((system, code): (&str, &str), org: &OrgId, more: [(&str, Value); N]) -> Value {
    let mut agent = Map::new();
    agent.insert("type".into(), json!({ "coding": [{ "system": system, "code": code }] }));
    agent.insert("who".into(), who(org));
    agent.insert("requestor".into(), false.into());
    agent.extend(more.map(|(name, value)| (name.to_owned(), value)));
    agent.into()
}
