//! オンライン資格確認 XML: read, write.
//!
//! The files that every receipt computer in Japan exchanges with the eligibility terminal (`OQS/req`, `OQS/res`,
//! `OQS/face`). Read leniently — unknown tags, any order, both encodings, padded numbers — and written exactly:
//! what was read comes out whole, in its order. Hostile input gets an error that names line, column, byte and tag
//! in English and Japanese; entities and document types are refused, sizes are bounded.
//!
//! ```
//! let file = br#"<?xml version="1.0" encoding="UTF-8"?>
//! <XmlMsg><MessageHeader/><MessageBody><QualificationValidity>1</QualificationValidity></MessageBody></XmlMsg>"#;
//! let answer = musubi_eligibility_xml::Response::read(file)?;
//! assert_eq!(answer.body.qualification_validity, Some(musubi_eligibility_xml::QualificationValidity::Valid));
//! # Ok::<(), musubi_eligibility_xml::ReadError>(())
//! ```

mod charset;
mod code_values;
mod error;
mod file_name;
mod group;
mod inspect;
mod message;
mod result;
mod tree;
mod value;
mod write;

pub use charset::Charset;
pub use code_values::*;
pub use error::{Place, Problem, ReadError};
pub use file_name::{FileName, FileNameError, Kind};
pub use group::Layout;
pub use inspect::{Line, Report, convert, inspect};
pub use message::{
    BulkConfirmUnit, Header, Message, QualificationConfirmSearchInfo, Request, RequestBody, Response,
    ResponseBody, ResultList,
};
pub use result::{
    ConsentKind, ConsentRecord, ElderlyRecipientCertificateInfo, LimitApplicationCertificateRelatedInfo,
    MedicalTicketInfo, PublicExpenseResultList, ResultOfQualificationConfirmation,
    SpecificDiseasesCertificateInfo, SpecificDiseasesCertificateList,
};
pub use tree::{Element, Limits, Node};
pub use value::{Month, PaddedInsurerNumber, Percent};
pub use write::{TextLoss, Written};
