//! What the overseer may read of an exchange, from each side: ids, parties, purpose, basis, time and counts. No person's
//! name or code, no record.

use access::Purpose;
use calendar::{Date, Timestamp};
use codes::{ExchangeId, OrgId};
use consent::{ActReason, StaffId};
use data_encoding::HEXLOWER;
use ledger::{PersonDigest, Receipt};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// Most records in one answer.
pub const SIDE_RECORDS_MAX: usize = 1_000;

/// Asks for records of exchange from a place of the ledger on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SideRecordsRequest {
    /// Key of this question.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who asks; must be the organisation of the client certificate, an overseer.
    #[schema(value_type = String)]
    pub overseer: OrgId,
    /// The first entry of the ledger to look at.
    pub from: u64,
}

/// Records of exchange in the ledger's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SideRecordsAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// At most [`SIDE_RECORDS_MAX`].
    pub records: Vec<SideRecord>,
    /// The first entry that was not looked at: where the next question begins.
    pub next: u64,
    /// Entries that the ledger holds.
    pub size: u64,
    /// Where this reading stands in the role's ledger; absent when there was nothing new to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub receipt: Option<Receipt>,
}

/// One entry about an exchange, as one side keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SideRecord {
    /// Place in the side's ledger.
    pub index: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Which side.
    pub side: Side,
    /// The exchange: the same on every side.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who asked.
    #[schema(value_type = String)]
    pub asker: OrgId,
    /// Who was to give, or gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub holders: Vec<OrgId>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub purpose: Option<Purpose>,
    /// The asker's reason, finer than the purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<ActReason>,
    /// The rule of the purposes table on which it rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Who of the asker's staff, by the asker's own id and without the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub staff: Option<StaffId>,
    /// Tells persons apart within one day at one role, and nothing else ([`day_mark`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// How many records were given or received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Why it was refused, by the refusal's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// What the side itself finds remarkable about asker and person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// The leaf's hash, base64: what the overseer holds against the cosigned head.
    pub leaf: String,
}

/// Which side of an exchange an entry is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The relay decided and signed grants, or refused.
    Decided,
    /// The asker asked.
    Asked,
    /// The asker received from a holder.
    Received,
    /// A holder gave.
    Gave,
    /// The eligibility service answered a check.
    Checked,
    /// An emergency was declared.
    Emergency,
}

impl Side {
    /// All, in order.
    pub const ALL: [Self; 6] =
        [Self::Decided, Self::Asked, Self::Received, Self::Gave, Self::Checked, Self::Emergency];

    /// Its name in messages and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::Asked => "asked",
            Self::Received => "received",
            Self::Gave => "gave",
            Self::Checked => "checked",
            Self::Emergency => "emergency",
        }
    }
}

/// What asker and person have to do with each other, found by the role that knows both: the overseer learns the word,
/// never the names (照会者と本人の関係).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// The person is a member of the asker's own staff.
    Colleague,
    /// The member of staff who asked and the person bear one family name.
    SameFamilyName,
    /// They live in one neighbourhood.
    Neighbour,
    /// The institution keeps the person on its list of those in the public eye.
    Famous,
}

impl Flag {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Colleague, Self::SameFamilyName, Self::Neighbour, Self::Famous];

    /// Its name in messages and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Colleague => "colleague",
            Self::SameFamilyName => "same-family-name",
            Self::Neighbour => "neighbour",
            Self::Famous => "famous",
        }
    }
}

/// Tells a role's persons apart within `day`: a digest of the ledger's own keyed digest. On another day, or at another
/// role, the same person has another mark.
pub fn day_mark(person: &PersonDigest, day: Date) -> String {
    let digest = Sha256::new()
        .chain_update(b"musubi day mark 1")
        .chain_update(person.0)
        .chain_update(day.to_string())
        .finalize();
    HEXLOWER.encode(digest.get(..12).unwrap_or_default())
}
