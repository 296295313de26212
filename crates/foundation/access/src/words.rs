//! The closed vocabulary of what can be asked and why. A word that is not here cannot be written in the table.

use std::fmt;
use std::str::FromStr;

use consent::ActReason;

/// A text that is no action or purpose of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is no {what}; known are: {known}")]
pub struct UnknownWord {
    /// "action" or "purpose".
    pub what: &'static str,
    /// What was found, at most 40 characters.
    pub found: String,
    /// All that would have been understood.
    pub known: String,
}

macro_rules! words {
    ($(#[$about:meta])* $name:ident, $what:literal { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in the table, in messages and in the ledger.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or_else(|| UnknownWord {
                    what: $what,
                    found: text.chars().take(40).collect(),
                    known: [$($text),+].join(", "),
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                codes::parse_text(deserializer)
            }
        }
    };
}

words! {
    /// What one organisation asks of another (行為): `<who is asked>.<what>`.
    Action, "action" {
        /// Is this person insured on this day, by whom, on what terms (資格確認).
        EligibilityCheck = "eligibility.check",
        /// An insurer reports its members (資格情報の登録).
        EligibilityReport = "eligibility.report",
        /// The insurance code for a card (カードへの書込み).
        EligibilityPersonalise = "eligibility.personalise",
        /// A card of a person stops, for loss, death or because another took its place (カードの利用停止).
        EligibilityStopCard = "eligibility.stop-card",
        /// A person reads what is held and was asked about themself (本人開示).
        EligibilityOwnRecord = "eligibility.own-record",
        /// The envelope that leads to a person's medical id: kept, replaced, dropped (医療等IDへの封書の保管).
        EligibilityMedicalLink = "eligibility.medical-link",
        /// Link codes for My Numbers in the insurance domain (連携用符号の取得).
        IssuerInsuranceLinks = "issuer.insurance-links",
        /// Entries of the resident register (住民の登録).
        IssuerRegisterResidents = "issuer.register-residents",
        /// Issue, change or revocation of a medical id at a counter (医療等IDの発行・変更・失効).
        IssuerMedicalId = "issuer.medical-id",
        /// A counter stops a person's card (窓口でのカードの利用停止).
        IssuerStopCard = "issuer.stop-card",
        /// The code behind an authentication certificate, and its status (証明書に対応する符号).
        JpkiCertificateCode = "jpki.certificate-code",
        /// Issue, renewal or revocation of a certificate at a counter (電子証明書の発行・更新・失効).
        JpkiIssue = "jpki.issue",
        /// "This institution knows this person" (受診の登録).
        RelayRegister = "relay.register",
        /// Another organisation's code for a person, sealed to that organisation (符号の変換).
        RelayTranslate = "relay.translate",
        /// State of a person's medical id: active, sealed, changed, revoked (医療等IDの状態).
        RelayPersonState = "relay.person-state",
        /// Grants to ask the holders of a person's records (記録の照会).
        RelayExchange = "relay.exchange",
        /// An emergency is declared, or corroborated (緊急時の照会の宣言・裏付け).
        RelayEmergency = "relay.emergency",
        /// A person's decision about sharing is passed on, or read (同意の登録・確認).
        RelayConsent = "relay.consent",
        /// A person reads what happened about them at the relay (本人による照会記録の閲覧).
        RelayOwnExchanges = "relay.own-exchanges",
        /// What happened at the relay, without the persons (監督機関による監査).
        RelayAudit = "relay.audit",
        /// What was checked at the eligibility service, without the persons (監督機関による監査).
        EligibilityAudit = "eligibility.audit",
        /// What was asked and given at an institution, without the persons (監督機関による監査).
        InstitutionAudit = "institution.audit",
        /// A person does not understand or objects: filed, answered, followed at the institution (異議の申立て).
        InstitutionObjection = "institution.objection",
        /// The same at the overseer.
        OversightObjection = "oversight.objection",
        /// A network's patient numbers are registered (ネットワーク患者番号の登録).
        RelayNetworkPatients = "relay.network-patients",
        /// Two networks become one (ネットワークの統合).
        RelayNetworkJoin = "relay.network-join",
        /// A notice for a person, passed on to the portal without being read there (本人へのお知らせの取次ぎ).
        RelayNotice = "relay.notice",
        /// An insurer's notice for a member of its own, who is named by symbol and number (加入者へのお知らせ).
        EligibilityNotice = "eligibility.notice",
        /// A notice reaches the person's inbox (本人へのお知らせ).
        PortalNotice = "portal.notice",
        /// A person says that an item of the record is wrong, and asks what became of it (記録の訂正の求め).
        InstitutionCorrections = "institution.corrections",
        /// Records are fetched under a grant (記録の取得).
        InstitutionRecords = "institution.records",
        /// Grants end before their time (照会許可の取消し).
        InstitutionWithdrawal = "institution.withdrawal",
    }
}

