//! The messages: a request for a check, and its answer.

use calendar::{Date, Timestamp};

use crate::{
    charset::{Charset, Source},
    code_values::{
        CharacterCode, ConsentFlag, MedicalTreatmentFlag, PrescriptionIssue, ProcessingResultStatus,
        QualificationValidity, ReferenceClassification, SegmentOfResult,
    },
    error::{Problem, ReadError},
    group::{Group, group, read_group, refuse, write_group},
    result::ResultOfQualificationConfirmation,
    tree::{self, Element, Limits},
    value::{Month, PaddedInsurerNumber},
    write::{Writer, Written},
};

group! {
    /// What a message says of itself (ヘッダー).
    pub struct Header {
        process_execution_time: Option<Timestamp> = "ProcessExecutionTime", "処理実行日時";
        qualification_confirmation_date: Option<Date> = "QualificationConfirmationDate", "資格確認日";
        medical_institution_code: Option<String> = "MedicalInstitutionCode", "医療機関コード";
        arbitrary_file_identifier: Option<String> = "ArbitraryFileIdentifier", "任意のファイル識別子";
        reference_classification: Option<ReferenceClassification> = "ReferenceClassification", "照会区分";
        segment_of_result: Option<SegmentOfResult> = "SegmentOfResult", "処理結果区分";
        error_code: Option<String> = "ErrorCode", "エラーコード";
        error_message: Option<String> = "ErrorMessage", "エラーメッセージ";
        character_code_identifier: Option<CharacterCode> = "CharacterCodeIdentifier", "文字コード識別";
        reception_number: Option<String> = "ReceptionNumber", "受付番号";
        reception_date_time: Option<Timestamp> = "ReceptionDateTime", "受付日時";
        number_of_processing_result: Option<u32> = "NumberOfProcessingResult", "処理結果件数";
        number_of_normal_processing: Option<u32> = "NumberOfNormalProcessing", "正常処理件数";
        number_of_error: Option<u32> = "NumberOfError", "エラー件数";
    }
}

group! {
    /// Whom a request asks about (資格確認照会用情報).
    pub struct QualificationConfirmSearchInfo {
        insurer_number: Option<PaddedInsurerNumber> = "InsurerNumber", "保険者番号";
        insured_card_symbol: Option<String> = "InsuredCardSymbol", "被保険者証記号";
        insured_identification_number: Option<String> = "InsuredIdentificationNumber", "被保険者証番号";
        insured_branch_number: Option<String> = "InsuredBranchNumber", "被保険者証枝番";
        birthdate: Option<Date> = "Birthdate", "生年月日";
        limit_certificate_consent: Option<ConsentFlag> = "LimitApplicationCertificateRelatedConsFlg", "限度額適用認定証提供同意フラグ";
        arbitrary_identifier: Option<String> = "ArbitraryIdentifier", "任意の識別子";
    }
}

group! {
    /// The body of a request.
    pub struct RequestBody {
        search: Option<QualificationConfirmSearchInfo> = "QualificationConfirmSearchInfo", "資格確認照会用情報";
        reception_number: Option<String> = "ReceptionNumber", "受付番号";
        medical_treatment_flag: Option<MedicalTreatmentFlag> = "MedicalTreatmentFlag", "診療区分";
        medical_treatment_month: Option<Month> = "MedicalTreatmentMonth", "診療年月";
        consent_date_from: Option<Date> = "ConsentDateFrom", "同意日（開始）";
        consent_date_to: Option<Date> = "ConsentDateTo", "同意日（終了）";
        examination_date_from: Option<Date> = "ExaminationDateFrom", "診療日（開始）";
        examination_date_to: Option<Date> = "ExaminationDateTo", "診療日（終了）";
    }
}

group! {
    /// A request for a check (資格確認要求, `OQSsiquc01req`).
    pub struct Request {
        header: Header = "MessageHeader", "ヘッダー";
        body: RequestBody = "MessageBody", "ボディ";
    }
}

group! {
    /// The memberships that a check found (資格確認結果リスト): one, several, or none.
    pub struct ResultList {
        results: Vec<ResultOfQualificationConfirmation> = "ResultOfQualificationConfirmation", "資格確認結果";
    }
}

