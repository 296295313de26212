//! Transactions and batches.

use records::Resource;
use records::bundle::{Act, Bundle, Entry, Kind};

use super::document::{Arriving, arriving};
use super::error::RecordError;
use super::log::Caller;
use super::prepare::Raw;
use super::write::{Target, only};
use crate::service::Service;
use crate::store::{Change, Changes, When, Written};

/// What became of one entry of a bundle.
pub enum Done {
    /// A change.
    Written(Box<Written>),
    /// A conditional deletion that found nothing.
    Nothing,
    /// A read, to be answered by whoever answers reads: the address relative to the server.
    Get(String),
    /// An entry of a batch that failed by itself.
    Failed(RecordError),
}

impl Service {
    /// Splits a bundle that was read; the institution itself is its sender.
    ///
    /// # Errors
    /// [`RecordError::Bundle`], [`RecordError::Invalid`].
    pub(super) fn split(&self, bundle: Resource) -> Result<Bundle, RecordError> {
        let sender = self.org.to_string();
        // What is delivered as one thing is looked at as one thing: what its profile says of the whole is not seen in the parts.
        if matches!(bundle.node().text_at("type"), Some("document" | "collection" | "message")) {
            self.preparer.validate(bundle.node())?;
        }
        Ok(Bundle::split(bundle.into_node(), &sender, &mut || self.new_id())?)
    }

    /// Does a transaction, a batch, or keeps the resources of a collection or message; answers in the order of the
    /// entries.
    ///
    /// # Errors
    /// [`RecordError`]; nothing of a transaction is done then. Entries of a batch fail one by one.
    pub async fn do_bundle(
        &self,
        caller: &Caller,
        bundle: Resource,
    ) -> Result<(Kind, Vec<Done>), RecordError> {
        let bundle = self.split(bundle)?;
        let kind = bundle.kind;
        let done = match kind {
            Kind::Batch => self.batch(caller, bundle).await?,
            _ => self.transaction(caller, bundle).await?,
        };
        Ok((kind, done))
    }

    async fn transaction(&self, caller: &Caller, bundle: Bundle) -> Result<Vec<Done>, RecordError> {
        let (changes, plan) = self.prepare_transaction(bundle).await?;
        let written = self.change_records(caller, "transaction", changes).await?;
        let mut written = written.into_iter();
        Ok(plan
            .into_iter()
            .map(|step| match step {
                Step::Change => {
                    written.next().map_or(Done::Nothing, |written| Done::Written(Box::new(written)))
                }
                Step::Done(done) => done,
            })
            .collect())
    }

    /// Makes all changes of a transaction ready: conditions looked up, references resolved, resources validated.
    pub(super) async fn prepare_transaction(
        &self,
        mut bundle: Bundle,
    ) -> Result<(Changes, Vec<Step>), RecordError> {
        let mut all = Changes { at: self.now().as_millis(), ..Changes::default() };
        for lookup in std::mem::take(&mut bundle.lookups) {
            let found = self.store.match_resources(lookup.query).await?;
            let name = only(&found)?.ok_or_else(|| {
                let ja = format!("参照先「{}」に該当するものがありません", lookup.reference);
                let en = format!("nothing matches the reference {:?}", lookup.reference);
                RecordError::request(412, "not-found", ja, en).at(format!("Bundle.entry[{}]", lookup.entry))
            })?;
            bundle.set_reference(&lookup.reference, name);
            all.checks.push(found);
        }
        let renamed = self.resolve_targets(&mut bundle, &mut all).await?;
        for (old, new) in &renamed {
            bundle.set_reference(old, new);
        }
        let arriving = arriving(&bundle.entries);
        let mut steps = Vec::with_capacity(bundle.entries.len());
        for entry in bundle.entries {
            let place = entry.number;
            let step = self.step(entry, &arriving, &mut all).await.map_err(|error| in_entry(error, place))?;
            steps.push(step);
        }
        Ok((all, steps))
    }

    /// Gives every conditional entry the id of what its condition finds, and says which names changed by that.
    async fn resolve_targets(
        &self,
        bundle: &mut Bundle,
        all: &mut Changes,
    ) -> Result<Vec<(String, String)>, RecordError> {
        let mut renamed = Vec::new();
        for entry in &mut bundle.entries {
            let query = match &mut entry.act {
                Act::Create(query @ Some(_)) | Act::Update { matching: query @ Some(_), .. } => query.take(),
                _ => continue,
            };
            let Some(query) = query else { continue };
            let found = self.store.match_resources(query).await?;
            let known = only(&found)?.and_then(|name| name.split_once('/')).map(|(_, id)| id.to_owned());
            let old = entry.id.clone();
            match (&entry.act, known) {
                (Act::Create(_), Some(id)) => {
                    // What is there already is the answer; nothing is created.
                    entry.act = Act::Get(format!("{}/{id}", entry.resource_type));
                    entry.id = Some(id);
                }
                (Act::Create(_), None) => {}
                (_, known) => {
                    let said = entry.resource.as_ref().and_then(Resource::id).map(str::to_owned);
                    entry.id = Some(known.or(said).unwrap_or_else(|| self.new_id()));
                }
            }
            if let (Some(id), Some(resource)) = (&entry.id, &mut entry.resource)
                && let Some(object) = resource.node_mut().as_object_mut()
            {
                object.insert("id", id.as_str());
            }
            if let (Some(old), Some(new)) = (old, &entry.id)
                && old != *new
            {
                renamed.push((
                    format!("{}/{old}", entry.resource_type),
                    format!("{}/{new}", entry.resource_type),
                ));
            }
            all.checks.push(found);
        }
        Ok(renamed)
    }

