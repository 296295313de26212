//! Reading a card at a desk: what the reader states, and the port by which a desk reaches its reader.

use calendar::Timestamp;
use codes::{EnvelopeKey, OrgId};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::{Sealed, eligibility::Presented};

/// How the reader made sure that the bearer is the holder (顔認証・目視・暗証番号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReaderMode {
    /// 顔認証: the reader compared the camera's picture with the card's photograph.
    Face,
    /// 目視: a member of staff compared the person with the card's photograph.
    Visual,
    /// 暗証番号: the card checked the four digits and signed the reader's challenge.
    Pin,
}

/// What a reader states about one read. The reader's device key signs the canonical bytes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReaderFacts {
    /// Where the read happened.
    #[schema(value_type = String)]
    pub institution: OrgId,
    /// The terminal's name inside the institution.
    pub terminal: String,
    /// How the bearer was verified.
    pub mode: ReaderMode,
    /// When, by the reader's clock.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// 16 random bytes, hexadecimal: the challenge of this read, accepted once.
    pub nonce: String,
    /// SHA-256 of the material the card gave (envelope or certificate and signature), hexadecimal.
    pub material: String,
}

impl ReaderFacts {
    /// The bytes that the device signs: every field, length-prefixed, in declaration order.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mode = match self.mode {
            ReaderMode::Face => "face",
            ReaderMode::Visual => "visual",
            ReaderMode::Pin => "pin",
        };
        let at = self.at.as_millis().to_string();
        let institution = self.institution.to_string();
        let fields =
            ["musubi.reader-facts.v1", &institution, &self.terminal, mode, &at, &self.nonce, &self.material];
        let mut bytes = Vec::with_capacity(fields.iter().map(|f| f.len() + 4).sum());
        for field in fields {
            bytes.extend_from_slice(&(field.len() as u32).to_be_bytes());
            bytes.extend_from_slice(field.as_bytes());
        }
        bytes
    }
}

/// The facts with the device's signature: kept by the institution with the visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReaderStatement {
    /// What the reader states.
    pub facts: ReaderFacts,
    /// Ed25519 public key of the reader, hexadecimal; the institution enrols its readers.
    pub reader: String,
    /// Ed25519 signature over [`ReaderFacts::canonical_bytes`], hexadecimal.
    pub signature: String,
}

impl ReaderStatement {
    /// SHA-256 over the canonical bytes and the signature's text, hexadecimal: what a check carries of it
    /// ([`crate::eligibility::ReadProof::statement`]).
    pub fn digest(&self) -> String {
        let digest = Sha256::new().chain_update(self.facts.canonical_bytes()).chain_update(&self.signature);
        HEXLOWER.encode(&digest.finalize())
    }
}

/// The two roads of the report by which a card leads to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Road {
    /// The applet's insurance code (保険資格符号), sealed to the eligibility service.
    InsuranceCode,
    /// The authentication certificate (利用者証明用電子証明書).
    Certificate,
}

/// What a desk asks of its reader.
#[derive(Clone, Debug)]
pub struct ReadOrder {
    /// The institution that asks; bound into the read.
    pub institution: OrgId,
    /// The terminal's name.
    pub terminal: String,
    /// How to verify the bearer.
    pub mode: ReaderMode,
    /// The four digits, in PIN mode only.
    pub pin: Option<String>,
    /// Which road to read for.
    pub road: Road,
    /// 16 random bytes chosen by the desk.
    pub nonce: [u8; 16],
    /// Now.
    pub at: Timestamp,
    /// To whom the applet seals.
    pub eligibility: EnvelopeKey,
    /// The eligibility service's name, part of the envelope's context.
    pub eligibility_id: OrgId,
}

/// Which of the person's medical numbers a read is for (どの番号で受診しますか).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NumberChoice {
    /// The ordinary one: the eligibility service gives the ticket.
    #[default]
    Ordinary,
    /// A further one on the card, from 1: the card makes the ticket itself.
    Further(u16),
    /// None at all today. To the eligibility service it looks like a further one.
    Unused,
}

impl NumberChoice {
    /// The word in forms: empty, `none`, or the number.
    pub fn word(self) -> String {
        match self {
            Self::Ordinary => String::new(),
            Self::Further(number) => number.to_string(),
            Self::Unused => "none".into(),
        }
    }

    /// The choice of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "" => Some(Self::Ordinary),
            "none" => Some(Self::Unused),
            number => number.parse().ok().filter(|n| *n > 0).map(Self::Further),
        }
    }
}

