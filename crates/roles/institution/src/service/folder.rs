//! The receipt computer's folders: requests in, results out, nothing lost and nothing done twice.
//!
//! A request leaves its folder only after its result lies in `res` and both are durable. Killed at any instant, the
//! next start finds the request again, knows it by its digest, and writes the same result.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use calendar::Date;
use codes::ExchangeId;
use eligibility_xml::{CharacterCode, Charset, FileName, Kind, Limits, Request};
use kotoba::cp932_decode;
use protocol::eligibility::Presented;
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use super::{NumberEntry, Service};
use crate::error::{DeskError, FieldError};
use crate::oqs::{self, FileError, OqsFolders, RequestContext, error_code};
use crate::refuse::{self, Field, MyNumberFound};
use crate::store::{FolderFile, FolderRequest};

/// What the folder looked like at the last look; a file that has not changed since is complete.
#[derive(Default)]
pub struct FolderWatch {
    seen: HashMap<PathBuf, (u64, Option<SystemTime>)>,
}

impl Service {
    /// Looks at the request folder once and serves every file that has not changed since the last look. Then
    /// writes every result that is not written yet.
    ///
    /// # Errors
    /// When a folder cannot be read or written, or the store fails. Whatever was served stays served.
    pub async fn serve_folder(self: &Arc<Self>, watch: &mut FolderWatch) -> Result<usize, FolderError> {
        let Some(folders) = &self.oqs else { return Ok(0) };
        let ready = watch.look(&folders.req())?;
        let served = ready.len();
        let mut waiting = ready.into_iter();
        let mut running = JoinSet::new();
        loop {
            while running.len() < AT_ONCE
                && let Some(path) = waiting.next()
            {
                let service = Arc::clone(self);
                running.spawn(async move { service.serve_file(&path).await });
            }
            match running.join_next().await {
                Some(Ok(result)) => result?,
                Some(Err(failed)) => tracing::error!(%failed, "a request file could not be served"),
                None => break,
            }
        }
        self.deliver_results().await?;
        Ok(served)
    }

    /// Writes every result that is not in its folder yet.
    ///
    /// # Errors
    /// When a folder cannot be written or the store fails; what was not written stays waiting.
    pub async fn deliver_results(&self) -> Result<(), FolderError> {
        let Some(folders) = &self.oqs else { return Ok(()) };
        loop {
            let files = self.store.waiting_files(BATCH).await?;
            if files.is_empty() {
                return Ok(());
            }
            for (file, changed_at) in files {
                oqs::deliver(folders, &file)?;
                self.store.file_written(file.name, changed_at, self.now()).await?;
            }
        }
    }

