//! Exchange of records: what an institution asks the relay, and what it then shows to the holders (DESIGN §5).
//!
//! The relay never sees a record. It decides whether the question is lawful, whether the person permits it and who may
//! hold something, and signs one grant a holder; asker and holder then speak to each other.

use access::SignedGrant;
use calendar::{Date, Interval, Timestamp};
use codes::{ExchangeId, Medical, OrgCode, OrgId};
use consent::{ActReason, Categories, Profession, ProxyId, RuleId, StaffId};
use ledger::Receipt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::inclusion::{Heads, Inclusion};

/// A member of staff, as the organisation that employs them names them (職員). The person reads this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Practitioner {
    /// The organisation's own name for the member of staff.
    #[schema(value_type = String)]
    pub id: StaffId,
    /// Profession.
    #[schema(value_type = String)]
    pub profession: Profession,
    /// Name, as the person knows it from the badge.
    pub name: String,
}

/// What shows that the person and the asker have to do with each other (診療の証跡). A purpose is never only asserted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Evidence {
    /// The person's card was read at this institution: the receipt of that check, as the relay registered it.
    Presence {
        /// Where the check stands in the eligibility service's ledger.
        #[schema(value_type = Object)]
        receipt: Receipt,
    },
    /// A care team that the person was told of and that this asker belongs to stands at the relay.
    CareTeam,
    /// An emergency that this institution declared not longer than three hours ago.
    Emergency {
        /// The declaration's exchange.
        #[schema(value_type = String)]
        declaration: ExchangeId,
    },
    /// A proxy of the person came with their own card. For decisions only, and only for those within the mandate.
    Proxy {
        /// Who acts.
        acting: Acting,
    },
}

/// "My person; for this purpose; I look for this": asks the relay for grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRequest {
    /// Key of this exchange: every ledger entry about it carries it.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who asks; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub institution: OrgId,
    /// The asker's own code of the person.
    #[schema(value_type = String)]
    pub code: OrgCode<Medical>,
    /// What for.
    #[schema(value_type = String)]
    pub reason: ActReason,
    /// Who of the staff asks.
    pub asked_by: Practitioner,
    /// What shows that the person is there.
    pub evidence: Evidence,
    /// The kinds of information that are looked for; none means every kind.
    #[serde(default, skip_serializing_if = "Categories::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub looking_for: Categories,
    /// The days of care that are looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub care: Option<Interval>,
    /// Only these holders; none means all that there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub holders: Vec<OrgId>,
}

/// The grants. No person, no working medical ID, no consent and no holder give the same answer: none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExchangeAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// One grant a holder.
    pub grants: Vec<HolderGrant>,
    /// The last day that the asker may keep what it gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub keep_until: Option<Date>,
    /// Where the exchange stands in the relay's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

/// A grant and whom to show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HolderGrant {
    /// The holder.
    #[schema(value_type = String)]
    pub holder: OrgId,
    /// To be shown to the holder as it is.
    #[schema(value_type = String)]
    pub grant: SignedGrant,
}

/// Shows a grant to its holder and says what is searched: POST to the holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FetchRequest {
    /// The grant.
    #[schema(value_type = String)]
    pub grant: SignedGrant,
    /// FHIR searches (`Observation?code=…&date=ge…`), answered in this order; none means everything that is granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub searches: Vec<String>,
}

/// Content type of the answer to a [`FetchRequest`]: a sealed stream. First 32 bytes of encapsulated key; then chunks:
/// one byte (1 for the last), four bytes of length (big-endian), the ciphertext of NDJSON lines, each a FHIR resource,
/// packed as [`crate::packed`] does.
pub const RECORD_STREAM: &str = "application/vnd.musubi.record-stream";

/// Why a person cannot be asked and cannot wait (緊急の理由).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EmergencyReason {
    /// Unconscious or confused.
    Unconscious,
    /// Severe injury or bleeding.
    Injury,
    /// Heart or breathing.
    HeartOrBreathing,
    /// Stroke is suspected.
    Stroke,
    /// Poisoning or overdose.
    Poisoning,
    /// Birth or a complication of pregnancy.
    Obstetric,
    /// A child in danger, no guardian at hand.
    Child,
    /// Anything else; the text says what.
    Other,
}

impl EmergencyReason {
    /// All, in the order of a screen.
    pub const ALL: [Self; 8] = [
        Self::Unconscious,
        Self::Injury,
        Self::HeartOrBreathing,
        Self::Stroke,
        Self::Poisoning,
        Self::Obstetric,
        Self::Child,
        Self::Other,
    ];

    /// What people read, Japanese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Unconscious => ("意識がない・はっきりしない", "Unconscious or confused"),
            Self::Injury => ("重いけが・出血", "Severe injury or bleeding"),
            Self::HeartOrBreathing => ("心臓・呼吸の異常", "Heart or breathing"),
            Self::Stroke => ("脳卒中の疑い", "Stroke suspected"),
            Self::Poisoning => ("中毒・薬の過量", "Poisoning or overdose"),
            Self::Obstetric => ("出産・妊娠の異常", "Birth or complication of pregnancy"),
            Self::Child => ("子どもの危険（保護者不在）", "Child in danger, no guardian at hand"),
            Self::Other => ("その他", "Other"),
        }
    }
}

