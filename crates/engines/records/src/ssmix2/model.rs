//! What the messages say, free of their form.

use calendar::{Date, Timestamp};

use crate::tree::Number;

/// A code with its name and the system's HL7 v2 name (CE, CWE): `108665201`, `ダーゼン錠`, `HOT9`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coded {
    /// The code.
    pub code: String,
    /// How it is shown.
    pub name: String,
    /// The system's name in HL7 v2, such as `HOT9`, `JC10`, `MDCDX2`, `99XYZ` for one of the house.
    pub system: String,
    /// The same in another system (components 4 to 6).
    pub alternate: Option<Box<Coded>>,
}

impl Coded {
    /// A code in one system.
    pub fn new(code: &str, name: &str, system: &str) -> Self {
        Self { code: code.to_owned(), name: name.to_owned(), system: system.to_owned(), alternate: None }
    }

    /// The code and its alternate.
    pub fn both(&self) -> impl Iterator<Item = &Coded> {
        [Some(self), self.alternate.as_deref()].into_iter().flatten()
    }
}

/// An amount with its unit (数量).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// The number as it is written.
    pub value: Number,
    /// The unit, such as `TAB`, `錠`, `MR9P`.
    pub unit: Option<Coded>,
}

/// A name in parts (氏名).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// Family name.
    pub family: String,
    /// Given name.
    pub given: String,
}

/// Administrative sex (性別, HL7 table 0001).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// `M`.
    Male,
    /// `F`.
    Female,
    /// `O`.
    Other,
    /// `U`.
    Unknown,
}

/// Insurance as IN1 has it (保険).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insurance {
    /// The plan (JHSD0001), such as `06^組合管掌健康保険`.
    pub plan: Coded,
    /// Insurer's number (保険者番号).
    pub insurer: String,
    /// Symbol of the insured (記号).
    pub symbol: String,
    /// Number of the insured (番号).
    pub number: String,
    /// Branch number (枝番), two digits.
    pub branch: String,
    /// First day.
    pub from: Option<Date>,
}

/// An allergy (アレルギー, AL1 or IAM).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allergy {
    /// `DA` drug, `FA` food, `EA` environment, `MA` other (HL7 table 0127).
    pub kind: Coded,
    /// To what.
    pub allergen: Coded,
    /// `SV`, `MO`, `MI` or `U` (HL7 table 0128).
    pub severity: Option<Coded>,
    /// What happened.
    pub reaction: String,
    /// When it was found out.
    pub identified: Option<Date>,
}

/// A patient (患者基本情報, ADT-00; of ADT-61 only number and allergies are used).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The institution's own number.
    pub patient_id: String,
    /// In ideographs.
    pub name: Name,
    /// In katakana.
    pub kana: Name,
    /// Date of birth.
    pub birth: Option<Date>,
    /// Sex.
    pub sex: Sex,
    /// `422-8033`.
    pub postal_code: String,
    /// The whole address in one line.
    pub address: String,
    /// Telephone at home.
    pub phone: String,
    /// Insurances, the first that counts first.
    pub insurances: Vec<Insurance>,
    /// Allergies.
    pub allergies: Vec<Allergy>,
}

/// A doctor (医師).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doctor {
    /// The institution's own number of the doctor.
    pub id: String,
    /// Name.
    pub name: Name,
}

/// Where and by whom (受診).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visit {
    /// Whether the patient was in hospital.
    pub inpatient: bool,
    /// The department, such as `01^内科^HL70069`.
    pub department: Option<Coded>,
    /// Who ordered.
    pub doctor: Option<Doctor>,
}

/// A prescription (処方オーダ, OMP-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prescription {
    /// The institution's own number of the patient.
    pub patient_id: String,
    /// The order's number.
    pub order: String,
    /// When it was ordered.
    pub ordered: Timestamp,
    /// Where and by whom.
    pub visit: Visit,
    /// The drugs.
    pub items: Vec<PrescriptionItem>,
}

