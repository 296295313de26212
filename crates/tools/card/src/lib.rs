//! 個人番号カード: a virtual My Number card, and the agent that reads it at a desk.
//!
//! [`manufacture`] makes blank cards (each with keys of its own), [`Blank::personalise`] writes what the
//! counter obtained, a [`Tray`] keeps the cards sealed on disk, a [`ReaderAgent`] reads them for a desk.
//! [`VirtualCard::transmit`] is the card itself: command units in, answers out. The insurance applet is
//! described in `docs/formats/card-applet.md`.

mod apdu;
mod applet;
mod card;
mod factory;
mod layout;
mod memory;
mod pin;
mod reader;
mod terminal;
mod tlv;
mod tray;

pub use apdu::{Command, Status};
pub use card::VirtualCard;
pub use factory::{Blank, Personal, manufacture};
pub use layout::INSURANCE_APPLET;
pub use memory::Face;
pub use pin::Pins;
pub use reader::ReaderAgent;
pub use tray::Tray;

/// Why a card or reader could not be made, written or opened.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// A key could not be made or used.
    #[error("card key: {0}")]
    Key(String),
    /// What the counter sent does not belong on this card.
    #[error("card contents: {0}")]
    Contents(String),
    /// A PIN or printed value has not the form that the card demands.
    #[error(
        "a PIN has the wrong form: 4 digits for authentication and text, 6 to 16 capitals and digits for signing"
    )]
    PinForm,
    /// The card refused a command while it was written.
    #[error("the card answered {:04X} to {command}", .status.0)]
    Refused {
        /// Which command.
        command: &'static str,
        /// Its status word.
        status: Status,
    },
    /// The file of a card or reader could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The sealed file was made under another key, or altered.
    #[error("{path}: {reason}")]
    Sealed {
        /// Which file.
        path: std::path::PathBuf,
        /// What is wrong.
        reason: String,
    },
}

#[cfg(test)]
mod card_tests;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod foreign_tests;
#[cfg(test)]
mod numbers_tests;
