//! The folders of the receipt computer (`OQS/req`, `OQS/res`, `OQS/face`): `docs/formats/institution-oqs.md`.

mod files;
mod mapping;

use std::path::{Path, PathBuf};
use std::time::Duration;

use calendar::{Date, Timestamp};
use codes::{ExchangeId, InstitutionCode};
use eligibility_xml::{
    CharacterCode, Charset, FileName, Header, ProcessingResultStatus, Response, ResponseBody, SegmentOfResult,
};
use protocol::eligibility::CheckAnswer;
use serde::{Deserialize, Serialize};

use crate::model::{LocalNumber, Trouble};
use crate::store::{FolderFile, OutFolder};

pub use files::{FileError, move_durably, remove_durably, write_atomic};

/// Where the folders lie and how they are served (連携フォルダ).
#[derive(Clone, Debug)]
pub struct OqsFolders {
    /// The directory that holds `req`, `res`, `face` and `bad`; made if missing.
    pub root: PathBuf,
    /// How files that nobody asked for (`face`) and answers to unreadable requests are written.
    pub charset: Charset,
    /// How often the request folder is looked at. A file is taken when it has not changed between two looks.
    pub poll: Duration,
}

impl OqsFolders {
    /// Folders under `root`, Shift_JIS, looked at four times a second.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), charset: Charset::ShiftJis, poll: Duration::from_millis(250) }
    }

    /// Where requests arrive.
    pub fn req(&self) -> PathBuf {
        self.root.join("req")
    }

    /// Where requests go that could not be read.
    pub fn bad(&self) -> PathBuf {
        self.root.join("bad")
    }

    /// Where results go.
    pub fn out(&self, folder: OutFolder) -> PathBuf {
        self.root.join(match folder {
            OutFolder::Res => "res",
            OutFolder::Face => "face",
        })
    }

    /// Makes the folders that are missing.
    ///
    /// # Errors
    /// [`FileError`] naming the folder.
    pub fn prepare(&self) -> Result<(), FileError> {
        let all = [self.req(), self.bad(), self.out(OutFolder::Res), self.out(OutFolder::Face)];
        all.iter().try_for_each(|folder| files::make_folder(folder))
    }
}

/// What a result must repeat of its request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestContext {
    /// Name of the result file.
    pub result_name: String,
    /// `ArbitraryFileIdentifier` of the request.
    pub file_identifier: Option<String>,
    /// `ArbitraryIdentifier` of the request.
    pub identifier: Option<String>,
    /// Whether the result is written in Shift_JIS, as the request was.
    pub shift_jis: bool,
}

impl RequestContext {
    fn charset(&self) -> Charset {
        if self.shift_jis { Charset::ShiftJis } else { Charset::Utf8 }
    }
}

/// Error codes in `ErrorCode`: the interface's own table is not public, so these are ours, and documented.
pub mod error_code {
    /// The request is no well-formed request.
    pub const UNREADABLE: &str = "MSB001";
    /// The request held a My Number and was destroyed.
    pub const MY_NUMBER: &str = "MSB002";
    /// A field does not hold what it should.
    pub const FIELD: &str = "MSB003";
    /// The eligibility service could not be reached; the result will be written again when it can.
    pub const UNREACHABLE: &str = "MSB004";
    /// The eligibility service refused the question.
    pub const REFUSED: &str = "MSB005";
}

/// The result of a request.
pub fn result_file(
    code: &InstitutionCode,
    context: &RequestContext,
    answer: &CheckAnswer,
    patient: Option<&LocalNumber>,
) -> FolderFile {
    let mut response = mapping::response(code, answer, patient, mapping::Asked::Request);
    response.header.arbitrary_file_identifier.clone_from(&context.file_identifier);
    if let Some(list) = &mut response.body.result_list {
        for result in &mut list.results {
            result.arbitrary_identifier.clone_from(&context.identifier);
        }
    }
    let bytes = write(&response, context.charset());
    FolderFile { folder: OutFolder::Res, name: context.result_name.clone(), bytes }
}

/// What a card read at the desk gives the receipt computer.
pub fn face_file(
    code: &InstitutionCode,
    charset: Charset,
    visit: ExchangeId,
    answer: &CheckAnswer,
    patient: Option<&LocalNumber>,
) -> FolderFile {
    let mut response = mapping::response(code, answer, patient, mapping::Asked::Card);
    response.header.arbitrary_file_identifier = Some(visit.to_string());
    // 26 letters and digits are always a name.
    let name = FileName::face(&visit.to_string(), answer.answered_at)
        .map_or_else(|_| format!("OQSsiquc01res_face_{visit}.xml"), |name| name.to_string());
    FolderFile { folder: OutFolder::Face, name, bytes: write(&response, charset) }
}

/// The result of a request that has no answer: says what happened and what to do.
pub fn trouble_file(
    code: &InstitutionCode,
    context: &RequestContext,
    trouble: &Trouble,
    on: Date,
    at: Timestamp,
) -> FolderFile {
    let error = if trouble.code == "unreachable" { error_code::UNREACHABLE } else { error_code::REFUSED };
    let message = format!("{}{}", trouble.ja, trouble.next_ja);
    error_file(code, context, error, &message, Some(on), at)
}

/// The result of a request that cannot be asked.
pub fn error_file(
    code: &InstitutionCode,
    context: &RequestContext,
    error: &str,
    message: &str,
    on: Option<Date>,
    at: Timestamp,
) -> FolderFile {
    let response = Response {
        header: Header {
            process_execution_time: Some(at),
            qualification_confirmation_date: on,
            medical_institution_code: Some(code.to_string()),
            arbitrary_file_identifier: context.file_identifier.clone(),
            segment_of_result: Some(SegmentOfResult::Abnormal),
            error_code: Some(error.to_owned()),
            error_message: Some(message.to_owned()),
            character_code_identifier: Some(CharacterCode::Utf8),
            ..Header::default()
        },
        body: ResponseBody {
            processing_result_status: Some(ProcessingResultStatus::Error),
            ..ResponseBody::default()
        },
        ..Response::default()
    };
    let bytes = write(&response, context.charset());
    FolderFile { folder: OutFolder::Res, name: context.result_name.clone(), bytes }
}

fn write(response: &Response, charset: Charset) -> Vec<u8> {
    let written = response.write(charset);
    if !written.losses.is_empty() {
        // Counted, not named: a rare character is part of somebody's name.
        tracing::warn!(
            characters = written.losses.len(),
            "characters that Shift_JIS does not have were replaced by 〓 in a result file"
        );
    }
    written.bytes
}

/// Writes a result into its folder.
///
/// # Errors
/// [`FileError`] naming the file.
pub fn deliver(folders: &OqsFolders, file: &FolderFile) -> Result<(), FileError> {
    write_atomic(&folders.out(file.folder), Path::new(&file.name), &file.bytes)
}
