//! Import of many bundles: NDJSON, one bundle or resource a line.
//!
//! A line is one transaction: it is stored whole or not at all. A line that cannot be taken is reported with its number
//! and place, and the others go on (decision 0151). The same file again changes nothing.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::Arc;

use records::bundle::Kind;
use records::{Resource, id_of};
use serde::{Deserialize, Serialize};

use super::bundle::Step;
use super::document::Arriving;
use super::error::RecordError;
use super::log::Caller;
use super::prepare::{Raw, is_id};
use crate::service::Service;
use crate::store::{Change, Changes, Outcome, When, Written};

/// What an import did (取込みの結果).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Lines, or files, that were read.
    pub lines: u64,
    /// Resources that were not there before.
    pub created: u64,
    /// Resources with a new version.
    pub updated: u64,
    /// Resources that said the same before.
    pub unchanged: u64,
    /// Resources that were deleted.
    pub deleted: u64,
    /// Lines, or files, of which nothing was stored.
    pub refused: u64,
    /// The first thousand of them.
    pub refusals: Vec<Refused>,
    /// Profiles that stored resources claim and that nothing here defines, with the number of resources: they were not checked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unchecked: BTreeMap<String, u64>,
}

/// A line of which nothing was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The line, from 1; of a directory, the file in the order of its name.
    pub line: u64,
    /// The place in it, as FHIRPath; of a directory, the file.
    pub place: String,
    /// What is wrong, Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// Lines that are stored together.
const CHUNK_LINES: usize = 32;
/// Bytes of lines that are stored together, unless one alone is longer.
const CHUNK_BYTES: usize = 1024 * 1024;
/// Longest line.
const LINE: usize = 64 * 1024 * 1024;
/// Refusals that are told.
const TOLD: usize = 1_000;

impl Service {
    /// Imports NDJSON: each line a bundle (transaction, batch as transaction, document, collection) or a resource, which
    /// is stored under its id.
    ///
    /// # Errors
    /// When `reader` fails, or the store or ledger; what was stored until then stays, and the file can be sent again.
    pub async fn import_bundles(
        self: &Arc<Self>,
        caller: &Caller,
        reader: impl BufRead + Send,
    ) -> Result<Report, RecordError> {
        let mut lines = Lines { reader, number: 0 };
        let mut report = Report::default();
        let mut ready: Vec<Prepared> = Vec::new();
        loop {
            let chunk = lines.chunk()?;
            report.lines = lines.number;
            let is_end = chunk.is_empty();
            // While one chunk is written, the next is prepared.
            let (next, stored) =
                tokio::join!(self.prepare_lines(chunk), self.store_chunk(caller, std::mem::take(&mut ready)));
            stored?.into_iter().for_each(|outcome| report.count(outcome));
            ready = next;
            if is_end && ready.is_empty() {
                return Ok(report);
            }
        }
    }

    async fn prepare_lines(self: &Arc<Self>, chunk: Vec<(u64, Vec<u8>)>) -> Vec<Prepared> {
        let tasks = chunk.into_iter().map(|(line, bytes)| {
            let service = Arc::clone(self);
            let task = async move {
                Prepared { line, changes: service.prepare_line(&bytes).await, bytes: Some(bytes) }
            };
            (line, tokio::spawn(task))
        });
        let tasks: Vec<_> = tasks.collect();
        let mut prepared = Vec::with_capacity(tasks.len());
        for (line, task) in tasks {
            prepared.push(task.await.unwrap_or_else(|failed| {
                tracing::error!(%failed, line, "a line could not be prepared");
                let changes = Err(RecordError::request(
                    500,
                    "exception",
                    "処理に失敗しました",
                    "the line could not be prepared",
                ));
                Prepared { line, changes, bytes: None }
            }));
        }
        prepared
    }

    /// The changes that a line asks for.
    async fn prepare_line(&self, bytes: &[u8]) -> Result<Changes, RecordError> {
        let resource = self.read_resource(bytes)?;
        if resource.resource_type() != "Bundle" {
            return self.prepare_single(resource).await;
        }
        let bundle = self.split(resource)?;
        if bundle.kind == Kind::Message {
            let (ja, en) = ("メッセージは取り込めません", "a message cannot be imported");
            return Err(RecordError::request(400, "not-supported", ja, en).at("Bundle.type"));
        }
        let (changes, steps) = self.prepare_transaction(bundle).await?;
        let reads = steps
            .iter()
            .any(|step| matches!(step, Step::Done(super::bundle::Done::Get(url)) if url.contains('?')));
        if reads {
            let (ja, en) = ("取込みの中では検索できません", "an import does not search");
            return Err(RecordError::request(400, "not-supported", ja, en).at("Bundle.entry"));
        }
        Ok(changes)
    }

    async fn prepare_single(&self, mut resource: Resource) -> Result<Changes, RecordError> {
        let resource_type = resource.resource_type().to_owned();
        let id = match resource.id() {
            Some(id) if is_id(id) => id.to_owned(),
            _ => {
                let content = String::from_utf8_lossy(&resource.node().canonical()).into_owned();
                id_of(&["content", &self.org.to_string(), &content])
            }
        };
        if let Some(object) = resource.node_mut().as_object_mut() {
            object.insert("id", id.as_str());
        }
        let patient = self.document_patient(&resource, &Arriving::new()).await?;
        let draft = self.preparer.draft(Raw {
            resource_type,
            id,
            resource,
            patient,
            method: "PUT",
            checked: false,
        })?;
        let changes = vec![Change::Put { draft, when: When::Always }];
        Ok(Changes { changes, checks: Vec::new(), at: self.now().as_millis() })
    }

