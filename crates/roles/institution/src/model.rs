//! What a reception desk knows: visits, the questions asked for them, local patients and links.

use std::fmt;
use std::str::FromStr;

use calendar::{Date, Timestamp};
use codes::{ExchangeId, Insurance, InsuredPersonId, OrgCode};
use ledger::Receipt;
use protocol::{
    eligibility::{CheckAnswer, CheckRequest, Membership, Sex, Validity},
    reader::{ReaderMode, ReaderStatement},
};
use serde::{Deserialize, Serialize};

/// One person at the desk on one day (来院). Its identifier is the exchange of its first question.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Names the visit and its first exchange.
    pub id: ExchangeId,
    /// Day of service.
    pub day: Date,
    /// When the desk received the person.
    pub received_at: Timestamp,
    /// The terminal.
    pub terminal: String,
    /// By which door it came in.
    pub door: Door,
    /// What was shown.
    pub shown: Shown,
    /// Name on the face of the card, as a person at the desk saw it.
    pub face_name: Option<String>,
    /// What the reader signed.
    pub statement: Option<ReaderStatement>,
    /// The institution's own code for the person, once an answer gave it.
    pub person_code: Option<OrgCode<Insurance>>,
    /// The first question and what became of it.
    pub question: Question,
    /// The local patient that the person code is linked to now.
    pub patient: Option<LocalNumber>,
    /// What became of the registration at the relay.
    pub medical: MedicalState,
}

impl Visit {
    /// The person's name as far as the desk knows it: the insurer's record, or the face of the card.
    pub fn name(&self) -> Option<&str> {
        let insured = self.question.outcome.answer().and_then(|a| a.memberships.first());
        insured.map(|m| m.person.name.as_str()).or(self.face_name.as_deref())
    }
}

/// By which door a visit came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The reception page.
    Desk,
    /// The JSON interface.
    Api,
    /// The request folder of the receipt computer (`OQS/req`).
    Folder,
}

/// What the person showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The card, asked by the insurance code that its applet holds.
    CardCode(ReaderMode),
    /// The card, asked by its authentication certificate.
    CardCertificate(ReaderMode),
    /// Symbol and number, keyed in (被保険者記号・番号).
    Number,
}

impl Shown {
    /// How the bearer was verified, when a card was read.
    pub fn mode(self) -> Option<ReaderMode> {
        match self {
            Self::CardCode(mode) | Self::CardCertificate(mode) => Some(mode),
            Self::Number => None,
        }
    }
}

/// One question to the eligibility service and what became of it.
#[derive(Clone, Debug)]
pub struct Question {
    /// The exchange: a retry carries the same.
    pub exchange: ExchangeId,
    /// The visit it was asked for.
    pub visit: ExchangeId,
    /// When it was first asked.
    pub asked_at: Timestamp,
    /// Word for word.
    pub request: CheckRequest,
    /// Where the question stands in this institution's own ledger; written before it was asked.
    pub entry: Receipt,
    /// What became of it.
    pub outcome: Outcome,
    /// How often it was sent.
    pub attempts: u32,
}

/// What became of a question.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// On its way.
    Asking,
    /// Answered; the answer was stored before it was shown.
    Answered(Box<CheckAnswer>),
    /// Not answered yet: the service could not be reached; asked again at `retry_at`.
    Unconfirmed {
        /// Why.
        trouble: Trouble,
        /// When it is asked again.
        retry_at: Timestamp,
    },
    /// The service refused the question; asking the same again would not help.
    Refused(Trouble),
}

impl Outcome {
    /// The answer, when there is one.
    pub fn answer(&self) -> Option<&CheckAnswer> {
        match self {
            Self::Answered(answer) => Some(answer),
            _ => None,
        }
    }

    /// Why there is no answer.
    pub fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Unconfirmed { trouble, .. } | Self::Refused(trouble) => Some(trouble),
            _ => None,
        }
    }

    /// In one word, for lists.
    pub fn standing(&self) -> Standing {
        match self {
            Self::Asking => Standing::Asking,
            Self::Answered(answer) => Standing::Answered(answer.validity),
            Self::Unconfirmed { .. } => Standing::Unconfirmed,
            Self::Refused(_) => Standing::Refused,
        }
    }
}

/// A question's state in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// On its way.
    Asking,
    /// Answered with this validity.
    Answered(Validity),
    /// Not answered yet, will be asked again.
    Unconfirmed,
    /// Refused.
    Refused,
}

/// Why something did not work, for the person at the desk, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Kebab-case kind, as in problem documents.
    pub code: String,
    /// What happened, Japanese.
    pub ja: String,
    /// What happened, English.
    pub en: String,
    /// What to do next, Japanese.
    pub next_ja: String,
    /// What to do next, English.
    pub next_en: String,
}

/// What became of the registration at the relay (医療等ID).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MedicalState {
    /// The answer brought no ticket: nothing to register. Not issued, revoked and not found look alike here.
    None,
    /// A ticket came and is being used.
    Pending,
    /// The relay answered and the medical code is kept.
    Registered,
    /// The ticket ran out before the relay could be reached; the next visit brings a new one.
    Expired,
}

