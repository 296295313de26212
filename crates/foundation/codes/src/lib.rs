//! Numbers with their check digits, the code permutation, sealed envelopes, key custody.
//!
//! - [`numbers`]: the numbers people and papers carry, each a type that knows its check digit.
//! - [`organisation`]: which organisation; the name that keys, certificates and ledgers use.
//! - [`code`]: the invisible codes, computed and never stored: link, root and organisation codes.
//! - [`custody`]: who holds a key and what may be done with it; the file backend.
//! - [`envelope`]: a message that its recipient alone opens, bound to its purpose and exchange.
//!
//! A code crosses between organisations only inside an [`Envelope`]. No type here prints a code or a
//! key through `Debug`.

pub mod base32;
pub mod code;
pub mod custody;
pub mod envelope;
pub mod exchange;
pub mod numbers;
pub mod organisation;
mod text;
#[cfg(test)]
mod vectors;

pub use code::{
    CodeError, CodeTextError, Domain, DomainCodes, EpochWindow, Facet, Generation, Insurance, InsuranceCode,
    IssuerCodes, KeyVersion, LinkCode, Medical, MedicalId, OrgCode, RootBlock, RootBlockInput, RootCode,
};
pub use custody::{Custody, CustodyError, Direction, FileCustody, KeyName, Unlock};
pub use envelope::{Envelope, EnvelopeContext, EnvelopeError, EnvelopeKey, StreamOpener, StreamSealer, seal};
pub use exchange::ExchangeId;
pub use numbers::{
    Branch, CheckDigitError, CheckPolicy, CheckedNumber, CorporateNumber, FeeTable, InstitutionCode,
    InstitutionNumber7, InsuredPersonId, InsuredPersonKey, InsurerNumber, MunicipalityCode, Number,
    NumberError, PrefectureCode, PublicPayerNumber, PublicRecipientNumber, ResidentCode, Symbol, Warning,
    find_my_number, my_number_check_digit,
};
pub use organisation::{OrgId, OrgIdError, OrgKind};
pub use text::parse_text;
