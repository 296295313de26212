//! Import of SS-MIX2 standardised storage: what hospitals have.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use records::Resource;
use records::ssmix2::{Converted, FileName, Source, Storage, convert};

use super::error::{RecordError, issue};
use super::import::{Prepared, Report, refused};
use super::log::Caller;
use super::prepare::Raw;
use super::scan::scan_resource;
use crate::service::Service;
use crate::store::{Change, Changes, When};

/// Files that are stored together.
const CHUNK: usize = 32;

impl Service {
    /// Imports a storage on this machine: of each order the file that counts. A file that cannot be read is reported
    /// and the others go on; the same storage again changes nothing.
    ///
    /// # Errors
    /// When the root cannot be listed, or the store or ledger fails.
    pub async fn import_ssmix2(
        self: &Arc<Self>,
        caller: &Caller,
        root: &Path,
    ) -> Result<Report, RecordError> {
        let source = self.ssmix2_source();
        let files = Storage::open(root).map_err(|error| {
            let (ja, en) = (
                format!("ストレージを開けません（{error}）"),
                format!("the storage cannot be opened: {error}"),
            );
            RecordError::request(400, "not-found", ja, en)
        })?;
        let mut report = Report::default();
        let mut ready = Vec::new();
        for (number, file) in files.enumerate() {
            let line = number as u64 + 1;
            report.lines += 1;
            let converted = file.and_then(|file| file.convert(&source));
            let changes = match converted {
                Ok(converted) => self.prepare_converted(converted).await,
                Err(error) => {
                    let issues = vec![issue("structure", &error.path, error.ja(), error.to_string())];
                    Err(RecordError::Invalid(issues))
                }
            };
            match changes {
                Err(error) if error.status() < 500 => report.refuse(refused(line, &error)),
                changes => ready.push(Prepared { line, changes, bytes: None }),
            }
            if ready.len() >= CHUNK {
                self.store_chunk(caller, std::mem::take(&mut ready))
                    .await?
                    .into_iter()
                    .for_each(|o| report.count(o));
            }
        }
        self.store_chunk(caller, ready).await?.into_iter().for_each(|outcome| report.count(outcome));
        Ok(report)
    }

    /// Imports one file of a storage, as it comes over the wire; one that cannot be taken is in the report.
    ///
    /// # Errors
    /// The store's or the ledger's.
    pub async fn import_ssmix2_file(
        self: &Arc<Self>,
        caller: &Caller,
        name: &str,
        bytes: &[u8],
    ) -> Result<Report, RecordError> {
        match self.store_ssmix2_file(caller, name, bytes).await {
            Err(error) if error.status() < 500 => {
                let mut report = Report { lines: 1, ..Report::default() };
                report.refuse(refused(1, &error));
                Ok(report)
            }
            done => done,
        }
    }

    async fn store_ssmix2_file(
        self: &Arc<Self>,
        caller: &Caller,
        name: &str,
        bytes: &[u8],
    ) -> Result<Report, RecordError> {
        let wrong = |place: &str, ja: String, en: String| {
            RecordError::Invalid(vec![issue("structure", place, ja, en)])
        };
        let name: FileName = name
            .parse()
            .map_err(|error: records::ssmix2::NameError| wrong("file name", error.ja(), error.to_string()))?;
        let converted = convert(&name, bytes, &self.ssmix2_source())
            .map_err(|error| wrong(&name.to_string(), error.ja(), error.to_string()))?;
        let changes = self.prepare_converted(converted).await?;
        let mut report = Report { lines: 1, ..Report::default() };
        let ready = vec![Prepared { line: 1, changes: Ok(changes), bytes: None }];
        self.store_chunk(caller, ready).await?.into_iter().for_each(|outcome| report.count(outcome));
        Ok(report)
    }

    fn ssmix2_source(&self) -> Source {
        Source { institution: self.code.to_string() }
    }

    /// Stores what a file says now and deletes what it said before and does not say any more.
    async fn prepare_converted(&self, converted: Converted) -> Result<Changes, RecordError> {
        let mut changes = Vec::with_capacity(converted.resources.len());
        let mut names = HashSet::new();
        for resource in converted.resources {
            let change = self.prepare_kept(resource)?;
            names.insert(change.name().to_owned());
            changes.push(change);
        }
        let before = self.store.resources_from(converted.scope).await?;
        let gone = before.into_iter().filter(|name| !names.contains(name));
        changes.extend(gone.map(|name| Change::Delete { name, when: When::Always }));
        Ok(Changes { changes, checks: Vec::new(), at: self.now().as_millis() })
    }

    fn prepare_kept(&self, resource: Resource) -> Result<Change, RecordError> {
        scan_resource(resource.node(), self.local_numbers)?;
        let (resource_type, id) =
            (resource.resource_type().to_owned(), resource.id().unwrap_or_default().to_owned());
        let draft = self.preparer.draft(Raw {
            resource_type,
            id,
            resource,
            patient: None,
            method: "PUT",
            checked: false,
        })?;
        Ok(Change::Put { draft, when: When::Always })
    }
}