group! {
    /// One person of a bulk answer (一括資格確認単位).
    pub struct BulkConfirmUnit {
        search: Option<QualificationConfirmSearchInfo> = "QualificationConfirmSearchInfo", "資格確認照会用情報";
        processing_result_status: Option<ProcessingResultStatus> = "ProcessingResultStatus", "処理結果状況";
        processing_result_code: Option<String> = "ProcessingResultCode", "処理結果コード";
        processing_result_message: Option<String> = "ProcessingResultMessage", "処理結果メッセージ";
        qualification_validity: Option<QualificationValidity> = "QualificationValidity", "資格有効性";
        result: Option<ResultOfQualificationConfirmation> = "ResultOfQualificationConfirmation", "資格確認結果";
        reference_number: Option<String> = "ReferenceNumber", "照会番号";
    }
}

group! {
    /// The body of an answer.
    pub struct ResponseBody {
        processing_result_status: Option<ProcessingResultStatus> = "ProcessingResultStatus", "処理結果状況";
        processing_result_code: Option<String> = "ProcessingResultCode", "処理結果コード";
        processing_result_message: Option<String> = "ProcessingResultMessage", "処理結果メッセージ";
        qualification_validity: Option<QualificationValidity> = "QualificationValidity", "資格有効性";
        prescription_issue_select: Option<PrescriptionIssue> = "PrescriptionIssueSelect", "処方箋発行形態";
        result_list: Option<ResultList> = "ResultList", "資格確認結果リスト";
        bulk_confirm_units: Vec<BulkConfirmUnit> = "BulkConfirmUnit", "一括資格確認結果";
    }
}

group! {
    /// An answer to a check (資格確認結果, `OQSsiquc01res`), or what a reader delivers (`OQSsiquc01res_face`): the two
    /// have the same form.
    pub struct Response {
        header: Header = "MessageHeader", "ヘッダー";
        body: ResponseBody = "MessageBody", "ボディ";
    }
}

/// A message of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A request.
    Request(Request),
    /// An answer or a reader's result.
    Response(Response),
}

impl Request {
    /// Reads a request within the default [`Limits`].
    ///
    /// # Errors
    /// When the file is no well-formed request in the encoding that it declares; the error tells the place.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        Self::read_within(bytes, &Limits::default())
    }

    /// Reads a request within limits.
    ///
    /// # Errors
    /// As [`Request::read`].
    pub fn read_within(bytes: &[u8], limits: &Limits) -> Result<Self, ReadError> {
        match Message::read_within(bytes, limits)? {
            Message::Request(request) => Ok(request),
            Message::Response(_) => Err(wrong_kind("request (QualificationConfirmSearchInfo)")),
        }
    }

    /// Writes the request; `CharacterCodeIdentifier` is set to the encoding.
    pub fn write(&self, charset: Charset) -> Written {
        write_root(self, charset, |request: &mut Request| &mut request.header)
    }
}

impl Response {
    /// Reads an answer within the default [`Limits`].
    ///
    /// # Errors
    /// When the file is no well-formed answer in the encoding that it declares; the error tells the place.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        Self::read_within(bytes, &Limits::default())
    }

    /// Reads an answer within limits.
    ///
    /// # Errors
    /// As [`Response::read`].
    pub fn read_within(bytes: &[u8], limits: &Limits) -> Result<Self, ReadError> {
        match Message::read_within(bytes, limits)? {
            Message::Response(response) => Ok(response),
            Message::Request(_) => Err(wrong_kind("response (ProcessingResultStatus, ResultList)")),
        }
    }

    /// Writes the answer; `CharacterCodeIdentifier` is set to the encoding.
    pub fn write(&self, charset: Charset) -> Written {
        write_root(self, charset, |response: &mut Response| &mut response.header)
    }

    /// The memberships that the answer holds, none when there is no list.
    pub fn results(&self) -> &[ResultOfQualificationConfirmation] {
        self.body.result_list.as_ref().map_or(&[], |list| &list.results)
    }
}