words! {
    /// What it is asked for (目的).
    Purpose, "purpose" {
        /// A person came for treatment and stands at the desk (受診受付).
        TreatmentReception = "treatment-reception",
        /// Membership is kept correct (資格情報の管理).
        MembershipReport = "membership-report",
        /// A card is made ready for its holder (カードの発行).
        CardPersonalisation = "card-personalisation",
        /// A lost, ended or replaced card answers no more (カードの利用停止).
        CardStop = "card-stop",
        /// The person themself wants to know (本人の閲覧).
        OwnAccess = "own-access",
        /// Codes are attached to members (符号の付番).
        CodeAssignment = "code-assignment",
        /// The register of residents is kept (住民の記録).
        ResidentRegister = "resident-register",
        /// A person decides about their medical id (本人による医療等IDの申請).
        MedicalIdRequest = "medical-id-request",
        /// A certificate is issued, renewed, revoked (電子証明書の手続き).
        CertificateProcedure = "certificate-procedure",
        /// A patient of an institution is made known for later exchange (患者の登録).
        PatientRegistration = "patient-registration",
        /// A record is exchanged for treatment (診療のための情報連携).
        TreatmentExchange = "treatment-exchange",
        /// A record is exchanged because a life is in danger and the person cannot be asked (緊急時の情報連携).
        EmergencyExchange = "emergency-exchange",
        /// A record is exchanged within care and nursing (介護・看護のための情報連携).
        CareExchange = "care-exchange",
        /// What a person decided about sharing is kept and followed (同意の管理).
        ConsentKeeping = "consent-keeping",
        /// A regional network keeps its patient numbers (地域医療連携ネットワークの運営).
        NetworkKeeping = "network-keeping",
        /// A person is invited to a health check (健診の案内).
        HealthCheckInvitation = "health-check-invitation",
        /// A vaccination is due (予防接種の案内).
        VaccinationInvitation = "vaccination-invitation",
        /// A person's insurer changed (保険者の変更のお知らせ).
        InsurerChange = "insurer-change",
        /// What a person asked for was answered (申し出への回答).
        AnswerToPerson = "answer-to-person",
        /// Codes follow what the person decided (符号の状態の反映).
        CodeState = "code-state",
        /// A person does not understand or objects, and is answered (異議・不明の申立て).
        Objection = "objection",
        /// The overseer holds records of exchange against each other (監督).
        Supervision = "supervision",
    }
}

impl Purpose {
    /// The purpose of the table under which records are exchanged for a reason; none for what is no exchange.
    #[must_use]
    pub fn of(reason: ActReason) -> Option<Self> {
        match reason {
            ActReason::EmergencyTreat | ActReason::BreakTheGlass => Some(Self::EmergencyExchange),
            ActReason::Treat => Some(Self::TreatmentExchange),
            ActReason::Care | ActReason::CoordinateCare => Some(Self::CareExchange),
            ActReason::PatientRequest => Some(Self::OwnAccess),
            _ => None,
        }
    }
}
