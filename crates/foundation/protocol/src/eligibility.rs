//! The eligibility service (資格確認サービス機関): the question of a desk and its answer.

use access::Presence;
use calendar::{Date, Timestamp};
use codes::{ExchangeId, Insurance, InsuredPersonId, InsurerNumber, OrgCode, OrgId};
use ledger::Receipt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Sealed, reader::ReaderMode};

/// A desk's question (資格確認): is this person insured on this day, by whom, on what terms?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckRequest {
    /// Key of this exchange: a retry carries the same one and gets the same answer.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who asks; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub institution: OrgId,
    /// The desk's terminal.
    pub terminal: String,
    /// The day of service that the question is about.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// Answer from what was known at this time instead of now (late reports, disputes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub known_at: Option<Timestamp>,
    /// What the person presented.
    pub presented: Presented,
}

/// What the person presented at the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "kebab-case", try_from = "PresentedFields")]
pub enum Presented {
    /// The card's insurance code (保険資格符号) and its own id ([`crate::card::AppletContents`]), sealed by the applet
    /// for the eligibility service alone.
    InsuranceCode {
        /// Sealed with purpose [`crate::sealed::purpose::CARD_READ`]; its `binding` is
        /// [`ReadProof::binding`].
        code: Sealed,
        /// What binds the envelope to this desk and moment.
        proof: ReadProof,
    },
    /// The authentication certificate (利用者証明用電子証明書).
    Certificate {
        /// DER, base64.
        certificate: String,
        /// RSA PKCS#1 v1.5 SHA-256 signature of the card over [`ReadProof::binding`], base64; PIN mode only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
        /// What binds the read to this desk and moment.
        proof: ReadProof,
    },
    /// Symbol, number and branch printed by the insurer (被保険者記号・番号・枝番), with the birth date.
    InsuredPerson {
        /// As printed.
        #[schema(value_type = String)]
        insured: InsuredPersonId,
        /// Guards against a slip of the pen; must agree with the member's.
        #[schema(value_type = String, format = Date)]
        birthdate: Date,
    },
}

/// [`Presented`] as it is read: every field where it stands. Reading by the tag would copy the whole object aside first,
/// which costs a desk's question more than all the rest of its parsing, and would lose the path of a wrong field.
#[derive(Deserialize)]
struct PresentedFields {
    by: PresentedBy,
    code: Option<Sealed>,
    certificate: Option<String>,
    signature: Option<String>,
    proof: Option<ReadProof>,
    insured: Option<InsuredPersonId>,
    birthdate: Option<Date>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PresentedBy {
    InsuranceCode,
    Certificate,
    InsuredPerson,
}

impl TryFrom<PresentedFields> for Presented {
    type Error = String;

    fn try_from(f: PresentedFields) -> Result<Self, String> {
        match f.by {
            PresentedBy::InsuranceCode => {
                Ok(Self::InsuranceCode { code: needed(f.code, "code")?, proof: needed(f.proof, "proof")? })
            }
            PresentedBy::Certificate => Ok(Self::Certificate {
                certificate: needed(f.certificate, "certificate")?,
                signature: f.signature,
                proof: needed(f.proof, "proof")?,
            }),
            PresentedBy::InsuredPerson => Ok(Self::InsuredPerson {
                insured: needed(f.insured, "insured")?,
                birthdate: needed(f.birthdate, "birthdate")?,
            }),
        }
    }
}

fn needed<T>(field: Option<T>, name: &str) -> Result<T, String> {
    field.ok_or_else(|| format!("missing field `{name}`"))
}

/// What binds one read of a card to one desk and one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadProof {
    /// How the bearer was verified.
    pub mode: ReaderMode,
    /// When the card was read; a proof lives [`PROOF_LIFE_SECONDS`].
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// 16 random bytes, hexadecimal, accepted once from one institution.
    pub nonce: String,
    /// SHA-256 of the reader's signed statement that the institution keeps, hexadecimal.
    pub statement: String,
}

/// How long a read of a card proves presence, in seconds.
pub const PROOF_LIFE_SECONDS: i64 = 60;

impl ReadProof {
    /// The bytes that the applet binds its envelope to and that the card signs in PIN mode.
    pub fn binding(institution: &OrgId, at: Timestamp, nonce: &str) -> Vec<u8> {
        format!("musubi.read.v1\n{institution}\n{}\n{nonce}", at.as_millis()).into_bytes()
    }
}