    async fn serve_file(&self, path: &Path) -> Result<(), FolderError> {
        let Some(folders) = &self.oqs else { return Ok(()) };
        if refuse::scan(Field::FileIdentifier, &file_name(path), || "file name".to_owned()).is_err() {
            // Its result would have to repeat the name.
            tracing::warn!("a request file bore a My Number as its name and was destroyed");
            return Ok(oqs::remove_durably(path)?);
        }
        let Some((name, result_name)) = result_name(path) else {
            tracing::warn!(path = %path.display(), "not the name of a request; moved aside");
            return Ok(oqs::move_durably(path, &folders.bad())?);
        };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(FileError { path: path.to_path_buf(), source }.into()),
        };
        let context = context_of(&bytes, result_name, folders);
        if let Err(found) = scan_request(&bytes) {
            return self.destroy(path, folders, &context, &found);
        }
        let digest = digest(&name, &bytes);
        let (known, bad) = match self.store.folder_request(digest).await? {
            Some(Some(visit)) => (Some(visit), false),
            Some(None) => (None, true),
            None => match self.read_request(&bytes) {
                Ok(request) => (Some(self.ask_file(request, digest, context.clone()).await?), false),
                Err(refusal) => {
                    self.keep_refusal(digest, &context, &refusal).await?;
                    (None, true)
                }
            },
        };
        if let Some(visit) = known {
            // After a crash the visit may stand without an answer: asking again settles it or puts it off.
            self.settle_visit(visit).await?;
        }
        self.store.write_again(context.result_name).await?;
        self.deliver_results().await?;
        let cleared = if bad { oqs::move_durably(path, &folders.bad()) } else { oqs::remove_durably(path) };
        Ok(cleared?)
    }

    async fn settle_visit(&self, visit: ExchangeId) -> Result<(), DeskError> {
        match self.store.visit(visit).await? {
            Some(visit) if matches!(visit.question.outcome, crate::model::Outcome::Asking) => {
                self.attempt(visit.id).await
            }
            _ => Ok(()),
        }
    }

    /// A request with a My Number in it is answered and destroyed: moving it aside would be storing it.
    fn destroy(
        &self,
        path: &Path,
        folders: &OqsFolders,
        context: &RequestContext,
        found: &MyNumberFound,
    ) -> Result<(), FolderError> {
        tracing::warn!(place = found.place, "a request file held a My Number and was destroyed");
        let message = format!("{}{}", found.ja(), MyNumberFound::NEXT_JA);
        let context = RequestContext { file_identifier: None, identifier: None, ..context.clone() };
        let (at, code) = (self.now(), error_code::MY_NUMBER);
        oqs::deliver(folders, &oqs::error_file(&self.code, &context, code, &message, None, at))?;
        Ok(oqs::remove_durably(path)?)
    }

    async fn ask_file(
        &self,
        request: ReadRequest,
        digest: [u8; 32],
        context: RequestContext,
    ) -> Result<ExchangeId, DeskError> {
        let context = RequestContext { identifier: request.identifier, ..context };
        let folder = FolderRequest { digest, context: Some(context) };
        self.receive_file(request.presented, request.on, folder).await
    }

    async fn keep_refusal(
        &self,
        digest: [u8; 32],
        context: &RequestContext,
        refusal: &Refusal,
    ) -> Result<(), DeskError> {
        let now = self.now();
        let file: FolderFile = oqs::error_file(&self.code, context, refusal.code, &refusal.ja, None, now);
        Ok(self.store.keep_malformed(digest, file, now).await?)
    }

    fn read_request(&self, bytes: &[u8]) -> Result<ReadRequest, Refusal> {
        let unreadable = |ja: String| Refusal { code: error_code::UNREADABLE, ja };
        let request = Request::read(bytes).map_err(|error| unreadable(error.ja()))?;
        if let Some(code) = &request.header.medical_institution_code
            && code.trim() != self.code.to_string()
        {
            let ja = format!("医療機関コードが違います（この端末は {} です）。", self.code);
            return Err(Refusal { code: error_code::FIELD, ja });
        }
        let search = request.body.search.as_ref();
        let search = search.ok_or_else(|| {
            unreadable("照会する方の情報（QualificationConfirmSearchInfo）がありません。".into())
        })?;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let day = |value: Option<Date>| value.map(|day| day.to_string()).unwrap_or_default();
        let entry = NumberEntry {
            insurer_number: search.insurer_number.as_ref().map(|n| n.as_str().to_owned()).unwrap_or_default(),
            symbol: text(&search.insured_card_symbol),
            number: text(&search.insured_identification_number),
            branch: text(&search.insured_branch_number),
            birthdate: day(search.birthdate),
            on: day(request.header.qualification_confirmation_date),
        };
        let read = entry.read(self.today()).map_err(|errors| Refusal::of_fields(&errors))?;
        let identifier = search.arbitrary_identifier.clone();
        Ok(ReadRequest { presented: read.presented, on: read.on, identifier })
    }
}

