//! `truth/*.csv` and `stories.csv`: what really is, for tests and the front page only; no role reads them.

use serde::{Deserialize, Serialize};

use crate::day::Day;

/// A person as they really are: `truth/persons.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthPersonRow {
    /// The simulation's own number of the person: household index × 16 + place in it.
    pub person: u64,
    /// 住民票コード.
    pub resident_code: String,
    /// 個人番号.
    pub my_number: String,
    /// Household index.
    pub household: u64,
    /// True day of birth.
    pub birth: Day,
    /// True day of death; empty for the living.
    pub death: Option<Day>,
    /// Day of arrival in the town; empty when always there.
    pub arrived: Option<Day>,
    /// Day of leaving the town; empty when still there.
    pub left: Option<Day>,
    /// Receives 生活保護 since; empty when not.
    pub welfare_since: Option<Day>,
}

/// A membership as it really was: `truth/memberships.csv`, half-open `[acquired_on, lost_on)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthMembershipRow {
    /// Person, as in `truth/persons.csv`.
    pub person: u64,
    /// 保険者番号.
    pub insurer_number: String,
    /// 記号.
    pub symbol: String,
    /// 番号.
    pub number: String,
    /// 枝番.
    pub branch: String,
    /// 1 the insured person, 2 a dependant.
    pub relation: u8,
    /// First day.
    pub acquired_on: Day,
    /// First day not covered; empty while open.
    pub lost_on: Option<Day>,
    /// The day the insurer learned of the beginning; empty when it never did (or not by the plan's day).
    pub acquisition_reported_on: Option<Day>,
    /// The day the insurer learned of the end; empty when it never did (or not by the plan's day), or while open.
    pub loss_reported_on: Option<Day>,
}

/// An error put into the files on purpose: `truth/errors.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthErrorRow {
    /// Person, as in `truth/persons.csv`.
    pub person: u64,
    /// What was done.
    pub error: ErrorKind,
    /// The insurer or institution in whose file it is; empty for `never-insured` and `gap` without one.
    pub organisation: String,
    /// First day on which the files are wrong.
    pub from: Day,
    /// First day on which they are right again; empty while they are wrong.
    pub until: Option<Day>,
    /// What is wrong, in words: the right value for a typo.
    pub detail: String,
}

/// What was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// An acquisition reported after more than 14 days.
    LateAcquisition,
    /// A loss reported after more than 14 days.
    LateLoss,
    /// An acquisition that nobody has reported.
    UnreportedAcquisition,
    /// A loss that nobody has reported.
    UnreportedLoss,
    /// Two insurers claim the person for more than 14 days.
    Overlap,
    /// No insurer claims a person who must be insured.
    Gap,
    /// A person who should be insured and never was.
    NeverInsured,
    /// A wrong reading of the name.
    KanaTypo,
    /// A wrong birthday.
    BirthTypo,
    /// A plain character where the register has a variant.
    NameVariant,
}

/// A named scenario person of the front page's tray: `stories.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryRow {
    /// Short name, unique: `valid-employee`, `overlap`, ….
    pub story: String,
    /// 住民票コード, to find the person's card.
    pub resident_code: String,
    /// Person, as in `truth/persons.csv`.
    pub person: u64,
    /// 氏名.
    pub name: String,
    /// カナ氏名.
    pub kana: String,
    /// 生年月日.
    pub birth: Day,
    /// 性別: 1 male, 2 female.
    pub sex: u8,
    /// What the card in the tray is called.
    pub title_ja: String,
    /// What the card in the tray is called, in English.
    pub title_en: String,
    /// The situation and what to look for.
    pub text_ja: String,
    /// The situation and what to look for, in English.
    pub text_en: String,
    /// QualificationValidity of a check by card on the plan's day: 1 valid, 2 invalid, 3 invalid with a newer one,
    /// 4 none, 5 several.
    pub expect_validity: u8,
    /// 保険者番号 of the answer; several joined by `+`; of the last one known when invalid; empty when none.
    pub expect_insurer: String,
    /// What the card must do: `valid`, `certificate-expired`, `card-expired`, `revoked`.
    pub expect_card: String,
    /// Whether an answer brings the medical code: `active`, `none` or `revoked`.
    pub expect_medical_id: String,
    /// A day in the past on which the answer known then differs from the answer known now; empty when there is none.
    pub look_back_on: Option<Day>,
    /// QualificationValidity that was known on that day about that day; empty when there is none.
    pub look_back_validity: Option<u8>,
}

