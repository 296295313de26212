//! What the issuer knows of a person: the register's row and the state of the medical ID.

use calendar::Date;
use codes::{EnvelopeKey, ResidentCode};
use my_number::MyNumber;
use protocol::eligibility::Person;

/// A row of the resident register (住民基本台帳) as the issuer takes it.
#[derive(Clone, Debug)]
pub struct Resident {
    /// 住民票コード: the source of every code.
    pub resident: ResidentCode,
    /// 個人番号.
    pub my_number: MyNumber,
    /// What the card's face says.
    pub person: Person,
    /// Day of death, when the row was closed for it.
    pub died_on: Option<Date>,
}

/// State of a person's medical ID (医療等ID). No state at all: nobody asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MedicalIdState {
    /// It works.
    Active,
    /// It was stopped by the person.
    Revoked,
    /// The person refused one: nothing is derived.
    Refused,
}

impl MedicalIdState {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Revoked => "revoked",
            Self::Refused => "refused",
        }
    }

    /// The state of the word in the table.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Active, Self::Revoked, Self::Refused].into_iter().find(|s| s.as_str() == word)
    }
}

/// The issue row of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MedicalId {
    /// What holds now.
    pub state: MedicalIdState,
    /// The generation in use, or the next one to be used, from 0.
    pub generation: u16,
    /// Since when, Unix milliseconds.
    pub since: i64,
}

/// A card that was made for a person: by what the others know it.
#[derive(Clone, Debug)]
pub struct Card {
    /// Public key of its applet.
    pub applet: EnvelopeKey,
    /// Serial number of the authentication certificate, hexadecimal.
    pub authentication: String,
    /// Serial number of the signing certificate, if it has one.
    pub signing: Option<String>,
}

/// A message that must reach another role.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Order within the exchange.
    pub step: i64,
    /// To whom.
    pub recipient: codes::OrgId,
    /// Which endpoint.
    pub path: &'static str,
    /// The JSON message.
    pub message: String,
}
