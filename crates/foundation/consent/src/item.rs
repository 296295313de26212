//! What: kinds of information, sensitivity, and the item that is asked about.

use calendar::Date;
use codes::OrgId;

use crate::words::{word_set, words};

words! {
    /// Kind of information (情報の種類): the six kinds and three documents of the national sharing service, care, and the rest.
    Category, "category" {
        /// Allergies and intolerances.
        Allergy = "allergy", "アレルギー", "allergies";
        /// Infections.
        Infection = "infection", "感染症", "infections";
        /// Drugs that must not be given.
        Contraindication = "contraindication", "薬剤禁忌", "drug contraindications";
        /// Diagnoses.
        Diagnosis = "diagnosis", "傷病名", "diagnoses";
        /// Laboratory results.
        Laboratory = "laboratory", "検査結果", "laboratory results";
        /// Prescriptions and dispensing.
        Prescription = "prescription", "処方・調剤", "prescriptions";
        /// Discharge summaries.
        DischargeSummary = "discharge-summary", "退院時サマリー", "discharge summaries";
        /// Referral letters.
        Referral = "referral", "診療情報提供書", "referral letters";
        /// Reports of health checks.
        HealthCheck = "health-check", "健診結果報告書", "health-check reports";
        /// Care plans.
        CarePlan = "care-plan", "介護・ケア計画", "care plans";
        /// Summaries and records of care.
        CareSummary = "care-summary", "介護・看護の記録", "care summaries";
        /// Vaccinations.
        Immunization = "immunization", "予防接種", "immunizations";
        /// Blood pressure, weight and other measurements of the body.
        Vital = "vital", "バイタル", "vital signs";
        /// That there was a visit or a stay.
        Encounter = "encounter", "受診・入院", "encounters";
        /// Name, address, contacts.
        Demographics = "demographics", "基本情報・連絡先", "demographics and contacts";
        /// Anything else.
        Other = "other", "その他", "other";
    }
}

impl Category {
    /// The code system of [`Self::code`], ours; `docs/fhir/consent.md`.
    pub const SYSTEM: &'static str = "https://musubi.example/fhir/CodeSystem/consent-category";
}

word_set! {
    /// Kinds of information that a rule names; none means every kind.
    Categories of Category, u16
}

words! {
    /// Label of an item (機微情報のラベル): HL7 v3 ActCode sensitivity, and Confidentiality.
    ///
    /// An item is restricted when it has any sensitivity label, and normal when it has no label at all: nothing is
    /// labelled [`Label::Normal`], rules name it.
    Label, "label" {
        /// Mental health.
        Psychiatry = "PSY", "精神・心療", "mental health";
        /// HIV and AIDS.
        Hiv = "HIV", "HIV・エイズ", "HIV/AIDS";
        /// Sexually transmitted diseases.
        Std = "STD", "性感染症", "sexually transmitted diseases";
        /// Genetic information.
        Genetics = "GDIS", "遺伝情報", "genetic information";
        /// Sexuality and reproduction.
        Reproduction = "SEX", "性と生殖", "sexuality and reproductive health";
        /// Alcohol and drugs.
        SubstanceUse = "ETH", "飲酒・薬物", "substance use";
        /// Sexual assault, abuse, domestic violence.
        Violence = "SDV", "暴力・虐待の被害", "sexual assault, abuse or domestic violence";
        /// What the person marked themself.
        OwnMark = "PRS", "本人の指定", "marked by the person";
        /// No label: normal confidentiality.
        Normal = "N", "通常", "normal";
        /// Restricted, for whatever cause.
        Restricted = "R", "制限", "restricted";
        /// Very restricted.
        VeryRestricted = "V", "厳重な制限", "very restricted";
    }
}

impl Label {
    /// Code system of the sensitivity labels.
    pub const SENSITIVITY_SYSTEM: &'static str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    /// Code system of [`Self::Normal`], [`Self::Restricted`] and [`Self::VeryRestricted`].
    pub const CONFIDENTIALITY_SYSTEM: &'static str =
        "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

    /// The code system of [`Self::code`].
    #[must_use]
    pub const fn system(self) -> &'static str {
        match self {
            Self::Normal | Self::Restricted | Self::VeryRestricted => Self::CONFIDENTIALITY_SYSTEM,
            _ => Self::SENSITIVITY_SYSTEM,
        }
    }
}

word_set! {
    /// Labels: those of an item, or those that a rule names (none means: whatever the label).
    Labels of Label, u16
}

impl Labels {
    /// Every sensitivity label.
    pub const SENSITIVE: Self = Self::NONE
        .with(Label::Psychiatry)
        .with(Label::Hiv)
        .with(Label::Std)
        .with(Label::Genetics)
        .with(Label::Reproduction)
        .with(Label::SubstanceUse)
        .with(Label::Violence)
        .with(Label::OwnMark);

    /// The sensitivity labels among them.
    #[must_use]
    pub const fn sensitivity(self) -> Self {
        self.without(CONFIDENTIALITY)
    }

    /// How confidential an item with these labels is: [`Label::VeryRestricted`] if it says so, else
    /// [`Label::Restricted`] if it says so or has a sensitivity label, else [`Label::Normal`].
    #[must_use]
    pub const fn confidentiality(self) -> Label {
        if self.contains(Label::VeryRestricted) {
            Label::VeryRestricted
        } else if self.contains(Label::Restricted) || !self.sensitivity().is_empty() {
            Label::Restricted
        } else {
            Label::Normal
        }
    }
}

const CONFIDENTIALITY: Labels =
    Labels::NONE.with(Label::Normal).with(Label::Restricted).with(Label::VeryRestricted);

/// One piece of information that somebody wants to see (照会される情報).
///
/// A date or author that is not known counts against disclosure: a permission that asks for one does not reach the
/// item, a refusal does. An encounter or document that is absent is known to be none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Its kind.
    pub category: Category,
    /// Its labels.
    pub labels: Labels,
    /// The organisation that made it.
    pub author: Option<&'a OrgId>,
    /// The person of that organisation who made it, by the name used in [`StaffId`](crate::StaffId).
    pub author_person: Option<&'a str>,
    /// The day of care it is of.
    pub date: Option<Date>,
    /// The visit or stay it belongs to.
    pub encounter: Option<&'a str>,
    /// The name of the item itself, by which a single document is permitted or refused.
    pub document: Option<&'a str>,
}

impl Item<'_> {
    /// An item of which nothing but kind and labels is known.
    #[must_use]
    pub const fn new(category: Category, labels: Labels) -> Self {
        Self {
            category,
            labels,
            author: None,
            author_person: None,
            date: None,
            encounter: None,
            document: None,
        }
    }
}
