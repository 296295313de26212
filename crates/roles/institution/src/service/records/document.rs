//! Whom a document is about: its subject is one of its own entries, and leads to our patient by number.

use std::collections::HashMap;

use records::Resource;
use records::bundle::Entry;
use records::labels::{Facts, Subject};

use super::error::RecordError;
use super::prepare::is_id;
use crate::service::Service;

/// Ids of the patients that come with a document, by system and value of each identifier.
pub(super) type Arriving = HashMap<(String, String), String>;

/// The patients of a bundle's entries.
pub(super) fn arriving(entries: &[Entry]) -> Arriving {
    let mut found = Arriving::new();
    for entry in entries.iter().filter(|entry| entry.resource_type == "Patient") {
        let (Some(id), Some(resource)) = (&entry.id, &entry.resource) else { continue };
        for identifier in resource.node().all("identifier") {
            let part = |key| identifier.text_at(key).unwrap_or_default().to_owned();
            found.insert((part("system"), part("value")), id.clone());
        }
    }
    found
}

impl Service {
    /// The patient of a document bundle; none for any other resource, and for a document about nobody known here.
    pub(super) async fn document_patient(
        &self,
        resource: &Resource,
        arriving: &Arriving,
    ) -> Result<Option<String>, RecordError> {
        if resource.resource_type() != "Bundle" {
            return Ok(None);
        }
        let Some(Subject::Identifier(system, value)) = Facts::of(resource.node()).subject else {
            return Ok(None);
        };
        if let Some(id) = arriving.get(&(system.to_owned(), value.to_owned())) {
            return Ok(Some(id.clone()).filter(|id| is_id(id)));
        }
        match value.parse() {
            Ok(number) if system == self.patient_system() => {
                Ok(self.patient_ids(&number).await?.into_iter().next())
            }
            _ => Ok(None),
        }
    }
}