/// Declares an emergency about one person: three hours, narrow kinds of information, wider only by a second act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmergencyRequest {
    /// Key of this declaration.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Who declares; must be the organisation of the client certificate.
    #[schema(value_type = String)]
    pub institution: OrgId,
    /// The asker's own code of the person.
    #[schema(value_type = String)]
    pub code: OrgCode<Medical>,
    /// Who of the staff declares.
    pub declared_by: Practitioner,
    /// Why, coded.
    pub reason: EmergencyReason,
    /// Why, in words: 5 to 500 characters.
    pub text: String,
    /// The earlier declaration that this one widens: the second act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub widens: Option<ExchangeId>,
    /// The second member of staff, where the institution may not declare with one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Practitioner>,
}

/// The emergency stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EmergencyAnswer {
    /// The declaration's key: evidence of the exchanges that follow.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Where it stands in the relay's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

/// What makes an emergency believable afterwards (裏付け).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Corroboration {
    /// The card was read there within 72 hours.
    CardRead,
    /// A record of the ambulance service.
    Ambulance,
    /// A claim for the day.
    Claim,
    /// A reviewer found it right.
    Reviewed,
    /// A reviewer found it wrong.
    Refuted,
}

/// The institution (or a reviewer) gives what corroborates an emergency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorroborationRequest {
    /// Key of this message.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The declaration.
    #[schema(value_type = String)]
    pub declaration: ExchangeId,
    /// What it is.
    pub by: Corroboration,
    /// Its reference: number of the dispatch, of the claim, or the reviewer's words.
    pub reference: String,
}

/// An emergency that nothing corroborated within 72 hours, as a reviewer reads it: nothing says about whom it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaitingReview {
    /// The declaration.
    #[schema(value_type = String)]
    pub declaration: ExchangeId,
    /// By whom.
    #[schema(value_type = String)]
    pub organisation: OrgId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Whether it was the second act.
    pub widened: bool,
    /// Who of the staff declared it, and with whom.
    pub staff: Vec<Practitioner>,
    /// Why; absent where the relay's entry cannot be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<EmergencyReason>,
    /// Why, in the declarer's words.
    pub text: String,
}

/// The relay tells a holder that grants end before their time: the person withdrew, sealed or stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalNotice {
    /// Key of this message.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The grants that end, by their ids.
    #[schema(value_type = Vec<String>)]
    pub grants: Vec<ExchangeId>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// Asks for the exchanges about a person: the person's own question, through the organisation that verified them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnExchangesRequest {
    /// Key of this exchange.
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
    /// Only what happened from the first of these instants on and before the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub period: Option<(Timestamp, Timestamp)>,
    /// Only what this organisation did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub organisation: Option<OrgId>,
}

/// Somebody acts for the person (代理人): who that is, the organisation knows through which they come; that they came with
/// their own card, the relay knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acting {
    /// The mandate.
    #[schema(value_type = String)]
    pub proxy: ProxyId,
    /// The asking organisation's code of the proxy.
    #[schema(value_type = String)]
    pub code: OrgCode<Medical>,
    /// Where the read of the proxy's own card stands in the eligibility service's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

/// What happened about the person at the relay, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnExchangesAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// What happened.
    pub entries: Vec<OwnExchange>,
    /// Whether more happened in that time than one answer holds.
    #[serde(default)]
    pub cut: bool,
    /// The months in which something happened, newest first: first day of each.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub months: Vec<Date>,
    /// The heads that the proofs lead to.
    pub heads: Heads,
    /// Since when the relay records.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub covered_since: Option<Timestamp>,
    /// Where this reading stands in the relay's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

/// One thing that happened about the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnExchange {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What: `exchange`, `emergency`, `register`, `consent`, `state`, `own`.
    pub what: String,
    /// Which organisation did it.
    #[schema(value_type = String)]
    pub organisation: OrgId,
    /// Who of its staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practitioner: Option<Practitioner>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<ActReason>,
    /// The kinds of information that were looked for; none means every kind.
    #[serde(default, skip_serializing_if = "Categories::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub looking_for: Categories,
    /// Whose records were opened for it.
    #[schema(value_type = Vec<String>)]
    pub holders: Vec<OrgId>,
    /// The person's own rules that applied.
    #[schema(value_type = Vec<String>)]
    pub rules: Vec<RuleId>,
    /// On what evidence or for what emergency, in words of the system.
    pub evidence: String,
    /// The proxy who did it for the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub proxy: Option<ProxyId>,
    /// The exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Where it stands in the relay's ledger.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
    /// The leaf as it is hashed, base64: kind, time and exchange are in clear in it.
    pub leaf: String,
    /// That the leaf stands in the ledger.
    pub proof: Inclusion,
}