/// One drug of a prescription (薬剤).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrescriptionItem {
    /// Group of drugs taken together (RP番号), from 1.
    pub group: u32,
    /// The drug, usually in `HOT9`.
    pub drug: Coded,
    /// Its YJ code, where the sender has it (RXE-31).
    pub yj: Option<Coded>,
    /// A dose.
    pub dose: Option<Amount>,
    /// A day's dose.
    pub daily: Option<Amount>,
    /// The whole quantity.
    pub quantity: Option<Amount>,
    /// How it is taken, in `JAMISDP01`.
    pub usage: Option<Coded>,
    /// For how many days.
    pub days: Option<u32>,
    /// How often at most, when it is taken as needed (頓用回数).
    pub times: Option<u32>,
    /// From which day.
    pub start: Option<Date>,
    /// By which way (HL7 table 0162).
    pub route: Option<Coded>,
    /// Kinds of the prescription, such as `OHP^外来処方^MR9P`.
    pub categories: Vec<Coded>,
}

/// Laboratory results (検体検査結果通知, OML-11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laboratory {
    /// The institution's own number of the patient.
    pub patient_id: String,
    /// The order's number.
    pub order: String,
    /// When the result was reported.
    pub reported: Timestamp,
    /// Where and by whom.
    pub visit: Visit,
    /// The results.
    pub items: Vec<LabItem>,
}

/// One result (検査結果).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabItem {
    /// The test, usually in `JC10`.
    pub test: Coded,
    /// Tells results of one test apart (OBX-4).
    pub sub_id: String,
    /// The result.
    pub value: LabValue,
    /// The unit.
    pub unit: Option<Coded>,
    /// The range of reference as it is written, `3.7-5.5`.
    pub range: String,
    /// `H`, `L`, `N`, `A`, … (HL7 table 0078).
    pub flags: Vec<String>,
    /// `F` final, `C` corrected, `P` preliminary, … (HL7 table 0085).
    pub status: String,
    /// When the specimen was taken, or the test made.
    pub observed: Timestamp,
    /// What was tested, `023^血清^JC10`.
    pub specimen: Option<Coded>,
}

/// A result's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabValue {
    /// A number, with `<`, `<=`, `>=` or `>` where it is beyond what can be measured.
    Number(Option<&'static str>, Number),
    /// A code.
    Coded(Coded),
    /// A text.
    Text(String),
    /// None.
    Absent,
}

/// The problem list (病名（歴）情報, PPR-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The institution's own number of the patient.
    pub patient_id: String,
    /// The diagnoses.
    pub entries: Vec<Problem>,
}

/// One diagnosis (病名).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The disease, its MEDIS management number in `MDCDX2`.
    pub disease: Coded,
    /// Its number in the list (PRB-4).
    pub instance: String,
    /// The disease's MEDIS exchange code (ZPR-5).
    pub exchange: Option<Coded>,
    /// ICD-10 in `I10`, without dot.
    pub icd10: Option<Coded>,
    /// As the doctor wrote it, modifiers and all.
    pub text: String,
    /// Modifiers before and after the name.
    pub modifiers: Vec<Modifier>,
    /// When it began.
    pub onset: Option<Date>,
    /// When it was diagnosed.
    pub diagnosed: Option<Date>,
    /// When it ended.
    pub resolved: Option<Date>,
    /// How it ended or stands (転帰, HL7 table 0241).
    pub outcome: Option<Coded>,
    /// Whether it is but suspected (疑い).
    pub suspected: bool,
    /// Main diagnosis and others (JHSD0007).
    pub ranking: Option<Coded>,
    /// Who may know it (HL7 table 0177).
    pub confidentiality: Option<Coded>,
    /// Where and by whom.
    pub visit: Visit,
}

/// A modifier of a disease's name (修飾語).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modifier {
    /// Whether it stands before the name (接頭語).
    pub before: bool,
    /// The modifier.
    pub coded: Coded,
}
