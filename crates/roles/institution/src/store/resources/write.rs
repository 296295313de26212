//! Writing resources: versions, the current head and its index rows, all in one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ::store::{Row, StoreError, Tx, Value};
use calendar::Timestamp;
use ledger::Entry;
use records::search::served_types;

use super::find::Found;
use super::relabel::{Head, Relabelled, relabel};
use super::rows::{Bound, Facts, IndexRows, Version, param_key};
use super::sql::Sql;
use super::statements::{
    INDEX_TABLES, INSERT_DATE, INSERT_DELETION, INSERT_HEAD, INSERT_QUANTITY, INSERT_REFERENCE,
    INSERT_STRING, INSERT_TOKEN, INSERT_VERSION, dates, deletion, head, head_key, quantities, references,
    strings, tokens, version,
};
use crate::store::{Store, unlogged};

/// A resource ready to be stored; its version and time are set when it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// `Observation/123`.
    pub name: String,
    /// What is decided about it.
    pub facts: Facts,
    /// By what it is found.
    pub rows: IndexRows,
    /// The document after `lastUpdated` in its `meta`, which stands third; see [`Draft::body`].
    pub rest: Vec<u8>,
    /// By which interaction.
    pub method: &'static str,
    /// Profiles that it claims and that nothing here defines; told to whoever sent it.
    pub unchecked: Vec<String>,
}

impl Draft {
    /// The document as it is stored as a version.
    pub fn body(&self, version: i64, updated_at: i64) -> Vec<u8> {
        let (resource_type, id) = self.name.split_once('/').unwrap_or((&self.name, ""));
        let time = Timestamp::from_millis(updated_at).to_rfc3339();
        let head = format!(
            "{{\"resourceType\":\"{resource_type}\",\"id\":\"{id}\",\"meta\":{{\"versionId\":\"{version}\",\
             \"lastUpdated\":\"{time}\""
        );
        let mut body = Vec::with_capacity(head.len() + self.rest.len());
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&self.rest);
        body
    }

    pub(super) fn resource_type(&self) -> &str {
        type_of(&self.name)
    }
}

/// The type in a resource's name: `Observation` of `Observation/123`.
pub(super) fn type_of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(resource_type, _)| resource_type)
}

/// One change to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Store a resource, unless its current version says the same.
    Put {
        /// The resource.
        draft: Box<Draft>,
        /// Under which condition.
        when: When,
    },
    /// Delete a resource.
    Delete {
        /// `Observation/123`.
        name: String,
        /// Under which condition.
        when: When,
    },
}

impl Change {
    /// `Observation/123`.
    pub fn name(&self) -> &str {
        match self {
            Self::Put { draft, .. } => &draft.name,
            Self::Delete { name, .. } => name,
        }
    }

    fn when(&self) -> When {
        match self {
            Self::Put { when, .. } | Self::Delete { when, .. } => *when,
        }
    }
}

/// The condition of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// None.
    Always,
    /// There is no such resource yet (`If-None-Match: *`, and names that we gave).
    New,
    /// The current version is this one (`If-Match`).
    Version(i64),
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What happened.
    pub outcome: Outcome,
    /// `Observation/123`.
    pub name: String,
    /// The patient it is about; of a change that moved it, the new one.
    pub patient: String,
    /// The current version now; 0 if there never was one.
    pub version: i64,
    /// When that version was stored, milliseconds since 1970.
    pub updated_at: i64,
    /// The resource as it is stored now; empty after a deletion.
    pub body: Vec<u8>,
    /// Profiles that it claims and that nothing here defines: they were not checked.
    pub unchecked: Vec<String>,
}

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A resource that was not there, or was deleted, is there.
    Created,
    /// It has a new version.
    Updated,
    /// It said the same before.
    Unchanged,
    /// It is deleted.
    Deleted,
    /// It was not there to be deleted.
    Absent,
    /// It says the same as before and inherits other labels: behind the changes' own answers.
    Relabelled,
}

/// Why changes were not made. None of them was.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A condition does not hold.
    #[error("{name} has version {found}, the request is for another")]
    Condition {
        /// `Observation/123`.
        name: String,
        /// The current version; 0 if there is none.
        found: i64,
    },
    /// Two changes are about one resource.
    #[error("{0} occurs twice in one transaction")]
    Twice(String),
    /// What was searched for beforehand has changed since.
    #[error("what the request's conditions found has changed since")]
    Moved,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes that are made together, and what must still be found for them to be right.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The changes, in the order of the answers.
    pub changes: Vec<Change>,
    /// Searches with what they found when the changes were made ready.
    pub checks: Vec<Found>,
    /// The time of all of them, milliseconds since 1970.
    pub at: i64,
}

