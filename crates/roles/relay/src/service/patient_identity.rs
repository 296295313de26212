//! IHE PIXm and PDQm at the relay: identifiers only. The relay knows no name, no birth date and no address, so that a
//! question by these is answered where they are: at the institution's own patient list.
//!
//! PIXm (ITI-83) leads from an identifier of the asker to one of the target: a network's number in clear to a member of that
//! network; another organisation's code as an envelope that only that organisation opens.

use access::{Action, Purpose};
use codes::{ExchangeId, OrgCode, OrgId};
use consent::NetworkId;
use serde_json::{Value, json};
use wire::Problem;

use super::Service;
use crate::model::PersonKey;
use crate::{problems, store as sql};

/// System of organisation codes; `/` and an organisation's id behind it name whose.
pub const CODE_SYSTEM: &str = "https://musubi.example/fhir/sid/organisation-code";

/// System of networks' patient numbers; `/` and the network's id stand behind it.
pub const NETWORK_SYSTEM: &str = "https://musubi.example/fhir/sid/network";

/// Carries the context that an envelope was sealed under.
const CONTEXT_EXTENSION: &str = "https://musubi.example/fhir/StructureDefinition/envelope-context";

/// Profile of the answer.
const OUT: &str = "https://profiles.ihe.net/ITI/PIXm/StructureDefinition/IHE.PIXm.Query.Parameters.Out";

/// An identifier of the question.
enum Named {
    Code(Box<str>),
    Number(NetworkId, Box<str>),
}

/// What is asked for.
enum Target {
    Organisation(OrgId),
    Network(NetworkId),
}

impl Service {
    /// Patient Identifier Cross-reference (ITI-83): a FHIR `Parameters`.
    ///
    /// # Errors
    /// As PIXm says: 400 for a system that is none of ours, 404 for an identifier that leads to nobody (not there and
    /// not permitted alike), 403 for a target that the asker may not know.
    pub async fn cross_reference(
        &self,
        peer: &OrgId,
        source: &str,
        targets: &[String],
    ) -> Result<Value, Problem> {
        let permit = self.decide(peer, Action::RelayTranslate, Purpose::TreatmentExchange)?;
        let person = self.named(peer, source).await?.ok_or_else(problems::no_such_person)?;
        let wanted: Vec<Target> = if targets.is_empty() {
            self.networks_of(peer).into_iter().map(Target::Network).collect()
        } else {
            targets.iter().map(|target| self.target(peer, target)).collect::<Result<_, _>>()?
        };
        let exchange = ExchangeId::new(self.now().as_millis());
        let body = json!({ "by": peer, "rule": permit.rule_id(), "targets": targets });
        self.log("relay.cross-reference", Some(&person), exchange, &body).await?;
        let mut found = Vec::new();
        for target in &wanted {
            found.extend(self.identifiers(peer, &person, target, exchange).await?);
        }
        let parameter: Vec<Value> = found
            .into_iter()
            .map(|id| json!({ "name": "targetIdentifier", "valueIdentifier": id }))
            .collect();
        let mut answer = json!({ "resourceType": "Parameters", "meta": { "profile": [OUT] } });
        put(&mut answer, "parameter", parameter);
        Ok(answer)
    }

    /// Patient Demographics Query (ITI-78) as far as the relay can answer it: by identifier, without demographics.
    ///
    /// # Errors
    /// As [`Self::cross_reference`]; somebody unknown is an empty bundle.
    pub async fn patient(&self, peer: &OrgId, identifier: &str) -> Result<Value, Problem> {
        let permit = self.decide(peer, Action::RelayTranslate, Purpose::TreatmentExchange)?;
        let person = self.named(peer, identifier).await?;
        let exchange = ExchangeId::new(self.now().as_millis());
        let body = json!({ "by": peer, "rule": permit.rule_id() });
        self.log("relay.patient-query", person.as_ref(), exchange, &body).await?;
        let mut entry = Vec::new();
        if let Some(person) = person {
            let mut identifiers = Vec::new();
            for network in self.networks_of(peer) {
                let target = Target::Network(network);
                identifiers.extend(self.identifiers(peer, &person, &target, exchange).await?);
            }
            let mut patient = json!({ "resourceType": "Patient", "active": true });
            put(&mut patient, "identifier", identifiers);
            entry.push(json!({ "resource": patient, "search": { "mode": "match" } }));
        }
        let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": entry.len() });
        put(&mut bundle, "entry", entry);
        Ok(bundle)
    }