/// What the answer says of the person's standing (資格有効性, OQS `QualificationValidity`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Validity {
    /// 1 有効: insured on the day asked about.
    Valid,
    /// 2 無効: the presented membership is over and no other is known.
    Invalid,
    /// 3 無効(新しい資格あり): the presented membership is over; another insurer reported a newer one.
    InvalidNewer,
    /// 4 該当資格なし: no membership is known.
    None,
    /// 5 複数該当: more than one insurer claims the person on that day.
    Several,
}

impl Validity {
    /// OQS code, 1 to 5.
    pub fn code(self) -> u8 {
        match self {
            Self::Valid => 1,
            Self::Invalid => 2,
            Self::InvalidNewer => 3,
            Self::None => 4,
            Self::Several => 5,
        }
    }
}

/// The answer to a [`CheckRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// When the service answered.
    #[schema(value_type = String, format = DateTime)]
    pub answered_at: Timestamp,
    /// The day asked about.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// The standing.
    pub validity: Validity,
    /// The memberships that make the standing: one if valid, the ended one first when there is a newer, all
    /// that claim the day when several.
    pub memberships: Vec<Membership>,
    /// Why, and what the clerk can do next. Always present.
    pub explanation: Explanation,
    /// The institution's own code for the person in the insurance domain: finds the local patient without
    /// names. Absent when nobody was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub person_code: Option<OrgCode<Insurance>>,
    /// For a person who opted in to a medical ID: a ticket, sealed to the relay, with which this institution
    /// registers the person and receives its own medical code. Single use, five minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medical_ticket: Option<Sealed>,
    /// In place of the ticket, when the person chose not to use the ordinary number: what the card's own ticket needs
    /// beside it at the relay. It says nothing of whether or which other number is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub presence: Option<Presence>,
    /// Where this disclosure stands in the service's ledger; written before the answer left.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

impl CheckAnswer {
    /// What the institution names to the relay as the evidence of this read: the receipt, or for a further number one made
    /// of the presence alone, so that the relay never hears where the check stands.
    pub fn evidence(&self) -> Receipt {
        self.presence.as_ref().map_or_else(|| self.receipt.clone(), presence_receipt)
    }
}

/// The receipt that stands for a presence, at the institution and at the relay alike.
pub fn presence_receipt(presence: &Presence) -> Receipt {
    Receipt { origin: format!("presence/{}", presence.signature), index: 0, at: 0 }
}

/// One membership (被保険者資格) as an institution may see it. Never holds a My Number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Membership {
    /// Symbol, number, branch.
    #[schema(value_type = String)]
    pub insured: InsuredPersonId,
    /// The insurer's name.
    pub insurer_name: String,
    /// The person as the insurer knows them.
    pub person: Person,
    /// The insured person (本人) or a dependant (家族).
    pub relation: Relation,
    /// First day of membership (資格取得日).
    #[schema(value_type = String, format = Date)]
    pub qualified_on: Date,
    /// First day no longer covered (資格喪失日).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub disqualified_on: Option<Date>,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_reason: Option<LossReason>,
    /// What is printed and what is paid.
    pub terms: Terms,
}

/// Name, birth, sex and address of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// Name in kanji; 外字 stay as Unicode.
    pub name: String,
    /// Reading, full-width katakana.
    pub kana: String,
    /// Sex.
    pub sex: Sex,
    /// Birth date.
    #[schema(value_type = String, format = Date)]
    pub birthdate: Date,
    /// Postal code `123-4567`; empty when unknown.
    #[serde(default)]
    pub postal_code: String,
    /// Address; empty when unknown.
    #[serde(default)]
    pub address: String,
}

/// Sex as registered (OQS `Sex1`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// 1 男
    Male,
    /// 2 女
    Female,
    /// 3 未設定
    Unset,
}

/// 本人・家族の別 (OQS `PersonalFamilyClassification`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// 1 本人
    Insured,
    /// 2 家族
    Dependant,
}

/// 資格喪失事由 (OQS `ReasonOfLoss`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LossReason {
    /// 01 死亡
    Death,
    /// 02 生活保護
    PublicAssistance,
    /// 03 他保険取得
    OtherInsurance,
    /// 99 その他
    Other,
}

/// The terms on which a member is insured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Terms {
    /// 被保険者証区分 as in OQS `InsuredCardClassification`: "01" general, "02" retired, …
    pub classification: String,
    /// The person's share in percent (一部負担金割合): 10, 20 or 30; absent when the law's default applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copayment_percent: Option<u8>,
    /// 未就学: before school entry.
    #[serde(default)]
    pub preschool: bool,
    /// 交付年月日.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub issued_on: Option<Date>,
    /// 高齢受給者証.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elderly: Option<ElderlyCertificate>,
    /// 限度額適用認定証.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitCertificate>,
    /// 特定疾病療養受療証.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub specific_diseases: Vec<SpecificDiseaseCertificate>,
}

