//! The messages and typed clients of every role's API that an institution may speak.
//!
//! Messages know nothing: they carry types that cannot be built wrong and no behaviour of a role. Whatever
//! carries a My Number lives in `protocol-admin`, so that no institution's dependency closure holds that type.

mod passed_on;

pub mod audit;
pub mod card;
pub mod clients;
pub mod consents;
pub mod corrections;
pub mod eligibility;
pub mod exchange;
pub mod inclusion;
pub mod jpki;
pub mod ledger;
pub mod networks;
pub mod notices;
pub mod oversight;
pub mod own_record;
pub mod packed;
pub mod reader;
pub mod record_stream;
pub mod refusal;
pub mod relay;
pub mod sealed;

pub use ledger::ledger_routes;
pub use sealed::Sealed;