    /// The person of an identifier, where the asker registered them and the medical ID works.
    async fn named(&self, peer: &OrgId, identifier: &str) -> Result<Option<PersonKey>, Problem> {
        let person = match self.read_identifier(identifier)? {
            Named::Code(text) => {
                let code: OrgCode<codes::Medical> =
                    text.parse().map_err(|_| problems::identifier("sourceIdentifier"))?;
                self.person_of(peer, &code)?.map(|(_, person)| person)
            }
            Named::Number(network, number) => {
                if !self.networks_of(peer).contains(&network) {
                    return Ok(None);
                }
                self.bearer(&network, &number).await?
            }
        };
        let key = person.unwrap_or_else(PersonKey::nobody);
        let org = *peer;
        let open =
            self.read(move |c| Ok(sql::is_active(c, &key)? & sql::is_registered(c, &key, &org)?)).await?;
        Ok(person.filter(|_| open))
    }

    async fn identifiers(
        &self,
        peer: &OrgId,
        person: &PersonKey,
        target: &Target,
        exchange: ExchangeId,
    ) -> Result<Vec<Value>, Problem> {
        match target {
            Target::Network(network) => {
                let numbers = self.numbers(network, person).await?;
                let system = format!("{NETWORK_SYSTEM}/{network}");
                Ok(numbers.into_iter().map(|number| json!({ "system": system, "value": number })).collect())
            }
            Target::Organisation(to) => {
                if !self.may_reach(peer, person, to).await? {
                    return Ok(Vec::new());
                }
                let own = OrgCode::from_bytes(*person.as_bytes());
                let root = self.codes.open(&self.org, &own).map_err(problems::code)?;
                let sealed = self.sealed_code(to, &root, exchange)?;
                let context = serde_json::to_string(&sealed.context).map_err(problems::json)?;
                Ok(vec![json!({
                    "system": format!("{CODE_SYSTEM}/{to}"),
                    "value": sealed.envelope,
                    "extension": [{ "url": CONTEXT_EXTENSION, "valueString": context }],
                })])
            }
        }
    }

    fn networks_of(&self, peer: &OrgId) -> Vec<NetworkId> {
        self.policy.directory().get(peer).map(|org| org.networks.clone()).unwrap_or_default()
    }

    fn read_identifier(&self, text: &str) -> Result<Named, Problem> {
        let unknown = || problems::identifier("sourceIdentifier");
        let (system, value) = text.split_once('|').ok_or_else(unknown)?;
        if system == CODE_SYSTEM {
            return Ok(Named::Code(value.into()));
        }
        let network = system.strip_prefix(NETWORK_SYSTEM).and_then(|rest| rest.strip_prefix('/'));
        let network = network.and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
        Ok(Named::Number(network, value.into()))
    }

    fn target(&self, peer: &OrgId, text: &str) -> Result<Target, Problem> {
        let unknown = || problems::target();
        let after = |prefix: &str| text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/'));
        if let Some(network) = after(NETWORK_SYSTEM) {
            let network = network.parse().map_err(|_| unknown())?;
            let member = self.networks_of(peer).contains(&network);
            return if member { Ok(Target::Network(network)) } else { Err(unknown()) };
        }
        let organisation = after(CODE_SYSTEM).and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
        Ok(Target::Organisation(organisation))
    }
}

/// A list in FHIR has elements, or is not there.
fn put(resource: &mut Value, name: &str, list: Vec<Value>) {
    if let (false, Some(members)) = (list.is_empty(), resource.as_object_mut()) {
        members.insert(name.to_owned(), list.into());
    }
}
