//! The read-only FHIR façade: each read asks the relay and the holders anew, in the person's name and the app's.

use codes::OrgId;
use consent::Categories;
use data_encoding::HEXLOWER;
use records::{Node, Object, node};
use serde_json::json;
use sha2::{Digest, Sha256};
use wire::Problem;

use super::{Reader, Service, scope};
use crate::service::record::{Gathered, Item, ips};
use crate::store::apps as sql;

/// Kind of the entry of an app's read, before it is made.
const READ: &str = "portal.app-read";

/// Reads of one permission in an hour.
const READS_MAX: usize = 1_000;

/// Search parameters that say how, not what; the façade answers them itself or needs none.
const HOW: &[&str] = &["patient", "subject", "_format", "_pretty", "_summary", "_total", "_elements"];

/// What an app gets.
pub enum Answer {
    /// A resource.
    Found(Node),
    /// No such thing, or not for this app: not told apart.
    NotFound,
    /// The token does not say so (403).
    NotPermitted,
    /// No token that is good (401).
    NoToken,
    /// Something that is not served, in words (400).
    NotServed(String),
    /// Too many (429).
    TooMany,
}

impl Service {
    /// `GET [base]/[type]?…`
    ///
    /// # Errors
    /// The relay's refusal; store or ledger.
    pub async fn app_search(
        &self,
        token: &str,
        kind: &str,
        query: &[(String, String)],
        base: &str,
    ) -> Result<Answer, Problem> {
        let Some(reader) = self.reader(token).await? else { return Ok(Answer::NoToken) };
        let Some(allowed) = scope::searches(&reader.scopes, kind, false) else {
            return Ok(Answer::NotPermitted);
        };
        let others = query.iter().any(|(name, value)| {
            matches!(name.as_str(), "patient" | "subject")
                && value.strip_prefix("Patient/").unwrap_or(value) != reader.patient
        });
        let asked: Vec<String> = query
            .iter()
            .filter(|(name, _)| !HOW.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if kind == "Patient" {
            let own = query.iter().all(|(name, value)| name != "_id" || *value == reader.patient);
            let found = if own { self.person_of_app(&reader, "search").await? } else { None };
            return Ok(found.map_or(Answer::TooMany, |person| Answer::Found(bundle(vec![person], base))));
        }
        if let Some(strange) = asked.iter().find(|part| !is_plain(part)) {
            return Ok(Answer::NotServed(format!("{strange} is not served here")));
        }
        if others {
            return Ok(Answer::Found(bundle(Vec::new(), base)));
        }
        let searches = allowed.iter().map(|own| format!("{kind}?{}", joined(own, &asked))).collect();
        let Some(gathered) = self.read_for(&reader, kind, Vec::new(), searches).await? else {
            return Ok(Answer::TooMany);
        };
        let of_kind = gathered.items.iter().filter(|item| item.resource.resource_type() == kind);
        let found = of_kind.map(|item| outward(&gathered, item, &reader.patient)).collect();
        Ok(Answer::Found(bundle(found, base)))
    }

    /// `GET [base]/[type]/[id]`
    ///
    /// # Errors
    /// As [`Self::app_search`].
    pub async fn app_read(&self, token: &str, kind: &str, id: &str) -> Result<Answer, Problem> {
        let Some(reader) = self.reader(token).await? else { return Ok(Answer::NoToken) };
        let Some(allowed) = scope::searches(&reader.scopes, kind, true) else {
            return Ok(Answer::NotPermitted);
        };
        if kind == "Patient" {
            if id != reader.patient {
                return Ok(Answer::NotFound);
            }
            let person = self.person_of_app(&reader, "read").await?;
            return Ok(person.map_or(Answer::TooMany, Answer::Found));
        }
        let Some((holder, _)) = self.inward(id) else { return Ok(Answer::NotFound) };
        let searches = allowed.iter().map(|own| format!("{kind}?{own}")).collect();
        let Some(gathered) = self.read_for(&reader, kind, vec![holder], searches).await? else {
            return Ok(Answer::TooMany);
        };
        let found = gathered
            .items
            .iter()
            .filter(|item| item.resource.resource_type() == kind)
            .map(|item| outward(&gathered, item, &reader.patient))
            .find(|resource| resource.text_at("id") == Some(id));
        Ok(found.map_or(Answer::NotFound, Answer::Found))
    }

    /// `GET [base]/Patient/[id]/$summary`: the International Patient Summary, for an app that may read everything.
    ///
    /// # Errors
    /// As [`Self::app_search`].
    pub async fn app_summary(&self, token: &str, id: &str) -> Result<Answer, Problem> {
        let Some(reader) = self.reader(token).await? else { return Ok(Answer::NoToken) };
        if id != reader.patient {
            return Ok(Answer::NotFound);
        }
        let whole = scope::TYPES
            .iter()
            .all(|kind| scope::searches(&reader.scopes, kind, true) == Some(vec![String::new()]));
        if !whole {
            return Ok(Answer::NotPermitted);
        }
        let Some(gathered) = self.read_for(&reader, "$summary", Vec::new(), Vec::new()).await? else {
            return Ok(Answer::TooMany);
        };
        Ok(Answer::Found(ips::summary(self, "本人", &gathered)))
    }

    /// Fetches for an app; written down under its name first. None when it reads too much.
    async fn read_for(
        &self,
        reader: &Reader,
        what: &str,
        holders: Vec<OrgId>,
        searches: Vec<String>,
    ) -> Result<Option<Gathered>, Problem> {
        let now = self.now().as_millis();
        let limit: [u8; 32] =
            Sha256::digest([b"app read ".as_slice(), reader.grant.as_bytes()].concat()).into();
        if !self.limits.allows(&limit, READS_MAX, now) {
            return Ok(None);
        }
        let body = json!({ "app": reader.name, "permission": reader.grant, "what": what });
        self.log(READ, Some(&reader.behalf.code), self.exchange(), &body).await?;
        let grant = reader.grant;
        self.write(move |tx| sql::used(tx, &grant, now)).await?;
        self.gather_for(&reader.behalf, Categories::NONE, holders, searches).await.map(Some)
    }

    /// The person, as the holders know them, without any number.
    async fn person_of_app(&self, reader: &Reader, what: &str) -> Result<Option<Node>, Problem> {
        let searches = vec!["Patient".to_owned()];
        let Some(gathered) = self.read_for(reader, &format!("Patient {what}"), Vec::new(), searches).await?
        else {
            return Ok(None);
        };
        let known = gathered.items.iter().find(|item| item.resource.resource_type() == "Patient");
        let mut person: Object =
            [("resourceType", Node::from("Patient")), ("id", Node::from(reader.patient.as_str()))]
                .into_iter()
                .collect();
        for key in ["name", "gender", "birthDate"] {
            if let Some(value) = known.and_then(|item| item.resource.node().get(key)) {
                person.insert(key, value.clone());
            }
        }
        Ok(Some(Node::Object(person)))
    }

    /// The holder of a resource by the id that an app knows.
    fn inward<'a>(&self, id: &'a str) -> Option<(OrgId, &'a str)> {
        let (number, rest) = id.split_once('.')?;
        let institutions = self.policy.directory().of_kind(codes::OrgKind::Institution);
        let holder = institutions.into_iter().find(|org| org.id.number() == number)?;
        Some((holder.id, rest))
    }
}