/// 高齢受給者証: the share of a member aged 70 to 74.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ElderlyCertificate {
    /// First day of validity.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Last day of validity.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// Share in percent: 20 or 30.
    pub copayment_percent: u8,
}

/// 限度額適用認定証: the ceiling on what the person pays in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LimitCertificate {
    /// OQS `LimitApplicationCertificateClassification`: "01", "02", "03".
    pub classification: String,
    /// OQS flag: A01 ア … A05 オ, B01 … B10.
    pub flag: String,
    /// First day of validity.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Last day of validity.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
}

/// 特定疾病療養受療証.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpecificDiseaseCertificate {
    /// 1 人工透析, 2 血液凝固因子, 3 HIV.
    pub category: u8,
    /// First day of validity.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Last day of validity.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// Monthly ceiling in yen.
    pub ceiling_yen: u32,
}

/// Why the answer is what it is, when the insurer concerned last reported, and the next step for the clerk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// The rule that decided.
    pub reason: Reason,
    /// One plain sentence, Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
    /// What the clerk does next, Japanese.
    pub next_ja: String,
    /// The same in English.
    pub next_en: String,
    /// The insurer whose report the answer rests on, or whose report is awaited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub insurer: Option<InsurerNumber>,
    /// When that insurer last reported anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub insurer_last_reported_at: Option<Timestamp>,
}

/// The rule that decided an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A membership covers the day.
    Covered,
    /// A membership covers the day; it was reported after the day it began.
    CoveredReportedLate,
    /// The last known membership ended and nothing newer was reported; within the 14 days the law allows.
    EndedNewMayBeOnItsWay,
    /// The last known membership ended longer ago than a lawful report takes.
    EndedNothingNew,
    /// The membership presented ended; a newer one is known.
    EndedNewerKnown,
    /// The membership begins after the day asked about.
    NotYetBegun,
    /// The person died before the day asked about.
    Died,
    /// Nobody ever reported this person.
    NeverReported,
    /// More than one insurer claims the day.
    SeveralClaim,
    /// The number on the card is known but the birth date is not this one.
    BirthdateDiffers,
    /// At the time asked about (`known_at`) nothing was known yet.
    NotKnownThen,
}

/// A change of the medical link that the eligibility service keeps for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MedicalLinkUpdate {
    /// Key of this exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Link code of the insurance domain, sealed to the eligibility service: whom it concerns.
    pub person: Sealed,
    /// Link code of the medical domain, sealed to the relay, opaque here; absent = no medical ID (any more).
    pub link: Option<Sealed>,
}

/// Personalisation of a card's applet: the issuer asks for the insurance code, sealed to the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonaliseRequest {
    /// Key of this exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Link code of the insurance domain, sealed to the eligibility service.
    pub person: Sealed,
    /// The applet's public key.
    #[schema(value_type = String)]
    pub card_key: codes::EnvelopeKey,
}

/// The insurance code for one applet alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonaliseAnswer {
    /// Sealed to the card with purpose [`crate::sealed::purpose::CARD_PERSONALISE`]; [`crate::card::AppletContents`] inside.
    pub code: Sealed,
}

/// What the ticket of [`CheckAnswer::medical_ticket`] holds inside, readable by the relay alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketContents {
    /// The only institution that may use it.
    pub institution: OrgId,
    /// Where the check stands that it came with: the person was there.
    pub receipt: Receipt,
    /// Link code of the medical domain, sealed to the relay by the issuer.
    pub link: Sealed,
}

/// An item of an insurer's work list (確認リスト): something two insurers must settle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkItem {
    /// Stable name of the item.
    pub id: String,
    /// What it is about.
    pub kind: WorkKind,
    /// The member as the asking insurer printed them.
    #[schema(value_type = String)]
    pub insured: InsuredPersonId,
    /// The member's name as the asking insurer reported it.
    pub name: String,
    /// The other insurer's number, when another is involved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub other_insurer: Option<InsurerNumber>,
    /// The other insurer's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_insurer_name: Option<String>,
    /// First day in question.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// First day no longer in question; absent = still running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
    /// When the service noticed.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// When it was settled by a later report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
}

/// Kinds of work items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WorkKind {
    /// 重複加入: two insurers claim the same days.
    Overlap,
    /// 届出遅延: reported later than the law's 14 days.
    LateReport,
}