    /// Stores lines together, or, where they get into each other's way, one by one.
    pub(super) async fn store_chunk(
        &self,
        caller: &Caller,
        lines: Vec<Prepared>,
    ) -> Result<Vec<LineOutcome>, RecordError> {
        let mut outcomes = Vec::with_capacity(lines.len());
        let mut good = Vec::with_capacity(lines.len());
        for Prepared { line, changes, bytes } in lines {
            match changes {
                Ok(changes) => good.push((line, Arc::new(changes), bytes)),
                Err(error) if error.status() >= 500 => return Err(error),
                Err(error) => outcomes.push(LineOutcome::Refused(refused(line, &error))),
            }
        }
        if good.is_empty() {
            return Ok(outcomes);
        }
        let together = good.iter().map(|(_, changes, _)| Arc::clone(changes)).collect();
        match self.change_and_tell(caller, "import", together).await {
            Ok(written) => {
                outcomes.push(LineOutcome::Stored(written));
                Ok(outcomes)
            }
            Err(error) if is_ours(&error) => Err(error),
            Err(_) => {
                for (line, changes, bytes) in good {
                    outcomes.push(self.store_line(caller, line, changes, bytes).await?);
                }
                Ok(outcomes)
            }
        }
    }

    /// Stores one line by itself; what it was prepared upon may have changed by the line before it.
    async fn store_line(
        &self,
        caller: &Caller,
        line: u64,
        changes: Arc<Changes>,
        bytes: Option<Vec<u8>>,
    ) -> Result<LineOutcome, RecordError> {
        let changes = match bytes {
            None => changes,
            Some(bytes) => match self.prepare_line(&bytes).await {
                Ok(changes) => Arc::new(changes),
                Err(error) => return Ok(LineOutcome::Refused(refused(line, &error))),
            },
        };
        match self.change_and_tell(caller, "import", vec![changes]).await {
            Ok(written) => Ok(LineOutcome::Stored(written)),
            Err(error) if is_ours(&error) => Err(error),
            Err(error) => Ok(LineOutcome::Refused(refused(line, &error))),
        }
    }
}

/// Whether the failure is the store's or the ledger's and not the line's.
fn is_ours(error: &RecordError) -> bool {
    matches!(error, RecordError::Store(_) | RecordError::Ledger(_)) || error.status() >= 500
}

/// A line made ready.
pub(super) struct Prepared {
    pub line: u64,
    pub changes: Result<Changes, RecordError>,
    /// The line, to prepare it again.
    pub bytes: Option<Vec<u8>>,
}

pub(super) enum LineOutcome {
    Stored(Vec<Written>),
    Refused(Refused),
}

/// Why nothing of a line was stored.
pub(super) fn refused(line: u64, error: &RecordError) -> Refused {
    let first = error.issues().into_iter().next();
    let (place, ja, en) = first.map(|issue| (issue.path, issue.ja, issue.en)).unwrap_or_default();
    Refused { line, place, ja, en }
}

impl Report {
    pub(super) fn count(&mut self, outcome: LineOutcome) {
        match outcome {
            LineOutcome::Stored(written) => written.into_iter().for_each(|written| {
                match written.outcome {
                    Outcome::Created => self.created += 1,
                    Outcome::Updated => self.updated += 1,
                    Outcome::Unchanged => self.unchanged += 1,
                    Outcome::Deleted => self.deleted += 1,
                    Outcome::Absent | Outcome::Relabelled => {}
                }
                written
                    .unchecked
                    .into_iter()
                    .for_each(|profile| *self.unchecked.entry(profile).or_default() += 1);
            }),
            LineOutcome::Refused(refused) => self.refuse(refused),
        }
    }

    pub(super) fn refuse(&mut self, refused: Refused) {
        self.refused += 1;
        if self.refusals.len() < TOLD {
            self.refusals.push(refused);
        }
    }
}

/// The lines of a reader, some at a time.
struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn chunk(&mut self) -> Result<Vec<(u64, Vec<u8>)>, RecordError> {
        let (mut chunk, mut bytes) = (Vec::new(), 0);
        while chunk.len() < CHUNK_LINES && bytes < CHUNK_BYTES {
            let mut line = Vec::new();
            let limit = u64::try_from(LINE).unwrap_or(u64::MAX);
            let read = std::io::Read::take(&mut self.reader, limit).read_until(b'\n', &mut line).map_err(
                |error| {
                    RecordError::request(
                        400,
                        "incomplete",
                        "最後まで読めませんでした",
                        format!("the input broke off: {error}"),
                    )
                },
            )?;
            if read == 0 {
                break;
            }
            self.number += 1;
            if line.iter().any(|byte| !byte.is_ascii_whitespace()) {
                bytes += line.len();
                chunk.push((self.number, line));
            }
        }
        Ok(chunk)
    }
}
