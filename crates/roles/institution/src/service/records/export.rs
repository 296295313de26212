//! Bulk export (FHIR Bulk Data Access 2.0): all resources, those of all patients, or those of a group.
//!
//! An export is a description of what is in it at one instant; its files are read from the store when they are fetched,
//! as they stood at that instant. Nothing lies about on the disk, and nothing has to be waited for. Exports are
//! forgotten after a day, and when the program ends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use codes::ExchangeId;
use records::Node;

use super::error::RecordError;
use super::log::Caller;
use crate::service::Service;
use crate::store::{ExportPage, Version};

/// What is exported (書き出しの範囲).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Export {
    /// The address of the request that began it.
    pub request: String,
    /// The instant whose state it is, milliseconds since 1970.
    pub at: i64,
    /// Only what was stored at or after this.
    pub since: i64,
    /// Only these types; empty for all.
    pub types: Vec<String>,
    /// Only what is about somebody.
    pub of_patients: bool,
    /// Only what is about these patients.
    pub patients: Option<Vec<String>>,
}

/// The exports that were begun.
#[derive(Default)]
pub struct Exports(Mutex<HashMap<String, Export>>);

/// Exports that are kept at once.
const KEPT: usize = 100;
/// How long, in milliseconds.
const DAY: i64 = 86_400_000;
/// Resources that are read at a time.
pub const PAGE: u32 = 500;

impl Service {
    /// Begins an export; its name.
    ///
    /// # Errors
    /// [`RecordError::Request`] when too many are kept.
    pub fn begin_export(&self, export: Export) -> Result<String, RecordError> {
        let now = self.now().as_millis();
        let id = ExchangeId::new(now).to_string();
        let mut kept = self.exports.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, known| now - known.at < DAY);
        if kept.len() >= KEPT {
            let (ja, en) = (
                "書き出しが多すぎます。済んだものを削除してください",
                "too many exports: delete those that are done",
            );
            return Err(RecordError::request(429, "throttled", ja, en));
        }
        kept.insert(id.clone(), Export { at: now, ..export });
        Ok(id)
    }

    /// An export that is kept.
    ///
    /// # Errors
    /// [`RecordError::NotFound`].
    pub fn export(&self, id: &str) -> Result<Export, RecordError> {
        let kept = self.exports.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(id).cloned().ok_or_else(|| RecordError::NotFound(format!("$export/{id}")))
    }

    /// Forgets an export.
    ///
    /// # Errors
    /// [`RecordError::NotFound`].
    pub fn end_export(&self, id: &str) -> Result<(), RecordError> {
        let mut kept = self.exports.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(id).map(drop).ok_or_else(|| RecordError::NotFound(format!("$export/{id}")))
    }

    /// The types in an export, each with the number of its resources.
    ///
    /// # Errors
    /// The store's.
    pub async fn export_types(&self, export: &Export) -> Result<Vec<(String, u64)>, RecordError> {
        Ok(self.store.export_types(ExportPage::of(export, None)).await?)
    }

    /// The next resources of a type in an export, after one that was told; written down before they are answered.
    ///
    /// # Errors
    /// The store's or the ledger's.
    pub async fn export_page(
        &self,
        caller: &Caller,
        export: &Export,
        resource_type: &str,
        after: Option<(i64, String)>,
    ) -> Result<Vec<Version>, RecordError> {
        let page = ExportPage { after, count: PAGE, ..ExportPage::of(export, Some(resource_type)) };
        let versions = self.store.export_page(page).await?;
        let read = versions.iter().map(|version| (version.patient.as_str(), version.name.as_str()));
        self.log_read(caller, "export", read).await?;
        Ok(versions)
    }

    /// The patients that are members of a group.
    ///
    /// # Errors
    /// [`RecordError::NotFound`].
    pub async fn group_members(&self, caller: &Caller, id: &str) -> Result<Vec<String>, RecordError> {
        let group = self.read_record(caller, &format!("Group/{id}")).await?;
        let node = records::tree::parse(&group.body)
            .map_err(|error| RecordError::Unreadable { ja: error.ja(), en: error.to_string() })?;
        let members = node.all("member.entity.reference");
        let patients =
            members.into_iter().filter_map(Node::as_str).filter_map(|name| name.strip_prefix("Patient/"));
        Ok(patients.map(str::to_owned).collect())
    }
}

impl ExportPage {
    fn of(export: &Export, resource_type: Option<&str>) -> Self {
        Self {
            at: export.at,
            since: export.since,
            types: resource_type.map_or_else(|| export.types.clone(), |kind| vec![kind.to_owned()]),
            of_patients: export.of_patients,
            patients: export.patients.clone(),
            after: None,
            count: 0,
        }
    }
}
