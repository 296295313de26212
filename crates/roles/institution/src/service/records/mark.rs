//! Labels that people give a stored resource: the person's own mark (本人の指定), and `$meta-add`, `$meta-delete`.

use records::{Node, Resource, labels, tree};

use super::error::RecordError;
use super::log::Caller;
use super::prepare::Raw;
use crate::model::LocalNumber;
use crate::service::Service;
use crate::store::{Change, Version, When, Written};

/// The parts of `meta` that a client may add to and take from.
const PARTS: [&str; 3] = ["profile", "security", "tag"];

impl Service {
    /// Puts the person's mark on a record of theirs, or takes it off, as they asked at this institution: a new version, in the
    /// ledger with who wrote it down. What hangs on it is labelled anew. A record that is so already stays as it is.
    ///
    /// # Errors
    /// A record that is not there or is another patient's; one that changed meanwhile; store or ledger.
    pub async fn mark_record(
        &self,
        caller: &Caller,
        patient: &LocalNumber,
        name: &str,
        on: bool,
    ) -> Result<(), RecordError> {
        let version = self.current(name).await?;
        if !self.patient_ids(patient).await?.contains(&version.patient) {
            return Err(RecordError::NotFound(name.to_owned()));
        }
        let did = if on { "mark" } else { "unmark" };
        self.rewrite(caller, did, version, |node| labels::mark(node, on)).await.map(drop)
    }

    /// Adds to the profiles, labels and tags of a resource, or takes some away.
    ///
    /// # Errors
    /// A resource that is not there, changed meanwhile, or is refused as it would be; store or ledger.
    pub async fn change_meta(
        &self,
        caller: &Caller,
        name: &str,
        meta: &Node,
        add: bool,
    ) -> Result<Node, RecordError> {
        let did = if add { "meta-add" } else { "meta-delete" };
        let version = self.current(name).await?;
        let body = version.body.clone();
        let written = self.rewrite(caller, did, version, |node| merge(node, meta, add)).await?;
        let read = tree::parse(written.as_ref().map_or(&body, |written| &written.body));
        Ok(read.ok().and_then(|node| node.get("meta").cloned()).unwrap_or(Node::Null))
    }

    async fn current(&self, name: &str) -> Result<Version, RecordError> {
        let version = self.store.resource(name.to_owned()).await?;
        let version = version.ok_or_else(|| RecordError::NotFound(name.to_owned()))?;
        if version.deleted {
            return Err(RecordError::Gone { name: name.to_owned(), version: version.version });
        }
        Ok(version)
    }

    /// Stores what `change` makes of a version; nothing when it changes nothing.
    async fn rewrite(
        &self,
        caller: &Caller,
        did: &'static str,
        version: Version,
        change: impl FnOnce(&mut Node) -> bool,
    ) -> Result<Option<Written>, RecordError> {
        let unreadable = || RecordError::NotFound(version.name.clone());
        let mut node = tree::parse(&version.body).map_err(|_| unreadable())?;
        if !change(&mut node) {
            return Ok(None);
        }
        let resource = Resource::new(node).map_err(|_| unreadable())?;
        let (resource_type, id) = version.name.split_once('/').ok_or_else(unreadable)?;
        let (resource_type, id) = (resource_type.to_owned(), id.to_owned());
        let patient = Some(version.patient).filter(|patient| !patient.is_empty());
        let draft = self.preparer.draft(Raw {
            resource_type,
            id,
            resource,
            patient,
            method: "PUT",
            checked: false,
        })?;
        let change = Change::Put { draft, when: When::Version(version.version) };
        self.change_one(caller, did, change, Vec::new()).await.map(Some)
    }
}

/// Whether anything changed.
fn merge(node: &mut Node, with: &Node, add: bool) -> bool {
    let Some(object) = node.as_object_mut() else { return false };
    if object.get("meta").is_none() {
        object.insert("meta", Node::Object(records::Object::new()));
    }
    let Some(meta) = object.get_mut("meta").and_then(Node::as_object_mut) else { return false };
    let mut changed = false;
    for part in PARTS {
        let asked = with.get(part).map(Node::items).unwrap_or_default();
        if asked.is_empty() {
            continue;
        }
        let mut there = match meta.remove(part) {
            Some(Node::Array(items)) => items,
            _ => Vec::new(),
        };
        let before = there.len();
        if add {
            for one in asked {
                if !there.iter().any(|known| same(known, one)) {
                    there.push(one.clone());
                }
            }
        } else {
            there.retain(|known| !asked.iter().any(|one| same(known, one)));
        }
        changed |= there.len() != before;
        if !there.is_empty() {
            meta.insert(part, there);
        }
    }
    changed
}

/// One profile, or one code of a system.
fn same(known: &Node, asked: &Node) -> bool {
    match (known.as_str(), asked.as_str()) {
        (Some(known), Some(asked)) => known == asked,
        _ => ["system", "code"].iter().all(|key| known.text_at(key) == asked.text_at(key)),
    }
}