impl Message {
    /// Reads a message of either kind within the default [`Limits`].
    ///
    /// # Errors
    /// When the file is no well-formed message in the encoding that it declares; the error tells the place.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        Self::read_within(bytes, &Limits::default())
    }

    /// Reads a message of either kind within limits.
    ///
    /// # Errors
    /// As [`Message::read`].
    pub fn read_within(bytes: &[u8], limits: &Limits) -> Result<Self, ReadError> {
        open(bytes, limits).map(|opened| opened.message)
    }

    /// Writes the message; `CharacterCodeIdentifier` is set to the encoding.
    pub fn write(&self, charset: Charset) -> Written {
        match self {
            Self::Request(request) => request.write(charset),
            Self::Response(response) => response.write(charset),
        }
    }

    /// What the message says of itself.
    pub fn header(&self) -> &Header {
        match self {
            Self::Request(request) => &request.header,
            Self::Response(response) => &response.header,
        }
    }
}

/// A message with the file it came from.
pub(crate) struct Opened {
    pub(crate) message: Message,
    pub(crate) root: Element,
    pub(crate) charset: Charset,
}

pub(crate) fn open(bytes: &[u8], limits: &Limits) -> Result<Opened, ReadError> {
    if bytes.len() > limits.bytes {
        let problem = Problem::TooLarge { bytes: bytes.len(), limit: limits.bytes };
        return Err(ReadError::new(crate::error::Place { offset: 0, line: 1, column: 1 }, "", problem));
    }
    let source = Source::decode(bytes)?;
    let root = tree::read(&source, limits)?;
    if root.name != ROOT {
        return Err(refuse(&root, &source, Problem::Root(format!("<{}>", root.name))));
    }
    let message = if is_request(&root) {
        read_group(&root, &source).map(Message::Request)
    } else {
        read_group(&root, &source).map(Message::Response)
    };
    let message = message.map_err(|error| error.under(ROOT))?;
    check_charset(&message, &root, &source)?;
    Ok(Opened { message, root, charset: source.charset })
}

/// A request asks about a person or for the result of a reception, and has no result.
fn is_request(root: &Element) -> bool {
    let body = root.elements().find(|element| element.name == "MessageBody");
    let has = |tag: &str| body.is_some_and(|body| body.elements().any(|element| element.name == tag));
    let asks = has("QualificationConfirmSearchInfo")
        || has("ReceptionNumber")
        || has("MedicalTreatmentFlag")
        || has("MedicalTreatmentMonth");
    asks && !has("ProcessingResultStatus") && !has("BulkConfirmUnit") && !has("ResultList")
}

/// Refuses a file whose identifier contradicts its encoding, where that could change a character.
fn check_charset(message: &Message, root: &Element, source: &Source) -> Result<(), ReadError> {
    let Some(identifier) = &message.header().character_code_identifier else { return Ok(()) };
    if source.text.is_ascii() || identifier.code() == source.charset.identifier() {
        return Ok(());
    }
    let header = root.elements().find(|element| element.name == HEADER);
    let field = header.and_then(|h| h.elements().find(|element| element.name == IDENTIFIER));
    let problem = Problem::CharsetContradiction {
        written: source.charset,
        identifier: identifier.code().chars().take(8).collect(),
    };
    Err(refuse(field.unwrap_or(root), source, problem).under(&format!("{ROOT}/{HEADER}/{IDENTIFIER}")))
}

fn write_root<G: Group + Clone>(
    group: &G,
    charset: Charset,
    header: impl Fn(&mut G) -> &mut Header,
) -> Written {
    let mut group = group.clone();
    let identifier = &mut header(&mut group).character_code_identifier;
    if identifier.is_some() {
        *identifier = Some(CharacterCode::from_code(charset.identifier()));
    }
    let mut writer = Writer::new(charset);
    write_group(&group, ROOT, &mut writer);
    writer.finish()
}

fn wrong_kind(expected: &'static str) -> ReadError {
    ReadError::new(crate::error::Place { offset: 0, line: 1, column: 1 }, ROOT, Problem::Kind { expected })
}

const ROOT: &str = "XmlMsg";
const HEADER: &str = "MessageHeader";
const IDENTIFIER: &str = "CharacterCodeIdentifier";
