//! HL7 v2.5 messages in their vertical-bar form (ER7), as Japanese hospitals store them.
//!
//! HL7 v2.5 chapter 2 with the conventions of JAHIS データ交換規約 共通編: kanji by ISO 2022 escapes (MSH-18
//! `~ISO IR87`), names repeated in ideographs and kana. A [`Message`] holds its text once; segments, fields and
//! components are slices of it, and only what is asked for is unescaped. Segments that nobody knows are kept.

mod charset;
mod error;
mod message;
mod write;

pub use charset::Charset;
pub use error::{Hl7Error, Place, Problem};
pub use message::{Delimiters, Element, Limits, Message, Segment};
pub use write::{Field, Header, Writer};