/// One read of one card: what to present to the eligibility service, and the reader's statement.
#[derive(Clone, Debug)]
pub struct CardRead {
    /// What goes into the check.
    pub presented: Presented,
    /// What stays with the visit.
    pub statement: ReaderStatement,
    /// The name on the card's face, as a person at the desk sees it.
    pub face_name: String,
}

/// A card lying in the tray of the virtual reader.
#[derive(Clone, Debug, Serialize)]
pub struct TrayCard {
    /// Names the card in the tray.
    pub id: String,
    /// The name printed on the card.
    pub name: String,
    /// Birth date printed on the card (ISO).
    pub birthdate: String,
    /// What is special about this card, for whoever tries the town (Japanese).
    pub note_ja: String,
    /// The same in English.
    pub note_en: String,
}

/// Why a read failed; said to the person at the desk.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// No card of that name lies in the tray.
    #[error("no such card in the tray: put the card on the reader again")]
    NoCard,
    /// The four digits were wrong.
    #[error("wrong PIN: {tries_left} tries left")]
    WrongPin {
        /// How many tries the card still allows.
        tries_left: u8,
    },
    /// The PIN is blocked; only the municipal counter can reset it.
    #[error("the PIN is blocked: the municipal counter resets it; check in by face or photograph instead")]
    PinBlocked,
    /// PIN mode without four digits.
    #[error("this mode needs the four-digit PIN")]
    PinNeeded,
    /// The card holds no insurance applet or certificate.
    #[error("the card holds no {0}: use the other road or the insured person's number")]
    Missing(&'static str),
    /// The card answered with a status word that the reader does not expect.
    #[error("the card answered {status:04X} to {command}: clean the chip and try again")]
    Card {
        /// The command that failed.
        command: &'static str,
        /// ISO 7816 status word.
        status: u16,
    },
}

impl ReaderError {
    /// The same for the desk in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::NoCard => "カードが見つかりません。もう一度カードを置いてください。".into(),
            Self::WrongPin { tries_left } => {
                format!("暗証番号が違います。あと{tries_left}回まで入力できます。")
            }
            Self::PinBlocked => {
                "暗証番号がロックされています。市町村の窓口で再設定できます。今日は顔認証または目視で受付できます。".into()
            }
            Self::PinNeeded => "4桁の暗証番号を入力してください。".into(),
            Self::Missing(what) => {
                format!("カードに{what}がありません。別の読み取り方法か、被保険者番号で確認してください。")
            }
            Self::Card { command, status } => {
                format!(
                    "カードの応答が正しくありません（{command}: {status:04X}）。ICチップを拭いてもう一度置いてください。"
                )
            }
        }
    }
}

/// The desk's way to its reader: the virtual tray of the town, or a PC/SC reader on a real desk.
pub trait ReaderPort: Send + Sync {
    /// The cards that lie ready (empty for a real reader).
    fn tray(&self) -> Vec<TrayCard>;

    /// Reads one card.
    ///
    /// # Errors
    /// See [`ReaderError`]; nothing is recorded anywhere on a failed read.
    fn read(&self, card: &str, order: &ReadOrder) -> Result<CardRead, ReaderError>;

    /// The further numbers on a card; none for most.
    fn numbers(&self, _card: &str) -> Vec<u16> {
        Vec::new()
    }

    /// Reads one card for a number that the person chose; with a further number comes the ticket that the card made.
    /// Only by the insurance code's road.
    ///
    /// # Errors
    /// See [`ReaderError`]; a reader or card that knows no further numbers says what is missing.
    fn read_for(
        &self,
        card: &str,
        order: &ReadOrder,
        number: NumberChoice,
    ) -> Result<(CardRead, Option<Sealed>), ReaderError> {
        match number {
            NumberChoice::Ordinary => self.read(card, order).map(|read| (read, None)),
            NumberChoice::Further(_) | NumberChoice::Unused => {
                Err(ReaderError::Missing("further number (別の番号)"))
            }
        }
    }

    /// Writes the person's further numbers, at the counter.
    ///
    /// # Errors
    /// See [`ReaderError`].
    fn write_numbers(&self, _card: &str, _numbers: &Sealed) -> Result<(), ReaderError> {
        Err(ReaderError::Missing("further number (別の番号)"))
    }

    /// The readers' Ed25519 public keys (hexadecimal) that the institution enrols.
    fn device_keys(&self) -> Vec<String>;
}
