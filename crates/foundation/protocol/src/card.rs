//! What the insurance applet of a card holds, and how a card is stopped.

use calendar::Timestamp;
use codes::{EnvelopeKey, ExchangeId, InsuranceCode, OrgId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::Sealed;

/// カード識別子: 16 random bytes by which the eligibility service knows one card from the next card of its person. They
/// stand in the applet and in the service's tables, and cross only sealed together with the insurance code.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardId([u8; 16]);

impl CardId {
    /// The id of these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Prints no digit: the id would follow a card from desk to desk.
impl std::fmt::Debug for CardId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardId(…)")
    }
}

/// What the applet keeps and seals at each read: whose card, and which of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppletContents {
    /// Whose (保険資格符号).
    pub code: InsuranceCode,
    /// Which card.
    pub card: CardId,
}

impl AppletContents {
    /// Length of the sealed form, in bytes.
    pub const LENGTH: usize = 32;

    /// The form that is sealed: the code, then the card's id.
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::LENGTH]> {
        let mut bytes = Zeroizing::new([0; Self::LENGTH]);
        let (code, card) = bytes.split_at_mut(16);
        code.copy_from_slice(self.code.as_bytes());
        card.copy_from_slice(&self.card.0);
        bytes
    }

    /// What was sealed; `None` when it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (code, card) = bytes.split_at_checked(16)?;
        Some(Self {
            code: InsuranceCode::from_bytes(code.try_into().ok()?),
            card: CardId(card.try_into().ok()?),
        })
    }
}

/// What the applet seals to the eligibility service at a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppletReading {
    /// Whose card, and which.
    pub contents: AppletContents,
    /// The card's commitment ([`access::Presence::commitment`]) when the person chose that the ordinary number is not used:
    /// then there is no ticket in the answer. Whether another number is used, and which, it does not say.
    pub commitment: Option<[u8; 32]>,
}

impl AppletReading {
    /// The form that is sealed: the contents, then the commitment.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(self.contents.to_bytes().to_vec());
        bytes.extend_from_slice(self.commitment.as_ref().map_or(&[], |c| c.as_slice()));
        bytes
    }

    /// What was sealed; `None` when it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (contents, commitment) = bytes.split_at_checked(AppletContents::LENGTH)?;
        let commitment = match commitment {
            [] => None,
            commitment => Some(commitment.try_into().ok()?),
        };
        Some(Self { contents: AppletContents::from_bytes(contents)?, commitment })
    }
}

/// How many further numbers a card takes.
pub const CARD_NUMBERS_MAX: usize = 8;

/// The person's further numbers (別の番号) as the issuer writes them to the card's applet, all at once. JSON inside an
/// envelope for the applet, purpose [`crate::sealed::purpose::CARD_NUMBERS`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardNumbers {
    /// Shows that the issuer wrote this: what was written first decides, as with the contents themselves. Hexadecimal.
    pub writer: String,
    /// When, Unix milliseconds: what is older than what the card holds is refused.
    pub written_at: i64,
    /// To whom the links are sealed.
    pub relay: OrgId,
    /// The key to which the card seals its tickets.
    pub relay_key: EnvelopeKey,
    /// At most [`CARD_NUMBERS_MAX`], in their order.
    pub numbers: Vec<CardNumber>,
}

/// One of them. What it is for stays at the issuer: any reader could ask the card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardNumber {
    /// 1 to 65535, the first is 1.
    pub number: u16,
    /// Link code of the medical domain, sealed by the issuer to the relay.
    pub link: Sealed,
}

/// What the card seals to the relay for one of its numbers: JSON, purpose [`crate::sealed::purpose::CARD_TICKET`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardTicket {
    /// The only institution that may use it.
    pub institution: OrgId,
    /// The secret behind the commitment that the eligibility service signed, hexadecimal, 32 bytes.
    pub secret: String,
    /// The link of [`CardNumber::link`].
    pub link: Sealed,
}

/// The issuer tells that cards of a person stop (カードの利用停止). Told again, it changes nothing: the first reason and
/// time stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CardStop {
    /// Key of the counter's act.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
    /// Link code of the insurance domain, sealed to the eligibility service: whose cards.
    pub person: Sealed,
    /// Which: the public keys of their applets, as they were when the cards were made.
    #[schema(value_type = Vec<String>)]
    pub cards: Vec<EnvelopeKey>,
    /// Why.
    pub reason: CardStopReason,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// Why a card stops (利用停止の理由).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CardStopReason {
    /// 紛失・盗難: lost or stolen.
    Lost,
    /// 死亡: its holder died.
    Death,
    /// 国外転出: its holder moved abroad.
    MovedAbroad,
    /// 返納: its holder gave it back.
    Returned,
    /// 再交付: another card took its place. Never said at a counter: a new card says it.
    Replaced,
}

impl CardStopReason {
    /// All, in the order of the counter's form.
    pub const ALL: [Self; 5] = [Self::Lost, Self::Death, Self::MovedAbroad, Self::Returned, Self::Replaced];

    /// The word in messages and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Death => "death",
            Self::MovedAbroad => "moved-abroad",
            Self::Returned => "returned",
            Self::Replaced => "replaced",
        }
    }

    /// The reason of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_come_back_and_another_length_does_not() {
        let contents = AppletContents {
            code: InsuranceCode::from_bytes(*b"insurance code 1"),
            card: CardId::from_bytes([7; 16]),
        };
        let bytes = contents.to_bytes();
        assert_eq!(AppletContents::from_bytes(&bytes[..]), Some(contents));
        assert_eq!(AppletContents::from_bytes(&bytes[..16]), None);
        assert_eq!(AppletContents::from_bytes(&[0; 33]), None);
        for commitment in [None, Some([9; 32])] {
            let reading = AppletReading { contents, commitment };
            assert_eq!(AppletReading::from_bytes(&reading.to_bytes()), Some(reading));
        }
        assert_eq!(AppletReading::from_bytes(&[0; 63]), None);
    }

    #[test]
    fn words_of_reasons_are_those_of_the_messages() {
        for reason in CardStopReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
            assert_eq!(CardStopReason::from_word(reason.as_str()), Some(reason));
        }
    }
}
