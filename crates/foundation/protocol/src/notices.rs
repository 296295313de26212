//! Notices for a person (お知らせ): what happened or is due, never what is in a record.
//!
//! Whoever may tell the person something tells the relay, by its own code of the person or by a ticket; the relay looks the
//! purpose up in the table, translates, and passes the notice on to the portal. The sender learns nothing of the person: not
//! even whether there is a portal's code.

use access::Purpose;
use calendar::{Date, Timestamp};
use codes::{ExchangeId, InsuredPersonId, Medical, OrgCode, OrgId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Sealed;

/// What a notice is about (お知らせの種類). Each stands for one purpose of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// Somebody declared an emergency and opened records.
    EmergencyAccess,
    /// A proxy acted or looked.
    ProxyUse,
    /// An objection or a correction was answered.
    Answered,
    /// The insurer changed.
    InsurerChange,
    /// Invitation to a health check (特定健診の案内).
    HealthCheckInvitation,
    /// A vaccination is due (定期接種の案内).
    VaccinationDue,
}

impl NoticeKind {
    /// All, the most urgent first.
    pub const ALL: [Self; 6] = [
        Self::EmergencyAccess,
        Self::ProxyUse,
        Self::Answered,
        Self::InsurerChange,
        Self::HealthCheckInvitation,
        Self::VaccinationDue,
    ];

    /// The purpose of the table that it is sent for.
    pub fn purpose(self) -> Purpose {
        match self {
            Self::EmergencyAccess => Purpose::EmergencyExchange,
            Self::ProxyUse => Purpose::OwnAccess,
            Self::Answered => Purpose::AnswerToPerson,
            Self::InsurerChange => Purpose::InsurerChange,
            Self::HealthCheckInvitation => Purpose::HealthCheckInvitation,
            Self::VaccinationDue => Purpose::VaccinationInvitation,
        }
    }

    /// Its name in tables and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmergencyAccess => "emergency-access",
            Self::ProxyUse => "proxy-use",
            Self::Answered => "answered",
            Self::InsurerChange => "insurer-change",
            Self::HealthCheckInvitation => "health-check-invitation",
            Self::VaccinationDue => "vaccination-due",
        }
    }

    /// The kind of such a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What it is called, Japanese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::EmergencyAccess => ("救急での閲覧", "Emergency access"),
            Self::ProxyUse => ("代理人の利用", "Use by a proxy"),
            Self::Answered => ("申し出への回答", "An answer to you"),
            Self::InsurerChange => ("保険者の変更", "Change of insurer"),
            Self::HealthCheckInvitation => ("健診の案内", "Invitation to a health check"),
            Self::VaccinationDue => ("予防接種の案内", "A vaccination is due"),
        }
    }
}

/// By what the sender knows the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Addressee {
    /// The sender's own code.
    #[schema(value_type = String)]
    Code(OrgCode<Medical>),
    /// A ticket that only the relay opens ([`NoticeTicket`]).
    Ticket(Sealed),
}

/// What a ticket of [`Addressee::Ticket`] holds, sealed with purpose [`crate::sealed::purpose::NOTICE_TICKET`]. It is no evidence
/// that the person was anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeTicket {
    /// The only organisation that may use it.
    pub sender: OrgId,
    /// Link code of the medical domain, sealed to the relay by the issuer.
    pub link: Sealed,
}

/// "Tell this person": POST to the relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeRequest {
    /// Key of this notice: the same one is delivered once.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who passes it on; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub sender: OrgId,
    /// In whose name, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub on_behalf: Option<OrgId>,
    /// To whom.
    pub to: Addressee,
    /// What it is about.
    pub kind: NoticeKind,
    /// The day until or on which something is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub due: Option<Date>,
    /// What it belongs to: an emergency's declaration, a correction's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub about: Option<ExchangeId>,
}

/// A notice on its way from the relay to the portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Key of the notice.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Whose notice it is.
    #[schema(value_type = String)]
    pub sender: OrgId,
    /// The portal's code of the person, sealed to it with purpose [`crate::sealed::purpose::NOTICE`].
    pub to: Sealed,
    /// What it is about.
    pub kind: NoticeKind,
    /// When the relay accepted it.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The day until or on which something is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub due: Option<Date>,
    /// What it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub about: Option<ExchangeId>,
}

/// An insurer's notice for a member of its own: POST to the eligibility service, which knows whom it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberNotice {
    /// Key of this notice.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The insurer; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub insurer: OrgId,
    /// The member as the insurer prints them.
    #[schema(value_type = String)]
    pub insured: InsuredPersonId,
    /// What it is about.
    pub kind: NoticeKind,
    /// The day until or on which something is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub due: Option<Date>,
}