impl Store {
    /// Makes the changes of several transactions in one, or none of them; each sees what was there before all. What `tells` says of
    /// them is kept with them until [`Store::forget_logged`].
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn change_resources(
        &self,
        all: Vec<Arc<Changes>>,
        tells: impl Fn(&[Written]) -> Vec<Entry> + Send + 'static,
    ) -> Result<(Vec<Written>, Vec<Entry>), WriteError> {
        self.0
            .write(move |tx| {
                let all: Vec<&Changes> = all.iter().map(Arc::as_ref).collect();
                let written = apply(tx, &all)?;
                let entries = tells(&written);
                unlogged::keep(tx, &entries)?;
                Ok((written, entries))
            })
            .await
    }

    /// Names of the current resources that say that they come from a source (`meta.source`).
    ///
    /// # Errors
    /// The store's.
    pub async fn resources_from(&self, source: String) -> Result<Vec<String>, StoreError> {
        self.0
            .read(move |reader| {
                let mut sql = Sql::default();
                let code = sql.text(&source);
                let keys = served_types().map(|kind| sql.bind(Bound::Int(param_key(kind, "_source"))));
                let keys: Vec<String> = keys.collect();
                let text = format!(
                    "SELECT name FROM resource_token WHERE param IN ({}) AND code = {code}",
                    keys.join(", ")
                );
                let params = sql.values();
                reader.query(&text, &params, |row| Ok(row.text(0)?.to_owned()))
            })
            .await
    }
}

fn apply(tx: &mut Tx<'_>, all: &[&Changes]) -> Result<Vec<Written>, WriteError> {
    for check in all.iter().flat_map(|changes| &changes.checks) {
        if !check.is_still_so(tx)? {
            return Err(WriteError::Moved);
        }
    }
    let changes = || all.iter().flat_map(|changes| changes.changes.iter().map(|change| (change, changes.at)));
    let mut seen = HashSet::new();
    if let Some((twice, _)) = changes().find(|(change, _)| !seen.insert(change.name())) {
        return Err(WriteError::Twice(twice.name().to_owned()));
    }
    let known = current(tx, changes().map(|(change, _)| change.name()))?;
    let mut work = Work::default();
    let written = changes().map(|(change, at)| work.plan(change, known.get(change.name()), at));
    let mut written = written.collect::<Result<Vec<_>, _>>()?;
    let drafts: Vec<&Draft> = work.put.iter().map(|(_, draft)| *draft).collect();
    let labels = relabel(tx, &drafts, &work.gone)?;
    work.write(tx, &written, &labels)?;
    let at = all.iter().map(|changes| changes.at).max().unwrap_or_default();
    written.extend(labels.stored.iter().map(|head| relabelled(head, at)));
    Ok(written)
}

fn relabelled(head: &Head, at: i64) -> Written {
    Written {
        outcome: Outcome::Relabelled,
        name: head.name.clone(),
        patient: head.patient.clone(),
        version: head.version,
        updated_at: at,
        body: Vec::new(),
        unchecked: Vec::new(),
    }
}

/// The newest versions of resources, by name.
fn current<'n>(
    tx: &mut Tx<'_>,
    names: impl Iterator<Item = &'n str>,
) -> Result<HashMap<String, Version>, StoreError> {
    let names: Vec<&str> = names.collect();
    let text = |places: &str| {
        format!(
            "SELECT {} FROM resource_version v WHERE name IN ({places}) AND version = \
             (SELECT MAX(w.version) FROM resource_version w WHERE w.name = v.name)",
            Version::COLUMNS
        )
    };
    let rows = by_names(tx, &names, text, Version::read)?;
    Ok(rows.into_iter().map(|row| (row.name.clone(), row)).collect())
}

/// Asks about names, some at a time; `text` is a statement of the places of their parameters.
pub(super) fn by_names<T>(
    tx: &mut Tx<'_>,
    names: &[&str],
    text: impl Fn(&str) -> String,
    mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    for chunk in names.chunks(LOOKED_UP) {
        // One text for one name and one for many: a statement is prepared once.
        let width = if chunk.len() == 1 { 1 } else { LOOKED_UP };
        let places: Vec<String> = (1..=width).map(|n| format!("${n}")).collect();
        let mut params: Vec<Value<'_>> = chunk.iter().map(|name| Value::Text(name)).collect();
        params.resize(width, Value::Text(""));
        found.extend(tx.query(&text(&places.join(", ")), &params, &mut read)?);
    }
    Ok(found)
}

const LOOKED_UP: usize = 32;

