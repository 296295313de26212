//! What a person decides about sharing, as it reaches the relay, which keeps it and decides by it.

use calendar::Timestamp;
use codes::{ExchangeId, Medical, OrgCode, OrgId};
use consent::{CareTeam, Consents, Incapacity, Proxy, ProxyId, Rule, RuleId, TeamId};
use ledger::Receipt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::exchange::{Acting, Evidence, Practitioner};

/// The person decided something; an organisation that has verified the person passes it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentUpdate {
    /// Key of this message.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who passes it on; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub institution: OrgId,
    /// That organisation's code of the person.
    #[schema(value_type = String)]
    pub code: OrgCode<Medical>,
    /// What was decided.
    #[schema(value_type = Object)]
    pub act: ConsentAct,
    /// Who of the staff received it; absent when the person did it alone, in the portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_by: Option<Practitioner>,
    /// What shows that the person was there.
    pub evidence: Evidence,
}

/// What a person may decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentAct {
    /// A rule is written down.
    Record(Box<Rule>),
    /// A rule ends.
    Withdraw(RuleId),
    /// A proxy withdraws a rule of their own.
    WithdrawByProxy {
        /// Who.
        proxy: ProxyId,
        /// Which.
        rule: RuleId,
    },
    /// No sharing at all.
    OptOut {
        /// Not even in an emergency.
        emergencies_too: bool,
    },
    /// Sharing again, by the rules that stand.
    Return,
    /// A care team is told to the person.
    Team(CareTeam),
    /// A care team ends.
    EndTeam(TeamId),
    /// Somebody may act for the person.
    Proxy(Box<Proxy>),
    /// Somebody no longer may.
    EndProxy(ProxyId),
    /// The person cannot decide.
    Incapacity(Incapacity),
    /// The person can decide again.
    EndIncapacity,
}

/// It is written down and in effect everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsentAnswer {
    /// The message's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Since when it is in effect.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Where it stands in the relay's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

/// Asks what stands. The person's portal sees all; an institution what it passed on itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentStatusRequest {
    /// Key of this question.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who asks; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub institution: OrgId,
    /// That organisation's code of the person.
    #[schema(value_type = String)]
    pub code: OrgCode<Medical>,
    /// The proxy who reads, when it is not the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting: Option<Acting>,
}

/// What stands, with its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsentStatus {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The rules, teams, proxies and opt-outs that the asker may see.
    #[schema(value_type = Object)]
    pub consents: Consents,
    /// Where this reading stands in the relay's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}
