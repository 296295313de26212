//! What for: purposes of use.

use crate::words::{word_set, words};

words! {
    /// Purpose of use (利用目的): the codes of HL7 v3 ActReason, `PurposeOfUse`, that this house knows.
    ActReason, "purpose of use" {
        /// Treatment; includes coordination and emergencies.
        Treat = "TREAT", "診療", "treatment";
        /// Coordination of care between those who treat.
        CoordinateCare = "COC", "診療・介護の連携", "coordination of care";
        /// Treatment of an emergency, when consent cannot be had: a declaration, logged and followed up.
        EmergencyTreat = "ETREAT", "救急診療", "emergency treatment";
        /// The second act of an emergency: widens what the first one opened.
        BreakTheGlass = "BTG", "救急診療（すべての種類）", "break the glass";
        /// Operations of health care; includes care management.
        Operations = "HOPERAT", "医療の運営", "healthcare operations";
        /// Management of care (介護の計画と管理).
        Care = "CAREMGT", "介護・ケアマネジメント", "care management";
        /// Payment.
        Payment = "HPAYMT", "支払い", "healthcare payment";
        /// Public health; includes disasters.
        PublicHealth = "PUBHLTH", "公衆衛生", "public health";
        /// A disaster, declared by an authority.
        Disaster = "DISASTER", "災害", "disaster";
        /// Research; includes clinical trials.
        Research = "HRESCH", "研究", "healthcare research";
        /// Clinical trials.
        ClinicalTrial = "CLINTRCH", "治験・臨床研究", "clinical trial research";
        /// The person asks about themself; includes family and power of attorney.
        PatientRequest = "PATRQT", "本人の求め", "patient requested";
        /// Family asks.
        FamilyRequest = "FAMRQT", "家族の求め", "family requested";
        /// One with power of attorney asks.
        PowerOfAttorney = "PWATRNY", "代理人の求め", "power of attorney";
        /// Marketing.
        Marketing = "HMARKT", "宣伝", "healthcare marketing";
    }
}

impl ActReason {
    /// The code system of [`Self::code`].
    pub const SYSTEM: &'static str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

    /// The wider purpose that this one is a kind of, by the hierarchy of v3 ActReason.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::CoordinateCare | Self::EmergencyTreat => Some(Self::Treat),
            Self::BreakTheGlass => Some(Self::EmergencyTreat),
            Self::Care => Some(Self::Operations),
            Self::Disaster => Some(Self::PublicHealth),
            Self::ClinicalTrial => Some(Self::Research),
            Self::FamilyRequest | Self::PowerOfAttorney => Some(Self::PatientRequest),
            _ => None,
        }
    }

    /// Whether this purpose is the other or a kind of it.
    #[must_use]
    pub fn is_a(self, other: Self) -> bool {
        self == other || self.parent().is_some_and(|parent| parent.is_a(other))
    }

    /// Whether it is an emergency: [`Self::EmergencyTreat`] or [`Self::BreakTheGlass`].
    #[must_use]
    pub fn is_emergency(self) -> bool {
        self.is_a(Self::EmergencyTreat)
    }
}

word_set! {
    /// Purposes that a rule names; none means every purpose.
    Purposes of ActReason, u32
}

impl Purposes {
    /// These and every purpose that is a kind of one of them.
    #[must_use]
    pub fn with_kinds(self) -> Self {
        ActReason::ALL.iter().copied().filter(|reason| self.iter().any(|wide| reason.is_a(wide))).collect()
    }

    /// Whether a rule with these purposes is about this one.
    #[must_use]
    pub fn include(self, reason: ActReason) -> bool {
        self.is_empty() || self.with_kinds().contains(reason)
    }
}