    async fn step(&self, entry: Entry, arriving: &Arriving, all: &mut Changes) -> Result<Step, RecordError> {
        let Entry { act, resource_type, id, resource, .. } = entry;
        let checked = matches!(act, Act::Keep);
        let (when, method) = match act {
            Act::Get(url) => return Ok(Step::Done(Done::Get(url))),
            Act::Delete(query) => {
                let name = match (query, id) {
                    (Some(query), _) => {
                        let found = self.store.match_resources(query).await?;
                        let name = only(&found)?.map(str::to_owned);
                        all.checks.push(found);
                        name
                    }
                    (None, id) => id.map(|id| format!("{resource_type}/{id}")),
                };
                let Some(name) = name else { return Ok(Step::Done(Done::Nothing)) };
                all.changes.push(Change::Delete { name, when: When::Always });
                return Ok(Step::Change);
            }
            Act::Create(_) => (When::New, "POST"),
            Act::Keep => (When::Always, "PUT"),
            Act::Update { if_match, .. } => match if_match.as_deref().and_then(version_of) {
                Some(version) => (When::Version(version), "PUT"),
                None => (When::Always, "PUT"),
            },
        };
        let (Some(id), Some(resource)) = (id, resource) else { return Ok(Step::Done(Done::Nothing)) };
        let patient = self.document_patient(&resource, arriving).await?;
        let draft = self.preparer.draft(Raw { resource_type, id, resource, patient, method, checked })?;
        all.changes.push(Change::Put { draft, when });
        Ok(Step::Change)
    }

    async fn batch(&self, caller: &Caller, bundle: Bundle) -> Result<Vec<Done>, RecordError> {
        let mut done: Vec<Option<Done>> = bundle.entries.iter().map(|_| None).collect();
        let order = bundle.order();
        let mut entries: Vec<Option<Entry>> = bundle.entries.into_iter().map(Some).collect();
        for place in order {
            let Some(entry) = entries.get_mut(place).and_then(Option::take) else { continue };
            let result = self.alone(caller, entry).await.unwrap_or_else(Done::Failed);
            if let Some(slot) = done.get_mut(place) {
                *slot = Some(result);
            }
        }
        Ok(done.into_iter().flatten().collect())
    }

    async fn alone(&self, caller: &Caller, entry: Entry) -> Result<Done, RecordError> {
        let Entry { act, resource_type, id, resource, .. } = entry;
        let target = |query: Option<records::search::Query>| match (query, id.clone()) {
            (Some(query), _) => Some(Target::Query(Box::new(query))),
            (None, id) => id.map(Target::Id),
        };
        let written = match (act, resource) {
            (Act::Get(url), _) => return Ok(Done::Get(url)),
            (Act::Delete(query), _) => {
                let Some(target) = target(query) else { return Ok(Done::Nothing) };
                self.delete_record(caller, &resource_type, target, When::Always).await?
            }
            (Act::Create(query), Some(resource)) => {
                Some(self.create_record(caller, &resource_type, resource, query).await?)
            }
            (Act::Update { matching, if_match }, Some(resource)) => {
                let when = if_match.as_deref().and_then(version_of).map_or(When::Always, When::Version);
                let Some(target) = target(matching) else { return Ok(Done::Nothing) };
                Some(self.update_record(caller, &resource_type, target, resource, when).await?)
            }
            (Act::Keep | Act::Create(_) | Act::Update { .. }, _) => None,
        };
        Ok(written.map_or(Done::Nothing, |written| Done::Written(Box::new(written))))
    }
}

/// What is done for an entry of a transaction.
pub(super) enum Step {
    /// The next of the changes.
    Change,
    /// Nothing is changed.
    Done(Done),
}

/// The version of `W/"3"`; a tag that is none matches no version.
fn version_of(tag: &str) -> Option<i64> {
    Some(tag.trim().trim_start_matches("W/").trim_matches('"').parse().unwrap_or(-1))
}

/// The same error, its places inside the entry.
fn in_entry(error: RecordError, entry: usize) -> RecordError {
    let prefix = format!("Bundle.entry[{entry}].resource");
    match error {
        RecordError::Invalid(mut issues) => {
            for issue in &mut issues {
                let inner = issue.path.split_once('.').map_or(String::new(), |(_, rest)| format!(".{rest}"));
                issue.path = format!("{prefix}{inner}");
            }
            RecordError::Invalid(issues)
        }
        RecordError::Request { status, code, ja, en, place } => {
            let place = if place.starts_with("Bundle.") { place } else { prefix };
            RecordError::Request { status, code, ja, en, place }
        }
        other => other,
    }
}