/// Whether a search parameter asks of the resource itself: nothing that reaches others, nothing that changes the answer.
fn is_plain(part: &str) -> bool {
    let name = part.split_once('=').map_or(part, |(name, _)| name);
    let ours = matches!(name, "_count" | "_sort" | "_lastUpdated");
    ours || name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':'))
}

fn joined(own: &str, asked: &[String]) -> String {
    let own = (!own.is_empty()).then_some(own);
    own.into_iter().chain(asked.iter().map(String::as_str)).collect::<Vec<_>>().join("&")
}

/// A resource as an app sees it: ids that are unique across holders, references to the person as this app knows them, and
/// where it is from.
fn outward(gathered: &Gathered, item: &Item, patient: &str) -> Node {
    let holder = gathered.holder(item);
    let number = holder.map(|holder| holder.number().to_owned()).unwrap_or_default();
    let mut resource = item.resource.node().clone();
    if let Some(object) = resource.as_object_mut() {
        let id = outward_id(&number, item.resource.id().unwrap_or_default());
        object.insert("id", id);
        let source = format!("urn:musubi:institution/{number}");
        match object.get_mut("meta").and_then(Node::as_object_mut) {
            Some(meta) => drop(meta.insert("source", source)),
            None => drop(object.insert("meta", node!({ "source": source }))),
        }
    }
    point_outward(&mut resource, &number, patient);
    resource
}

fn point_outward(node: &mut Node, number: &str, patient: &str) {
    match node {
        Node::Array(items) => items.iter_mut().for_each(|item| point_outward(item, number, patient)),
        Node::Object(object) => {
            let there = object.get("reference").and_then(Node::as_str).and_then(|reference| {
                let (kind, id) = reference.split_once('/').filter(|_| !reference.contains(':'))?;
                Some(match kind {
                    "Patient" => format!("Patient/{patient}"),
                    kind => format!("{kind}/{}", outward_id(number, id)),
                })
            });
            if let Some(there) = there {
                object.insert("reference", there);
            }
            let keys: Vec<String> = object.iter().map(|(key, _)| key.to_owned()).collect();
            for key in keys {
                if let Some(value) = object.get_mut(&key) {
                    point_outward(value, number, patient);
                }
            }
        }
        _ => {}
    }
}

/// FHIR's ids have at most 64 characters.
fn outward_id(number: &str, id: &str) -> String {
    let plain = format!("{number}.{id}");
    if plain.len() <= 64 {
        return plain;
    }
    let digest = HEXLOWER.encode(&Sha256::digest(id.as_bytes()));
    format!("{number}.{}", digest.get(..40).unwrap_or_default())
}

fn bundle(found: Vec<Node>, base: &str) -> Node {
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let entry = |resource: Node| {
        let (kind, id) = (
            resource.text_at("resourceType").unwrap_or_default().to_owned(),
            resource.text_at("id").unwrap_or_default().to_owned(),
        );
        node!({
            "fullUrl": format!("{base}/{kind}/{id}"),
            "resource": resource,
            "search": node!({ "mode": "match" }),
        })
    };
    let entries: Vec<Node> = found.into_iter().map(entry).collect();
    let mut object: Object = [
        ("resourceType", Node::from("Bundle")),
        ("type", Node::from("searchset")),
        ("total", Node::from(total)),
    ]
    .into_iter()
    .collect();
    if !entries.is_empty() {
        object.insert("entry", entries);
    }
    Node::Object(object)
}
