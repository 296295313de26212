//! 特定健診 XML (HL7 CDA R2): read, write, guidance level.

mod archive;
mod check;
mod claim;
mod csv_table;
mod exchange;
pub mod fhir;
mod finding;
mod handover;
pub mod items;
mod level;
mod model;
pub mod oid;
mod read;
mod schema;
mod table;
mod validate;
mod write;
pub mod xml;

pub use archive::{
    Archive, ArchiveError, ArchiveLimits, ArchiveName, ArchiveWriter, Member, RecordName, Sending,
    read_archive,
};
pub use claim::{Adjudication, Claim, ClaimTicket, Part, Payment, Price, Share};
pub use csv_table::{CsvReader, CsvWriter};
pub use exchange::{Amounts, Index, Summary};
pub use finding::{Finding, Rule, Severity};
pub use handover::{Insured, Numbers};
pub use level::{Judged, Outcome, Reason};
pub use model::{
    Address, Code, Document, Identifier, Observation, Organisation, Person, Range, Related, Section, Ticket,
    Value,
};
pub use validate::{Checked, FileKind, Generation, check_file};
pub use xml::Charset;
