//! SS-MIX2 standardised storage (標準化ストレージ): what hospitals have, read into FHIR and written.
//!
//! SS-MIX2 標準化ストレージ 構成の説明と構築ガイドライン 1.2 and 標準化ストレージ仕様書 1.2 (ISO/TS 24289): a tree of files,
//! one HL7 v2.5 message each, named by patient, day, kind and order. [`Storage`] walks it and gives of each order the
//! file that counts; [`convert`] reads that into FHIR resources in the form of JP-CLINS, under ids that the same file
//! gives again. Each kind is a model ([`Person`], [`Prescription`], [`Laboratory`], [`Problems`]) that is read from a
//! message, written to one and shown as FHIR.

mod convert;
mod fhir;
mod hl7;
mod laboratory;
mod model;
mod name;
mod patient;
mod prescription;
mod problems;
mod storage;

pub use convert::{Converted, Source, convert};
pub use model::{
    Allergy, Amount, Coded, Doctor, Insurance, LabItem, LabValue, Laboratory, Modifier, Name, Person,
    Prescription, PrescriptionItem, Problem, Problems, Sex, Visit,
};
pub use name::{DataKind, FileName, Flag, NameError};
pub use storage::{Storage, StorageError, StorageProblem, Stored, write};
