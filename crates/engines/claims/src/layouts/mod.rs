//! The records of the 記録条件仕様, each a type with a method a field.
//!
//! Sizes and positions: 医科, 歯科 (令和8年6月版), 調剤 (令和8年6月版) and the 返戻・再請求 specifications as public programs
//! transcribe them; checked on the sample where it has the record. DPC after the edition of 2012, shifted to western
//! years: its `RE` is not covered by any sample that we have.

pub mod common;
pub mod dental;
pub mod dispensing;
pub mod dpc;
pub mod medical;
pub mod returned;
