//! Typed clients: one method an endpoint, so that a path is written once.

use wire::{Answering, Client, ClientError};

use crate::{
    card::CardStop,
    consents::{ConsentAnswer, ConsentStatus, ConsentStatusRequest, ConsentUpdate},
    corrections::{CorrectionAnswers, CorrectionQuestion, CorrectionRequest},
    eligibility::{
        CheckAnswer, CheckRequest, MedicalLinkUpdate, PersonaliseAnswer, PersonaliseRequest, WorkItem,
    },
    exchange::{
        CorroborationRequest, EmergencyAnswer, EmergencyRequest, ExchangeAnswer, ExchangeRequest,
        OwnExchangesAnswer, OwnExchangesRequest, WaitingReview,
    },
    jpki::{CertificateCodeAnswer, CertificateCodeRequest, IssueAnswer, IssueRequest, RevokeRequest},
    networks::{JoinReport, NetworkJoin, NetworkPatients, NetworkPatientsAnswer},
    notices::{MemberNotice, Notice, NoticeRequest},
    oversight::{
        Holdings, LooksAnswer, LooksRequest, Objection, ObjectionWord, ObjectionsAnswer, ObjectionsRequest,
        SideRecordsAnswer, SideRecordsRequest,
    },
    own_record::{OwnTicketAnswer, OwnTicketRequest},
    relay::{
        Acknowledged, PersonStateUpdate, RegisterAnswer, RegisterRequest, TranslateAnswer, TranslateRequest,
    },
};

/// Where each endpoint is; servers mount and clients call the same words.
pub mod paths {
    /// POST [`crate::eligibility::CheckRequest`] at the eligibility service.
    pub const CHECKS: &str = "/checks";
    /// POST [`crate::eligibility::PersonaliseRequest`] at the eligibility service.
    pub const PERSONALISATIONS: &str = "/personalisations";
    /// POST [`crate::card::CardStop`] at the eligibility service, a counter's act (protocol-admin) at the issuer.
    pub const CARD_STOPS: &str = "/card-stops";
    /// POST [`crate::eligibility::MedicalLinkUpdate`] at the eligibility service.
    pub const MEDICAL_LINKS: &str = "/medical-links";
    /// GET the asking insurer's work list at the eligibility service.
    pub const WORK_LIST: &str = "/work-list";
    /// POST [`crate::own_record::OwnRecordRequest`] at the eligibility service's public listener.
    pub const OWN_RECORD: &str = "/own-record";
    /// POST [`crate::own_record::OwnTicketRequest`] at the eligibility service.
    pub const OWN_TICKETS: &str = "/own-tickets";
    /// POST one membership report (protocol-admin) at the eligibility service.
    pub const REPORTS: &str = "/reports";
    /// POST a membership report file (protocol-admin) at the eligibility service.
    pub const REPORT_FILES: &str = "/report-files";
    /// POST [`crate::relay::RegisterRequest`] at the relay.
    pub const REGISTRATIONS: &str = "/registrations";
    /// POST [`crate::relay::TranslateRequest`] at the relay.
    pub const TRANSLATIONS: &str = "/translations";
    /// POST [`crate::relay::PersonStateUpdate`] at the relay.
    pub const PERSON_STATES: &str = "/person-states";
    /// POST [`crate::exchange::ExchangeRequest`] at the relay.
    pub const EXCHANGES: &str = "/exchanges";
    /// POST [`crate::exchange::EmergencyRequest`] at the relay.
    pub const EMERGENCIES: &str = "/emergencies";
    /// POST [`crate::exchange::CorroborationRequest`] at the relay.
    pub const CORROBORATIONS: &str = "/corroborations";
    /// POST [`crate::exchange::OwnExchangesRequest`] at the relay.
    pub const OWN_EXCHANGES: &str = "/own-exchanges";
    /// POST [`crate::consents::ConsentUpdate`] at the relay.
    pub const CONSENTS: &str = "/consents";
    /// POST [`crate::consents::ConsentStatusRequest`] at the relay.
    pub const CONSENT_STATUS: &str = "/consent-status";
    /// POST [`crate::notices::NoticeRequest`] at the relay, [`crate::notices::MemberNotice`] at the eligibility service,
    /// [`crate::notices::Notice`] at the portal.
    pub const NOTICES: &str = "/notices";
    /// POST [`crate::corrections::CorrectionRequest`] at a holder.
    pub const CORRECTIONS: &str = "/exchange/corrections";
    /// POST [`crate::corrections::CorrectionQuestion`] at a holder.
    pub const CORRECTION_ANSWERS: &str = "/exchange/correction-answers";
    /// POST [`crate::networks::NetworkPatients`] at the relay.
    pub const NETWORK_PATIENTS: &str = "/network-patients";
    /// POST [`crate::networks::NetworkJoin`] at the relay.
    pub const NETWORK_JOINS: &str = "/network-joins";
    /// POST [`crate::exchange::FetchRequest`] at a holder; answers [`crate::exchange::RECORD_STREAM`].
    pub const RECORDS: &str = "/exchange/records";
    /// POST [`crate::exchange::WithdrawalNotice`] at a holder.
    pub const WITHDRAWALS: &str = "/exchange/withdrawals";
    /// POST [`crate::jpki::IssueRequest`] at the certificate authority.
    pub const CERTIFICATES: &str = "/certificates";
    /// POST [`crate::jpki::RevokeRequest`] at the certificate authority.
    pub const REVOCATIONS: &str = "/revocations";
    /// POST [`crate::jpki::CertificateCodeRequest`] at the certificate authority.
    pub const CERTIFICATE_CODES: &str = "/certificate-codes";
    /// POST insurance link questions (protocol-admin) at the issuer.
    pub const INSURANCE_LINKS: &str = "/insurance-links";
    /// POST an act on a medical ID (protocol-admin) at the issuer.
    pub const MEDICAL_IDS: &str = "/medical-ids";
    /// POST a person's question about their own medical ID (protocol-admin) at the issuer.
    pub const MEDICAL_ID_VIEWS: &str = "/medical-id-views";
    /// POST a checkpoint (C2SP tlog-witness, plain text) at the overseer.
    pub const ADD_CHECKPOINT: &str = "/witness/add-checkpoint";
    /// GET [`crate::oversight::SignedOrders`] at the overseer.
    pub const ORDERS: &str = "/orders";
    /// POST [`crate::oversight::Objection`] at the overseer and at the organisation it concerns.
    pub const OBJECTIONS: &str = "/objections";
    /// POST [`crate::oversight::ObjectionWord`] at the overseer.
    pub const OBJECTION_WORDS: &str = "/objection-words";
    /// POST [`crate::oversight::ObjectionsRequest`] at the overseer.
    pub const OBJECTION_STATUS: &str = "/objection-status";
    /// POST [`crate::oversight::LooksRequest`] at the overseer.
    pub const LOOKS: &str = "/looks";
    /// GET [`crate::oversight::Holdings`] at every role.
    pub const HOLDINGS: &str = "/holdings";
    /// GET the emergencies that wait for a review ([`crate::exchange::WaitingReview`]) at the relay.
    pub const REVIEWS: &str = "/reviews";
    /// POST [`crate::oversight::SideRecordsRequest`] at the roles that the overseer watches.
    pub const SIDE_RECORDS: &str = "/side-records";
    /// POST a card's contents (protocol-admin) at the issuer.
    pub const CARDS: &str = "/cards";
}

