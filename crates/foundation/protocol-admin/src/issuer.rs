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
}

/// The state after the act. It names no code: nobody at the counter needs one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MedicalIdAnswer {
    /// The question's key.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Whether the person has a working medical ID now.
    pub active: bool,
    /// How often it was changed.
    pub generation: u16,
    /// When this became so.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
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
    /// What the card's face and text applications say, from the resident register.
    pub person: protocol::eligibility::Person,
}
