//! The layouts of the town's files: one struct a file, one field a column, in this order.
//!
//! All files are UTF-8 CSV with a header line, LF line ends and quotes only where a value needs them. Days are
//! `YYYY-MM-DD`; a value that does not apply is empty. The pages for readers are `docs/formats/town-files.md`,
//! `insurer-members.md` and `issuer-residents.md`; a test holds them to these structs.

mod columns;
mod insurer;
mod issuer;
mod organisations;
mod report;
mod truth;

pub use columns::Columns;
pub use insurer::{ClaimMemberRow, EventKind, InsurerEventRow, LossReason, MemberRow};
pub use issuer::{
    CardRow, CardState, MedicalIdState, RemovalReason, ResidentEventKind, ResidentEventRow, ResidentRow,
};
pub use organisations::{
    InstitutionRow, InsurerRow, MunicipalityRow, NetworkPatientRow, NetworkRow, PatientRow, WatchRow,
};
pub use report::{REPORT_LAYOUT, ReportRow};
pub use truth::{
    ClaimError, ErrorKind, ExchangeStoryRow, StoryRow, TruthClaimRow, TruthClinicalRow, TruthErrorRow,
    TruthMembershipRow, TruthNetworkPatientRow, TruthPatientRow, TruthPersonRow,
};