macro_rules! client {
    ($(#[$doc:meta])* $name:ident { $($(#[$method_doc:meta])* $method:ident($question:ty) -> $answer:ty = $path:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            http: Client,
            base: String,
        }

        impl $name {
            /// A client of the role whose API stands at `base`.
            pub fn new(http: Client, base: impl Into<String>) -> Self {
                Self { http, base: base.into() }
            }

            $(
                $(#[$method_doc])*
                ///
                /// Carries an exchange key: sent again when the connection fails, without harm.
                ///
                /// # Errors
                /// The other side's refusal, or that it could not be reached.
                pub fn $method<'a>(&'a self, question: &'a $question) -> Answering<'a, $answer> {
                    Box::pin(self.http.post_idempotent(&self.base, $path, question))
                }
            )*
        }
    };
}

client! {
    /// The eligibility service, as institutions, insurers and the issuer call it.
    EligibilityClient {
        /// Asks whether a person is insured.
        check(CheckRequest) -> CheckAnswer = paths::CHECKS;
        /// Asks for a card's insurance code (issuer).
        personalise(PersonaliseRequest) -> PersonaliseAnswer = paths::PERSONALISATIONS;
        /// Stops cards of a person (issuer).
        stop_cards(CardStop) -> Acknowledged = paths::CARD_STOPS;
        /// Sets or clears a person's medical link (issuer).
        set_medical_link(MedicalLinkUpdate) -> Acknowledged = paths::MEDICAL_LINKS;
        /// Tells a member something (insurer).
        notify(MemberNotice) -> Acknowledged = paths::NOTICES;
        /// Logs a person in by card and PIN (portal).
        own_ticket(OwnTicketRequest) -> OwnTicketAnswer = paths::OWN_TICKETS;
    }
}

impl EligibilityClient {
    /// The asking insurer's open work items, newest first.
    ///
    /// # Errors
    /// The other side's refusal, or that it could not be reached.
    pub async fn work_list(&self) -> Result<Vec<WorkItem>, ClientError> {
        self.http.get(&self.base, paths::WORK_LIST).await
    }
}

client! {
    /// The relay, as institutions and the issuer call it.
    RelayClient {
        /// Registers that the institution knows a person.
        register(RegisterRequest) -> RegisterAnswer = paths::REGISTRATIONS;
        /// Translates the asker's code into another organisation's.
        translate(TranslateRequest) -> TranslateAnswer = paths::TRANSLATIONS;
        /// Sets whether a medical ID works (issuer).
        set_person_state(PersonStateUpdate) -> Acknowledged = paths::PERSON_STATES;
        /// Asks for grants.
        exchange(ExchangeRequest) -> ExchangeAnswer = paths::EXCHANGES;
        /// Declares an emergency.
        emergency(EmergencyRequest) -> EmergencyAnswer = paths::EMERGENCIES;
        /// Corroborates an emergency.
        corroborate(CorroborationRequest) -> Acknowledged = paths::CORROBORATIONS;
        /// Asks what happened about the person.
        own_exchanges(OwnExchangesRequest) -> OwnExchangesAnswer = paths::OWN_EXCHANGES;
        /// Passes on what a person decided.
        consent(ConsentUpdate) -> ConsentAnswer = paths::CONSENTS;
        /// Asks what a person decided.
        consent_status(ConsentStatusRequest) -> ConsentStatus = paths::CONSENT_STATUS;
        /// Tells a person something.
        notify(NoticeRequest) -> Acknowledged = paths::NOTICES;
        /// Registers patients of a network.
        network_patients(NetworkPatients) -> NetworkPatientsAnswer = paths::NETWORK_PATIENTS;
        /// Joins two networks.
        join_networks(NetworkJoin) -> JoinReport = paths::NETWORK_JOINS;
    }
}

client! {
    /// The overseer, as the portal and the organisations concerned call it; filing works at those as well.
    OversightClient {
        /// Files an objection.
        object(Objection) -> Acknowledged = paths::OBJECTIONS;
        /// Says something in an objection: a question, an answer, its end.
        say(ObjectionWord) -> Acknowledged = paths::OBJECTION_WORDS;
        /// Asks how objections stand.
        objections(ObjectionsRequest) -> ObjectionsAnswer = paths::OBJECTION_STATUS;
        /// Asks which exchanges of a person the overseer looked into (portal).
        looks(LooksRequest) -> LooksAnswer = paths::LOOKS;
    }
}

client! {
    /// A role that the overseer watches.
    WatchedClient {
        /// Asks for records of exchange, without the persons.
        side_records(SideRecordsRequest) -> SideRecordsAnswer = paths::SIDE_RECORDS;
    }
}

impl WatchedClient {
    /// What the role holds.
    ///
    /// # Errors
    /// The other side's refusal, or that it could not be reached.
    pub async fn holdings(&self) -> Result<Holdings, ClientError> {
        self.http.get(&self.base, paths::HOLDINGS).await
    }

    /// The emergencies that wait for a review (relay).
    ///
    /// # Errors
    /// The other side's refusal, or that it could not be reached.
    pub async fn reviews(&self) -> Result<Vec<WaitingReview>, ClientError> {
        self.http.get(&self.base, paths::REVIEWS).await
    }
}

client! {
    /// The portal, as the relay calls it.
    PortalClient {
        /// Brings a notice.
        notice(Notice) -> Acknowledged = paths::NOTICES;
    }
}

client! {
    /// A holder of records, as the portal calls it beside fetching them.
    HolderClient {
        /// Says that an item is wrong.
        correct(CorrectionRequest) -> Acknowledged = paths::CORRECTIONS;
        /// Asks what became of it.
        correction_answers(CorrectionQuestion) -> CorrectionAnswers = paths::CORRECTION_ANSWERS;
    }
}

client! {
    /// The certificate authority, as the issuer and the eligibility service call it.
    JpkiClient {
        /// Issues or renews a certificate (issuer).
        issue(IssueRequest) -> IssueAnswer = paths::CERTIFICATES;
        /// Revokes a certificate (issuer).
        revoke(RevokeRequest) -> Acknowledged = paths::REVOCATIONS;
        /// Asks what certificates are worth, and for whom (eligibility service).
        certificate_codes(CertificateCodeRequest) -> CertificateCodeAnswer = paths::CERTIFICATE_CODES;
    }
}
