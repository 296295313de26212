//! What the person sees: who asked about me, when, why, on what basis (情報提供等記録).

use calendar::{Date, Timestamp};
use codes::{ExchangeId, OrgId};
use ledger::Receipt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Sealed,
    eligibility::{Presented, Relation, Validity},
    inclusion::{Heads, Inclusion},
    reader::ReaderMode,
};

/// The person asks with the card and PIN: the certificate's signature proves who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnRecordRequest {
    /// Key of this exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// A certificate read in PIN mode; anything else is refused.
    pub presented: Presented,
}

/// The exchanges about the person that one role's ledger holds, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnRecordAnswer {
    /// The entries.
    pub entries: Vec<OwnRecordEntry>,
    /// Since when this ledger records.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub covered_since: Option<Timestamp>,
    /// The heads that the inclusion proofs lead to.
    pub heads: Heads,
}

/// One disclosure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnRecordEntry {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who asked.
    #[schema(value_type = String)]
    pub organisation: OrgId,
    /// Their name.
    pub organisation_name: String,
    /// For what purpose (the access table's identifier).
    pub purpose: String,
    /// On what legal basis (the access table's words).
    pub basis: String,
    /// About which day.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// How the bearer of the card was verified; absent when no card was read.
    pub mode: Option<ReaderMode>,
    /// What was answered.
    pub validity: Validity,
    /// The exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Where it stands in the ledger.
    pub proof: Inclusion,
}

/// How the bearer of the card was verified, as people read it, Japanese and English; none when no card was read.
pub fn verified(mode: Option<ReaderMode>) -> (&'static str, &'static str) {
    match mode {
        Some(ReaderMode::Face) => ("カードと顔認証", "card and face"),
        Some(ReaderMode::Visual) => ("カードの写真を職員が目で確認", "staff compared the card's photograph"),
        Some(ReaderMode::Pin) => ("カードと暗証番号", "card and PIN"),
        None => ("カードなし（記号・番号の入力）", "no card (number typed in)"),
    }
}

/// What was answered, as people read it, Japanese and English.
pub fn answered(validity: Validity) -> (&'static str, &'static str) {
    match validity {
        Validity::Valid => ("有効", "insured"),
        Validity::Invalid => ("無効（資格が終わっている）", "not insured (it ended)"),
        Validity::InvalidNewer => {
            ("提示された資格は終了、新しい資格あり", "the one shown ended; a newer one is known")
        }
        Validity::None => ("該当する資格なし", "no membership known"),
        Validity::Several => ("複数の保険者が届け出ている", "more than one insurer claims the day"),
    }
}

/// The person logs in with the card and PIN at an organisation through which people read (本人のログイン).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnTicketRequest {
    /// Key of this exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Where the card was read; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub institution: OrgId,
    /// A certificate read there in PIN mode; anything else is refused.
    pub presented: Presented,
}

/// One membership of the person, as the person reads it (加入していた保険). No symbol and no number: who reads over the shoulder
/// could use them at a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnMembership {
    /// The insurer.
    #[schema(value_type = String)]
    pub insurer: OrgId,
    /// 本人・家族, as last reported.
    pub relation: Relation,
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Last day covered; none while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
    /// Since when the eligibility service knows of it.
    #[schema(value_type = String, format = DateTime)]
    pub known_from: Timestamp,
}

/// Who the card is, as far as the portal must know: a ticket to its own code, and what was asked about the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnTicketAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The ticket with which the asker registers the person at the relay, as an institution does; absent when the person
    /// has no working medical ID, whatever the cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medical_ticket: Option<Sealed>,
    /// The disclosures about the person at the eligibility service.
    pub record: OwnRecordAnswer,
    /// With whom the person is and was insured, newest first.
    #[serde(default)]
    pub memberships: Vec<OwnMembership>,
    /// Where this reading stands in the eligibility service's ledger: the evidence that the person was there.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}
