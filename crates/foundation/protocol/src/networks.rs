//! Regional networks (地域医療連携ネットワーク): their own patient numbers, their joining, and the figures of who asks how much.

use calendar::Date;
use codes::{ExchangeId, Medical, OrgCode, OrgId};
use consent::NetworkId;
use ledger::Receipt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest patient number of a network, in characters.
pub const NETWORK_NUMBER_LIMIT: usize = 64;

/// Most patients in one message.
pub const NETWORK_PATIENTS_MAX: usize = 10_000;

/// A member tells the relay which of its persons bear which number of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkPatients {
    /// Key of this message.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Which member; must be the organisation of the client certificate and a member of the network.
    #[schema(value_type = String)]
    pub institution: OrgId,
    /// The network.
    #[schema(value_type = String)]
    pub network: NetworkId,
    /// Its patients.
    pub patients: Vec<NetworkPatient>,
}

/// A patient of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkPatient {
    /// The member's own code of the person.
    #[schema(value_type = String)]
    pub code: OrgCode<Medical>,
    /// The network's number: 1 to [`NETWORK_NUMBER_LIMIT`] characters.
    pub number: String,
}

/// What became of the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NetworkPatientsAnswer {
    /// The message's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// How many stand now by this message.
    pub registered: u64,
    /// How many codes are of nobody whom this member registered.
    pub unknown: u64,
    /// Where it stands in the relay's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

/// Joins two networks into one: patients whom both know get one number. Asked by the relay's own operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkJoin {
    /// Key of this message.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The network that stays; its numbers go on.
    #[schema(value_type = String)]
    pub stays: NetworkId,
    /// The network that is taken in; its numbers lead to those of the other.
    #[schema(value_type = String)]
    pub joins: NetworkId,
    /// Say what would happen, and do nothing.
    pub dry_run: bool,
}

/// What a joining does, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JoinReport {
    /// The message's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Whether it was done.
    pub done: bool,
    /// Persons whom both know: they keep the number of the network that stays.
    pub overlap: u64,
    /// Persons of the network that stays alone.
    pub only_stays: u64,
    /// Persons of the network that joins alone: they go on under the number they have, with its network in front.
    pub only_joins: u64,
    /// Where one person has several numbers in one network: somebody must look.
    pub several_numbers: u64,
    /// Where one number stands for several persons: not joined until somebody looked.
    pub several_persons: Vec<NumberConflict>,
    /// Where it stands in the relay's ledger; nothing for a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub receipt: Option<Receipt>,
}

/// One number of a network that stands for several persons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NumberConflict {
    /// The network.
    #[schema(value_type = String)]
    pub network: NetworkId,
    /// The number.
    pub number: String,
    /// How many persons.
    pub persons: u64,
}

/// One institution's figures of one day, published (公表値): how much it asked, on what grounds, how much it gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DailyFigures {
    /// The institution; its name stands in the directory.
    pub organisation: String,
    /// Card reads registered.
    pub presences: u64,
    /// Exchanges asked.
    pub asked: u64,
    /// Persons about whom it asked.
    pub persons: u64,
    /// Grants it was the holder of: what it gave.
    pub served: u64,
    /// Exchanges refused for want of evidence or beyond the quota.
    pub refused: u64,
    /// Emergencies declared.
    pub emergencies: u64,
    /// Of these, corroborated or found right by a reviewer.
    pub corroborated: u64,
    /// Of these, open for more than 72 hours.
    pub overdue: u64,
    /// Why it stands out, in words of the system (`asks-without-giving`, `many-for-few-visits`, `emergencies`); none if it does not.
    pub outlier: Vec<String>,
}

/// The published figures of a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// One row an institution that did anything.
    pub institutions: Vec<DailyFigures>,
    /// Emergencies of the 30 days before, in percent, that were corroborated or reviewed within 7 days; the goal is 95.
    pub emergencies_settled_percent: Option<f64>,
}
