//! Writing resources one by one.

use std::sync::Arc;

use codes::{ExchangeId, find_my_number};
use records::Resource;
use records::search::Query;
use records::validate::Issue;

use super::document::Arriving;
use super::error::RecordError;
use super::log::Caller;
use super::prepare::Raw;
use crate::service::Service;
use crate::store::{Change, Changes, Found, Outcome, When, Written};

/// Which resource an update or a deletion is about.
#[derive(Clone, Debug)]
pub enum Target {
    /// By its id.
    Id(String),
    /// The one that a query finds.
    Query(Box<Query>),
}

impl Service {
    /// Reads a body: JSON, one resource, no My Number in it.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`], [`RecordError::MyNumber`].
    pub fn read_resource(&self, body: &[u8]) -> Result<Resource, RecordError> {
        self.preparer.read(body)
    }

    /// What is wrong with a resource, by its type, the profiles that it names and those named here.
    pub fn validate_record(&self, resource: &Resource, profiles: &[&str]) -> Vec<Issue> {
        self.preparer.check(resource.node(), profiles)
    }

    /// That a resource is of the type that its address says.
    ///
    /// # Errors
    /// [`RecordError::Request`].
    pub fn check_type(&self, resource: &Resource, resource_type: &str) -> Result<(), RecordError> {
        check_type(resource, resource_type)
    }

    /// Stores a new resource under an id of ours; with a query, unless something matches it (`If-None-Exist`).
    ///
    /// # Errors
    /// [`RecordError`]; nothing is stored then.
    pub async fn create_record(
        &self,
        caller: &Caller,
        resource_type: &str,
        resource: Resource,
        matching: Option<Query>,
    ) -> Result<Written, RecordError> {
        check_type(&resource, resource_type)?;
        self.preparer.validate(resource.node())?;
        let mut checks = Vec::new();
        if let Some(query) = matching {
            let found = self.store.match_resources(query).await?;
            if let Some(known) = only(&found)? {
                return self.known(caller, known).await;
            }
            checks.push(found);
        }
        let patient = self.document_patient(&resource, &Arriving::new()).await?;
        let (resource_type, id) = (resource_type.to_owned(), self.new_id());
        let raw = Raw { resource_type, id, resource, patient, method: "POST", checked: false };
        let draft = self.preparer.draft(raw)?;
        self.change_one(caller, "create", Change::Put { draft, when: When::New }, checks).await
    }

    /// Stores a resource in the place of another, or under its id for the first time.
    ///
    /// # Errors
    /// [`RecordError`]; nothing is changed then.
    pub async fn update_record(
        &self,
        caller: &Caller,
        resource_type: &str,
        target: Target,
        resource: Resource,
        when: When,
    ) -> Result<Written, RecordError> {
        check_type(&resource, resource_type)?;
        let (id, checks) = match target {
            Target::Id(id) => {
                if resource.id() != Some(id.as_str()) {
                    return Err(id_mismatch(resource_type, &id));
                }
                (id, Vec::new())
            }
            Target::Query(query) => {
                let found = self.store.match_resources(*query).await?;
                let id = match (only(&found)?, resource.id()) {
                    (Some(name), said) => {
                        let id = name.split_once('/').map(|(_, id)| id).unwrap_or_default();
                        if said.is_some_and(|said| said != id) {
                            return Err(id_mismatch(resource_type, id));
                        }
                        id.to_owned()
                    }
                    (None, Some(said)) => said.to_owned(),
                    (None, None) => self.new_id(),
                };
                (id, vec![found])
            }
        };
        let patient = self.document_patient(&resource, &Arriving::new()).await?;
        let raw = Raw {
            resource_type: resource_type.to_owned(),
            id,
            resource,
            patient,
            method: "PUT",
            checked: false,
        };
        let draft = self.preparer.draft(raw)?;
        self.change_one(caller, "update", Change::Put { draft, when }, checks).await
    }

    /// Deletes a resource. Its history stays.
    ///
    /// # Errors
    /// [`RecordError`]; nothing is changed then.
    pub async fn delete_record(
        &self,
        caller: &Caller,
        resource_type: &str,
        target: Target,
        when: When,
    ) -> Result<Option<Written>, RecordError> {
        let (name, checks) = match target {
            Target::Id(id) => (format!("{resource_type}/{id}"), Vec::new()),
            Target::Query(query) => {
                let found = self.store.match_resources(*query).await?;
                match only(&found)? {
                    Some(name) => (name.to_owned(), vec![found]),
                    None => return Ok(None),
                }
            }
        };
        self.change_one(caller, "delete", Change::Delete { name, when }, checks).await.map(Some)
    }

    pub(super) async fn change_one(
        &self,
        caller: &Caller,
        did: &'static str,
        change: Change,
        checks: Vec<Found>,
    ) -> Result<Written, RecordError> {
        let changes = Changes { changes: vec![change], checks, at: self.now().as_millis() };
        let written = self.change_records(caller, did, changes).await?;
        written.into_iter().next().ok_or_else(|| RecordError::NotFound("change".to_owned()))
    }

    /// Makes changes together and writes them down.
    pub(super) async fn change_records(
        &self,
        caller: &Caller,
        did: &'static str,
        changes: Changes,
    ) -> Result<Vec<Written>, RecordError> {
        self.change_and_tell(caller, did, vec![Arc::new(changes)]).await
    }

    /// What a conditional creation found in the place of what it would have created.
    async fn known(&self, caller: &Caller, name: &str) -> Result<Written, RecordError> {
        let known = self.read_record(caller, name).await?;
        Ok(Written {
            outcome: Outcome::Unchanged,
            name: known.name,
            patient: known.patient,
            version: known.version,
            updated_at: known.updated_at,
            body: known.body,
            unchecked: Vec::new(),
        })
    }

    /// An id of ours: sorts by time, and looks like no My Number.
    pub(super) fn new_id(&self) -> String {
        loop {
            let id = ExchangeId::new(self.now().as_millis()).to_string().to_ascii_lowercase();
            if find_my_number(&id).is_none() {
                return id;
            }
        }
    }
}

/// The one match of a condition, if there is one.
pub(super) fn only(found: &Found) -> Result<Option<&str>, RecordError> {
    match found.names.as_slice() {
        [] => Ok(None),
        [name] => Ok(Some(name)),
        _ => Err(RecordError::Several(found.query.resource_type.clone())),
    }
}

/// That a resource is of the type that its address says.
pub(super) fn check_type(resource: &Resource, resource_type: &str) -> Result<(), RecordError> {
    let found = resource.resource_type();
    if found == resource_type {
        return Ok(());
    }
    let found: String = found.chars().take(40).collect();
    Err(RecordError::request(
        400,
        "invalid",
        format!("宛先は{resource_type}ですが、送られたのは{found}です"),
        format!("the address is for {resource_type}, a {found} was sent"),
    )
    .at("resourceType"))
}

fn id_mismatch(resource_type: &str, id: &str) -> RecordError {
    let ja = format!("リソースのidは宛先と同じ「{id}」でなければなりません");
    let en = format!("the id must be {id:?}, as in the address");
    RecordError::request(400, "value", ja, en).at(format!("{resource_type}.id"))
}
