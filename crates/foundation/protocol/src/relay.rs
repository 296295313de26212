//! The relay (医療等中継DB・情報連携基盤): who knows whom, and the translation of codes.

use access::Presence;
use calendar::Timestamp;
use codes::{ExchangeId, Medical, OrgCode, OrgId};
use ledger::Receipt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Sealed;

/// "This institution knows this person": sent with the ticket of an eligibility answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegisterRequest {
    /// Key of this exchange: the ticket's own, which has nothing in common with the check's.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who registers; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub institution: OrgId,
    /// The ticket, sealed to the relay: the eligibility service's, or the card's own.
    pub ticket: Sealed,
    /// With a card's own ticket: that the card was read, as the eligibility service signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub presence: Option<Presence>,
}

/// The institution's own medical code for the person (機関別符号).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegisterAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The code, sealed to the institution with purpose [`crate::sealed::purpose::ORG_CODE`].
    pub code: Sealed,
    /// Where the registration stands in the relay's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

/// Ask for another organisation's code of a person, sealed to that organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TranslateRequest {
    /// Key of this exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who asks; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub institution: OrgId,
    /// The asker's own code of the person.
    #[schema(value_type = String)]
    pub code: OrgCode<Medical>,
    /// For whom the translation is meant; only that organisation can read it.
    #[schema(value_type = String)]
    pub to: OrgId,
    /// Purpose of the access table under which the translation is asked.
    #[schema(value_type = String)]
    pub purpose: access::Purpose,
}

/// The other organisation's code, readable by that organisation alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TranslateAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Sealed to `to` with purpose [`crate::sealed::purpose::ORG_CODE`].
    pub code: Sealed,
    /// Where the translation stands in the relay's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

/// The issuer tells the relay whether a medical ID works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonStateUpdate {
    /// Key of this exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Link code of the medical domain, sealed to the relay.
    pub link: Sealed,
    /// The state from now on.
    pub state: PersonState,
    /// When the issuer decided.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// Whether a medical ID works. What is not active is not there: absent and revoked answer alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PersonState {
    /// It may be registered and translated.
    Active,
    /// Its person sealed it (封印): nothing works until they open it again; what was decided about it stays.
    Sealed,
    /// It was stopped, changed to a newer generation, or refused.
    Revoked,
}

/// Acknowledges a durable change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Acknowledged {
    /// The change's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Where it stands in the role's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}
