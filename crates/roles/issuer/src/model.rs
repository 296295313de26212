//! What the issuer knows of a person: the register's row and the state of the medical ID.

use calendar::Date;
use codes::{EnvelopeKey, Facet, OrgId, ResidentCode};
use my_number::MyNumber;
use protocol::eligibility::Person;
use protocol_admin::issuer::{MedicalIdAct, NumberState};

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

/// A number of a person (医療等ID): the ordinary one or a further one. No row at all: nobody asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// 0 for the ordinary one.
    pub number: Facet,
    /// What holds now.
    pub state: NumberState,
    /// The generation in use, or the next one to be used, from 0.
    pub generation: u16,
    /// Since when, Unix milliseconds.
    pub since: i64,
    /// What the relay was told as the time, last: the day and an order.
    pub stamp: i64,
    /// What the person calls it, sealed.
    pub label: Option<Vec<u8>>,
}

/// An act of the past.
#[derive(Clone, Debug)]
pub struct Act {
    /// Its place in the ledger.
    pub entry: u64,
    /// When, Unix milliseconds.
    pub at: i64,
    /// What.
    pub act: MedicalIdAct,
    /// With which number.
    pub number: Facet,
    /// At which counter.
    pub by: OrgId,
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
    /// SHA-256 of the authentication certificate; none for cards of long ago.
    pub certificate: Option<[u8; 32]>,
}

/// A message that must reach another role.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Order within the exchange.
    pub step: i64,
    /// To whom.
    pub recipient: OrgId,
    /// Which endpoint.
    pub path: &'static str,
    /// The JSON message.
    pub message: String,
}