impl FolderWatch {
    /// Request files that have not changed since the last look.
    fn look(&mut self, folder: &Path) -> Result<Vec<PathBuf>, FileError> {
        let failed = |source| FileError { path: folder.to_path_buf(), source };
        let mut now = HashMap::new();
        let mut ready = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let Ok(facts) = entry.metadata() else { continue };
            if !facts.is_file() || !is_request_name(&path) {
                continue;
            }
            let look = (facts.len(), facts.modified().ok());
            if self.seen.get(&path) == Some(&look) {
                ready.push(path.clone());
            }
            now.insert(path, look);
        }
        self.seen = now;
        ready.sort();
        Ok(ready)
    }
}

/// What can fail while folders are served.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file or folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// The desk.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl From<::store::StoreError> for FolderError {
    fn from(error: ::store::StoreError) -> Self {
        Self::Desk(error.into())
    }
}

/// A request that can be asked.
struct ReadRequest {
    presented: Presented,
    on: Date,
    identifier: Option<String>,
}

/// Why a request cannot be asked.
struct Refusal {
    code: &'static str,
    ja: String,
}

impl Refusal {
    fn of_fields(errors: &[FieldError]) -> Self {
        let label = |field: &str| match field {
            "insurer_number" => "保険者番号",
            "symbol" => "記号",
            "number" => "番号",
            "branch" => "枝番",
            "birthdate" => "生年月日",
            _ => "資格確認日",
        };
        let ja =
            errors.iter().map(|error| format!("{}：{}", label(error.field), error.ja)).collect::<Vec<_>>();
        Self { code: error_code::FIELD, ja: ja.join(" ") }
    }
}

const AT_ONCE: usize = 8;
const BATCH: u32 = 64;
const PREFIX: &str = "OQSsiquc01req_";

/// Files of other families (bulk checks, prescriptions) belong to other programs and are left alone.
fn is_request_name(path: &Path) -> bool {
    let name = file_name(path);
    name.starts_with(PREFIX) && name.to_ascii_lowercase().ends_with(".xml")
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn result_name(path: &Path) -> Option<(String, String)> {
    let name = path.file_name()?.to_str()?;
    let parsed: FileName = name.parse().ok().filter(|name: &FileName| name.kind() == Kind::Request)?;
    Some((parsed.id().to_owned(), parsed.response().to_string()))
}

fn digest(name: &str, bytes: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(name).chain_update([0]).chain_update(bytes).finalize().into()
}

/// What the result repeats, as far as the request can be read at all.
fn context_of(bytes: &[u8], result_name: String, folders: &OqsFolders) -> RequestContext {
    let header = Request::read(bytes).ok().map(|request| request.header);
    let declared = eligibility_xml::inspect(bytes, &Limits::default()).ok().map(|report| report.charset);
    let identified = header.as_ref().and_then(|header| header.character_code_identifier.as_ref());
    let charset = match identified {
        Some(CharacterCode::Utf8) => Charset::Utf8,
        Some(CharacterCode::ShiftJis) => Charset::ShiftJis,
        _ => declared.unwrap_or(folders.charset),
    };
    let file_identifier = header.and_then(|header| header.arbitrary_file_identifier);
    RequestContext { result_name, file_identifier, identifier: None, shift_jis: charset == Charset::ShiftJis }
}

/// Looks at the raw text, also of a file too broken to parse, and at what a parser makes of it (character
/// references resolved).
fn scan_request(bytes: &[u8]) -> Result<(), MyNumberFound> {
    let declared = |tag: &str| match tag {
        "ArbitraryFileIdentifier" | "ArbitraryIdentifier" => Field::FileIdentifier,
        _ => Field::Text,
    };
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => cp932_decode(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned()),
    };
    refuse::scan_xml(&text, declared)?;
    if let Ok(request) = Request::read(bytes) {
        let again = request.write(Charset::Utf8).bytes;
        refuse::scan_xml(&String::from_utf8_lossy(&again), declared)?;
    }
    Ok(())
}
