//! The issuer (付番機関): links for the eligibility service, and the counter's acts on a medical ID and a card.

use calendar::Timestamp;
use codes::{EnvelopeKey, ExchangeId};
use my_number::MyNumber;
use protocol::{Sealed, card::CardStopReason, eligibility::PersonaliseAnswer, jpki::IssueAnswer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The eligibility service asks for the insurance link codes of members; at most [`LINKS_MAX`] a call.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InsuranceLinksRequest {
    /// Key of this exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Whose.
    #[schema(value_type = Vec<String>)]
    pub my_numbers: Vec<MyNumber>,
}

/// How many links one call may ask for.
pub const LINKS_MAX: usize = 20_000;

/// Length of one record inside [`InsuranceLinksAnswer::links`]: a flag (1 = known, 0 = not on the register)
/// and 16 bytes of link code (zero when not known).
pub const LINK_RECORD: usize = 17;

/// The links, in the order of the question, in one envelope for the eligibility service.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InsuranceLinksAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// [`LINK_RECORD`] bytes for each My Number, sealed with purpose
    /// [`protocol::sealed::purpose::INSURANCE_LINK`].
    pub links: Sealed,
}

/// An act at the counter about a person's medical ID (医療等ID).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MedicalIdRequest {
    /// Key of this exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The person at the counter, by the number that the counter verified.
    #[schema(value_type = String)]
    pub my_number: MyNumber,
    /// What the person wants.
    pub act: MedicalIdAct,
    /// With which number: 0, the ordinary one, or a further one from 1. Adding one names none.
    #[serde(default)]
    pub number: u16,
    /// With a number that is added: what the person calls it (at most [`LABEL_MAX`] characters). Kept by the issuer alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
}

/// Longest label of a number, in characters.
pub const LABEL_MAX: usize = 40;

impl MedicalIdRequest {
    /// An act on the ordinary number.
    pub fn new(exchange: ExchangeId, my_number: MyNumber, act: MedicalIdAct) -> Self {
        Self { exchange, my_number, act, number: 0, label: String::new() }
    }
}

/// What a person may want of the medical ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MedicalIdAct {
    /// 希望する: have one.
    OptIn,
    /// 番号の変更: a new generation; the old one stops working at once.
    Change,
    /// 利用をやめる: stop it.
    Revoke,
    /// 希望しない: never derive one until the person changes their mind.
    Refuse,
    /// 封印: nothing works until the person reopens it, for decades if need be; what was decided stays.
    Seal,
    /// 封印を解く: the same number works again.
    Reopen,
    /// 別の番号: one more number, for an illness or a time of life, that nobody but the issuer can tie to the others.
    AddFacet,
    /// 別の番号をやめる: that number never comes back.
    RetireFacet,
}

impl MedicalIdAct {
    /// The word in messages and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OptIn => "opt-in",
            Self::Change => "change",
            Self::Revoke => "revoke",
            Self::Refuse => "refuse",
            Self::Seal => "seal",
            Self::Reopen => "reopen",
            Self::AddFacet => "add-facet",
            Self::RetireFacet => "retire-facet",
        }
    }

    /// The act of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        use MedicalIdAct as A;
        let all =
            [A::OptIn, A::Change, A::Revoke, A::Refuse, A::Seal, A::Reopen, A::AddFacet, A::RetireFacet];
        all.into_iter().find(|act| act.as_str() == word)
    }
}

/// The state after the act. It names no code: nobody at the counter needs one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MedicalIdAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// With which number: the one that was asked about, or the one that was added.
    #[serde(default)]
    pub number: u16,
    /// Whether it works now.
    pub active: bool,
    /// How often it was changed.
    pub generation: u16,
    /// The further numbers for each card of the person that is in use, when the act changed them: to be written to the card
    /// at once ([`protocol::reader::ReaderPort::write_numbers`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Sealed>,
    /// When this became so.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// The person at the counter wants to see their own medical ID and what was ever done with it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MedicalIdViewRequest {
    /// Key of this exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The person at the counter, by the number that the counter verified.
    #[schema(value_type = String)]
    pub my_number: MyNumber,
}

/// What the issuer knows of a person's numbers (本人の閲覧). It names no code.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MedicalIdView {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The ordinary number first, then the further ones; none for who never asked.
    pub numbers: Vec<NumberView>,
    /// Every act, oldest first.
    pub history: Vec<ActView>,
    /// The issuer's ledger, to which the entries belong.
    pub ledger: String,
}

/// One number of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NumberView {
    /// 0 for the ordinary one.
    pub number: u16,
    /// What the person calls it; empty for the ordinary one.
    pub label: String,
    /// What holds now.
    pub state: NumberState,
    /// How often it was changed.
    pub generation: u16,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// State of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NumberState {
    /// It works.
    Active,
    /// Its person sealed it.
    Sealed,
    /// It was stopped; a further number for good.
    Revoked,
    /// The person refused one: nothing is derived.
    Refused,
}

impl NumberState {
    /// The word in messages and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Sealed => "sealed",
            Self::Revoked => "revoked",
            Self::Refused => "refused",
        }
    }

    /// The state of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Active, Self::Sealed, Self::Revoked, Self::Refused].into_iter().find(|s| s.as_str() == word)
    }

    /// Whether the number is there, working or sealed.
    pub fn is_held(self) -> bool {
        matches!(self, Self::Active | Self::Sealed)
    }
}

/// An act of the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What.
    pub act: MedicalIdAct,
    /// With which number.
    pub number: u16,
    /// At which counter.
    #[schema(value_type = String)]
    pub by: codes::OrgId,
    /// Its place in the issuer's ledger.
    pub entry: u64,
}

/// A card is made: keys were generated on the card, the counter verified the person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CardRequest {
    /// Key of this exchange: a retry gets the same contents.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// The person at the counter.
    #[schema(value_type = String)]
    pub my_number: MyNumber,
    /// Authentication key of the card: SubjectPublicKeyInfo, DER, base64, with proof of possession.
    pub authentication: CardKey,
    /// Signing key, for who wants a signing certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing: Option<CardKey>,
    /// X25519 public key of our applet.
    #[schema(value_type = String)]
    pub applet_key: EnvelopeKey,
    /// Serial of the authentication certificate that this one succeeds (renewal).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

/// Loss, death, removal abroad or return of a card at the counter: the person's card stops everywhere.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CardStopRequest {
    /// Key of this exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Whose card, by the number that the counter verified.
    #[schema(value_type = String)]
    pub my_number: MyNumber,
    /// Why; `replaced` is refused, since a new card says it by itself.
    pub reason: CardStopReason,
}

/// What stopped.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CardStopAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// How many cards: one, unless an earlier card was never finished.
    pub cards: u32,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A public key of a card and the proof that the card holds the private one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CardKey {
    /// SubjectPublicKeyInfo, DER, base64.
    pub public_key: String,
    /// RSA PKCS#1 v1.5 SHA-256 signature over the exchange's text form, base64.
    pub proof: String,
}

/// What is written to the card.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CardContents {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Authentication certificate.
    pub authentication: IssueAnswer,
    /// Signing certificate, when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing: Option<IssueAnswer>,
    /// The insurance code, sealed to the applet.
    pub insurance_code: PersonaliseAnswer,
    /// The person's further numbers, sealed to the applet, when there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Sealed>,
    /// What the card's face and text applications say, from the resident register.
    pub person: protocol::eligibility::Person,
}