/// The institution's own number for its patient (患者番号).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LocalNumber(String);

/// Why a text is not a local patient number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a patient number has 1 to {LOCAL_NUMBER_LIMIT} letters, digits or hyphens")]
pub struct LocalNumberError;

impl LocalNumberError {
    /// The same in Japanese.
    pub fn ja(&self) -> String {
        format!("患者番号は英数字とハイフンで1〜{LOCAL_NUMBER_LIMIT}文字です")
    }
}

/// Longest local patient number, in characters.
pub const LOCAL_NUMBER_LIMIT: usize = 20;

impl LocalNumber {
    /// The number as the institution writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LocalNumber {
    type Err = LocalNumberError;

    fn from_str(text: &str) -> Result<Self, LocalNumberError> {
        let text = text.trim();
        let fits = (1..=LOCAL_NUMBER_LIMIT).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(LocalNumberError) }
    }
}

impl TryFrom<String> for LocalNumber {
    type Error = LocalNumberError;

    fn try_from(text: String) -> Result<Self, LocalNumberError> {
        text.parse()
    }
}

impl From<LocalNumber> for String {
    fn from(number: LocalNumber) -> Self {
        number.0
    }
}

impl fmt::Display for LocalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A patient in the institution's own list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Patient {
    /// The institution's own number.
    pub local_number: LocalNumber,
    /// Name as the institution wrote it.
    pub name: String,
    /// Reading, full-width katakana.
    pub kana: String,
    /// Birth date as the institution wrote it.
    pub birthdate: Date,
    /// Sex.
    pub sex: Sex,
    /// Symbol and number at the last visit, when they were readable.
    pub insured: Option<InsuredPersonId>,
    /// Day of the last visit before the list was taken over.
    pub last_visit_on: Option<Date>,
}

/// A local patient who may be the person of an answer, with what agrees.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The patient.
    pub patient: Patient,
    /// What agrees with the insurer's record and what does not.
    pub agreement: Agreement,
    /// Whether the patient is linked to another person already.
    pub taken: bool,
}

/// Field by field: does the local patient agree with the insurer's record?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Name, variants and width folded.
    pub name: bool,
    /// Reading, width and small letters folded.
    pub kana: bool,
    /// Birth date.
    pub birthdate: bool,
    /// Sex.
    pub sex: bool,
    /// Symbol and number.
    pub insured: bool,
}

impl Agreement {
    /// Higher is likelier: numbers and birth date say more than names, names more than sex.
    pub fn weight(self) -> u32 {
        [(self.insured, 5), (self.birthdate, 4), (self.kana, 3), (self.name, 3), (self.sex, 1)]
            .into_iter()
            .filter_map(|(agrees, weight)| agrees.then_some(weight))
            .sum()
    }

    /// Everything that identifies a person agrees.
    pub fn is_complete(self) -> bool {
        self.name && self.kana && self.birthdate && self.sex
    }
}

/// One row of a link's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The local patient.
    pub local_number: LocalNumber,
    /// The visit at which it was made.
    pub visit: ExchangeId,
    /// Since when.
    pub linked_at: Timestamp,
    /// Until when; absent = still.
    pub ended_at: Option<Timestamp>,
}

/// A line in a list of visits.
#[derive(Clone, Debug)]
pub struct VisitLine {
    /// The visit.
    pub id: ExchangeId,
    /// Day of service.
    pub day: Date,
    /// When the desk received the person.
    pub received_at: Timestamp,
    /// By which door.
    pub door: Door,
    /// What was shown.
    pub shown: Shown,
    /// Name as far as known; may be empty.
    pub name: String,
    /// Birth date as far as known.
    pub birthdate: Option<Date>,
    /// What became of the first question.
    pub standing: Standing,
    /// The linked local patient.
    pub patient: Option<LocalNumber>,
}

/// How many of a day's visits stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayCounts {
    /// All visits of the day.
    pub all: u64,
    /// Answered as valid.
    pub valid: u64,
    /// Answered otherwise, or refused: somebody must look.
    pub attention: u64,
    /// Not answered yet.
    pub open: u64,
}

/// What share of the costs a person pays at the desk (一部負担金割合).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copayment {
    /// Percent that the insurer reported.
    Reported(u8),
    /// Percent of an 高齢受給者証 that holds on the day.
    Elderly(u8),
    /// Percent that the law sets for the age: 健康保険法74条 and its likes.
    ByLaw(u8),
    /// From 70 on, without a reported certificate: the certificate itself must be seen.
    AskCertificate,
}

impl Copayment {
    /// The share of a membership on a day.
    pub fn of(membership: &Membership, on: Date) -> Self {
        let terms = &membership.terms;
        if let Some(elderly) = terms.elderly.as_ref().filter(|e| e.from <= on && on <= e.to) {
            return Self::Elderly(elderly.copayment_percent);
        }
        if let Some(percent) = terms.copayment_percent {
            return Self::Reported(percent);
        }
        if terms.preschool {
            return Self::ByLaw(20);
        }
        match membership.person.birthdate.age_on(on) {
            Some(age) if age >= 70 => Self::AskCertificate,
            _ => Self::ByLaw(30),
        }
    }
}