/// What the changes of a transaction do to the tables.
#[derive(Default)]
struct Work<'a> {
    /// Current versions that stop being it: patient, type and name.
    gone: Vec<(String, &'a str)>,
    /// New versions: the change's place among the answers, and its resource.
    put: Vec<(usize, &'a Draft)>,
    /// Deletions: place among the answers.
    deleted: Vec<usize>,
    planned: usize,
}

impl<'a> Work<'a> {
    fn plan(&mut self, change: &'a Change, known: Option<&Version>, at: i64) -> Result<Written, WriteError> {
        let found = known.map_or(0, |known| known.version);
        let live = known.filter(|known| !known.deleted);
        let holds = match change.when() {
            When::Always => true,
            When::New => live.is_none(),
            When::Version(wanted) => live.is_some_and(|live| live.version == wanted),
        };
        if !holds {
            return Err(WriteError::Condition { name: change.name().to_owned(), found });
        }
        let place = self.planned;
        self.planned += 1;
        let name = change.name().to_owned();
        match change {
            Change::Put { draft, .. } => {
                if let Some(live) = live.filter(|live| live.body == draft.body(live.version, live.updated_at))
                {
                    let patient = live.patient.clone();
                    let (version, updated_at, body) = (live.version, live.updated_at, live.body.clone());
                    return Ok(Written {
                        outcome: Outcome::Unchanged,
                        name,
                        patient,
                        version,
                        updated_at,
                        body,
                        unchecked: draft.unchecked.clone(),
                    });
                }
                self.gone.extend(live.map(|live| (live.patient.clone(), draft.name.as_str())));
                self.put.push((place, draft));
                let outcome = if live.is_some() { Outcome::Updated } else { Outcome::Created };
                let (version, body) = (found + 1, draft.body(found + 1, at));
                Ok(Written {
                    outcome,
                    name,
                    patient: draft.facts.patient.clone(),
                    version,
                    updated_at: at,
                    body,
                    unchecked: draft.unchecked.clone(),
                })
            }
            Change::Delete { name: change_name, .. } => {
                let patient = known.map(|known| known.patient.clone()).unwrap_or_default();
                let Some(live) = live else {
                    let updated_at = known.map_or(at, |known| known.updated_at);
                    let outcome = Outcome::Absent;
                    return Ok(Written {
                        outcome,
                        name,
                        patient,
                        version: found,
                        updated_at,
                        body: Vec::new(),
                        unchecked: Vec::new(),
                    });
                };
                self.gone.push((live.patient.clone(), change_name));
                self.deleted.push(place);
                let (outcome, version) = (Outcome::Deleted, found + 1);
                let (body, unchecked) = (Vec::new(), Vec::new());
                Ok(Written { outcome, name, patient, version, updated_at: at, body, unchecked })
            }
        }
    }

    fn write(&self, tx: &mut Tx<'_>, written: &[Written], labels: &Relabelled) -> Result<(), StoreError> {
        self.remove(tx)?;
        let answer = |place: usize| written.get(place);
        let deleted = self.deleted.iter().filter_map(|place| answer(*place));
        tx.execute_many(INSERT_DELETION, deleted.map(deletion))?;
        let put = self.put.iter().zip(&labels.drafts);
        let put: Vec<(&Written, &Draft, i64)> =
            put.filter_map(|((place, draft), labels)| Some((answer(*place)?, *draft, *labels))).collect();
        tx.execute_many(
            INSERT_VERSION,
            put.iter().map(|(written, draft, labels)| version(written, draft, *labels)),
        )?;
        tx.execute_many(
            INSERT_HEAD,
            put.iter().map(|(written, draft, labels)| head(written, draft, *labels)),
        )?;
        let drafts = || self.put.iter().map(|(_, draft)| *draft);
        tx.execute_many(INSERT_TOKEN, drafts().flat_map(tokens))?;
        tx.execute_many(INSERT_STRING, drafts().flat_map(strings))?;
        tx.execute_many(INSERT_DATE, drafts().flat_map(dates))?;
        tx.execute_many(INSERT_REFERENCE, drafts().flat_map(references))?;
        tx.execute_many(INSERT_QUANTITY, drafts().flat_map(quantities))?;
        let stored = || labels.stored.iter();
        tx.execute_many(
            "UPDATE resource_version SET labels = $1 WHERE name = $2 AND version = $3",
            stored().map(|head| [head.labels.into(), Value::from(&head.name), head.version.into()]),
        )?;
        tx.execute_many(
            "UPDATE resource SET labels = $1 WHERE patient = $2 AND type = $3 AND name = $4",
            stored().map(|head| {
                let [patient, kind, name] = head_key(&head.patient, &head.name);
                [head.labels.into(), patient, kind, name]
            }),
        )?;
        Ok(())
    }

    fn remove(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for table in INDEX_TABLES {
            let sql = format!("DELETE FROM {table} WHERE patient = $1 AND name = $2");
            tx.execute_many(
                &sql,
                self.gone.iter().map(|(patient, name)| [Value::from(patient), Value::from(*name)]),
            )?;
        }
        let heads = self.gone.iter().map(|(patient, name)| head_key(patient, name));
        tx.execute_many("DELETE FROM resource WHERE patient = $1 AND type = $2 AND name = $3", heads)?;
        Ok(())
    }
}
