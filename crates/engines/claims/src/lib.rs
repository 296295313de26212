//! レセプト電算処理 (UKE): read, write, check, summarise.

mod burden;
mod charset;
pub mod check;
mod claim;
mod edit;
mod eligibility;
mod finding;
mod info;
pub mod layout;
pub mod layouts;
mod line_kind;
mod lines;
mod members;
mod month;
mod read_error;
mod readdress;
mod reader;
mod record;
mod split;
mod summary;

pub use burden::Payers;
pub use charset::Charset;
pub use check::Checker;
pub use claim::Claim;
pub use edit::{Binder, Draft, RecordDraft};
pub use eligibility::{
    Claimed, Eligibility, FoundBy, Judged, Membership, Outcome, Spell, Verdict, Who, Why, judge,
};
pub use finding::{Finding, Place, Rule, Severity};
pub use info::{BillSays, Info};
pub use layout::{FieldSpec, Form, Layout, Table};
pub use lines::{CostColumns, CostLine, Days};
pub use members::{MemberList, MemberListError};
pub use month::Month;
pub use read_error::ReadError;
pub use readdress::{CannotRewrite, Corrected, agency, correct};
pub use reader::{GROUP_LIMIT, Group, GroupKind, LINE_LIMIT, LineEnds, Reader};
pub use record::{Record, Value};
pub use split::split;
pub use summary::{Summary, SummaryCounts};