/// Whose record an institution holds: `truth/patients.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthPatientRow {
    /// 医療機関コード.
    pub institution_code: String,
    /// The institution's own number of the patient.
    pub local_number: String,
    /// Person, as in `truth/persons.csv`.
    pub person: u64,
}

/// Whose number a regional network gave: `truth/network-patients.csv`, in step with `network-patients.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthNetworkPatientRow {
    /// Short name of the network.
    pub network: String,
    /// The network's own number of the patient.
    pub network_number: String,
    /// Person, as in `truth/persons.csv`.
    pub person: u64,
    /// True when the person has an earlier number in the same network.
    pub duplicate: bool,
    /// What the network's clerk mistyped; empty when nothing.
    pub error: Option<ErrorKind>,
}

/// A clinical resource as it should be understood: `truth/clinical.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthClinicalRow {
    /// Person, as in `truth/persons.csv`.
    pub person: u64,
    /// 使い分け: 0, or the number of the record kept apart.
    pub facet: u8,
    /// 医療機関コード.
    pub institution_code: String,
    /// Day of care.
    pub day: Day,
    /// What it is: `condition`, `laboratory`, `infection`, `prescription`, `dispense`, `allergy`, `contraindication` (of a drug),
    /// `observation`, `discharge-summary`, `referral`, `health-check`, `care-plan`, `care-summary`.
    pub kind: String,
    /// ICD-10, JLAC10, drug code or the like.
    pub code: String,
    /// Sensitivity label expected, of HL7 ActCode: `PSY`, `HIV`, `STD`, `GDIS`, `SEX`, `ETH`, `SDV`; empty when none.
    pub sensitivity: String,
    /// Type and id of the FHIR resource, or the name of the SS-MIX2 file.
    pub resource: String,
}

/// What a demonstration of exchange should see, by story and institution: `exchange-stories.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeStoryRow {
    /// Short name of the demonstration; its first row is the `subject`.
    pub story: String,
    /// `subject` whose records they are, `asker`, `holder`, `withheld` (holds what stays hidden), `apart` (holds the record
    /// kept apart), `care-team`, `proxy`.
    pub role: String,
    /// 住民票コード of the person.
    pub resident_code: String,
    /// Person, as in `truth/persons.csv`.
    pub person: u64,
    /// 使い分け: 0, or the number of the record kept apart.
    pub facet: u8,
    /// 医療機関コード; empty for the subject and a proxy.
    pub institution_code: String,
    /// The institution's own number of the patient; empty where it has no record yet.
    pub local_number: String,
    /// What to see.
    pub text_ja: String,
    /// What to see, in English.
    pub text_en: String,
}

/// A claim that was made wrongly on purpose, or whose days the eligibility service knows otherwise than they were:
/// `truth/claims.csv`. All other claims are right and known to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthClaimRow {
    /// The file in `claims/`, with its directory.
    pub file: String,
    /// レセプト番号 in it.
    pub number: u64,
    /// Person, as in `truth/persons.csv`.
    pub person: u64,
    /// What was done; empty for a right claim.
    pub error: Option<ClaimError>,
    /// What is to be done about it: `right`, `changed-data`, `other-insurer`, `split`, `not-insured`; `undecidable` when on some of its days
    /// nobody insured the person.
    pub expected: String,
    /// True when `claims/memberships.csv` says of its days what truly was.
    pub decidable: bool,
    /// 保険者番号 of who truly insured the person on the days of the claim; several joined by `+`.
    pub insurers: String,
}

/// What was done to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimError {
    /// The certificate of an insurer that had lost the person was used (資格喪失後の受診).
    AfterLoss,
    /// The certificate with the old number of the same insurer was used (旧被保険者証).
    OldCard,
    /// A digit of the number was mistyped.
    WrongNumber,
    /// A digit of the insurer's number was mistyped.
    WrongInsurer,
    /// The birthday was mistyped.
    WrongBirth,
}
