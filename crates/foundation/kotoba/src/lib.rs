//! Japanese text: kana, width, kanji variants, names, addresses.
//!
//! Two kinds of functions live here. *Conversions* ([`fold_width`], [`to_half_kana`], [`hira_to_kata`], …)
//! keep what is written and change its form. *Keys* ([`fold_name`], [`fold_kana`], [`fold_address`]) exist
//! only to compare two texts: they lose distinctions on purpose and are never shown and never stored
//! instead of the original.

mod address;
mod cp932;
mod kana;
mod keys;
mod name;
mod place;
mod variants;
mod width;

pub use address::{PostalCode, PostalCodeError, fold_address};
pub use cp932::{Cp932, GETA, Loss, Malformed, cp932_decode, cp932_encode};
pub use kana::{fold_kana, hira_to_kata, kata_to_hira, to_full_kana, to_half_kana};
pub use keys::{AddressKeys, AddressReader};
pub use name::{NameMatch, PersonName, compare_names, fold_name, fold_name_form};
pub use place::Address;
pub use variants::is_variation_selector;
pub use width::{fold_width, to_full_width};
